/** The clock of a simulator that runs as a process of its own. */
import type { Clock } from '../../../actors/engine/ports.ts';

/** Timers do not keep the process alive: its sockets and its standard input do. */
export const WALL_CLOCK: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after: (delayMs, run) => {
    const timer = setTimeout(run, delayMs);
    timer.unref();
    return { cancel: () => clearTimeout(timer) };
  },
  soon: (run) => {
    setImmediate(run);
  },
};
