/** Query strings, read field by field with every error at once (appointments 1.3). */
import type { DetailEntry } from './reply.ts';

const MAX_QUERY_CHARS = 8_192;
const MAX_SHOWN_CHARS = 100;

/** Reads the members of one query string and gathers what is wrong with it. */
export class QueryReader {
  readonly errors: DetailEntry[] = [];
  readonly #values: URLSearchParams;

  /** @param known names that may occur; any other is refused */
  constructor(query: string, known: readonly string[]) {
    this.#values = new URLSearchParams(query.length > MAX_QUERY_CHARS ? '' : query);
    if (query.length > MAX_QUERY_CHARS) this.refuse('', `the query must have at most ${MAX_QUERY_CHARS} characters`, 'string_too_long');
    for (const name of new Set(this.#values.keys())) {
      if (!known.includes(name)) this.refuse(name.slice(0, MAX_SHOWN_CHARS), 'unknown parameter', 'extra_forbidden');
      else if (this.#values.getAll(name).length > 1) this.refuse(name, `${name} must be given once`, 'multiple_values');
    }
  }

  refuse(name: string, msg: string, type: string): void {
    this.errors.push({ loc: name === '' ? ['query'] : ['query', name], msg, type });
  }

  /** Undefined when absent or empty. */
  text(name: string): string | undefined {
    return this.#values.get(name) || undefined;
  }

  required(name: string): string | undefined {
    const value = this.text(name);
    if (value === undefined) this.refuse(name, `${name} is required`, 'missing');
    return value;
  }

  matching(name: string, pattern: RegExp, rule: string, type: string): string | undefined {
    const value = this.text(name);
    if (value === undefined || pattern.test(value)) return value;
    this.refuse(name, `${name} must be ${rule}`, type);
    return undefined;
  }

  oneOf<T extends string>(name: string, values: readonly T[]): T | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    const found = values.find((candidate) => candidate === value);
    if (found === undefined) this.refuse(name, `${name} must be one of ${values.join(', ')}`, 'enum');
    return found;
  }

  boolean(name: string, absent: boolean): boolean {
    const value = this.text(name)?.toLowerCase();
    if (value === undefined) return absent;
    if (value === 'true' || value === '1') return true;
    if (value !== 'false' && value !== '0') this.refuse(name, `${name} must be true or false`, 'bool_parsing');
    return false;
  }

  integer(name: string, minimum: number, maximum: number): number | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    const number = /^\d{1,10}$/.test(value) ? Number(value) : Number.NaN;
    if (number >= minimum && number <= maximum) return number;
    this.refuse(name, `${name} must be a whole number from ${minimum} to ${maximum}`, 'int_range');
    return undefined;
  }
}
