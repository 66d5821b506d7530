/**
 * Crowds: actors that share keys and are told many things at once, so that one turn changes several of them, on a store that may apply
 * only a part of a turn's group. Each key is cut at a place of its own, all is opened again, callers say again what nobody has
 * confirmed; after some lives everything is let come to rest and must be as if nothing had ever been cut.
 */
import { createAlertDefinition } from '../../../actors/alert/index.ts';
import type { Command } from '../../../actors/engine/definition.ts';
import { MemoryDisk, openMemoryStore } from '../../../actors/store/memory/memory-store.ts';
import type { ActorDoc, Store } from '../../../actors/store/store.ts';
import type { ActorId } from '../../../machines/common/effects.ts';
import { TestChannel, type ToyWorld, toyWorld } from '../engine.ts';
import { FakeClock } from '../fake-clock.ts';
import { toyContext } from '../toy.ts';
import { newTally, type OpByOpTally, opByOp } from './op-by-op.ts';
import { quiet as untilQuiet } from './run.ts';

export interface CrowdReport {
  readonly faults: readonly string[];
  readonly tally: OpByOpTally;
  readonly wishes: number;
}

/** What a caller wants, and says again until it is confirmed. */
interface Wish {
  readonly command: Omit<Command, 'key'>;
  readonly key: string;
  /** Amounts that must be counted once. */
  readonly adds: readonly { readonly to: ActorId; readonly amount: number }[];
  readonly sends?: { readonly by: ActorId; readonly name: string };
  readonly wakes?: { readonly who: ActorId; readonly name: string };
  confirmed: boolean;
}

/** Opens the disk that its lives share; op by op above it. */
export type OpenDisk = () => Promise<Store>;

const TOYS = ['a', 'b', 'c'] as const;
const LIVES = 4;
const WISHES = 7;
/** A turn of several messages passes about as many places. */
const PLACES = 24;
const REST_MS = 5_000;
const RESTS = 6;
const SHARDS = 4;
const CHANNELS = ['out', 'events', 'tell'] as const;
const LIMIT = 1_000;

export function memoryDisk(): OpenDisk {
  const disk = new MemoryDisk();
  return async () => openMemoryStore({ disk });
}

/** @param random gives the same crowd for the same numbers */
export async function liveAsCrowd(random: () => number, keys: number, open: OpenDisk = memoryDisk()): Promise<CrowdReport> {
  const tally = newTally();
  const quiet = (engine: ToyWorld['engine']): Promise<void> =>
    untilQuiet({
      get activity() {
        return engine.activity;
      },
      get committing() {
        return engine.committing || tally.underWay > 0;
      },
    });
  const clock = new FakeClock();
  const out = new TestChannel('out', 'none', ({ name }) => ({ kind: 'done', event: { type: 'sent', name } }));
  const events = new TestChannel('events', 'actor');
  const wishes: Wish[] = [];
  const names = Array.from({ length: keys }, (_, i) => `k${i}`);

  const live = async (cutAt: ReadonlyMap<string, number>, wanted: readonly Wish[]): Promise<{ readonly world: ToyWorld; readonly store: Store }> => {
    const passes = new Map<string, number>();
    const crash = (_point: string, key: string): 'go' | 'stop' => {
      const cut = cutAt.get(key);
      if (cut === undefined) return 'go';
      const passed = passes.get(key) ?? 0;
      if (passed >= cut) return 'stop';
      passes.set(key, passed + 1);
      return 'go';
    };
    const store = opByOp(await open(), (key) => crash('between-ops', key), tally);
    const world = openCrowd(store, clock, out, events, crash);
    for (const wish of shuffled(wanted, random)) {
      void world.engine.command({ ...wish.command, key: wish.key }).then(
        () => {
          wish.confirmed = true;
        },
        () => {},
      );
      if (random() < 0.1) await quiet(world.engine);
    }
    await quiet(world.engine);
    return { world, store };
  };

  for (let life = 0; life < LIVES; life++) {
    for (const key of names) for (let n = 0; n < WISHES; n++) wishes.push(makeWish(random, key, names, wishes.length, clock.now()));
    const cuts = new Map(names.map((key) => [key, Math.floor(random() * PLACES)]));
    const { world, store } = await live(
      cuts,
      wishes.filter(({ confirmed }) => !confirmed),
    );
    world.engine.abandon();
    await store.close();
    await clock.advance(REST_MS);
  }
  const { world, store } = await live(
    new Map(),
    wishes.filter(({ confirmed }) => !confirmed),
  );
  for (const key of names) for (const toy of TOYS) await unpark(world, key, toyOf(key, toy));
  for (let rest = 0; rest < RESTS; rest++) {
    await quiet(world.engine);
    await clock.advance(REST_MS);
  }
  await quiet(world.engine);
  const faults = await faultsOf(store, wishes, names, out, events);
  world.engine.abandon();
  await store.close();
  return { faults, tally, wishes: wishes.length };
}

function openCrowd(store: Store, clock: FakeClock, out: TestChannel, events: TestChannel, crash: (point: string, key: string) => 'go' | 'stop'): ToyWorld {
  return toyWorld({
    store,
    clock,
    out,
    events,
    crash,
    engine: { shards: SHARDS, outboxMemory: 100_000 },
    definitions: [createAlertDefinition({ subjectPrefix: 'mw' })],
    handlers: {
      // To several actors of the key, each made if there is none yet.
      'crowd.tell': async (turn, payload) => {
        const { to, event, id } = payload as { to: ActorId[]; event: { type: string }; id: string };
        for (const one of to) {
          await turn.create({ id: one, kind: 'toy', input: { start: 0 } });
          await turn.apply(one, event, [id]);
        }
      },
    },
  });
}

const toyOf = (key: string, toy: string): ActorId => `toy:${key}-${toy}`;

function makeWish(random: () => number, key: string, keys: readonly string[], serial: number, now: number): Wish {
  const pick = <T>(all: readonly T[]): T => all[Math.floor(random() * all.length)] as T;
  const who = toyOf(key, pick(TOYS));
  const amount = serial + 1;
  const id = `w${serial}`;
  const base = { key, confirmed: false, adds: [] };
  const tell = (to: readonly ActorId[], event: object, origin: Command['origin'] = 'caller'): Wish['command'] => ({
    type: 'crowd.tell',
    payload: { to, event, id },
    origin,
    id,
  });
  const kind = random();
  if (kind < 0.3) {
    const to = random() < 0.5 ? TOYS.map((toy) => toyOf(key, toy)) : [who];
    return { ...base, command: tell(to, { type: 'add', amount }), adds: to.map((one) => ({ to: one, amount })) };
  }
  if (kind < 0.55) {
    const other = random() < 0.5 ? key : pick(keys);
    const to = toyOf(other, pick(TOYS));
    return { ...base, command: tell([who], { type: 'pass-on', to, key: other, amount }), adds: [{ to, amount }] };
  }
  if (kind < 0.65) return { ...base, command: tell([who], { type: 'send', name: id }), sends: { by: who, name: id } };
  if (kind < 0.75) return { ...base, command: tell([who], { type: 'say', words: [`${id}x`, `${id}y`, `${id}z`] }) };
  if (kind < 0.82) return { ...base, command: tell([who], { type: 'boom' }, 'durable') };
  if (kind < 0.88) return { ...base, command: tell([who], { type: 'wake-me', name: id, dueAt: now + 1_000 }), wakes: { who, name: id } };
  const operator = { payload: { actor: who, by: 'operator', reason: 'test' }, origin: 'caller', id } as const;
  return { ...base, command: { type: kind < 0.94 ? 'engine.park' : 'engine.unpark', ...operator } };
}

/** Order of what different callers want is nobody's; one key's are still mixed with all others. */
function shuffled<T>(all: readonly T[], random: () => number): T[] {
  return all
    .map((one) => ({ one, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ one }) => one);
}

async function unpark({ engine }: ToyWorld, key: string, actor: ActorId): Promise<void> {
  const command: Command = { key, type: 'engine.unpark', payload: { actor, by: 'operator', reason: 'rest' }, origin: 'caller', id: `rest:${actor}` };
  await engine.command(command).catch((error: unknown) => {
    if (!/not parked|does not exist/.test(String(error))) throw error;
  });
}

async function faultsOf(store: Store, wishes: readonly Wish[], keys: readonly string[], out: TestChannel, events: TestChannel): Promise<string[]> {
  const faults: string[] = [];
  const ids = keys.flatMap((key) => TOYS.map((toy) => toyOf(key, toy)));
  const docs = new Map((await store.get(ids)).flatMap((doc) => (doc ? [[doc.id, doc] as const] : [])));
  const isOperators = ({ command }: Wish): boolean => command.type.startsWith('engine.');
  for (const wish of wishes) if (!wish.confirmed && !isOperators(wish)) faults.push(`${wish.command.id}: never confirmed`);
  for (const id of ids) {
    const doc = docs.get(id);
    const expected = wishes.flatMap(({ adds }) => adds).reduce((sum, { to, amount }) => sum + (to === id ? amount : 0), 0);
    if (!doc && expected > 0) faults.push(`${id}: is lost`);
    if (doc) faults.push(...(await faultsOfToy(store, doc, expected, wishes, events)));
  }
  for (const { sends } of wishes) if (sends && !out.names.includes(sends.name)) faults.push(`${sends.name}: was never sent`);
  for (const channel of CHANNELS) {
    const { items } = await store.outbox({ channel, shards: Array.from({ length: SHARDS }, (_, i) => i), limit: LIMIT });
    faults.push(...items.map(({ key }) => `${channel}: undone: ${key}`));
  }
  return [...faults, ...(await faultsOfAlerts(store, wishes, docs))];
}

async function faultsOfToy(store: Store, doc: ActorDoc, expected: number, wishes: readonly Wish[], events: TestChannel): Promise<string[]> {
  const faults: string[] = [];
  const { total, seen } = toyContext(doc);
  if (total !== expected) faults.push(`${doc.id}: counts ${total} instead of ${expected}`);
  const sent = wishes.filter(({ sends }) => sends?.by === doc.id).length;
  if (seen.filter((what) => what === 'sent').length !== sent) faults.push(`${doc.id}: heard of its sends other than ${sent} times`);
  for (const { wakes } of wishes) {
    if (wakes?.who !== doc.id) continue;
    const woken = seen.filter((what) => what === `reminder:${wakes.name}`).length;
    if (woken !== 1) faults.push(`${doc.id}: was woken by ${wakes.name} ${woken} times`);
  }
  if (doc.parked || doc.held) faults.push(`${doc.id}: is parked still`);
  if (doc.owed.length > 0 || doc.reminders.length > 0) faults.push(`${doc.id}: owes something`);
  const said = (await store.history(doc.id)).reduce((sum, entry) => sum + (entry.said?.length ?? 0), 0);
  const heard = new Set(events.performed.filter(({ actor }) => actor === doc.id).map(({ key }) => key)).size;
  if (said !== heard) faults.push(`${doc.id}: said ${said}, heard were ${heard}`);
  return faults;
}

/** Every message that was put aside is told of, and so is every actor that was ever out of service: raised while it is, cleared now. */
async function faultsOfAlerts(store: Store, wishes: readonly Wish[], docs: ReadonlyMap<ActorId, ActorDoc>): Promise<string[]> {
  const faults: string[] = [];
  const stateOf = async (id: ActorId): Promise<string | undefined> => (await store.get([id]))[0]?.state;
  const aside = (await store.page({ index: 'kind', value: 'quarantine', limit: LIMIT })).items;
  const texts = aside.map(({ snapshot }) => JSON.stringify(snapshot));
  for (const { command } of wishes) {
    const { event, id } = command.payload as { event?: { type: string }; id?: string };
    if (event?.type === 'boom' && !texts.some((text) => text.includes(`"${id}"`))) faults.push(`${id}: is in quarantine nowhere`);
  }
  for (const { id } of aside) {
    const state = await stateOf(`alert:message_quarantined:${id}`);
    if (state !== 'raised') faults.push(`${id}: its alert is ${state}`);
  }
  for (const id of docs.keys()) {
    const wasParked = (await store.history(id)).some(({ event }) => event === 'park');
    const state = await stateOf(`alert:actor_parked:${id}`);
    if (state !== (wasParked ? 'cleared' : undefined)) faults.push(`${id}: ${wasParked ? 'was' : 'was never'} parked, its alert is ${state}`);
  }
  return faults;
}
