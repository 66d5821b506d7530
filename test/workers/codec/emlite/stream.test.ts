import test from 'ava';
import { fromHex, must, toHex } from '../../../../workers/codec/common/index.ts';
import { EmliteStream, type EmliteStreamEvent, encodeEmliteFrame } from '../../../../workers/codec/emlite/index.ts';
import fc from '../../../support/fc.ts';

const hex = (text: string): Uint8Array => fromHex(text)!;
const READ = '7E1100000000801234560201800800008893';
const WRITTEN = '7E1180123456000018B00301800800010092';

function drain(stream: EmliteStream): string[] {
  const events: string[] = [];
  for (let event = stream.next(); event !== undefined; event = stream.next()) events.push(told(event));
  return events;
}

const told = (event: EmliteStreamEvent): string => {
  if (event.kind === 'noise') return `noise ${event.octets}`;
  return event.kind === 'bad' ? `bad ${event.error.code} ${event.octets}` : toHex(event.frame.data);
};

function read(pieces: readonly Uint8Array[]): readonly string[] {
  const stream = new EmliteStream();
  return pieces.flatMap((piece) => {
    stream.push(piece);
    return drain(stream);
  });
}

const singly = (octets: Uint8Array): readonly Uint8Array[] => [...octets].map((octet) => Uint8Array.of(octet));

test('frames come whole out of single octets', (t) => {
  t.deepEqual(read(singly(hex(READ + WRITTEN))), ['0180080000', '0180080001']);
});

test('frames come whole out of any pieces', (t) => {
  const wire = hex(READ + WRITTEN + READ);
  const law = fc.property(fc.array(fc.integer({ min: 1, max: 20 }), { maxLength: 20 }), (sizes) => {
    const pieces: Uint8Array[] = [];
    let at = 0;
    for (const size of sizes) {
      pieces.push(wire.subarray(at, at + size));
      at += size;
    }
    pieces.push(wire.subarray(at));
    t.deepEqual(read(pieces), ['0180080000', '0180080001', '0180080000']);
  });
  t.notThrows(() => fc.assert(law));
});

test('7E inside a frame is content', (t) => {
  const wire = must(encodeEmliteFrame({ destination: 0x7e7e_7e7e, source: 0x7e11_0000, sequence: 6, resultCode: 15 }, hex('7E117E7E7E')));
  t.deepEqual(read(singly(wire)), ['7E117E7E7E']);
});

test('a bad CRC is told with what stood in the frame, and the search goes on one octet behind its 7E', (t) => {
  const stream = new EmliteStream();
  const damaged = `${READ.slice(0, -1)}4`;
  stream.push(hex(damaged + WRITTEN));
  const event = stream.next();
  t.true(event?.kind === 'bad' && event.octets === 1);
  t.is(event?.damaged?.source, 0x80123456);
  t.is(toHex(event!.damaged!.data), '0180080000');
  t.deepEqual(drain(stream), ['noise 17', '0180080001']);
});

test('a frame inside what a false 7E claims is found when the CRC fails', (t) => {
  const events = read([hex(`7E13${READ}0000`)]);
  t.true(events.includes('0180080000'));
});

test('a length below the least frame is told at once', (t) => {
  t.deepEqual(read([hex(`7E0B${READ}`)]), ['bad bad_length 1', 'noise 1', '0180080000']);
});

test('noise between frames is told, and costs none of them', (t) => {
  t.deepEqual(read([hex(`FFFE${READ}0D0A${WRITTEN}00`)]), ['noise 2', '0180080000', 'noise 2', '0180080001', 'noise 1']);
});

test('a silence gives up a false start, and the frame behind it is found', (t) => {
  const stream = new EmliteStream();
  stream.push(hex(`7EF0${READ}`));
  t.deepEqual(drain(stream), []);
  stream.giveUp();
  t.deepEqual(drain(stream), ['bad truncated 1', 'noise 1', '0180080000']);
});

test('a silence ends with the next octets', (t) => {
  const stream = new EmliteStream();
  stream.giveUp();
  stream.push(hex(READ.slice(0, 10)));
  t.deepEqual(drain(stream), []);
  stream.push(hex(READ.slice(10)));
  t.deepEqual(drain(stream), ['0180080000']);
});

test('no more than one frame is held back, whatever comes', (t) => {
  const stream = new EmliteStream();
  let most = 0;
  for (let turn = 0; turn < 500; turn++) {
    stream.push(hex('7EFF7EFE41'));
    drain(stream);
    most = Math.max(most, stream.buffered);
  }
  t.true(most <= 256);
});

test('a reset forgets what is held back', (t) => {
  const stream = new EmliteStream();
  stream.push(hex(READ.slice(0, 10)));
  drain(stream);
  stream.reset();
  t.is(stream.buffered, 0);
  stream.push(hex(READ));
  t.deepEqual(drain(stream), ['0180080000']);
});

test('every octet is told once, whatever comes', (t) => {
  const octet = fc.oneof(fc.constantFrom(0x7e, 0x0c, 0x0d, 0x11), fc.nat(255));
  const law = fc.property(fc.array(fc.array(octet, { maxLength: 20 }), { maxLength: 20 }), fc.boolean(), (pieces, silent) => {
    const stream = new EmliteStream();
    let pushed = 0;
    let at = 0;
    for (const piece of pieces) {
      stream.push(Uint8Array.from(piece));
      if (silent) stream.giveUp();
      pushed += piece.length;
      for (let event = stream.next(); event !== undefined; event = stream.next()) {
        const after = pushed - stream.buffered;
        t.true(after > at);
        if (event.kind !== 'frame') t.is(event.octets, after - at);
        if (event.kind !== 'bad') t.is(event.offset, at);
        at = after;
      }
      t.true(stream.buffered <= (silent ? 0 : 255));
    }
  });
  t.notThrows(() => fc.assert(law, { numRuns: 300 }));
});
