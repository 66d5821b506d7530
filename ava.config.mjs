/**
 * The suite runs TypeScript from source. `MW_TESTS` picks what: `all` (default), `quick` (without whole processes and `*.slow.test.ts`),
 * `long` (the suites of `test/long`, run by `.ci/run`).
 */
const PICKS = {
  all: ['test/**/*.test.ts', '!test/long/**'],
  quick: ['test/**/*.test.ts', '!test/long/**', '!test/process/**', '!test/**/*.slow.test.ts'],
  long: ['test/long/**/*.test.ts'],
};

export default {
  files: PICKS[process.env.MW_TESTS ?? 'all'] ?? PICKS.all,
  extensions: ['ts'],
  nodeArguments: ['--disable-warning=ExperimentalWarning'],
  timeout: '120s',
  concurrency: 2,
};
