/** Health and readiness (interfaces, section 4). Names of checks are for this machine and for operators only. */
import { json, type Route } from '../http/index.ts';
import { callerOf, OPS_HEADERS, type OpsGuardDeps, refuseOps } from './guard.ts';

export type HealthStatus = 'ok' | 'degraded' | 'down';

export interface HealthReport {
  readonly status: HealthStatus;
  readonly checks: Readonly<Record<string, { readonly status: HealthStatus; readonly text: string }>>;
}

/** Looked at for every readiness request; must be quick and must not throw. */
export type HealthSource = () => HealthReport | Promise<HealthReport>;

export function healthRoutes(deps: OpsGuardDeps & { readonly health: HealthSource }): readonly Route[] {
  const common = { method: 'GET', body: 'none', maxBytes: 0, refuse: refuseOps } as const;
  return [
    { ...common, path: '/health/live', headers: [], handle: () => json(200, { status: 'ok' }) },
    {
      ...common,
      path: '/health/ready',
      headers: OPS_HEADERS,
      handle: async (request) => {
        const isLocal = request.fromLoopback();
        const isOperator = isLocal || (await callerOf(deps, request))?.scopes.has('ops:read') === true;
        const { status, checks } = await deps.health();
        return json(status === 'down' ? 503 : 200, isOperator ? { status, checks } : { status });
      },
    },
  ];
}
