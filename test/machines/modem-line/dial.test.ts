import test from 'ava';
import { Rig } from './rig.ts';

test('a call begins with silence, escape, ATH, ATZ and the init commands, then dials', (t) => {
  const rig = new Rig();
  rig.connect();
  t.deepEqual(rig.sent, ['+++', 'ATH', 'ATZ', 'ATS0=0E0V1', 'ATD07777000000']);
  t.deepEqual(rig.events, [{ type: 'connected', bitsPerSecond: 9600 }]);
});

test('nothing is sent within the guard time before +++ and after it', (t) => {
  const rig = new Rig();
  rig.command({ type: 'dial', number: '1234' });
  rig.advance(999);
  t.deepEqual(rig.sent, []);
  rig.advance(1);
  t.deepEqual(rig.sent, ['+++']);
  rig.advance(1_599);
  t.deepEqual(rig.sent, ['+++']);
  rig.advance(1);
  t.deepEqual(rig.sent.slice(0, 2), ['+++', 'ATH']);
});

test('an OK to +++ ends the wait for it', (t) => {
  const rig = new Rig({}, { '+++': '\r\nOK\r\n' });
  rig.command({ type: 'dial', number: '1234' });
  rig.advance(1_100);
  t.is(rig.sent[1], 'ATH');
});

test('bearer and port rate follow the init commands; prefix and T precede the number', (t) => {
  const rig = new Rig(
    { bearerCommand: 'AT+CBST=71,0,1', portRate: 9600, dialPrefix: '9,', tone: true },
    { 'AT+CBST=71,0,1': '\r\nOK\r\n', 'AT+IPR=9600': '\r\nOK\r\n', 'ATDT9,0777,12': '\r\nCONNECT\r\n' },
  );
  rig.command({ type: 'dial', number: '0777,12' });
  rig.finish();
  t.deepEqual(rig.sent.slice(-3), ['AT+CBST=71,0,1', 'AT+IPR=9600', 'ATDT9,0777,12']);
  t.deepEqual(rig.events, [{ type: 'connected', bitsPerSecond: undefined }]);
});

const FAILURES = [
  ['BUSY', '\r\nBUSY\r\n', 'busy'],
  ['NO CARRIER', '\r\nNO CARRIER\r\n', 'no_carrier'],
  ['NO DIALTONE', '\r\nNO DIALTONE\r\n', 'no_dialtone'],
  ['NO DIAL TONE', '\r\nNO DIAL TONE\r\n', 'no_dialtone'],
  ['NO ANSWER', '\r\nNO ANSWER\r\n', 'no_answer'],
  ['ERROR', '\r\nERROR\r\n', 'modem_fault'],
  ['+CME ERROR: 30', '\r\n+CME ERROR: 30\r\n', 'modem_fault'],
  ['numeric 3', '3\r', 'no_carrier'],
  ['numeric 4', '4\r', 'modem_fault'],
  ['numeric 6', '6\r', 'no_dialtone'],
  ['numeric 7', '7\r', 'busy'],
  ['numeric 8', '8\r', 'no_answer'],
] as const;

for (const [name, answer, reason] of FAILURES) {
  test(`${name} to the dial command fails the call with ${reason}, and the line is hung up`, (t) => {
    const rig = new Rig({}, { ATD1234: answer });
    rig.command({ type: 'dial', number: '1234' });
    rig.finish();
    t.like(rig.events[0], { type: 'failed', reason });
    t.deepEqual(rig.events.slice(1), [{ type: 'hung-up', clean: true }]);
    t.deepEqual(rig.sent.slice(-2), ['ATH', 'ATZ']);
  });
}

test('numeric answers and echo are understood', (t) => {
  const rig = new Rig({}, { ATH: 'ATH\r0\r', ATZ: 'ATZ\r0\r', 'ATS0=0E0V1': 'ATS0=0E0V1\r0\r', ATD1234: 'ATD1234\r1\r' });
  rig.command({ type: 'dial', number: '1234' });
  rig.finish();
  t.deepEqual(rig.events, [{ type: 'connected', bitsPerSecond: undefined }]);
});

test('RING and unknown lines between dial and CONNECT change nothing', (t) => {
  const rig = new Rig({}, { ATD1234: '\r\nRING\r\n2\r\r\nDIALING\r\n\r\nCONNECT 2400/ARQ/V22bis\r\n' });
  rig.command({ type: 'dial', number: '1234' });
  rig.finish();
  t.deepEqual(rig.events, [{ type: 'connected', bitsPerSecond: 2400 }]);
});

test('an answer with parity bits and cut into single octets is understood', (t) => {
  const rig = new Rig({}, { ATD1234: '' });
  rig.command({ type: 'dial', number: '1234' });
  rig.advance(5_000);
  for (const char of '\r\nCONNECT 1200\r\n') rig.receive(String.fromCharCode(char.charCodeAt(0) | 0x80));
  rig.finish();
  t.deepEqual(rig.events, [{ type: 'connected', bitsPerSecond: 1200 }]);
});

test('a line longer than any answer is dropped whole', (t) => {
  const rig = new Rig({}, { ATD1234: `${'x'.repeat(100_000)}BUSY\r\n\r\nCONNECT\r\n` });
  rig.command({ type: 'dial', number: '1234' });
  rig.finish();
  t.deepEqual(rig.types, ['connected']);
});

test('a command without answer is sent three times, five seconds each', (t) => {
  const rig = new Rig({}, { ATZ: ['', '', '\r\nOK\r\n'] });
  rig.connect();
  t.is(rig.sent.filter((sent) => sent === 'ATZ').length, 3);
  t.deepEqual(rig.types, ['connected']);
});

test('a command that gets ERROR is tried again', (t) => {
  const rig = new Rig({}, { ATH: ['\r\nERROR\r\n', '\r\nOK\r\n'] });
  rig.connect();
  t.deepEqual(rig.sent.slice(0, 4), ['+++', 'ATH', 'ATH', 'ATZ']);
});

test('NO CARRIER to ATH counts as on hook when no OK follows', (t) => {
  const rig = new Rig({}, { ATH: '\r\nNO CARRIER\r\n' });
  rig.connect();
  t.is(rig.sent.filter((sent) => sent === 'ATH').length, 1);
  t.deepEqual(rig.types, ['connected']);
});

test('a modem that never answers fails the call as a fault of the modem, and the hang-up still ends', (t) => {
  const rig = new Rig({}, { ATH: '', ATZ: '' });
  rig.command({ type: 'dial', number: '1234' });
  rig.finish();
  t.like(rig.events[0], { type: 'failed', reason: 'modem_fault', text: 'modem: no answer to ATH' });
  t.deepEqual(rig.events.slice(1), [{ type: 'hung-up', clean: false }]);
});

test('the text of a refused init command keeps back what it sets', (t) => {
  const rig = new Rig({ initCommands: ['AT+CPIN=1234'] }, { 'AT+CPIN=1234': '\r\nERROR\r\n' });
  rig.command({ type: 'dial', number: '1234' });
  rig.finish();
  t.like(rig.events[0], { text: 'modem: ERROR to AT+CPIN=…' });
});

test('no CONNECT within the dial time breaks the dial off and hangs up', (t) => {
  const rig = new Rig({}, { ATD1234: '' });
  rig.command({ type: 'dial', number: '1234' });
  rig.finish();
  t.deepEqual(rig.sent.slice(4), ['ATD1234', '', '+++', 'ATH', 'ATZ']);
  t.like(rig.events[0], { type: 'failed', reason: 'connect_timeout' });
  t.deepEqual(rig.events.slice(1), [{ type: 'hung-up', clean: true }]);
});

test('a number that is none is refused before anything of it is sent', (t) => {
  const rig = new Rig();
  rig.command({ type: 'dial', number: '12\rATH' });
  rig.finish();
  t.like(rig.events[0], { type: 'failed', reason: 'modem_fault' });
  t.false(rig.sent.some((sent) => sent.startsWith('ATD')));
});

test('what comes between CONNECT and the end of the post-connect delay is dropped', (t) => {
  const rig = new Rig({}, { ATD1234: '\r\nCONNECT 9600\r\nnoise' });
  rig.command({ type: 'dial', number: '1234' });
  rig.advance(3_200);
  rig.receive('more noise');
  rig.finish();
  rig.receive('data');
  t.is(rig.data, 'data');
});

test('NO CARRIER within the post-connect delay fails the call', (t) => {
  const rig = new Rig({}, { ATD1234: '\r\nCONNECT 9600\r\n\r\nNO CARRIER\r\n' });
  rig.command({ type: 'dial', number: '1234' });
  rig.finish();
  t.like(rig.events[0], { type: 'failed', reason: 'no_carrier' });
  t.deepEqual(rig.types, ['failed', 'hung-up']);
});
