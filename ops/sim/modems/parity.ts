/** The parity bit that the far modem's 7E1 side puts on and takes off. */

export function withEvenParity(octet: number): number {
  let bits = octet & 0x7f;
  bits ^= bits >> 4;
  bits ^= bits >> 2;
  bits ^= bits >> 1;
  return (octet & 0x7f) | ((bits & 1) << 7);
}

/** Octets from the meter, as they travel. */
export function addParity(octets: Uint8Array): Uint8Array {
  return octets.map(withEvenParity);
}

/** Octets for the meter. One with a wrong parity bit never reaches it, as at a real port. */
export function checkParity(octets: Uint8Array): { readonly octets: Uint8Array; readonly errors: number } {
  const good = octets.filter((octet) => withEvenParity(octet) === octet);
  return { octets: good.map((octet) => octet & 0x7f), errors: octets.length - good.length };
}
