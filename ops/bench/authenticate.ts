/**
 * `authenticate`: how many keys and tokens are checked in a second. Hot: known in memory, against bare SHA-256 of the same octets. Cold:
 * each read from the store (LMDB, more records than are kept in memory, in no order), against the bare read of the same records.
 */
import { hash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { Access, type AccessOptions, AccessOptionsSchema, DIRECTORY_KEY } from '../../actors/access/index.ts';
import { API_KEY_KIND, apiKeyActor, TOKEN_KIND, tokenActor } from '../../actors/access/records.ts';
import { hashSecret, makeApiKey, makeToken, type SecretSource } from '../../actors/access/secret.ts';
import { shardOf } from '../../actors/engine/index.ts';
import { emptyDoc } from '../../actors/engine/step.ts';
import { type ActorDoc, openStore, type Store, type StoreOptions, StoreOptionsSchema } from '../../actors/store/index.ts';
import type { ActorId, Json } from '../../machines/common/effects.ts';
import { defaultsOf } from '../config/settings.ts';
import { realIds } from '../process/index.ts';
import { sink } from './measure.ts';
import { withFolder } from './process/folders.ts';
import { against, type Bench, quantile, type Reporter } from './report.ts';
import { benchPorts } from './world/engine.ts';

const COLD = Number(process.env.MW_BENCH_CREDENTIALS ?? 100_000);
/** Fewer than `access.cacheEntries`. */
const HOT = 1_000;
const GROUP = 1_000;
const SHARDS = 64;
const ROUNDS = 9;
const HOT_CALLS = 100_000;
/** Requests that come in with one look at the sockets. */
const AT_ONCE = 32;
const GOAL = { hot: 500_000, cold: 50_000 } as const;

const PEPPER = randomBytes(32).toString('hex');
const secrets: SecretSource = { bytes: (count) => randomBytes(count) };

interface Kind {
  readonly name: 'key' | 'token';
  readonly make: () => string;
  readonly actor: (digest: string) => ActorId;
  readonly doc: (text: string, now: number) => ActorDoc;
  readonly check: (access: Access, text: string) => unknown;
}

function docOf(id: ActorId, kind: string, now: number, record: Json): ActorDoc {
  const empty = emptyDoc(id, kind, DIRECTORY_KEY, shardOf(DIRECTORY_KEY, SHARDS), 1, now);
  return { ...empty, version: 1, commitId: realIds.uuid(), state: 'kept', snapshot: record };
}

const common = (now: number) => ({ expiresAt: now + 86_400_000, createdAt: now, createdBy: 'bench', revokedAt: null, lastUseAt: null });

const KINDS: readonly Kind[] = [
  {
    name: 'key',
    make: () => makeApiKey(secrets),
    actor: apiKeyActor,
    doc: (text, now) => {
      const digest = hashSecret(PEPPER, text);
      const record = { id: digest.slice(0, 12), hash: digest, mpids: ['SUPX'], label: 'bench', rate: null, ...common(now) };
      return docOf(apiKeyActor(digest), API_KEY_KIND, now, record);
    },
    check: (access, text) => access.authenticateKey(text),
  },
  {
    name: 'token',
    make: () => makeToken(secrets).token,
    actor: tokenActor,
    doc: (text, now) => {
      const digest = hashSecret(PEPPER, text);
      const record = { id: text.slice(4, 20), hash: digest, scopes: ['mts'], owner: 'bench', name: 'night run', ...common(now) };
      return docOf(tokenActor(digest), TOKEN_KIND, now, record);
    },
    check: (access, text) => access.authenticateToken(text),
  },
];

async function fill(store: Store, kind: Kind, texts: readonly string[]): Promise<void> {
  const now = Date.now();
  for (let from = 0; from < texts.length; from += GROUP) {
    await store.commit(texts.slice(from, from + GROUP).map((text) => [{ doc: kind.doc(text, now), expectedVersion: 0 }]));
  }
}

function accessTo(store: Store): Access {
  const command = (): Promise<never> => Promise.reject(new Error('authenticate: nothing is commanded'));
  return new Access(defaultsOf(AccessOptionsSchema) as AccessOptions, {
    engine: { command, store },
    clock: benchPorts.clock,
    ids: benchPorts.ids,
    log: benchPorts.log,
    secrets,
    pepper: PEPPER,
    defaultRate: { perSecond: 50, burst: 200 },
  });
}

/** Of all rounds the median, calls a second. */
const rateOf = (calls: number, tookMs: readonly number[]): number => calls / (quantile(tookMs, 0.5) / 1_000);

/** Turn by turn, so that a disturbance of the machine meets both. */
async function inTurn(one: () => unknown, other: () => unknown): Promise<readonly [readonly number[], readonly number[]]> {
  const took: [number[], number[]] = [[], []];
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [index, run] of [one, other].entries()) {
      const from = performance.now();
      await run();
      // The first is to warm up.
      if (round > 0) took[index]?.push(performance.now() - from);
    }
  }
  return took;
}

/** Every request's text is a string of its own, whose hash as a string nobody knows yet, as it comes from the wire. */
const asFromTheWire = (texts: readonly string[]): readonly Buffer[] => texts.map((text) => Buffer.from(text));

async function hot(access: Access, kind: Kind, texts: readonly string[], report: Reporter): Promise<void> {
  for (const text of texts) await kind.check(access, text);
  const wire = asFromTheWire(texts);
  const read = (call: number): string => wire[call % HOT]?.toString('latin1') ?? '';
  const checked = (): void => {
    for (let call = 0; call < HOT_CALLS; call++) sink.value = kind.check(access, read(call));
    if (sink.value === undefined || sink.value instanceof Promise) throw new Error(`authenticate: a ${kind.name} in memory is not known at once`);
  };
  const bare = (): void => {
    for (let call = 0; call < HOT_CALLS; call++) sink.value = hash('sha256', `${PEPPER}:${read(call)}`, 'hex');
  };
  const [ours, bares] = await inTurn(checked, bare);
  const rate = rateOf(HOT_CALLS, ours);
  const goal = `> ${GOAL.hot.toLocaleString('en')}`;
  report.line(against(`authenticate.${kind.name}`, rate, 'checks/s, known in memory', 'bare SHA-256', rateOf(HOT_CALLS, bares), goal, () => rate > GOAL.hot));
}

async function cold(store: Store, access: Access, kind: Kind, texts: readonly string[], report: Reporter): Promise<void> {
  const wire = asFromTheWire(texts);
  const ids = texts.map((text) => kind.actor(hashSecret(PEPPER, text)));
  const calls = Math.min(texts.length, HOT_CALLS);
  /** In no order; as long a way round as there are texts, so nothing is met again while it is in memory. */
  const step = 7_919;
  const batches = async (ask: (index: number) => unknown): Promise<void> => {
    for (let from = 0; from < calls; from += AT_ONCE) {
      const asked: unknown[] = [];
      for (let call = from; call < from + AT_ONCE; call++) asked.push(ask((call * step) % texts.length));
      for (const grant of await Promise.all(asked)) if (grant === undefined) throw new Error(`authenticate: a stored ${kind.name} is not known`);
    }
  };
  const [ours, bares] = await inTurn(
    () => batches((index) => kind.check(access, wire[index]?.toString('latin1') ?? '')),
    () => batches((index) => store.get([ids[index] ?? kind.actor('')])),
  );
  const rate = rateOf(calls, ours);
  const goal = `> ${GOAL.cold.toLocaleString('en')}`;
  const name = `authenticate.${kind.name}.cold`;
  report.line(against(name, rate, 'checks/s, from the store', 'bare reads of the store', rateOf(calls, bares), goal, () => rate > GOAL.cold));
}

async function run(report: Reporter): Promise<void> {
  await withFolder(async (folder) => {
    const store = await openStore(defaultsOf(StoreOptionsSchema) as StoreOptions, { directory: join(folder, 'store') });
    const access = accessTo(store);
    access.changes.start();
    try {
      for (const kind of KINDS) {
        const texts = Array.from({ length: COLD }, kind.make);
        await fill(store, kind, texts);
        await hot(access, kind, texts.slice(0, HOT), report);
        await cold(store, access, kind, texts, report);
      }
    } finally {
      access.stop();
      await store.close();
    }
  });
}

export const authenticate: Bench = { name: 'authenticate', about: 'checks of keys and tokens, known in memory and from the store', run };
