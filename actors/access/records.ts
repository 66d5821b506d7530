/** What is stored of API keys and tokens: documents without a machine, all under the routing key `directory`. */
import Type, { type Static } from 'typebox';
import type { ActorId } from '../../machines/common/effects.ts';

/** Routing key of everything that has none of its own (architecture, section 4). */
export const DIRECTORY_KEY = 'directory';

export const SCOPES = ['ops:read', 'ops:write', 'metrics', 'mts'] as const;
export type Scope = (typeof SCOPES)[number];

/** Scopes as people are shown them. */
export const SCOPE_NAMES: Readonly<Record<Scope, string>> = { mts: 'MTS Actions API', 'ops:read': 'ops:read', 'ops:write': 'ops:write', metrics: 'metrics' };

const Mpid = Type.String({ pattern: '^[A-Z]{4}$' });
const Label = Type.String({ maxLength: 100, pattern: '^[^\\u0000-\\u001f\\u007f]*$' });
const Hash = Type.String({ pattern: '^[0-9a-f]{64}$' });

/** Requests per second, and how many at once after a pause. */
export const RateSchema = Type.Object(
  { perSecond: Type.Number({ exclusiveMinimum: 0, maximum: 10_000_000 }), burst: Type.Number({ minimum: 1, maximum: 100_000_000 }) },
  { additionalProperties: false },
);
export type Rate = Static<typeof RateSchema>;

export const ApiKeyRecordSchema = Type.Object(
  {
    /** First twelve digits of the hash: enough to name the key, nothing to use it by. */
    id: Type.String({ pattern: '^[0-9a-f]{12}$' }),
    hash: Hash,
    mpids: Type.Array(Mpid, { minItems: 1, maxItems: 1_000 }),
    label: Label,
    /** Null: the gateway's default. */
    rate: Type.Union([RateSchema, Type.Null()]),
    /** Null, or absent in older records: until revoked. */
    expiresAt: Type.Optional(Type.Union([Type.Number(), Type.Null()])),
    createdAt: Type.Number(),
    createdBy: Label,
    revokedAt: Type.Union([Type.Number(), Type.Null()]),
    lastUseAt: Type.Union([Type.Number(), Type.Null()]),
  },
  { additionalProperties: false },
);
export type ApiKeyRecord = Static<typeof ApiKeyRecordSchema>;

export const TokenRecordSchema = Type.Object(
  {
    id: Type.String({ pattern: '^[0-9a-f]{16}$' }),
    hash: Hash,
    scopes: Type.Array(Type.Enum([...SCOPES]), { minItems: 1, maxItems: SCOPES.length }),
    owner: Label,
    /** What people call it. */
    name: Type.Optional(Label),
    /** Null: until revoked. */
    expiresAt: Type.Union([Type.Number(), Type.Null()]),
    createdAt: Type.Number(),
    createdBy: Label,
    revokedAt: Type.Union([Type.Number(), Type.Null()]),
    lastUseAt: Type.Union([Type.Number(), Type.Null()]),
  },
  { additionalProperties: false },
);
export type TokenRecord = Static<typeof TokenRecordSchema>;

export const API_KEY_KIND = 'api-key';
export const TOKEN_KIND = 'token';

export function apiKeyActor(hash: string): ActorId {
  return `${API_KEY_KIND}:${hash}`;
}

export function tokenActor(hash: string): ActorId {
  return `${TOKEN_KIND}:${hash}`;
}
