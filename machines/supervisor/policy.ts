/** When to start again, and when to give up: pure decisions of a supervisor. */
import type { EpochMs } from '../common/effects.ts';
import type { SupervisorPolicy } from './events.ts';

/** Pause before the restart after `failures` failures in a row (1 = first), milliseconds: the upper half of the ceiling is at random. */
export function restartDelayMs(policy: SupervisorPolicy, failures: number, random: number): number {
  const ceiling = Math.min(policy.backoffMaxMs, policy.backoffMinMs * 2 ** Math.min(Math.max(failures, 1) - 1, 30));
  return Math.round(ceiling / 2 + (ceiling / 2) * random);
}

/** Restarts that still count at `at`. A clock that was set back forgets those that would lie in the future. */
export function recentRestarts(policy: SupervisorPolicy, restarts: readonly EpochMs[], at: EpochMs): readonly EpochMs[] {
  return restarts.filter((when) => when > at - policy.periodMs && when <= at);
}

/** True when one more restart would be one too many. `restarts` are all of the supervisor's children's. */
export function isTooMany(policy: SupervisorPolicy, restarts: readonly EpochMs[], at: EpochMs): boolean {
  return recentRestarts(policy, restarts, at).length >= policy.maxRestarts;
}
