/** GET requests and responses. */
import type { GetRequest, GetResponse } from '../../../workers/codec/apdu/index.ts';
import { toHex } from '../../../workers/codec/common/index.ts';
import type { JsonObject } from '../mapping.ts';
import type { Members } from '../members.ts';
import {
  parseAccess,
  parseAnswer,
  parseDataOrResult,
  parseListed,
  parseResult,
  presentAccess,
  presentAnswer,
  presentListed,
  presentResult,
} from './results.ts';
import { parseInvocation, presentInvocation, unknownChoice } from './services.ts';

export function presentGetRequest(apdu: GetRequest): JsonObject {
  const head = { pdu: apdu.pdu, choice: apdu.choice, ...presentInvocation(apdu) };
  switch (apdu.choice) {
    case 'normal':
      return { ...head, ...presentAccess(apdu) };
    case 'next':
      return { ...head, blockNumber: apdu.blockNumber };
    case 'with-list':
      return { ...head, attributes: apdu.attributes.map(presentListed) };
  }
}

export function parseGetRequest(members: Members): GetRequest {
  const head = { pdu: 'get-request', ...parseInvocation(members) } as const;
  const choice = members.text('choice') as GetRequest['choice'];
  switch (choice) {
    case 'normal':
      return { ...head, choice, ...parseAccess(members) };
    case 'next':
      return { ...head, choice, blockNumber: members.int('blockNumber') };
    case 'with-list':
      return { ...head, choice, attributes: members.list('attributes', parseListed) };
    default:
      return unknownChoice(members);
  }
}

export function presentGetResponse(apdu: GetResponse): JsonObject {
  const head = { pdu: apdu.pdu, choice: apdu.choice, ...presentInvocation(apdu) };
  switch (apdu.choice) {
    case 'normal':
      return { ...head, ...presentAnswer(apdu) };
    case 'with-datablock': {
      const { lastBlock, blockNumber } = apdu;
      const content = 'rawData' in apdu ? { rawData: toHex(apdu.rawData) } : { accessResult: presentResult(apdu.accessResult) };
      return { ...head, lastBlock, blockNumber, ...content };
    }
    case 'with-list':
      return { ...head, results: apdu.results.map(presentAnswer) };
  }
}

export function parseGetResponse(members: Members): GetResponse {
  const head = { pdu: 'get-response', ...parseInvocation(members) } as const;
  const choice = members.text('choice') as GetResponse['choice'];
  switch (choice) {
    case 'normal':
      return { ...head, choice, ...parseDataOrResult(members) };
    case 'with-datablock': {
      const block = { lastBlock: members.bool('lastBlock'), blockNumber: members.int('blockNumber') };
      if (members.has('rawData')) return { ...head, choice, ...block, rawData: members.hex('rawData') };
      return { ...head, choice, ...block, accessResult: parseResult(members, 'accessResult') };
    }
    case 'with-list':
      return { ...head, choice, results: members.list('results', parseAnswer) };
    default:
      return unknownChoice(members);
  }
}
