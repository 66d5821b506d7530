import test from 'ava';
import { LinkError } from '../../../actors/link/link.ts';
import { startMeter } from '../../ops/sim/modems/rig.ts';
import { realClock } from '../../support/real-ports.ts';
import { NEVER, NUMBER, readOctets, request, startWorld } from './rig.ts';

const ALL = Uint8Array.from({ length: 256 }, (_, code) => code);
const soon = () => realClock.monotonic() + 5_000;

test('over TCP every octet passes both ways, and close hangs up before it resolves', async (t) => {
  const { pool, bank } = await startWorld(t);
  const link = await pool.open(request(), NEVER);
  t.is(link.kind, 'modem');
  t.is(link.bitsPerSecond, 9_600);
  await link.write(ALL);
  t.deepEqual(await readOctets(link, 256), Buffer.from(ALL));
  t.is(link.octetsIn, 256);
  t.is(link.octetsOut, 256);
  await link.close();
  t.is(bank.callsNow, 0);
  t.like(bank.calls[0], { number: NUMBER, end: 'hung-up' });
});

test('a modem that answers in numbers and echoes is dialled as well', async (t) => {
  const { pool } = await startWorld(t, { bank: { lines: [{ kind: 'tcp', verbose: false, echo: true }] }, line: { initCommands: ['ATS0=0E1V0'] } });
  const link = await pool.open(request(), NEVER);
  await link.write(ALL);
  t.deepEqual(await readOctets(link, 256), Buffer.from(ALL));
  await link.close();
});

test('stamps are of both clocks, the octets sent before those received', async (t) => {
  const { pool } = await startWorld(t);
  const link = await pool.open(request(), NEVER);
  const { sentAt } = await link.write(ALL);
  const received = await link.read(soon());
  t.true(received !== 'timeout' && received.firstAt.monotonicMs >= sentAt.monotonicMs - 1);
  t.true(Math.abs(sentAt.wallMs - Date.now()) < 10_000);
  await link.close();
});

test('7E1 is made in software: the far end sees good parity, and we get seven bits', async (t) => {
  const { pool, bank, meter } = await startWorld(t, { entry: { farParity: 'even' } });
  const link = await pool.open(request({ settings: { dataBits: 7, parity: 'even', stopBits: 1 } }), NEVER);
  await link.write(ALL.subarray(0, 128));
  t.deepEqual(await readOctets(link, 128), Buffer.from(ALL.subarray(0, 128)));
  t.deepEqual(meter.received(), Buffer.from(ALL.subarray(0, 128)));
  t.is(bank.calls[0]?.parityErrors, 0);
  await link.close();
});

const FAILURES = [
  ['busy', 'busy', 'modem: BUSY'],
  ['no-carrier', 'no_carrier', 'modem: NO CARRIER'],
  ['no-answer', 'no_answer', 'modem: NO ANSWER'],
  ['no-dialtone', 'no_dialtone', 'modem: NO DIALTONE'],
] as const;

for (const [fault, code, message] of FAILURES) {
  test(`${message} fails the opening with ${code}, and the line can be used again`, async (t) => {
    const { pool, bank, meter } = await startWorld(t, { entry: { fault } });
    await t.throwsAsync(pool.open(request(), NEVER), { instanceOf: LinkError, code, message });
    bank.setNumber(NUMBER, { port: meter.port });
    const link = await pool.open(request(), NEVER);
    await link.close();
  });
}

test('no CONNECT within the time of the request fails with connect_timeout, and the dial is broken off', async (t) => {
  const { pool, bank } = await startWorld(t, { entry: { fault: 'silent' } });
  await t.throwsAsync(pool.open(request({ connectTimeoutMs: 900 }), NEVER), { code: 'connect_timeout' });
  t.is((await bank.ended(() => true)).end, 'broken-off');
});

test('an abort while dialling fails at once with aborted, and the dial is broken off', async (t) => {
  const { pool, bank, watch } = await startWorld(t, { bank: { connectMs: 60_000 } });
  const stop = new AbortController();
  const opening = pool.open(request(), stop.signal);
  await bankHasDialled(bank);
  stop.abort();
  await t.throwsAsync(opening, { code: 'aborted' });
  t.is((await bank.ended(() => true)).end, 'broken-off');
  await watch.until((view) => view.state === 'free');
});

async function bankHasDialled(bank: { readonly calls: readonly unknown[] }): Promise<void> {
  while (bank.calls.length === 0) await new Promise(setImmediate);
}

test('abort ends a read that waits, and the modem is hung up', async (t) => {
  const { pool, bank } = await startWorld(t);
  const link = await pool.open(request(), NEVER);
  const reading = link.read(soon());
  link.abort('cancelled');
  await t.throwsAsync(reading, { code: 'aborted', message: 'cancelled' });
  await t.throwsAsync(async () => link.write(ALL), { code: 'aborted' });
  t.is((await bank.ended(() => true)).end, 'hung-up');
  await link.close();
  await link.close();
});

test('a call that drops is lost once what came before has been read', async (t) => {
  const { pool, watch } = await startWorld(t, { entry: { dropAfterOctets: 300 } });
  const link = await pool.open(request(), NEVER);
  await link.write(ALL);
  const came = await readOctets(link, 44 + '\r\nNO CARRIER\r\n'.length);
  t.deepEqual(came.subarray(0, 44), Buffer.from(ALL.subarray(0, 44)));
  await t.throwsAsync(link.read(soon()), { code: 'lost' });
  await t.throwsAsync(async () => link.write(ALL), { code: 'lost' });
  await link.close();
  await watch.until((view) => view.state === 'free' && view.calls === 1);
});

test('a meter that hangs up ends the call', async (t) => {
  const meter = await startMeter((_octets, socket) => {
    socket.end();
    return null;
  });
  const { pool } = await startWorld(t, { meter });
  const link = await pool.open(request(), NEVER);
  await link.write(Buffer.from('x'));
  await readOctets(link, '\r\nNO CARRIER\r\n'.length);
  await t.throwsAsync(link.read(soon()), { code: 'lost' });
  await link.close();
});

test('NO CARRIER within the data of a meter is data', async (t) => {
  const text = '\x02log:\r\nNO CARRIER\r\nend\x03';
  const meter = await startMeter(() => Buffer.from(text));
  const { pool } = await startWorld(t, { meter });
  const link = await pool.open(request(), NEVER);
  await link.write(Buffer.from('x'));
  t.is((await readOctets(link, text.length)).toString(), text);
  t.is(await link.read(realClock.monotonic() + 300), 'timeout');
  await link.write(Buffer.from('y'));
  t.is((await readOctets(link, text.length)).toString(), text);
  await link.close();
});

test('NO CARRIER between two silences is data while the reader holds a part of a frame', async (t) => {
  const text = '\r\nNO CARRIER\r\n';
  const meter = await startMeter(() => Buffer.from(text));
  const { pool } = await startWorld(t, { meter });
  const link = await pool.open(request(), NEVER);
  link.idle?.(false);
  await link.write(Buffer.from('x'));
  await readOctets(link, text.length);
  t.is(await link.read(realClock.monotonic() + 250), 'timeout');
  link.idle?.(true);
  await link.write(Buffer.from('y'));
  await readOctets(link, text.length);
  await t.throwsAsync(link.read(soon()), { code: 'lost' });
  await link.close();
});

test('close does not wait for a dead modem beyond its time; the line hangs up without the session, and is free only afterwards', async (t) => {
  const { pool, bank, watch } = await startWorld(t, { lines: { closeWaitMs: 100, hangUpRetryMs: 1 } });
  const link = await pool.open(request(), NEVER);
  bank.setDeaf(0, true);
  const since = realClock.monotonic();
  await link.close();
  const tookMs = realClock.monotonic() - since;
  t.true(tookMs >= 95, `${tookMs}`);
  t.like(pool.lines()[0], { state: 'hanging-up', owner: 'action:1' });
  t.deepEqual(pool.load('default'), { lines: 1, free: 0, waiting: 0 });
  await watch.until((view) => view.state === 'resting');
  bank.setDeaf(0, false);
  t.like(await watch.until((view) => view.state === 'free' && view.calls === 1), { owner: null });
  t.deepEqual(new Set(watch.states('line0')), new Set(['dialling', 'in-call', 'hanging-up', 'resting', 'probing', 'pausing', 'free']));
  t.is(bank.callsNow, 0);
});

test('a meter that sends for ever is cut off, and hung up', async (t) => {
  const meter = await startMeter(() => Buffer.alloc(4_096, 0x55));
  const { pool, bank } = await startWorld(t, { meter, lines: { maxUnreadOctets: 2_048 } });
  const link = await pool.open(request(), NEVER);
  await link.write(Buffer.from('x'));
  t.is((await bank.ended(() => true)).end, 'hung-up');
  await t.throwsAsync(link.read(soon()), { code: 'flooded' });
  await link.close();
});

test('when the connection to the terminal server breaks in a call, it is opened again to hang up', async (t) => {
  const meter = await startMeter();
  const { pool, bank, watch } = await startWorld(t, { meter, bank: { lines: [{ kind: 'tcp', keepsCall: true }] } });
  const link = await pool.open(request(), NEVER);
  bank.disconnect(0);
  await t.throwsAsync(link.read(soon()), { code: 'lost' });
  t.is((await bank.ended(() => true)).end, 'hung-up');
  await link.close();
  t.like(await watch.until((view) => view.state === 'free' && view.calls === 1), { failures: 0 });
});

test('stopping the pool hangs up every call before it resolves', async (t) => {
  const { pool, bank } = await startWorld(t, { bank: { lines: [{ kind: 'tcp' }, { kind: 'tcp' }] } });
  const links = await Promise.all([pool.open(request(), NEVER), pool.open(request(), NEVER)]);
  await pool.stop();
  t.is(bank.callsNow, 0);
  t.deepEqual(
    bank.calls.map((call) => call.end),
    ['hung-up', 'hung-up'],
  );
  for (const link of links) await t.throwsAsync(link.read(soon()), { code: 'aborted' });
  await t.throwsAsync(pool.open(request(), NEVER), { code: 'no_line' });
});
