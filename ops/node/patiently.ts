/** What a start asks of its engine. Shards come into service meanwhile, on a slow machine not all within the time of one command. */
import type { Clock } from '../../actors/engine/index.ts';
import { MeterwrightError } from '../../actors/errors/error.ts';

const PAUSE_MS = 500;
const LIMIT_MS = 60_000;

/** Does it again while the engine says `later`, for a minute; `run` must bear being done twice. */
export async function patiently<T>(clock: Clock, run: () => Promise<T>, limitMs: number = LIMIT_MS): Promise<T> {
  const end = clock.monotonic() + limitMs;
  for (;;) {
    try {
      return await run();
    } catch (error) {
      const isPassing = error instanceof MeterwrightError && error.retry === 'later';
      if (!isPassing || clock.monotonic() >= end) throw error;
      await new Promise<void>((resolve) => {
        clock.after(PAUSE_MS, resolve);
      });
    }
  }
}
