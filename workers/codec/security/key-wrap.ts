/**
 * AES key wrap (RFC 3394), by which keys are transferred under the master key (security setup, class 64, method 2).
 *
 * ```
 *   wrapped = integrity block(8) | key, both enciphered under the key-encrypting key
 * ```
 *
 * The key-encrypting key has 16, 24 or 32 octets; the key 16 or more, in steps of 8.
 */
import { createCipheriv, createDecipheriv } from 'node:crypto';
import { type CodecError, codecError, DEFAULT_LIMITS, type Decoded, type Encoded, encoded, good } from '../common/index.ts';

const INITIAL_VALUE = new Uint8Array(8).fill(0xa6);

/** Wraps `key` under `kek`. Errors: `missing_key`, `bad_value`, `too_large`. */
export function wrapKey(kek: Uint8Array | undefined, key: Uint8Array): Encoded {
  if (kek === undefined) return { kind: 'bad', error: NO_KEK };
  const fault = kekFault(kek) ?? blockFault('key', key.length, 16);
  if (fault !== undefined) return { kind: 'bad', error: fault };
  return encoded(createCipheriv(modeOf(kek), kek, INITIAL_VALUE).update(key));
}

/** The key in `wrapped`. Errors as {@link wrapKey}, and `bad_tag` when the integrity check fails: another key, or damaged octets. */
export function unwrapKey(kek: Uint8Array | undefined, wrapped: Uint8Array): Decoded<Uint8Array> {
  const consumed = wrapped.length;
  if (kek === undefined) return { kind: 'bad', error: NO_KEK, consumed };
  const fault = kekFault(kek) ?? blockFault('wrapped key', wrapped.length, 24);
  if (fault !== undefined) return { kind: 'bad', error: fault, consumed };
  try {
    return good(createDecipheriv(modeOf(kek), kek, INITIAL_VALUE).update(wrapped), consumed);
  } catch {
    return { kind: 'bad', error: codecError('bad_tag', 0, 'wrapped key: the integrity check of RFC 3394'), consumed };
  }
}

const NO_KEK = codecError('missing_key', 0, 'masterKey: not given');

const modeOf = (kek: Uint8Array): string => `id-aes${kek.length * 8}-wrap`;

function kekFault(kek: Uint8Array): CodecError | undefined {
  if (kek.length === 16 || kek.length === 24 || kek.length === 32) return undefined;
  return codecError('bad_value', 0, 'masterKey: 16, 24 or 32 octets', `${kek.length} octets`);
}

function blockFault(name: string, length: number, least: number): CodecError | undefined {
  if (length > DEFAULT_LIMITS.maxOctets) return codecError('too_large', 0, `${name}: at most ${DEFAULT_LIMITS.maxOctets} octets`, `${length} octets`);
  if (length >= least && length % 8 === 0) return undefined;
  return codecError('bad_value', 0, `${name}: ${least} octets or more, in steps of 8`, `${length} octets`);
}
