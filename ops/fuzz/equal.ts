/** Values of decoders: compared, and looked through for views. */

/**
 * Same meaning; a member that is undefined counts as absent. The contents of a compact array are told by its items already, and
 * may have been written otherwise: any octet but 00 is true.
 */
export function same(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (a instanceof Uint8Array || b instanceof Uint8Array) return a instanceof Uint8Array && b instanceof Uint8Array && sameOctets(a, b);
  if (Array.isArray(a) || Array.isArray(b)) return Array.isArray(a) && Array.isArray(b) && sameList(a, b);
  return sameMembers(a as Record<string, unknown>, b as Record<string, unknown>);
}

export function sameOctets(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index++) if (a[index] !== b[index]) return false;
  return true;
}

function sameList(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((element, index) => same(element, b[index]));
}

function sameMembers(a: Readonly<Record<string, unknown>>, b: Readonly<Record<string, unknown>>): boolean {
  for (const name in a) if (!same(a[name], b[name]) && !(name === 'contents' && a.type === 'compact-array')) return false;
  for (const name in b) if (b[name] !== undefined && a[name] === undefined) return false;
  return true;
}

/** Do all views of the input's memory that the value holds lie within the input? Octets of other memory are copies. */
export function viewsWithin(value: unknown, input: Uint8Array): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (value instanceof Uint8Array) {
    if (value.buffer !== input.buffer) return true;
    return value.byteOffset >= input.byteOffset && value.byteOffset + value.byteLength <= input.byteOffset + input.byteLength;
  }
  if (Array.isArray(value)) return value.every((element) => viewsWithin(element, input));
  for (const name in value) if (!viewsWithin((value as Record<string, unknown>)[name], input)) return false;
  return true;
}

/** A copy that stays good when the memory of the views changes. */
export function kept(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array) return Uint8Array.from(value);
  if (Array.isArray(value)) return value.map(kept);
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, kept(member)]));
}
