/** What a port of the session's machine rejects with, and how failures of links are classed (meter-protocols 7). */
import type { FailureClass, GuardName } from '../../machines/meter-session/index.ts';
import { DialogueError } from '../dialogue/dialogue.ts';
import { failureClassOf } from '../dialogue/link-failure.ts';
import { LinkError } from '../link/link.ts';

/** `class` and `message` as the machine wants them; the message is one line, without secrets. */
export class PortError extends Error {
  readonly class: FailureClass;
  readonly guard: GuardName | undefined;
  /** Of a write: no frame with a time was made. */
  readonly nothingLeft: boolean;
  constructor(failure: FailureClass, message: string, options: { readonly guard?: GuardName; readonly nothingLeft?: boolean; readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'PortError';
    this.class = failure;
    this.guard = options.guard;
    this.nothingLeft = options.nothingLeft ?? false;
  }
}

/** The same failure as the machine wants it; whatever is neither a link's nor a dialogue's is a bug and keeps its text out of results. */
export function asPortError(error: unknown): PortError {
  if (error instanceof PortError) return error;
  if (error instanceof DialogueError) return new PortError(error.class, error.message, { cause: error });
  if (error instanceof LinkError) return new PortError(failureClassOf(error.code), error.message, { cause: error });
  return new PortError('engine', 'an unexpected failure of the engine', { cause: error });
}
