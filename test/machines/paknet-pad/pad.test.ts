import test from 'ava';
import type { ModemEvent, ModemInput } from '../../../machines/modem-line/index.ts';
import { DEFAULT_PAD_SETTINGS, longestPadHangUpMs, PaknetPad, type PaknetPadSettings } from '../../../machines/paknet-pad/index.ts';

/** A pad dialogue under a clock of its own. */
function pad(change: Partial<PaknetPadSettings> = {}) {
  const settings = { ...DEFAULT_PAD_SETTINGS, ...change };
  const machine = new PaknetPad(settings);
  let nowMs = 0;
  let dueMs: number | null = null;
  const sent: string[] = [];
  const events: ModemEvent[] = [];
  const step = (input: ModemInput) => {
    const result = machine.step(input, nowMs);
    dueMs = result.deadlineMs;
    sent.push(...result.send.map((octets) => Buffer.from(octets).toString('latin1')));
    events.push(...result.events);
  };
  return {
    settings,
    sent,
    events,
    types: () => events.map((event) => (event.type === 'dtr' ? `dtr ${event.high ? 'high' : 'low'}` : event.type)),
    get nowMs() {
      return nowMs;
    },
    dial: (number = '23400123') => step({ type: 'command', command: { type: 'dial', number } }),
    command: (command: Extract<ModemInput, { type: 'command' }>['command']) => step({ type: 'command', command }),
    hears: (text: string) => step({ type: 'octets', octets: Buffer.from(text, 'latin1') }),
    input: step,
    /** Lets time pass, waking the machine when it wants. */
    passes(ms: number) {
      const end = nowMs + ms;
      while (dueMs !== null && dueMs <= end) {
        nowMs = Math.max(nowMs, dueMs);
        step({ type: 'time' });
      }
      nowMs = end;
    },
    /** To data mode. */
    connect() {
      this.dial();
      this.hears('\r\n*');
      this.hears('\r\n*');
      this.hears('\r\nCOM\r\n');
      this.passes(settings.postConnectMs);
      sent.length = 0;
      events.length = 0;
    },
    /** The rest of a hang-up. */
    hangsUp() {
      this.passes(settings.dtrLowMs + settings.dtrRecoveryMs);
      this.hears('*');
    },
  };
}

test('a call: CR, prompt, parameters, prompt, number, COM, data', (t) => {
  const p = pad({ dialPrefix: 'A9' });
  p.dial();
  p.hears('\r\n*');
  p.hears('SET1:0;2:0;3:0;4:10;5:0;6:5\r\nPAR1:0\r\n*');
  p.hears('\r\n23400123 COM\r\n');
  t.deepEqual(p.types(), []);
  p.passes(200);
  t.deepEqual(p.sent, ['\r', 'SET1:0;2:0;3:0;4:10;5:0;6:5\r', 'A923400123\r']);
  t.deepEqual(p.events, [{ type: 'connected', bitsPerSecond: undefined }]);
});

test('data passes unchanged, stars and CLR included', (t) => {
  const p = pad();
  p.connect();
  for (const text of ['*', '/XXX5\r\n', 'CLR DTE', '\xff']) p.hears(text);
  p.passes(60_000);
  t.deepEqual(
    p.events.map((event) => (event.type === 'data' ? Buffer.from(event.octets).toString('latin1') : event.type)),
    ['*', '/XXX5\r\n', 'CLR DTE', '\xff'],
  );
  t.deepEqual(p.sent, []);
});

const CLEARS: readonly (readonly [string, string])[] = [
  ['CLR OCC', 'busy'],
  ['CLR DER', 'no_answer'],
  ['CLR NP', 'no_carrier'],
  ['clr nc 005', 'no_carrier'],
  ['CLR', 'no_carrier'],
  ['ERR', 'modem_fault'],
];

for (const [line, reason] of CLEARS) {
  test(`the pad answers a call with ${line}: ${reason}, then it is hung up`, (t) => {
    const p = pad();
    p.dial();
    p.hears('*');
    p.hears('*');
    p.hears(`\r\n${line}\r\n`);
    p.hangsUp();
    t.like(p.events[0], { type: 'failed', reason });
    t.deepEqual(p.types(), ['failed', 'dtr low', 'dtr high', 'hung-up']);
    t.like(p.events.at(-1), { clean: true });
  });
}

test('a pad that does not answer is asked so many times', (t) => {
  const p = pad();
  p.dial();
  p.passes(50_000);
  t.is(p.sent.filter((text) => text === '\r').length, 5);
  t.like(p.events[0], { type: 'failed', reason: 'modem_fault', text: 'pad: no answer to CR' });
  p.passes(longestPadHangUpMs(p.settings));
  t.like(p.events.at(-1), { type: 'hung-up', clean: false });
});

test('ERR to the parameters asks again at once', (t) => {
  const p = pad({ commandTries: 2 });
  p.dial();
  p.hears('*');
  p.hears('\r\nERR\r\n');
  p.hears('\r\nERR\r\n');
  t.is(p.sent.filter((text) => text.startsWith('SET')).length, 2);
  t.like(p.events[0], { type: 'failed', text: 'pad: ERR to its parameters' });
});

test('no COM within the time: connect_timeout', (t) => {
  const p = pad();
  p.dial();
  p.hears('*');
  p.hears('*');
  p.passes(29_999);
  t.deepEqual(p.events, []);
  p.passes(1);
  t.like(p.events[0], { type: 'failed', reason: 'connect_timeout' });
});

test('a clear indication alone between two silences ends the call', (t) => {
  const p = pad();
  p.connect();
  p.hears('\r\nCLR DTE 000\r\n');
  p.passes(999);
  t.deepEqual(p.types(), ['data']);
  p.passes(1);
  t.like(p.events[1], { type: 'failed', reason: 'lost', text: 'call lost: CLR DTE 000' });
});

test('a clear indication is data while a frame is coming in, or with octets behind it', (t) => {
  const p = pad();
  p.connect();
  p.command({ type: 'idle', idle: false });
  p.hears('\r\nCLR DTE\r\n');
  p.passes(5_000);
  p.command({ type: 'idle', idle: true });
  p.hears('\r\nCLR DTE\r\n');
  p.hears('x');
  p.passes(5_000);
  p.hears(`\r\nCLR ${'x'.repeat(200)}\r\n`);
  p.passes(5_000);
  t.deepEqual(p.types(), ['data', 'data', 'data', 'data']);
});

test('a carrier that goes ends the call; one that was never seen does not', (t) => {
  const p = pad();
  p.connect();
  p.input({ type: 'carrier', present: false });
  t.deepEqual(p.events, []);
  p.input({ type: 'carrier', present: true });
  p.input({ type: 'carrier', present: false });
  t.like(p.events[0], { type: 'failed', reason: 'lost' });
});

test('a carrier that came with the call counts', (t) => {
  const p = pad();
  p.dial();
  p.hears('*');
  p.hears('*');
  p.input({ type: 'carrier', present: true });
  p.hears('\r\nCOM\r\n');
  p.passes(200);
  p.input({ type: 'carrier', present: false });
  t.deepEqual(p.types().slice(0, 2), ['connected', 'failed']);
});

for (const [name, reach] of [
  ['at rest', () => {}],
  ['waking', (p: ReturnType<typeof pad>) => p.dial()],
  ['in data mode', (p: ReturnType<typeof pad>) => p.connect()],
] as const) {
  test(`hang-up ${name} ends in exactly one hung-up`, (t) => {
    const p = pad();
    reach(p);
    p.command({ type: 'hang-up' });
    p.command({ type: 'hang-up' });
    p.hangsUp();
    p.passes(60_000);
    t.deepEqual(p.types(), ['dtr low', 'dtr high', 'hung-up']);
  });
}

test('a port without DTR hangs up by DLE and CLR', (t) => {
  const p = pad({ dtr: false });
  p.connect();
  p.command({ type: 'hang-up' });
  p.hears('\r\nCLR CONF\r\n');
  p.hears('*');
  t.deepEqual(p.sent, ['\x10CLR\r', '\r']);
  t.deepEqual(p.events, [{ type: 'hung-up', clean: true }]);
});

test('a hang-up takes no longer than its bound, whatever the pad does', (t) => {
  for (const dtr of [true, false]) {
    const p = pad({ dtr });
    p.connect();
    p.command({ type: 'hang-up' });
    p.passes(longestPadHangUpMs(p.settings));
    t.deepEqual(p.events.at(-1), { type: 'hung-up', clean: false });
  }
});

test('a port that goes ends what runs at once', (t) => {
  const p = pad();
  p.connect();
  p.input({ type: 'port-lost' });
  t.deepEqual(p.types(), ['failed', 'hung-up']);
  const probing = pad();
  probing.command({ type: 'probe' });
  probing.input({ type: 'port-lost' });
  t.deepEqual(probing.events, [{ type: 'probed', ok: false }]);
});

test('a probe asks for the prompt', (t) => {
  const p = pad({ commandTries: 2 });
  p.command({ type: 'probe' });
  p.hears('\r\n*');
  p.command({ type: 'probe' });
  p.passes(20_000);
  t.deepEqual(p.events, [
    { type: 'probed', ok: true },
    { type: 'probed', ok: false },
  ]);
});

test('a number that is none is never dialled', (t) => {
  const p = pad();
  p.dial('123\rSET2:1');
  p.hangsUp();
  t.false(p.sent.join('').includes('123'));
  t.deepEqual(p.types(), ['failed', 'dtr low', 'dtr high', 'hung-up']);
});

test('a dial in the middle of a call is ignored', (t) => {
  const p = pad();
  p.connect();
  p.dial();
  p.passes(60_000);
  t.deepEqual([p.sent, p.events], [[], []]);
});

test('a line without end is noise', (t) => {
  const p = pad();
  p.dial();
  p.hears('*');
  p.hears('*');
  p.hears(`${'x'.repeat(100_000)}COM\r\nCOM\r\n`);
  p.passes(200);
  t.deepEqual(p.types(), ['connected']);
});

test('where the end of the port hangs up, the dialogue says so at once, and checks when it is asked at rest', (t) => {
  const p = pad({ dtr: false, withoutDtr: 'close' });
  p.connect();
  p.command({ type: 'hang-up' });
  t.deepEqual(p.events, [{ type: 'hung-up', clean: false }]);
  t.deepEqual(p.sent, []);
  p.command({ type: 'hang-up' });
  t.deepEqual(p.sent, ['\r']);
  p.hears('\r\n*');
  t.deepEqual(p.events.slice(1), [{ type: 'hung-up', clean: true }]);
});

test('a pad without its prompt after the end of the port is not clean', (t) => {
  const p = pad({ dtr: false, withoutDtr: 'close' });
  p.command({ type: 'hang-up' });
  p.passes(longestPadHangUpMs(p.settings));
  t.deepEqual(p.events, [{ type: 'hung-up', clean: false }]);
});
