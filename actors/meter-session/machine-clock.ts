/** The clock port as XState wants its timers. */
import type { Clock, Timer } from '../engine/ports.ts';

/** The names are XState's; in text, because only the port may set timers here. */
const SET = 'setTimeout';
const CLEAR = 'clearTimeout';

export function machineClock(clock: Clock) {
  return {
    [SET]: (run: () => void, delayMs: number): Timer => clock.after(delayMs, run),
    [CLEAR]: (timer: Timer | undefined): void => timer?.cancel(),
  };
}
