/**
 * AES-GCM with a tag of 12 octets (NIST SP 800-38D), over keys whose length was checked: 16 or 32 octets. Nothing here can
 * throw but by a bug of ours; a wrong tag is a value.
 *
 * The two parts of associated data that DLMS has, `aad` (control and authentication key) and `text` (the plaintext of an APDU
 * that is authenticated only), go in one after the other: joining them would cost a copy of every such APDU (bench `gcm`).
 */
import { createCipheriv, createDecipheriv } from 'node:crypto';

export const TAG_OCTETS = 12;
const TAG = { authTagLength: TAG_OCTETS };

const mode = (key: Uint8Array): 'aes-128-gcm' | 'aes-256-gcm' => (key.length === 32 ? 'aes-256-gcm' : 'aes-128-gcm');

/** Writes ciphertext and tag at `at` of `out`, which has room for both. */
export function gcmSeal(key: Uint8Array, iv: Uint8Array, aad: Uint8Array, plaintext: Uint8Array, out: Uint8Array, at: number): void {
  const cipher = createCipheriv(mode(key), key, iv, TAG);
  cipher.setAAD(aad);
  out.set(cipher.update(plaintext), at);
  cipher.final();
  out.set(cipher.getAuthTag(), at + plaintext.length);
}

/** The plaintext; undefined when the tag is wrong, and then what was deciphered is gone. */
export function gcmOpen(key: Uint8Array, iv: Uint8Array, aad: Uint8Array, ciphertext: Uint8Array, tag: Uint8Array): Uint8Array | undefined {
  const decipher = createDecipheriv(mode(key), key, iv, TAG);
  decipher.setAAD(aad);
  decipher.setAuthTag(tag);
  const plaintext = decipher.update(ciphertext);
  try {
    decipher.final();
    return plaintext;
  } catch {
    plaintext.fill(0);
    return undefined;
  }
}

/** GMAC: writes the tag of `aad` and `text` at `at` of `out`. */
export function gmacSign(key: Uint8Array, iv: Uint8Array, aad: Uint8Array, text: Uint8Array, out: Uint8Array, at: number): void {
  const cipher = createCipheriv(mode(key), key, iv, TAG);
  cipher.setAAD(aad);
  cipher.setAAD(text);
  cipher.final();
  out.set(cipher.getAuthTag(), at);
}

/** Is this the GMAC of `aad` and `text`? Compared in constant time by OpenSSL. */
export function gmacCheck(key: Uint8Array, iv: Uint8Array, aad: Uint8Array, text: Uint8Array, tag: Uint8Array): boolean {
  const decipher = createDecipheriv(mode(key), key, iv, TAG);
  decipher.setAAD(aad);
  decipher.setAAD(text);
  decipher.setAuthTag(tag);
  try {
    decipher.final();
    return true;
  } catch {
    return false;
  }
}

/** The 16 octets that counter mode starts from: GCM gives its text the blocks from 2 on, 1 being the tag's. */
const BLOCK = new Uint8Array(16);

/** GCM without its tag, both ways: counter mode. */
export function gcmStream(key: Uint8Array, iv: Uint8Array, octets: Uint8Array): Uint8Array {
  BLOCK.set(iv);
  BLOCK[15] = 2;
  return createCipheriv(key.length === 32 ? 'aes-256-ctr' : 'aes-128-ctr', key, BLOCK).update(octets);
}
