/** Who may use the operator's API: a token with the scope (interfaces, section 4). */
import type { Access, FailureLimiter, Scope, TokenGrant } from '../../actors/access/index.ts';
import type { Clock } from '../../actors/engine/ports.ts';
import { type AnyReply, type GatewayRequest, type Headers, problem, type Reply, retryAfter } from '../http/index.ts';

export interface OpsGuardDeps {
  readonly access: Access;
  readonly clock: Clock;
  readonly failures: FailureLimiter;
}

export type OpsHandler = (request: GatewayRequest, grant: TokenGrant) => AnyReply | Promise<AnyReply>;

export function refuseOps(status: number, code: string, text: string, headers?: Headers): Reply {
  return problem(status, code, text, {}, headers);
}

/** The token of an `Authorization: Bearer` header; an empty string for anything else. */
export function bearer(header: string): string {
  return /^bearer +(\S{1,200})$/i.exec(header)?.[1] ?? '';
}

/** Wrap an operator's handler. The route's first header must be `authorization`. */
export function guardOps(deps: OpsGuardDeps, scope: Scope, handler: OpsHandler): (request: GatewayRequest) => Promise<AnyReply> {
  return async (request) => {
    const source = request.source();
    const grant = await deps.access.authenticateToken(bearer(request.headers[0] ?? ''));
    if (!grant) {
      const wait = deps.failures.failed(source, deps.clock.monotonic());
      if (wait > 0) return problem(429, 'too_many_failures', 'Too many failed authentications', {}, retryAfter(wait));
      return problem(401, 'unauthenticated', 'A bearer token is required', {}, [['www-authenticate', 'Bearer']]);
    }
    if (!grant.scopes.has(scope)) return problem(403, 'scope_missing', `The token lacks the scope ${scope}`, { scope });
    return handler(request, grant);
  };
}
