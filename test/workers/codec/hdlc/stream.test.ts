import test from 'ava';
import type { StreamEvent } from '../../../../workers/codec/common/index.ts';
import { must, toHex } from '../../../../workers/codec/common/index.ts';
import { encodeHdlcFrame, type HdlcFrame, HdlcStream } from '../../../../workers/codec/hdlc/index.ts';
import fc from '../../../support/fc.ts';
import { HDLC_VECTORS, octetsOf } from './vectors.ts';

const FRAMES = HDLC_VECTORS.filter(({ kind }) => kind !== 'negative').map(({ hex }) => hex);
const SNRM = '7EA00802232193BD647E';
const DM = '7EA00721031F6BE97E';

/** Each event as text; frames as the hex that they are encoded to. */
function show(event: StreamEvent<HdlcFrame>): string {
  if (event.kind === 'frame') return toHex(must(encodeHdlcFrame(event.frame)));
  return event.kind === 'bad' ? event.error.code : `noise ${event.octets}`;
}

function drain(stream: HdlcStream, octets: Uint8Array): StreamEvent<HdlcFrame>[] {
  const events: StreamEvent<HdlcFrame>[] = [];
  stream.push(octets);
  for (let event = stream.next(); event !== undefined; event = stream.next()) events.push(event);
  return events;
}

function* pieces(octets: Uint8Array, sizes: readonly number[]): Generator<Uint8Array> {
  for (let at = 0, turn = 0; at < octets.length; turn++) {
    const size = Math.max(1, sizes[turn % sizes.length] ?? 1);
    yield octets.slice(at, at + size);
    at += size;
  }
}

function framesOf(octets: Uint8Array, sizes: readonly number[]): string[] {
  const stream = new HdlcStream();
  const events = [...pieces(octets, sizes)].flatMap((piece) => drain(stream, piece).map((event) => [event.kind, show(event)]));
  for (let event = stream.flush(); event !== undefined; event = stream.flush()) events.push([event.kind, show(event)]);
  return events.flatMap(([kind, shown]) => (kind === 'frame' ? [shown!] : []));
}

test('all recorded frames come out of one stream, an octet at a time', (t) => {
  t.deepEqual(framesOf(octetsOf(FRAMES.join('')), [1]), FRAMES);
});

test('all recorded frames come out in pieces of any sizes', (t) => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 20 }), (sizes) => {
      t.deepEqual(framesOf(octetsOf(FRAMES.join('')), sizes), FRAMES);
    }),
    { numRuns: 30 },
  );
});

test('one flag ends a frame and begins the next', (t) => {
  const shared = `7E${FRAMES.map((hex) => hex.slice(2)).join('')}`;
  t.deepEqual(framesOf(octetsOf(shared), [1]), FRAMES);
  t.deepEqual(framesOf(octetsOf(shared), [70000]), FRAMES);
});

test('flags that fill the line are neither frames nor noise', (t) => {
  const events = drain(new HdlcStream(), octetsOf(`7E7E7E${SNRM}7E7E7E${DM}7E`));
  t.deepEqual(events.map(show), [SNRM, DM]);
});

test('noise between frames is told and skipped', (t) => {
  const noise = fc.uint8Array({ maxLength: 40 }).map((octets) => octets.filter((octet) => octet !== 0x7e));
  fc.assert(
    fc.property(fc.array(noise, { minLength: 1, maxLength: 6 }), fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }), (noises, sizes) => {
      const all = noises.map((some) => toHex(some) + SNRM).join('');
      t.deepEqual(
        framesOf(octetsOf(all), sizes),
        noises.map(() => SNRM),
      );
    }),
  );
});

test('every octet is in a frame, in a refusal, in noise, or is a flag', (t) => {
  const mostly = fc.array(
    fc.oneof(
      fc.constantFrom('7E', 'A0', '07', SNRM, DM),
      fc.integer({ min: 0, max: 255 }).map((octet) => toHex(Uint8Array.of(octet))),
    ),
    { maxLength: 60 },
  );
  fc.assert(
    fc.property(mostly, fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 }), (some, sizes) => {
      const octets = octetsOf(some.join(''));
      const stream = new HdlcStream();
      let seen = 0;
      const count = (event: StreamEvent<HdlcFrame>) => {
        seen += event.kind === 'frame' ? event.frame.length : event.octets;
      };
      for (const piece of pieces(octets, sizes)) drain(stream, piece).forEach(count);
      for (let event = stream.flush(); event !== undefined; event = stream.flush()) count(event);
      t.is(stream.buffered, 0);
      const flags = octets.filter((octet) => octet === 0x7e).length;
      t.true(seen <= octets.length && seen >= octets.length - flags);
    }),
  );
});

test('a frame and a refusal say where in the stream they began', (t) => {
  const stream = new HdlcStream();
  const events = [...drain(stream, octetsOf(`0102${SNRM}`)), ...drain(stream, octetsOf('FF')), ...drain(stream, octetsOf(`${DM}7EA00721031F6BE87E`))];
  t.deepEqual(
    events.map((event) => [show(event), event.kind === 'bad' ? event.error.offset : event.offset]),
    [
      ['noise 2', 0],
      [SNRM, 2],
      ['noise 1', 12],
      [DM, 13],
      ['bad_fcs', 28],
    ],
  );
});

test('a damaged length does not swallow the frame behind it', (t) => {
  const whole = HDLC_VECTORS.find(({ decoded }) => decoded.length > 40)!.hex;
  const longer = octetsOf(whole);
  longer[2] = 0xff;
  const events = drain(new HdlcStream(), Uint8Array.from([...longer, ...octetsOf(SNRM)]));
  t.is(events.filter(({ kind }) => kind === 'frame').map(show)[0], SNRM);
});

test('a header with a wrong HCS is refused before the rest has come', (t) => {
  const events = drain(new HdlcStream(), octetsOf('7EA7FF0321320000E6E600C001C1'));
  t.deepEqual(events.map(show), ['bad_hcs']);
});

test('a frame behind a false start is found by a silence', (t) => {
  const stream = new HdlcStream();
  t.deepEqual(drain(stream, octetsOf(`7EA7${SNRM}`)), []);
  const shown: string[] = [];
  for (let event = stream.flush(); event !== undefined; event = stream.flush()) shown.push(show(event));
  t.deepEqual(shown, ['truncated', SNRM]);
  t.is(stream.buffered, 0);
});

test('reset forgets what is held back', (t) => {
  const stream = new HdlcStream();
  drain(stream, octetsOf(SNRM.slice(0, 12)));
  t.is(stream.buffered, 5);
  stream.reset();
  t.is(stream.buffered, 0);
  t.deepEqual(drain(stream, octetsOf(SNRM)).map(show), [SNRM]);
});

test('what is held back stays within one frame, whatever arrives', (t) => {
  const stream = new HdlcStream({ maxFrame: 200 });
  const mean = octetsOf('7EA0C8032132');
  for (let turn = 0; turn < 2000; turn++) {
    drain(stream, turn % 7 === 0 ? mean : Uint8Array.of(0xa0, turn & 0xff, 0x7e, turn >>> 3));
    t.true(stream.buffered <= 201);
  }
});

test('a frame longer than maxFrame is refused at its length', (t) => {
  t.is(show(drain(new HdlcStream({ maxFrame: 100 }), octetsOf('7EA0C9'))[0]!), 'too_large');
});
