/** Cursors of pages: opaque to callers, a place in an order to us. */
import { RefusedError } from '../../errors/error.ts';

export function encodeCursor(place: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(place)).toString('base64url');
}

/** @param types what the place is made of @throws RefusedError `cursor_invalid` */
export function decodeCursor<T extends readonly (string | number)[]>(cursor: string, types: readonly ('string' | 'number')[]): T {
  try {
    const place: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    if (Array.isArray(place) && place.length === types.length && types.every((type, i) => typeof place[i] === type) && encodeCursor(place) === cursor) {
      return place as unknown as T;
    }
  } catch {
    // Told below.
  }
  throw new RefusedError('cursor_invalid', `cursor: is one that a page gave: ${cursor.slice(0, 80)}`);
}
