import test from 'ava';
import { decoderFault, outcomeFault, type StreamUnderTest, streamFault, surrounded } from '../../../ops/fuzz/properties.ts';
import { Random } from '../../../ops/fuzz/random.ts';
import { bad, codecError, type Decoded, encoded, type FrameStream, good, incomplete, type StreamEvent } from '../../../workers/codec/common/index.ts';

const input = Uint8Array.of(1, 2, 3);
const random = () => new Random(1);
const around = (decode: (octets: Uint8Array) => Decoded<unknown>): string | undefined => {
  const source = random();
  for (let times = 0; times < 200; times++) {
    const fault = decoderFault({ name: 'd', decode }, input, source);
    if (fault !== undefined) return fault;
  }
  return undefined;
};

test('an outcome that uses more than there is, or a bad one that uses nothing, is found', (t) => {
  t.is(outcomeFault(input, good(1, 3)), undefined);
  t.is(outcomeFault(input, good(1, 4)), 'P2: good uses 4 of 3 octets');
  t.is(outcomeFault(input, bad('bad_crc', 0, 'crc', '', 0)), 'P2: bad uses no octet');
  t.is(outcomeFault(input, incomplete(3)), 'P2: incomplete with 3 octets, and needs 3');
});

test('an error whose offset is outside, whose code is unknown, or that tells no rule is found', (t) => {
  t.is(outcomeFault(input, bad('bad_crc', 4, 'crc', '', 3)), 'P3: bad_crc at octet 4 of 3');
  t.is(outcomeFault(input, bad('made_up' as never, 1, 'crc', '', 3)), 'P3: the code made_up is not known');
  t.is(outcomeFault(input, bad('bad_crc', 1, '', '', 3)), 'P3: bad_crc tells no rule');
});

test('a view that leaves the input is found, a copy is not', (t) => {
  const view = surrounded(input, 0);
  t.is(outcomeFault(view, good({ deep: [view.subarray(1)] }, 3)), undefined);
  t.is(outcomeFault(view, good({ deep: [new Uint8Array(view.buffer, 0, 30)] }, 3)), 'P4: a view leaves the input');
  t.is(outcomeFault(view, good(Uint8Array.of(9), 3)), undefined);
});

test('a decoder that looks behind its input is found', (t) => {
  t.is(
    around((octets) => good(new Uint8Array(octets.buffer)[octets.byteOffset + octets.length], octets.length)),
    'd: P5: the octets around the input change the outcome',
  );
});

test('a value that does not encode again, or decodes to another, is found', (t) => {
  const decode = (octets: Uint8Array): Decoded<number> => good(octets[0] ?? 0, octets.length);
  const fault = (encode: (value: number) => ReturnType<typeof encoded>) => decoderFault({ name: 'd', decode, encode }, input, random());
  t.is(
    fault((value) => encoded(Uint8Array.of(value))),
    undefined,
  );
  t.is(
    fault((value) => encoded(Uint8Array.of(value + 1))),
    'd: P6: encoded again, it decodes to another value',
  );
  t.is(
    fault(() => ({ kind: 'bad', error: codecError('bad_value', 0, 'x: small', '1') })),
    'd: P6: does not encode again: x: small (got 1)',
  );
});

/** Frames of two octets; `forgets` drops what is held back with each piece, `hoards` says more than it was given. */
class Pairs implements FrameStream<Uint8Array> {
  #held: number[] = [];
  #offset = 0;
  readonly #fault: 'none' | 'forgets' | 'hoards' | 'loops';

  constructor(fault: 'none' | 'forgets' | 'hoards' | 'loops') {
    this.#fault = fault;
  }

  get buffered(): number {
    return this.#fault === 'hoards' ? 99 : this.#held.length;
  }

  push(octets: Uint8Array): void {
    if (this.#fault === 'forgets') this.reset();
    this.#held.push(...octets);
  }

  next(): StreamEvent<Uint8Array> | undefined {
    if (this.#fault === 'loops') return { kind: 'noise', offset: 0, octets: 0 };
    if (this.#held.length < 2) return undefined;
    const offset = this.#offset;
    this.#offset += 2;
    return { kind: 'frame', frame: Uint8Array.from(this.#held.splice(0, 2)), offset, leniencies: [] };
  }

  reset(): void {
    this.#held = [];
  }
}

test('a stream that depends on the pieces, holds too much, or does not end is found', (t) => {
  const octets = new Random(3).octets(64);
  const fault = (kind: 'none' | 'forgets' | 'hoards' | 'loops') => {
    const stream: StreamUnderTest = { name: 's', create: () => new Pairs(kind), mostBuffered: 1 };
    return streamFault(stream, octets, random());
  };
  t.is(fault('none'), undefined);
  t.regex(fault('forgets') ?? '', /^s: P7: 32 frames in one piece, /);
  t.is(fault('hoards'), 's: P7: holds 99 octets back');
  t.is(fault('loops'), 's: P7: gives events without end');
});
