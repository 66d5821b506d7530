/** SET requests and responses. */
import type { SetRequest, SetResponse } from '../../../workers/codec/apdu/index.ts';
import { type Json, type JsonObject, MalformedVector } from '../mapping.ts';
import { Members } from '../members.ts';
import { parseData, presentData } from './data.ts';
import { parseAccess, parseListed, parseResult, presentAccess, presentListed, presentResult } from './results.ts';
import { parseBlock, parseInvocation, presentBlock, presentInvocation, unknownChoice } from './services.ts';

export function presentSetRequest(apdu: SetRequest): JsonObject {
  const head = { pdu: apdu.pdu, choice: apdu.choice, ...presentInvocation(apdu) };
  switch (apdu.choice) {
    case 'normal':
      return { ...head, ...presentAccess(apdu), data: presentData(apdu.data) };
    case 'with-first-datablock':
      return { ...head, ...presentAccess(apdu), ...presentBlock(apdu) };
    case 'with-datablock':
      return { ...head, ...presentBlock(apdu) };
    case 'with-list':
      return { ...head, attributes: apdu.attributes.map(presentListed), values: apdu.values.map(presentData) };
    case 'with-list-and-first-datablock':
      return { ...head, attributes: apdu.attributes.map(presentListed), ...presentBlock(apdu) };
  }
}

export function parseSetRequest(members: Members): SetRequest {
  const head = { pdu: 'set-request', ...parseInvocation(members) } as const;
  const choice = members.text('choice') as SetRequest['choice'];
  switch (choice) {
    case 'normal':
      return { ...head, choice, ...parseAccess(members), data: parseData(members.raw('data'), members.pathOf('data')) };
    case 'with-first-datablock':
      return { ...head, choice, ...parseAccess(members), ...parseBlock(members) };
    case 'with-datablock':
      return { ...head, choice, ...parseBlock(members) };
    case 'with-list':
      return { ...head, choice, attributes: members.list('attributes', parseListed), values: members.list('values', parseData) };
    case 'with-list-and-first-datablock':
      return { ...head, choice, attributes: members.list('attributes', parseListed), ...parseBlock(members) };
    default:
      return unknownChoice(members);
  }
}

export function presentSetResponse(apdu: SetResponse): JsonObject {
  const head = { pdu: apdu.pdu, choice: apdu.choice, ...presentInvocation(apdu) };
  switch (apdu.choice) {
    case 'normal':
      return { ...head, accessResult: presentResult(apdu.accessResult) };
    case 'datablock':
      return { ...head, blockNumber: apdu.blockNumber };
    case 'last-datablock':
      return { ...head, accessResult: presentResult(apdu.accessResult), blockNumber: apdu.blockNumber };
    case 'last-datablock-with-list':
      return { ...head, results: apdu.results.map((accessResult) => ({ accessResult: presentResult(accessResult) })), blockNumber: apdu.blockNumber };
    case 'with-list':
      return { ...head, results: apdu.results.map((accessResult) => ({ accessResult: presentResult(accessResult) })) };
  }
}

export function parseSetResponse(members: Members): SetResponse {
  const head = { pdu: 'set-response', ...parseInvocation(members) } as const;
  const choice = members.text('choice') as SetResponse['choice'];
  switch (choice) {
    case 'normal':
      return { ...head, choice, accessResult: parseResult(members, 'accessResult') };
    case 'datablock':
      return { ...head, choice, blockNumber: members.int('blockNumber') };
    case 'last-datablock':
      return { ...head, choice, accessResult: parseResult(members, 'accessResult'), blockNumber: members.int('blockNumber') };
    case 'last-datablock-with-list':
      return { ...head, choice, results: members.list('results', parseListedResult), blockNumber: members.int('blockNumber') };
    case 'with-list':
      return { ...head, choice, results: members.list('results', parseListedResult) };
    default:
      return unknownChoice(members);
  }
}

function parseListedResult(value: Json, path: string): number {
  const members = Members.of(value, path);
  if (members.has('data')) throw new MalformedVector(path, 'must be an accessResult');
  return parseResult(members, 'accessResult');
}
