/**
 * Runs many variants side by side on the real engine and a real store: paths in lockstep, then every variant's edge with its
 * crash, then a new engine on the same store, and the edge's message once more as its sender would say it again.
 */
import { setImmediate as turn } from 'node:timers/promises';
import { Value } from 'typebox/value';
import { Engine, type EngineOptions, EngineOptionsSchema, type Registry } from '../../../actors/engine/index.ts';
import type { Store } from '../../../actors/store/store.ts';
import type { ActorId } from '../../../machines/common/effects.ts';
import { testPorts } from '../engine.ts';
import { FakeClock } from '../fake-clock.ts';
import { outcomeName, type Sample } from './explore.ts';
import type { Between } from './op-by-op.ts';
import { Outside } from './script.ts';
import { translate, untranslate, type Variant } from './variant.ts';

export interface CrashWorld {
  readonly at: number;
  /** All domains; `crash.create` and `crash.apply` are added here. */
  registry(): Registry;
  /** A store on the same ground each time: opened, closed, opened again. */
  open(between?: Between): Promise<Store>;
  /** Actors whose end state is compared, by variant. */
  actors(variant: Variant): readonly ActorId[];
}

/** What one variant led to; equal texts are equal outcomes. */
export interface Outcome {
  readonly text: string;
  /** How many places to crash at the edge passed. */
  readonly passes: number;
}

export const CRASH_ENGINE: EngineOptions = {
  ...Value.Create(EngineOptionsSchema),
  shards: 1,
  maxQueued: 1_000_000,
  outboxMemory: 1_000_000,
  cacheEntries: 100_000,
  maxCommitGroups: 2_000,
};
const QUIET_TURNS = 12;
const SCRIPTED = Symbol('scripted');

/** How far a run came when its engine was dropped. */
export interface CutRun {
  /** Places to crash that the edge of each passed. */
  passes(variant: Variant): number;
  /** Their edge is what a channel answers: it repeats it by itself. */
  readonly scripted: ReadonlySet<Variant>;
  /** What a command was refused with, which none should be. */
  readonly faults: readonly unknown[];
}

/** Paths in lockstep, then the edges, each to its crash; then the engine is dropped and the store closed. */
export async function cutVariants(world: CrashWorld, variants: readonly Variant[], outside: Outside, clock: FakeClock): Promise<CutRun> {
  const byKey = new Map<string, Tally>();
  for (const variant of variants) {
    const tally: Tally = { armed: false, passes: 0, dead: false, variant };
    for (const key of keysOf(variant)) byKey.set(key, tally);
  }
  const crash = (_point: string, key: string): 'go' | 'stop' => {
    const tally = byKey.get(key);
    if (!tally?.armed) return 'go';
    if (!tally.dead && tally.passes === tally.variant.crashAt) tally.dead = true;
    if (tally.dead) return 'stop';
    tally.passes++;
    return 'go';
  };
  const store = await world.open((key) => crash('between-ops', key));
  const engine = start(world, store, outside, clock, crash);
  const longest = Math.max(...variants.map((variant) => variant.edge.path.length));
  await each(variants, (variant) =>
    engine.command({ key: variant.key, type: 'crash.create', payload: createPayload(variant), origin: 'caller', id: 'create' }),
  );
  await quiet(engine);
  for (let step = 0; step < longest; step++) {
    await each(variants, (variant) => {
      const sample = variant.edge.path[step];
      return sample ? feed(engine, store, outside, variant, sample, step) : undefined;
    });
    await quiet(engine);
    await letGoWithdrawn(store, outside, variants);
    await quiet(engine);
  }
  for (const tally of byKey.values()) tally.armed = true;
  const scripted = new Set<Variant>();
  const faults: unknown[] = [];
  const edges = each(variants, async (variant) => {
    if ((await feed(engine, store, outside, variant, variant.edge.sample, -1)) === SCRIPTED) scripted.add(variant);
  }).catch((error: unknown) => {
    faults.push(error);
  });
  if (!isCrashing(variants)) await edges;
  await quiet(engine);
  engine.abandon();
  await store.close();
  return { passes: (variant) => byKey.get(variant.key)?.passes ?? 0, scripted, faults };
}

export async function runVariants(world: CrashWorld, variants: readonly Variant[]): Promise<readonly Outcome[]> {
  const outside = new Outside();
  const clock = new FakeClock(world.at);
  const { passes, scripted, faults } = await cutVariants(world, variants, outside, clock);
  // A run without a crash is restarted too, so that both are compared in the same light.
  const store = await world.open();
  const engine = start(world, store, outside, clock, () => 'go');
  await quiet(engine);
  if (isCrashing(variants)) {
    await each(variants, (variant) => (scripted.has(variant) ? undefined : feed(engine, store, outside, variant, variant.edge.sample, -1)));
    await quiet(engine);
  }
  const outcomes: Outcome[] = [];
  for (const variant of variants) outcomes.push({ text: await collect(world, store, outside, variant), passes: passes(variant) });
  engine.abandon();
  await store.close();
  if (faults.length > 0) throw faults[0];
  if (outside.twoBodies.length > 0) throw new Error(`one reference with two bodies: ${outside.twoBodies.slice(0, 3).join(', ')}`);
  return outcomes;
}

const isCrashing = (variants: readonly Variant[]): boolean => variants.some((variant) => variant.crashAt !== undefined);

/** Routing keys of everything that is a variant's own. */
function keysOf({ key, names }: Variant): ReadonlySet<string> {
  return new Set([key, names.mpan, names.mpid]);
}

interface Tally {
  armed: boolean;
  passes: number;
  dead: boolean;
  readonly variant: Variant;
}

function start(world: CrashWorld, store: Store, outside: Outside, clock: FakeClock, crash: (point: string, key: string) => 'go' | 'stop'): Engine {
  const registry = world
    .registry()
    .handle('crash.create', (turn, payload) => {
      const { id, kind, input } = payload as { id: ActorId; kind: string; input: never };
      return turn.create({ id, kind, input });
    })
    .handle('crash.apply', (turn, payload) => {
      const { id, event, ids } = payload as { id: ActorId; event: { type: string }; ids: string[] };
      return turn.apply(id, event, ids);
    });
  const channels = [
    outside.channel('dip', { ordering: 'none' }),
    outside.channel('dip-query', { ordering: 'none' }),
    outside.channel('dtn', {
      ordering: 'key',
      immediate: (effect) => ({ kind: 'done', event: { type: 'file.taken', fileId: (effect.data as { fileId: string }).fileId } }),
    }),
    outside.channel('meter', { ordering: 'key' }),
    outside.channel('meter-control', { ordering: 'actor', immediate: () => ({ kind: 'done' }) }),
    outside.channel('events', { ordering: 'actor', immediate: () => ({ kind: 'done' }) }),
  ];
  const engine = new Engine({ options: CRASH_ENGINE, ports: testPorts(clock), store, registry, channels, crash });
  engine.start();
  return engine;
}

function createPayload(variant: Variant): unknown {
  return { id: variant.actor, kind: variant.subject.kind, input: translate(variant, variant.subject.input) };
}

/** Say a message of a sample to its actor, in the way in which it would come. */
async function feed(engine: Engine, store: Store, outside: Outside, variant: Variant, sample: Sample, step: number): Promise<unknown> {
  const event = translate(variant, sample.event);
  const { key } = variant;
  const [doc] = await store.get([variant.actor]);
  if (event.type === 'reminder') {
    const reminder = doc?.reminders.find((known) => known.name === event.name);
    const payload = { actor: variant.actor, name: event.name, dueAt: reminder?.dueAt ?? 0 };
    return engine.command({ key, type: 'engine.reminder', payload, origin: 'caller', id: 'r' });
  }
  const name = outcomeName(event);
  const owed = name === undefined ? undefined : doc?.owed.find((one) => one.name === name);
  if (owed) {
    outside.answer(owed.key, event as never);
    return SCRIPTED;
  }
  return engine.command({ key, type: 'crash.apply', payload: { id: variant.actor, event, ids: [`m${step}`] }, origin: 'caller', id: 'a' });
}

/** What an actor took back must not hold up what comes after it at the same key: the real channels end it too. */
async function letGoWithdrawn(store: Store, outside: Outside, variants: readonly Variant[]): Promise<void> {
  const docs = await store.get(variants.map(({ actor }) => actor));
  const owed = new Map(docs.flatMap((doc) => (doc ? [[doc.id, new Set(doc.owed.map(({ key }) => key))] as const] : [])));
  outside.letGo((actor, effectKey) => owed.get(actor)?.has(effectKey) ?? true);
}

/** A crash leaves its caller without an answer; every other end of a command but success is a fault of ours. */
async function each(variants: readonly Variant[], run: (variant: Variant) => Promise<unknown> | undefined): Promise<void> {
  await Promise.all(variants.map((variant) => run(variant)));
}

/** Until nothing moves any more (what a script holds back does not count). */
export async function quiet(engine: Pick<Engine, 'activity' | 'committing'>): Promise<void> {
  for (let turns = 0, last = -1; turns < QUIET_TURNS; ) {
    await turn();
    const now = engine.activity;
    turns = now === last ? turns + 1 : 0;
    last = now;
    if (engine.committing) turns = 0;
  }
}

async function collect(world: CrashWorld, store: Store, outside: Outside, variant: Variant): Promise<string> {
  const alerts = await store.find('about', variant.actor);
  const docs = await store.get([...world.actors(variant), ...alerts]);
  const shown = docs.flatMap((doc) =>
    doc
      ? [{ id: doc.id, state: doc.state, snapshot: doc.snapshot, reminders: doc.reminders, owed: doc.owed.map((owed) => owed.key), version: doc.version }]
      : [],
  );
  const effects = [...keysOf(variant)].flatMap((key) => [...(outside.arrived.get(key) ?? [])]).sort();
  return untranslate(variant, JSON.stringify({ docs: shown.sort((a, b) => (a.id < b.id ? -1 : 1)), effects }, null, 1));
}
