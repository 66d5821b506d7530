/** NATS is an exit, not a part: without it appointments go on, and what happened meanwhile is told later, in order. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { startNatsServer } from '../../ops/nats/index.ts';
import { RunFile } from '../../ops/process/index.ts';
import { seededMpan } from '../../ops/sim/market/seed.ts';
import { placeOf, readEvents, type SeenEvent } from '../support/process/events.ts';
import { BRISK, Installation, onOneEngine, until } from '../support/process/index.ts';

const silentLog = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const ofRequest = (events: readonly SeenEvent[], id: string): SeenEvent[] => events.filter((event) => event.subject === `appointment:${id}`);
const whatOf = (event: SeenEvent): string => /^meterwright\.appointment\.(.+)\.v1$/.exec(event.type)?.[1] ?? event.type;

/** Versions never go back, and what one step announced is counted without a gap. */
function inOrder(events: readonly SeenEvent[]): boolean {
  return events.every((event, index) => {
    const before = events[index - 1];
    if (!before) return true;
    const [[version, n], [lastVersion, lastN]] = [placeOf(event), placeOf(before)];
    return version > lastVersion || (version === lastVersion && n > lastN);
  });
}

const alone = onOneEngine(test, 'several are joined by NATS, and take no work without it');

alone('while NATS is away appointments go on and readiness is degraded; afterwards every event arrives, in order', async (t) => {
  const natsDir = mkdtempSync(join(tmpdir(), 'mw-process-nats-'));
  const server = () => startNatsServer({ dataDir: natsDir, runFile: new RunFile(natsDir), log: silentLog });
  let nats = await server();
  t.teardown(async () => {
    await nats.stop();
    rmSync(natsDir, { recursive: true, force: true });
  });
  const { user, password } = nats.credentials.engine;
  const installation = new Installation({ args: ['--nats', nats.url], settings: { ...BRISK, sim: { ...BRISK.sim, rules: [{ sequential: true }] } } });
  t.teardown(() => installation.remove());
  await installation.start({ env: { MW_NATS_USER: user, MW_NATS_PASSWORD: password } });
  const { supplier, operator } = installation;

  const first = await supplier.appoint(seededMpan(0));
  await supplier.ended(first);
  await nats.stop();
  const degraded = await until('readiness says degraded', async () => {
    const read = await operator.ready();
    return read.status === 'degraded' && read;
  });
  t.is(degraded.httpStatus, 200, 'it still takes work');
  t.is(degraded.checks.nats?.status, 'degraded');
  const away = await Promise.all([1, 2, 3, 4, 5].map((index) => supplier.appoint(seededMpan(index))));
  for (const id of away) t.is((await supplier.ended(id)).metadata.request_status, 'Success');

  nats = await server();
  const complete = (events: readonly SeenEvent[]): boolean =>
    [first, ...away].every((id) => ofRequest(events, id).some((event) => whatOf(event) === 'succeeded'));
  const events = await until('all events have arrived', async () => {
    const read = await readEvents(nats.url, natsDir);
    return complete(read) && read;
  });
  for (const id of [first, ...away]) {
    const mine = ofRequest(events, id);
    t.deepEqual(mine.map(whatOf), ['created', 'submitted', 'initial-response', 'accepted', 'active', 'succeeded']);
    t.true(inOrder(mine));
    t.is(new Set(mine.map((event) => event.id)).size, mine.length);
    t.is(mine[0]?.data.mpid, 'SUPX');
  }
  await until('readiness is good again', async () => (await operator.ready()).status === 'ok');
});

alone('our own NATS server, killed, is started again; three events of one step all arrive', async (t) => {
  const installation = await Installation.started(t);
  const { supplier, market, operator, dataDir, program } = installation;
  const children = (JSON.parse(readFileSync(join(dataDir, 'run.json'), 'utf8')) as { children: { name: string; pid: number }[] }).children;
  const nats = children.find((child) => child.name === 'nats');
  if (!nats) return t.fail('no NATS server in run.json');
  const mpan = seededMpan(10);
  // IF-036 without IF-035: its step warns, is active, and has succeeded.
  await market.rules([{ match: { mpan }, outcome: 'silent', active: {} }]);
  process.kill(nats.pid, 'SIGKILL');
  const id = await supplier.appoint(mpan);
  t.is((await supplier.ended(id)).metadata.request_status, 'Success');
  await until('NATS is back', async () => (await operator.ready()).status === 'ok');
  const events = await until('all events have arrived', async () => {
    const mine = ofRequest(await readEvents(program.connect.natsUrl ?? '', dataDir), id);
    return mine.some((event) => whatOf(event) === 'succeeded') && mine;
  });
  const last = events.slice(-3);
  t.deepEqual(last.map(whatOf), ['warning', 'active', 'succeeded']);
  t.is(new Set(last.map((event) => placeOf(event)[0])).size, 1, 'one step');
  t.true(inOrder(events));
});
