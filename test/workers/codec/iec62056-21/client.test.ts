import test from 'ava';
import {
  command,
  IecClient,
  type IecClientCommand,
  type IecClientEvent,
  type IecClientOptions,
  type Telegram,
} from '../../../../workers/codec/iec62056-21/index.ts';
import { ascii, IDENT, P0, Rig, shown, wire } from './rig.ts';

type ClientRig = Rig<IecClientCommand, IecClientEvent>;

const rigOf = (options: IecClientOptions = {}): ClientRig => new Rig(new IecClient(options));
const READ = command('R1', '1.8.0()');
const answer = (data: string, terminator: 'ETX' | 'EOT' = 'ETX'): Uint8Array => wire({ type: 'answer', data, terminator });
const request = (telegram: Telegram = READ, volatile = false): IecClientCommand => ({ type: 'request', payload: wire(telegram), volatile });
const typesOf = (rig: ClientRig): string[] => rig.told().map(({ type }) => type);

/** Signed on and in programming mode, with nothing left to tell and the line clear. */
function opened(options: IecClientOptions = {}): ClientRig {
  const rig = rigOf(options).command({ type: 'open' }).hear(wire(IDENT)).wait(300).hear(P0).wait(300);
  rig.taken();
  rig.told();
  return rig;
}

test('sign-on: request, identification, option with the own Z of the meter, operand', (t) => {
  const rig = rigOf({ deviceAddress: '42', option: '6' }).command({ type: 'open' });
  t.deepEqual(rig.taken(), ['/?42!\r\n']);
  rig.hear(wire(IDENT));
  t.deepEqual(rig.taken(), []);
  rig.wait(300);
  t.deepEqual(rig.taken(), ['\x06056\r\n']);
  rig.hear(P0);
  const events = rig.told();
  t.like(events[0], { type: 'identified', identification: IDENT });
  t.deepEqual(events.slice(1), [{ type: 'opened', operand: '(1234)' }]);
  t.is(rig.deadline, null);
});

test('a wake-up is a break, a pause, and its answer is not looked at', (t) => {
  const rig = rigOf({ wakePauseMs: 1000 }).command({ type: 'open' });
  t.deepEqual(rig.taken(), ['\x01B0\x03q']);
  rig.wait(400).hear('\x15').wait(599);
  t.deepEqual(rig.taken(), []);
  t.deepEqual(rig.wait(1).taken(), ['/?!\r\n']);
});

test('the option and the character of the protocol are settings, Z too', (t) => {
  const rig = rigOf({ protocolChar: '1', baudChar: '3', option: '8' }).command({ type: 'open' }).hear(wire(IDENT)).wait(300);
  t.is(rig.taken()[1], '\x06138\r\n');
});

test('a silent sign-on is repeated from the wake-up on, then fails', (t) => {
  const rig = rigOf({ wakePauseMs: 500, retries: 1 }).command({ type: 'open' }).wait(60_000);
  t.deepEqual(rig.taken(), ['\x01B0\x03q', '/?!\r\n', '\x01B0\x03q', '/?!\r\n']);
  t.deepEqual(rig.told(), [
    { type: 'repeated', attempt: 2 },
    { type: 'failed', reason: 'no-reply' },
  ]);
});

test('an echo of the request before the identification is passed over', (t) => {
  const rig = rigOf().command({ type: 'open' }).hear('\0\x7f/?!\r\n').hear(wire(IDENT));
  t.deepEqual(typesOf(rig), ['identified']);
});

test('an identification that comes again means that the option was not taken', (t) => {
  const rig = rigOf({ retries: 1 }).command({ type: 'open' }).hear(wire(IDENT)).wait(300).hear(wire(IDENT)).wait(300);
  t.deepEqual(rig.taken().slice(1), ['\x06051\r\n', '\x06051\r\n']);
  rig.hear('\x15');
  t.like(rig.told().at(-1), { type: 'failed', reason: 'refused' });
});

test('a readout in place of the operand begins the sign-on again', (t) => {
  const rig = rigOf().command({ type: 'open' }).hear(wire(IDENT)).wait(300).hear(answer('F.F(0)\r\n!\r\n')).wait(1000);
  t.is(rig.taken().at(-1), '/?!\r\n');
});

test('a break in place of the operand is a refusal', (t) => {
  const rig = rigOf().command({ type: 'open' }).hear(wire(IDENT)).wait(300).hear('\x01B0\x03q');
  t.deepEqual(rig.told().at(-1), { type: 'failed', reason: 'refused' });
});

test('mode C readout: the option 0, the readout, and the link is closed', (t) => {
  const rig = rigOf({ option: '0' }).command({ type: 'open' }).hear(wire(IDENT)).wait(300);
  t.is(rig.taken().at(-1), '\x06050\r\n');
  rig.hear(answer('1.8.0(5*kWh)\r\n!\r\n'));
  const [, readout, closed] = rig.told();
  t.like(readout, { type: 'readout', readout: { framed: true, identification: IDENT }, leniencies: [] });
  if (readout?.type === 'readout') t.deepEqual(readout.readout.dataSets.toArray(), [{ address: '1.8.0', value: '5', unit: 'kWh' }]);
  t.deepEqual(closed, { type: 'closed' });
});

test('mode A and B: the readout follows without option, and programming may follow it', (t) => {
  for (const baudChar of ['-', 'C']) {
    const rig = rigOf({ option: '1' })
      .command({ type: 'open' })
      .hear(wire({ ...IDENT, baudChar }))
      .wait(400);
    rig.hear('1.8.0(5*kWh)\r\n').hear('!\r\n');
    t.deepEqual(rig.taken(), ['/?!\r\n']);
    t.deepEqual(typesOf(rig), ['identified', 'readout', 'opened']);
  }
});

test('a readout in blocks is gathered, each block acknowledged', (t) => {
  const rig = rigOf({ option: '0' }).command({ type: 'open' }).hear(wire(IDENT)).wait(300);
  rig.taken();
  rig.hear(answer('1(1)\r\n', 'EOT')).wait(200).hear(answer('2(2)\r\n!\r\n'));
  t.deepEqual(rig.taken(), ['\x06']);
  t.like(rig.told()[1], { type: 'readout', readout: { text: '1(1)\r\n2(2)\r\n!\r\n' } });
});

test('a readout without BCC is taken after a silence, as missing-bcc', (t) => {
  const rig = rigOf({ option: '0' }).command({ type: 'open' }).hear(wire(IDENT)).wait(300).hear('\x021(1)\r\n!\r\n\x03');
  rig.wait(1999);
  t.deepEqual(typesOf(rig), ['identified']);
  t.like(rig.wait(1).told()[0], { type: 'readout', leniencies: ['missing-bcc'] });
});

test('a damaged readout is asked for again by NAK', (t) => {
  const rig = rigOf({ option: '0' }).command({ type: 'open' }).hear(wire(IDENT)).wait(300).hear('\x021(1)!\r\n\x03\0').wait(200);
  t.is(rig.taken().at(-1), '\x15');
  t.is(rig.hear(answer('1(1)!\r\n')).told().at(-1)?.type, 'closed');
});

test('a request waits for the pause and gives the reply as octets and telegram', (t) => {
  const rig = rigOf().command({ type: 'open' }).hear(wire(IDENT)).wait(300).hear(P0);
  rig.taken();
  rig.told();
  rig.command(request()).wait(299);
  t.deepEqual(rig.taken(), []);
  t.deepEqual(rig.wait(1).taken(), [shown(wire(READ))]);
  rig.hear(answer('(5*kWh)'));
  t.like(rig.told()[0], { type: 'reply', telegram: { type: 'answer', data: '(5*kWh)' }, payload: ascii('(5*kWh)'), repeated: false });
});

test('a request at clearAtMs goes out at once', (t) => {
  const client = new IecClient();
  const rig: ClientRig = new Rig(client);
  rig.command({ type: 'open' }).hear(wire(IDENT)).wait(300).hear(P0);
  rig.taken();
  rig.wait(client.clearAtMs - rig.now).command(request());
  t.is(rig.taken().length, 1);
});

test('ACK, error and answer end a request', (t) => {
  const rig = opened();
  for (const telegram of [
    { type: 'ack' },
    { type: 'error', errorCode: 'ERR2', terminator: 'ETX' },
    { type: 'answer', data: '()', terminator: 'ETX' },
  ] as const) {
    rig.command(request()).wait(300).hear(wire(telegram));
    t.like(rig.told()[0], { type: 'reply', telegram: { type: telegram.type } });
  }
});

test('a break of the meter ends the link', (t) => {
  t.deepEqual(opened().command(request()).hear('\x01B0\x03q').told(), [{ type: 'failed', reason: 'disconnected' }]);
  t.deepEqual(opened().hear('\x01B0\x03q').told(), [{ type: 'failed', reason: 'disconnected' }]);
});

test('a NAK brings the request again, and is the reply when the repeats are used up', (t) => {
  const rig = opened({ retries: 1 }).command(request()).hear('\x15').wait(300);
  t.is(rig.taken().length, 2);
  rig.hear('\x15');
  t.like(rig.told(), [
    { type: 'repeated', attempt: 2 },
    { type: 'reply', telegram: { type: 'nak' }, repeated: true },
  ] as object);
});

test('a silent request is repeated, and its reply says so', (t) => {
  const rig = opened().command(request()).wait(10_000);
  t.is(rig.taken().length, 2);
  rig.hear(answer('(1)'));
  t.like(rig.told().at(-1), { type: 'reply', repeated: true });
});

test('a request that stays without reply fails the link', (t) => {
  const rig = opened({ retries: 2 }).command(request()).wait(60_000);
  t.is(rig.taken().length, 3);
  t.deepEqual(rig.told().at(-1), { type: 'failed', reason: 'no-reply' });
  t.is(rig.deadline, null);
  t.deepEqual(rig.command(request()).told(), [{ type: 'failed', reason: 'not-open' }]);
});

test('after an answer that may still come the line is left quiet for longer', (t) => {
  const rig = opened().command(request()).wait(10_000).hear(answer('(1)'));
  rig.taken();
  rig.hear(answer('(1)')).command(request()).wait(999);
  t.deepEqual(rig.taken(), []);
  t.is(rig.wait(1).taken().length, 1);
});

test('a damaged answer is asked for again by NAK, and the request is not sent twice', (t) => {
  const rig = opened().command(request()).hear('\x02(1)\x03\0').wait(200).hear(answer('(1)'));
  t.deepEqual(rig.taken(), [shown(wire(READ)), '\x15']);
  t.like(rig.told().at(-1), { type: 'reply', repeated: true });
});

test('a silence inside an answer is a damaged answer', (t) => {
  const rig = opened().command(request()).hear('\x02(1').wait(1999);
  t.is(rig.taken().length, 1);
  t.is(rig.wait(201).taken()[0], '\x15');
});

test('octets that go on coming are waited for beyond the reply time-out', (t) => {
  const rig = opened({ replyTimeoutMs: 1000 }).command(request());
  for (const octet of answer('(12345)')) rig.wait(900).hear(Uint8Array.of(octet));
  t.deepEqual(typesOf(rig), ['reply']);
});

test('a volatile request is never sent twice: silence leaves its outcome unknown', (t) => {
  const rig = opened()
    .command(request(command('W1', '1(2)'), true))
    .wait(60_000);
  t.is(rig.taken().length, 1);
  t.deepEqual(rig.told(), [{ type: 'unknown-outcome', reason: 'no-reply' }]);
  t.is(rig.command(request()).taken().length, 1);
});

test('a volatile request is never sent twice: a damaged answer leaves its outcome unknown', (t) => {
  const rig = opened()
    .command(request(command('W1', '1(2)'), true))
    .hear('\x02(1)\x03\0')
    .wait(60_000);
  t.is(rig.taken().length, 1);
  t.deepEqual(rig.told(), [{ type: 'unknown-outcome', reason: 'protocol-error' }]);
});

test('a volatile request is never sent twice: a NAK is its reply', (t) => {
  const rig = opened()
    .command(request(command('W1', '1(2)'), true))
    .hear('\x15')
    .wait(60_000);
  t.is(rig.taken().length, 1);
  t.like(rig.told(), [{ type: 'reply', telegram: { type: 'nak' }, repeated: false }] as object);
});

test('closing with a volatile request in the air tells its outcome unknown', (t) => {
  const rig = opened()
    .command(request(command('W1', '1(2)'), true))
    .command({ type: 'close' })
    .wait(60_000);
  t.deepEqual(rig.told(), [{ type: 'unknown-outcome', reason: 'disconnected' }, { type: 'closed' }]);
});

test('an answer in blocks is one reply; a lost block is asked for by NAK', (t) => {
  const rig = opened().command(request()).hear(answer('(1)', 'EOT')).wait(200);
  t.is(rig.taken().at(-1), '\x06');
  rig.wait(10_200);
  t.is(rig.taken().at(-1), '\x15');
  rig.hear(answer('(2)'));
  t.like(rig.told().at(-1), { type: 'reply', telegram: { data: '(1)(2)' }, repeated: true });
});

test('an answer above maxReadout fails the link, in one piece or in blocks', (t) => {
  t.like(
    opened({ maxReadout: 20 })
      .command(request())
      .hear(`\x02(${'1'.repeat(50)}`)
      .told()
      .at(-1),
    { type: 'failed', reason: 'too-large' },
  );
  const rig = opened({ maxReadout: 20 }).command(request()).hear(answer('(1111111111)', 'EOT')).wait(200).hear(answer('(1111111111)', 'EOT'));
  t.like(rig.told().at(-1), { type: 'failed', reason: 'too-large', error: { code: 'too_large' } });
});

test('an echo of what is sent is taken back, whatever it looks like', (t) => {
  const rig = rigOf({ echo: true }).command({ type: 'open' });
  rig.hear(rig.taken()[0]!).hear(wire(IDENT)).wait(300);
  rig.hear(`${rig.taken()[0]!}${shown(P0)}`).wait(300);
  rig.told();
  rig.command(request(command('W1', '1(2)')));
  const echo = rig.taken()[0]!;
  rig.hear(echo.slice(0, 3)).hear(`${echo.slice(3)}\x06`);
  t.like(rig.told()[0], { type: 'reply', telegram: { type: 'ack' } });
});

test('octets that begin like the echo and are none are not lost', (t) => {
  const rig = opened({ echo: true }).command(request(command('R1', '1()')));
  rig.hear('\x01').hear('B0\x03q');
  t.like(rig.told()[0], { type: 'failed', reason: 'disconnected' });
});

test('software parity is put on what is sent, and stripped or checked on what comes', (t) => {
  const rig = rigOf({ sevenE1: true, checkParity: true }).command({ type: 'open' });
  t.deepEqual(rig.taken(), ['\xaf\x3f\x21\x8d\x0a']);
  rig.hear(wire(IDENT)).wait(300);
  t.deepEqual(typesOf(rig), []);
  const lenient = rigOf({ sevenE1: true }).command({ type: 'open' }).hear(wire(IDENT));
  t.deepEqual(typesOf(lenient), ['identified']);
});

test('the speed changes behind the option select, and back at the end, only where asked for', (t) => {
  const rig = rigOf({ switchBaud: true }).command({ type: 'open' }).hear(wire(IDENT));
  rig.told();
  t.deepEqual(rig.wait(300).told(), [{ type: 'line-change', baud: 9600, when: 'after-send' }]);
  rig.hear(P0).command({ type: 'close' }).wait(3000);
  t.deepEqual(rig.told().slice(1), [{ type: 'closed' }, { type: 'line-change', baud: 300, when: 'before-send' }]);
  t.false(typesOf(opened()).includes('line-change'));
});

test('closing sends a break and leaves the meter its pause', (t) => {
  const rig = opened().command({ type: 'close' });
  t.deepEqual(rig.taken(), ['\x01B0\x03q']);
  t.deepEqual(rig.wait(1999).told(), []);
  t.deepEqual(rig.wait(1).told(), [{ type: 'closed' }]);
});

test('closing what is closed, or has not signed on, ends at once', (t) => {
  t.deepEqual(rigOf().command({ type: 'close' }).told(), [{ type: 'closed' }]);
  t.deepEqual(rigOf().command({ type: 'open' }).command({ type: 'close' }).told(), [{ type: 'closed' }]);
});

test('a command at a wrong moment is refused and changes nothing', (t) => {
  const rig = opened();
  t.deepEqual(rig.command({ type: 'open' }).told(), [{ type: 'failed', reason: 'busy' }]);
  rig.command(request());
  t.deepEqual(rig.command(request()).told(), [{ type: 'failed', reason: 'busy' }]);
  t.deepEqual(typesOf(rig.hear(answer('()'))), ['reply']);
  t.like(rig.command({ type: 'request', payload: ascii('rubbish') }).told()[0], { type: 'failed', reason: 'protocol-error' });
  t.is(
    rig
      .command({ type: 'fresh', payload: wire(READ) })
      .wait(300)
      .taken().length,
    2,
  );
});
