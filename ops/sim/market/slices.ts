/**
 * Where the elements of a JSON array lie in its text. The simulator compares what it gets under one sender unique reference byte by byte,
 * whatever batch the item came in, so it needs each item's own bytes.
 *
 * Plain and long on purpose: this runs over every byte that arrives.
 */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** Bounds `[start, end)` of each top-level element, white space around it left out. The text must be valid JSON and an array. */
export function arrayItems(text: Uint8Array): [number, number][] {
  const items: [number, number][] = [];
  let depth = 0;
  let start = -1;
  let end = -1;
  for (let index = 0; index < text.length; index += 1) {
    const byte = text[index] as number;
    if (byte === QUOTE) {
      if (start < 0 && depth === 1) start = index;
      index += 1;
      while (index < text.length && text[index] !== QUOTE) index += text[index] === BACKSLASH ? 2 : 1;
      end = index + 1;
      continue;
    }
    if (byte <= 0x20) continue;
    if (depth === 1 && (byte === COMMA || byte === CLOSE_BRACKET)) {
      if (start >= 0) items.push([start, end]);
      start = -1;
      if (byte === CLOSE_BRACKET) return items;
      continue;
    }
    if (start < 0 && depth === 1) start = index;
    if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth += 1;
    else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) depth -= 1;
    end = index + 1;
  }
  return items;
}
