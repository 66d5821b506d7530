/** What a fuzz run is aimed at: one codec folder, with all its decoders. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { fromHex } from '../../workers/codec/common/index.ts';
import { type DecoderUnderTest, decoderFault, type StreamUnderTest, streamFault } from './properties.ts';
import type { Random } from './random.ts';

export interface FuzzTarget {
  /** The codec's folder. */
  readonly name: string;
  /** Good octets to start from. */
  readonly corpus: readonly Uint8Array[];
  /** @returns the broken property; undefined when all hold */
  check(input: Uint8Array, random: Random): string | undefined;
}

/** Streams cost many times a decoding: every so many inputs. */
const STREAM_EVERY = 8;

export interface TargetParts {
  readonly name: string;
  readonly corpus: readonly Uint8Array[];
  readonly decoders?: readonly DecoderUnderTest<never>[];
  readonly streams?: readonly StreamUnderTest[];
  /** Puts good checks around rubbish, so that what is behind them is reached. */
  readonly dress?: (payload: Uint8Array, random: Random) => Uint8Array | undefined;
  /** What else must hold. */
  readonly more?: (input: Uint8Array, random: Random) => string | undefined;
}

export function fuzzTarget({ name, corpus, decoders = [], streams = [], dress, more }: TargetParts): FuzzTarget {
  return {
    name,
    corpus,
    check(input, random) {
      const dressed = dress !== undefined && random.once(2) ? dress(input, random) : undefined;
      const octets = dressed ?? input;
      for (const decoder of decoders) {
        const fault = decoderFault(decoder, octets, random);
        if (fault !== undefined) return fault;
      }
      if (random.once(STREAM_EVERY)) {
        for (const stream of streams) {
          const fault = streamFault(stream, octets, random);
          if (fault !== undefined) return fault;
        }
      }
      return more?.(octets, random);
    },
  };
}

/** Lets decoders of different values stand in one list. */
export function under<T>(decoder: DecoderUnderTest<T>): DecoderUnderTest<never> {
  return decoder as unknown as DecoderUnderTest<never>;
}

interface FiledVector {
  readonly hex: string;
  readonly form: string;
  readonly decoded: Readonly<Record<string, unknown>>;
}

/** Vectors of a file, in their form; sessions are too long to be bent. */
export function vectorsOf(file: string): readonly FiledVector[] {
  const path = fileURLToPath(new URL(`../../test/vectors/${file}.json`, import.meta.url));
  return JSON.parse(readFileSync(path, 'utf8')) as readonly FiledVector[];
}

export function corpusOf(...files: readonly string[]): readonly Uint8Array[] {
  return files.flatMap(vectorsOf).flatMap(({ hex }) => fromHex(hex) ?? []);
}
