/** Operator's routes about API keys and tokens: made, listed, revoked. A secret is shown once, in the answer that made it. */

import Type, { type Static, type TSchema } from 'typebox';
import { type Access, type ApiKeyRecord, SCOPES, type TokenRecord } from '../../actors/access/index.ts';
import { RateSchema } from '../../actors/access/records.ts';
import { RefusedError } from '../../actors/errors/error.ts';
import { json, type Route } from '../http/index.ts';
import { bodyReader } from './body.ts';
import { guardOps, OPS_HEADERS, type OpsAct, type OpsGuardDeps, refuseOps } from './guard.ts';
import { onePage } from './one-page.ts';
import { Reason } from './reason.ts';

export interface CredentialsDeps extends OpsGuardDeps {
  readonly access: Access;
  /** Own suppliers by MPID: a key for another would open nothing. */
  readonly suppliers: ReadonlyMap<string, string>;
  readonly maxBodyBytes: number;
}

const PRINTABLE = '^[^\\u0000-\\u001f\\u007f]*$';
const Instant = Type.Number({ minimum: 0, maximum: 8_640_000_000_000_000 });

export const KeyBody = Type.Object(
  {
    mpids: Type.Array(Type.String({ pattern: '^[A-Z]{4}$' }), { minItems: 1, maxItems: 1_000 }),
    label: Type.Optional(Type.String({ maxLength: 100, pattern: PRINTABLE })),
    /** Epoch milliseconds; absent: until revoked. */
    expiresAt: Type.Optional(Instant),
    reason: Reason,
    /** Requests per second, or that and a burst; absent: the gateway's default. */
    rate: Type.Optional(Type.Union([Type.Number({ exclusiveMinimum: 0, maximum: 10_000_000 }), RateSchema])),
  },
  { additionalProperties: false },
);

export const TokenBody = Type.Object(
  {
    scopes: Type.Array(Type.Enum([...SCOPES]), { minItems: 1, maxItems: SCOPES.length }),
    owner: Type.String({ minLength: 1, maxLength: 100, pattern: PRINTABLE }),
    /** What people call it. */
    name: Type.Optional(Type.String({ maxLength: 100, pattern: PRINTABLE })),
    /** Epoch milliseconds; absent: until revoked. */
    expiresAt: Type.Optional(Instant),
    reason: Reason,
  },
  { additionalProperties: false },
);

/** Burst of a key whose rate was given as one number: as many seconds of it. */
const BURST_SECONDS = 4;

export function credentialsRoutes(deps: CredentialsDeps): readonly Route[] {
  const { access } = deps;
  const read = { method: 'GET', headers: OPS_HEADERS, body: 'none', maxBytes: 0, refuse: refuseOps } as const;
  return [
    {
      ...read,
      path: '/ops/v1/keys',
      handle: guardOps(deps, 'ops:read', (request) => onePage(request.query, (limit, cursor) => access.pageKeys(limit, cursor), showKey)),
    },
    {
      ...read,
      path: '/ops/v1/tokens',
      handle: guardOps(deps, 'ops:read', (request) => onePage(request.query, (limit, cursor) => access.pageTokens(limit, cursor), showToken)),
    },
    write(deps, 'POST', '/ops/v1/keys', KeyBody, async (body, by, act) => {
      const rate = typeof body.rate === 'number' ? { perSecond: body.rate, burst: Math.max(1, body.rate * BURST_SECONDS) } : (body.rate ?? null);
      const foreign = body.mpids.find((mpid) => !deps.suppliers.has(mpid));
      if (foreign !== undefined) throw new RefusedError('invalid_value', `mpids: must be own suppliers: ${foreign}`);
      const { key, record } = await access.createKey({ mpids: body.mpids, label: body.label ?? '', rate, expiresAt: body.expiresAt ?? null, by });
      act.about(`api-key:${record.id} of ${record.mpids.join(' ')}`);
      return json(201, { key, ...showKey(record) });
    }),
    write(deps, 'POST', '/ops/v1/tokens', TokenBody, async (body, by, act) => {
      const { token, record } = await access.createToken({
        scopes: body.scopes,
        owner: body.owner,
        ...(body.name === undefined ? {} : { name: body.name }),
        expiresAt: body.expiresAt ?? null,
        by,
      });
      act.about(`token:${record.id} of ${record.owner}, ${record.scopes.join(' ')}`);
      return json(201, { token, ...showToken(record) });
    }),
    {
      ...read,
      method: 'DELETE',
      path: '/ops/v1/keys/:id',
      handle: guardOps(deps, 'ops:write', async ({ params }) => json(200, showKey(await access.revokeKey(params[0] ?? '')))),
    },
    {
      ...read,
      method: 'DELETE',
      path: '/ops/v1/tokens/:id',
      handle: guardOps(deps, 'ops:write', async ({ params }) => json(200, showToken(await access.revokeToken(params[0] ?? '')))),
    },
  ];
}

function write<T extends TSchema>(
  deps: CredentialsDeps,
  method: 'POST',
  path: string,
  schema: T,
  run: (body: Static<T>, by: string, act: OpsAct) => Promise<ReturnType<typeof json>>,
): Route {
  const read = bodyReader(schema);
  const handle = guardOps(deps, 'ops:write', (request, grant, act) => {
    const body = read(request);
    return body.refusal ?? run(body.value as Static<T>, grant.owner, act);
  });
  return { method, path, headers: OPS_HEADERS, body: 'whole', maxBytes: deps.maxBodyBytes, refuse: refuseOps, handle };
}

/** Without the hash: it is of no use to anyone but the look-up. */
function showKey({ hash: _hash, ...shown }: ApiKeyRecord): object {
  return shown;
}

function showToken({ hash: _hash, ...shown }: TokenRecord): object {
  return shown;
}
