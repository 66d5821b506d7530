/** What has ended and is dropped when its time has come. Files to legacy agents stay: their lines are remembered for ever. */
import type { Retention } from '../../actors/engine/sweeps.ts';
import { AUDIT_KIND, LINK_KIND, SESSION_KIND } from '../../actors/identity/index.ts';
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
  identity,
}: {
  readonly engine: Pick<Config['engine'], 'endedRetentionDays'>;
  readonly actions: Pick<Config['actions'], 'traceDays' | 'refusedPasswordMs'>;
  readonly identity: Pick<Config['identity'], 'sessionMaxMs' | 'linkMs' | 'auditDays'>;
}): readonly Retention[] {
  return [
    ...ENDED.map(([kind, state]) => ({ kind, state, days: engine.endedRetentionDays })),
    { kind: TRACE_KIND, state: 'kept', days: actions.traceDays },
    // By then it no longer holds.
    { kind: REFUSED_PASSWORD_KIND, state: 'refused', days: Math.ceil(actions.refusedPasswordMs / DAY_MS) + 1 },
    // What is over signs in nobody; the audit trail tells of it.
    { kind: SESSION_KIND, state: 'open', days: Math.ceil(identity.sessionMaxMs / DAY_MS) + 1 },
    { kind: SESSION_KIND, state: 'ended', days: 1 },
    { kind: LINK_KIND, state: 'open', days: Math.ceil(identity.linkMs / DAY_MS) + 1 },
    { kind: LINK_KIND, state: 'used', days: 1 },
    { kind: AUDIT_KIND, state: 'kept', days: identity.auditDays },
  ];
}
