/** Faults of frames on the wire. */
import { putEvenParity } from '../../../workers/codec/iec62056-21/index.ts';
import type { SimMeterType } from './options.ts';
import type { SeededRandom } from './random.ts';

/** Octets that EDMI escapes: damage must not make one. */
const EDMI_SPECIAL = new Set([0x02, 0x03, 0x10, 0x11, 0x13]);
const SOH = 0x01;
const STX = 0x02;

/** The frame with a wrong checksum; itself where it has none. A copy. */
export function withBadCheck(frame: Uint8Array, meterType: SimMeterType, framing: 'hdlc' | 'wrapper'): Uint8Array {
  const copy = frame.slice();
  const last = copy.length - 1;
  switch (meterType) {
    case 'EDMIATLAS':
      return flipped(copy, last - 1, [0x80, 0x20, 0x08].find((mask) => !EDMI_SPECIAL.has((copy[last - 1] ?? 0) ^ mask)) ?? 0);
    case 'EMLITECOP10':
      return flipped(copy, last, 0x01);
    case 'ISKRA_MX37X':
    case 'LG_DLMS':
    case 'CEWEPRO100':
      return framing === 'hdlc' ? flipped(copy, last - 1, 0x01) : copy;
    default:
      return copy[0] === SOH || copy[0] === STX ? flipped(copy, last, 0x01) : copy;
  }
}

function flipped(octets: Uint8Array, at: number, mask: number): Uint8Array {
  octets[at] = (octets[at] ?? 0) ^ mask;
  return octets;
}

/** Rubbish in front of the frame, or one octet of it changed. */
export function withNoise(frame: Uint8Array, random: SeededRandom): Uint8Array {
  if (random.chance(0.5)) return flipped(frame.slice(), random.below(frame.length), 1 + random.below(255));
  const rubbish = random.octets(1 + random.below(4));
  const noisy = new Uint8Array(rubbish.length + frame.length);
  noisy.set(rubbish);
  noisy.set(frame, rubbish.length);
  return noisy;
}

export const withParity = putEvenParity;

/** What a line of 7E1 makes of octets: those without even parity are lost, of the others seven bits are left. */
export function throughParity(octets: Uint8Array): Uint8Array {
  return Uint8Array.from(octets.filter(isEven), (octet) => octet & 0x7f);
}

function isEven(octet: number): boolean {
  let bits = octet ^ (octet >> 4);
  bits ^= bits >> 2;
  bits ^= bits >> 1;
  return (bits & 1) === 0;
}
