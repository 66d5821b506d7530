/**
 * Passwords of people: slow hashes by scrypt, and a queue in front of them, so that sign-ins take a bounded share of threads and memory
 * whoever asks for how many.
 */
import { scrypt, timingSafeEqual } from 'node:crypto';
import type { SecretSource } from '../access/secret.ts';
import { OverloadedError, RefusedError } from '../errors/error.ts';

/** log2 of N, r, p: 32 MiB (128 · N · r) and about a quarter of a second. */
const COST = { ln: 15, r: 8, p: 3 } as const;
const SALT_BYTES = 16;
const KEY_BYTES = 32;
/** What scrypt may take at most; the cost of a stored hash lies within it. */
const MAX_MEMORY_BYTES = 64 * 1_048_576;
export const LEAST_PASSWORD_CHARS = 12;
const MOST_PASSWORD_BYTES = 1_024;

const FORM = /^scrypt\$(\d{1,2})\$(\d{1,2})\$(\d{1,2})\$([A-Za-z0-9_-]{22})\$([A-Za-z0-9_-]{43})$/;

/** @throws RefusedError `invalid_value` for a password that is too short or too long */
export function checkPasswordForm(password: string): void {
  if ([...password].length < LEAST_PASSWORD_CHARS) throw new RefusedError('invalid_value', `password: must have at least ${LEAST_PASSWORD_CHARS} characters`);
  if (isTooLong(password)) throw new RefusedError('invalid_value', `password: must have at most ${MOST_PASSWORD_BYTES} bytes`);
}

export function isTooLong(password: string): boolean {
  return Buffer.byteLength(password) > MOST_PASSWORD_BYTES;
}

/** `scrypt$15$8$3$<salt>$<key>`: a hash carries its cost, so that the cost may rise while older ones stay good. */
export async function hashPassword(password: string, pepper: string, secrets: SecretSource): Promise<string> {
  const salt = Buffer.from(secrets.bytes(SALT_BYTES));
  const key = await derive(password, pepper, salt, COST);
  return `scrypt$${COST.ln}$${COST.r}$${COST.p}$${salt.toString('base64url')}$${key.toString('base64url')}`;
}

/** A hash that no password has, of the usual cost: whoever has no record takes as long as who has. */
export const NOBODYS_HASH = `scrypt$${COST.ln}$${COST.r}$${COST.p}$${'A'.repeat(22)}$${'A'.repeat(43)}`;

export async function verifyPassword(password: string, pepper: string, stored: string): Promise<boolean> {
  const [, ln, r, p, salt = '', key = ''] = FORM.exec(stored) ?? [];
  if (key === '') return false;
  const derived = await derive(password, pepper, Buffer.from(salt, 'base64url'), { ln: Number(ln), r: Number(r), p: Number(p) });
  return timingSafeEqual(derived, Buffer.from(key, 'base64url'));
}

function derive(password: string, pepper: string, salt: Uint8Array, { ln, r, p }: { ln: number; r: number; p: number }): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const options = { N: 2 ** ln, r, p, maxmem: MAX_MEMORY_BYTES };
    scrypt(`${pepper}:${password.normalize('NFKC')}`, salt, KEY_BYTES, options, (error, key) => (error ? reject(error) : resolve(key)));
  });
}

/** Of one source in hand at once: nobody fills the queue alone. */
const MOST_OF_SOURCE = 2;
const BUSY_MS = 2_000;

/** First come, first served; a few at once, a few more of those wait, the rest is told to come back. */
export class PasswordQueue {
  readonly #atOnce: number;
  readonly #most: number;
  readonly #waiting: (() => void)[] = [];
  readonly #sources = new Map<string, number>();
  #running = 0;

  /** @param most how many may wait */
  constructor(atOnce: number, most: number) {
    this.#atOnce = atOnce;
    this.#most = most;
  }

  /** @throws OverloadedError when too many wait already, of all or of this source */
  async run<T>(source: string, work: () => Promise<T>): Promise<T> {
    const own = this.#sources.get(source) ?? 0;
    if (own >= MOST_OF_SOURCE || this.#waiting.length >= this.#most) throw new OverloadedError('sign-in: too many at once', BUSY_MS);
    this.#sources.set(source, own + 1);
    try {
      if (this.#running >= this.#atOnce) await new Promise<void>((resolve) => this.#waiting.push(resolve));
      else this.#running++;
      return await work();
    } finally {
      const next = this.#waiting.shift();
      // The place goes over to who waited longest.
      if (next) next();
      else this.#running--;
      const left = (this.#sources.get(source) ?? 1) - 1;
      if (left > 0) this.#sources.set(source, left);
      else this.#sources.delete(source);
    }
  }
}
