/** `POST /metering-services/v1/{mpid}/appoint` (appointments 1). */
import type { KeyGrant } from '../../actors/access/index.ts';
import type { AppointPayload, AppointReply, ProcessResponse } from '../../actors/appointment/index.ts';
import type { EngineFace } from '../../actors/engine/face.ts';
import type { Clock, Ids } from '../../actors/engine/ports.ts';
import { type AnyReply, detail, type GatewayRequest, JSON_HEADERS, type Reply, type Route, unprocessable } from '../http/index.ts';
import type { HttpOptions } from '../options.ts';
import { guardSupplier, refuseSupplier, type SupplierGuardDeps } from '../supplier/guard.ts';
import { type AppointRequest, checkBody } from './body.ts';
import { bodyHash, idempotencySlot } from './canonical.ts';
import { InFlightKeys } from './in-flight.ts';

export interface AppointmentDeps extends SupplierGuardDeps {
  readonly engine: EngineFace;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly options: HttpOptions;
  readonly enforceCheckDigit: boolean;
}

/** Name of the route within the scope of idempotency keys; never changed, or kept keys would be forgotten. */
const ROUTE = 'metering-services/v1/appoint';
const HEADERS = ['x-api-key', 'x-idempotency-key', 'x-test-mode', 'content-type'];
const MAX_KEY_CHARS = 255;
const JSON_TYPE = /^application\/json\s*(;|$)/i;

/** One call whose form is right. */
interface Call {
  readonly mpid: string;
  readonly supplierDipId: string;
  readonly request: AppointRequest;
  readonly test: boolean;
  readonly slotName: string;
  readonly bodyHash: string;
}

export function appointmentRoutes(deps: AppointmentDeps): readonly Route[] {
  const keys = new InFlightKeys(deps.clock, deps.options.idempotencyWaitMs);
  const rules = { enforceCheckDigit: deps.enforceCheckDigit };
  const handle = guardSupplier(
    deps,
    (request, grant, mpid, supplierDipId) => {
      const call = readCall(request, grant, mpid, supplierDipId, deps.clock.now(), rules);
      return 'status' in call ? call : settle(deps, keys, call);
    },
    checkHeaders,
  );
  return [
    {
      method: 'POST',
      path: '/metering-services/v1/:mpid/appoint',
      headers: HEADERS,
      body: 'whole',
      maxBytes: deps.options.maxBodyBytes,
      refuse: refuseSupplier,
      handle,
    },
  ];
}

/** 428, then 415; 401 and 429 came before. */
function checkHeaders({ headers: [, key = '', , contentType = ''] }: GatewayRequest): Reply | undefined {
  if (key.trim() === '') return detail(428, 'X-IDEMPOTENCY-KEY is required');
  return JSON_TYPE.test(contentType) ? undefined : detail(415, 'Content-Type must be application/json');
}

/** 422. */
function readCall(
  request: GatewayRequest,
  grant: KeyGrant,
  mpid: string,
  supplierDipId: string,
  now: number,
  rules: { readonly enforceCheckDigit: boolean },
): Call | Exclude<AnyReply, Promise<AnyReply>> {
  const [, key = '', testMode] = request.headers;
  if (key.length > MAX_KEY_CHARS) {
    return unprocessable([
      { loc: ['header', 'X-IDEMPOTENCY-KEY'], msg: `X-IDEMPOTENCY-KEY must have at most ${MAX_KEY_CHARS} characters`, type: 'string_too_long' },
    ]);
  }
  let body: unknown;
  try {
    body = JSON.parse(Buffer.from(request.body.buffer, request.body.byteOffset, request.body.byteLength).toString('utf8'));
  } catch {
    return unprocessable([{ loc: ['body'], msg: 'body must be JSON', type: 'json_invalid' }]);
  }
  const checked = checkBody(body, now, rules);
  if (checked.kind === 'refused') return unprocessable(checked.errors);
  const test = testMode === 'true';
  return { mpid, supplierDipId, request: checked.request, test, slotName: idempotencySlot(mpid, ROUTE, grant.owner, key), bodyHash: bodyHash(body, test) };
}

/** One call at a time under one key; the handler in the MPAN's turn decides between replay, conflict and a new process. */
async function settle(deps: AppointmentDeps, keys: InFlightKeys, call: Call): Promise<AnyReply> {
  for (;;) {
    const entered = keys.enter(call.slotName, call.bodyHash);
    const outcome = entered instanceof Promise ? await entered : entered;
    if (outcome.kind === 'conflict') return detail(409, 'The first call under this X-IDEMPOTENCY-KEY is still in hand');
    if (outcome.kind === 'ended') continue;
    try {
      return await appoint(deps, call);
    } finally {
      outcome.leave();
    }
  }
}

async function appoint(deps: AppointmentDeps, call: Call): Promise<AnyReply> {
  const { request, mpid, supplierDipId, test, slotName, bodyHash } = call;
  const requestId = deps.ids.uuid();
  const payload: AppointPayload = { ...request, requestId, mpid, supplierDipId, test, idempotency: { slotName, bodyHash } };
  const reply = await deps.engine.command<AppointReply>({ key: request.mpan, type: 'appoint', payload, origin: 'caller', id: requestId });
  switch (reply.kind) {
    case 'accepted':
    case 'replayed':
      return { status: 202, body: processBody(reply.response), headers: JSON_HEADERS };
    case 'conflict':
      return detail(409, reply.detail);
    case 'invalid':
      return unprocessable(reply.errors);
  }
}

/** Members in a fixed order: a replay is byte for byte the first answer, however the store kept it. */
function processBody(response: ProcessResponse): string {
  const { request_id, request_type, request_status, description, created_at, last_updated_at, mpan_core } = response;
  return JSON.stringify({ request_id, request_type, request_status, description, created_at, last_updated_at, mpan_core });
}
