/** Waits until the cluster has settled, and gathers what is to be judged, from everybody who knows something. */
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { MongoClient } from 'mongodb';
import { Default } from 'typebox/value';
import { openMongoStore } from '../../actors/store/mongodb/index.ts';
import { MongodbOptionsSchema } from '../../actors/store/options.ts';
import type { ActorDoc, Store } from '../../actors/store/store.ts';
import type { ActorId } from '../../machines/common/effects.ts';
import { Api } from './api.ts';
import type { Client } from './client.ts';
import type {
  ActionSeen,
  AlertSeen,
  CommitSeen,
  DocumentSeen,
  DtnSeen,
  EventOwed,
  Evidence,
  FlowSeen,
  LeftBehind,
  MeterSeen,
  RequestSeen,
} from './evidence.ts';
import { ENGINES } from './faults.ts';
import type { Listener } from './listener.ts';
import { logLines } from './log-lines.ts';
import type { Credentials } from './seed.ts';
import type { World } from './world.ts';

export interface Sources {
  readonly world: World;
  readonly client: Client;
  readonly listener: Listener;
  readonly api: Api;
  readonly credentials: Credentials;
  /** Wall-clock instant of the beginning. */
  readonly beganAt: number;
  /** What the performer could not explain. */
  readonly wrong: readonly string[];
}

const LOOK_MS = 500;
const PAGE = 500;
const ASKED_AGAIN = 100;
const AT_ONCE = 8;
/** A reminder may be late by a scan. */
const REMINDER_LATE_MS = 5_000;
const PATIENCE_MS = 30_000;

/** @param settleMs longest wait for everything to come to rest */
export async function collect(sources: Sources, settleMs: number, say: (text: string) => void): Promise<Evidence> {
  const missing: string[] = [];
  const { world, client, listener } = sources;
  const had = async <T>(what: string, otherwise: T, ask: () => Promise<T>): Promise<T> => {
    try {
      return await ask();
    } catch (error) {
      missing.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
      return otherwise;
    }
  };
  const options = Default(MongodbOptionsSchema, { url: world.store.url, database: world.database }) as Parameters<typeof openMongoStore>[0];
  const store = await openMongoStore(options);
  const mongo = new MongoClient(world.store.url, { serverSelectionTimeoutMS: 10_000 });
  try {
    const began = performance.now();
    const waits = await settle(sources, store, mongo, settleMs);
    say(waits === undefined ? `settled after ${Math.round(performance.now() - began)} ms` : `not settled after ${settleMs} ms: ${waits}`);
    const appointments = await client.askAgain(ASKED_AGAIN);
    const lost = await listener.drain();
    if (lost !== undefined) missing.push(lost);
    const commits = commitsOf(world);
    const docs = await had('documents', [], () => documents(store, commits));
    return {
      appointments,
      actions: client.actions,
      cancels: client.cancels,
      sightings: client.sightings,
      refused: client.refused,
      unanswered: client.unanswered,
      requests: await had('requests', [], () => requestsOf(sources)),
      actionsSeen: await had('actions', [], () => actionsOf(sources)),
      surs: await had('references', { count: 0, differentBytes: [] }, () => control<Evidence['surs']>(world.market.controlUrl, '/sim/surs')),
      flows: await had('flows', [], () => flowsOf(world)),
      dtn: await had('D0151', { files: 0, refused: 0, repeated: 0, conflicts: [], lines: [] }, () => dtnOf(world)),
      writes: await had('writes', [], async () => (await control<{ records: Evidence['writes'] }>(world.meters.controlUrl, '/sim/records')).records),
      meters: await had('meters', [], () => metersOf(world)),
      events: listener.events,
      owedEvents: await had('history', [], () => owedEvents(store, sources.beganAt)),
      commits,
      documents: docs.map(({ id, version, epoch, commitId }): DocumentSeen => ({ actor: id, version, epoch, commitId })),
      left: await had('what is left', EMPTY_LEFT, () => leftBehind(sources, store, mongo, docs)),
      alerts: await had('alerts', [], () => alertsOf(store)),
      log: ENGINES.flatMap((engine) => logLines(engine, world.engines[engine].log)),
      ends: [...world.ends, ...sources.wrong.map((how) => ({ process: 'performer', how }))],
      missing,
    };
  } finally {
    await store.close();
    await mongo.close();
  }
}

const EMPTY_LEFT: LeftBehind = { outbox: [], reminders: [], unwell: [], undelivered: [], quarantined: [], parked: [] };

/** Polls until nothing is under way. @returns what it still waits for, undefined when all is at rest */
async function settle(sources: Sources, store: Store, mongo: MongoClient, settleMs: number): Promise<string | undefined> {
  const end = performance.now() + settleMs;
  for (;;) {
    const waits = await unsettled(sources, store, mongo).catch((error: unknown) => String(error));
    if (waits === undefined || performance.now() > end) return waits;
    await pause(LOOK_MS);
  }
}

async function unsettled(sources: Sources, store: Store, mongo: MongoClient): Promise<string | undefined> {
  for (const { mpid } of sources.credentials.supplies) {
    const pending = await store.count({ index: 'mpidStatus', value: `${mpid}|Pending` });
    if (pending > 0) return `${pending} of ${mpid} are Pending`;
  }
  const actions = (await actionsOf(sources)).filter(({ result }) => result === 'PENDING');
  if (actions.length > 0) return `${actions.length} actions are pending`;
  const undone = await undoneEffects(mongo, sources.world.database);
  if (undone.length > 0) return `${undone.length} effects are undone, first ${undone[0]?.channel} ${undone[0]?.key}`;
  const late = await lateReminders(store);
  if (late.length > 0) return `${late.length} reminders are late, first ${late[0]?.actor} ${late[0]?.name}`;
  const undelivered = await undeliveredOf(sources.world);
  if (undelivered.length > 0) return `${undelivered.length} messages of the market are not delivered, first ${undelivered[0]}`;
  const unwell = await unwellOf(sources.world);
  return unwell.length > 0 ? unwell.map(({ engine, check, text }) => `${engine} ${check}: ${text}`).join('; ') : undefined;
}

async function requestsOf({ api, credentials }: Sources): Promise<readonly RequestSeen[]> {
  const found: RequestSeen[] = [];
  for (const { mpid, apiKey } of credentials.supplies) {
    for (let page = 1, more = true; more; page += 1) {
      const path = `/requests/v1/${mpid}?page=${page}&page_size=200&sort_direction=asc`;
      const { items, total } = (await insist(api, path, { 'x-api-key': apiKey })) as { items: readonly Entry[]; total: number };
      found.push(...items.map((entry) => toRequest(mpid, entry)));
      more = items.length > 0 && page * 200 < total;
    }
  }
  return found;
}

interface Entry {
  readonly metadata: {
    readonly request_id: string;
    readonly request_status: string;
    readonly mpan_core: number;
    readonly errors: readonly { readonly code: string }[];
  };
}

function toRequest(mpid: string, { metadata }: Entry): RequestSeen {
  const { request_id, request_status, mpan_core, errors } = metadata;
  return { mpid, mpan: String(mpan_core), requestId: request_id, status: request_status, errors: errors.map(({ code }) => code) };
}

async function actionsOf({ api, client, credentials }: Sources): Promise<readonly ActionSeen[]> {
  const left = client.actions.map(({ requestId }) => requestId);
  const found: ActionSeen[] = [];
  const work = async (): Promise<void> => {
    for (let id = left.pop(); id !== undefined; id = left.pop()) {
      const seen = (await insist(api, `/MTS/action-status?requestId=${id}`, { authorization: `Bearer ${credentials.mtsToken}` }, 404)) as { result?: string };
      found.push({ requestId: id, result: seen.result ?? '' });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return found;
}

async function insist(api: Api, path: string, headers: Readonly<Record<string, string>>, alsoGood = 200): Promise<unknown> {
  const end = performance.now() + PATIENCE_MS;
  const found = await api.insist(path, { headers }, () => performance.now() > end);
  if (found?.answer.status === 200 || found?.answer.status === alsoGood) return found.answer.json;
  throw new Error(`${path}: ${found?.answer.status ?? 'no answer'} ${found?.answer.text.slice(0, 200) ?? ''}`);
}

async function control<T>(base: string, path: string): Promise<T> {
  const answer = await fetch(`${base}${path}`, { signal: AbortSignal.timeout(PATIENCE_MS) });
  return (await answer.json()) as T;
}

interface Flow {
  readonly mpan: string;
  readonly rule: { readonly name?: string } | null;
  readonly messages: readonly { readonly channel: string; readonly state: string; readonly attempts: number; readonly lastAnswer: string | null }[];
}

async function marketFlows(world: World): Promise<readonly Flow[]> {
  return (await control<{ flows: readonly Flow[] }>(world.market.controlUrl, '/sim/flows?limit=10000')).flows;
}

async function undeliveredOf(world: World): Promise<readonly string[]> {
  return (await marketFlows(world)).flatMap(({ mpan, messages }) =>
    messages
      .filter(({ state }) => state !== 'delivered')
      .map(({ channel, state, attempts, lastAnswer }) => `${channel} of ${mpan}: ${state}, ${attempts} attempts, last ${lastAnswer ?? 'unanswered'}`),
  );
}

async function flowsOf(world: World): Promise<readonly FlowSeen[]> {
  const flows = await marketFlows(world);
  return flows.map(({ mpan, rule }) => ({ mpan, becomes: rule?.name ?? 'Success' }));
}

async function dtnOf(world: World): Promise<DtnSeen> {
  const { files, refused, repeated, conflicts, lines } = await control<DtnSeen>(world.market.controlUrl, '/sim/dtn');
  return { files, refused, repeated, conflicts, lines };
}

async function metersOf(world: World): Promise<readonly MeterSeen[]> {
  const { meters } = await control<{ meters: readonly { serialNumber: string; offset: number }[] }>(world.meters.controlUrl, '/sim/meters');
  return meters.map(({ serialNumber, offset }) => ({ serialNumber, offsetSeconds: offset }));
}

function commitsOf({ engines }: World): readonly CommitSeen[] {
  const all: CommitSeen[] = [];
  const removed = new Set<string>();
  for (const engine of ENGINES) {
    for (const line of linesOf(engines[engine].commitsFile)) {
      const commit = JSON.parse(line) as Omit<CommitSeen, 'engine'> & { readonly removed?: true };
      all.push({ engine, ...commit });
      if (commit.removed) removed.add(commit.actor);
    }
  }
  // Whoever is removed may be made again, and begins at 1.
  return all.filter(({ actor }) => !removed.has(actor));
}

/** Whole lines: the last one is torn where the process was killed in the middle of it. */
function linesOf(file: string): readonly string[] {
  return readFileSync(file, 'utf8').split('\n').slice(0, -1);
}

async function documents(store: Store, commits: readonly CommitSeen[]): Promise<readonly ActorDoc[]> {
  const ids = [...new Set(commits.map(({ actor }) => actor as ActorId))];
  const found: ActorDoc[] = [];
  for (let from = 0; from < ids.length; from += PAGE) found.push(...(await store.get(ids.slice(from, from + PAGE))).filter((doc) => doc !== undefined));
  return found;
}

async function owedEvents(store: Store, from: number): Promise<readonly EventOwed[]> {
  const owed: EventOwed[] = [];
  // A clock that was ahead stamped what it did ahead; one that was behind, behind.
  const margin = 10 * 60_000;
  let cursor: string | undefined;
  do {
    const page = await store.announced({ from: from - margin, to: Date.now() + margin, limit: PAGE, ...(cursor === undefined ? {} : { cursor }) });
    for (const { actor, entry } of page.items) for (let n = 0; n < (entry.said?.length ?? 0); n += 1) owed.push({ actor, version: entry.version, n });
    cursor = page.cursor;
  } while (cursor !== undefined);
  return owed;
}

async function undoneEffects(mongo: MongoClient, database: string): Promise<LeftBehind['outbox']> {
  interface Owing {
    readonly _id: string;
    readonly u?: readonly { readonly k: string; readonly c: string; readonly t: number }[];
  }
  const owing = await mongo
    .db(database)
    .collection<Owing>('actors')
    .find({ ut: { $exists: true } }, { projection: { u: 1 }, limit: PAGE })
    .toArray();
  return owing.flatMap(({ _id, u = [] }) => u.map(({ k, c, t }) => ({ channel: c, key: `${_id}/${k}`, ageMs: Date.now() - t })));
}

async function lateReminders(store: Store): Promise<LeftBehind['reminders']> {
  const now = Date.now();
  const shards = Array.from({ length: 4_096 }, (_, shard) => shard);
  const query = { shards, until: now - REMINDER_LATE_MS, limit: 100 };
  const due = [...(await store.due(query)), ...(await store.due({ ...query, gate: 'dip' }))];
  return due.map(({ actor, name, fireAt }) => ({ actor, name, lateMs: now - fireAt }));
}

async function unwellOf({ engines, caFile }: World): Promise<LeftBehind['unwell']> {
  const all = ENGINES.map(async (engine) => {
    const api = new Api(`https://127.0.0.1:${engines[engine].port}`, caFile);
    try {
      const { json, text } = await api.call('/health/ready');
      const { checks, status } = json as { status: string; checks?: Readonly<Record<string, { status: string; text: string }>> };
      if (status === 'ok') return [];
      const bad = Object.entries(checks ?? {}).filter(([, check]) => check.status !== 'ok');
      return bad.length > 0 ? bad.map(([check, { text: says }]) => ({ engine, check, text: says })) : [{ engine, check: 'ready', text }];
    } catch (error) {
      return [{ engine, check: 'ready', text: String(error) }];
    } finally {
      await api.close();
    }
  });
  return (await Promise.all(all)).flat();
}

async function leftBehind(sources: Sources, store: Store, mongo: MongoClient, docs: readonly ActorDoc[]): Promise<LeftBehind> {
  const { items } = (await insist(sources.api, '/ops/v1/quarantine?limit=500', { authorization: `Bearer ${sources.credentials.opsToken}` })) as {
    items: readonly unknown[];
  };
  return {
    outbox: await undoneEffects(mongo, sources.world.database),
    reminders: await lateReminders(store),
    unwell: await unwellOf(sources.world),
    undelivered: await undeliveredOf(sources.world),
    quarantined: items.map((item) => JSON.stringify(item).slice(0, 500)),
    parked: docs.flatMap(({ id, parked }) => (parked ? [`${id}: ${parked.reason}`] : [])),
  };
}

async function alertsOf(store: Store): Promise<readonly AlertSeen[]> {
  const { items } = await store.page({ index: 'state', value: 'alert|raised', limit: PAGE });
  return items.map(({ id, snapshot }) => {
    const { code, about, text } = contextOf(snapshot);
    return { code: code ?? id, about: about ?? '', text: text ?? '' };
  });
}

function contextOf(snapshot: unknown): { readonly code?: string; readonly about?: string; readonly text?: string } {
  const { context } = (snapshot ?? {}) as { context?: object };
  return context ?? (snapshot as object) ?? {};
}
