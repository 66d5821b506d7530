/** Addresses of 32 bits on both sides. Pure. */
import { DialogueError } from '../dialogue.ts';

const MAX_32_BITS = 0xffff_ffff;

/**
 * ```
 *   1002          decimal
 *   0x3EA         hexadecimal
 *   0A1B2C3D      eight hexadecimal digits with a letter among them
 * ```
 *
 * @returns 0 for no address: any meter takes it as its own @throws DialogueError `config`
 */
export function destinationOf(address: string): number {
  if (address === '') return 0;
  const hex = /^0x([0-9a-f]{1,8})$/i.exec(address)?.[1] ?? /^(?=.*[a-f])([0-9a-f]{8})$/i.exec(address)?.[1];
  const destination = hex !== undefined ? Number.parseInt(hex, 16) : /^\d{1,10}$/.test(address) ? Number(address) : Number.NaN;
  if (destination <= MAX_32_BITS) return destination;
  throw new DialogueError('config', `outstationAddress: must be a number of 32 bits, decimal or 0x and hexadecimal, not ${address.slice(0, 40)}`);
}

/** 80 and three random octets. */
export function sourceOf(random: Uint8Array): number {
  const [first = 0, second = 0, third = 0] = random;
  return ((0x80 << 24) | (first << 16) | (second << 8) | third) >>> 0;
}
