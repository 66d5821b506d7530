/** The fields of an ACSE APDU, found and taken one by one. Whoever has taken what it knows keeps the rest as other fields. */
import { Reader } from '../common/index.ts';
import { isFieldTag, startsWith, tagNumber, USER_INFORMATION } from './acse-tags.ts';
import type { OtherField } from './types.ts';

interface Field extends OtherField {
  /** Of the content in the input. */
  readonly at: number;
}

/** How far the lengths are believed: `trusted`, or everything up to the end of the octets (leniency `ber-length`). */
export type Lengths = 'trusted' | 'distrusted';

export interface UserInformationPlace {
  readonly from: number;
  readonly to: number;
}

export class FieldSet {
  readonly reader: Reader;
  /** Where the APDU in the user information stands. */
  readonly userInformation: UserInformationPlace | undefined;
  readonly #fields = new Map<number, Field>();

  /** @param reader over the fields and nothing else; it latches what is wrong */
  constructor(reader: Reader, lengths: Lengths) {
    this.reader = reader;
    let place: UserInformationPlace | undefined;
    while (reader.left > 0 && !reader.failed && place === undefined) {
      const offset = reader.at;
      const tag = reader.peek();
      if (!isFieldTag(tag)) {
        if (lengths === 'trusted') reader.fail('unknown_tag', 'field: a tag from 80 to BE', tag);
        break;
      }
      reader.u8();
      const length = reader.length('field');
      if (this.#fields.has(tagNumber(tag))) reader.fail('unexpected_octet', 'field: each at most once', tag, offset);
      place = tag === USER_INFORMATION ? findUserInformation(reader, length, lengths) : undefined;
      if (place !== undefined) break;
      const field: Field = { tag, at: reader.at, octets: reader.view(length) };
      this.#fields.set(tagNumber(tag), field);
    }
    if (place !== undefined && lengths === 'trusted' && reader.left > 0) {
      reader.fail('unexpected_octet', 'user information: the last field', reader.peek());
    }
    this.userInformation = place;
  }

  /** The content of a field, which is then no other field any more. */
  take(tag: number): Uint8Array | undefined {
    const field = this.#fields.get(tagNumber(tag));
    if (field?.tag !== tag) return undefined;
    this.#fields.delete(tagNumber(tag));
    return field.octets;
  }

  /** Is there such a field that is not taken? */
  offsetOf(tag: number): number | undefined {
    const field = this.#fields.get(tagNumber(tag));
    return field?.tag === tag ? field.at : undefined;
  }

  /** Takes a field whose content is `start` and `more` octets after it; gives what follows `start`. */
  takeAfter(tag: number, start: readonly number[], more?: number): Uint8Array | undefined {
    const octets = this.#peek(tag);
    if (octets === undefined || !startsWith(octets, start)) return undefined;
    if (more !== undefined && octets.length !== start.length + more) return undefined;
    this.take(tag);
    return octets.subarray(start.length);
  }

  /** Takes a field that holds one value of `inner`: `inner len octets`. */
  takeInner(tag: number, inner: number): Uint8Array | undefined {
    const octets = this.#peek(tag);
    if (octets === undefined) return undefined;
    const reader = new Reader(octets);
    const known = reader.u8() === inner;
    const content = reader.view(reader.length('field'));
    if (!known || reader.failed || reader.left > 0) return undefined;
    this.take(tag);
    return content;
  }

  /** What nobody took, in rising order of the tags' numbers. */
  others(): readonly OtherField[] {
    const fields = [...this.#fields.values()].sort((a, b) => tagNumber(a.tag) - tagNumber(b.tag));
    return fields.map(({ tag, octets }) => ({ tag, octets }));
  }

  #peek(tag: number): Uint8Array | undefined {
    const field = this.#fields.get(tagNumber(tag));
    return field?.tag === tag ? field.octets : undefined;
  }
}

/**
 * Content of BE: `04 len apdu`. With lengths that are not believed the APDU begins behind them and may reach the end of the
 * octets. Undefined when there is no APDU (an empty octet string), which leaves BE a field like others.
 */
function findUserInformation(reader: Reader, length: number, lengths: Lengths): UserInformationPlace | undefined {
  const start = reader.at;
  const inner = new Reader(reader.octets, start, lengths === 'trusted' ? start + length : reader.end);
  if (!reader.has(lengths === 'trusted' ? length : 0) || inner.left === 0) return undefined;
  if (inner.u8() !== 0x04) {
    reader.fail('unexpected_octet', 'user information: an octet string (04)', reader.octets[start], start);
    return undefined;
  }
  const size = inner.length('user information');
  if (inner.failed || (lengths === 'trusted' && size !== inner.left)) {
    reader.fail('bad_length', 'user information: an octet string that fills it', size, start + 1);
    return undefined;
  }
  if (inner.left === 0) return undefined;
  reader.at = lengths === 'trusted' ? start + length : reader.end;
  return { from: inner.at, to: inner.end };
}
