/**
 * Secrets at rest: sealed with AES-256-GCM under the key of the installation, as text that may lie in documents and effects.
 *
 * ```
 *   base64url( 01 | nonce(12) | ciphertext | tag(16) )
 * ```
 *
 * - S1 Each seal has a nonce of its own out of the operating system's random octets.
 * - S2 What was sealed for one purpose (`aad`: a meter, an action) opens for no other.
 * - S3 Neither key nor content is in any error.
 */
import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { SecretSource } from '../access/index.ts';
import { MeterwrightError } from '../errors/error.ts';

export interface Sealer {
  /** @param content text is taken as UTF-8 @param aad what it is for; must be given again to open it */
  seal(content: string | Uint8Array, aad: string): string;
  /** Octets that the caller fills with zeros when done. @throws MeterwrightError `seal_broken`: another key, another purpose, or damaged */
  open(sealed: string, aad: string): Uint8Array;
  /** As {@link Sealer.open}, for text. */
  openText(sealed: string, aad: string): string;
}

const VERSION = 1;
const KEY_OCTETS = 32;
const NONCE_OCTETS = 12;
const TAG_OCTETS = 16;
const LEAST_OCTETS = 1 + NONCE_OCTETS + TAG_OCTETS;

/**
 * @param key 32 octets; kept
 * @param random the operating system's
 * @throws MeterwrightError `seal_key_invalid`
 */
export function createSealer(key: Uint8Array, random: SecretSource): Sealer {
  if (key.length !== KEY_OCTETS) throw new MeterwrightError('seal_key_invalid', `sealing key: must be ${KEY_OCTETS} octets, not ${key.length}`);
  const open = (sealed: string, aad: string): Uint8Array => opened(key, sealed, aad);
  return {
    seal(content, aad) {
      const nonce = random.bytes(NONCE_OCTETS);
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(aad, 'utf8'));
      const text = cipher.update(typeof content === 'string' ? Buffer.from(content, 'utf8') : content);
      return Buffer.concat([Uint8Array.of(VERSION), nonce, text, cipher.final(), cipher.getAuthTag()]).toString('base64url');
    },
    open,
    openText(sealed, aad) {
      const octets = open(sealed, aad);
      const text = Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength).toString('utf8');
      octets.fill(0);
      return text;
    },
  };
}

function opened(key: Uint8Array, sealed: string, aad: string): Uint8Array {
  const octets = Buffer.from(sealed, 'base64url');
  if (octets.length < LEAST_OCTETS || octets[0] !== VERSION) throw broken('is not a sealed secret of this version');
  const textAt = 1 + NONCE_OCTETS;
  const tagAt = octets.length - TAG_OCTETS;
  const decipher = createDecipheriv('aes-256-gcm', key, octets.subarray(1, textAt), { authTagLength: TAG_OCTETS })
    .setAAD(Buffer.from(aad, 'utf8'))
    .setAuthTag(octets.subarray(tagAt));
  const text = decipher.update(octets.subarray(textAt, tagAt));
  try {
    decipher.final();
  } catch {
    text.fill(0);
    throw broken('was sealed with another key or for another purpose, or is damaged');
  }
  return text;
}

const broken = (rule: string): MeterwrightError => new MeterwrightError('seal_broken', `sealed secret: ${rule}`);
