/**
 * The bounds of a step, put around what has none of its own. Every octet that goes or comes passes here, in thousands of sessions: one
 * promise each, and nothing that could be shared is made anew (bench `sessions`).
 */
import { LinkError } from '../link/link.ts';
import { DialogueError, type StepLimits } from './dialogue.ts';
import type { DriverClock } from './driver-types.ts';

/** Begins and waits, unless the signal comes first; what was begun goes on unheard. */
export function unlessAborted<T>(begin: () => Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(stopped());
      return;
    }
    const stop = () => reject(stopped());
    const settle = () => signal.removeEventListener('abort', stop);
    signal.addEventListener('abort', stop, { once: true });
    waitFor(begin, settle, resolve, reject);
  });
}

/** The same, and the deadline ends it too. @param late what it is then, in words @throws DialogueError class `link` */
export function withinLimits<T>(begin: () => Promise<T>, { signal, deadlineMs }: StepLimits, clock: DriverClock, late: string): Promise<T> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(stopped());
      return;
    }
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
    waitFor(begin, settle, resolve, reject);
  });
}

const stopped = (): LinkError => new LinkError('aborted', 'the step was stopped');

function waitFor<T>(begin: () => Promise<T>, settle: () => void, resolve: (value: T) => void, reject: (error: unknown) => void): void {
  const failed = (error: unknown): void => {
    settle();
    reject(error);
  };
  try {
    begin().then((value) => {
      settle();
      resolve(value);
    }, failed);
  } catch (error) {
    failed(error);
  }
}
