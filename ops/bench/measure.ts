/** Timing of something that takes less than a microsecond or a few: many calls a round, the best of many short rounds. */
import { performance } from 'node:perf_hooks';

const ROUND_MS = 15;
const ROUNDS = 25;

/** Where results go, so that no call can be left out as useless. */
export const sink: { value: unknown } = { value: undefined };

function timed(run: () => unknown, calls: number): number {
  const from = performance.now();
  for (let call = 0; call < calls; call++) sink.value = run();
  return performance.now() - from;
}

/** Calls that take about one round. */
function callsOf(run: () => unknown): number {
  let calls = 16;
  for (;;) {
    const took = timed(run, calls);
    if (took >= ROUND_MS) return calls;
    calls = took < 1 ? calls * 8 : Math.ceil((calls * ROUND_MS * 1.1) / took);
  }
}

/**
 * Microseconds a call of each, measured turn by turn: a disturbance of the machine meets all of them, and the best round of each
 * is taken, so the figures of one run can be set against each other.
 */
export function bestUs<Name extends string>(runs: Readonly<Record<Name, () => unknown>>): Record<Name, number> {
  const names = Object.keys(runs) as Name[];
  for (const name of names) timed(runs[name], callsOf(runs[name]));
  const calls = Object.fromEntries(names.map((name) => [name, callsOf(runs[name])])) as Record<Name, number>;
  const best = Object.fromEntries(names.map((name) => [name, Number.POSITIVE_INFINITY])) as Record<Name, number>;
  for (let round = 0; round < ROUNDS; round++) {
    for (const name of names) best[name] = Math.min(best[name], (timed(runs[name], calls[name]) * 1_000) / calls[name]);
  }
  return best;
}
