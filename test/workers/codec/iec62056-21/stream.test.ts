import test from 'ava';
import { must, type StreamEvent } from '../../../../workers/codec/common/index.ts';
import { command, decodeTelegram, encodeTelegram, IecStream, type IecStreamOptions, type Telegram } from '../../../../workers/codec/iec62056-21/index.ts';
import fc from '../../../support/fc.ts';
import { telegrams } from './arbitraries.ts';

const ascii = (text: string): Uint8Array => Uint8Array.from(text, (char) => char.charCodeAt(0));

function drain(stream: IecStream): StreamEvent<Telegram>[] {
  const events: StreamEvent<Telegram>[] = [];
  for (let event = stream.next(); event !== undefined; event = stream.next()) events.push(event);
  return events;
}

function run(pieces: readonly Uint8Array[], options: IecStreamOptions = {}): StreamEvent<Telegram>[] {
  const stream = new IecStream(options);
  const events: StreamEvent<Telegram>[] = [];
  for (const piece of pieces) {
    stream.push(piece);
    events.push(...drain(stream));
  }
  return events;
}

const framesOf = (events: readonly StreamEvent<Telegram>[]) => events.flatMap((event) => (event.kind === 'frame' ? [event.frame] : []));

function join(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

function cut(octets: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0, index = 0; at < octets.length; index++) {
    const size = sizes[index % sizes.length] ?? 1;
    pieces.push(octets.subarray(at, at + size));
    at += size;
  }
  return pieces;
}

/** Line noise of meter-protocols 4.5 that begins no telegram. */
const noise = fc.array(fc.constantFrom(0x00, 0x7f, 0x0d, 0x0a, 0x41, 0x80, 0xff, 0x21), { maxLength: 5 }).map((list) => Uint8Array.from(list));
/** An option select would be cut from an ACK that noise follows. */
const plain = telegrams.filter(({ type }) => type !== 'ack-option-select');

test('telegrams come in any pieces and with noise between', (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(noise, plain), { minLength: 1, maxLength: 8 }),
      fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 }),
      fc.boolean(),
      (parts, sizes, evenParity) => {
        const octets = join(parts.flatMap(([before, telegram]) => [before, must(encodeTelegram(telegram, { evenParity }))]));
        const expected = parts.map(([, telegram]) => {
          const outcome = decodeTelegram(must(encodeTelegram(telegram)));
          return outcome.kind === 'good' ? outcome.value : undefined;
        });
        t.deepEqual<unknown, unknown>(framesOf(run(cut(octets, [1]), { acks: 'alone' })), expected);
        t.deepEqual<unknown, unknown>(framesOf(run(cut(octets, sizes), { acks: 'alone' })), expected);
      },
    ),
    { numRuns: 300 },
  );
});

test('any octets give the same events in one piece, in pieces and octet by octet', (t) => {
  const octet = fc.oneof(fc.constantFrom(1, 2, 3, 4, 6, 0x15, 13, 10, 0x21, 0x2f, 0x3f, 0x28, 0x29, 0x41), fc.integer({ min: 0, max: 255 }));
  fc.assert(
    fc.property(
      fc.array(octet, { maxLength: 120 }),
      fc.boolean(),
      fc.constantFrom('alone' as const, 'select' as const, 'either' as const),
      (list, lines, acks) => {
        const octets = Uint8Array.from(list);
        const options = { lines, acks, maxTelegram: 20, maxReadout: 30 };
        const besides = (events: StreamEvent<Telegram>[]) => events.filter(({ kind }) => kind !== 'noise');
        t.deepEqual(besides(run(cut(octets, [1]), options)), besides(run([octets], options)));
      },
    ),
    { numRuns: 2000 },
  );
});

test('offsets count from the start of the stream', (t) => {
  const events = run([ascii('\0\0/?!\r\n'), ascii('xx/?1!\r\n')]);
  t.deepEqual(
    events.map((event) => [event.kind, event.kind === 'bad' ? event.error.offset : event.offset]),
    [
      ['noise', 0],
      ['frame', 2],
      ['noise', 7],
      ['frame', 9],
    ],
  );
});

test('a telegram that lost its end is given up where the next begins', (t) => {
  for (const lost of ['/LGZ', '\x01R1\x02861', '\x02(123', '\x02', '\x01R']) {
    const events = run(cut(ascii(`${lost}\x01B0\x03q`), [1]));
    t.deepEqual(
      events.map(({ kind }) => kind),
      ['bad', 'frame'],
      lost,
    );
    t.like(framesOf(events)[0], { type: 'break' });
  }
  t.like(framesOf(run([ascii('\x02F.F(00\r\n/LGZ5ZMD\r\n')]))[0], { type: 'identification', identification: 'ZMD' });
  t.like(framesOf(run([ascii('/?!/LGZ5ZMD\r\n')]))[0], { type: 'identification' });
});

test('a damaged telegram is told with its octets, and the next one is read', (t) => {
  const [first, second] = run([ascii('\x01B0\x03x\x01B0\x03q')]);
  t.like(first, { kind: 'bad', octets: 5, error: { code: 'bad_bcc', offset: 4 } });
  t.like(second, { kind: 'frame', offset: 5 });
});

test('no telegram makes the stream hold more than its limit', (t) => {
  const stream = new IecStream({ maxTelegram: 100, maxReadout: 200 });
  for (const start of ['\x01W1\x02', '\x02', '/LGZ']) {
    stream.push(ascii(start));
    let most = 0;
    for (let round = 0; round < 1000; round++) {
      stream.push(ascii('123'));
      drain(stream);
      most = Math.max(most, stream.buffered);
    }
    t.true(most <= 210, `${most}`);
  }
});

test('a big answer that comes octet by octet is read in one pass', (t) => {
  const octets = must(encodeTelegram({ type: 'answer', data: '1.8.0(000123.4*kWh)\r\n'.repeat(20_000), terminator: 'ETX' }));
  const started = performance.now();
  t.is(framesOf(run(cut(octets, [1]))).length, 1);
  t.true(performance.now() - started < 5000);
});

test('lines without framing end behind the line of the exclamation mark', (t) => {
  const frames = framesOf(run(cut(ascii('/ekt3id\r\n\r\nAddr(Val)\r\nB(1!2)\r\n!\r\n\x01B0\x03q'), [1]), { lines: true }));
  t.deepEqual(
    frames.map((frame) => (frame.type === 'lines' ? frame.data : frame.type)),
    ['identification', 'Addr(Val)\r\nB(1!2)\r\n!\r\n', 'break'],
  );
});

test('a silence ends a readout that has no BCC, and only a readout', (t) => {
  const stream = new IecStream();
  stream.push(ascii('\x02F.F(0)\r\n!\r\n\x03'));
  t.is(stream.next(), undefined);
  t.like(stream.finish(), { kind: 'frame', leniencies: ['missing-bcc'], frame: { type: 'answer', data: 'F.F(0)\r\n!\r\n' } });
  t.is(stream.buffered, 0);
  stream.push(ascii('\x02(12)\x03'));
  t.is(stream.next(), undefined);
  t.like(stream.finish(), { kind: 'bad', error: { code: 'truncated' } });
  const strict = new IecStream({ strict: ['missing-bcc'] });
  strict.push(ascii('\x02F.F(0)\r\n!\r\n\x03'));
  t.is(strict.next(), undefined);
  t.is(strict.finish()?.kind, 'bad');
});

test('reset forgets what is held', (t) => {
  const stream = new IecStream();
  stream.push(ascii('\x02(12'));
  t.is(stream.next(), undefined);
  stream.reset();
  stream.push(must(encodeTelegram(command('R1', '1()'))));
  t.like(stream.next(), { kind: 'frame', offset: 4, frame: { command: 'R1' } });
});
