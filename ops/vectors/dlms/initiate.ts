/** InitiateRequest, InitiateResponse, and the answers that refuse. */
import {
  type ConfirmedServiceError,
  conformanceNames,
  type ExceptionResponse,
  type InitiateRequest,
  type InitiateResponse,
} from '../../../workers/codec/apdu/index.ts';
import { toHex } from '../../../workers/codec/common/index.ts';
import type { JsonObject } from '../mapping.ts';
import type { Members } from '../members.ts';
import { parseName, presentName } from './results.ts';

export function presentInitiateRequest(apdu: InitiateRequest): JsonObject {
  const { pdu, dedicatedKey, responseAllowed, proposedQos } = apdu;
  return {
    pdu,
    ...(dedicatedKey === undefined ? {} : { dedicatedKey: toHex(dedicatedKey) }),
    responseAllowed,
    ...(proposedQos === undefined ? {} : { proposedQos }),
    ...presentTerms(apdu),
  };
}

export function presentInitiateResponse(apdu: InitiateResponse): JsonObject {
  const { pdu, negotiatedQos, vaaName } = apdu;
  return { pdu, ...(negotiatedQos === undefined ? {} : { negotiatedQos }), ...presentTerms(apdu), vaaName: presentName(vaaName) };
}

function presentTerms({ dlmsVersion, oldConformanceTag, conformance, maxReceivePduSize }: InitiateRequest | InitiateResponse): JsonObject {
  return { dlmsVersion, oldConformanceTag, conformanceHex: toHex(conformance), conformance: conformanceNames(conformance), maxReceivePduSize };
}

export function parseInitiateRequest(members: Members): InitiateRequest {
  return {
    pdu: 'initiate-request',
    ...(members.has('dedicatedKey') ? { dedicatedKey: members.hex('dedicatedKey') } : {}),
    responseAllowed: members.bool('responseAllowed'),
    ...(members.has('proposedQos') ? { proposedQos: members.int('proposedQos') } : {}),
    ...parseTerms(members),
  };
}

export function parseInitiateResponse(members: Members): InitiateResponse {
  const negotiatedQos = members.has('negotiatedQos') ? { negotiatedQos: members.int('negotiatedQos') } : {};
  return { pdu: 'initiate-response', ...negotiatedQos, ...parseTerms(members), vaaName: parseName(members, 'vaaName') };
}

function parseTerms(members: Members): Pick<InitiateRequest, 'dlmsVersion' | 'oldConformanceTag' | 'conformance' | 'maxReceivePduSize'> {
  return {
    dlmsVersion: members.int('dlmsVersion'),
    oldConformanceTag: members.bool('oldConformanceTag'),
    conformance: members.hex('conformanceHex'),
    maxReceivePduSize: members.int('maxReceivePduSize'),
  };
}

export function presentServiceError({ pdu, service, errorChoice, errorValue }: ConfirmedServiceError): JsonObject {
  return { pdu, service, errorChoice, errorValue };
}

export function parseServiceError(members: Members): ConfirmedServiceError {
  return {
    pdu: 'confirmed-service-error',
    service: members.int('service'),
    errorChoice: members.int('errorChoice'),
    errorValue: members.int('errorValue'),
  };
}

export function presentException({ pdu, stateError, serviceError, invocationCounterExpected }: ExceptionResponse): JsonObject {
  return { pdu, stateError, serviceError, ...(invocationCounterExpected === undefined ? {} : { invocationCounterExpected }) };
}

export function parseException(members: Members): ExceptionResponse {
  const counter = members.has('invocationCounterExpected') ? { invocationCounterExpected: members.int('invocationCounterExpected') } : {};
  return { pdu: 'exception-response', stateError: members.int('stateError'), serviceError: members.int('serviceError'), ...counter };
}
