/** Operator's route about the meter sessions that run now on this node. */
import type { SessionCounts, SessionView } from '../../actors/meter-session/index.ts';
import { json, problem, QueryReader, type Route } from '../http/index.ts';
import { guardOps, type OpsGuardDeps, refuseOps } from './guard.ts';

/** Who runs now: `SessionRegistry` in short. */
export interface SessionsSource {
  list(): readonly SessionView[];
  readonly counts: SessionCounts;
}

export interface SessionsDeps extends OpsGuardDeps {
  readonly sessions: SessionsSource;
}

const DEFAULT_ROWS = 500;
const MAX_ROWS = 10_000;

/** `{items, counts}`, the longest first. */
export function sessionsRoutes(deps: SessionsDeps): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/ops/v1/sessions',
      headers: ['authorization'],
      body: 'none',
      maxBytes: 0,
      refuse: refuseOps,
      handle: guardOps(deps, 'ops:read', (request) => {
        const query = new QueryReader(request.query, ['limit']);
        const limit = query.integer('limit', 1, MAX_ROWS) ?? DEFAULT_ROWS;
        if (query.errors.length > 0) return problem(422, 'invalid_value', query.errors[0]?.msg ?? '', { errors: query.errors });
        const { sessions } = deps;
        return json(200, { items: sessions.list().slice(0, limit), counts: sessions.counts });
      }),
    },
  ];
}
