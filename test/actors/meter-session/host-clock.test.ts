import test, { type ExecutionContext } from 'ava';
import { HostClock, type HostClockOptions, probeSntp } from '../../../actors/meter-session/index.ts';
import { parseSntpReply, sntpOffsetMs, sntpRequest } from '../../../actors/meter-session/sntp.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { realPorts } from '../../support/real-ports.ts';
import { sntpReply as reply, startSntpServer } from '../../support/sntp-server.ts';

const never = new AbortController().signal;

/** @returns the port of a time server */
const server = async (t: ExecutionContext, answer: (request: Uint8Array) => Uint8Array | undefined): Promise<number> => (await startSntpServer(t, answer)).port;

const options = (port: number, change: Partial<HostClockOptions> = {}): HostClockOptions => ({
  server: '127.0.0.1',
  port,
  intervalMs: 60_000,
  timeoutMs: 2_000,
  maxAgeMs: 600_000,
  toleranceMs: 1_000,
  ...change,
});

const COOKIE = Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8]);

test('a reply is read to the millisecond, also after the wrap of 2036', (t) => {
  for (const at of [Date.parse('2026-01-14T00:30:00.250Z'), Date.parse('2040-06-01T12:00:00.500Z')]) {
    const read = parseSntpReply(reply(sntpRequest(COOKIE), { at }), COOKIE);
    t.is(read.kind, 'time');
    if (read.kind === 'time') t.true(Math.abs(read.sentAt - at) < 1);
  }
});

test('what is no reply to this request is passed over', (t) => {
  const request = sntpRequest(COOKIE);
  t.is(parseSntpReply(reply(request, { cookie: new Uint8Array(8) }), COOKIE).kind, 'foreign');
  t.is(parseSntpReply(reply(request, { mode: 3 }), COOKIE).kind, 'foreign');
  t.is(parseSntpReply(new Uint8Array(47), COOKIE).kind, 'foreign');
});

test('a server that refuses, or is not synchronised, says nothing about the clock', (t) => {
  const request = sntpRequest(COOKIE);
  t.deepEqual(parseSntpReply(reply(request, { stratum: 0 }), COOKIE), { kind: 'fault', text: 'the server refuses: RATE' });
  t.is(parseSntpReply(reply(request, { leap: 3 }), COOKIE).kind, 'fault');
  t.is(parseSntpReply(reply(request, { stratum: 16 }), COOKIE).kind, 'fault');
});

test('the offset is taken in the middle of the exchange', (t) => {
  t.is(sntpOffsetMs({ sentAt: 1_000, receivedAt: 1_200 }, { receivedAt: 5_100, sentAt: 5_100 }), 4_000);
});

test('a probe over UDP finds how far the clock is off', async (t) => {
  const port = await server(t, (request) => reply(request, { at: Date.now() + 5_000 }));
  const found = await probeSntp({ server: '127.0.0.1', port, timeoutMs: 2_000 }, realPorts(), never);
  t.is(found.kind, 'offset');
  if (found.kind === 'offset') t.true(Math.abs(found.offsetMs - 5_000) < 500);
});

test('a server that does not answer ends the probe in time', async (t) => {
  const port = await server(t, () => undefined);
  const found = await probeSntp({ server: '127.0.0.1', port, timeoutMs: 50 }, realPorts(), never);
  t.is(found.kind, 'fault');
});

test('without a server the clock counts as right', (t) => {
  t.deepEqual(new HostClock({ options: options(1, { server: null }), ports: realPorts() }).state, { good: true });
});

test('with one it is not known to be right before the first good probe, nor when it is off', async (t) => {
  let ahead = 0;
  const changes: boolean[] = [];
  const port = await server(t, (request) => reply(request, { at: Date.now() + ahead }));
  const clock = new HostClock({ options: options(port), ports: realPorts(), onChange: (wrong) => changes.push(wrong) });
  t.false(clock.state.good);
  clock.start();
  await clock.probe();
  t.true(clock.state.good);
  ahead = 5_000;
  await clock.probe();
  t.false(clock.state.good);
  t.regex(clock.state.text ?? '', /differs from 127\.0\.0\.1 by -[45]\d\d\d ms/);
  ahead = 0;
  await clock.probe();
  t.deepEqual(changes, [false, true, false]);
  clock.stop();
});

test('a clock that was stepped since the last probe is not right', async (t) => {
  const fake = new FakeClock(Date.now());
  let stepped = 0;
  const clock = { now: () => fake.now() + stepped, monotonic: () => fake.monotonic(), after: fake.after.bind(fake), soon: fake.soon.bind(fake) };
  const port = await server(t, (request) => reply(request, { at: clock.now() }));
  const host = new HostClock({ options: options(port), ports: realPorts({ clock }) });
  host.start();
  await host.probe();
  t.true(host.state.good);
  stepped = 30_000;
  t.deepEqual(host.state, { good: false, text: 'it was stepped' });
  host.stop();
});

test('a step is not forgotten by a probe that nobody answers', async (t) => {
  const fake = new FakeClock(Date.now());
  let stepped = 0;
  let refuses = false;
  const clock = { now: () => fake.now() + stepped, monotonic: () => fake.monotonic(), after: fake.after.bind(fake), soon: fake.soon.bind(fake) };
  const port = await server(t, (request) => reply(request, refuses ? { stratum: 0 } : { at: fake.now() }));
  const host = new HostClock({ options: options(port), ports: realPorts({ clock }) });
  host.start();
  await host.probe();
  t.true(host.state.good);
  stepped = 64_000;
  refuses = true;
  await host.probe();
  t.false(host.state.good);
  host.stop();
});

test('what the clock is found to be at first is told, right or not: an alert of an earlier process may be raised', async (t) => {
  for (const ahead of [0, 5_000]) {
    const changes: boolean[] = [];
    const port = await server(t, (request) => reply(request, { at: Date.now() + ahead }));
    const host = new HostClock({ options: options(port), ports: realPorts(), onChange: (wrong) => changes.push(wrong) });
    host.start();
    await host.probe();
    await host.probe();
    t.deepEqual(changes, [ahead > 0]);
    host.stop();
  }
});

test('a server that falls silent is told once the last good probe is too old', async (t) => {
  const clock = new FakeClock(Date.now());
  let silent = false;
  const port = await server(t, (request) => reply(request, silent ? { stratum: 0 } : { at: clock.now() }));
  const changes: boolean[] = [];
  const host = new HostClock({ options: options(port, { intervalMs: 3_600_000 }), ports: realPorts({ clock }), onChange: (wrong) => changes.push(wrong) });
  host.start();
  await host.probe();
  silent = true;
  await host.probe();
  t.deepEqual(changes, [false]);
  await clock.advance(600_001);
  await host.probe();
  t.deepEqual(changes, [false, true]);
  host.stop();
});

test('an old probe counts no more', async (t) => {
  const clock = new FakeClock(Date.now());
  const port = await server(t, (request) => reply(request, { at: clock.now() }));
  const host = new HostClock({ options: options(port, { intervalMs: 3_600_000 }), ports: realPorts({ clock }) });
  host.start();
  await host.probe();
  await clock.advance(600_001);
  t.false(host.state.good);
  host.stop();
});
