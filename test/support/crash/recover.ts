/** After a cut: the real channel, puller and handlers on the same store, until every action has had its time. */
import type { Store } from '../../../actors/store/store.ts';
import { type ActionWorld, actionWorld } from '../../actors/time-update/world.ts';
import { FakeClock } from '../fake-clock.ts';
import { faultsAtCut, faultsAtEnd } from './action-faults.ts';
import { actionOptions } from './actions.ts';
import { type Groups, openHouse } from './house.ts';
import { PlainMeters } from './plain-meters.ts';
import { CRASH_ENGINE, cutVariants } from './run.ts';
import { Outside } from './script.ts';
import { describe, type Variant } from './variant.ts';

const MANY = 100_000;
const CHANNELS = ['meter', 'meter-control', 'events', 'tell'] as const;
/** Longer than a pause between attempts. */
const STEP_MS = 70_000;
const STEPS = 6;

export interface Recovery {
  /** What did not hold, in words. */
  readonly faults: readonly string[];
  readonly sessions: number;
  /** Places to crash that each variant's edge passed. */
  readonly passes: readonly number[];
}

/** Each variant to its cut, then a start on the same store. `at` must lie in the overnight window. */
export async function recoverVariants(at: number, variants: readonly Variant[], groups: Groups = 'atomic'): Promise<Recovery> {
  const house = await openHouse(at, ({ actor }) => [actor], groups);
  const cut = await cutVariants(house, variants, new Outside(), new FakeClock(at));
  const store = await house.open();
  const left = await store.get(variants.map(({ actor }) => actor));
  const faults: string[] = cut.faults.map(String);
  const note = (variant: Variant, found: readonly string[]): void => void faults.push(...found.map((fault) => `${describe(variant)}: ${fault}`));
  for (const [i, variant] of variants.entries()) {
    const doc = left[i];
    note(variant, doc ? await faultsAtCut(store, doc) : ['it is lost']);
  }
  const clock = new FakeClock(at);
  // Of every second meter the clock is right by now: a write that may have left did.
  const meters = new PlainMeters(
    () => clock.now(),
    (address) => (Number(address.at(-1)) % 2 === 1 ? 0 : 60),
  );
  const world = openWorld(store, clock, meters);
  await live(world, variants);
  for (const [i, variant] of variants.entries()) {
    const [doc] = await store.get([variant.actor]);
    const before = left[i];
    if (before) note(variant, await faultsAtEnd(store, before, doc, meters.of(Number(variant.names.mpan))));
  }
  for (const channel of CHANNELS) {
    const { items } = await store.outbox({ channel, shards: [0], limit: 3 });
    faults.push(...items.map((effect) => `undone in ${channel}: ${effect.key}`));
  }
  await world.puller.stop();
  world.engine.abandon();
  await store.close();
  await house.close();
  return { faults, sessions: meters.sessions.length, passes: variants.map((variant) => cut.passes(variant)) };
}

function openWorld(store: Store, clock: FakeClock, meters: PlainMeters): ActionWorld {
  return actionWorld({
    store,
    clock,
    options: { ...actionOptions, sessionsPerSecond: 0, sessions: MANY, sessionsWaiting: MANY },
    engine: CRASH_ENGINE,
    lines: { 'modem:default': MANY },
    runner: (registry) => meters.runner(registry),
    pull: true,
  });
}

/** Time passes until all have ended, at most so long that every pause is over. */
async function live(world: ActionWorld, variants: readonly Variant[]): Promise<void> {
  for (let step = 0; step < STEPS; step++) {
    await world.settle();
    const docs = await world.store.get(variants.map(({ actor }) => actor));
    if (docs.every((doc) => doc?.state === 'done')) return;
    await world.clock.advance(STEP_MS);
  }
  await world.settle();
}
