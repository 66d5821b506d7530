/** Operator's routes about API keys and tokens: made, listed, revoked. A secret is shown once, in the answer that made it. */

import Type, { type Static, type TSchema } from 'typebox';
import { type Access, type ApiKeyRecord, SCOPES, type TokenRecord } from '../../actors/access/index.ts';
import { RateSchema } from '../../actors/access/records.ts';
import { RefusedError } from '../../actors/errors/error.ts';
import { json, type Route } from '../http/index.ts';
import { bodyReader } from './body.ts';
import { guardOps, type OpsGuardDeps, refuseOps } from './guard.ts';

export interface CredentialsDeps extends OpsGuardDeps {
  readonly access: Access;
  /** Own suppliers by MPID: a key for another would open nothing. */
  readonly suppliers: ReadonlyMap<string, string>;
  readonly maxBodyBytes: number;
}

const PRINTABLE = '^[^\\u0000-\\u001f\\u007f]*$';

const KeyBody = Type.Object(
  {
    mpids: Type.Array(Type.String({ pattern: '^[A-Z]{4}$' }), { minItems: 1, maxItems: 1_000 }),
    label: Type.Optional(Type.String({ maxLength: 100, pattern: PRINTABLE })),
    /** Requests per second, or that and a burst; absent: the gateway's default. */
    rate: Type.Optional(Type.Union([Type.Number({ exclusiveMinimum: 0, maximum: 10_000_000 }), RateSchema])),
  },
  { additionalProperties: false },
);

const TokenBody = Type.Object(
  {
    scopes: Type.Array(Type.Enum([...SCOPES]), { minItems: 1, maxItems: SCOPES.length }),
    owner: Type.String({ minLength: 1, maxLength: 100, pattern: PRINTABLE }),
    /** Epoch milliseconds; absent: until revoked. */
    expiresAt: Type.Optional(Type.Number({ minimum: 0, maximum: 8_640_000_000_000_000 })),
  },
  { additionalProperties: false },
);

/** Burst of a key whose rate was given as one number: as many seconds of it. */
const BURST_SECONDS = 4;

export function credentialsRoutes(deps: CredentialsDeps): readonly Route[] {
  const { access } = deps;
  const read = { method: 'GET', headers: ['authorization'], body: 'none', maxBytes: 0, refuse: refuseOps } as const;
  return [
    { ...read, path: '/ops/v1/keys', handle: guardOps(deps, 'ops:read', async () => json(200, { items: (await access.listKeys()).map(showKey) })) },
    { ...read, path: '/ops/v1/tokens', handle: guardOps(deps, 'ops:read', async () => json(200, { items: (await access.listTokens()).map(showToken) })) },
    write(deps, 'POST', '/ops/v1/keys', KeyBody, async (body, by) => {
      const rate = typeof body.rate === 'number' ? { perSecond: body.rate, burst: Math.max(1, body.rate * BURST_SECONDS) } : (body.rate ?? null);
      const foreign = body.mpids.find((mpid) => !deps.suppliers.has(mpid));
      if (foreign !== undefined) throw new RefusedError('invalid_value', `mpids: must be own suppliers: ${foreign}`);
      const { key, record } = await access.createKey({ mpids: body.mpids, label: body.label ?? '', rate, by });
      return json(201, { key, ...showKey(record) });
    }),
    write(deps, 'POST', '/ops/v1/tokens', TokenBody, async (body, by) => {
      const { token, record } = await access.createToken({ scopes: body.scopes, owner: body.owner, expiresAt: body.expiresAt ?? null, by });
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
  run: (body: Static<T>, by: string) => Promise<ReturnType<typeof json>>,
): Route {
  const read = bodyReader(schema);
  const handle = guardOps(deps, 'ops:write', (request, grant) => {
    const body = read(request);
    return body.refusal ?? run(body.value as Static<T>, grant.owner);
  });
  return { method, path, headers: ['authorization'], body: 'whole', maxBytes: deps.maxBodyBytes, refuse: refuseOps, handle };
}

/** Without the hash: it is of no use to anyone but the look-up. */
function showKey({ hash: _hash, ...shown }: ApiKeyRecord): object {
  return shown;
}

function showToken({ hash: _hash, ...shown }: TokenRecord): object {
  return shown;
}
