/** Error answers `(ER:nnn)` (meter-protocols 6.6). */
export const CEWE_ERRORS = {
  '001': 'no-such-main-id',
  '002': 'no-such-sub-id',
  '003': 'more-than-16-locations',
  '004': 'format',
  '005': 'content',
  '006': 'read-only',
  '007': 'write-only',
  '009': 'general',
  '010': 'access-denied',
} as const;

/** The name of an error answer; undefined for one without a name. */
export function ceweErrorName(errorCode: string): string | undefined {
  const code = /^ER:?\s?(\d{3})/.exec(errorCode)?.[1];
  return Object.entries(CEWE_ERRORS).find(([known]) => known === code)?.[1];
}
