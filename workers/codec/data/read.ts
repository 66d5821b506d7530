/**
 * A-XDR octets to values (meter-protocols 5.6; IEC 61334-6; Green Book, Data).
 *
 * I1 A container's count is checked against the budget and against the octets that are left before anything is allocated.
 * I2 Every value that is made was paid for from the budget, also those that take no octets (null-data in a compact array).
 * I3 Strings are views of the input.
 */
import { allows, bad, type Decoded, good, type LeniencyOptions, type Limits, Reader } from '../common/index.ts';
import { type DataBudget, dataBudget } from './budget.ts';
import { readCompactArray } from './compact-array.ts';
import { NO_VALUE, readContent } from './read-content.ts';
import type { DataValue } from './types.ts';

export interface DataOptions extends LeniencyOptions {
  readonly limits?: Partial<Limits>;
}

/**
 * One tagged value at the cursor. The reader latches what is wrong: `incomplete` when octets are missing, else a typed error
 * (`unknown_tag`, `bad_length`, `too_deep`, `too_many`, `too_large`).
 */
export function readData(reader: Reader, budget: DataBudget = dataBudget()): DataValue {
  if (--budget.elementsLeft < 0) {
    reader.fail('too_many', 'data: at most `maxElements` values');
    return NO_VALUE;
  }
  return readTagged(reader, budget, 1);
}

/**
 * One value of octets that hold nothing else.
 *
 * Leniency `trailing-octets`: what follows the value is left alone; `consumed` says where the value ends.
 */
export function decodeData(octets: Uint8Array, options?: DataOptions): Decoded<DataValue> {
  const budget = dataBudget(options?.limits);
  const reader = new Reader(octets, 0, Math.min(octets.length, budget.maxOctets));
  const value = readData(reader, budget);
  if (reader.needs > budget.maxOctets) return bad('too_large', 0, `data: at most ${budget.maxOctets} octets`, reader.needs, octets.length);
  if (reader.failed) return reader.failure();
  if (reader.at === octets.length) return good(value, reader.at);
  if (allows(options, 'trailing-octets')) return good(value, reader.at, ['trailing-octets']);
  return bad('trailing_octets', reader.at, 'data: nothing after the value', `${octets.length - reader.at} octets`, octets.length);
}

/** Every value of a container is paid for already. The hot path of profile buffers: see the bench `codec`. */
function readTagged(reader: Reader, budget: DataBudget, depth: number): DataValue {
  const tag = reader.u8();
  switch (tag) {
    case 0x01:
      return { type: 'array', items: readItems(reader, budget, depth) };
    case 0x02:
      return { type: 'structure', items: readItems(reader, budget, depth) };
    case 0x13:
      return readCompactArray(reader, budget, depth);
    default:
      return readContent(reader, tag, budget);
  }
}

function readItems(reader: Reader, budget: DataBudget, depth: number): readonly DataValue[] {
  const offset = reader.at;
  const count = reader.length('container: count');
  if (depth > budget.maxDepth) reader.fail('too_deep', `data: at most ${budget.maxDepth} containers inside each other`, depth, offset);
  if (count > budget.elementsLeft) reader.fail('too_many', 'data: at most `maxElements` values', count, offset);
  if (!reader.has(count)) return [];
  budget.elementsLeft -= count;
  const items: DataValue[] = [];
  for (let index = 0; index < count && !reader.failed; index++) items.push(readTagged(reader, budget, depth + 1));
  return items;
}
