/** A value that is read where it lies, by the index that `indexData` made: nothing is built that is not asked for. */
import { Reader } from '../common/index.ts';
import { DEEPEST, openBudget } from './budget.ts';
import { readDescription } from './compact-array.ts';
import { readInt64, readUint64 } from './numbers.ts';
import { readContent } from './read-content.ts';
import { WORDS_PER_VALUE } from './tape.ts';
import { DATA_TAGS, type DataType, type DataValue } from './types.ts';

const TYPES: (DataType | undefined)[] = [];
for (const [type, tag] of Object.entries(DATA_TAGS)) TYPES[tag] = type as DataType;

/** Octets and tape must be those of one `indexData`, unchanged; reading others gives nonsense, but ends and stays within both. */
export class TapedData {
  readonly #octets: Uint8Array;
  readonly #tape: Uint32Array;
  /** Where the index begins; `next` counts from there. */
  readonly #from: number;
  readonly #at: number;

  /** @param at where `indexData` began to write */
  constructor(octets: Uint8Array, tape: Uint32Array, at = 0, word = at) {
    this.#octets = octets;
    this.#tape = tape;
    this.#from = at;
    this.#at = word;
  }

  get type(): DataType {
    return TYPES[this.#word(0)] ?? 'null-data';
  }

  /** Items of a container; 0 for all else. */
  get count(): number {
    return this.#isContainer ? this.#word(2) : 0;
  }

  /** The item at this place, counted from 0. A step to each before it, unless all items are simple. */
  item(index: number): TapedData | undefined {
    const { count } = this;
    if (!Number.isInteger(index) || index < 0 || index >= count) return undefined;
    const first = this.#at + WORDS_PER_VALUE;
    const end = this.#end;
    let word = first;
    if (end - first === count * WORDS_PER_VALUE) word += index * WORDS_PER_VALUE;
    else for (let step = 0; step < index && word < end; step++) word = this.#next(word);
    return word < end ? new TapedData(this.#octets, this.#tape, this.#from, word) : undefined;
  }

  /** The items of a container in order. */
  *items(): Generator<TapedData, void, undefined> {
    const { count } = this;
    const end = this.#end;
    let word = this.#at + WORDS_PER_VALUE;
    for (let index = 0; index < count && word < end; index++) {
      yield new TapedData(this.#octets, this.#tape, this.#from, word);
      word = this.#next(word);
    }
  }

  /** Numbers that fit a JavaScript number, floats included. */
  number(): number | undefined {
    const value = this.#simple();
    return value !== undefined && 'value' in value && typeof value.value === 'number' ? value.value : undefined;
  }

  /** Whole numbers, wide ones too. */
  bigint(): bigint | undefined {
    const tag = this.#word(0);
    const content = this.#word(1);
    if (tag === DATA_TAGS.long64) return readInt64(this.#octets, content);
    if (tag === DATA_TAGS['long64-unsigned']) return readUint64(this.#octets, content);
    const number = this.number();
    return number !== undefined && Number.isInteger(number) && tag !== DATA_TAGS.float32 && tag !== DATA_TAGS.float64 ? BigInt(number) : undefined;
  }

  boolean(): boolean | undefined {
    const value = this.#simple();
    return value?.type === 'boolean' ? value.value : undefined;
  }

  /** A view of the content of strings, date-times and bit-strings. */
  octets(): Uint8Array | undefined {
    switch (this.type) {
      case 'octet-string':
      case 'visible-string':
      case 'utf8-string':
      case 'date-time':
      case 'date':
      case 'time':
        return this.#view(this.#word(2));
      case 'bit-string':
        return this.#view(Math.ceil(this.#word(2) / 8));
      default:
        return undefined;
    }
  }

  /** The same value that `decodeData` makes. */
  toValue(): DataValue {
    return this.#valueAt(1);
  }

  #valueAt(depth: number): DataValue {
    const { type } = this;
    switch (type) {
      case 'array':
      case 'structure':
        return { type, items: this.#values(depth) };
      case 'compact-array': {
        const reader = new Reader(this.#octets, this.#word(1));
        const element = readDescription(reader, openBudget(), 1);
        const contents = reader.view(reader.length('compact-array: length of the contents'));
        return { type, element, contents, items: this.#values(depth) };
      }
      case 'octet-string':
      case 'visible-string':
      case 'utf8-string':
        return { type, octets: this.#view(this.#word(2)) };
      case 'bit-string':
        return { type, bits: this.#word(2), octets: this.#view(Math.ceil(this.#word(2) / 8)) };
      default:
        return this.#simple() ?? { type: 'null-data' };
    }
  }

  /** No tape of `indexData` is deeper. */
  #values(depth: number): DataValue[] {
    const values: DataValue[] = [];
    if (depth > DEEPEST) return values;
    for (const item of this.items()) values.push(item.#valueAt(depth + 1));
    return values;
  }

  /** Of a type whose content has one width. */
  #simple(): DataValue | undefined {
    switch (this.type) {
      case 'array':
      case 'structure':
      case 'compact-array':
      case 'octet-string':
      case 'visible-string':
      case 'utf8-string':
      case 'bit-string':
        return undefined;
      default:
        return readContent(new Reader(this.#octets, this.#word(1)), this.#word(0), openBudget());
    }
  }

  get #isContainer(): boolean {
    const tag = this.#word(0);
    return tag === DATA_TAGS.array || tag === DATA_TAGS.structure || tag === DATA_TAGS['compact-array'];
  }

  get #end(): number {
    return Math.min(this.#next(this.#at), this.#tape.length);
  }

  /** Always forward, also on a tape that is none. */
  #next(word: number): number {
    return Math.max(word + WORDS_PER_VALUE, this.#from + (this.#tape[word + 3] ?? 0));
  }

  #word(index: number): number {
    return this.#tape[this.#at + index] ?? 0;
  }

  #view(length: number): Uint8Array {
    const from = Math.min(this.#word(1), this.#octets.length);
    return this.#octets.subarray(from, from + length);
  }
}
