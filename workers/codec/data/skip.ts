/** Walking over values without making them: for an index, and to find the shape of a buffer. */
import type { Reader } from '../common/index.ts';
import type { DataBudget } from './budget.ts';

/** Octets of a type's content by tag; -1 for strings (a length goes before), -2 for bit-strings, -3 for all else. */
export const CONTENT_WIDTHS = new Int8Array(256).fill(-3);
for (const [tag, width] of [
  [0x00, 0],
  [0x03, 1],
  [0x04, -2],
  [0x05, 4],
  [0x06, 4],
  [0x09, -1],
  [0x0a, -1],
  [0x0c, -1],
  [0x0d, 1],
  [0x0f, 1],
  [0x10, 2],
  [0x11, 1],
  [0x12, 2],
  [0x14, 8],
  [0x15, 8],
  [0x16, 1],
  [0x17, 4],
  [0x18, 8],
  [0x19, 12],
  [0x1a, 5],
  [0x1b, 4],
  [0xff, 0],
] as const) {
  CONTENT_WIDTHS[tag] = width;
}

/**
 * Goes over the content of a value that is no container, with the checks of a read.
 * @returns its octets, of a bit-string its bits; the content ends at the cursor
 */
export function skipContent(reader: Reader, tag: number, budget: DataBudget): number {
  const width = CONTENT_WIDTHS[tag] ?? -3;
  if (width >= 0) {
    if (reader.has(width)) reader.at += width;
    return width;
  }
  if (width === -3) return reader.fail('unknown_tag', 'data: a tag of the COSEM data types', tag, reader.at - 1);
  const offset = reader.at;
  const count = reader.length(width === -1 ? 'string: length' : 'bit-string: count of bits');
  const octets = width === -1 ? count : Math.ceil(count / 8);
  if (octets > budget.maxOctets) return reader.fail('too_large', `string: at most ${budget.maxOctets} octets`, octets, offset);
  if (reader.has(octets)) reader.at += octets;
  return count;
}
