/**
 * An index over A-XDR octets, in 32-bit words, so that a worker can check a buffer and the main loop can read it without making
 * an object per value. It lies well in shared memory, beside the octets.
 *
 * ```
 *   02 02 06 00000001 11 07                   structure of a double-long-unsigned and an unsigned
 *
 *   word   tag   content   size   next        four words a value, depth first
 *    at     02      2        2     12         containers: size counts the items
 *    +4     06      3        4      8
 *    +8     11      8        1     12
 *
 *   content: offset of the content's first octet, after tag and length; of a compact array the offset of its description
 *   size:    octets of the content; of bit-strings the bits
 *   next:    the word, counted from `at`, after the value and all that is in it
 * ```
 *
 * I1 `next` is always above the value's own word and at most the end of the container's: walks end.
 */
import { allows, bad, type Decoded, good, type LeniencyName, Reader } from '../common/index.ts';
import { type DataBudget, dataBudget } from './budget.ts';
import { readDescription } from './compact-array.ts';
import type { DataOptions } from './read.ts';
import { skipContent } from './skip.ts';
import { DATA_TAGS, type TypeDescription } from './types.ts';

export const WORDS_PER_VALUE = 4;

/** A tape that suffices for so many octets of tagged values. Compact arrays of nested elements, or with null-data in them, may need a longer one. */
export const tapeWords = (octets: number): number => octets * WORDS_PER_VALUE;

/**
 * Checks one value as `decodeData` does and writes its index.
 * @param tape a tape that is too short: `too_large`; use a longer one
 * @returns the words that were written from `at`; `consumed` is where the value ends
 */
export function indexData(octets: Uint8Array, tape: Uint32Array, at = 0, options?: DataOptions): Decoded<{ readonly words: number }> {
  const budget = dataBudget(options?.limits);
  const reader = new Reader(octets, 0, Math.min(octets.length, budget.maxOctets));
  const indexer = new Indexer(reader, tape, at, budget);
  indexer.pay(1);
  indexer.tagged(1);
  if (reader.needs > budget.maxOctets) return bad('too_large', 0, `data: at most ${budget.maxOctets} octets`, reader.needs, octets.length);
  if (reader.failed) return reader.failure();
  const leniencies: LeniencyName[] = [];
  if (reader.at < octets.length) {
    if (!allows(options, 'trailing-octets')) {
      return bad('trailing_octets', reader.at, 'data: nothing after the value', `${octets.length - reader.at} octets`, octets.length);
    }
    leniencies.push('trailing-octets');
  }
  return good({ words: indexer.words }, reader.at, leniencies);
}

class Indexer {
  readonly #reader: Reader;
  readonly #tape: Uint32Array;
  readonly #from: number;
  readonly #budget: DataBudget;
  #at: number;

  constructor(reader: Reader, tape: Uint32Array, at: number, budget: DataBudget) {
    this.#reader = reader;
    this.#tape = tape;
    this.#from = at;
    this.#at = at;
    this.#budget = budget;
  }

  get words(): number {
    return this.#at - this.#from;
  }

  /** Takes values off the budget before they are walked. */
  pay(count: number): void {
    const budget = this.#budget;
    if (count > budget.elementsLeft) this.#reader.fail('too_many', 'data: at most `maxElements` values', count);
    else budget.elementsLeft -= count;
  }

  tagged(depth: number): void {
    const reader = this.#reader;
    const tag = reader.u8();
    if (tag === 0x01 || tag === 0x02) this.#container(tag, depth);
    else if (tag === 0x13) this.#compact(reader, depth);
    else this.#simple(reader, tag);
  }

  #container(tag: number, depth: number): void {
    const reader = this.#reader;
    const count = reader.length('container: count');
    this.#checkDepth(depth);
    this.pay(count);
    if (!reader.has(count)) return;
    const word = this.#open(tag, reader.at, count);
    for (let index = 0; index < count && !reader.failed; index++) this.tagged(depth + 1);
    this.#close(word);
  }

  #compact(reader: Reader, depth: number): void {
    const offset = reader.at;
    const element = readDescription(reader, this.#budget, depth + 1);
    const length = reader.length('compact-array: length of the contents');
    this.#checkDepth(depth);
    if (length > this.#budget.maxOctets) reader.fail('too_large', `compact-array: at most ${this.#budget.maxOctets} octets`, length, offset);
    if (!reader.has(length)) return;
    const word = this.#open(DATA_TAGS['compact-array'], offset, 0);
    const inner = new Reader(reader.octets, reader.at, reader.at + length);
    let items = 0;
    for (; inner.at < inner.end && !inner.failed; items++) {
      const start = inner.at;
      this.#element(inner, element);
      if (inner.at === start) inner.fail('bad_length', 'compact-array: no contents where an element takes no octets', length, offset);
    }
    if (inner.needs !== 0) reader.fail('bad_length', 'compact-array: contents of whole elements', `${length} octets`, offset);
    const { error } = inner;
    if (error !== undefined) reader.fail(error.code, error.rule, error.got, error.offset);
    reader.at += length;
    if (!reader.failed) this.#tape[word + 2] = items;
    this.#close(word);
  }

  #element(reader: Reader, description: TypeDescription): void {
    if (--this.#budget.elementsLeft < 0) reader.fail('too_many', 'data: at most `maxElements` values');
    switch (description.type) {
      case 'array': {
        const word = this.#open(0x01, reader.at, description.count, reader);
        for (let index = 0; index < description.count && !reader.failed; index++) this.#element(reader, description.element);
        this.#close(word);
        return;
      }
      case 'structure': {
        const word = this.#open(0x02, reader.at, description.members.length, reader);
        for (const member of description.members) if (!reader.failed) this.#element(reader, member);
        this.#close(word);
        return;
      }
      default:
        this.#simple(reader, DATA_TAGS[description.type]);
    }
  }

  #simple(reader: Reader, tag: number): void {
    const size = skipContent(reader, tag, this.#budget);
    const octets = tag === 0x04 ? Math.ceil(size / 8) : size;
    this.#close(this.#open(tag, reader.at - octets, size, reader));
  }

  #checkDepth(depth: number): void {
    const { maxDepth } = this.#budget;
    if (depth > maxDepth) this.#reader.fail('too_deep', `data: at most ${maxDepth} containers inside each other`, depth);
  }

  #open(tag: number, content: number, size: number, reader = this.#reader): number {
    const word = this.#at;
    if (reader.failed) return word;
    if (word + WORDS_PER_VALUE > this.#tape.length) {
      reader.fail('too_large', `tape: at most ${this.#tape.length} words`, '', Math.max(0, content - 1));
      return word;
    }
    this.#tape[word] = tag;
    this.#tape[word + 1] = content;
    this.#tape[word + 2] = size;
    this.#at = word + WORDS_PER_VALUE;
    return word;
  }

  #close(word: number): void {
    if (word + 3 < this.#tape.length) this.#tape[word + 3] = this.#at - this.#from;
  }
}
