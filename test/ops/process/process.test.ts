import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import {
  connectFile,
  endProcess,
  gone,
  identify,
  isRunning,
  NotRunningError,
  RunFile,
  readConnect,
  removeConnect,
  startChild,
  writeConnect,
} from '../../../ops/process/index.ts';

const programs = fileURLToPath(new URL('./programs/', import.meta.url));
const SIM = join(programs, 'sim.ts');

function folder(t: ExecutionContext): string {
  const made = mkdtempSync(join(tmpdir(), 'mw-process-'));
  t.teardown(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

/** A process that sleeps until it is ended. */
function sleeper(t: ExecutionContext, script = 'setInterval(() => {}, 1000); console.log("up")') {
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'ignore'] });
  t.teardown(() => child.kill('SIGKILL'));
  const who = identify(child.pid ?? 0);
  if (who === undefined) throw new Error('no process');
  return { who, up: once(child.stdout, 'data') };
}

test('a process is known by pid and start time', (t) => {
  const { who } = sleeper(t);
  t.true(isRunning(who));
  t.false(isRunning({ ...who, started: `${who.started}0` }));
});

test('another process with the same pid is never ended', async (t) => {
  const { who } = sleeper(t);
  await endProcess({ pid: who.pid, started: 'earlier' }, 10);
  t.true(isRunning(who));
});

test('a process that ignores the request to end is ended after the grace', async (t) => {
  const { who, up } = sleeper(t, 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000); console.log("up")');
  await up;
  await endProcess(who, 100);
  t.false(isRunning(who));
});

test('run.json keeps the children over a restart, and drops those that are gone', async (t) => {
  const dataDir = folder(t);
  const { who } = sleeper(t);
  const first = new RunFile(dataDir);
  first.note({ name: 'nats', ...who, facts: { port: '1' } });
  first.note({ name: 'sim', pid: who.pid, started: 'earlier', facts: {} });
  const second = new RunFile(dataDir);
  t.deepEqual(second.names(), ['nats']);
  t.like(second.find('nats'), { pid: who.pid, facts: { port: '1' } });
  await second.endOthers([], 2_000);
  t.false(isRunning(who));
  t.deepEqual(new RunFile(dataDir).names(), []);
});

test('a run.json that is damaged counts as empty', (t) => {
  const dataDir = folder(t);
  writeFileSync(join(dataDir, 'run.json'), '{"children":[{"pid":"x"}]');
  t.deepEqual(new RunFile(dataDir).names(), []);
});

test('a child is ready with its first line, gets its environment, and ends with its pipe', async (t) => {
  const runFile = new RunFile(folder(t));
  const child = await startChild({ name: 'sim', program: SIM, args: [], env: { MW_TEST_WORD: 'yes' }, readyTimeoutMs: 20_000 }, runFile);
  t.deepEqual(child.ready, { port: 1234, env: 'yes' });
  t.like(runFile.find('sim'), { pid: child.who.pid });
  await child.stop(10_000);
  t.is((await child.ended).code, 0);
  t.deepEqual(runFile.names(), []);
});

test('a child that fails at start is an error with what it said', async (t) => {
  const runFile = new RunFile(folder(t));
  const error = await t.throwsAsync(startChild({ name: 'sim', program: SIM, args: ['broken'], readyTimeoutMs: 20_000 }, runFile), { code: 'child_failed' });
  t.regex(error?.message ?? '', /sim did not become ready: it ended \(3\)\ncannot open the journal/);
});

test('a child that stays silent is ended', async (t) => {
  const runFile = new RunFile(folder(t));
  const error = await t.throwsAsync(startChild({ name: 'sim', program: SIM, args: ['silent'], readyTimeoutMs: 300 }, runFile), { code: 'child_failed' });
  t.regex(error?.message ?? '', /silent for 300 ms/);
  t.deepEqual(new RunFile(folder(t)).names(), []);
});

test('a child that does not end with its pipe is killed after the grace', async (t) => {
  const child = await startChild({ name: 'sim', program: SIM, args: ['stubborn'], readyTimeoutMs: 20_000 }, new RunFile(folder(t)));
  await child.stop(100);
  t.false(isRunning(child.who));
});

test('the child of an engine that is killed ends by itself', async (t) => {
  const parent = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', join(programs, 'parent.ts'), folder(t), SIM], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(parent.stdout, 'data')) as [Buffer];
  const who = identify(Number(line.toString()));
  t.truthy(who);
  parent.kill('SIGKILL');
  if (who !== undefined) t.true(await gone(who, 10_000));
});

const DEMO = { url: 'https://127.0.0.1:1', demo: { mpid: 'SUPX', apiKey: 'secret', mpans: ['1234567890123'] } };

test('connect.json is for the owner only and names this process', (t) => {
  const dataDir = folder(t);
  writeConnect(dataDir, DEMO);
  t.is(statSync(connectFile(dataDir)).mode & 0o777, 0o600);
  t.like(readConnect(dataDir), { pid: process.pid, ...DEMO });
});

test('a clean stop removes connect.json, but never that of another process', (t) => {
  const dataDir = folder(t);
  writeConnect(dataDir, DEMO);
  const own = readFileSync(connectFile(dataDir), 'utf8');
  writeFileSync(connectFile(dataDir), own.replace(`"pid": ${process.pid}`, '"pid": 1'));
  removeConnect(dataDir);
  t.truthy(readFileSync(connectFile(dataDir)));
  writeFileSync(connectFile(dataDir), own);
  removeConnect(dataDir);
  t.throws(() => readConnect(dataDir), { instanceOf: NotRunningError, message: /no engine is running/ });
});

test('a stale connect.json is refused: its process is gone, or is another one with its pid', (t) => {
  const dataDir = folder(t);
  writeConnect(dataDir, DEMO);
  const own = JSON.parse(readFileSync(connectFile(dataDir), 'utf8')) as Record<string, unknown>;
  for (const stale of [
    { ...own, pid: 2 ** 22 + 1 },
    { ...own, started: 'earlier' },
  ]) {
    writeFileSync(connectFile(dataDir), JSON.stringify(stale));
    t.throws(() => readConnect(dataDir), { instanceOf: NotRunningError, message: /stale, its engine \(process \d+\) is gone/ });
  }
});
