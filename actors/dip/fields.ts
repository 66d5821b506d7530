/** Readers for the members of JSON that nobody vouches for. */

export type Block = { readonly [member: string]: unknown };

/** The value as an object, null if it is none. */
export function blockOf(value: unknown): Block | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Block) : null;
}

/** A text that says something: not empty, not `x` (obfuscated). */
export function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' && value !== 'x' ? value : null;
}

export function flagOf(value: unknown): boolean | null {
  return typeof value === 'boolean' ? value : null;
}

export function blocksOf(value: unknown): readonly Block[] | null {
  return Array.isArray(value) ? value.map(blockOf).filter((block) => block !== null) : null;
}
