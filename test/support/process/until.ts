/** Waiting for a condition of another process: looked at again and again, with a bound, never a sleep that hopes. */
import { setTimeout as pause } from 'node:timers/promises';

const POLL_MS = 25;

/**
 * The first value that is neither undefined nor false.
 * @param what names the condition in the error
 * @throws when the bound passes; the error carries the last value that `look` threw
 */
export async function until<T>(what: string, look: () => T | undefined | false | Promise<T | undefined | false>, boundMs = 20_000): Promise<T> {
  const end = performance.now() + boundMs;
  let last: unknown;
  for (;;) {
    try {
      const value = await look();
      if (value !== undefined && value !== false) return value;
    } catch (error) {
      last = error;
    }
    if (performance.now() > end) throw new Error(`not within ${boundMs} ms: ${what}`, { cause: last });
    await pause(POLL_MS);
  }
}
