/**
 * SET (meter-protocols 5.4; Green Book, SET-Request and SET-Response). `ref` is class(2) obis(6) attr(1) and 00 or 01 selector data.
 *
 * ```
 *   C1 01 iip ref data                              normal
 *   C1 02 iip ref last(1) block(4) len raw          with-first-datablock
 *   C1 03 iip last(1) block(4) len raw              with-datablock
 *   C1 04 iip n ref*n n data*n                      with-list
 *   C1 05 iip n ref*n last(1) block(4) len raw      with-list-and-first-datablock
 *   C5 01 iip dar                                   normal
 *   C5 02 iip block(4)                              datablock
 *   C5 03 iip dar block(4)                          last-datablock
 *   C5 04 iip n dar*n block(4)                      last-datablock-with-list
 *   C5 05 iip n dar*n                               with-list
 * ```
 */
import type { Reader, Writer } from '../common/index.ts';
import { type DataBudget, readData } from '../data/index.ts';
import {
  failChoice,
  putData,
  REFERENCE_OCTETS,
  readAttributeAccess,
  readBlock,
  readInvocation,
  readList,
  writeAttributeAccess,
  writeBlock,
  writeBlockNumber,
  writeInvocation,
  writeList,
} from './parts.ts';
import { APDU_TAGS } from './tags.ts';
import type { AttributeAccess, SetRequest, SetResponse } from './types.ts';

export function readSetRequest(reader: Reader, budget: DataBudget): SetRequest {
  const pdu = 'set-request';
  reader.u8();
  const choice = reader.u8();
  if (choice < 1 || choice > 5) failChoice(reader, pdu, choice, 5);
  const invocation = readInvocation(reader);
  const attributes = (): readonly AttributeAccess[] => readList(reader, budget, 'attributes', REFERENCE_OCTETS + 1, () => readAttributeAccess(reader, budget));
  switch (choice) {
    case 2:
      return { pdu, choice: 'with-first-datablock', ...invocation, ...readAttributeAccess(reader, budget), ...readBlock(reader) };
    case 3:
      return { pdu, choice: 'with-datablock', ...invocation, ...readBlock(reader) };
    case 4:
      return {
        pdu,
        choice: 'with-list',
        ...invocation,
        attributes: attributes(),
        values: readList(reader, budget, 'values', 1, () => readData(reader, budget)),
      };
    case 5:
      return { pdu, choice: 'with-list-and-first-datablock', ...invocation, attributes: attributes(), ...readBlock(reader) };
    default:
      return { pdu, choice: 'normal', ...invocation, ...readAttributeAccess(reader, budget), data: readData(reader, budget) };
  }
}

export function readSetResponse(reader: Reader, budget: DataBudget): SetResponse {
  const pdu = 'set-response';
  reader.u8();
  const choice = reader.u8();
  if (choice < 1 || choice > 5) failChoice(reader, pdu, choice, 5);
  const invocation = readInvocation(reader);
  const results = (): readonly number[] => readList(reader, budget, 'results', 1, () => reader.u8());
  switch (choice) {
    case 2:
      return { pdu, choice: 'datablock', ...invocation, blockNumber: reader.u32() };
    case 3:
      return { pdu, choice: 'last-datablock', ...invocation, accessResult: reader.u8(), blockNumber: reader.u32() };
    case 4:
      return { pdu, choice: 'last-datablock-with-list', ...invocation, results: results(), blockNumber: reader.u32() };
    case 5:
      return { pdu, choice: 'with-list', ...invocation, results: results() };
    default:
      return { pdu, choice: 'normal', ...invocation, accessResult: reader.u8() };
  }
}

export function writeSetRequest(writer: Writer, apdu: SetRequest): Writer {
  writer.u8(APDU_TAGS[apdu.pdu]);
  const attributes = (items: readonly AttributeAccess[]): Writer => writeList(writer, items, (item) => writeAttributeAccess(writer, item));
  switch (apdu.choice) {
    case 'normal':
      writeInvocation(writer.u8(1), apdu);
      writeAttributeAccess(writer, apdu);
      return putData(writer, apdu.data);
    case 'with-first-datablock':
      writeInvocation(writer.u8(2), apdu);
      writeAttributeAccess(writer, apdu);
      return writeBlock(writer, apdu);
    case 'with-datablock':
      writeInvocation(writer.u8(3), apdu);
      return writeBlock(writer, apdu);
    case 'with-list':
      writeInvocation(writer.u8(4), apdu);
      attributes(apdu.attributes);
      return writeList(writer, apdu.values, (value) => putData(writer, value));
    case 'with-list-and-first-datablock':
      writeInvocation(writer.u8(5), apdu);
      attributes(apdu.attributes);
      return writeBlock(writer, apdu);
  }
}

export function writeSetResponse(writer: Writer, apdu: SetResponse): Writer {
  writer.u8(APDU_TAGS[apdu.pdu]);
  const result = (value: number): Writer => writer.u8(writer.bounded('access result', value, 0, 0xff));
  switch (apdu.choice) {
    case 'normal':
      writeInvocation(writer.u8(1), apdu);
      return result(apdu.accessResult);
    case 'datablock':
      writeInvocation(writer.u8(2), apdu);
      return writeBlockNumber(writer, apdu.blockNumber);
    case 'last-datablock':
      writeInvocation(writer.u8(3), apdu);
      result(apdu.accessResult);
      return writeBlockNumber(writer, apdu.blockNumber);
    case 'last-datablock-with-list':
      writeInvocation(writer.u8(4), apdu);
      writeList(writer, apdu.results, result);
      return writeBlockNumber(writer, apdu.blockNumber);
    case 'with-list':
      writeInvocation(writer.u8(5), apdu);
      return writeList(writer, apdu.results, result);
  }
}
