/**
 * `npm test [-- [--quick|--long|--cluster] [FILE…]]`: type check, lint and the AVA suite. Ends with one line `N passed, N failed`; the
 * two checks count as one test each. With FILEs only those tests run. `--cluster`: the suites of whole processes, each with three
 * engines that share a MongoDB database instead of one on its own store; what is left out there is told by name.
 */
import { createInterface } from 'node:readline';
import { runLint } from '../lint/run.ts';
import { presentMongodb } from '../mongodb/index.ts';
import { exitOf, runTypeCheck, startTool } from './programs.ts';
import { type Counts, closingLine, readTapLine } from './tap.ts';

const PROGRESS_EVERY = 250;
const CLUSTER_NODES = '3';
const PICKS = ['quick', 'long', 'cluster'] as const;
const counts: Counts = { passed: 0, failed: 0, skipped: 0 };
const failures: string[] = [];

function settle(name: string, good: boolean): void {
  if (good) counts.passed += 1;
  else {
    counts.failed += 1;
    failures.push(name);
  }
  process.stdout.write(`${good ? 'good' : 'FAILED'}: ${name}\n`);
}

async function suite(files: readonly string[], pick: string): Promise<void> {
  const nodes = pick === 'cluster' ? { MW_TEST_NODES: CLUSTER_NODES } : {};
  const ava = startTool('ava', ['--tap', ...files], { stdio: 'pipe', env: { ...process.env, MW_TESTS: pick, ...nodes, FORCE_COLOR: '0' } });
  const ended = exitOf(ava);
  // What tests print is set off, so that no line of theirs can pass for the closing one.
  if (ava.stderr !== null) createInterface({ input: ava.stderr }).on('line', (line) => process.stderr.write(`  | ${line}\n`));
  let points = 0;
  let failedOne = false;
  let finished = false;
  let showing = false;
  if (ava.stdout === null) throw new Error('AVA has no output to read');
  for await (const line of createInterface({ input: ava.stdout })) {
    const read = readTapLine(line);
    if (read.kind === 'detail' || read.kind === 'details-end') {
      if (showing) process.stdout.write(`${line}\n`);
      showing &&= read.kind === 'detail';
      continue;
    }
    showing = read.kind === 'failed';
    if (read.kind === 'plan') {
      finished = true;
      continue;
    }
    points += 1;
    counts[read.kind] += 1;
    if (read.kind === 'failed') {
      failedOne = true;
      failures.push(read.title);
      process.stdout.write(`FAILED: ${read.title}\n`);
    }
    if (read.kind === 'skipped') process.stdout.write(`skipped: ${read.title}\n`);
    if (points % PROGRESS_EVERY === 0) process.stdout.write(`… ${points} tests\n`);
  }
  const code = await ended;
  // AVA may fail without a failed test, or end in the middle when a test file ends its process: what is missing must not pass.
  if (!finished) settle(`the AVA suite ended before its plan (exit ${code})`, false);
  else if (code !== 0 && !failedOne) settle(`the AVA suite (exit ${code})`, false);
  if (points === 0 && code === 0) settle('the AVA suite ran no test', false);
}

/** What the suites of whole processes need on several nodes; says so, and what is left out there. */
function clusterReady(): boolean {
  process.stdout.write('left out: test/process/chaos.test.ts (it has a cluster of its own, and is in the whole suite)\n');
  const present = process.env.MONGODB_URL ? undefined : presentMongodb();
  if (present?.kind !== 'unavailable') return true;
  const name = `the suites of whole processes on ${CLUSTER_NODES} nodes (needs mongodb: ${present.reason})`;
  if (process.env.MW_REQUIRE?.split(',').some((word) => word.trim() === 'mongodb')) settle(name, false);
  else {
    counts.skipped += 1;
    process.stdout.write(`skipped: ${name}\n`);
  }
  return false;
}

const words = process.argv.slice(2);
const pick = PICKS.find((name) => words.includes(`--${name}`)) ?? 'all';
const files = words.filter((word) => !word.startsWith('--'));

if (files.length === 0 && (pick === 'all' || pick === 'quick')) {
  settle('type check', await runTypeCheck());
  settle('lint', await runLint());
}
if (pick !== 'cluster' || clusterReady()) await suite(files, pick);
if (failures.length > 0) process.stdout.write(`\nFailed:\n${failures.map((name) => `  ${name}`).join('\n')}\n`);
process.stdout.write(`${closingLine(counts)}\n`);
process.exitCode = counts.failed === 0 ? 0 : 1;
