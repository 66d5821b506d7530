import test from 'ava';
import { fromHex, must, type StreamEvent, toHex } from '../../../../workers/codec/common/index.ts';
import { encodeWrapperFrame, type WrapperFrame, WrapperStream } from '../../../../workers/codec/wrapper/index.ts';
import fc from '../../../support/fc.ts';

const octetsOf = (hex: string) => fromHex(hex) ?? new Uint8Array(0);

const frameOf = (payload: Uint8Array, sourceWPort = 1, destinationWPort = 16): Uint8Array =>
  must(encodeWrapperFrame({ sourceWPort, destinationWPort, payload }));

const FIRST = frameOf(octetsOf('C401C100'));
const SECOND = frameOf(octetsOf('C501C100AABB'));

/** All events of all pieces; payloads are copied, since the next piece may take their place. */
function run(stream: WrapperStream, pieces: readonly Uint8Array[]): StreamEvent<WrapperFrame>[] {
  const events: StreamEvent<WrapperFrame>[] = [];
  for (const piece of pieces) {
    stream.push(piece);
    for (let event = stream.next(); event !== undefined; event = stream.next()) {
      events.push(event.kind === 'frame' ? { ...event, frame: { ...event.frame, payload: event.frame.payload.slice() } } : event);
    }
    piece.fill(0xee);
  }
  return events;
}

const join = (...parts: readonly Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]));

const payloadsOf = (events: readonly StreamEvent<WrapperFrame>[]): string[] =>
  events.flatMap((event) => (event.kind === 'frame' ? [toHex(event.frame.payload)] : []));

const skippedOf = (events: readonly StreamEvent<WrapperFrame>[]): number => events.reduce((sum, event) => sum + (event.kind === 'frame' ? 0 : event.octets), 0);

const cut = (octets: Uint8Array, sizes: readonly number[]): Uint8Array[] => {
  const pieces: Uint8Array[] = [];
  for (let at = 0, index = 0; at < octets.length; index++) {
    const size = sizes[index % sizes.length] ?? 1;
    pieces.push(octets.slice(at, at + size));
    at += size;
  }
  return pieces;
};

test('frames come out of pieces of any size, with their places, in memory that may be used again', (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: 700 }), { maxLength: 8 }),
      fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 5 }),
      (payloads, sizes) => {
        const frames = payloads.map((payload) => frameOf(payload));
        const stream = new WrapperStream();
        const events = run(stream, cut(join(...frames), sizes));
        t.deepEqual(payloadsOf(events), payloads.map(toHex));
        let offset = 0;
        for (const [index, event] of events.entries()) {
          t.true(event.kind === 'frame' && event.offset === offset);
          offset += frames[index]?.length ?? 0;
        }
        t.is(stream.buffered, 0);
      },
    ),
    { numRuns: 200 },
  );
});

test('frames come out of single octets', (t) => {
  const events = run(new WrapperStream(), cut(join(FIRST, SECOND), [1]));
  t.deepEqual(payloadsOf(events), ['C401C100', 'C501C100AABB']);
});

test('a wrong version is told once, what follows up to the next header is noise', (t) => {
  const stream = new WrapperStream();
  const events = run(stream, [octetsOf('7EA0'), octetsOf('7E'), join(octetsOf('7E'), FIRST)]);
  t.deepEqual(
    events.map(({ kind }) => kind),
    ['bad', 'noise', 'noise', 'frame'],
  );
  const [first] = events;
  t.true(first?.kind === 'bad' && first.error.code === 'bad_version' && first.error.offset === 0 && first.octets === 2);
  t.is(skippedOf(events), 4);
  const last = events.at(-1);
  t.true(last?.kind === 'frame' && last.offset === 4);
});

test('noise without the beginning of a version costs no frame, in pieces of any size', (t) => {
  const noise = fc.array(fc.integer({ min: 2, max: 255 }), { maxLength: 20 }).map((octets) => Uint8Array.from(octets));
  fc.assert(
    fc.property(fc.array(noise, { minLength: 1, maxLength: 6 }), fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 4 }), (noises, sizes) => {
      const octets = join(...noises.flatMap((some) => [some, FIRST]));
      const events = run(new WrapperStream(), cut(octets, sizes));
      t.is(payloadsOf(events).length, noises.length);
      t.is(
        skippedOf(events),
        noises.reduce((sum, { length }) => sum + length, 0),
      );
    }),
    { numRuns: 200 },
  );
});

test('with the ports of the connection no noise is taken for a header', (t) => {
  const stream = () => new WrapperStream({ wPorts: [1, 16] });
  const noise = octetsOf('FF000100020003FFFF00010001FFFF0004');
  t.deepEqual(payloadsOf(run(stream(), [join(noise, FIRST, SECOND)])), ['C401C100', 'C501C100AABB']);
  t.deepEqual(payloadsOf(run(stream(), cut(join(noise, FIRST, SECOND), [1]))), ['C401C100', 'C501C100AABB']);
});

test('frames in order may have ports other than those of the connection', (t) => {
  const events = run(new WrapperStream({ wPorts: [1, 16] }), [frameOf(octetsOf('0F'), 1, 17)]);
  t.deepEqual(payloadsOf(events), ['0F']);
});

test('an octet 00 before a frame is noise', (t) => {
  t.deepEqual(payloadsOf(run(new WrapperStream(), [join(octetsOf('00'), FIRST)])), ['C401C100']);
});

test('a length above maxOctets is told, and the stream goes on', (t) => {
  const stream = new WrapperStream({ limits: { maxOctets: 100 }, wPorts: [1, 16] });
  const events = run(stream, [join(octetsOf('000100010010FFFF'), FIRST)]);
  const [first] = events;
  t.true(first?.kind === 'bad' && first.error.code === 'too_large' && first.error.offset === 6);
  t.deepEqual(payloadsOf(events), ['C401C100']);
});

test('what is held back is never more than a header and maxOctets, whatever comes', (t) => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 40 }), (pieces) => {
      const stream = new WrapperStream({ limits: { maxOctets: 64 } });
      let pushed = 0;
      let given = 0;
      for (const piece of pieces) {
        pushed += piece.length;
        for (const event of run(stream, [piece])) given += event.kind === 'frame' ? 8 + event.frame.payload.length : event.octets;
        if (stream.buffered >= 72 || pushed !== given + stream.buffered) return false;
      }
      return true;
    }),
    { numRuns: 300 },
  );
  t.pass();
});

test('after a reset the stream begins anew, and goes on counting', (t) => {
  const stream = new WrapperStream();
  run(stream, [FIRST.slice(0, 9)]);
  t.is(stream.buffered, 9);
  stream.reset();
  t.is(stream.buffered, 0);
  const [event] = run(stream, [SECOND.slice()]);
  t.true(event?.kind === 'frame' && event.offset === 9);
});
