/**
 * The initiate services and the errors that have no service of their own (meter-protocols 5.3, 5.4; Green Book, xDLMS).
 *
 * ```
 *   01  00 | 01 len key   00 | 01 bool   00 | 01 qos   version  5F 1F 04 00 conformance(3)  maxPdu(2)             request
 *   08  00 | 01 qos       version  5F 1F 04 00 conformance(3)  maxPdu(2)  vaaName(2)                              response
 *   0E  service  choice  value                                                                     confirmed-service-error
 *   D8  state  service  [invocation counter(4), with service 6]                                        exception-response
 * ```
 */
import type { Reader, Writer } from '../common/index.ts';
import { readBoolean, readFlag, readOctets, writeBoolean, writeOctets } from './parts.ts';
import { pardon, type Scope } from './scope.ts';
import { APDU_TAGS } from './tags.ts';
import type { ConfirmedServiceError, ExceptionResponse, InitiateRequest, InitiateResponse } from './types.ts';

/** Service error of an exception that carries the counter that the meter wants to see. */
const INVOCATION_COUNTER_ERROR = 6;

const signed = (octet: number): number => (octet << 24) >> 24;

/** `5F 1F 04 00` and three octets, or as old meters have it, `5F 04 00` and three. */
function readConformance(reader: Reader, scope: Scope): { readonly oldConformanceTag: boolean; readonly conformance: Uint8Array } {
  const offset = reader.at;
  if (reader.u8() !== 0x5f) reader.fail('unexpected_octet', 'conformance: tag 5F 1F', reader.octets[offset], offset);
  const second = reader.u8();
  const oldConformanceTag = second === 0x04;
  if (oldConformanceTag) pardon(reader, scope, 'old-conformance-tag', 'conformance: tag 5F 1F', offset);
  else if (second !== 0x1f) reader.fail('unexpected_octet', 'conformance: tag 5F 1F', second, offset + 1);
  else if (reader.u8() !== 4) reader.fail('bad_length', 'conformance: 4 octets', reader.octets[reader.at - 1], reader.at - 1);
  if (reader.u8() !== 0) reader.fail('unexpected_octet', 'conformance: no unused bits', reader.octets[reader.at - 1], reader.at - 1);
  return { oldConformanceTag, conformance: reader.view(3) };
}

function writeConformance(writer: Writer, conformance: Uint8Array, oldConformanceTag: boolean): Writer {
  if (conformance.length !== 3) writer.fail('conformance: 3 octets', conformance.length);
  writer.u8(0x5f);
  if (!oldConformanceTag) writer.u8(0x1f);
  return writer.u8(4).u8(0).put(conformance);
}

/** `00`, or `01` and a signed octet. */
function writeQos(writer: Writer, qos: number | undefined): Writer {
  writeBoolean(writer, qos !== undefined);
  return qos === undefined ? writer : writer.u8(writer.bounded('quality of service', qos, -128, 127));
}

const version = (writer: Writer, value: number): number => writer.bounded('dlms version', value, 0, 0xff);
const size = (writer: Writer, value: number): number => writer.bounded('max receive pdu size', value, 0, 0xffff);

/** Leniency `old-conformance-tag`. */
export function readInitiateRequest(reader: Reader, scope: Scope): InitiateRequest {
  reader.u8();
  const key = readFlag(reader, 'dedicated key') ? { dedicatedKey: readOctets(reader, 'dedicated key') } : {};
  const responseAllowed = readFlag(reader, 'response allowed') ? readBoolean(reader) : true;
  const qos = readFlag(reader, 'proposed quality of service') ? { proposedQos: signed(reader.u8()) } : {};
  const dlmsVersion = reader.u8();
  const conformance = readConformance(reader, scope);
  return { pdu: 'initiate-request', ...key, responseAllowed, ...qos, dlmsVersion, ...conformance, maxReceivePduSize: reader.u16() };
}

export function writeInitiateRequest(writer: Writer, apdu: InitiateRequest): Writer {
  writer.u8(APDU_TAGS[apdu.pdu]);
  writeBoolean(writer, apdu.dedicatedKey !== undefined);
  if (apdu.dedicatedKey !== undefined) writeOctets(writer, apdu.dedicatedKey);
  if (apdu.responseAllowed) writer.u8(0);
  else writer.u8(1).u8(0);
  writeQos(writer, apdu.proposedQos);
  writer.u8(version(writer, apdu.dlmsVersion));
  writeConformance(writer, apdu.conformance, apdu.oldConformanceTag);
  return writer.u16(size(writer, apdu.maxReceivePduSize));
}

/** Leniency `old-conformance-tag`. */
export function readInitiateResponse(reader: Reader, scope: Scope): InitiateResponse {
  reader.u8();
  const qos = readFlag(reader, 'negotiated quality of service') ? { negotiatedQos: signed(reader.u8()) } : {};
  const dlmsVersion = reader.u8();
  const conformance = readConformance(reader, scope);
  return { pdu: 'initiate-response', ...qos, dlmsVersion, ...conformance, maxReceivePduSize: reader.u16(), vaaName: reader.u16() };
}

export function writeInitiateResponse(writer: Writer, apdu: InitiateResponse): Writer {
  writer.u8(APDU_TAGS[apdu.pdu]);
  writeQos(writer, apdu.negotiatedQos);
  writer.u8(version(writer, apdu.dlmsVersion));
  writeConformance(writer, apdu.conformance, apdu.oldConformanceTag);
  return writer.u16(size(writer, apdu.maxReceivePduSize)).u16(writer.bounded('vaa name', apdu.vaaName, 0, 0xffff));
}

export function readConfirmedServiceError(reader: Reader): ConfirmedServiceError {
  reader.u8();
  return { pdu: 'confirmed-service-error', service: reader.u8(), errorChoice: reader.u8(), errorValue: reader.u8() };
}

export function writeConfirmedServiceError(writer: Writer, apdu: ConfirmedServiceError): Writer {
  writer.u8(APDU_TAGS[apdu.pdu]).u8(writer.bounded('service', apdu.service, 0, 0xff));
  return writer.u8(writer.bounded('error choice', apdu.errorChoice, 0, 0xff)).u8(writer.bounded('error value', apdu.errorValue, 0, 0xff));
}

export function readExceptionResponse(reader: Reader): ExceptionResponse {
  reader.u8();
  const error = { pdu: 'exception-response', stateError: reader.u8(), serviceError: reader.u8() } as const;
  return error.serviceError === INVOCATION_COUNTER_ERROR ? { ...error, invocationCounterExpected: reader.u32() } : error;
}

export function writeExceptionResponse(writer: Writer, apdu: ExceptionResponse): Writer {
  const { stateError, serviceError, invocationCounterExpected } = apdu;
  writer
    .u8(APDU_TAGS[apdu.pdu])
    .u8(writer.bounded('state error', stateError, 0, 0xff))
    .u8(writer.bounded('service error', serviceError, 0, 0xff));
  if (serviceError === INVOCATION_COUNTER_ERROR)
    return writer.u32(writer.bounded('invocation counter', invocationCounterExpected ?? Number.NaN, 0, 0xffff_ffff));
  if (invocationCounterExpected !== undefined) writer.fail('invocation counter: only with service error 6', serviceError);
  return writer;
}
