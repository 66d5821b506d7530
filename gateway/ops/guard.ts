/**
 * Who may use the operator's API (interfaces, section 4): a bearer token, or the session of an operator by its cookie; and what of it
 * is written to the audit trail: all that changes something, before it is done and once more when it is over.
 */
import type { Access, FailureLimiter, Scope, SessionGrant, TokenGrant } from '../../actors/access/index.ts';
import type { Clock } from '../../actors/engine/ports.ts';
import type { Identity } from '../../actors/identity/index.ts';
import { type AnyReply, type GatewayRequest, type Headers, problem, type Reply, retryAfter } from '../http/index.ts';
import type { SecureCheck } from '../mts/transport.ts';
import { sessionSecret } from '../session/cookie.ts';
import { foreignChange, foreignRead, type Provenance } from '../session/origin.ts';
import { Recorder } from './recorder.ts';

export interface OpsGuardDeps {
  readonly access: Access;
  readonly identity: Identity;
  readonly clock: Clock;
  readonly failures: FailureLimiter;
  /** HTTPS or not: sessions exist over HTTPS only. */
  readonly isSecure: SecureCheck;
}

/** What every guarded route asks of the wire, in this order. */
export const OPS_HEADERS = ['authorization', 'cookie', 'origin', 'sec-fetch-site', 'content-type', 'x-mw-session', 'host', 'x-forwarded-proto'] as const;

export type OpsGrant = TokenGrant | SessionGrant;

/** What a handler adds to the entry of its act in the audit trail. */
export interface OpsAct {
  /** Upon what: the id of what was made, where the path does not name it. */
  about(subject: string): void;
}

export type OpsHandler = (request: GatewayRequest, grant: OpsGrant, act: OpsAct) => AnyReply | Promise<AnyReply>;

export interface OpsRule {
  /** Whether it changes something, so that a cookie alone does not do. Default: with the scope `ops:write`. */
  readonly changes?: boolean;
  /** Whether it goes to the audit trail. Default: when it changes something. */
  readonly audited?: boolean;
}

export function refuseOps(status: number, code: string, text: string, headers?: Headers): Reply {
  return problem(status, code, text, {}, headers);
}

/** The token of an `Authorization: Bearer` header; an empty string for anything else. */
export function bearer(header: string): string {
  return /^bearer +(\S{1,200})$/i.exec(header)?.[1] ?? '';
}

export function provenanceOf({ headers }: Pick<GatewayRequest, 'headers'>): Provenance {
  const [, , origin = '', fetchSite = '', contentType = '', sessionKey = '', host = ''] = headers;
  return { origin, fetchSite, contentType, sessionKey, host };
}

type Caller = Pick<OpsGuardDeps, 'access' | 'identity' | 'isSecure'>;

/**
 * Who asks, by token or cookie; undefined: nobody that is known. A cookie counts over HTTPS only, and not beside a token. The route's
 * headers must be `OPS_HEADERS`.
 */
export async function callerOf(deps: Caller, request: GatewayRequest): Promise<OpsGrant | undefined> {
  const [authorization = '', cookie = ''] = request.headers;
  if (authorization !== '') return deps.access.authenticateToken(bearer(authorization));
  const secret = sessionSecret(cookie);
  if (secret === undefined || !isSecureRequest(deps, request)) return undefined;
  return deps.identity.authenticateSession(secret);
}

export function isSecureRequest({ isSecure }: Pick<OpsGuardDeps, 'isSecure'>, request: GatewayRequest): boolean {
  return isSecure(request.secure, request.source(), request.headers[7] ?? '');
}

/** Wrap an operator's handler. The route's headers must be `OPS_HEADERS`. */
export function guardOps(deps: OpsGuardDeps, scope: Scope, handler: OpsHandler, rule: OpsRule = {}): (request: GatewayRequest) => Promise<AnyReply> {
  const changes = rule.changes ?? scope === 'ops:write';
  const audited = rule.audited ?? changes;
  const recorder = new Recorder(deps.identity.audit);
  return async (request) => {
    const source = request.source();
    const grant = await callerOf(deps, request);
    if (!grant) return refuseCaller(deps, source);
    const foreign = grant.kind === 'session' ? foreignTo(deps.identity, request, changes) : undefined;
    if (foreign !== undefined) return problem(403, 'foreign_request', foreign);
    if (!grant.scopes.has(scope)) {
      const who = grant.kind === 'token' ? `The token lacks the scope ${scope}` : 'This is not for viewers';
      return problem(403, 'scope_missing', who, { scope });
    }
    if (!audited) return handler(request, grant, NO_ACT);
    return recorder.run(request, { who: grant.owner, by: { kind: grant.kind, id: grant.id }, from: source }, (act) => handler(request, grant, act));
  };
}

const NO_ACT: OpsAct = { about: () => {} };

function foreignTo(identity: Identity, request: GatewayRequest, changes: boolean): string | undefined {
  const from = provenanceOf(request);
  if (!changes) return foreignRead(from);
  const hasBody = request.body.byteLength > 0 || request.chunks !== undefined;
  return foreignChange(from, hasBody, identity.sessionKey(sessionSecret(request.headers[1] ?? '') ?? ''));
}

function refuseCaller({ failures, clock }: OpsGuardDeps, source: string): Reply {
  const wait = failures.failed(source, clock.monotonic());
  if (wait > 0) return problem(429, 'too_many_failures', 'Too many failed authentications', {}, retryAfter(wait));
  return problem(401, 'unauthenticated', 'A bearer token or a session is required', {}, [['www-authenticate', 'Bearer']]);
}
