/** What an installation decides about its actions (mts-actions-api 5, meter-protocols 7). Plain data; documented in `actors/time-update/options.ts`. */
import type { GuardName } from '../meter-session/types.ts';

export interface ActionPolicy {
  /** Sessions that an action may have in all. */
  readonly attempts: number;
  /** Pause between two attempts, milliseconds. */
  readonly pauseMs: number;
  /** Added to the pause at most, as a part of it: 0.5 makes 60 s 60 to 90 s. */
  readonly pauseJitter: number;
  /** Attempts more after the link failed in a session (no answer, bad checksum). */
  readonly linkRedials: number;
  /** Sessions that may be lost with their process; one more ends the action. */
  readonly lostAttempts: number;
  /** Overnight windows in which it may fail to start; the last of them ends the action. */
  readonly windows: number;
  /** Guards that may say otherwise in a while. */
  readonly retriedGuards: readonly GuardName[];
  /** Longest that a session takes from dialling to log-off, milliseconds; handed on with it. */
  readonly sessionMs: number;
}

export const DEFAULT_ACTION_POLICY: ActionPolicy = {
  attempts: 3,
  pauseMs: 60_000,
  pauseJitter: 0.5,
  linkRedials: 1,
  lostAttempts: 3,
  windows: 3,
  retriedGuards: ['boundary'],
  sessionMs: 240_000,
};

/** FNV-1a, 32 bits, with a last mix: neighbouring texts give values far apart. */
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** Pause after an attempt, milliseconds. The jitter is a function of action and attempt: the same wherever it is computed. */
export function pauseMsAfter(requestId: number, attempt: number, policy: Pick<ActionPolicy, 'pauseMs' | 'pauseJitter'>): number {
  const part = hash(`${requestId}/${attempt}`) / 0x1_0000_0000;
  return Math.floor(policy.pauseMs * (1 + policy.pauseJitter * part));
}
