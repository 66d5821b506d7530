/** What the joined octets of blocks hold: one value, or a list of values or answers. */
import { type Decoded, type Encoded, good, Reader, Writer } from '../../common/index.ts';
import { type DataBudget, type DataValue, dataBudget, readData, writeData } from '../../data/index.ts';
import { readActionResult, writeActionResult } from '../action.ts';
import { readDataOrResult, readList, writeDataOrResult, writeList } from '../parts.ts';
import type { ApduOptions } from '../scope.ts';
import { readReadResult, writeReadResult } from '../short-names.ts';
import type { ActionResult, DataOrResult, ReadResult } from '../types.ts';

type Read<T> = (reader: Reader, budget: DataBudget) => T;
type Write<T> = (writer: Writer, item: T) => unknown;

/** How the parts of a long value are coded, alone and in a list. */
export interface JoinedForm<T> {
  readonly alone: { readonly read: Read<T>; readonly write: Write<T> };
  readonly listed: { readonly read: Read<T>; readonly write: Write<T>; readonly least: number };
}

/** GET: alone the data itself, in a list `00 data` or `01 dar`. */
export const GET_ANSWERS: JoinedForm<DataOrResult> = {
  alone: {
    read: (reader, budget) => ({ data: readData(reader, budget) }),
    write: (writer, item) => ('data' in item ? writeData(writer, item.data) : writer.fail('blocks: data, since a result alone needs none', item.accessResult)),
  },
  listed: { read: readDataOrResult, write: writeDataOrResult, least: 2 },
};

/** SET and parameters of ACTION: data, alone and in a list. */
export const VALUES: JoinedForm<DataValue> = {
  alone: { read: readData, write: writeData },
  listed: { read: readData, write: writeData, least: 1 },
};

/** Answers of ACTION: `result 00` or `result 01 …`, alone and in a list. */
export const ACTION_ANSWERS: JoinedForm<ActionResult> = {
  alone: { read: readActionResult, write: writeActionResult },
  listed: { read: readActionResult, write: writeActionResult, least: 2 },
};

/** Answers of an SN read, always a list. */
export const READ_ANSWERS: JoinedForm<ReadResult> = {
  alone: { read: readReadResult, write: writeReadResult },
  listed: { read: readReadResult, write: writeReadResult, least: 2 },
};

/** The parts of joined octets, all of them: what is left over or missing is an error. */
export function decodeJoined<T>(octets: Uint8Array, list: boolean, form: JoinedForm<T>, options?: ApduOptions): Decoded<readonly T[]> {
  const budget = dataBudget(options?.limits);
  const reader = new Reader(octets);
  const items = list ? readList(reader, budget, 'joined values', form.listed.least, () => form.listed.read(reader, budget)) : [form.alone.read(reader, budget)];
  if (reader.left > 0) reader.fail('trailing_octets', 'joined blocks: nothing after the value', `${reader.left} octets`);
  return reader.failed ? reader.failure() : good(items, reader.at);
}

export function encodeJoined<T>(items: readonly T[], list: boolean, form: JoinedForm<T>): Encoded {
  const writer = new Writer();
  if (list) writeList(writer, items, (item) => form.listed.write(writer, item));
  else if (items.length === 1) for (const item of items) form.alone.write(writer, item);
  else writer.fail('values: exactly one where there is no list', items.length);
  return writer.finish();
}
