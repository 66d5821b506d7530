/** `step`: one event of an appointment through the engine, from the command to the reply after the commit, without I/O. */
import { openMemoryStore } from '../../actors/store/index.ts';
import { seededMpan } from '../sim/market/seed.ts';
import { absolute, type Bench, median, type Reporter } from './report.ts';
import { type Begun, openWorld, type World } from './world/engine.ts';

const ROUNDS = 5;
const PER_ROUND = 2_000;
/** Commands in hand at once; they share commits. */
const IN_HAND = 250;
const GOAL_US = 30;

/** The four events that every appointment meets. */
const EVENTS: readonly { readonly name: string; readonly run: (world: World, begun: Begun) => Promise<unknown> }[] = [
  { name: 'dip.accepted', run: (world, begun) => world.accept(begun) },
  { name: 'IF-032', run: (world, begun) => world.answer(begun, 'initial') },
  { name: 'IF-035', run: (world, begun) => world.answer(begun, 'outcome') },
  { name: 'IF-036', run: (world, begun) => world.answer(begun, 'active') },
];

async function inBatches<T>(items: readonly T[], run: (item: T) => Promise<unknown>): Promise<void> {
  for (let from = 0; from < items.length; from += IN_HAND) await Promise.all(items.slice(from, from + IN_HAND).map(run));
}

/** Microseconds of CPU of this process for each of `count` runs. */
async function cpuUs(count: number, run: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / count;
}

async function run(report: Reporter): Promise<void> {
  const store = openMemoryStore();
  const world = await openWorld(store);
  await world.importMpans(0, (ROUNDS + 1) * PER_ROUND);
  const samples = new Map(EVENTS.map(({ name }) => [name, [] as number[]]));
  for (let round = 0; round <= ROUNDS; round++) {
    const mpans = Array.from({ length: PER_ROUND }, (_, index) => seededMpan(round * PER_ROUND + index));
    await inBatches(mpans, (mpan) => world.appoint(mpan));
    const begun = await Promise.all(mpans.map((mpan, index) => world.begun(mpan, round * PER_ROUND + index)));
    for (const event of EVENTS) {
      const us = await cpuUs(PER_ROUND, () => inBatches(begun, (one) => event.run(world, one)));
      // The first round warms up.
      if (round > 0) samples.get(event.name)?.push(us);
    }
  }
  const ended = await store.count({ index: 'state', value: 'appointment|SUCCESS' });
  if (ended !== (ROUNDS + 1) * PER_ROUND) throw new Error(`step: only ${ended} appointments succeeded`);
  const each = EVENTS.map(({ name }) => ({ name, us: median(samples.get(name) ?? []) }));
  report.say(`  ${each.map(({ name, us }) => `${name} ${us.toFixed(0)} µs`).join(', ')}`);
  const value = each.reduce((sum, { us }) => sum + us, 0) / each.length;
  report.line(absolute('step', value, 'µs of CPU an event, mean of four', '< 30', value < GOAL_US));
  await store.close();
}

export const step: Bench = { name: 'step', about: 'one event of an appointment through the engine, without I/O', run };
