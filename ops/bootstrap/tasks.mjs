/** @typedef {{ entry: string, nats: boolean, web: boolean, drop: number }} Task what to run, whether it needs a NATS server and the pages, how many words named it */

/** @type {Readonly<Record<string, { entry: string, nats: boolean, web: boolean }>>} */
const TASKS = {
  start: { entry: 'ops/node/main.ts', nats: true, web: true },
  mw: { entry: 'ops/cli/main.ts', nats: false, web: false },
  test: { entry: 'ops/test/main.ts', nats: true, web: true },
  bench: { entry: 'ops/bench/main.ts', nats: true, web: true },
  crash: { entry: 'test/crash/main.ts', nats: true, web: true },
  chaos: { entry: 'test/chaos/main.ts', nats: true, web: true },
  fuzz: { entry: 'ops/fuzz/main.ts', nats: false, web: false },
  example: { entry: 'ops/example/live.ts', nats: false, web: false },
  mongodb: { entry: 'ops/mongodb/main.ts', nats: false, web: false },
  docs: { entry: 'ops/docs/main.ts', nats: false, web: false },
  lint: { entry: 'ops/lint/main.ts', nats: false, web: false },
  typecheck: { entry: 'ops/test/typecheck.ts', nats: false, web: false },
};

/**
 * The program of a command line. `mw start …` is the same as `start …`.
 * @param {readonly string[]} words
 * @returns {Task | undefined}
 */
export function taskOf(words) {
  const [name = '', second] = words;
  if (name === 'mw' && second === 'start') return { .../** @type {{ entry: string, nats: boolean, web: boolean }} */ (TASKS.start), drop: 2 };
  const task = Object.hasOwn(TASKS, name) ? TASKS[name] : undefined;
  return task === undefined ? undefined : { ...task, drop: 1 };
}

export const taskNames = Object.keys(TASKS);
