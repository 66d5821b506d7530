/**
 * SN services (meter-protocols 5.5; Green Book, ReadRequest to InformationReportRequest).
 *
 * ```
 *   05 n variable*n                    read          0C n result*n          its answer
 *   06 n variable*n m data*m           write         0D n result*n          its answer
 *   16 n variable*n m data*m           unconfirmed write
 *   18 00 | 01 len time  n variable*n m data*m       information report
 *
 *   variable  02 name(2)                             name
 *             04 name(2) selector(1) data            parameterized
 *             05 block(2)                            block-number
 *             06 last(1) block(2) len raw            data-block
 *             07 last(1) block(2)                    write-data-block
 *   result    00 data | 01 dar | 02 last(1) block(2) len raw | 03 block(2)      of a write: 00 alone, 01, and block as 02
 * ```
 */
import type { Reader, Writer } from '../common/index.ts';
import { type DataBudget, readData } from '../data/index.ts';
import { putData, readBoolean, readFlag, readList, readOctets, writeBoolean, writeList, writeOctets } from './parts.ts';
import { APDU_TAGS } from './tags.ts';
import type { InformationReport, ReadRequest, ReadResponse, ReadResult, VariableAccess, WriteRequest, WriteResponse, WriteResult } from './types.ts';

/** Octets of the shortest variable. */
const VARIABLE_OCTETS = 3;

function readVariable(reader: Reader, budget: DataBudget): VariableAccess {
  const tag = reader.u8();
  switch (tag) {
    case 0x02:
      return { kind: 'name', variableName: reader.u16() };
    case 0x04:
      return { kind: 'parameterized', variableName: reader.u16(), selector: reader.u8(), parameter: readData(reader, budget) };
    case 0x05:
      return { kind: 'block-number', blockNumber: reader.u16() };
    case 0x06:
      return { kind: 'data-block', lastBlock: readBoolean(reader), blockNumber: reader.u16(), rawData: readOctets(reader, 'raw data') };
    case 0x07:
      return { kind: 'write-data-block', lastBlock: readBoolean(reader), blockNumber: reader.u16() };
    default:
      reader.fail('unknown_tag', 'variable access: 02, 04, 05, 06 or 07', tag, reader.at - 1);
      return { kind: 'name', variableName: 0 };
  }
}

const variables = (reader: Reader, budget: DataBudget): readonly VariableAccess[] =>
  readList(reader, budget, 'variables', VARIABLE_OCTETS, () => readVariable(reader, budget));

const values = (reader: Reader, budget: DataBudget) => readList(reader, budget, 'values', 1, () => readData(reader, budget));

function writeVariable(writer: Writer, variable: VariableAccess): Writer {
  const name = (value: number): Writer => writer.u16(writer.bounded('variable name', value, 0, 0xffff));
  switch (variable.kind) {
    case 'name':
      writer.u8(0x02);
      return name(variable.variableName);
    case 'parameterized':
      writer.u8(0x04);
      name(variable.variableName);
      writer.u8(writer.bounded('selector', variable.selector, 0, 0xff));
      return putData(writer, variable.parameter);
    case 'block-number':
      return writeShortNumber(writer.u8(0x05), variable.blockNumber);
    case 'data-block':
      writeBoolean(writer.u8(0x06), variable.lastBlock);
      writeShortNumber(writer, variable.blockNumber);
      return writeOctets(writer, variable.rawData);
    case 'write-data-block':
      writeBoolean(writer.u8(0x07), variable.lastBlock);
      return writeShortNumber(writer, variable.blockNumber);
  }
}

const writeShortNumber = (writer: Writer, value: number): Writer => writer.u16(writer.bounded('block number', value, 0, 0xffff));

export function readReadRequest(reader: Reader, budget: DataBudget): ReadRequest {
  reader.u8();
  return { pdu: 'read-request', variables: variables(reader, budget) };
}

export function readWriteRequest(reader: Reader, budget: DataBudget): WriteRequest {
  const pdu = reader.u8() === APDU_TAGS['write-request'] ? 'write-request' : 'unconfirmed-write-request';
  return { pdu, variables: variables(reader, budget), values: values(reader, budget) };
}

export function readInformationReport(reader: Reader, budget: DataBudget): InformationReport {
  const pdu = 'information-report-request';
  reader.u8();
  const time = readFlag(reader, 'current time') ? { currentTime: readOctets(reader, 'current time') } : {};
  return { pdu, ...time, variables: variables(reader, budget), values: values(reader, budget) };
}

/** One answer of a read: what a list of them, whole or joined from blocks, is made of. */
export function readReadResult(reader: Reader, budget: DataBudget): ReadResult {
  const choice = reader.u8();
  switch (choice) {
    case 0:
      return { data: readData(reader, budget) };
    case 1:
      return { accessResult: reader.u8() };
    case 2:
      return { block: { lastBlock: readBoolean(reader), blockNumber: reader.u16(), rawData: readOctets(reader, 'raw data') } };
    case 3:
      return { blockNumber: reader.u16() };
    default:
      reader.fail('unexpected_octet', 'read result: 00 to 03', choice, reader.at - 1);
      return { accessResult: 0 };
  }
}

export function writeReadResult(writer: Writer, result: ReadResult): Writer {
  if ('data' in result) return putData(writer.u8(0), result.data);
  if ('accessResult' in result) return writer.u8(1).u8(writer.bounded('access result', result.accessResult, 0, 0xff));
  if ('blockNumber' in result) return writeShortNumber(writer.u8(3), result.blockNumber);
  writeBoolean(writer.u8(2), result.block.lastBlock);
  writeShortNumber(writer, result.block.blockNumber);
  return writeOctets(writer, result.block.rawData);
}

export function readReadResponse(reader: Reader, budget: DataBudget): ReadResponse {
  reader.u8();
  return { pdu: 'read-response', results: readList(reader, budget, 'results', 2, () => readReadResult(reader, budget)) };
}

function readWriteResult(reader: Reader): WriteResult {
  const choice = reader.u8();
  if (choice === 0) return { accessResult: 0 };
  if (choice === 1) return { accessResult: reader.u8() };
  if (choice !== 2) reader.fail('unexpected_octet', 'write result: 00 to 02', choice, reader.at - 1);
  return { blockNumber: reader.u16() };
}

export function readWriteResponse(reader: Reader, budget: DataBudget): WriteResponse {
  reader.u8();
  return { pdu: 'write-response', results: readList(reader, budget, 'results', 1, () => readWriteResult(reader)) };
}

/** Success is 00 alone, never 01 00. */
function writeWriteResult(writer: Writer, result: WriteResult): Writer {
  if ('blockNumber' in result) return writeShortNumber(writer.u8(2), result.blockNumber);
  const accessResult = writer.bounded('access result', result.accessResult, 0, 0xff);
  return accessResult === 0 ? writer.u8(0) : writer.u8(1).u8(accessResult);
}

export function writeReadRequest(writer: Writer, apdu: ReadRequest): Writer {
  writer.u8(APDU_TAGS[apdu.pdu]);
  return writeList(writer, apdu.variables, (item) => writeVariable(writer, item));
}

export function writeReadResponse(writer: Writer, apdu: ReadResponse): Writer {
  writer.u8(APDU_TAGS[apdu.pdu]);
  return writeList(writer, apdu.results, (item) => writeReadResult(writer, item));
}

export function writeWriteRequest(writer: Writer, apdu: WriteRequest): Writer {
  writer.u8(APDU_TAGS[apdu.pdu]);
  writeList(writer, apdu.variables, (item) => writeVariable(writer, item));
  return writeList(writer, apdu.values, (value) => putData(writer, value));
}

export function writeWriteResponse(writer: Writer, apdu: WriteResponse): Writer {
  writer.u8(APDU_TAGS[apdu.pdu]);
  return writeList(writer, apdu.results, (item) => writeWriteResult(writer, item));
}

export function writeInformationReport(writer: Writer, apdu: InformationReport): Writer {
  writer.u8(APDU_TAGS[apdu.pdu]);
  writeBoolean(writer, apdu.currentTime !== undefined);
  if (apdu.currentTime !== undefined) writeOctets(writer, apdu.currentTime);
  writeList(writer, apdu.variables, (item) => writeVariable(writer, item));
  return writeList(writer, apdu.values, (value) => putData(writer, value));
}
