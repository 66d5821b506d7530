/** Commands that make, revoke and mark keys and tokens. Secrets never come here: only their hashes do. */
import type { Static, TSchema } from 'typebox';
import Type from 'typebox';
import { Compile } from 'typebox/compile';
import type { Handler, Turn } from '../engine/definition.ts';
import { RefusedError } from '../errors/error.ts';
import { noteChange } from './changes.ts';
import { API_KEY_KIND, type ApiKeyRecord, ApiKeyRecordSchema, apiKeyActor, TOKEN_KIND, type TokenRecord, TokenRecordSchema, tokenActor } from './records.ts';

const HashList = Type.Array(Type.String({ pattern: '^[0-9a-f]{64}$' }), { maxItems: 20_000 });
const RevokePayload = Type.Object({ hash: Type.String({ pattern: '^[0-9a-f]{64}$' }) });
const TouchPayload = Type.Object({ at: Type.Number(), keys: HashList, tokens: HashList });

const checkApiKey = checker('apiKey', Type.Omit(ApiKeyRecordSchema, ['createdAt', 'revokedAt', 'lastUseAt']));
const checkToken = checker('token', Type.Omit(TokenRecordSchema, ['createdAt', 'revokedAt', 'lastUseAt']));
const checkRevoke = checker('revoke', RevokePayload);
const checkTouch = checker('touch', TouchPayload);

export type NewApiKey = Omit<ApiKeyRecord, 'createdAt' | 'revokedAt' | 'lastUseAt'>;
export type NewToken = Omit<TokenRecord, 'createdAt' | 'revokedAt' | 'lastUseAt'>;

/** Handlers by command type; all run under the routing key `directory`. */
export function accessHandlers(): Readonly<Record<string, Handler>> {
  return {
    /** Payload `NewApiKey`; replies the record. */
    'access.createKey': async (turn, payload) => {
      const record: ApiKeyRecord = { ...checkApiKey(payload), createdAt: turn.at, revokedAt: null, lastUseAt: null };
      await putKey(turn, record);
      await noteChange(turn, record.hash);
      return record;
    },
    /** Payload `{hash}`; replies the record. Revoking twice is no error. */
    'access.revokeKey': async (turn, payload) => {
      const record = await readRecord<ApiKeyRecord>(turn, apiKeyActor(checkRevoke(payload).hash));
      const revoked: ApiKeyRecord = { ...record, revokedAt: record.revokedAt ?? turn.at };
      // First: where a commit may end in the middle, no node must go on believing.
      await noteChange(turn, revoked.hash);
      await putKey(turn, revoked);
      return revoked;
    },
    /** Payload `NewToken`; replies the record. */
    'access.createToken': async (turn, payload) => {
      const record: TokenRecord = { ...checkToken(payload), createdAt: turn.at, revokedAt: null, lastUseAt: null };
      await putToken(turn, record);
      await noteChange(turn, record.hash);
      return record;
    },
    /** Payload `{hash}`; replies the record. */
    'access.revokeToken': async (turn, payload) => {
      const record = await readRecord<TokenRecord>(turn, tokenActor(checkRevoke(payload).hash));
      const revoked: TokenRecord = { ...record, revokedAt: record.revokedAt ?? turn.at };
      // First: where a commit may end in the middle, no node must go on believing.
      await noteChange(turn, revoked.hash);
      await putToken(turn, revoked);
      return revoked;
    },
    /** Payload `{at, keys, tokens}`: hashes used since the last time. */
    'access.touch': async (turn, payload) => {
      const { at, keys, tokens } = checkTouch(payload);
      for (const hash of keys) {
        const doc = await turn.get(apiKeyActor(hash));
        if (doc) await putKey(turn, usedAt(doc.snapshot as ApiKeyRecord, at));
      }
      for (const hash of tokens) {
        const doc = await turn.get(tokenActor(hash));
        if (doc) await putToken(turn, usedAt(doc.snapshot as TokenRecord, at));
      }
      return null;
    },
  };
}

function putKey(turn: Turn, record: ApiKeyRecord): Promise<void> {
  return turn.put({ id: apiKeyActor(record.hash), kind: API_KEY_KIND, state: record.revokedAt === null ? 'active' : 'revoked', record });
}

function putToken(turn: Turn, record: TokenRecord): Promise<void> {
  return turn.put({ id: tokenActor(record.hash), kind: TOKEN_KIND, state: record.revokedAt === null ? 'active' : 'revoked', record });
}

/** Several nodes say when they last saw it: the latest holds. */
function usedAt<T extends ApiKeyRecord | TokenRecord>(record: T, at: number): T {
  return { ...record, lastUseAt: Math.max(record.lastUseAt ?? at, at) };
}

async function readRecord<T>(turn: Turn, id: `${string}:${string}`): Promise<T> {
  const doc = await turn.get(id);
  if (!doc) throw new RefusedError('no_such_credential', 'id: no such key or token');
  return doc.snapshot as T;
}

/** @throws RefusedError `invalid_value` naming the first member that breaks a rule. */
function checker<T extends TSchema>(what: string, schema: T): (payload: unknown) => Static<T> {
  const validator = Compile(schema);
  return (payload) => {
    if (validator.Check(payload)) return payload as Static<T>;
    const first = validator.Errors(payload)[0];
    throw new RefusedError('invalid_value', `${first?.instancePath.slice(1).replaceAll('/', '.') || what}: ${first?.message ?? 'is not valid'}`);
  };
}
