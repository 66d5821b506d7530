/**
 * The bounds of a step, put around what has none of its own. Every octet that goes or comes passes here, in thousands of sessions: one
 * promise each, and nothing that could be shared is made anew (bench `sessions`).
 */
import { LinkError } from '../link/link.ts';
import { DialogueError, type StepLimits } from './dialogue.ts';
import type { DriverClock } from './driver-types.ts';

/**
 * Begins and waits, unless signal or deadline come first; what was begun goes on unheard. What is there at once is given at once.
 *
 * @param late what it is when the deadline has passed, in words
 * @throws DialogueError class `link`
 */
export function withinLimits<T>(begin: () => T | Promise<T>, { signal, deadlineMs }: StepLimits, clock: DriverClock, late: string): T | Promise<T> {
  if (signal.aborted) throw stopped();
  const begun = begin();
  if (!(begun instanceof Promise)) return begun;
  return new Promise((resolve, reject) => {
    const stop = () => {
      timer.cancel();
      reject(stopped());
    };
    const overdue = () => {
      settle();
      reject(new DialogueError('link', late));
    };
    // A loop that was held up runs late timers before it looks at its sockets: what is done by then is still in time.
    const timer = clock.after(Math.max(0, deadlineMs - clock.monotonic()), () => clock.soon(overdue));
    const settle = () => {
      timer.cancel();
      signal.removeEventListener('abort', stop);
    };
    signal.addEventListener('abort', stop, { once: true });
    begun.then(
      (value) => {
        settle();
        resolve(value);
      },
      (error: unknown) => {
        settle();
        reject(error);
      },
    );
  });
}

/** The signal ended a step. */
export const stopped = (): LinkError => new LinkError('aborted', 'the step was stopped');
