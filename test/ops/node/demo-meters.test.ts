import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { meterPresets, planMeterDemo, unknownMeters } from '../../../ops/node/demo-meters.ts';

function folder(t: ExecutionContext): string {
  const made = mkdtempSync(join(tmpdir(), 'mw-demo-'));
  t.teardown(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

test('the plan of the meters is the same at each start, for the owner alone, and another one in another folder', async (t) => {
  const dir = folder(t);
  const first = await planMeterDemo(dir);
  t.deepEqual(await planMeterDemo(dir), first);
  t.is(statSync(first.metersFile).mode & 0o777, 0o600);
  const other = await planMeterDemo(folder(t));
  t.notDeepEqual(
    other.listed.map(({ password }) => password),
    first.listed.map(({ password }) => password),
  );
});

test('when somebody took a port meanwhile, addresses move and the meters stay who they are', async (t) => {
  const dir = folder(t);
  const first = await planMeterDemo(dir);
  const server = createServer().listen(first.firstPort + 3, '127.0.0.1');
  t.teardown(() => server.close());
  await once(server, 'listening');
  const second = await planMeterDemo(dir);
  t.not(second.firstPort, first.firstPort);
  t.deepEqual(
    second.listed.map(({ serialNumber, password }) => [serialNumber, password]),
    first.listed.map(({ serialNumber, password }) => [serialNumber, password]),
  );
});

test('every clock is off by more than is left alone and by less than a quarter of an hour', (t) => {
  for (const { clock } of unknownMeters().meters) {
    const off = Math.abs(clock?.offsetSeconds ?? 0);
    t.true(off >= 30 && off <= 300, String(off));
  }
});

test('the engine may reach the meters and nothing else of loopback, by two modems at TCP ports and two at pseudo terminals', (t) => {
  const demo = unknownMeters();
  const { links, lines, session } = meterPresets(demo) as {
    links: { tcp: { allow: readonly string[] } };
    lines: { modems: readonly { kind: string }[] };
    session: { guards: { boundary: { withinSeconds: number } } };
  };
  t.deepEqual(links.tcp.allow, [`127.0.0.1/32 ${demo.firstPort}-${demo.firstPort + 9}`]);
  t.deepEqual(
    lines.modems.map(({ kind }) => kind),
    ['tcp', 'tcp', 'serial', 'serial'],
  );
  t.is(session.guards.boundary.withinSeconds, 0);
});
