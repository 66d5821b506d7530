/**
 * Keys as raw octets. A KeyObject would cost a ciphering twice the time, and the pool's workers read keys out of shared
 * memory, where views are all there is. Nothing here keeps, copies or prints a key: an error names the key and a length.
 */
import { type CodecError, codecError } from '../common/index.ts';
import { BROADCAST_KEY } from './control.ts';

/** What a meter's security needs; a missing key is an error only when it is asked for. 16 octets each, 32 in suite 2. */
export interface SecurityKeys {
  /** Global unicast encryption key: every glo- and general-glo APDU, and the GMAC of HLS 5. */
  readonly encryptionKey?: Uint8Array | undefined;
  /** Part of what is authenticated, with every control that has bit 10. */
  readonly authenticationKey?: Uint8Array | undefined;
  /** Of one association, handed over in the initiate request: ded- and general-ded APDUs. */
  readonly dedicatedKey?: Uint8Array | undefined;
  /** Global broadcast encryption key: control bit 40. */
  readonly broadcastKey?: Uint8Array | undefined;
  /** Key-encrypting key for the transfer of other keys (RFC 3394). */
  readonly masterKey?: Uint8Array | undefined;
}

export type KeyName = keyof SecurityKeys;
export type KeySet = 'global' | 'dedicated';

/** Octets of every key of a suite. */
const keyLength = (control: number): number => ((control & 0x0f) === 2 ? 32 : 16);

/** A key of the length that the suite in `control` wants, or why not. */
export function keyFor(keys: SecurityKeys, name: KeyName, control: number): Uint8Array | CodecError {
  const key = keys[name];
  if (key === undefined) return codecError('missing_key', 0, `${name}: not given`);
  const length = keyLength(control);
  if (key.length === length) return key;
  return codecError('bad_value', 0, `${name}: ${length} octets in suite ${control & 0x0f}`, `${key.length} octets`);
}

/** The key that enciphers: the dedicated one, else the broadcast or the unicast one by bit 40. */
export function cipherKeyFor(keys: SecurityKeys, set: KeySet, control: number): Uint8Array | CodecError {
  if (set === 'dedicated') return keyFor(keys, 'dedicatedKey', control);
  return keyFor(keys, (control & BROADCAST_KEY) !== 0 ? 'broadcastKey' : 'encryptionKey', control);
}

export const isKey = (found: Uint8Array | CodecError): found is Uint8Array => found instanceof Uint8Array;

/** Why this is no system title; undefined when it is one. */
export function titleFault(name: string, title: Uint8Array | undefined): CodecError | undefined {
  if (title === undefined || title.length === 0) return codecError('missing_key', 0, `${name}: not given`);
  return title.length === 8 ? undefined : codecError('bad_value', 0, `${name}: 8 octets`, `${title.length} octets`);
}
