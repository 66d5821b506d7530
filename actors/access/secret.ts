/** How secrets look, are made, and are looked up. They are stored only as SHA-256 with the server's pepper (interfaces, section 4). */
import { hash } from 'node:crypto';

/** Source of unpredictable bytes; the real one is the operating system's. Never used for anything but secrets. */
export interface SecretSource {
  bytes(count: number): Uint8Array;
}

const KEY_FORM = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const TOKEN_FORM = /^mwt_[0-9a-f]{16}_[0-9a-f]{64}$/;
const TOKEN_CHARS = 85;

/** An API key: a UUID of version 4, 122 random bits. */
export function makeApiKey(source: SecretSource): string {
  const bytes = Uint8Array.from(source.bytes(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = toHex(bytes);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** A token `mwt_<id>_<secret>`: the id may be shown, the secret has 256 random bits. */
export function makeToken(source: SecretSource): { readonly id: string; readonly token: string } {
  const id = toHex(source.bytes(8));
  return { id, token: `mwt_${id}_${toHex(source.bytes(32))}` };
}

/** The key in the form it is looked up by, or undefined when it is not a UUID. */
export function normalizeApiKey(text: string): string | undefined {
  return text.length === 36 && KEY_FORM.test(text) ? text.toLowerCase() : undefined;
}

/** Whether it is a well-formed token. */
export function isToken(text: string): boolean {
  return text.length === TOKEN_CHARS && TOKEN_FORM.test(text);
}

/**
 * What a secret is stored and looked up as. Look-ups go by this value only, so their timing says nothing about a secret: it
 * cannot be steered without the pepper.
 */
export function hashSecret(pepper: string, secret: string): string {
  return hash('sha256', `${pepper}:${secret}`, 'hex');
}

function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}
