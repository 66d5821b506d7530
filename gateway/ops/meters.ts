/** Every route about meter actions: the MTS API and the operator's. */

import type { Route } from '../http/index.ts';
import { type MtsDeps, mtsRoutes } from '../mts/index.ts';
import type { ActorsDeps } from './actors.ts';
import { type LinesDeps, linesRoutes } from './lines.ts';
import { type MeterActionsDeps, meterActionsRoutes } from './meter-actions.ts';
import { type MeterKeysDeps, meterKeysRoutes } from './meter-keys.ts';
import { type SessionsDeps, sessionsRoutes } from './sessions.ts';

/** What only these routes need. */
export interface MetersDeps
  extends Pick<SessionsDeps, 'sessions' | 'allSessions'>,
    Pick<LinesDeps, 'lines' | 'allLines'>,
    Pick<MeterActionsDeps, 'actions' | 'rules' | 'stopSwitch'>,
    Pick<ActorsDeps, 'whyAction'> {
  /** Absent: no keys of ciphered meters. */
  readonly meterKeys?: Pick<MeterKeysDeps, 'store' | 'canonicalOf'>;
  /** Settings of the MTS API's front. */
  readonly mts: MtsDeps['options'];
}

type All = MetersDeps & Omit<MeterActionsDeps, keyof MetersDeps> & Pick<MeterKeysDeps, 'maxImportBytes'>;

export function meterRoutes(deps: All): readonly Route[] {
  return [
    ...mtsRoutes({ ...deps, options: deps.mts }),
    ...sessionsRoutes(deps),
    ...linesRoutes(deps),
    ...meterActionsRoutes(deps),
    ...(deps.meterKeys ? meterKeysRoutes({ ...deps, ...deps.meterKeys }) : []),
  ];
}
