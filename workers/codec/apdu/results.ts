/** Names of results that meters answer with (Green Book, Data-Access-Result, Action-Result, Associate-source-diagnostic). */

/** Data-access-result and action-result, by number. */
export const ACCESS_RESULTS: ReadonlyMap<number, string> = new Map([
  [0, 'success'],
  [1, 'hardware-fault'],
  [2, 'temporary-failure'],
  [3, 'read-write-denied'],
  [4, 'object-undefined'],
  [9, 'object-class-inconsistent'],
  [11, 'object-unavailable'],
  [12, 'type-unmatched'],
  [13, 'scope-of-access-violated'],
  [14, 'data-block-unavailable'],
  [15, 'long-get-aborted'],
  [16, 'no-long-get-in-progress'],
  [17, 'long-set-aborted'],
  [18, 'no-long-set-in-progress'],
  [19, 'data-block-number-invalid'],
  [250, 'other-reason'],
]);

const RESULT_NUMBERS: ReadonlyMap<string, number> = new Map(Array.from(ACCESS_RESULTS, ([number, name]) => [name, number]));

/** `unknown-N` for a number without a name. */
export const accessResultName = (result: number): string => ACCESS_RESULTS.get(result) ?? `unknown-${result}`;

/** The number of a name that {@link accessResultName} gives; undefined for any other text. */
export function accessResultOf(name: string): number | undefined {
  const known = RESULT_NUMBERS.get(name);
  if (known !== undefined) return known;
  const number = /^unknown-(\d{1,3})$/.exec(name)?.[1];
  return number !== undefined && Number(number) <= 255 ? Number(number) : undefined;
}

/** Result of an AARE. */
export const ASSOCIATION_RESULTS = ['accepted', 'rejected-permanent', 'rejected-transient'] as const;

/** Why, by the service user (`acse-service-user`). */
export const USER_DIAGNOSTICS: ReadonlyMap<number, string> = new Map([
  [0, 'null'],
  [1, 'no-reason-given'],
  [2, 'application-context-name-not-supported'],
  [3, 'calling-ap-title-not-recognised'],
  [4, 'calling-ap-invocation-identifier-not-recognised'],
  [5, 'calling-ae-qualifier-not-recognised'],
  [6, 'calling-ae-invocation-identifier-not-recognised'],
  [7, 'called-ap-title-not-recognised'],
  [8, 'called-ap-invocation-identifier-not-recognised'],
  [9, 'called-ae-qualifier-not-recognised'],
  [10, 'called-ae-invocation-identifier-not-recognised'],
  [11, 'authentication-mechanism-name-not-recognised'],
  [12, 'authentication-mechanism-name-required'],
  [13, 'authentication-failure'],
  [14, 'authentication-required'],
]);

/** Why, by the service provider (`acse-service-provider`). */
export const PROVIDER_DIAGNOSTICS: ReadonlyMap<number, string> = new Map([
  [0, 'null'],
  [1, 'no-reason-given'],
  [2, 'no-common-acse-version'],
]);

export const EXCEPTION_STATES: ReadonlyMap<number, string> = new Map([
  [1, 'service-not-allowed'],
  [2, 'service-unknown'],
]);

export const EXCEPTION_SERVICES: ReadonlyMap<number, string> = new Map([
  [1, 'operation-not-possible'],
  [2, 'service-not-supported'],
  [3, 'other-reason'],
  [4, 'pdu-too-long'],
  [5, 'deciphering-error'],
  [6, 'invocation-counter-error'],
]);

/** The value of a confirmed-service-error of an initiate (`0E 01 06 e`). */
export const INITIATE_ERRORS = ['other', 'dlms-version-too-low', 'incompatible-conformance', 'pdu-size-too-short', 'refused-by-the-vde-handler'] as const;

/** A diagnostic in words; `unknown-N` for a number without a name. */
export function diagnosticName(source: 'acse-service-user' | 'acse-service-provider', diagnostic: number): string {
  const names = source === 'acse-service-user' ? USER_DIAGNOSTICS : PROVIDER_DIAGNOSTICS;
  return names.get(diagnostic) ?? `unknown-${diagnostic}`;
}
