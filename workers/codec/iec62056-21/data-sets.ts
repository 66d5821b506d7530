/**
 * Data sets, `address(value*unit)`, many on a line or one (IEC 62056-21, 6.3.12 and 6.5; meter-protocols 4.2).
 *
 * ```
 *   1.8.0(000123.4*kWh) CR LF      address, value, unit
 *   P.01(1901020015)(00)           the second has no address
 *   0.0.0( 20000)                  blanks of a value are data
 * ```
 *
 * Reading is lenient: what is no data set is passed over, so any text gives a table.
 */

import type { CodecError } from '../common/index.ts';
import { DEFAULT_LIMITS, type Limits, unencodable } from '../common/index.ts';

export interface DataSet {
  readonly address: string | null;
  readonly value: string;
  readonly unit: string | null;
}

const CR = 0x0d;
const LF = 0x0a;
const OPEN = 0x28;
const CLOSE = 0x29;
const STAR = 0x2a;
const BANG = 0x21;
/** Marks of one data set: start of the address, its end, start of the value, its end, end of the unit (its start is behind the star). */
const MARKS = 5;

/**
 * The data sets of a text, as marks into it: one pass, and a string only when a member is asked for. A readout of thousands of lines
 * costs no object a line (bench `codec`).
 */
export class DataSetTable implements Iterable<DataSet> {
  readonly text: string;
  readonly length: number;
  /** An exclamation mark outside brackets was seen; what follows it is not read. */
  readonly endMark: boolean;
  /** There were more than `maxElements`; the rest was not read. */
  readonly overflowed: boolean;
  readonly #marks: readonly number[];

  constructor(text: string, marks: readonly number[], endMark: boolean, overflowed: boolean) {
    this.text = text;
    this.overflowed = overflowed;
    this.#marks = marks;
    this.length = marks.length / MARKS;
    this.endMark = endMark;
  }

  /** null where it is missing, and outside the table. */
  address(index: number): string | null {
    const from = this.#marks[index * MARKS] ?? 0;
    const to = this.#marks[index * MARKS + 1] ?? 0;
    return from === to ? null : this.text.slice(from, to);
  }

  value(index: number): string {
    return this.text.slice(this.#marks[index * MARKS + 2] ?? 0, this.#marks[index * MARKS + 3] ?? 0);
  }

  unit(index: number): string | null {
    const valueEnd = this.#marks[index * MARKS + 3] ?? 0;
    const end = this.#marks[index * MARKS + 4] ?? 0;
    return end === valueEnd ? null : this.text.slice(valueEnd + 1, end);
  }

  at(index: number): DataSet {
    return { address: this.address(index), value: this.value(index), unit: this.unit(index) };
  }

  /** The value of the first data set of an address. */
  find(address: string): string | undefined {
    for (let index = 0; index < this.length; index++) if (this.address(index) === address) return this.value(index);
    return undefined;
  }

  *[Symbol.iterator](): IterableIterator<DataSet> {
    for (let index = 0; index < this.length; index++) yield this.at(index);
  }

  toArray(): DataSet[] {
    return Array.from({ length: this.length }, (_, index) => this.at(index));
  }
}

/** The data sets of any text, up to `maxElements`. */
export function readDataSets(text: string, limits: Pick<Limits, 'maxElements'> = DEFAULT_LIMITS): DataSetTable {
  const marks: number[] = [];
  const most = limits.maxElements * MARKS;
  const end = text.length;
  let at = 0;
  let addressFrom = 0;
  while (at < end) {
    const code = text.charCodeAt(at);
    if (code === OPEN) {
      const addressTo = at;
      let star = -1;
      let inside = at + 1;
      let octet = 0;
      for (; inside < end; inside++) {
        octet = text.charCodeAt(inside);
        if (octet === CLOSE || octet === CR || octet === LF) break;
        if (octet === STAR && star < 0) star = inside;
      }
      if (marks.length >= most) return new DataSetTable(text, marks, false, true);
      if (octet === CLOSE && inside < end) marks.push(addressFrom, addressTo, addressTo + 1, star < 0 ? inside : star, inside);
      at = inside + 1;
      addressFrom = at;
      continue;
    }
    if (code === BANG) return new DataSetTable(text, marks, true, false);
    at++;
    // Control characters end a line or are fill: no address goes over them.
    if (code < 0x20 || code === 0x7f) addressFrom = at;
  }
  return new DataSetTable(text, marks, false, false);
}

const ADDRESS = /^[^()/!]{0,16}$/;
const VALUE = /^[^()*/!]{0,128}$/;
const UNIT = /^[^()/!]{0,16}$/;

/** The text of data sets on one line. A field that does not fit gives `bad_value`. */
export function dataSetText(sets: readonly DataSet[]): { readonly kind: 'good'; readonly text: string } | { readonly kind: 'bad'; readonly error: CodecError } {
  let text = '';
  for (const { address, value, unit } of sets) {
    if (address !== null && !ADDRESS.test(address)) return unencodable('address: at most 16 characters without ( ) / !', address);
    if (!VALUE.test(value)) return unencodable('value: at most 128 characters without ( ) * / !', `${value.length} characters`);
    if (unit !== null && !UNIT.test(unit)) return unencodable('unit: at most 16 characters without ( ) / !', unit);
    text += `${address ?? ''}(${value}${unit === null ? '' : `*${unit}`})`;
  }
  return { kind: 'good', text };
}
