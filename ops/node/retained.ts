/** What has ended and is dropped when its time has come. Files to legacy agents stay: their lines are remembered for ever. */
import type { Retention } from '../../actors/engine/sweeps.ts';
import { ACTION_KIND, REFUSED_PASSWORD_KIND, TRACE_KIND } from '../../actors/time-update/index.ts';
import type { Config } from '../config/index.ts';

const ENDED = [
  ['appointment', 'SUCCESS'],
  ['appointment', 'FAILED'],
  ['alert', 'cleared'],
  ['alert', 'acknowledged'],
  ['quarantine', 'redriven'],
  [ACTION_KIND, 'done'],
] as const;
const DAY_MS = 86_400_000;

export function retained({
  engine,
  actions,
}: {
  readonly engine: Pick<Config['engine'], 'endedRetentionDays'>;
  readonly actions: Pick<Config['actions'], 'traceDays' | 'refusedPasswordMs'>;
}): readonly Retention[] {
  return [
    ...ENDED.map(([kind, state]) => ({ kind, state, days: engine.endedRetentionDays })),
    { kind: TRACE_KIND, state: 'kept', days: actions.traceDays },
    // By then it no longer holds.
    { kind: REFUSED_PASSWORD_KIND, state: 'refused', days: Math.ceil(actions.refusedPasswordMs / DAY_MS) + 1 },
  ];
}
