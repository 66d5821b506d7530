/**
 * The suite runs TypeScript from source. `MW_TESTS` picks what: `all` (default), `quick` (machines, codecs, engine, front door; see `HEAVY`),
 * `long` (the suites that take minutes, pages in a browser, and clusters that lose something; run by `.ci/run`), `cluster` (those of
 * whole processes, which `MW_TEST_NODES` runs on several nodes).
 */

/** What takes most of the suite's time: programs, sockets and files of simulators, stores, nodes and meters. `quick` does without. */
const HEAVY = [
  'test/{browser,chaos,cluster,crash,long,process,ops}/**',
  'test/actors/{bus,cluster,dialogue,identity,line,link,meter-session,store,time-update,webhook}/**',
  'test/gateway/{contract,live,session}/**',
  'test/workers/codec/fuzz.test.ts',
  'test/workers/pool/**',
  'test/**/*.slow.test.ts',
];
const PICKS = {
  all: ['test/**/*.test.ts', '!test/long/**', '!test/browser/**', '!test/cluster/!(flows).test.ts', '!test/process/{kill,meter-kill}.test.ts'],
  quick: ['test/**/*.test.ts', ...HEAVY.map((files) => `!${files}`)],
  long: ['test/long/**/*.test.ts', 'test/browser/**/*.test.ts', 'test/cluster/!(flows).test.ts', 'test/process/{kill,meter-kill}.test.ts'],
  cluster: ['test/process/**/*.test.ts', '!test/process/chaos.test.ts'],
};

export default {
  files: PICKS[process.env.MW_TESTS ?? 'all'] ?? PICKS.all,
  extensions: ['ts'],
  nodeArguments: ['--disable-warning=ExperimentalWarning'],
  timeout: '120s',
  concurrency: 2,
};
