/** The real clock, random numbers and ids. The only place that hands them to the engine. */
import { v7 } from 'uuid';
import type { Clock, Ids, Random, Timer } from '../../actors/engine/ports.ts';

/** Node's timers hold 31 bits of milliseconds; longer ones would fire at once. */
const MAX_DELAY_MS = 2_147_483_647;

export const realClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after: (delayMs, run) => {
    let handle: NodeJS.Timeout;
    const arm = (left: number): void => {
      const part = Math.min(left, MAX_DELAY_MS);
      handle = setTimeout(() => (left > part ? arm(left - part) : run()), part);
      handle.unref();
    };
    arm(Math.max(0, delayMs));
    const timer: Timer = { cancel: () => clearTimeout(handle) };
    return timer;
  },
  soon: (run) => {
    setImmediate(run);
  },
};

export const realRandom: Random = { next: () => Math.random() };

/** UUIDv7; the package keeps them rising within the process, also within a millisecond and when the clock steps back. */
export const realIds: Ids = { uuid: () => v7() };
