/** What is stored of operators, sessions, sign-in links and their acts: documents without a machine, under the key `directory`. */
import Type, { type Static } from 'typebox';
import type { ActorId } from '../../machines/common/effects.ts';
import type { Scope } from '../access/records.ts';

export const ROLES = ['viewer', 'operator'] as const;
export type Role = (typeof ROLES)[number];

export const SCOPES_OF_ROLE: Readonly<Record<Role, readonly Scope[]>> = { viewer: ['ops:read'], operator: ['ops:read', 'ops:write'] };

/** Who signs in by a link of the data folder and has no record: nobody else may have this name. */
export const LOCAL_OPERATOR = 'local';

/** Lower case, so that two names never differ by case alone. */
export const OPERATOR_NAME = '^[a-z0-9][a-z0-9._@-]{0,63}$';

const Hash = Type.String({ pattern: '^[0-9a-f]{64}$' });
const Name = Type.String({ pattern: OPERATOR_NAME });
const Text = Type.String({ maxLength: 500, pattern: '^[^\\u0000-\\u001f\\u007f]*$' });
const Instant = Type.Number();
const Later = Type.Union([Type.Number(), Type.Null()]);

export const OperatorRecordSchema = Type.Object(
  {
    name: Name,
    role: Type.Enum([...ROLES]),
    /** See `password.ts`. */
    password: Type.String({ pattern: '^scrypt\\$' }),
    createdAt: Instant,
    createdBy: Text,
    changedAt: Instant,
    /** Null: may sign in. */
    disabledAt: Later,
    lastSignInAt: Later,
  },
  { additionalProperties: false },
);
export type OperatorRecord = Static<typeof OperatorRecordSchema>;

export const VIAS = ['password', 'link'] as const;

export const SessionRecordSchema = Type.Object(
  {
    /** First sixteen digits of the hash: enough to name it, nothing to use it by. */
    id: Type.String({ pattern: '^[0-9a-f]{16}$' }),
    hash: Hash,
    operator: Name,
    role: Type.Enum([...ROLES]),
    via: Type.Enum([...VIAS]),
    source: Type.String({ maxLength: 100 }),
    createdAt: Instant,
    /** Of its latest request, to within a minute. */
    seenAt: Instant,
    /** However much it is used. */
    endsAt: Instant,
    endedAt: Later,
  },
  { additionalProperties: false },
);
export type SessionRecord = Static<typeof SessionRecordSchema>;

export const LinkRecordSchema = Type.Object(
  {
    id: Type.String({ pattern: '^[0-9a-f]{16}$' }),
    hash: Hash,
    operator: Name,
    createdAt: Instant,
    createdBy: Text,
    endsAt: Instant,
    usedAt: Later,
  },
  { additionalProperties: false },
);
export type LinkRecord = Static<typeof LinkRecordSchema>;

/** `done`, `refused` (nothing changed), `failed` (it may have been done in part). */
export const OUTCOMES = ['done', 'refused', 'failed'] as const;
export type Outcome = (typeof OUTCOMES)[number];

export const AuditRecordSchema = Type.Object(
  {
    /** UUIDv7. */
    id: Type.String({ maxLength: 64, pattern: '^[0-9a-zA-Z-]+$' }),
    at: Instant,
    /** Owner label of the token, or `operator:NAME`. */
    who: Text,
    /** What proved it, and its id. */
    by: Type.Object({ kind: Type.Enum(['token', 'session', 'link', 'password']), id: Type.Union([Text, Type.Null()]) }, { additionalProperties: false }),
    /** `POST /ops/v1/actors/:id/park`. */
    what: Text,
    /** Upon what: the actor, the key, the operator. */
    subject: Type.Union([Text, Type.Null()]),
    /** The reason or note that was given. */
    why: Type.Union([Text, Type.Null()]),
    /** Source address. */
    from: Type.String({ maxLength: 100 }),
    /** Null: it was begun, and nobody wrote down how it ended. */
    outcome: Type.Union([Type.Enum([...OUTCOMES]), Type.Null()]),
    status: Type.Union([Type.Integer(), Type.Null()]),
    endedAt: Later,
  },
  { additionalProperties: false },
);
export type AuditRecord = Static<typeof AuditRecordSchema>;

export const OPERATOR_KIND = 'operator';
export const SESSION_KIND = 'session';
export const LINK_KIND = 'login-link';
export const AUDIT_KIND = 'audit';

export const operatorActor = (name: string): ActorId => `${OPERATOR_KIND}:${name}`;
export const sessionActor = (hash: string): ActorId => `${SESSION_KIND}:${hash}`;
export const linkActor = (hash: string): ActorId => `${LINK_KIND}:${hash}`;
export const auditActor = (id: string): ActorId => `${AUDIT_KIND}:${id}`;
