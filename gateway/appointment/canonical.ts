/** The form in which two bodies are compared: parsed JSON with its members sorted by name (appointments 1.4). */
import { hash } from 'node:crypto';

export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  let text = '';
  for (const name of Object.keys(value).sort()) {
    text += `${text === '' ? '' : ','}${JSON.stringify(name)}:${canonicalJson((value as Record<string, unknown>)[name])}`;
  }
  return `{${text}}`;
}

/** SHA-256 of a body with its test mode, which is part of what is compared. */
export function bodyHash(body: unknown, test: boolean): string {
  return hash('sha256', `${test ? 'test' : 'live'}:${canonicalJson(body)}`, 'hex');
}

/** Name of the idempotency slot (architecture, section 5): scope is MPID, route, key owner and the key's value. */
export function idempotencySlot(mpid: string, route: string, owner: string, key: string): string {
  return `idem:${hash('sha256', JSON.stringify([mpid, route, owner, key]), 'hex')}`;
}
