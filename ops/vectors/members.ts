/** Reads members of a vector by name and type. What is missing or ill-typed throws {@link MalformedVector} with the member's path. */
import { fromHex } from '../../workers/codec/common/index.ts';
import { type Json, type JsonObject, MalformedVector } from './mapping.ts';

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Octets of hex as the vectors write it: whole octets, nothing between them. */
export function hexOctets(value: Json | undefined, path: string): Uint8Array {
  const octets = typeof value === 'string' && /^[0-9A-Fa-f]*$/.test(value) ? fromHex(value) : undefined;
  if (octets === undefined) throw new MalformedVector(path, 'must be hex text, two digits an octet');
  return octets;
}

export class Members {
  readonly #object: JsonObject;
  readonly #path: string;

  constructor(object: JsonObject, path = '') {
    this.#object = object;
    this.#path = path;
  }

  /** @throws MalformedVector when the value is no object */
  static of(value: Json | undefined, path: string): Members {
    if (!isObject(value)) throw new MalformedVector(path, 'must be an object');
    return new Members(value, path);
  }

  pathOf(name: string): string {
    return this.#path === '' ? name : `${this.#path}.${name}`;
  }

  /** Is it there, and not null? */
  has(name: string): boolean {
    const value = this.raw(name);
    return value !== undefined && value !== null;
  }

  raw(name: string): Json | undefined {
    return Object.hasOwn(this.#object, name) ? this.#object[name] : undefined;
  }

  text(name: string): string {
    const value = this.raw(name);
    if (typeof value !== 'string') throw this.wrong(name, 'must be text');
    return value;
  }

  hex(name: string): Uint8Array {
    return hexOctets(this.raw(name), this.pathOf(name));
  }

  int(name: string): number {
    const value = this.raw(name);
    if (typeof value !== 'number' || !Number.isInteger(value)) throw this.wrong(name, 'must be a whole number');
    return value;
  }

  /** A whole number, or null (or absent) for *not specified*. */
  intOrNull(name: string): number | null {
    return this.has(name) ? this.int(name) : null;
  }

  bool(name: string): boolean {
    const value = this.raw(name);
    if (typeof value !== 'boolean') throw this.wrong(name, 'must be true or false');
    return value;
  }

  object(name: string): Members {
    return Members.of(this.raw(name), this.pathOf(name));
  }

  /** Every element of a list, with its own path. */
  list<T>(name: string, read: (value: Json, path: string) => T): readonly T[] {
    const value = this.raw(name);
    if (!Array.isArray(value)) throw this.wrong(name, 'must be a list');
    return (value as readonly Json[]).map((element, index) => read(element, `${this.pathOf(name)}[${index}]`));
  }

  oneOf<T extends string>(name: string, choices: readonly T[]): T {
    const value = this.text(name);
    const found = choices.find((choice) => choice === value);
    if (found === undefined) throw this.wrong(name, `must be one of ${choices.join(', ')}`);
    return found;
  }

  wrong(name: string, rule: string): MalformedVector {
    return new MalformedVector(this.pathOf(name), rule);
  }
}
