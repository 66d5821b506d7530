/**
 * What holds for every decoder, whatever the octets.
 *
 * P1 It gives an outcome and does not throw (the runner sees throws).
 * P2 `good` and `incomplete` use between 0 and all octets, `bad` at least one where there is one; `incomplete` asks for more than there is.
 * P3 The offset of an error lies within the input; its code is known; its rule is told.
 * P4 Views lie within the input.
 * P5 What lies around the input in memory changes nothing.
 * P6 What decodes without a leniency encodes again, and that decodes to the same value.
 * P7 A stream decoder gives the same frames whatever the pieces, holds no more than its bound, and ends.
 */
import { CODEC_ERRORS, type Decoded, type Encoded, type FrameStream } from '../../workers/codec/common/index.ts';
import { kept, same, viewsWithin } from './equal.ts';
import type { Random } from './random.ts';

const MARGIN = 24;

/** The input in the midst of other octets, so that a decoder that leaves its view is seen. */
export function surrounded(input: Uint8Array, filling: number): Uint8Array {
  const memory = new Uint8Array(input.length + 2 * MARGIN).fill(filling);
  memory.set(input, MARGIN);
  return memory.subarray(MARGIN, MARGIN + input.length);
}

/** @returns the broken property, in words; undefined when all hold */
export function outcomeFault(input: Uint8Array, outcome: Decoded<unknown>): string | undefined {
  const { length } = input;
  const { kind, consumed } = outcome;
  if (!Number.isInteger(consumed) || consumed < 0 || consumed > length) return `P2: ${kind} uses ${consumed} of ${length} octets`;
  if (kind === 'incomplete') return outcome.needs > length ? undefined : `P2: incomplete with ${length} octets, and needs ${outcome.needs}`;
  if (kind === 'good') return viewsWithin(outcome.value, input) ? undefined : 'P4: a view leaves the input';
  if (consumed === 0 && length > 0) return 'P2: bad uses no octet';
  return errorFault(outcome.error, length);
}

export function errorFault(error: { readonly code: string; readonly offset: number; readonly rule: string }, length: number): string | undefined {
  if (!Number.isInteger(error.offset) || error.offset < 0 || error.offset > length) return `P3: ${error.code} at octet ${error.offset} of ${length}`;
  if (!Object.hasOwn(CODEC_ERRORS, error.code)) return `P3: the code ${error.code} is not known`;
  return error.rule === '' ? `P3: ${error.code} tells no rule` : undefined;
}

export interface DecoderUnderTest<T> {
  readonly name: string;
  decode(octets: Uint8Array): Decoded<T>;
  /** Absent where the octets hold more than the value (a hint of their form). */
  encode?(value: T): Encoded;
}

/** How often the costlier properties are looked at. */
const AROUND_EVERY = 16;

export function decoderFault<T>({ name, decode, encode }: DecoderUnderTest<T>, octets: Uint8Array, random: Random): string | undefined {
  const input = surrounded(octets, 0x02);
  const outcome = decode(input);
  const fault = outcomeFault(input, outcome) ?? (encode === undefined ? undefined : roundTripFault(outcome, decode, encode));
  if (fault !== undefined) return `${name}: ${fault}`;
  if (random.once(AROUND_EVERY) && !same(outcome, decode(surrounded(octets, 0x7e)))) return `${name}: P5: the octets around the input change the outcome`;
  return undefined;
}

function roundTripFault<T>(outcome: Decoded<T>, decode: (octets: Uint8Array) => Decoded<T>, encode: (value: T) => Encoded): string | undefined {
  if (outcome.kind !== 'good' || outcome.leniencies.length > 0) return undefined;
  const made = encode(outcome.value);
  if (made.kind === 'bad') return `P6: does not encode again: ${made.error.rule} (got ${made.error.got})`;
  const again = decode(made.octets);
  if (again.kind !== 'good') return `P6: encoded again, it does not decode: ${again.kind === 'bad' ? again.error.rule : 'incomplete'}`;
  return same(again.value, outcome.value) ? undefined : 'P6: encoded again, it decodes to another value';
}

export interface StreamUnderTest {
  readonly name: string;
  create(): FrameStream<unknown>;
  /** Octets that it may hold back at most. */
  readonly mostBuffered: number;
}

/** Events of one piece: a stream tells each octet at most once. */
const SPARE_EVENTS = 8;

export function streamFault(stream: StreamUnderTest, octets: Uint8Array, random: Random): string | undefined {
  const whole = framesOf(stream, [octets]);
  if (typeof whole === 'string') return whole;
  const pieces = framesOf(stream, piecesOf(octets, random));
  if (typeof pieces === 'string') return pieces;
  return same(whole, pieces) ? undefined : `${stream.name}: P7: ${whole.length} frames in one piece, ${pieces.length} or others in pieces`;
}

/** Frames with their offsets, or the property that broke. */
export function framesOf({ name, create, mostBuffered }: StreamUnderTest, pieces: readonly Uint8Array[]): readonly unknown[] | string {
  const stream = create();
  const frames: unknown[] = [];
  let length = 0;
  for (const piece of pieces) {
    length += piece.length;
    stream.push(piece);
    let left = length + SPARE_EVENTS;
    for (let event = stream.next(); event !== undefined; event = stream.next()) {
      if (left-- === 0) return `${name}: P7: gives events without end`;
      if (event.kind === 'frame') frames.push([event.offset, kept(event.frame), event.leniencies]);
      const fault = event.kind === 'bad' ? errorFault(event.error, length) : undefined;
      if (fault !== undefined) return `${name}: ${fault}`;
    }
    if (stream.buffered > Math.min(mostBuffered, length)) return `${name}: P7: holds ${stream.buffered} octets back`;
  }
  return frames;
}

/** Octets cut at random, often into single ones. */
export function piecesOf(octets: Uint8Array, random: Random): readonly Uint8Array[] {
  const largest = random.pick([1, 3, 17, 200]) ?? 1;
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < octets.length; ) {
    const size = 1 + random.below(largest);
    pieces.push(Uint8Array.from(octets.subarray(at, at + size)));
    at += size;
  }
  return pieces;
}
