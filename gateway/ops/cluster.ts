/** Operator's routes about the cluster: who is in it, who owns what, and giving a node's shards away. */
import Type from 'typebox';
import type { ClusterStatus, NodeId } from '../../actors/cluster/index.ts';
import { json, problem, type Route } from '../http/index.ts';
import { bodyReader } from './body.ts';
import { guardOps, OPS_HEADERS, type OpsGuardDeps, refuseOps } from './guard.ts';

export interface ClusterDeps extends OpsGuardDeps {
  readonly cluster: {
    status(): ClusterStatus;
    /** Resolves once that node has begun. Rejects with `node_away` when it is not there. */
    drain(node: NodeId, by: string, reason: string): Promise<void>;
  };
  readonly maxBodyBytes: number;
}

export const DrainBody = Type.Object({ reason: Type.String({ minLength: 1, maxLength: 1_000 }) }, { additionalProperties: false });
const readReason = bodyReader(DrainBody);

export function clusterRoutes(deps: ClusterDeps): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/ops/v1/cluster',
      headers: OPS_HEADERS,
      body: 'none',
      maxBytes: 0,
      refuse: refuseOps,
      handle: guardOps(deps, 'ops:read', () => json(200, deps.cluster.status())),
    },
    {
      method: 'POST',
      path: '/ops/v1/cluster/nodes/:node/drain',
      headers: OPS_HEADERS,
      body: 'whole',
      maxBytes: deps.maxBodyBytes,
      refuse: refuseOps,
      handle: guardOps(deps, 'ops:write', async (request, grant) => {
        const body = readReason(request);
        if (body.refusal) return body.refusal;
        const node = request.params[0] ?? '';
        const known = deps.cluster.status().nodes.find(({ id }) => id === node);
        if (!known) return problem(404, 'no_such_node', `node: is not in the cluster: ${node.slice(0, 64)}`);
        await deps.cluster.drain(known.id, grant.owner, body.value.reason);
        return json(202, { node: known.id, state: 'draining' });
      }),
    },
  ];
}
