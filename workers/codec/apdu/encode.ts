/** APDUs to octets. */
import { type Encoded, unencodable, Writer } from '../common/index.ts';
import { type AcseWriting, writeAcse } from './acse-write.ts';
import { writeActionRequest, writeActionResponse } from './action.ts';
import { writeCiphered } from './ciphered.ts';
import { writeGetRequest, writeGetResponse } from './get.ts';
import { writeConfirmedServiceError, writeExceptionResponse, writeInitiateRequest, writeInitiateResponse } from './initiate.ts';
import { writeDataNotification, writeEventNotification } from './notifications.ts';
import { writeSetRequest, writeSetResponse } from './set.ts';
import { writeInformationReport, writeReadRequest, writeReadResponse, writeWriteRequest, writeWriteResponse } from './short-names.ts';
import type { Aarq, Apdu } from './types.ts';

/** Octets of an APDU. Error `bad_value`: the rule names the field that cannot hold its value. */
export function encodeApdu(apdu: Apdu): Encoded {
  const writer = new Writer();
  writeApdu(writer, apdu);
  return writer.finish();
}

/**
 * How an AARQ is written (meter-protocols 6.4). `usual`; `old-conformance-tag`: an initiate in clear has `5F 04` whatever it says;
 * `alternative-tags`: that and AA and AB in place of 8A and 8B, AB with the whole OID.
 */
export type AarqForm = 'usual' | 'old-conformance-tag' | 'alternative-tags';

export function encodeAarq(aarq: Aarq, form: AarqForm = 'usual'): Encoded {
  const inner = aarq.userInformation;
  const old = form !== 'usual' && inner?.pdu === 'initiate-request';
  const apdu: Aarq = old ? { ...aarq, userInformation: { ...inner, oldConformanceTag: true } } : aarq;
  const writer = new Writer();
  writeAcse(writer, apdu, encodeUserInformation, { alternativeTags: form === 'alternative-tags' } satisfies AcseWriting);
  return writer.finish();
}

function encodeUserInformation(apdu: Apdu): Encoded {
  if (apdu.pdu === 'AARQ' || apdu.pdu === 'AARE' || apdu.pdu === 'RLRQ' || apdu.pdu === 'RLRE') {
    return unencodable('user information: no ACSE APDU', apdu.pdu);
  }
  return encodeApdu(apdu);
}

function writeApdu(writer: Writer, apdu: Apdu): Writer {
  switch (apdu.pdu) {
    case 'AARQ':
    case 'AARE':
    case 'RLRQ':
    case 'RLRE':
      return writeAcse(writer, apdu, encodeUserInformation);
    case 'initiate-request':
      return writeInitiateRequest(writer, apdu);
    case 'initiate-response':
      return writeInitiateResponse(writer, apdu);
    case 'confirmed-service-error':
      return writeConfirmedServiceError(writer, apdu);
    case 'exception-response':
      return writeExceptionResponse(writer, apdu);
    case 'get-request':
      return writeGetRequest(writer, apdu);
    case 'get-response':
      return writeGetResponse(writer, apdu);
    case 'set-request':
      return writeSetRequest(writer, apdu);
    case 'set-response':
      return writeSetResponse(writer, apdu);
    case 'action-request':
      return writeActionRequest(writer, apdu);
    case 'action-response':
      return writeActionResponse(writer, apdu);
    case 'data-notification':
      return writeDataNotification(writer, apdu);
    case 'event-notification-request':
      return writeEventNotification(writer, apdu);
    case 'read-request':
      return writeReadRequest(writer, apdu);
    case 'read-response':
      return writeReadResponse(writer, apdu);
    case 'write-request':
    case 'unconfirmed-write-request':
      return writeWriteRequest(writer, apdu);
    case 'write-response':
      return writeWriteResponse(writer, apdu);
    case 'information-report-request':
      return writeInformationReport(writer, apdu);
    default:
      return writeCiphered(writer, apdu);
  }
}
