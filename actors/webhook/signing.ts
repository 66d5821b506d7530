/**
 * Signatures of Standard Webhooks: HMAC-SHA-256 over `<id>.<timestamp>.<body>` with the octets behind `whsec_`. During a rotation
 * each secret signs, the one in force first.
 */
import { createHmac } from 'node:crypto';
import type { SecretSource } from '../access/index.ts';

const PREFIX = 'whsec_';
/** The standard asks for 24 to 64. */
const SECRET_OCTETS = 32;

/** `whsec_<base64>` with 256 random bits. */
export function makeWebhookSecret(source: SecretSource): string {
  const octets = source.bytes(SECRET_OCTETS);
  return PREFIX + Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength).toString('base64');
}

export interface SignedHeaders {
  readonly 'webhook-id': string;
  readonly 'webhook-timestamp': string;
  readonly 'webhook-signature': string;
}

/** @param at of this delivery, epoch milliseconds @param secrets as made by `makeWebhookSecret` */
export function signDelivery(id: string, at: number, body: string, secrets: readonly string[]): SignedHeaders {
  const timestamp = String(Math.floor(at / 1_000));
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.slice(PREFIX.length), 'base64');
    const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`, 'utf8').digest('base64');
    key.fill(0);
    return `v1,${signature}`;
  });
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') };
}
