/** Operator's route about the meter sessions that run now on this node, or on all of them. */
import type { SessionCounts, SessionView } from '../../actors/meter-session/index.ts';
import { json, problem, QueryReader, type Route } from '../http/index.ts';
import type { Everywhere } from './everywhere.ts';
import { guardOps, OPS_HEADERS, type OpsGuardDeps, refuseOps } from './guard.ts';

/** Who runs now: `SessionRegistry` in short. */
export interface SessionsSource {
  list(): readonly SessionView[];
  readonly counts: SessionCounts;
}

/** Sessions of all nodes: `node` runs it, `owner` has its action. Counts are sums over the nodes that answered. */
export interface SessionsEverywhere extends Everywhere<SessionView & { readonly owner: string }> {
  readonly counts: SessionCounts;
}

export interface SessionsDeps extends OpsGuardDeps {
  readonly sessions: SessionsSource;
  /** Among many nodes: those of all of them, so many at most. */
  readonly allSessions?: (limit: number) => Promise<SessionsEverywhere>;
}

const DEFAULT_ROWS = 500;
const MAX_ROWS = 10_000;

/** `{items, counts}`, the longest first; among many nodes `silent` too: nodes that did not answer. */
export function sessionsRoutes(deps: SessionsDeps): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/ops/v1/sessions',
      headers: OPS_HEADERS,
      body: 'none',
      maxBytes: 0,
      refuse: refuseOps,
      handle: guardOps(deps, 'ops:read', async (request) => {
        const query = new QueryReader(request.query, ['limit']);
        const limit = query.integer('limit', 1, MAX_ROWS) ?? DEFAULT_ROWS;
        if (query.errors.length > 0) return problem(422, 'invalid_value', query.errors[0]?.msg ?? '', { errors: query.errors });
        const { sessions, allSessions } = deps;
        if (allSessions) return json(200, await allSessions(limit));
        return json(200, { items: sessions.list().slice(0, limit), counts: sessions.counts });
      }),
    },
  ];
}
