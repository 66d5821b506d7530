/** Octets to APDUs. One tag, one reader; lengths and counts are checked before anything is made of them. */
import { allows, bad, DEFAULT_LIMITS, type Decoded, good, Reader } from '../common/index.ts';
import { readAcse } from './acse-read.ts';
import { readActionRequest, readActionResponse } from './action.ts';
import { readCiphered } from './ciphered.ts';
import { readGetRequest, readGetResponse } from './get.ts';
import { readConfirmedServiceError, readExceptionResponse, readInitiateRequest, readInitiateResponse } from './initiate.ts';
import { readDataNotification, readEventNotification } from './notifications.ts';
import { type ApduOptions, newScope, type Scope } from './scope.ts';
import { readSetRequest, readSetResponse } from './set.ts';
import { readInformationReport, readReadRequest, readReadResponse, readWriteRequest, readWriteResponse } from './short-names.ts';
import { cipheredName, APDU_TAGS as TAGS, UNSUPPORTED_TAGS } from './tags.ts';
import type { Apdu } from './types.ts';

/** What a reader gives that has failed. */
const NO_APDU: Apdu = { pdu: 'confirmed-service-error', service: 0, errorChoice: 0, errorValue: 0 };

/**
 * One APDU that fills its octets. Ciphered ones are split, not opened.
 *
 * Leniencies: `trailing-octets` (what follows is left alone, `consumed` says where the APDU ends), `ber-length`,
 * `alternative-tags`, `old-conformance-tag`.
 *
 * Errors: `unknown_tag`, `unsupported` (general-ciphering, general-signing, general-block-transfer, access), `unexpected_octet`,
 * `bad_length`, `bad_value`, `trailing_octets`, `too_deep`, `too_many`, `too_large`. Octets that end too early are `incomplete`.
 */
export function decodeApdu(octets: Uint8Array, options?: ApduOptions): Decoded<Apdu> {
  const maxOctets = options?.limits?.maxOctets ?? DEFAULT_LIMITS.maxOctets;
  if (octets.length > maxOctets) return tooLarge(maxOctets, octets.length, octets.length);
  const scope = newScope(options, true);
  const reader = new Reader(octets);
  const apdu = readApdu(reader, scope);
  if (reader.needs > maxOctets) return tooLarge(maxOctets, reader.needs, octets.length);
  if (reader.failed) return reader.failure();
  if (reader.left === 0) return good(apdu, reader.at, scope.leniencies);
  if (!allows(options, 'trailing-octets')) return bad('trailing_octets', reader.at, 'apdu: nothing after it', `${reader.left} octets`, octets.length);
  if (!scope.leniencies.includes('trailing-octets')) scope.leniencies.push('trailing-octets');
  return good(apdu, reader.at, scope.leniencies);
}

/**
 * APDUs one after another, at least one, up to the end of the octets. Nothing tells where one ends but its own content, so
 * lengths that are wrong are let pass only in the last.
 */
export function decodeApdus(octets: Uint8Array, options?: ApduOptions): Decoded<readonly Apdu[]> {
  const maxOctets = options?.limits?.maxOctets ?? DEFAULT_LIMITS.maxOctets;
  if (octets.length > maxOctets) return tooLarge(maxOctets, octets.length, octets.length);
  const scope = newScope(options, false);
  const reader = new Reader(octets);
  const apdus: Apdu[] = [];
  do {
    if (--scope.budget.elementsLeft < 0) reader.fail('too_many', 'apdus: at most `maxElements` values');
    apdus.push(readApdu(reader, scope));
  } while (reader.left > 0 && !reader.failed);
  if (reader.needs > maxOctets) return tooLarge(maxOctets, reader.needs, octets.length);
  return reader.failed ? reader.failure() : good(apdus, reader.at, scope.leniencies);
}

const tooLarge = (most: number, got: number, consumed: number): Decoded<never> => bad('too_large', 0, `apdu: at most ${most} octets`, got, consumed);

/** The APDU at the cursor; the reader latches what is wrong. */
export function readApdu(reader: Reader, scope: Scope): Apdu {
  const { budget } = scope;
  const tag = reader.peek();
  switch (tag) {
    case TAGS['get-response']:
      return readGetResponse(reader, budget);
    case TAGS['get-request']:
      return readGetRequest(reader, budget);
    case TAGS['set-request']:
      return readSetRequest(reader, budget);
    case TAGS['set-response']:
      return readSetResponse(reader, budget);
    case TAGS['action-request']:
      return readActionRequest(reader, budget);
    case TAGS['action-response']:
      return readActionResponse(reader, budget);
    case TAGS['data-notification']:
      return readDataNotification(reader, budget);
    case TAGS['event-notification-request']:
      return readEventNotification(reader, budget);
    case TAGS['read-request']:
      return readReadRequest(reader, budget);
    case TAGS['read-response']:
      return readReadResponse(reader, budget);
    case TAGS['write-request']:
    case TAGS['unconfirmed-write-request']:
      return readWriteRequest(reader, budget);
    case TAGS['write-response']:
      return readWriteResponse(reader, budget);
    case TAGS['information-report-request']:
      return readInformationReport(reader, budget);
    case TAGS.AARQ:
    case TAGS.AARE:
    case TAGS.RLRQ:
    case TAGS.RLRE:
      return readAcse(reader, scope, readUserInformation);
    case TAGS['initiate-request']:
      return readInitiateRequest(reader, scope);
    case TAGS['initiate-response']:
      return readInitiateResponse(reader, scope);
    case TAGS['confirmed-service-error']:
      return readConfirmedServiceError(reader);
    case TAGS['exception-response']:
      return readExceptionResponse(reader);
    default:
      return readOther(reader, tag);
  }
}

function readOther(reader: Reader, tag: number): Apdu {
  const ciphered = cipheredName(tag);
  if (ciphered !== undefined) return readCiphered(reader, ciphered);
  const unsupported = UNSUPPORTED_TAGS.get(tag);
  if (tag < 0) reader.has(1);
  else if (unsupported !== undefined) reader.fail('unsupported', `apdu: ${unsupported} is not built`, tag);
  else reader.fail('unknown_tag', 'apdu: a tag of ACSE or xDLMS', tag);
  return NO_APDU;
}

/** Associations are not nested: the depth of user information is one. */
function readUserInformation(reader: Reader, scope: Scope): Apdu {
  const tag = reader.peek();
  if (tag < TAGS.AARQ || tag > TAGS.RLRE) return readApdu(reader, scope);
  reader.fail('unexpected_octet', 'user information: no ACSE APDU', tag);
  return NO_APDU;
}
