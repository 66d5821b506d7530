/** `GET /agents/v1/{mpid}` and `GET /agents/v1/{mpid}/list` (appointments 1.7). */
import { type AgentDirectory, toAgentView } from '../../actors/agent/index.ts';
import { json, QueryReader, type Route, streamArray, unprocessable } from '../http/index.ts';
import { guardSupplier, refuseSupplier, type SupplierGuardDeps } from '../supplier/guard.ts';

export interface AgentsDeps extends SupplierGuardDeps {
  readonly directory: AgentDirectory;
}

const ROWS_AT_ONCE = 500;

export function agentsRoutes(deps: AgentsDeps): readonly Route[] {
  const common = { method: 'GET', headers: ['x-api-key'], body: 'none', maxBytes: 0, refuse: refuseSupplier } as const;
  return [
    {
      ...common,
      path: '/agents/v1/:mpid',
      handle: guardSupplier(deps, (request) => {
        const query = new QueryReader(request.query, ['dip_id']);
        const dipId = query.required('dip_id');
        if (dipId !== undefined) query.matching('dip_id', /^[0-9A-Za-z]{10}$/, 'exactly 10 letters or digits', 'dip_id_format');
        if (dipId === undefined || query.errors.length > 0) return unprocessable(query.errors);
        const agent = deps.directory.byDipId(dipId);
        return json(200, agent ? [toAgentView(agent)] : []);
      }),
    },
    {
      ...common,
      path: '/agents/v1/:mpid/list',
      handle: guardSupplier(deps, () => {
        const agents = deps.directory.list();
        if (agents.length <= ROWS_AT_ONCE) return json(200, agents.map(toAgentView));
        let at = 0;
        return streamArray(async () => {
          at += ROWS_AT_ONCE;
          return agents.slice(at - ROWS_AT_ONCE, at).map(toAgentView);
        });
      }),
    },
  ];
}
