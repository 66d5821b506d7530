/** A JSON array of any length, made and written slice by slice, so that neither memory nor the loop is taken by one answer. */
import { JSON_HEADERS, type StreamReply } from './reply.ts';

/** `next` gives the next slice of rows; an empty one ends the array. */
export function streamArray(next: () => Promise<readonly object[]>): StreamReply {
  async function* pieces(): AsyncGenerator<string> {
    let open = '[';
    for (;;) {
      const rows = await next();
      if (rows.length === 0) break;
      yield `${open}${rows.map((row) => JSON.stringify(row)).join(',')}`;
      open = ',';
      await giveWay();
    }
    yield open === '[' ? '[]' : ']';
  }
  return { status: 200, headers: JSON_HEADERS, stream: pieces() };
}

/** Let sockets and timers have their turn. */
export function giveWay(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
