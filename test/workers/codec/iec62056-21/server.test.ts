import test from 'ava';
import { command, IecServer, type IecServerCommand, type IecServerEvent, type IecServerOptions } from '../../../../workers/codec/iec62056-21/index.ts';
import { IDENT, Rig, shown, wire } from './rig.ts';

type ServerRig = Rig<IecServerCommand, IecServerEvent>;

const rigOf = (options: Partial<IecServerOptions> = {}): ServerRig => new Rig(new IecServer({ identification: IDENT, ...options }));

function inSession(options: Partial<IecServerOptions> = {}): ServerRig {
  const rig = rigOf(options).hear('/?!\r\n').hear('\x06051\r\n');
  rig.taken();
  rig.told();
  return rig;
}

const READ = wire(command('R1', '1.8.0()'));

test('a request with the own address or none is identified, one for another meter is met with silence', (t) => {
  const rig = rigOf({ deviceAddress: '0042' });
  t.deepEqual(rig.hear('/?43!\r\n').taken(), []);
  for (const address of ['', '42', '0042']) t.deepEqual(rig.hear(`/?${address}!\r\n`).taken(), [shown(wire(IDENT))]);
});

test('the option is told, and P0 is the application’s answer', (t) => {
  const rig = rigOf().hear('/?!\r\n').hear('\x06').hear('056\r\n');
  t.deepEqual(rig.told().slice(1), [{ type: 'selected', protocolChar: '0', baudChar: '5', optionChar: '6', byDefault: false }]);
  rig.taken();
  t.deepEqual(rig.command({ type: 'reply', telegram: command('P0', '(12)') }).taken(), [shown(wire(command('P0', '(12)')))]);
});

test('modes A and B ask for the readout without an option', (t) => {
  const rig = rigOf({ identification: { ...IDENT, baudChar: 'C' } }).hear('/?!\r\n');
  t.like(rig.told()[1], { type: 'selected', optionChar: '0', byDefault: true });
});

test('without an option in time the readout is given, where so set', (t) => {
  const rig = rigOf({ readoutAfterMs: 1500 }).hear('/?!\r\n').wait(1500);
  t.like(rig.told()[1], { type: 'selected', optionChar: '0', byDefault: true });
});

test('a command goes to the application, and its reply to the line', (t) => {
  const rig = inSession().hear(READ);
  t.like(rig.told()[0], { type: 'command', telegram: { command: 'R1', data: '1.8.0()' } });
  t.deepEqual(rig.command({ type: 'reply', telegram: { type: 'ack' } }).taken(), ['\x06']);
});

test('a NAK brings the last telegram again, and not the command', (t) => {
  const rig = inSession()
    .hear(READ)
    .command({ type: 'reply', telegram: { type: 'ack' } });
  rig.told();
  rig.taken();
  t.deepEqual(rig.hear('\x15').taken(), ['\x06']);
  t.deepEqual(rig.told(), []);
});

test('a damaged command is answered by NAK', (t) => {
  const rig = inSession().hear('\x01R1\x021()\x03\0');
  t.like(rig.told()[0], { type: 'damaged', error: { code: 'bad_bcc' } });
  t.deepEqual(rig.taken(), ['\x15']);
});

test('an answer in blocks waits for each ACK', (t) => {
  const rig = inSession()
    .hear(READ)
    .command({ type: 'reply-blocks', blocks: ['(1)', '(2)'] });
  rig.told();
  const first = shown(wire({ type: 'answer', data: '(1)', terminator: 'EOT' }));
  t.deepEqual(rig.taken(), [first]);
  t.deepEqual(rig.hear('\x15').taken(), [first]);
  t.deepEqual(rig.hear('\x06').taken(), [shown(wire({ type: 'answer', data: '(2)', terminator: 'ETX' }))]);
  t.deepEqual(rig.told(), [{ type: 'delivered' }]);
});

test('a command in blocks is acknowledged block by block and told once', (t) => {
  const rig = inSession().hear(wire(command('W3', '1(2)', 'EOT')));
  t.deepEqual(rig.taken(), ['\x06']);
  rig.hear(wire({ type: 'answer', data: '(3)', terminator: 'ETX' }));
  t.like(rig.told(), [{ type: 'command', telegram: { command: 'W3', data: '1(2)(3)' } }] as object);
});

test('a command above maxCommand is damaged', (t) => {
  const rig = inSession({ maxCommand: 20 })
    .hear(wire(command('W3', '1(1111111111)', 'EOT')))
    .hear(wire({ type: 'answer', data: '(1111111111)', terminator: 'ETX' }));
  t.like(rig.told()[0], { type: 'damaged', error: { code: 'too_large' } });
});

test('a break, a silence and hanging up end the session', (t) => {
  t.deepEqual(inSession().hear('\x01B0\x03q').told(), [{ type: 'break' }]);
  t.deepEqual(inSession({ inactivityMs: 60_000 }).wait(60_000).told(), [{ type: 'timed-out' }]);
  const rig = inSession().command({ type: 'hang-up' });
  t.deepEqual(rig.taken(), ['\x01B0\x03q']);
  t.deepEqual(rig.command({ type: 'reply', telegram: { type: 'ack' } }).told(), [{ type: 'failed', reason: 'not-open' }]);
});

test('a reply that cannot be coded is told to the application', (t) => {
  t.like(
    inSession()
      .command({ type: 'reply', telegram: { type: 'answer', data: '\x03', terminator: 'ETX' } })
      .told()[0],
    {
      type: 'failed',
      reason: 'protocol-error',
    },
  );
});

test('parity and speed follow the settings', (t) => {
  const rig = rigOf({ sevenE1: true, switchBaud: true }).hear('/?!\r\n');
  t.is(rig.taken()[0]?.charCodeAt(0), 0xaf);
  t.deepEqual(rig.hear('\x06051\r\n').told()[1], { type: 'line-change', baud: 9600, when: 'before-send' });
  t.deepEqual(rig.hear('\x01B0\x03q').told().at(-1), { type: 'line-change', baud: 300, when: 'after-send' });
});
