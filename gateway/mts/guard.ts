/** Who may use the MTS API: HTTPS, then a token, then its scope (mts-actions-api 1). */
import type { Access, FailureLimiter, TokenGrant } from '../../actors/access/index.ts';
import type { Clock } from '../../actors/engine/ports.ts';
import { type AnyReply, type GatewayRequest, retryAfter } from '../http/index.ts';
import { bearer } from '../ops/guard.ts';
import { details } from './reply.ts';
import type { SecureCheck } from './transport.ts';

export interface MtsGuardDeps {
  readonly access: Access;
  readonly clock: Clock;
  readonly failures: FailureLimiter;
  readonly isSecure: SecureCheck;
}

export type MtsHandler = (request: GatewayRequest, grant: TokenGrant) => AnyReply | Promise<AnyReply>;

/** What a guarded route asks of the wire, in this order. */
export const MTS_HEADERS_READ = ['authorization', 'x-forwarded-proto'] as const;

const CHALLENGE = [['www-authenticate', 'Bearer']] as const;

/** Wrap a handler. The route's headers must be `MTS_HEADERS_READ`. */
export function guardMts(deps: MtsGuardDeps, handler: MtsHandler): (request: GatewayRequest) => Promise<AnyReply> {
  return async (request) => {
    const [authorization = '', forwardedProto = ''] = request.headers;
    const source = request.source();
    if (!deps.isSecure(request.secure, source, forwardedProto)) return details(403, 'The MTS Actions API is only available over HTTPS');
    const grant = await deps.access.authenticateToken(bearer(authorization));
    if (!grant) {
      const wait = deps.failures.failed(source, deps.clock.monotonic());
      if (wait > 0) return details(429, 'Too many failed authentications', retryAfter(wait));
      return details(401, 'A valid API access token is required', CHALLENGE);
    }
    if (!grant.scopes.has('mts')) return details(403, 'The API access token lacks the scope MTS Actions API', CHALLENGE);
    return handler(request, grant);
  };
}
