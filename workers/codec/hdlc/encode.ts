import { type Encoded, encoded, unencodable, X25_START, x25Final, x25Update } from '../common/index.ts';
import { fitsAddress, type HdlcAddress, writeAddress } from './address.ts';
import { controlOctet } from './control.ts';
import { FLAG, type HdlcContent, MAX_FRAME_LENGTH } from './frame.ts';

const isNumber = (value: number): boolean => Number.isInteger(value) && value >= 0 && value <= 7;

/**
 * The octets of a frame with both its flags; length, control and checks are computed.
 *
 * Errors: `bad_value` for an address, N(S) or N(R) outside its field, and for a frame of more than 2047 octets between the flags.
 * IEC 62056-46, 6.4; meter-protocols 5.1.
 */
export function encodeHdlcFrame(frame: HdlcContent): Encoded {
  const { destination, source, information } = frame;
  if (!fitsAddress(destination)) return unencodable('destination: parts of 7 bits, or 14 in four octets', shown(destination));
  if (!fitsAddress(source)) return unencodable('source: parts of 7 bits, or 14 in four octets', shown(source));
  const ns = frame.type === 'I' ? frame.ns : 0;
  const nr = frame.type === 'I' || frame.type === 'RR' || frame.type === 'RNR' ? frame.nr : 0;
  if (!isNumber(ns)) return unencodable('ns: 0 to 7', ns);
  if (!isNumber(nr)) return unencodable('nr: 0 to 7', nr);
  const size = information?.length ?? 0;
  const length = overhead(destination, source) + (size === 0 ? 0 : size + 2);
  if (length > MAX_FRAME_LENGTH) return unencodable(`information: a frame of at most ${MAX_FRAME_LENGTH} octets`, `${length} octets`);

  const octets = new Uint8Array(length + 2);
  octets[0] = FLAG;
  octets[1] = 0xa0 | (frame.segmented ? 8 : 0) | (length >>> 8);
  octets[2] = length;
  let at = writeAddress(octets, writeAddress(octets, 3, destination), source);
  octets[at++] = controlOctet(frame.type, ns, nr, frame.pf);
  let register = x25Update(X25_START, octets, 1, at);
  if (information !== undefined && size > 0) {
    const header = at;
    at = putCheck(octets, at, register);
    octets.set(information, at);
    at += size;
    register = x25Update(register, octets, header, at);
  }
  at = putCheck(octets, at, register);
  octets[at] = FLAG;
  return encoded(octets);
}

/** Octets between the flags of a frame without information. With it two more, and its own. */
export const overhead = (destination: HdlcAddress, source: HdlcAddress): number => 2 + destination.size + source.size + 1 + 2;

function putCheck(octets: Uint8Array, at: number, register: number): number {
  const check = x25Final(register);
  octets[at] = check;
  octets[at + 1] = check >>> 8;
  return at + 2;
}

const shown = ({ size, upper, lower }: HdlcAddress): string => `${upper}/${lower} in ${size}`;
