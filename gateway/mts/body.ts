/** Bodies of the MTS API: one JSON object in UTF-8. What is wrong is told without a word of the body, which may hold a password. */

export type Members = Readonly<Record<string, unknown>>;

/** A good value, or the sentence that says what is wrong. */
export type Read<T> = { readonly kind: 'ok'; readonly value: T } | { readonly kind: 'refused'; readonly sentence: string };

export const refused = (sentence: string): { readonly kind: 'refused'; readonly sentence: string } => ({ kind: 'refused', sentence });
export const good = <T>(value: T): { readonly kind: 'ok'; readonly value: T } => ({ kind: 'ok', value });

const utf8 = new TextDecoder('utf-8', { fatal: true });
const NO_JSON = refused('The body must be a JSON object');
const NO_UTF8 = refused('The body must be UTF-8');
const MAX_SHOWN_CHARS = 100;

export function readObject(body: Uint8Array): Read<Members> {
  let text: string;
  try {
    text = utf8.decode(body);
  } catch {
    return NO_UTF8;
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return NO_JSON;
  }
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? good(value as Members) : NO_JSON;
}

/** @returns what to say of the first member that is not known, so that a misspelt `immediate` does not wait for the night */
export function unknownMember(members: Members, known: ReadonlySet<string>): string | undefined {
  const name = Object.keys(members).find((member) => !known.has(member));
  return name === undefined ? undefined : `${name.slice(0, MAX_SHOWN_CHARS).toWellFormed()} is not a known member`;
}
