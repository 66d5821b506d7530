import test, { type ExecutionContext } from 'ava';
import type { LineOptions } from '../../../../actors/line/index.ts';
import { realClock } from '../../../support/real-ports.ts';
import { lineOptions, NEVER, readOctets, request, startPool, startWorld, type World, type WorldSetup } from '../rig.ts';
import { type ServerHow, startTerminalServer, type TerminalServer } from './server.ts';

const ALL = Uint8Array.from({ length: 256 }, (_, code) => code);

interface Setup extends WorldSetup {
  readonly how?: ServerHow;
  readonly telnet?: Partial<LineOptions>;
}

/** A pool whose only line goes through a terminal server to the bank's modem. */
async function world(t: ExecutionContext, { how, telnet, ...setup }: Setup = {}): Promise<World & { readonly server: TerminalServer }> {
  const behind = await startWorld(t, setup);
  const server = await startTerminalServer(behind.bank.lines[0]?.tcpPort ?? 0, how);
  t.teardown(() => server.stop());
  const line = lineOptions({ id: 'telnet', kind: 'rfc2217', host: '127.0.0.1', port: server.port, ...telnet });
  return { ...behind, ...startPool(t, { modems: [line], failuresBeforeRest: 1 }), server };
}

test('speed, data bits, parity, stop bits, flow control, DTR and RTS are set before the dialogue', async (t) => {
  const { pool, server } = await world(t);
  await (await pool.open(request(), NEVER)).close();
  t.deepEqual(server.commands.slice(0, 7), ['1: 00002580', '2: 08', '3: 01', '4: 01', '5: 01', '5: 08', '5: 0b']);
});

test('a line whose UART follows comsSettings is set to 7E1', async (t) => {
  const { pool, server } = await world(t, { telnet: { uartFollowsComs: true, baud: 2_400 } });
  await (await pool.open(request({ settings: { dataBits: 7, parity: 'even', stopBits: 1 } }), NEVER)).close();
  t.deepEqual(server.commands.slice(0, 4), ['1: 00000960', '2: 07', '3: 03', '4: 01']);
});

test('every octet passes both ways, FF among them', async (t) => {
  const { pool, meter } = await world(t);
  const link = await pool.open(request(), NEVER);
  await link.write(ALL);
  t.deepEqual(await readOctets(link, 256), Buffer.from(ALL));
  t.deepEqual(meter.received(), Buffer.from(ALL));
  await link.close();
});

test('a line that hangs up by DTR lowers and raises it, and the modem says OK', async (t) => {
  const { pool, server, watch } = await world(t, { telnet: { hangUp: 'dtr' }, bank: { lines: [{ kind: 'tcp' }] } });
  const link = await pool.open(request(), NEVER);
  server.commands.length = 0;
  await link.close();
  t.deepEqual(
    server.commands.filter((command) => command.startsWith('5')),
    ['5: 09', '5: 08'],
  );
  t.like(await watch.until((view) => view.state === 'free'), { failures: 0 });
});

test('a server that does not speak RFC 2217 is a fault of the line', async (t) => {
  const { pool } = await world(t, { how: { refuses: true } });
  await t.throwsAsync(pool.open(request(), NEVER), {
    code: 'no_line',
    message: 'line telnet: the port cannot be opened: the terminal server does not speak RFC 2217',
  });
});

test('a server that sets another speed than asked for is a fault of the line', async (t) => {
  const { pool } = await world(t, { how: { sets: { 1: [0, 0, 4, 0xb0] } } });
  await t.throwsAsync(pool.open(request(), NEVER), { code: 'no_line', message: /baud: the terminal server set another value/ });
});

test('DCD that falls ends the call', async (t) => {
  const { pool, server } = await world(t, { telnet: { watchCarrier: true } });
  const link = await pool.open(request(), NEVER);
  t.true(server.commands.includes('11: 80'));
  server.send(Buffer.from('fffa2c6b80fff0', 'hex'));
  server.send(Buffer.from('fffa2c6b08fff0', 'hex'));
  await t.throwsAsync(link.read(realClock.monotonic() + 5_000), { code: 'lost', message: 'call lost: carrier dropped' });
  await link.close();
});

test('while the server holds us up, octets wait, and go out in order afterwards', async (t) => {
  const { pool, server, meter } = await world(t);
  const link = await pool.open(request(), NEVER);
  server.send(Buffer.from('fffa2c6cfff041', 'hex'));
  await readOctets(link, 1);
  const writes = Promise.all([link.write(Buffer.from('one ')), link.write(Buffer.from('two'))]);
  t.is(meter.received().length, 0);
  server.send(Buffer.from('fffa2c6dfff0', 'hex'));
  await writes;
  t.is((await readOctets(link, 7)).toString(), 'one two');
  await link.close();
});
