/**
 * f(challenge) of the mechanisms that hash (Green Book, HLS mechanisms; meter-protocols 5.9):
 *
 * ```
 *   3  MD5(challenge | secret)
 *   4  SHA-1(challenge | secret)
 *   6  SHA-256(secret | own title | peer's title | challenge | own challenge)      own: of who sends f
 * ```
 */
import { createHash } from 'node:crypto';
import { codecError, type Encoded, encoded } from '../common/index.ts';

/** HLS 3, 16 octets. */
export const hashMd5 = (challenge: Uint8Array, secret: Uint8Array): Encoded => hash('md5', [challenge, secret]);

/** HLS 4, 20 octets. */
export const hashSha1 = (challenge: Uint8Array, secret: Uint8Array): Encoded => hash('sha1', [challenge, secret]);

export interface Sha256Context {
  readonly secret: Uint8Array;
  readonly ownTitle: Uint8Array;
  readonly peerTitle: Uint8Array;
  /** The peer's challenge, which f answers. */
  readonly challenge: Uint8Array;
  readonly ownChallenge: Uint8Array;
}

/** HLS 6, 32 octets. */
export const hashSha256 = (context: Sha256Context): Encoded =>
  hash('sha256', [context.secret, context.ownTitle, context.peerTitle, context.challenge, context.ownChallenge]);

/** Error: `unsupported` where the installation forbids the hash, as FIPS mode does MD5. */
function hash(name: 'md5' | 'sha1' | 'sha256', parts: readonly Uint8Array[]): Encoded {
  try {
    const running = createHash(name);
    for (const part of parts) running.update(part);
    return encoded(running.digest());
  } catch {
    return { kind: 'bad', error: codecError('unsupported', 0, `hash: ${name} is not available here`) };
  }
}
