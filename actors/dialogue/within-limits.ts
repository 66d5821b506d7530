/** The bounds of a step, put around what has none of its own. */
import { LinkError } from '../link/link.ts';
import { DialogueError, type StepLimits } from './dialogue.ts';
import type { DriverClock } from './driver-types.ts';

/** Begins and waits, unless the signal comes first; what was begun goes on unheard. */
export function unlessAborted<T>(begin: () => Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(new LinkError('aborted', 'the step was stopped'));
    if (signal.aborted) {
      stop();
      return;
    }
    signal.addEventListener('abort', stop, { once: true });
    const settled = () => signal.removeEventListener('abort', stop);
    begin().then(resolve, reject).finally(settled);
  });
}

/** The same, and the deadline ends it too. @param late what it is then, in words @throws DialogueError class `link` */
export async function withinLimits<T>(begin: () => Promise<T>, { signal, deadlineMs }: StepLimits, clock: DriverClock, late: string): Promise<T> {
  const overdue = Promise.withResolvers<never>();
  // A loop that was held up runs late timers before it looks at its sockets: what is done by then is still in time.
  const timer = clock.after(Math.max(0, deadlineMs - clock.monotonic()), () => clock.soon(() => overdue.reject(new DialogueError('link', late))));
  try {
    return await unlessAborted(() => Promise.race([begin(), overdue.promise]), signal);
  } finally {
    timer.cancel();
  }
}
