/** Parity made and checked on the octets, for channels that carry eight bits (meter-protocols 3.2). Pure. */
import type { LineSettings } from './link.ts';

export type Parity = LineSettings['parity'];

/** 1 where the seven bits hold an odd number of ones. */
function oddOnes(octet: number): number {
  let bits = octet & 0x7f;
  bits ^= bits >> 4;
  return (0x6996 >> (bits & 0x0f)) & 1;
}

/** The seven bits with their parity in bit 7; `none` leaves it 0. */
function withParity(octet: number, parity: Parity): number {
  const seven = octet & 0x7f;
  switch (parity) {
    case 'even':
      return seven | (oddOnes(octet) << 7);
    case 'odd':
      return seven | ((oddOnes(octet) ^ 1) << 7);
    case 'mark':
      return seven | 0x80;
    case 'space':
    case 'none':
      return seven;
  }
}

/** New octets, parity put into bit 7. */
export function putParity(octets: Uint8Array, parity: Parity): Uint8Array {
  return Uint8Array.from(octets, (octet) => withParity(octet, parity));
}

/** How many octets do not have their parity. */
export function countParityFaults(octets: Uint8Array, parity: Parity): number {
  let faults = 0;
  if (parity === 'none') return faults;
  for (const octet of octets) if (withParity(octet, parity) !== octet) faults += 1;
  return faults;
}

/** New octets without bit 7. */
export const takeParity = (octets: Uint8Array): Uint8Array => Uint8Array.from(octets, (octet) => octet & 0x7f);
