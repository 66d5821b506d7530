/** Telephone numbers in one national form, so that `+447777000000` and `07777 000000` are one number (meter-protocols 3.1). */

/** Prefixes of the country whose lines dial. */
export interface Numbering {
  /** Without plus, such as `44`. */
  readonly countryCode: string;
  /** In front of national numbers, such as `0`. */
  readonly trunkPrefix: string;
  /** In front of numbers of other countries, such as `00`. */
  readonly internationalPrefix: string;
}

export const GB_NUMBERING: Numbering = { countryCode: '44', trunkPrefix: '0', internationalPrefix: '00' };

/**
 * National form of a number: own country code gone, trunk prefix in front; numbers of other countries keep theirs.
 *
 * @param number digits and commas, with an optional leading plus
 * @param foreignPrefix what stands before the country code of another country, `+` or the international prefix
 */
export function nationalForm(number: string, numbering: Numbering, foreignPrefix: string): string {
  const { countryCode, trunkPrefix, internationalPrefix } = numbering;
  const international = afterPrefix(number, '+') ?? (internationalPrefix === '' ? undefined : afterPrefix(number, internationalPrefix));
  if (international === undefined) return number;
  const national = afterPrefix(international, countryCode);
  if (national === undefined) return foreignPrefix + international;
  // `+44 0…` is a common slip for `+44 …`.
  return national.startsWith(trunkPrefix) ? national : trunkPrefix + national;
}

function afterPrefix(text: string, prefix: string): string | undefined {
  return text.startsWith(prefix) ? text.slice(prefix.length) : undefined;
}
