/**
 * A meter that hangs up when it is given the password may mean that the password is wrong: meters lock after a few wrong ones, so that
 * such an end must not count as a link that was lost by chance (meter-protocols 5.10 and 7).
 */
import { LinkError } from '../link/link.ts';
import { DialogueError } from './dialogue.ts';

/** Whether a call ended because the far side ended the link, or the line in between did. Our own ends, and meters that never stop, are neither. */
export function isHangUp(error: DialogueError): boolean {
  const { cause, linkFailure } = error;
  if (cause instanceof LinkError) return cause.code !== 'aborted' && cause.code !== 'flooded';
  return linkFailure === 'disconnected';
}

/** Class `hang-up`. @param lost how the link ended, as {@link isHangUp} has found */
export function hungUp(lost: DialogueError): DialogueError {
  const why = lost.cause instanceof LinkError ? lost.cause.message : lost.message;
  return new DialogueError('hang-up', `the meter hung up during log-in (${why}); the password may be wrong`, { cause: lost });
}
