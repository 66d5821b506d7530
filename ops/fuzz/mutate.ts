/** Inputs of a fuzz run: rubbish, frames that were bent, cut, joined, or given lengths that promise far too much. */
import type { Random } from './random.ts';

const LONGEST_RUBBISH = 96;
/** Longer ones are cut or spliced; a run is to see many inputs, not large ones. */
const LONGEST_INPUT = 1024;

/** Octets at which decoders branch: edges of lengths, numbers, tags, and the delimiters of every protocol here. */
const EDGES = [
  0x00, 0x01, 0x02, 0x03, 0x04, 0x06, 0x09, 0x0a, 0x0d, 0x0f, 0x10, 0x11, 0x13, 0x15, 0x18, 0x1b, 0x20, 0x21, 0x28, 0x29, 0x2a, 0x2f, 0x3f, 0x7e, 0x7f, 0x80,
  0x81, 0x82, 0x83, 0x84, 0x85, 0xa0, 0xa8, 0xbe, 0xc0, 0xc4, 0xdb, 0xe6, 0xfe, 0xff,
];

/** Lengths and counts that claim more than there is. */
const BOMBS: readonly (readonly number[])[] = [
  [0x7f],
  [0x81, 0xff],
  [0x82, 0xff, 0xff],
  [0x83, 0xff, 0xff, 0xff],
  [0x84, 0x7f, 0xff, 0xff, 0xff],
  [0x84, 0xff, 0xff, 0xff, 0xff],
  [0x80],
  [0xff],
  [0x01, 0x84, 0x00, 0x10, 0x00, 0x00],
  [0x13, 0x01, 0x84, 0xff, 0xff, 0xff, 0xff, 0x00, 0x00],
];

/** One input, wholly told by the random numbers. */
export function mutated(corpus: readonly Uint8Array[], random: Random): Uint8Array {
  const way = random.below(16);
  const seed = random.pick(corpus);
  if (seed === undefined || way === 0) return random.octets(random.below(LONGEST_RUBBISH));
  if (way === 1) return nested(random);
  if (way === 2) return seed;
  if (way === 3) return cut(random, seed);
  if (way === 4) return bounded(joined(seed, random.pick(corpus) ?? seed));
  if (way === 5) return bounded(joined(random.octets(random.below(6)), seed));
  let octets = bounded(seed);
  for (let times = 1 + random.below(4); times > 0; times--) octets = bend(octets, corpus, random);
  return bounded(octets);
}

function bend(octets: Uint8Array, corpus: readonly Uint8Array[], random: Random): Uint8Array {
  const at = random.below(octets.length);
  switch (random.below(10)) {
    case 0:
    case 1:
      return changed(octets, at, (octets[at] ?? 0) ^ (1 << random.below(8)));
    case 2:
    case 3:
      return changed(octets, at, random.pick(EDGES) ?? 0);
    case 4:
      return spliced(octets, at, 0, random.octets(1 + random.below(4)));
    case 5:
      return spliced(octets, at, 1 + random.below(8), new Uint8Array(0));
    case 6:
      return spliced(octets, at, 0, octets.subarray(at, at + 1 + random.below(16)));
    case 7:
      return spliced(octets, at, random.below(3), Uint8Array.from(random.pick(BOMBS) ?? []));
    case 8: {
      const other = random.pick(corpus) ?? octets;
      return joined(octets.subarray(0, at), other.subarray(random.below(other.length)));
    }
    default:
      return cut(random, octets);
  }
}

/** Containers inside each other, deeper than any decoder should follow. */
function nested(random: Random): Uint8Array {
  const octets = new Uint8Array(2 * (1 + random.below(200)));
  const tag = random.once(2) ? 0x01 : 0x02;
  for (let at = 0; at < octets.length; at += 2) {
    octets[at] = tag;
    octets[at + 1] = 1 + random.below(2);
  }
  return octets;
}

const cut = (random: Random, octets: Uint8Array): Uint8Array => octets.slice(0, random.below(octets.length + 1));
const bounded = (octets: Uint8Array): Uint8Array => (octets.length > LONGEST_INPUT ? octets.slice(0, LONGEST_INPUT) : octets);

function changed(octets: Uint8Array, at: number, octet: number): Uint8Array {
  const copy = octets.slice();
  if (at < copy.length) copy[at] = octet;
  return copy;
}

function spliced(octets: Uint8Array, at: number, remove: number, insert: Uint8Array): Uint8Array {
  return joined(joined(octets.subarray(0, at), insert), octets.subarray(Math.min(octets.length, at + remove)));
}

export function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const octets = new Uint8Array(first.length + second.length);
  octets.set(first);
  octets.set(second, first.length);
  return octets;
}
