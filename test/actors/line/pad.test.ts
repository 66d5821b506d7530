/** PAKNET addresses through a line with a simulated pad (meter-protocols 3.3). */
import test, { type ExecutionContext } from 'ava';
import { createDialogue } from '../../../actors/dialogue/index.ts';
import type { LineOptions } from '../../../actors/line/index.ts';
import { type LinkRequest, parseRemoteAddress } from '../../../actors/link/index.ts';
import { startMeters } from '../../../ops/sim/meters/index.ts';
import { startMeter } from '../../ops/sim/modems/rig.ts';
import { realClock } from '../../support/real-ports.ts';
import { profileOf, within } from '../dialogue/scripted.ts';
import { startTerminalServer } from './rfc2217/server.ts';
import { lineOptions, NEVER, NUMBER, readOctets, request, startPool, startWorld, type World, type WorldSetup } from './rig.ts';

const ALL = Uint8Array.from({ length: 256 }, (_, code) => code);
const QUICK_PAD = { commandTimeoutMs: 300, commandTries: 2, callTimeoutMs: 5_000, postConnectMs: 20, clearQuietMs: 60 } as const;
const X28 = { ...lineOptions({ id: 'a', kind: 'tcp' }).x28, ...QUICK_PAD };
const soon = () => realClock.monotonic() + 5_000;

const call = (change: Partial<LinkRequest> = {}): LinkRequest =>
  request({ address: { kind: 'paknet', digits: NUMBER, canonical: `paknet:${NUMBER}` }, ...change });

interface PadSetup extends WorldSetup {
  readonly x28?: Partial<LineOptions['x28']>;
}

/** One pad behind a TCP port, in the group `pads`. */
function padWorld(t: ExecutionContext, { x28, line, bank, ...setup }: PadSetup = {}): Promise<World> {
  return startWorld(t, {
    ...setup,
    bank: { lines: [{ kind: 'tcp', dialogue: 'x28' }], ...bank },
    line: { group: 'pads', dialogue: 'x28', x28: { ...X28, ...x28 }, ...line },
  });
}

test('every octet passes both ways, and close ends the call before it resolves', async (t) => {
  const { pool, bank, meter, watch } = await padWorld(t);
  const link = await pool.open(call(), NEVER);
  t.is(link.kind, 'paknet');
  await link.write(ALL);
  t.deepEqual(await readOctets(link, 256), Buffer.from(ALL));
  t.deepEqual(meter.received(), Buffer.from(ALL));
  await link.close();
  t.is(bank.callsNow, 0);
  t.like(bank.calls[0], { number: NUMBER, end: 'disconnected' });
  t.like(await watch.until((view) => view.state === 'free' && view.calls === 1), { failures: 0, connected: 1 });
});

test('a pad that obeys DLE is cleared by it, the connection left alone until then', async (t) => {
  const { pool, bank } = await padWorld(t, { x28: { withoutDtr: 'clear', parameters: 'SET1:1;2:0;3:0;4:10;5:0;6:5' } });
  const link = await pool.open(call(), NEVER);
  await link.write(Buffer.from('x'));
  await readOctets(link, 1);
  await link.close();
  t.like(bank.calls[0], { end: 'hung-up' });
});

test('a port with DTR hangs up by it', async (t) => {
  const { bank } = await padWorld(t);
  const server = await startTerminalServer(bank.lines[0]?.tcpPort ?? 0, { command: (name, [value]) => name === 5 && value === 9 && bank.dropDtr(0) });
  t.teardown(() => server.stop());
  const line = lineOptions({ id: 'telnet', kind: 'rfc2217', host: '127.0.0.1', port: server.port, dialogue: 'x28', x28: X28 });
  const { pool, watch } = startPool(t, { modems: [line] });
  const link = await pool.open(call(), NEVER);
  await link.close();
  t.like(bank.calls[0], { end: 'dtr' });
  t.like(await watch.until((view) => view.state === 'free' && view.calls === 1), { failures: 0 });
});

for (const [fault, code, message] of [
  ['busy', 'busy', 'pad: CLR OCC'],
  ['no-answer', 'no_answer', 'pad: CLR DER'],
  ['no-carrier', 'no_carrier', 'pad: CLR NC'],
] as const) {
  test(`${message} fails the opening with ${code}, and the line can be used again`, async (t) => {
    const { pool, bank, meter } = await padWorld(t, { entry: { fault } });
    await t.throwsAsync(pool.open(call(), NEVER), { code, message });
    bank.setNumber(NUMBER, { port: meter.port });
    await (await pool.open(call(), NEVER)).close();
  });
}

test('a pad that does not answer is a fault of the line', async (t) => {
  const { pool, watch } = await padWorld(t, { bank: { lines: [{ kind: 'tcp', dialogue: 'x28', deaf: true }] }, lines: { failuresBeforeRest: 1 } });
  await t.throwsAsync(pool.open(call(), NEVER), { code: 'modem_fault', message: 'pad: no answer to CR' });
  t.like(await watch.until((view) => view.state === 'resting'), { failures: 1, lastFailure: 'pad: no answer to CR' });
});

test('a call that the far end clears is lost once what came before has been read', async (t) => {
  const meter = await startMeter((_octets, socket) => {
    socket.end('bye');
    return null;
  });
  const { pool } = await padWorld(t, { meter });
  const link = await pool.open(call(), NEVER);
  await link.write(Buffer.from('x'));
  await readOctets(link, 'bye\r\nCLR DTE 000\r\n*'.length);
  await t.throwsAsync(link.read(soon()), { code: 'lost', message: 'call lost: CLR DTE 000' });
  await link.close();
});

test('a clear indication while a frame is being read is data', async (t) => {
  const text = '\r\nCLR DTE 000\r\n';
  const meter = await startMeter(() => Buffer.from(text));
  const { pool } = await padWorld(t, { meter });
  const link = await pool.open(call(), NEVER);
  link.idle?.(false);
  await link.write(Buffer.from('x'));
  await readOctets(link, text.length);
  t.is(await link.read(realClock.monotonic() + 250), 'timeout');
  await link.close();
});

test('pads take PAKNET addresses and no telephone numbers; modems the other way round', async (t) => {
  const { pool } = await padWorld(t);
  t.is(pool.groupOf({ kind: 'paknet', canonical: 'paknet:1234' }), 'pads');
  await t.throwsAsync(pool.open(request(), NEVER), { code: 'no_line', message: 'no modem line in group default' });
  const mixedUp = await padWorld(t, { line: { group: 'default' } });
  await t.throwsAsync(mixedUp.pool.open(request(), NEVER), { code: 'no_line', message: 'no modem line in group default' });
  const modems = await startWorld(t);
  await t.throwsAsync(modems.pool.open(call(), NEVER), { code: 'no_line', message: 'no PAKNET pad in group paknet' });
});

test('the clock of a meter is set through a pad', async (t) => {
  const farm = await startMeters({ controlPort: null }, [
    { meterType: 'ELSTERA1700', serialNumber: 'K98D12345', password: 'FEDC0003', clock: { offsetSeconds: 90 } },
  ]);
  t.teardown(() => farm.stop());
  const { pool, bank } = await padWorld(t, { entry: { port: farm.meters[0]?.port ?? 0 } });
  const address = parseRemoteAddress(`PAKNET:${NUMBER}`);
  if (address.kind !== 'paknet') throw new Error(address.kind);
  const link = await pool.open(call({ address }), NEVER);
  const dialogue = createDialogue({
    profile: profileOf('ELSTERA1700'),
    link,
    clock: realClock,
    reopen: () => pool.open(call(), NEVER),
    password: 'FEDC0003',
    services: { meterKeys: async () => undefined, reserveCounters: async () => ({ from: 1, count: 1 }), random: (count) => new Uint8Array(count) },
  });
  const limits = within(10_000);
  await dialogue.signOn(limits);
  await dialogue.logIn(limits);
  t.regex(await dialogue.readSerial(limits), /K98D12345/);
  await dialogue.writeClock(() => Date.now(), limits);
  const { meterAt } = await dialogue.readClock(limits);
  t.true(Math.abs(meterAt - Date.now()) < 10_000);
  await dialogue.logOff(limits);
  await link.close();
  t.is(farm.records()[0]?.outcome, 'applied');
  t.like(bank.calls[0], { end: 'disconnected' });
});
