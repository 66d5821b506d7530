/**
 * What a meter sends unasked (meter-protocols 5.9; Green Book, DATA-NOTIFICATION and EVENT-NOTIFICATION).
 *
 * ```
 *   0F longInvokeId(4) len dateTime data
 *   C2 00 | 01 len time   class(2) obis(6) attr(1) data
 * ```
 */
import type { Reader, Writer } from '../common/index.ts';
import { type DataBudget, readData } from '../data/index.ts';
import { putData, readFlag, readOctets, readReference, writeBoolean, writeOctets, writeReference } from './parts.ts';
import { APDU_TAGS } from './tags.ts';
import type { DataNotification, EventNotification } from './types.ts';

export function readDataNotification(reader: Reader, budget: DataBudget): DataNotification {
  reader.u8();
  return { pdu: 'data-notification', longInvokeId: reader.view(4), dateTime: readOctets(reader, 'date-time'), body: readData(reader, budget) };
}

export function writeDataNotification(writer: Writer, apdu: DataNotification): Writer {
  if (apdu.longInvokeId.length !== 4) writer.fail('long invoke id: 4 octets', apdu.longInvokeId.length);
  writer.u8(APDU_TAGS[apdu.pdu]).put(apdu.longInvokeId);
  writeOctets(writer, apdu.dateTime);
  return putData(writer, apdu.body);
}

export function readEventNotification(reader: Reader, budget: DataBudget): EventNotification {
  reader.u8();
  const time = readFlag(reader, 'time') ? { time: readOctets(reader, 'time') } : {};
  return { pdu: 'event-notification-request', ...time, attribute: readReference(reader), value: readData(reader, budget) };
}

export function writeEventNotification(writer: Writer, apdu: EventNotification): Writer {
  writeBoolean(writer.u8(APDU_TAGS[apdu.pdu]), apdu.time !== undefined);
  if (apdu.time !== undefined) writeOctets(writer, apdu.time);
  writeReference(writer, apdu.attribute);
  return putData(writer, apdu.value);
}
