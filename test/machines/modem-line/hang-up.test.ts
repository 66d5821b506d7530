import test from 'ava';
import { longestHangUpMs } from '../../../machines/modem-line/index.ts';
import { Rig, SETTINGS } from './rig.ts';

test('hanging up is silence, +++, silence, ATH, ATZ', (t) => {
  const rig = new Rig();
  rig.connect();
  rig.sent.length = 0;
  rig.command({ type: 'hang-up' });
  rig.advance(999);
  t.deepEqual(rig.sent, []);
  rig.finish();
  t.deepEqual(rig.sent, ['+++', 'ATH', 'ATZ']);
  t.deepEqual(rig.events.at(-1), { type: 'hung-up', clean: true });
});

test('data that arrives while hanging up is not taken for an answer, nor told', (t) => {
  const rig = new Rig();
  rig.connect();
  rig.command({ type: 'hang-up' });
  rig.receive('\r\nOK\r\nlate data');
  rig.finish();
  t.is(rig.data, '');
  t.deepEqual(rig.events.at(-1), { type: 'hung-up', clean: true });
});

test('without an answer to ATH, DTR goes low for a second where the port has it', (t) => {
  const rig = new Rig({ dtr: true });
  rig.connect();
  rig.answers.ATH = '';
  rig.command({ type: 'hang-up' });
  rig.finish();
  t.deepEqual(rig.events.slice(1), [
    { type: 'dtr', high: false },
    { type: 'dtr', high: true },
    { type: 'hung-up', clean: true },
  ]);
});

test('a line that hangs up by DTR sends ATZ only afterwards, and no +++', (t) => {
  const rig = new Rig({ dtr: true, hangUp: 'dtr' });
  rig.connect();
  rig.sent.length = 0;
  rig.command({ type: 'hang-up' });
  t.deepEqual(rig.events.at(-1), { type: 'dtr', high: false });
  rig.advance(1_000);
  t.deepEqual(rig.events.at(-1), { type: 'dtr', high: true });
  rig.finish();
  t.deepEqual(rig.sent, ['ATZ']);
  t.deepEqual(rig.events.at(-1), { type: 'hung-up', clean: true });
});

test('when DTR did not help, the escape follows', (t) => {
  const rig = new Rig({ dtr: true, hangUp: 'dtr' });
  rig.connect();
  rig.sent.length = 0;
  rig.answers.ATZ = ['', '', '', '', '\r\nOK\r\n'];
  rig.command({ type: 'hang-up' });
  rig.finish();
  t.deepEqual(rig.sent, ['ATZ', 'ATZ', 'ATZ', '+++', 'ATH', 'ATZ']);
  t.deepEqual(rig.events.at(-1), { type: 'hung-up', clean: true });
});

for (const hangUp of ['escape', 'dtr'] as const) {
  for (const dtr of [true, false]) {
    test(`against a dead modem a hang-up by ${hangUp} ${dtr ? 'with' : 'without'} DTR ends within its bound, not clean`, (t) => {
      const rig = new Rig({ hangUp, dtr });
      rig.connect();
      rig.answers = {};
      rig.command({ type: 'hang-up' });
      const took = rig.finish();
      t.true(took <= longestHangUpMs({ ...SETTINGS, hangUp, dtr }), `took ${took} ms`);
      t.deepEqual(rig.events.at(-1), { type: 'hung-up', clean: false });
    });
  }
}

test('a hang-up at each moment of a call ends in exactly one hung-up', (t) => {
  for (let at = 0; at < 4_000; at += 50) {
    const rig = new Rig({}, { ATD1234: '' });
    rig.command({ type: 'dial', number: '1234' });
    rig.advance(at);
    if (at > 3_000) rig.receive('\r\nCONNECT\r\n');
    rig.command({ type: 'hang-up' });
    rig.command({ type: 'hang-up' });
    rig.finish();
    t.deepEqual(rig.types, ['hung-up'], `after ${at} ms`);
    t.deepEqual(rig.sent.slice(-2), ['ATH', 'ATZ'], `after ${at} ms`);
  }
});

test('a dial that is broken off gets a character first, which makes the modem give up', (t) => {
  const rig = new Rig({}, { ATD1234: '' });
  rig.command({ type: 'dial', number: '1234' });
  rig.advance(10_000);
  rig.sent.length = 0;
  rig.command({ type: 'hang-up' });
  rig.finish();
  t.deepEqual(rig.sent, ['', '+++', 'ATH', 'ATZ']);
});

test('a probe asks AT and leaves the modem on hook', (t) => {
  const rig = new Rig();
  rig.command({ type: 'probe' });
  rig.finish();
  t.deepEqual(rig.sent, ['+++', 'AT', 'ATH', 'ATZ']);
  t.deepEqual(rig.events, [{ type: 'probed', ok: true }]);
});

test('a probe of a dead modem says so', (t) => {
  const rig = new Rig({}, { AT: '' });
  rig.command({ type: 'probe' });
  rig.finish();
  t.deepEqual(rig.events, [{ type: 'probed', ok: false }]);
});

test('after a hang-up the line can be dialled again', (t) => {
  const rig = new Rig();
  rig.connect('1234');
  rig.command({ type: 'hang-up' });
  rig.finish();
  rig.connect('1234');
  t.deepEqual(rig.types, ['connected', 'hung-up', 'connected']);
});
