import { readFileSync } from 'node:fs';
import { fromHex } from '../../../../workers/codec/common/index.ts';

export interface HdlcVector {
  readonly id: string;
  readonly direction: string;
  readonly hex: string;
  readonly kind: string;
  readonly encode: boolean;
  // biome-ignore lint/suspicious/noExplicitAny: vectors are what is compared
  readonly decoded: any;
}

export interface SessionVector {
  readonly id: string;
  readonly transport: string;
  readonly frames: readonly { readonly direction: string; readonly hex: string }[];
}

const read = (name: string) => JSON.parse(readFileSync(new URL(`../../../vectors/${name}.json`, import.meta.url), 'utf8'));

export const HDLC_VECTORS = read('dlms-hdlc') as readonly HdlcVector[];
export const HDLC_SESSIONS = (read('sessions') as readonly SessionVector[]).filter(({ transport }) => transport === 'hdlc');

export const octetsOf = (hex: string): Uint8Array => {
  const octets = fromHex(hex);
  if (octets === undefined) throw new Error(`not hex: ${hex}`);
  return octets;
};
