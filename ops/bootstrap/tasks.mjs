/** @typedef {{ entry: string, nats: boolean, drop: number }} Task what to run, whether it needs a NATS server, how many words named it */

/** @type {Readonly<Record<string, { entry: string, nats: boolean }>>} */
const TASKS = {
  start: { entry: 'ops/node/main.ts', nats: true },
  mw: { entry: 'ops/cli/main.ts', nats: false },
  test: { entry: 'ops/test/main.ts', nats: true },
  bench: { entry: 'ops/bench/main.ts', nats: true },
  crash: { entry: 'test/crash/main.ts', nats: true },
  chaos: { entry: 'test/chaos/main.ts', nats: true },
  fuzz: { entry: 'ops/fuzz/main.ts', nats: false },
  mongodb: { entry: 'ops/mongodb/main.ts', nats: false },
  docs: { entry: 'ops/docs/main.ts', nats: false },
  lint: { entry: 'ops/lint/main.ts', nats: false },
  typecheck: { entry: 'ops/test/typecheck.ts', nats: false },
};

/**
 * The program of a command line. `mw start …` is the same as `start …`.
 * @param {readonly string[]} words
 * @returns {Task | undefined}
 */
export function taskOf(words) {
  const [name = '', second] = words;
  if (name === 'mw' && second === 'start') return { .../** @type {{ entry: string, nats: boolean }} */ (TASKS.start), drop: 2 };
  const task = Object.hasOwn(TASKS, name) ? TASKS[name] : undefined;
  return task === undefined ? undefined : { ...task, drop: 1 };
}

export const taskNames = Object.keys(TASKS);
