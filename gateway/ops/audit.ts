/** Operator's route about the audit trail: the latest acts first, page by page. */
import { json, problem, QueryReader, type Route } from '../http/index.ts';
import { guardOps, OPS_HEADERS, type OpsGuardDeps, refuseOps } from './guard.ts';

const LATEST_MS = 8_640_000_000_000_000;
const MOST_ROWS = 500;
const ROWS = 100;

/** `GET /ops/v1/audit?from&to&cursor&limit`; instants are ISO 8601 or epoch milliseconds. */
export function auditRoutes(deps: OpsGuardDeps): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/ops/v1/audit',
      headers: OPS_HEADERS,
      body: 'none',
      maxBytes: 0,
      refuse: refuseOps,
      handle: guardOps(deps, 'ops:read', async (request) => {
        const query = new QueryReader(request.query, ['from', 'to', 'cursor', 'limit']);
        const from = instant(query, 'from');
        const to = instant(query, 'to');
        const limit = query.integer('limit', 1, MOST_ROWS) ?? ROWS;
        const cursor = query.text('cursor');
        if (query.errors.length > 0) return problem(422, 'invalid_value', query.errors[0]?.msg ?? '', { errors: query.errors });
        const bounds = { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
        return json(200, await deps.identity.audit.page({ limit, ...bounds, ...(cursor === undefined ? {} : { cursor }) }));
      }),
    },
  ];
}

function instant(query: QueryReader, name: string): number | undefined {
  const text = query.text(name);
  if (text === undefined) return undefined;
  const at = /^\d{1,16}$/.test(text) ? Number(text) : Date.parse(text);
  if (at >= 0 && at <= LATEST_MS) return at;
  query.refuse(name, `${name} must be an instant, as ISO 8601 or epoch milliseconds`, 'instant');
  return undefined;
}
