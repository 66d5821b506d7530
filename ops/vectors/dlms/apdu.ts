/** Any APDU as the APDU object of the vectors, and back. */
import type { Apdu, CipheredApdu } from '../../../workers/codec/apdu/index.ts';
import { CodecFault, type Encoded } from '../../../workers/codec/common/index.ts';
import type { Json, JsonObject } from '../mapping.ts';
import { Members } from '../members.ts';
import { parseAare, parseAarq, parseRelease, presentAare, presentAarq, presentRelease } from './acse.ts';
import { parseActionRequest, parseActionResponse, presentActionRequest, presentActionResponse } from './action.ts';
import { parseCiphered, presentCiphered } from './ciphered.ts';
import { parseGetRequest, parseGetResponse, presentGetRequest, presentGetResponse } from './get.ts';
import {
  parseException,
  parseInitiateRequest,
  parseInitiateResponse,
  parseServiceError,
  presentException,
  presentInitiateRequest,
  presentInitiateResponse,
  presentServiceError,
} from './initiate.ts';
import { parseDataNotification, parseEventNotification, presentDataNotification, presentEventNotification } from './notifications.ts';
import type { ApduScope } from './scope.ts';
import { parseSetRequest, parseSetResponse, presentSetRequest, presentSetResponse } from './set.ts';
import {
  parseReadRequest,
  parseReadResponse,
  parseReport,
  parseWriteRequest,
  parseWriteResponse,
  presentReadRequest,
  presentReadResponse,
  presentReport,
  presentWriteRequest,
  presentWriteResponse,
} from './short-names.ts';

export function presentApdu(apdu: Apdu, scope: ApduScope): JsonObject {
  const nested = (inner: Apdu): JsonObject => presentApdu(inner, scope);
  switch (apdu.pdu) {
    case 'AARQ':
      scope.carriedTitle = apdu.callingApTitle;
      return presentAarq(apdu, nested);
    case 'AARE':
      scope.carriedTitle = apdu.respondingApTitle;
      return presentAare(apdu, nested);
    case 'RLRQ':
    case 'RLRE':
      return presentRelease(apdu, nested);
    case 'initiate-request':
      return presentInitiateRequest(apdu);
    case 'initiate-response':
      return presentInitiateResponse(apdu);
    case 'confirmed-service-error':
      return presentServiceError(apdu);
    case 'exception-response':
      return presentException(apdu);
    case 'get-request':
      return presentGetRequest(apdu);
    case 'get-response':
      return presentGetResponse(apdu);
    case 'set-request':
      return presentSetRequest(apdu);
    case 'set-response':
      return presentSetResponse(apdu);
    case 'action-request':
      return presentActionRequest(apdu);
    case 'action-response':
      return presentActionResponse(apdu);
    case 'data-notification':
      return presentDataNotification(apdu);
    case 'event-notification-request':
      return presentEventNotification(apdu);
    case 'read-request':
      return presentReadRequest(apdu);
    case 'read-response':
      return presentReadResponse(apdu);
    case 'write-request':
    case 'unconfirmed-write-request':
      return presentWriteRequest(apdu);
    case 'write-response':
      return presentWriteResponse(apdu);
    case 'information-report-request':
      return presentReport(apdu);
    default:
      return presentCiphered(apdu, scope, nested);
  }
}

/** @throws MalformedVector; CodecFault from ciphering */
export function parseApdu(value: Json | undefined, path: string, scope: ApduScope): Apdu {
  const members = Members.of(value, path);
  const nested = (inner: Json | undefined, innerPath: string): Apdu => parseApdu(inner, innerPath, scope);
  const pdu = members.text('pdu') as Apdu['pdu'];
  switch (pdu) {
    case 'AARQ':
      scope.carriedTitle = members.has('callingApTitle') ? members.hex('callingApTitle') : undefined;
      return parseAarq(members, nested);
    case 'AARE':
      scope.carriedTitle = members.has('respondingApTitle') ? members.hex('respondingApTitle') : undefined;
      return parseAare(members, nested);
    case 'RLRQ':
    case 'RLRE':
      return parseRelease(pdu, members, nested);
    case 'initiate-request':
      return parseInitiateRequest(members);
    case 'initiate-response':
      return parseInitiateResponse(members);
    case 'confirmed-service-error':
      return parseServiceError(members);
    case 'exception-response':
      return parseException(members);
    case 'get-request':
      return parseGetRequest(members);
    case 'get-response':
      return parseGetResponse(members);
    case 'set-request':
      return parseSetRequest(members);
    case 'set-response':
      return parseSetResponse(members);
    case 'action-request':
      return parseActionRequest(members);
    case 'action-response':
      return parseActionResponse(members);
    case 'data-notification':
      return parseDataNotification(members);
    case 'event-notification-request':
      return parseEventNotification(members);
    case 'read-request':
      return parseReadRequest(members);
    case 'read-response':
      return parseReadResponse(members);
    case 'write-request':
    case 'unconfirmed-write-request':
      return parseWriteRequest(pdu, members);
    case 'write-response':
      return parseWriteResponse(members);
    case 'information-report-request':
      return parseReport(members);
    default:
      return parseCipheredNamed(pdu, members, scope, nested);
  }
}

function parseCipheredNamed(pdu: CipheredApdu['pdu'], members: Members, scope: ApduScope, nested: Parameters<typeof parseCiphered>[3]): CipheredApdu {
  if (!/^(glo|ded|general)-/.test(pdu)) throw members.wrong('pdu', `must be the name of an APDU, not ${pdu}`);
  return parseCiphered(pdu, members, scope, nested);
}

/** An encoder inside which `must` was used: its fault becomes the outcome. */
export function withFaults(encode: () => Encoded): Encoded {
  try {
    return encode();
  } catch (error) {
    if (error instanceof CodecFault) return { kind: 'bad', error: error.error };
    throw error;
  }
}
