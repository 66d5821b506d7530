import { createHmac } from 'node:crypto';

/** Names a key where its counters are kept: a digest keyed with the key itself, which tells nothing of it. */
export function keyMark(encryptionKey: Uint8Array, clientSystemTitle: Uint8Array): string {
  return createHmac('sha256', encryptionKey).update('invocation counter').update(clientSystemTitle).digest('hex').slice(0, 32);
}
