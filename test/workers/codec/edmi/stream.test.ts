import test from 'ava';
import { fromHex, type StreamEvent, toHex } from '../../../../workers/codec/common/index.ts';
import { EdmiStream, type EdmiStreamOptions, type EdmiUnit, encodeEdmiFrame } from '../../../../workers/codec/edmi/index.ts';
import fc from '../../../support/fc.ts';

const hex = (text: string): Uint8Array => fromHex(text)!;
const LOGOUT = '0258BD9F03';
const CAN = '02181042C4F803';

function read(pieces: readonly Uint8Array[], options?: EdmiStreamOptions): readonly StreamEvent<EdmiUnit>[] {
  const stream = new EdmiStream(options);
  const events: StreamEvent<EdmiUnit>[] = [];
  for (const piece of pieces) {
    stream.push(piece);
    for (let event = stream.next(); event !== undefined; event = stream.next()) events.push(event);
  }
  return events;
}

const told = (events: readonly StreamEvent<EdmiUnit>[]): readonly string[] =>
  events.map((event) => {
    if (event.kind === 'noise') return `noise ${event.octets}`;
    if (event.kind === 'bad') return `bad ${event.error.code} ${event.octets}`;
    return event.frame.kind === 'wake' ? event.frame.wake : toHex(event.frame.frame.command);
  });

const singly = (octets: Uint8Array): readonly Uint8Array[] => [...octets].map((octet) => Uint8Array.of(octet));

test('frames come whole out of single octets', (t) => {
  t.deepEqual(told(read(singly(hex(LOGOUT + CAN + LOGOUT)))), ['58', '1802', '58']);
});

test('frames come whole out of any pieces', (t) => {
  const wire = hex(LOGOUT + CAN + LOGOUT + CAN);
  const law = fc.property(fc.array(fc.integer({ min: 1, max: 7 }), { maxLength: 30 }), (sizes) => {
    const pieces: Uint8Array[] = [];
    let at = 0;
    for (const size of sizes) {
      pieces.push(wire.subarray(at, at + size));
      at += size;
    }
    pieces.push(wire.subarray(at));
    t.deepEqual(told(read(pieces)), ['58', '1802', '58', '1802']);
  });
  t.notThrows(() => fc.assert(law));
});

test('noise between frames is told, and costs none of them', (t) => {
  t.deepEqual(told(read([hex(`FFFE${LOGOUT}0D0A${CAN}00`)])), ['noise 2', '58', 'noise 2', '1802', 'noise 1']);
});

test('offsets count from the start of the stream', (t) => {
  const events = read([hex(`FFFE${LOGOUT}`), hex(`00${LOGOUT.slice(0, 4)}`), hex(LOGOUT.slice(4)), hex('0258BD9E03')]);
  t.deepEqual(
    events.map((event) => (event.kind === 'bad' ? event.error.offset : event.offset)),
    [0, 2, 7, 8, 15],
  );
});

test('a 02 inside a frame begins a new one', (t) => {
  t.deepEqual(told(read([hex(`0258BD${LOGOUT}`)])), ['bad unexpected_octet 3', '58']);
});

test('a damaged frame is told, and the next one is found', (t) => {
  t.deepEqual(told(read([hex(`0258BD9E03${LOGOUT}`)])), ['bad bad_crc 5', '58']);
});

test('no more than one frame is held back, whatever comes', (t) => {
  const stream = new EdmiStream({ maxBody: 64 });
  let most = 0;
  const bad: string[] = [];
  stream.push(Uint8Array.of(0x02));
  for (let turn = 0; turn < 1000; turn++) {
    stream.push(new Uint8Array(50).fill(0x41));
    for (let event = stream.next(); event !== undefined; event = stream.next()) if (event.kind === 'bad') bad.push(event.error.code);
    most = Math.max(most, stream.buffered);
  }
  t.deepEqual(bad, ['too_large']);
  t.true(most <= 2 * 66 + 2);
});

test('a frame of the largest body passes', (t) => {
  const body = new Uint8Array(64).fill(0x10);
  const wire = encodeEdmiFrame(body, null, { maxBody: 64 });
  t.true(wire.kind === 'good');
  if (wire.kind === 'good') t.deepEqual(told(read(singly(wire.octets), { maxBody: 64 })), [toHex(body)]);
});

test('a meter sees the three wake-up signals, in single octets and amid noise', (t) => {
  t.deepEqual(told(read(singly(hex(`2F3F210D0A${LOGOUT}02031B`)), { wakes: true })), ['iec-request', '58', 'stx-etx', 'esc']);
  t.deepEqual(told(read([hex(`FF2F3F${LOGOUT}FF1B`)], { wakes: true })), ['noise 3', '58', 'noise 1', 'esc']);
});

test('a client takes wake-up signals for noise', (t) => {
  t.deepEqual(told(read([hex(`2F3F210D0A1B0203${LOGOUT}`)])), ['noise 6', 'bad bad_length 2', '58']);
});

test('after a reset the rest of a frame is noise', (t) => {
  const stream = new EdmiStream();
  stream.push(hex('0258'));
  t.is(stream.next(), undefined);
  stream.reset();
  t.is(stream.buffered, 0);
  stream.push(hex(`BD9F03${LOGOUT}`));
  t.like(stream.next(), { kind: 'noise', offset: 2, octets: 3 });
  t.like(stream.next(), { kind: 'frame', offset: 5 });
});

test('every octet is told once, whatever comes', (t) => {
  const octet = fc.oneof(fc.constantFrom(0x02, 0x03, 0x10, 0x1b, 0x2f, 0x3f, 0x21, 0x0d, 0x0a), fc.nat(255));
  const law = fc.property(fc.array(fc.array(octet, { maxLength: 20 }), { maxLength: 20 }), fc.boolean(), (pieces, wakes) => {
    const stream = new EdmiStream({ wakes, maxBody: 8 });
    let pushed = 0;
    let at = 0;
    for (const piece of pieces) {
      stream.push(Uint8Array.from(piece));
      pushed += piece.length;
      for (let event = stream.next(); event !== undefined; event = stream.next()) {
        const after = pushed - stream.buffered;
        t.true(after > at);
        if (event.kind === 'bad') t.true(event.error.offset >= at && event.octets === after - at);
        else t.is(event.offset, at);
        if (event.kind === 'noise') t.is(event.octets, after - at);
        at = after;
      }
      t.true(stream.buffered <= 22);
    }
  });
  t.notThrows(() => fc.assert(law, { numRuns: 300 }));
});

for (const maxBody of [Number.NaN, Number.NEGATIVE_INFINITY, -3, 0]) {
  test(`a limit of ${maxBody} octets ends as one of 1 does: nothing is held for ever and nothing loops`, (t) => {
    const pieces = [hex(CAN), hex('02414141414141414141'), hex(LOGOUT)];
    t.deepEqual(told(read(pieces, { maxBody })).length, told(read(pieces, { maxBody: 1 })).length);
  });
}
