/** How the program starts, refuses to start, and ends. */
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { identify } from '../../ops/process/index.ts';
import { seededMpan } from '../../ops/sim/market/seed.ts';
import { Installation, run } from '../support/process/index.ts';

interface RunFileContent {
  readonly children: readonly { readonly name: string; readonly pid: number }[];
}
const childrenOf = (installation: Installation): RunFileContent['children'] =>
  (JSON.parse(readFileSync(join(installation.dataDir, 'run.json'), 'utf8')) as RunFileContent).children;

let installation: Installation;
test.before(async () => {
  installation = await Installation.started(undefined);
});
test.after.always(() => installation.remove());

test.serial('a second engine on the same data folder is refused with one clear error and disturbs nothing', async (t) => {
  const { program, supplier } = installation;
  const connect = readFileSync(join(installation.dataDir, 'connect.json'), 'utf8');
  const children = childrenOf(installation);
  const second = await run('ops/node/main.ts', ['--data', installation.dataDir, '--port', '0', '--http-port', 'auto']).ended;
  t.is(second.code, 1);
  t.regex(second.stderr, new RegExp(`^data directory: is used by one process at a time: process ${program.pid} holds it`));
  t.is(second.stderr.trim().split('\n').length, 1, second.stderr);
  t.is(second.stdout, '');
  t.is(readFileSync(join(installation.dataDir, 'connect.json'), 'utf8'), connect);
  t.deepEqual(childrenOf(installation), children);
  for (const { pid } of children) t.truthy(identify(pid));
  t.is((await supplier.ended(await supplier.appoint(seededMpan(0)))).metadata.request_status, 'Success');
});

test.serial(
  'connect.json is for the owner alone; after a kill it is stale and the command line says so; a clean stop removes it and ends all children',
  async (t) => {
    const file = join(installation.dataDir, 'connect.json');
    t.is(statSync(file).mode & 0o777, 0o600);
    const killed = installation.program.pid;
    await installation.kill9();
    t.true(existsSync(file));
    const refused = await installation.mw('requests');
    t.is(refused.code, 1);
    t.regex(refused.stderr, new RegExp(`connect\\.json: stale, its engine \\(process ${killed}\\) is gone`));

    await installation.start();
    t.is((await installation.mw('requests')).code, 0);
    const children = childrenOf(installation);
    t.deepEqual(children.map((child) => child.name).sort(), ['nats', 'sim-market']);
    const ended = await installation.stop();
    t.is(ended.code, 0, ended.stderr);
    t.false(existsSync(file));
    for (const { pid, name } of children) t.is(identify(pid), undefined, name);
    t.deepEqual(childrenOf(installation), []);
    t.regex((await installation.mw('requests')).stderr, /no engine is running/);
  },
);

test('a setting that is wrong refuses the start and names key, rule and origin', async (t) => {
  const other = new Installation();
  t.teardown(() => other.remove());
  const file = join(other.dataDir, 'wrong.json');
  writeFileSync(file, JSON.stringify({ http: { port: 70_000, colour: 'red' } }));
  const ended = await run('ops/node/main.ts', ['--data', other.dataDir, '--config', file], { MW_ENGINE_SHARDS: 'many' }).ended;
  t.is(ended.code, 1);
  t.regex(ended.stderr, /http\.port: .*70000.*wrong\.json/);
  t.regex(ended.stderr, /http\.colour: unknown key.*wrong\.json/);
  t.regex(ended.stderr, /engine\.shards: .*many.*MW_ENGINE_SHARDS/);
  t.false(existsSync(join(other.dataDir, 'connect.json')));
});

test('the simulated market is not shown to a network unless somebody says so', async (t) => {
  const other = new Installation();
  t.teardown(() => other.remove());
  const ended = await run('ops/node/main.ts', ['--data', other.dataDir, '--host', '0.0.0.0', '--port', '0']).ended;
  t.is(ended.code, 1);
  t.regex(ended.stderr, /http\.host: .*--demo-on-network/);
});
