/** Operator's routes about webhooks of suppliers: set, tried, turned off, listed. A secret is shown once, in the answer that made it. */
import Type from 'typebox';
import type { Webhooks } from '../../actors/webhook/index.ts';
import { WebhookUrlSchema } from '../../actors/webhook/records.ts';
import { type AnyReply, json, problem, QueryReader, type Route } from '../http/index.ts';
import { bodyReader } from './body.ts';
import { guardOps, OPS_HEADERS, type OpsGuardDeps, refuseOps } from './guard.ts';
import { Reason } from './reason.ts';

export interface WebhooksDeps extends OpsGuardDeps {
  readonly webhooks: Pick<Webhooks, 'set' | 'off' | 'get' | 'list' | 'test'>;
  readonly maxBodyBytes: number;
}

export const WebhookBody = Type.Object(
  {
    /** Absent: where it goes already. */
    url: Type.Optional(WebhookUrlSchema),
    /** A new secret; the one of before signs too for a while. */
    rotate: Type.Optional(Type.Boolean()),
    reason: Reason,
  },
  { additionalProperties: false },
);
export const WebhookReasonBody = Type.Object({ reason: Reason }, { additionalProperties: false });

const closed = { additionalProperties: false } as const;
const Instant = Type.Number();
const orNull = Type.Union([Instant, Type.Null()]);
const shown = {
  mpid: Type.String(),
  url: Type.String(),
  state: Type.Enum(['on', 'off', 'failed']),
  reason: Type.Union([Type.Enum(['gone', 'given_up']), Type.Null()]),
  secrets: Type.Array(Type.Object({ since: Instant, until: orNull }, closed)),
  since: Instant,
  changedBy: Type.String(),
  lastSuccess: orNull,
  lastFailure: Type.Union([Type.Object({ at: Instant, text: Type.String() }, closed), Type.Null()]),
};
export const WebhookSchema = Type.Object(shown, closed);
/** `secret` only where one was made. */
export const WebhookSetSchema = Type.Object({ ...shown, secret: Type.Optional(Type.String()) }, closed);
export const WebhookTestedSchema = Type.Object(
  { delivered: Type.Boolean(), id: Type.String(), status: Type.Union([Type.Integer(), Type.Null()]), text: Type.String(), tookMs: Type.Number() },
  closed,
);

const MPID = /^[A-Z]{4}$/;
const MAX_ROWS = 500;

export function webhooksRoutes(deps: WebhooksDeps): readonly Route[] {
  const { webhooks } = deps;
  const readSet = bodyReader(WebhookBody);
  const readReason = bodyReader(WebhookReasonBody);
  const plain = { headers: OPS_HEADERS, body: 'none', maxBytes: 0, refuse: refuseOps } as const;
  const write = { method: 'POST', headers: OPS_HEADERS, body: 'whole', maxBytes: deps.maxBodyBytes, refuse: refuseOps } as const;
  return [
    { ...plain, method: 'GET', path: '/ops/v1/webhooks', handle: guardOps(deps, 'ops:read', (request) => list(deps, request.query)) },
    {
      ...plain,
      method: 'GET',
      path: '/ops/v1/webhooks/:mpid',
      handle: guardOps(deps, 'ops:read', async ({ params }) => withMpid(params, async (mpid) => json(200, await webhooks.get(mpid)))),
    },
    {
      ...write,
      path: '/ops/v1/webhooks/:mpid',
      handle: guardOps(deps, 'ops:write', (request, grant) => {
        const body = readSet(request);
        if (body.refusal) return body.refusal;
        const { url, rotate = false } = body.value;
        return withMpid(request.params, async (mpid) => json(200, await webhooks.set(mpid, { url, rotate }, grant.owner)));
      }),
    },
    {
      ...write,
      path: '/ops/v1/webhooks/:mpid/test',
      handle: guardOps(deps, 'ops:write', (request) => {
        const body = readReason(request);
        return body.refusal ?? withMpid(request.params, async (mpid) => json(200, await webhooks.test(mpid, request.signal())));
      }),
    },
    {
      ...write,
      path: '/ops/v1/webhooks/:mpid/off',
      handle: guardOps(deps, 'ops:write', (request, grant) => {
        const body = readReason(request);
        return body.refusal ?? withMpid(request.params, async (mpid) => json(200, await webhooks.off(mpid, grant.owner)));
      }),
    },
  ];
}

function withMpid(params: readonly string[], run: (mpid: string) => Promise<AnyReply>): AnyReply | Promise<AnyReply> {
  const mpid = params[0] ?? '';
  return MPID.test(mpid) ? run(mpid) : problem(404, 'no_such_webhook', 'mpid: no such supplier');
}

async function list({ webhooks }: WebhooksDeps, text: string): Promise<AnyReply> {
  const query = new QueryReader(text, ['cursor', 'limit']);
  const limit = query.integer('limit', 1, MAX_ROWS) ?? 100;
  const cursor = query.text('cursor');
  if (query.errors.length > 0) return problem(422, 'invalid_value', query.errors[0]?.msg ?? '', { errors: query.errors });
  if (cursor !== undefined && !MPID.test(cursor)) return problem(422, 'cursor_invalid', 'cursor: is one that a page gave');
  const { items, next } = await webhooks.list(limit, cursor);
  return json(200, { items, cursor: next ?? null });
}
