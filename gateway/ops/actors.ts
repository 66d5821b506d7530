/** Operator's routes about single actors and quarantined messages: why, park, unpark, nudge, redrive, resend, cancel. */
import Type from 'typebox';
import type { EngineFace } from '../../actors/engine/face.ts';
import type { Ids } from '../../actors/engine/ports.ts';
import type { ActorDoc } from '../../actors/store/store.ts';
import { ACTION_KIND, actionActor, contextOf } from '../../actors/time-update/index.ts';
import type { ActorId, Json } from '../../machines/common/effects.ts';
import { type AnyReply, json, pathText, problem, QueryReader, type Route } from '../http/index.ts';
import { requestIdFromText } from '../mts/index.ts';
import { bodyReader } from './body.ts';
import { guardOps, OPS_HEADERS, type OpsGuardDeps, refuseOps } from './guard.ts';
import { RequiredReason } from './reason.ts';
import { waitsFor } from './waits.ts';

export interface ActorsDeps extends OpsGuardDeps {
  readonly engine: EngineFace;
  readonly ids: Ids;
  readonly maxBodyBytes: number;
  /** What a meter action waits for, one line for each thing. */
  readonly whyAction?: (doc: ActorDoc) => readonly string[];
}

/** What an operator may have done to an actor, and the command that does it. */
const ACTIONS: Readonly<Record<string, string>> = {
  park: 'engine.park',
  unpark: 'engine.unpark',
  nudge: 'engine.nudge',
  cancel: 'operator.cancel',
  resend: 'operator.resend',
};

export const ReasonBody = Type.Object({ reason: RequiredReason }, { additionalProperties: false });
const HISTORY_ENTRIES = 200;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export function actorsRoutes(deps: ActorsDeps): readonly Route[] {
  const readReason = bodyReader(ReasonBody);
  const common = { headers: OPS_HEADERS, refuse: refuseOps } as const;
  const write = { ...common, method: 'POST', body: 'whole', maxBytes: deps.maxBodyBytes } as const;
  const actions = Object.entries(ACTIONS).map(
    ([action, type]): Route => ({
      ...write,
      path: `/ops/v1/actors/:id/${action}`,
      handle: guardOps(deps, 'ops:write', async (request, grant) => {
        const body = readReason(request);
        if (body.refusal) return body.refusal;
        const actor = await findActor(deps.engine, request.params[0] ?? '');
        if (!actor) return noSuchActor();
        const given = { actor: actor.id, by: grant.owner, reason: body.value.reason };
        const what = actor.kind === ACTION_KIND && action === 'cancel' ? cancelOfAction(actor, grant.owner) : { type, payload: given };
        const result = await deps.engine.command({ key: actor.key, ...what, origin: 'caller', id: deps.ids.uuid() });
        return json(200, { actor: actor.id, result: result ?? null });
      }),
    }),
  );
  return [
    {
      ...common,
      method: 'GET',
      path: '/ops/v1/actors/:id',
      body: 'none',
      maxBytes: 0,
      handle: guardOps(deps, 'ops:read', async (request) => {
        const actor = await findActor(deps.engine, request.params[0] ?? '');
        return actor ? why(deps, actor) : noSuchActor();
      }),
    },
    ...actions,
    {
      ...common,
      method: 'GET',
      path: '/ops/v1/quarantine',
      body: 'none',
      maxBytes: 0,
      handle: guardOps(deps, 'ops:read', (request) => listQuarantine(deps.engine, request.query)),
    },
    {
      ...write,
      path: '/ops/v1/quarantine/:id/redrive',
      handle: guardOps(deps, 'ops:write', async (request, grant) => {
        const body = readReason(request);
        if (body.refusal) return body.refusal;
        const text = pathText(request.params[0]);
        const id: ActorId = text.startsWith('quarantine:') ? (text as ActorId) : `quarantine:${text}`;
        const [doc] = await deps.engine.store.get([id]);
        if (doc?.kind !== 'quarantine') return problem(404, 'no_such_message', 'id: no such quarantined message');
        const payload = { id, by: grant.owner, reason: body.value.reason };
        const result = await deps.engine.command({ key: doc.key, type: 'engine.redrive', payload, origin: 'caller', id: deps.ids.uuid() });
        return json(200, { id, result: result ?? null });
      }),
    },
  ];
}

/** A meter action has a cancel of its own, which minds the session that runs. */
function cancelOfAction(doc: ActorDoc, by: string): { readonly type: string; readonly payload: object } {
  return { type: 'action.cancel', payload: { requestId: contextOf(doc).request.requestId, by } };
}

/** An actor by its id, percent-encoded or not; a bare request id names its process, a bare number its meter action. */
export async function findActor(engine: Pick<EngineFace, 'store'>, param: string): Promise<ActorDoc | undefined> {
  const text = pathText(param);
  if (text.length > 400) return undefined;
  if (text.includes(':')) return (await engine.store.get([text as ActorId]))[0];
  const action = requestIdFromText(text);
  if (action !== undefined) return (await engine.store.get([actionActor(action)]))[0];
  if (!UUID.test(text)) return undefined;
  const ids = await engine.store.find('requestId', text, 1);
  return ids[0] ? (await engine.store.get([ids[0]]))[0] : undefined;
}

/** State, what it waits for, what fires next, and the history: everything that `mw why` shows. */
async function why({ engine, whyAction }: ActorsDeps, doc: ActorDoc): Promise<AnyReply> {
  const inspection = await engine.inspect(doc.id);
  const history = await engine.store.history(doc.id);
  const now = inspection?.doc ?? doc;
  const reminders = [...now.reminders].sort((a, b) => (a.retryAt ?? a.dueAt) - (b.retryAt ?? b.dueAt));
  return json(200, {
    actor: now.id,
    kind: now.kind,
    key: now.key,
    shard: now.shard,
    version: now.version,
    state: now.state,
    since: now.since,
    reason: now.reason ?? null,
    waitsFor: now.kind === ACTION_KIND && whyAction ? whyAction(now).join('; ') || null : waitsFor(now.kind, now.state),
    createdAt: now.createdAt,
    changedAt: now.changedAt,
    parked: now.parked ?? null,
    held: now.held?.length ?? 0,
    queued: inspection?.queued ?? 0,
    reminders,
    owed: inspection?.owed ?? [],
    snapshot: SECRET_KINDS.has(now.kind) ? null : withoutSecrets(now.snapshot),
    history: history.slice(-HISTORY_ENTRIES),
  });
}

/** Members that hold a secret, sealed or not; they are left out wherever they stand. */
const SECRET_MEMBERS: ReadonlySet<string> = new Set(['sealedPassword', 'passwordMark', 'secrets']);

function withoutSecrets(snapshot: Json): Json {
  if (Array.isArray(snapshot)) return snapshot.map(withoutSecrets);
  if (typeof snapshot !== 'object' || snapshot === null) return snapshot;
  const shown = Object.entries(snapshot).filter(([name]) => !SECRET_MEMBERS.has(name));
  return Object.fromEntries(shown.map(([name, value]) => [name, value === undefined ? null : withoutSecrets(value)]));
}

/** Kinds whose record is not for showing. */
const SECRET_KINDS: ReadonlySet<string> = new Set(['api-key', 'token', 'operator', 'session', 'login-link']);

async function listQuarantine(engine: EngineFace, queryText: string): Promise<AnyReply> {
  const query = new QueryReader(queryText, ['state', 'cursor', 'limit']);
  const state = query.oneOf('state', ['held', 'redriven', 'discarded']) ?? 'held';
  const limit = query.integer('limit', 1, 500) ?? 100;
  const cursor = query.text('cursor');
  if (query.errors.length > 0) return problem(422, 'invalid_value', query.errors[0]?.msg ?? '', { errors: query.errors });
  const page = await engine.store.page({ index: 'state', value: `quarantine|${state}`, limit, ...(cursor === undefined ? {} : { cursor }) });
  const items = page.items.map((doc) => ({ actor: doc.id, state: doc.state, since: doc.since, ...(doc.snapshot as object) }));
  return json(200, { items, cursor: page.cursor ?? null });
}

export function noSuchActor(): AnyReply {
  return problem(404, 'no_such_actor', 'id: no such actor');
}

/** Percent-decoding that never throws. */
