/**
 * ACTION (meter-protocols 5.4; Green Book, ACTION-Request and ACTION-Response). `ref` is class(2) obis(6) method(1).
 *
 * ```
 *   C3 01 iip ref 00 | 01 data                      normal
 *   C3 02 iip block(4)                              next-pblock
 *   C3 03 iip n ref*n n data*n                      with-list
 *   C3 04 iip ref last(1) block(4) len raw          with-first-pblock
 *   C3 05 iip n ref*n last(1) block(4) len raw      with-list-and-first-pblock
 *   C3 06 iip last(1) block(4) len raw              with-pblock
 *   C7 01 iip answer                                normal; answer: result 00 | result 01 00 data | result 01 01 dar
 *   C7 02 iip last(1) block(4) len raw              with-pblock
 *   C7 03 iip n answer*n                            with-list
 *   C7 04 iip block(4)                              next-pblock
 * ```
 */
import type { Reader, Writer } from '../common/index.ts';
import { type DataBudget, readData } from '../data/index.ts';
import {
  failChoice,
  putData,
  REFERENCE_OCTETS,
  readBlock,
  readDataOrResult,
  readFlag,
  readInvocation,
  readList,
  readReference,
  writeBlock,
  writeBlockNumber,
  writeBoolean,
  writeDataOrResult,
  writeInvocation,
  writeList,
  writeReference,
} from './parts.ts';
import { APDU_TAGS } from './tags.ts';
import type { ActionRequest, ActionResponse, ActionResult, LogicalReference } from './types.ts';

export function readActionRequest(reader: Reader, budget: DataBudget): ActionRequest {
  const pdu = 'action-request';
  reader.u8();
  const choice = reader.u8();
  if (choice < 1 || choice > 6) failChoice(reader, pdu, choice, 6);
  const invocation = readInvocation(reader);
  const methods = (): readonly LogicalReference[] => readList(reader, budget, 'methods', REFERENCE_OCTETS, () => readReference(reader));
  switch (choice) {
    case 2:
      return { pdu, choice: 'next-pblock', ...invocation, blockNumber: reader.u32() };
    case 3:
      return {
        pdu,
        choice: 'with-list',
        ...invocation,
        methods: methods(),
        parameters: readList(reader, budget, 'parameters', 1, () => readData(reader, budget)),
      };
    case 4:
      return { pdu, choice: 'with-first-pblock', ...invocation, method: readReference(reader), ...readBlock(reader) };
    case 5:
      return { pdu, choice: 'with-list-and-first-pblock', ...invocation, methods: methods(), ...readBlock(reader) };
    case 6:
      return { pdu, choice: 'with-pblock', ...invocation, ...readBlock(reader) };
    default: {
      const method = readReference(reader);
      if (!readFlag(reader, 'parameters')) return { pdu, choice: 'normal', ...invocation, method };
      return { pdu, choice: 'normal', ...invocation, method, parameters: readData(reader, budget) };
    }
  }
}

/** `result`, then 00, or 01 and data or why there is none. */
export function readActionResult(reader: Reader, budget: DataBudget): ActionResult {
  const actionResult = reader.u8();
  if (!readFlag(reader, 'return parameters')) return { actionResult };
  return { actionResult, returned: readDataOrResult(reader, budget) };
}

export function writeActionResult(writer: Writer, { actionResult, returned }: ActionResult): Writer {
  writer.u8(writer.bounded('action result', actionResult, 0, 0xff));
  writeBoolean(writer, returned !== undefined);
  return returned === undefined ? writer : writeDataOrResult(writer, returned);
}

export function readActionResponse(reader: Reader, budget: DataBudget): ActionResponse {
  const pdu = 'action-response';
  reader.u8();
  const choice = reader.u8();
  if (choice < 1 || choice > 4) failChoice(reader, pdu, choice, 4);
  const invocation = readInvocation(reader);
  switch (choice) {
    case 2:
      return { pdu, choice: 'with-pblock', ...invocation, ...readBlock(reader) };
    case 3:
      return { pdu, choice: 'with-list', ...invocation, results: readList(reader, budget, 'results', 2, () => readActionResult(reader, budget)) };
    case 4:
      return { pdu, choice: 'next-pblock', ...invocation, blockNumber: reader.u32() };
    default:
      return { pdu, choice: 'normal', ...invocation, ...readActionResult(reader, budget) };
  }
}

export function writeActionRequest(writer: Writer, apdu: ActionRequest): Writer {
  writer.u8(APDU_TAGS[apdu.pdu]);
  const methods = (items: readonly LogicalReference[]): Writer => writeList(writer, items, (item) => writeReference(writer, item));
  switch (apdu.choice) {
    case 'normal':
      writeInvocation(writer.u8(1), apdu);
      writeReference(writer, apdu.method);
      writeBoolean(writer, apdu.parameters !== undefined);
      return apdu.parameters === undefined ? writer : putData(writer, apdu.parameters);
    case 'next-pblock':
      writeInvocation(writer.u8(2), apdu);
      return writeBlockNumber(writer, apdu.blockNumber);
    case 'with-list':
      writeInvocation(writer.u8(3), apdu);
      methods(apdu.methods);
      return writeList(writer, apdu.parameters, (value) => putData(writer, value));
    case 'with-first-pblock':
      writeInvocation(writer.u8(4), apdu);
      writeReference(writer, apdu.method);
      return writeBlock(writer, apdu);
    case 'with-list-and-first-pblock':
      writeInvocation(writer.u8(5), apdu);
      methods(apdu.methods);
      return writeBlock(writer, apdu);
    case 'with-pblock':
      writeInvocation(writer.u8(6), apdu);
      return writeBlock(writer, apdu);
  }
}

export function writeActionResponse(writer: Writer, apdu: ActionResponse): Writer {
  writer.u8(APDU_TAGS[apdu.pdu]);
  switch (apdu.choice) {
    case 'normal':
      writeInvocation(writer.u8(1), apdu);
      return writeActionResult(writer, apdu);
    case 'with-pblock':
      writeInvocation(writer.u8(2), apdu);
      return writeBlock(writer, apdu);
    case 'with-list':
      writeInvocation(writer.u8(3), apdu);
      return writeList(writer, apdu.results, (item) => writeActionResult(writer, item));
    case 'next-pblock':
      writeInvocation(writer.u8(4), apdu);
      return writeBlockNumber(writer, apdu.blockNumber);
  }
}
