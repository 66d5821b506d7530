/** One of lmdb's databases as an ordered map. Keys are binary strings, values texts. */
import type { Database } from 'lmdb';
import './native-buffer.ts';
import { HEAD_LENGTH } from '../tree/head.ts';
import type { Entry, Range, Tree } from '../tree/trees.ts';

/** Writes and reads keys without a buffer in between. */
export const keyEncoder = {
  writeKey: (key: string, target: Buffer, position: number): number => position + target.latin1Write(key, position),
  readKey: (source: Buffer, start: number, end: number): string => source.latin1Slice(start, end),
};

/** lmdb's buffer for reads is used again at the next one; it carries the value's length. */
export function decode(bytes: Buffer): string {
  return bytes.utf8Slice(0, bytes.length);
}

/** lmdb's ranges: half-open from `start` on; in reverse `start` is the upper bound. */
interface NativeRange {
  start: string;
  end: string;
  exclusiveStart?: boolean;
  inclusiveEnd?: boolean;
  reverse?: boolean;
}

export class LmdbTree implements Tree {
  readonly db: Database<string, string>;

  constructor(db: Database<string, string>) {
    this.db = db;
  }

  get(key: string): string | undefined {
    return this.db.get(key);
  }

  head(key: string): string | undefined {
    const bytes = this.db.getBinaryFast(key);
    return bytes?.latin1Slice(0, Math.min(bytes.length, HEAD_LENGTH));
  }

  keys(range: Range): Iterable<string> {
    return this.db.getKeys(native(range));
  }

  entries(range: Range): Iterable<Entry> {
    return this.db.getRange(native(range));
  }

  count(range: Range, limit: number): { count: number; next?: string } {
    const all = native(range);
    // lmdb walks the offset natively: this finds the key behind the slice without bringing the keys before it here.
    for (const next of this.db.getKeys({ ...all, offset: limit, limit: 1 })) return { count: limit, next };
    return { count: this.db.getKeysCount(all) };
  }
}

function native({ start, end, after, reverse }: Range): NativeRange {
  if (!reverse) return after === undefined ? { start, end } : { start: after, end, exclusiveStart: true };
  // Upwards `end` is left out and `start` is not; downwards they change places. No key equals `end` (it is no whole key).
  return { start: after ?? end, end: start, exclusiveStart: true, inclusiveEnd: true, reverse: true };
}
