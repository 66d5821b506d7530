/**
 * GET (meter-protocols 5.4; Green Book, GET-Request and GET-Response).
 *
 * ```
 *   C0 01 iip class(2) obis(6) attr(1) 00 | 01 selector data     normal
 *   C0 02 iip block(4)                                           next
 *   C0 03 iip n {class obis attr 00|01…}*n                       with-list
 *   C4 01 iip 00 data | 01 dar                                   normal
 *   C4 02 iip last(1) block(4) 00 len raw | 01 dar               with-datablock
 *   C4 03 iip n {00 data | 01 dar}*n                             with-list
 * ```
 */
import { bad, type Decoded, good, Reader, type Writer } from '../common/index.ts';
import { type DataBudget, readData } from '../data/index.ts';
import {
  failChoice,
  REFERENCE_OCTETS,
  readAttributeAccess,
  readBoolean,
  readDataOrResult,
  readFlag,
  readInvocation,
  readList,
  readOctets,
  writeAttributeAccess,
  writeBlockNumber,
  writeBoolean,
  writeDataOrResult,
  writeInvocation,
  writeList,
  writeOctets,
} from './parts.ts';
import { APDU_TAGS } from './tags.ts';
import type { GetRequest, GetResponse, Invocation } from './types.ts';

export function readGetRequest(reader: Reader, budget: DataBudget): GetRequest {
  const pdu = 'get-request';
  reader.u8();
  const choice = reader.u8();
  if (choice < 1 || choice > 3) failChoice(reader, pdu, choice, 3);
  const invocation = readInvocation(reader);
  if (choice === 2) return { pdu, choice: 'next', ...invocation, blockNumber: reader.u32() };
  if (choice === 1) return { pdu, choice: 'normal', ...invocation, ...readAttributeAccess(reader, budget) };
  const attributes = readList(reader, budget, 'attributes', REFERENCE_OCTETS + 1, () => readAttributeAccess(reader, budget));
  return { pdu, choice: 'with-list', ...invocation, attributes };
}

/** The normal answer first and without helper objects: the hot path of the bench `codec`. */
export function readGetResponse(reader: Reader, budget: DataBudget): GetResponse {
  const pdu = 'get-response';
  reader.u8();
  const choice = reader.u8();
  if (choice < 1 || choice > 3) failChoice(reader, pdu, choice, 3);
  const octet = reader.u8();
  const invokeId = octet & 0x0f;
  const confirmed = (octet & 0x40) !== 0;
  const highPriority = (octet & 0x80) !== 0;
  if (choice === 1) {
    const refused = readFlag(reader, 'result choice');
    if (refused) return { pdu, choice: 'normal', invokeId, confirmed, highPriority, accessResult: reader.u8() };
    return { pdu, choice: 'normal', invokeId, confirmed, highPriority, data: readData(reader, budget) };
  }
  const invocation: Invocation = { invokeId, confirmed, highPriority };
  if (choice === 2) {
    const head = { pdu, choice: 'with-datablock', ...invocation, lastBlock: readBoolean(reader), blockNumber: reader.u32() } as const;
    return readFlag(reader, 'block choice') ? { ...head, accessResult: reader.u8() } : { ...head, rawData: readOctets(reader, 'raw data') };
  }
  return { pdu, choice: 'with-list', ...invocation, results: readList(reader, budget, 'results', 2, () => readDataOrResult(reader, budget)) };
}

export function writeGetRequest(writer: Writer, apdu: GetRequest): Writer {
  writer.u8(APDU_TAGS[apdu.pdu]);
  switch (apdu.choice) {
    case 'normal':
      writeInvocation(writer.u8(1), apdu);
      return writeAttributeAccess(writer, apdu);
    case 'next':
      writeInvocation(writer.u8(2), apdu);
      return writeBlockNumber(writer, apdu.blockNumber);
    case 'with-list':
      writeInvocation(writer.u8(3), apdu);
      return writeList(writer, apdu.attributes, (item) => writeAttributeAccess(writer, item));
  }
}

export function writeGetResponse(writer: Writer, apdu: GetResponse): Writer {
  writer.u8(APDU_TAGS[apdu.pdu]);
  switch (apdu.choice) {
    case 'normal':
      writeInvocation(writer.u8(1), apdu);
      return writeDataOrResult(writer, apdu);
    case 'with-datablock':
      writeInvocation(writer.u8(2), apdu);
      writeBoolean(writer, apdu.lastBlock);
      writeBlockNumber(writer, apdu.blockNumber);
      if ('rawData' in apdu) return writeOctets(writer.u8(0), apdu.rawData);
      return writer.u8(1).u8(writer.bounded('access result', apdu.accessResult, 0, 0xff));
    case 'with-list':
      writeInvocation(writer.u8(3), apdu);
      return writeList(writer, apdu.results, (item) => writeDataOrResult(writer, item));
  }
}

/** The octets of the data of a normal GET response, not decoded. */
export interface GetResponseData extends Invocation {
  readonly data: Uint8Array;
}

/**
 * The data of `C4 01 iip 00 data` as a view, for callers that decode it to columns. Everything after the choice is data; what is
 * no normal response with data is `unexpected_octet`.
 */
export function getResponseData(octets: Uint8Array): Decoded<GetResponseData> {
  const reader = new Reader(octets);
  const head = [reader.u8(), reader.u8()];
  const invocation = readInvocation(reader);
  const choice = reader.u8();
  if (reader.failed) return reader.failure();
  const at = head[0] !== APDU_TAGS['get-response'] ? 0 : head[1] !== 1 ? 1 : choice !== 0 ? 3 : -1;
  if (at >= 0) return bad('unexpected_octet', at, 'get-response: normal, with data', octets[at] ?? 0, octets.length);
  return good({ ...invocation, data: reader.rest() }, octets.length);
}
