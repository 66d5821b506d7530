/** The suite runs TypeScript from source; long suites live in `test/long` and are named by `.ci/run`. */
export default {
  files: ['test/**/*.test.ts', '!test/long/**'],
  extensions: { ts: 'module' },
  timeout: '120s',
  concurrency: 2,
};
