/** Keys, titles and helpers of the security tests. */
import { readFileSync } from 'node:fs';
import { fromHex } from '../../../../workers/codec/common/index.ts';
import type { SecurityKeys, Suite } from '../../../../workers/codec/security/index.ts';

/** Octets of hex text that the test writes itself. */
export function hex(text: string): Uint8Array {
  const octets = fromHex(text);
  if (octets === undefined) throw new Error(`not hex: ${text}`);
  return octets;
}

export const ascii = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));

export const CLIENT_TITLE = hex('4D4D4D0000BC614E');
export const SERVER_TITLE = hex('4D4D4D0000000001');

const EK = '000102030405060708090A0B0C0D0E0F';
const AK = 'D0D1D2D3D4D5D6D7D8D9DADBDCDDDEDF';
const DK = '00112233445566778899AABBCCDDEEFF';
const BK = '0F0E0D0C0B0A09080706050403020100';

export function keysOf(suite: Suite): SecurityKeys {
  const sized = (half: string): Uint8Array => hex(suite === 2 ? half + half.replaceAll('0', 'A') : half);
  return { encryptionKey: sized(EK), authenticationKey: sized(AK), dedicatedKey: sized(DK), broadcastKey: sized(BK) };
}

export interface SecurityVector {
  readonly id: string;
  readonly direction: string;
  readonly hex: string;
  readonly form: string;
  readonly kind: string;
  readonly encode: boolean;
  readonly keys?: Readonly<Record<string, string>>;
  readonly hls?: { readonly challengeStoC?: string; readonly challengeCtoS?: string };
  // The members differ by form; each test reads those of its own.
  readonly decoded: Readonly<Record<string, unknown>>;
}

export function vectorsOf(file: string): readonly SecurityVector[] {
  return JSON.parse(readFileSync(new URL(`../../../vectors/${file}.json`, import.meta.url), 'utf8')) as SecurityVector[];
}
