/** The meters of the demo, as `npm start` brings them, by the API and by the command line. */
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { identify } from '../../ops/process/index.ts';
import type { ListedMeter } from '../../ops/sim/meters/fleet.ts';
import { BRISK, Installation, run, until } from '../support/process/index.ts';

let installation: Installation;
test.before(async () => {
  installation = await Installation.started(undefined, { settings: { ...BRISK, sim: { ...BRISK.sim, meters: true } } });
});
test.after.always(() => installation.remove());

const metersFile = (): string => installation.program.connect.demo?.metersFile ?? '';
const listed = (): readonly ListedMeter[] => JSON.parse(readFileSync(metersFile(), 'utf8')) as readonly ListedMeter[];
const isCalled = ({ remoteAddress }: ListedMeter): boolean => /^\d+$/.test(remoteAddress);
const find = (meterType: string, called: boolean): ListedMeter => {
  const found = listed().find((meter) => meter.meterType === meterType && isCalled(meter) === called);
  if (!found) throw new Error(`no ${meterType}`);
  return found;
};
const childrenOf = (): readonly { name: string; pid: number }[] =>
  (JSON.parse(readFileSync(join(installation.dataDir, 'run.json'), 'utf8')) as { children: { name: string; pid: number }[] }).children;

const OFF = /^[+-]\d{2,3}s$/;
const RIGHT = /^[+-][01]s$/;

test.serial('ten simulated meters of every type are listed for the owner alone, and a bank of modems answers for some', (t) => {
  t.is(statSync(metersFile()).mode & 0o777, 0o600);
  t.is(listed().length, 10);
  t.deepEqual([...new Set(listed().map(({ meterType }) => meterType))].sort(), [
    'CEWEPRO',
    'CEWEPRO100',
    'EDMIATLAS',
    'ELSTERA1140',
    'ELSTERA1700',
    'ELSTERAS230',
    'EMLITECOP10',
    'ISKRA_MX37X',
    'LG_DLMS',
  ]);
  t.true(listed().some(isCalled));
  t.deepEqual(
    childrenOf()
      .map(({ name }) => name)
      .sort(),
    ['nats', 'sim-market', 'sim-meters', 'sim-modems'],
  );
});

test.serial('a time-update sets the clock of an ELSTERA1700 by a telephone call, and of an ISKRA_MX37X over TCP', async (t) => {
  const { mts } = installation;
  const [called, direct] = await Promise.all([mts.update(find('ELSTERA1700', true)), mts.update(find('ISKRA_MX37X', false))]);
  for (const id of [called, direct]) {
    const ended = await mts.ended(id);
    t.is(ended.result, 'SUCCESS', JSON.stringify(ended));
    t.regex(ended.meterTimeOffset ?? '', OFF);
    t.regex(ended.meterTimeOffsetPostUpdate ?? '', RIGHT);
  }
});

test.serial('set-time of the listed meters ends in SUCCESS for each; the type that cannot be set is refused by name', async (t) => {
  const file = join(installation.dataDir, 'meters.csv');
  const names = ['meterType', 'remoteAddress', 'outstationAddress', 'serialNumber', 'password'] as const;
  const rows = listed().map((meter) => names.map((name) => JSON.stringify(meter[name] ?? '')).join(','));
  writeFileSync(file, `${names.join(',')}\n${rows.join('\n')}\n`);
  const ended = await installation.mw('set-time', '--file', file, '--immediate', '--wait');
  t.is(ended.code, 1, 'one was refused');
  t.regex(ended.stdout, /SUCCESS +9/);
  t.regex(`${ended.stdout}${ended.stderr}`, /Time update is not supported for meter type CEWEPRO/);
});

test.serial('read-clock reads the type that cannot be set; status, lines and sessions tell what was done', async (t) => {
  const { meterType, remoteAddress, serialNumber, outstationAddress = '', password = '' } = find('CEWEPRO', false);
  const passwordFile = join(installation.dataDir, 'password');
  writeFileSync(passwordFile, password);
  const flags = ['--type', meterType, '--address', remoteAddress, '--outstation', outstationAddress, '--serial', serialNumber];
  const read = await installation.mw('read-clock', ...flags, '--password-file', passwordFile, '--json');
  t.is(read.code, 0, `${read.stdout}${read.stderr}`);
  t.true(read.stdout.includes('SUCCESS'), read.stdout);
  const status = await installation.mw('status', '1');
  t.is(status.code, 0, status.stderr);
  t.regex(status.stdout, /SUCCESS/);
  const lines = await installation.mw('lines', '--json');
  t.regex(lines.stdout, /demo-4/);
  t.is((await installation.mw('sessions')).code, 0);
  const { checks } = await installation.operator.ready();
  t.like(checks, { meters: { status: 'ok' } });
});

test.serial('an unknown port of loopback stays out of reach', async (t) => {
  const answer = await installation.mts.call('/MTS/time-update', { ...find('ISKRA_MX37X', false), remoteAddress: '127.0.0.1:22' });
  t.deepEqual(answer, { status: 400, json: { details: 'Remote address is not allowed' } });
});

test.serial('after a kill the meters are where they were, and what was done is still told; a clean stop ends them', async (t) => {
  const before = listed();
  const token = installation.program.connect.demo?.mtsToken;
  const old = childrenOf();
  await installation.restart();
  t.deepEqual(listed(), before);
  t.is(installation.program.connect.demo?.mtsToken, token);
  t.is((await installation.mts.status(1)).result, 'SUCCESS');
  const id = await installation.mts.update(find('ISKRA_MX37X', false));
  t.true(id > 10, 'ids rise over restarts');
  t.is((await installation.mts.ended(id)).result, 'SUCCESS');
  for (const { name, pid } of old) if (name !== 'nats') t.is(identify(pid), undefined, name);
  const running = childrenOf();
  t.is((await installation.stop()).code, 0);
  for (const { name, pid } of running) t.is(identify(pid), undefined, name);
});

test('simulated meters and modems run by themselves', async (t) => {
  const meters = run('ops/cli/main.ts', ['sim', 'meters', '--count', '2', '--types', 'EDMIATLAS,ELSTERA1700', '--detached']);
  const file = join(installation.dataDir, 'bank.json');
  writeFileSync(file, JSON.stringify({ lines: [{ kind: 'tcp' }] }));
  const modems = run('ops/cli/main.ts', ['sim', 'modems', '--config', file, '--detached']);
  for (const program of [meters, modems]) {
    await until('it is ready', () => program.stdout().includes('\n'));
    t.like(JSON.parse(program.stdout()), { ready: true });
    program.kill('SIGTERM');
    t.is((await program.ended).code, 0);
  }
});
