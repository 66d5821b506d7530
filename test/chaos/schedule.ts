/**
 * Which faults come when: a pure function of seed and minutes, so that a failing seed repeats its schedule.
 *
 *   warm up ─ wave (one fault, or two that overlap) ─ quiet ─ wave ─ quiet … ─ cool down
 *
 * What the design tolerates at once, and so what never happens here more than that:
 * - F1 At most two faults at a time, and never two on one engine: the third engine is whole and can be reached.
 * - F2 One NATS server of three at most is down, and its copies have `catchUpMs` to catch up before another goes: two of three agree.
 * - F3 The store has one server: while it is down nothing is acknowledged. It comes back with all that it had.
 * - F4 A rolling restart is an operator's: he does it while everything is well.
 * - F5 A clock is off by less than the tolerance of the market's signatures, on one engine at a time.
 * - F6 A pause is longer than the lease, so that others have taken over when the stale owner wakes up.
 * - F7 Between waves everything is healed for `quietMs`; the last wave ends before `endsAt`.
 */
import { type Chance, chanceOf } from '../support/process/chance.ts';
import { ENGINES, engineOf, type Fault, type Link, NATS_SERVERS, PEERS } from './faults.ts';

export interface Planned {
  /** Counts from 0. A wave that takes longer than planned puts off those behind it. */
  readonly wave: number;
  /** From the beginning of the run, milliseconds. */
  readonly atMs: number;
  readonly untilMs: number;
  readonly fault: Fault;
}

export interface ScheduleLimits {
  readonly leaseMs: number;
  readonly warmUpMs: number;
  readonly quietMs: readonly [least: number, most: number];
  readonly catchUpMs: number;
  /** What a rolling restart is given. */
  readonly rollingMs: number;
  /** Greatest error of a clock, either way. */
  readonly clockMs: number;
}

export const LIMITS: ScheduleLimits = { leaseMs: 3_000, warmUpMs: 2_000, quietMs: [3_000, 6_000], catchUpMs: 5_000, rollingMs: 30_000, clockMs: 120_000 };

export interface Schedule {
  readonly seed: number;
  readonly faults: readonly Planned[];
  /** From then on nothing is wrong any more, milliseconds from the beginning. */
  readonly endsAt: number;
}

type Kind = (chance: Chance, limits: ScheduleLimits) => { readonly fault: Fault; readonly forMs: number };

const link = (chance: Chance, peers: readonly [Link['peer'], ...Link['peer'][]] = PEERS): Link => ({ engine: chance.pick(ENGINES), peer: chance.pick(peers) });

/** Each in turn, in an order drawn anew each time; those that stand twice come twice. */
const DECK: readonly Kind[] = [
  (chance) => ({ fault: { type: 'engine-kill', engine: chance.pick(ENGINES) }, forMs: chance.between(500, 8_000) }),
  (chance) => ({ fault: { type: 'engine-kill', engine: chance.pick(ENGINES) }, forMs: chance.between(4_000, 8_000) }),
  (chance, { leaseMs }) => ({ fault: { type: 'engine-pause', engine: chance.pick(ENGINES) }, forMs: leaseMs + chance.between(1_000, 5_000) }),
  (chance, { leaseMs }) => ({ fault: { type: 'engine-pause', engine: chance.pick(ENGINES) }, forMs: leaseMs + chance.between(1_000, 5_000) }),
  (chance) => ({ fault: { type: 'nats-kill', server: 'leader' }, forMs: chance.between(2_000, 8_000) }),
  (chance) => ({ fault: { type: 'nats-kill', server: chance.pick(NATS_SERVERS) }, forMs: chance.between(2_000, 8_000) }),
  (chance) => ({ fault: { type: 'store-kill' }, forMs: chance.between(500, 4_000) }),
  (chance) => ({ fault: { type: 'cut', link: link(chance, ['nats']), how: chance.pick(['refused', 'silent']) }, forMs: chance.between(2_000, 9_000) }),
  (chance) => ({ fault: { type: 'cut', link: link(chance, ['store']), how: chance.pick(['refused', 'silent']) }, forMs: chance.between(2_000, 9_000) }),
  (chance) => ({
    fault: { type: 'cut', link: link(chance, ['dip', 'callbacks']), how: chance.pick(['refused', 'silent']) },
    forMs: chance.between(2_000, 9_000),
  }),
  (chance) => ({
    fault: { type: 'delay', link: link(chance), direction: chance.pick(['out', 'back']), delayMs: chance.between(50, 1_500) },
    forMs: chance.between(3_000, 9_000),
  }),
  (chance) => ({
    fault: { type: 'delay', link: link(chance, ['nats', 'store']), direction: chance.pick(['out', 'back']), delayMs: chance.between(50, 4_000) },
    forMs: chance.between(3_000, 9_000),
  }),
  (chance, { clockMs }) => ({
    fault: { type: 'clock', engine: chance.pick(ENGINES), offsetMs: chance.between(2_000, clockMs) * chance.pick([-1, 1]) },
    forMs: chance.between(3_000, 12_000),
  }),
  (_chance, { rollingMs }) => ({ fault: { type: 'rolling' }, forMs: rollingMs }),
];

const PAIRS = 0.45;
const TRIES = 8;

/** @param minutes until everything is healed for good */
export function scheduleOf(seed: number, minutes: number, limits: ScheduleLimits = LIMITS): Schedule {
  const chance = chanceOf(seed);
  const endsAt = Math.round(minutes * 60_000);
  const deck: Kind[] = [];
  const draw = (): Kind => {
    if (deck.length === 0) deck.push(...shuffled(DECK, chance));
    return deck.pop() as Kind;
  };
  const faults: Planned[] = [];
  let natsFreeAt = 0;
  let at = limits.warmUpMs;
  for (let wave = 0, misses = 0; misses < TRIES; ) {
    const first = draw()(chance, limits);
    const begins = first.fault.type === 'nats-kill' ? Math.max(at, natsFreeAt) : at;
    if (begins + first.forMs > endsAt) {
      misses += 1;
      continue;
    }
    const planned: Planned[] = [{ wave, atMs: begins, untilMs: begins + first.forMs, fault: first.fault }];
    if (chance.next() < PAIRS) {
      const kind = draw();
      const second = companion(planned[0] as Planned, kind(chance, limits), chance, { endsAt, natsFreeAt });
      if (second) planned.push(second);
      // What could not be here comes later, alone.
      else deck.unshift(kind);
    }
    for (const { fault, untilMs } of planned) if (fault.type === 'nats-kill') natsFreeAt = untilMs + limits.catchUpMs;
    faults.push(...planned);
    at = Math.max(...planned.map(({ untilMs }) => untilMs)) + chance.between(...limits.quietMs);
    wave += 1;
    misses = 0;
  }
  return { seed, faults, endsAt };
}

/** A second fault that overlaps the first, where the two may be together. */
function companion(
  first: Planned,
  { fault, forMs }: ReturnType<Kind>,
  chance: Chance,
  { endsAt, natsFreeAt }: { readonly endsAt: number; readonly natsFreeAt: number },
): Planned | undefined {
  const atMs = first.atMs + chance.between(0, Math.max(0, first.untilMs - first.atMs - 200));
  const second: Planned = { wave: first.wave, atMs, untilMs: atMs + forMs, fault };
  const fits = mayMeet(first.fault, fault) && second.untilMs <= endsAt && (fault.type !== 'nats-kill' || atMs >= natsFreeAt);
  return fits ? second : undefined;
}

/** Whether two faults may be at the same time (F1 to F5). */
export function mayMeet(one: Fault, other: Fault): boolean {
  if (one.type === 'rolling' || other.type === 'rolling') return false;
  if (engineOf(one) !== undefined && engineOf(one) === engineOf(other)) return false;
  const both = (type: Fault['type']): boolean => one.type === type && other.type === type;
  return !both('nats-kill') && !both('store-kill') && !both('clock');
}

function shuffled<T>(from: readonly T[], chance: Chance): T[] {
  const left = [...from];
  for (let index = left.length - 1; index > 0; index -= 1) {
    const other = chance.between(0, index);
    [left[index], left[other]] = [left[other] as T, left[index] as T];
  }
  return left;
}
