/** `step`: one event of an appointment through the engine, from the command to the reply after the commit, without I/O. */
import { openMemoryStore, type Store } from '../../actors/store/index.ts';
import { seededMpan } from '../sim/market/seed.ts';
import { absolute, against, type Bench, median, type Reporter } from './report.ts';
import { type Begun, openWorld, type World } from './world/engine.ts';
import { openPlainStore } from './world/plain-store.ts';

const ROUNDS = 7;
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

/** Microseconds of each event in a world of its own: what is kept in memory of earlier rounds would be the collector's work in this one. */
async function round(store: Store, number: number): Promise<number[]> {
  const world = await openWorld(store);
  await world.importMpans(0, PER_ROUND);
  const mpans = Array.from({ length: PER_ROUND }, (_, index) => seededMpan(index));
  await inBatches(mpans, (mpan) => world.appoint(mpan));
  const begun = await Promise.all(mpans.map((mpan, index) => world.begun(mpan, number * PER_ROUND + index)));
  const us: number[] = [];
  for (const event of EVENTS) us.push(await cpuUs(PER_ROUND, () => inBatches(begun, (one) => event.run(world, one))));
  const docs = await store.get(begun.map(({ actor }) => actor));
  const ended = docs.filter((doc) => doc?.state === 'SUCCESS').length;
  if (ended !== PER_ROUND) throw new Error(`step: only ${ended} of ${PER_ROUND} appointments succeeded`);
  await store.close();
  return us;
}

async function measure(what: string, open: () => Store, report: Reporter): Promise<number> {
  const rounds: number[][] = [];
  for (let number = 0; number <= ROUNDS; number++) rounds.push(await round(open(), number));
  // The first round warms up.
  const each = EVENTS.map(({ name }, index) => ({ name, us: median(rounds.slice(1).map((us) => us[index] ?? Number.NaN)) }));
  report.say(`  ${what}: ${each.map(({ name, us }) => `${name} ${us.toFixed(0)} µs`).join(', ')}`);
  return each.reduce((sum, { us }) => sum + us, 0) / each.length;
}

async function run(report: Reporter): Promise<void> {
  const whole = await measure('with the store in memory, which makes the same rows as on disk', openMemoryStore, report);
  report.line(absolute('step', whole, 'µs of CPU an event, mean of four', '< 30', whole < GOAL_US));
  const engine = await measure('engine alone, documents kept as they are', openPlainStore, report);
  report.line(against('step.engine', engine, 'µs of CPU an event without the store', 'with the store in memory', whole, 'stated, no goal', () => true));
}

export const step: Bench = { name: 'step', about: 'one event of an appointment through the engine, without I/O', run };
