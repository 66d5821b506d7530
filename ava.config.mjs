/**
 * The suite runs TypeScript from source. `MW_TESTS` picks what: `all` (default), `quick` (without whole processes and `*.slow.test.ts`),
 * `long` (the suites that take minutes, pages in a browser, and clusters that lose something; run by `.ci/run`), `cluster` (those of
 * whole processes, which `MW_TEST_NODES` runs on several nodes).
 */
const PICKS = {
  all: ['test/**/*.test.ts', '!test/long/**', '!test/browser/**', '!test/cluster/!(flows).test.ts', '!test/process/{kill,meter-kill}.test.ts'],
  quick: ['test/**/*.test.ts', '!test/long/**', '!test/process/**', '!test/cluster/**', '!test/browser/**', '!test/**/*.slow.test.ts'],
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
