import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { BenchLine } from '../../../ops/bench/report.ts';

const PROGRAM = join(import.meta.dirname, '..', '..', '..', 'ops', 'bench', 'main.ts');

interface Ended {
  readonly lines: readonly BenchLine[];
  readonly said: string;
  /** What it left in the folder for temporary files. */
  readonly left: readonly string[];
}

/** Runs a bench as `npm run bench` does, small, with folders of its own. */
async function bench(t: ExecutionContext, name: string, sizes: Readonly<Record<string, string>>): Promise<Ended> {
  const folder = mkdtempSync(join(tmpdir(), 'mw-small-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const temporary = join(folder, 'tmp');
  mkdirSync(temporary);
  const env = { ...process.env, TMPDIR: temporary, MW_CACHE: join(folder, 'cache'), ...sizes };
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', PROGRAM, name], { stdio: ['ignore', 'pipe', 'pipe'], env });
  t.teardown(() => child.kill());
  const texts = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (chunk) => {
      texts[stream] += String(chunk);
    });
  }
  await new Promise((resolve) => child.once('close', resolve));
  const lines = texts.stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as BenchLine);
  return { lines, said: texts.stderr, left: readdirSync(temporary) };
}

test('a small run of the sessions succeeds with every meter and leaves nothing behind', async (t) => {
  const { lines, said, left } = await bench(t, 'sessions', { MW_BENCH_SESSIONS: '30', MW_BENCH_METERS: 'edmi' });
  t.deepEqual(
    lines.map((line) => line.bench),
    ['sessions.edmi', 'sessions.edmi.stall', 'sessions.edmi.cpu', 'sessions.edmi.memory'],
    said,
  );
  t.like(lines[0], { value: 6, ok: true });
  t.deepEqual(left, []);
});

test('a small run of the posts of actions tells their rates against those of appointments and leaves nothing behind', async (t) => {
  const { lines, said, left } = await bench(t, 'action-post', { MW_BENCH_POSTS: '60' });
  t.deepEqual(
    lines.map((line) => line.bench),
    ['action-post', 'action-post.immediate'],
    said,
  );
  for (const { value, baselineValue, ratio } of lines) t.deepEqual([value > 0, (baselineValue ?? 0) > 0, (ratio ?? 0) > 0], [true, true, true]);
  t.deepEqual(left, []);
});

test('a bench that cannot go on ends with an error and leaves nothing behind', async (t) => {
  const { lines, said, left } = await bench(t, 'sessions', { MW_BENCH_SESSIONS: '30', MW_BENCH_METERS: 'edmi', MW_BENCH_NODE: '--no-such-flag' });
  t.deepEqual(lines, []);
  t.regex(said, /ended before it was ready/);
  t.deepEqual(left, []);
});
