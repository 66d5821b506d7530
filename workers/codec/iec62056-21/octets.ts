/** Characters of seven bits with even parity in bit 7, and the block check character (IEC 62056-21, 5.2 and 6.1; meter-protocols 4.1). */

export const SOH = 0x01;
export const STX = 0x02;
export const ETX = 0x03;
export const EOT = 0x04;
export const ACK = 0x06;
export const NAK = 0x15;
export const CR = 0x0d;
export const LF = 0x0a;
export const SLASH = 0x2f;
export const BANG = 0x21;

/** A character that is shown, blank included. */
export const isPrintable = (octet: number): boolean => octet >= 0x20 && octet <= 0x7e;

/** Octets that stand between telegrams without meaning: idle line, fill, line ends. */
export const isFill = (octet: number): boolean => octet === 0x00 || octet === 0x7f || octet === CR || octet === LF;

/** XOR of the seven bits of the octets `from` to `to` (exclusive): from behind the first SOH or STX to behind ETX or EOT. */
export function bccOf(octets: Uint8Array, from = 0, to = octets.length): number {
  let bcc = 0;
  for (let index = from; index < to; index++) bcc ^= octets[index] ?? 0;
  return bcc & 0x7f;
}

/** 1 where the seven bits hold an odd number of ones. */
function oddOnes(octet: number): number {
  let bits = octet & 0x7f;
  bits ^= bits >> 4;
  return (0x6996 >> (bits & 0x0f)) & 1;
}

/** The seven bits with even parity in bit 7. */
export const withEvenParity = (octet: number): number => (octet & 0x7f) | (oddOnes(octet) << 7);

/** New octets with even parity in bit 7, for a line that itself carries eight bits without parity. */
export function putEvenParity(octets: Uint8Array): Uint8Array {
  return Uint8Array.from(octets, withEvenParity);
}

/** Offset of the first octet whose parity is not even; -1 when all are. */
export function parityFault(octets: Uint8Array, from = 0, to = octets.length): number {
  for (let index = from; index < to; index++) {
    const octet = octets[index] ?? 0;
    if (withEvenParity(octet) !== octet) return index;
  }
  return -1;
}

/** The octets without bit 7: the same memory where no octet has it, else a copy. */
export function stripParity(octets: Uint8Array): Uint8Array {
  for (let index = 0; index < octets.length; index++) {
    if ((octets[index] ?? 0) < 0x80) continue;
    const stripped = Uint8Array.from(octets);
    for (let at = index; at < stripped.length; at++) stripped[at] = (stripped[at] ?? 0) & 0x7f;
    return stripped;
  }
  return octets;
}

const DECODER = new TextDecoder('latin1');

/** Below this a loop is quicker than the call into the decoder (bench `codec`). */
const SHORT = 32;

/** The text of the seven bits of the octets `from` to `to` (exclusive). */
export function textOf(octets: Uint8Array, from: number, to: number): string {
  if (to - from > SHORT) return DECODER.decode(stripParity(octets.subarray(from, to)));
  let text = '';
  for (let index = from; index < to; index++) text += String.fromCharCode((octets[index] ?? 0) & 0x7f);
  return text;
}

/** Octets of text whose characters are known to be below 80. */
export function octetsOf(text: string): Uint8Array {
  const octets = new Uint8Array(text.length);
  for (let index = 0; index < text.length; index++) octets[index] = text.charCodeAt(index) & 0x7f;
  return octets;
}
