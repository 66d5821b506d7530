/**
 * What all supplier routes have in common: the key is recognised, entitled to the MPID of the path, and within its rate,
 * before anything else is looked at (appointments 1.3: 401 first).
 */
import { type Access, FailureLimiter, type KeyGrant } from '../../actors/access/index.ts';
import type { Clock } from '../../actors/engine/ports.ts';
import { type AnyReply, detail, type GatewayRequest, type Headers, type Reply, retryAfter, unprocessable } from '../http/index.ts';
import type { HttpOptions } from '../options.ts';

const MPID = /^[A-Z]{4}$/;

/** Handles one request of a recognised key. */
export type SupplierHandler = (request: GatewayRequest, grant: KeyGrant, mpid: string, supplierDipId: string) => AnyReply | Promise<AnyReply>;

export interface SupplierGuardDeps {
  readonly access: Access;
  readonly clock: Clock;
  readonly failures: FailureLimiter;
  /** DIP id of each own supplier by MPID; an MPID without one is refused like a foreign one (appointments 6). */
  readonly suppliers: ReadonlyMap<string, string>;
}

export function refuseSupplier(status: number, _code: string, text: string, headers?: Headers): Reply {
  return detail(status, text, headers);
}

export function makeFailureLimiter(options: HttpOptions): FailureLimiter {
  return new FailureLimiter({ perSecond: options.failedAuthPerSecond, burst: options.failedAuthBurst, sources: options.failedAuthSources });
}

/**
 * Wrap a supplier's handler. The route's first header must be `x-api-key`, its first parameter the MPID.
 * @param headers what the headers alone are refused for, which comes before the form of the path (428 before 422)
 */
export function guardSupplier(
  deps: SupplierGuardDeps,
  handler: SupplierHandler,
  headers: (request: GatewayRequest) => Reply | undefined = () => undefined,
): (request: GatewayRequest) => AnyReply | Promise<AnyReply> {
  const refuse = (request: GatewayRequest): Reply => {
    const wait = deps.failures.failed(request.source(), deps.clock.monotonic());
    if (wait > 0) return detail(429, 'Too many failed authentications', retryAfter(wait));
    return detail(401, 'X-API-KEY is missing, unknown, or not entitled to this MPID', [['www-authenticate', 'ApiKey header="X-API-KEY"']]);
  };
  const admit = (request: GatewayRequest, grant: KeyGrant | undefined): AnyReply | Promise<AnyReply> => {
    const mpid = request.params[0] ?? '';
    if (!grant) return refuse(request);
    const isForm = MPID.test(mpid);
    const supplierDipId = grant.mpids.has(mpid) ? deps.suppliers.get(mpid) : undefined;
    if (isForm && supplierDipId === undefined) return refuse(request);
    const wait = grant.take();
    if (wait > 0) return detail(429, 'Too many requests for this key', retryAfter(wait));
    const refused = headers(request);
    if (refused) return refused;
    if (supplierDipId === undefined) return unprocessable([{ loc: ['path', 'mpid'], msg: 'mpid must be exactly 4 letters A to Z', type: 'mpid_format' }]);
    return handler(request, grant, mpid, supplierDipId);
  };
  return (request) => {
    const grant = deps.access.authenticateKey(request.headers[0] ?? '');
    return grant instanceof Promise ? grant.then((found) => admit(request, found)) : admit(request, grant);
  };
}
