import test from 'ava';
import { Rig } from './rig.ts';

const ALL = String.fromCharCode(...Array.from({ length: 256 }, (_, code) => code));

test('in data mode every octet passes unchanged', (t) => {
  const rig = new Rig();
  rig.connect();
  rig.receive(ALL);
  t.is(rig.data, ALL);
});

test('NO CARRIER alone between silences ends the call', (t) => {
  const rig = new Rig();
  rig.connect();
  rig.receive('a frame');
  rig.advance(400);
  rig.receive('\r\nNO CARRIER\r\n');
  rig.finish();
  t.deepEqual(rig.types, ['connected', 'data', 'data', 'failed', 'hung-up']);
  t.like(rig.events[3], { reason: 'lost' });
});

test('NO CARRIER that comes in pieces without silence in between ends the call', (t) => {
  const rig = new Rig();
  rig.connect();
  for (const part of ['\r', '\nNO CAR', 'RIER\r', '\n']) {
    rig.receive(part);
    rig.advance(100);
  }
  rig.finish();
  t.like(rig.events.at(-2), { type: 'failed', reason: 'lost' });
});

const FAKES = [
  ['behind other octets of the same burst', ['\x02data\r\nNO CARRIER\r\n'], true],
  ['before other octets of the same burst', ['\r\nNO CARRIER\r\n\x03'], true],
  ['directly followed by a burst', ['\r\nNO CARRIER\r\n', 'x'], true],
  ['without CR LF before it', ['NO CARRIER\r\n'], true],
  ['without CR LF behind it', ['\r\nNO CARRIER'], true],
  ['in lower case', ['\r\nno carrier\r\n'], true],
  ['while the reader holds part of a frame', ['\r\nNO CARRIER\r\n'], false],
] as const;

for (const [how, bursts, idle] of FAKES) {
  test(`NO CARRIER ${how} is data`, (t) => {
    const rig = new Rig();
    rig.connect();
    rig.command({ type: 'idle', idle });
    for (const burst of bursts) {
      rig.receive(burst);
      rig.advance(100);
    }
    rig.advance(10_000);
    t.is(rig.data, bursts.join(''));
    t.false(rig.types.includes('failed'));
  });
}

test('what the reader makes of NO CARRIER itself does not hide it: idle counts as of its first octet', (t) => {
  const rig = new Rig();
  rig.connect();
  rig.command({ type: 'idle', idle: true });
  rig.receive('\r\nNO CARRIER\r\n');
  rig.command({ type: 'idle', idle: false });
  rig.finish();
  t.like(rig.events.at(-2), { type: 'failed', reason: 'lost' });
});

test('DCD that falls ends the call', (t) => {
  const rig = new Rig();
  rig.connect();
  rig.input({ type: 'carrier', present: true });
  rig.input({ type: 'carrier', present: false });
  rig.finish();
  t.deepEqual(rig.types, ['connected', 'failed', 'hung-up']);
});

test('DCD that was never there means nothing', (t) => {
  const rig = new Rig();
  rig.connect();
  rig.input({ type: 'carrier', present: false });
  t.deepEqual(rig.types, ['connected']);
});

test('the loss of the port ends call and hang-up at once, and says that nobody hung up', (t) => {
  const rig = new Rig();
  rig.connect();
  rig.input({ type: 'port-lost' });
  t.deepEqual(rig.events.slice(1), [
    { type: 'failed', reason: 'lost', text: 'call lost: the port of the modem is gone' },
    { type: 'hung-up', clean: false },
  ]);
});
