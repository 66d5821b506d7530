/** Commands that change operators, sessions, sign-in links and the audit trail. Secrets never come here: only their hashes do. */
import type { Static, TSchema } from 'typebox';
import Type from 'typebox';
import { Compile } from 'typebox/compile';
import { noteChange } from '../access/changes.ts';
import type { Handler, Turn } from '../engine/definition.ts';
import { RefusedError } from '../errors/error.ts';
import {
  AUDIT_KIND,
  type AuditRecord,
  AuditRecordSchema,
  auditActor,
  LINK_KIND,
  type LinkRecord,
  LinkRecordSchema,
  LOCAL_OPERATOR,
  linkActor,
  OPERATOR_KIND,
  type OperatorRecord,
  OperatorRecordSchema,
  OUTCOMES,
  operatorActor,
  ROLES,
  SESSION_KIND,
  type SessionRecord,
  SessionRecordSchema,
  sessionActor,
} from './records.ts';

const Hash = Type.String({ pattern: '^[0-9a-f]{64}$' });
const member = OperatorRecordSchema.properties;

const NewOperatorSchema = Type.Pick(OperatorRecordSchema, ['name', 'role', 'password', 'createdBy']);
const ChangeSchema = Type.Object({ name: member.name, role: Type.Optional(Type.Enum([...ROLES])), password: Type.Optional(member.password) });
const NameSchema = Type.Object({ name: member.name });
const NewSessionSchema = Type.Intersect([
  Type.Pick(SessionRecordSchema, ['id', 'hash', 'source', 'endsAt']),
  Type.Object({
    /** Most open ones of one operator. */
    most: Type.Integer({ minimum: 1 }),
    /** What proved it: the password hash that was checked, or the hash of a link. */
    proof: Type.Union([
      Type.Object({ kind: Type.Literal('password'), operator: member.name, password: member.password }),
      Type.Object({ kind: Type.Literal('link'), hash: Hash }),
    ]),
  }),
]);
const NewLinkSchema = Type.Pick(LinkRecordSchema, ['id', 'hash', 'operator', 'createdBy', 'endsAt']);
const HashesSchema = Type.Object({ hashes: Type.Array(Hash, { maxItems: 1_000 }) });
const SeenSchema = Type.Object({ seen: Type.Array(Type.Tuple([Hash, Type.Number()]), { maxItems: 10_000 }) });
const BeginSchema = Type.Omit(AuditRecordSchema, ['at', 'outcome', 'status', 'endedAt']);
const EndSchema = Type.Object({
  id: Type.String({ maxLength: 64 }),
  outcome: Type.Enum([...OUTCOMES]),
  status: Type.Union([Type.Integer(), Type.Null()]),
  subject: Type.Optional(Type.String({ maxLength: 500 })),
});

export type NewSession = Static<typeof NewSessionSchema>;
export type NewLink = Static<typeof NewLinkSchema>;

const checkNewOperator = checker(NewOperatorSchema);
const checkChange = checker(ChangeSchema);
const checkName = checker(NameSchema);
const checkNewSession = checker(NewSessionSchema);
const checkNewLink = checker(NewLinkSchema);
const checkHashes = checker(HashesSchema);
const checkSeen = checker(SeenSchema);
const checkBegin = checker(BeginSchema);
const checkEnd = checker(EndSchema);

/** Handlers by command type; all run under the routing key `directory`. Those that end sessions reply their hashes as `ended`. */
export function identityHandlers(): Readonly<Record<string, Handler>> {
  return {
    /** Payload name, role, password hash, createdBy; replies the record. One who was removed may come again. */
    'identity.addOperator': async (turn, payload) => {
      const given = checkNewOperator(payload);
      const before = await operatorOf(turn, given.name);
      if (given.name === LOCAL_OPERATOR || (before && before.disabledAt === null))
        throw new RefusedError('operator_exists', `name: there is an operator of that name: ${given.name}`);
      const record: OperatorRecord = { ...given, createdAt: turn.at, changedAt: turn.at, disabledAt: null, lastSignInAt: null };
      await putOperator(turn, record);
      return record;
    },
    /** Payload name, and role or password hash; replies `{record, ended}`. */
    'identity.changeOperator': async (turn, payload) => {
      const { name, role, password } = checkChange(payload);
      const before = await activeOperator(turn, name);
      // First: where a commit may end in the middle, nobody must go on with what he no longer has.
      const ended = await endAllOf(turn, name);
      const record: OperatorRecord = { ...before, role: role ?? before.role, password: password ?? before.password, changedAt: turn.at };
      await putOperator(turn, record);
      return { record, ended };
    },
    /** Payload `{name}`; replies `{record, ended}`. */
    'identity.removeOperator': async (turn, payload) => {
      const { name } = checkName(payload);
      const before = await activeOperator(turn, name);
      const ended = await endAllOf(turn, name);
      const record: OperatorRecord = { ...before, disabledAt: turn.at, changedAt: turn.at };
      await putOperator(turn, record);
      return { record, ended };
    },
    /** Payload `NewSession`; replies `{record, ended}`, or null when the proof no longer holds. */
    'identity.openSession': async (turn, payload) => {
      const { proof, most, ...given } = checkNewSession(payload);
      const who = proof.kind === 'link' ? await useLink(turn, proof.hash) : await byPassword(turn, proof.operator, proof.password);
      if (!who) return null;
      const ended = await endOldest(turn, who.name, most - 1);
      const times = { createdAt: turn.at, seenAt: turn.at, endedAt: null };
      const record: SessionRecord = { ...given, operator: who.name, role: who.role, via: proof.kind, ...times };
      await putSession(turn, record);
      return { record, ended };
    },
    /** Payload `{hashes}`; replies `{ended}`: those that were open. */
    'identity.endSessions': async (turn, payload) => {
      const ended: string[] = [];
      for (const hash of checkHashes(payload).hashes) {
        const record = await sessionOf(turn, hash);
        if (record && (await endSession(turn, record))) ended.push(hash);
      }
      return { ended };
    },
    /** Payload `{seen: [hash, instant][]}`. */
    'identity.seen': async (turn, payload) => {
      for (const [hash, at] of checkSeen(payload).seen) {
        const record = await sessionOf(turn, hash);
        if (record && record.endedAt === null && record.seenAt < at) await putSession(turn, { ...record, seenAt: at });
      }
      return null;
    },
    /** Payload `NewLink`; replies the record. */
    'identity.createLink': async (turn, payload) => {
      const given = checkNewLink(payload);
      if (given.operator !== LOCAL_OPERATOR) await activeOperator(turn, given.operator);
      const record: LinkRecord = { ...given, createdAt: turn.at, usedAt: null };
      await putLink(turn, record);
      return record;
    },
    'audit.begin': async (turn, payload) => {
      await putAudit(turn, { ...checkBegin(payload), at: turn.at, outcome: null, status: null, endedAt: null });
      return null;
    },
    'audit.end': async (turn, payload) => {
      const { id, subject, ...ending } = checkEnd(payload);
      const record = (await turn.get(auditActor(id)))?.snapshot as AuditRecord | undefined;
      if (record && record.outcome === null) await putAudit(turn, { ...record, ...ending, subject: subject ?? record.subject, endedAt: turn.at });
      return null;
    },
  };
}

type Who = Pick<OperatorRecord, 'name' | 'role'>;

/** Good once, and only while it is. */
async function useLink(turn: Turn, hash: string): Promise<Who | undefined> {
  const link = (await turn.get(linkActor(hash)))?.snapshot as LinkRecord | undefined;
  if (!link || link.usedAt !== null || link.endsAt <= turn.at) return undefined;
  await putLink(turn, { ...link, usedAt: turn.at });
  if (link.operator === LOCAL_OPERATOR) return { name: LOCAL_OPERATOR, role: 'operator' };
  const record = await operatorOf(turn, link.operator);
  return record?.disabledAt === null ? signedIn(turn, record) : undefined;
}

/** The password was checked before this turn: it must still be that one. */
async function byPassword(turn: Turn, name: string, password: string): Promise<Who | undefined> {
  const record = await operatorOf(turn, name);
  return record?.disabledAt === null && record.password === password ? signedIn(turn, record) : undefined;
}

async function signedIn(turn: Turn, record: OperatorRecord): Promise<Who> {
  await putOperator(turn, { ...record, lastSignInAt: turn.at });
  return record;
}

async function openOf(turn: Turn, name: string): Promise<readonly SessionRecord[]> {
  const docs = await turn.find('about', operatorActor(name));
  return docs.filter((doc) => doc.kind === SESSION_KIND && doc.state === 'open').map((doc) => doc.snapshot as SessionRecord);
}

async function endAllOf(turn: Turn, name: string): Promise<readonly string[]> {
  const open = await openOf(turn, name);
  for (const record of open) await endSession(turn, record);
  return open.map(({ hash }) => hash);
}

/** So many may stay; those that are over by themselves count as gone. */
async function endOldest(turn: Turn, name: string, stay: number): Promise<readonly string[]> {
  const open = [...(await openOf(turn, name))].filter((record) => record.endsAt > turn.at).sort((a, b) => b.createdAt - a.createdAt);
  for (const record of open.slice(stay)) await endSession(turn, record);
  return open.slice(stay).map(({ hash }) => hash);
}

async function endSession(turn: Turn, record: SessionRecord): Promise<boolean> {
  if (record.endedAt !== null) return false;
  await noteChange(turn, record.hash);
  await putSession(turn, { ...record, endedAt: turn.at });
  return true;
}

async function operatorOf(turn: Turn, name: string): Promise<OperatorRecord | undefined> {
  return (await turn.get(operatorActor(name)))?.snapshot as OperatorRecord | undefined;
}

async function sessionOf(turn: Turn, hash: string): Promise<SessionRecord | undefined> {
  return (await turn.get(sessionActor(hash)))?.snapshot as SessionRecord | undefined;
}

async function activeOperator(turn: Turn, name: string): Promise<OperatorRecord> {
  const record = await operatorOf(turn, name);
  if (record?.disabledAt !== null) throw new RefusedError('no_such_operator', `name: no such operator: ${name}`);
  return record;
}

function putOperator(turn: Turn, record: OperatorRecord): Promise<void> {
  return turn.put({ id: operatorActor(record.name), kind: OPERATOR_KIND, state: record.disabledAt === null ? 'active' : 'removed', record });
}

/** Only an open one is found by its operator: the rest is history. */
function putSession(turn: Turn, record: SessionRecord): Promise<void> {
  const isOpen = record.endedAt === null;
  const indexes = isOpen ? { about: [operatorActor(record.operator)] } : {};
  return turn.put({ id: sessionActor(record.hash), kind: SESSION_KIND, state: isOpen ? 'open' : 'ended', indexes, record });
}

function putLink(turn: Turn, record: LinkRecord): Promise<void> {
  return turn.put({ id: linkActor(record.hash), kind: LINK_KIND, state: record.usedAt === null ? 'open' : 'used', record });
}

function putAudit(turn: Turn, record: AuditRecord): Promise<void> {
  return turn.put({ id: auditActor(record.id), kind: AUDIT_KIND, state: 'kept', record });
}

/** @throws RefusedError `invalid_value` naming the first member that breaks a rule */
function checker<T extends TSchema>(schema: T): (payload: unknown) => Static<T> {
  const validator = Compile(schema);
  return (payload) => {
    if (validator.Check(payload)) return payload as Static<T>;
    const first = validator.Errors(payload)[0];
    throw new RefusedError('invalid_value', `${first?.instancePath.slice(1).replaceAll('/', '.') || 'payload'}: ${first?.message ?? 'is not valid'}`);
  };
}
