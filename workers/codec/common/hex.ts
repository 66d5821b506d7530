/** Octets as upper-case hex text, the way this project writes them everywhere. */

const DIGITS = Array.from({ length: 256 }, (_, octet) => octet.toString(16).toUpperCase().padStart(2, '0'));

export function toHex(octets: Uint8Array): string {
  let text = '';
  for (const octet of octets) text += DIGITS[octet];
  return text;
}

/** One octet, two digits. */
export const hexOctet = (octet: number): string => DIGITS[octet & 0xff] ?? '';

/** Octets of hex text; undefined when it is not hex. Blanks, colons and hyphens between octets are skipped. */
export function fromHex(text: string): Uint8Array | undefined {
  const digits = text.replace(/[\s:-]/g, '');
  if (digits.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(digits)) return undefined;
  const octets = new Uint8Array(digits.length / 2);
  for (let index = 0; index < octets.length; index++) octets[index] = Number.parseInt(digits.slice(index * 2, index * 2 + 2), 16);
  return octets;
}

/** A short look at octets for an error text: at most `most` of them. */
export function glimpse(octets: Uint8Array, most = 8): string {
  return octets.length <= most ? toHex(octets) : `${toHex(octets.subarray(0, most))}… (${octets.length} octets)`;
}
