/** ACTION requests and responses. */
import type { ActionRequest, ActionResponse, ActionResult } from '../../../workers/codec/apdu/index.ts';
import type { Json, JsonObject } from '../mapping.ts';
import { Members } from '../members.ts';
import { parseData, presentData } from './data.ts';
import { parseReference, parseResult, presentReference, presentResult } from './results.ts';
import { parseBlock, parseInvocation, presentBlock, presentInvocation, unknownChoice } from './services.ts';

export function presentActionRequest(apdu: ActionRequest): JsonObject {
  const head = { pdu: apdu.pdu, choice: apdu.choice, ...presentInvocation(apdu) };
  switch (apdu.choice) {
    case 'normal':
      return { ...head, method: presentReference(apdu.method), ...(apdu.parameters === undefined ? {} : { parameters: presentData(apdu.parameters) }) };
    case 'next-pblock':
      return { ...head, blockNumber: apdu.blockNumber };
    case 'with-list':
      return { ...head, methods: apdu.methods.map(presentReference), parameters: apdu.parameters.map(presentData) };
    case 'with-first-pblock':
      return { ...head, method: presentReference(apdu.method), ...presentBlock(apdu) };
    case 'with-list-and-first-pblock':
      return { ...head, methods: apdu.methods.map(presentReference), ...presentBlock(apdu) };
    case 'with-pblock':
      return { ...head, ...presentBlock(apdu) };
  }
}

export function parseActionRequest(members: Members): ActionRequest {
  const head = { pdu: 'action-request', ...parseInvocation(members) } as const;
  const choice = members.text('choice') as ActionRequest['choice'];
  const method = () => parseReference(members.raw('method'), members.pathOf('method'));
  switch (choice) {
    case 'normal': {
      const parameters = members.has('parameters') ? { parameters: parseData(members.raw('parameters'), members.pathOf('parameters')) } : {};
      return { ...head, choice, method: method(), ...parameters };
    }
    case 'next-pblock':
      return { ...head, choice, blockNumber: members.int('blockNumber') };
    case 'with-list':
      return { ...head, choice, methods: members.list('methods', parseReference), parameters: members.list('parameters', parseData) };
    case 'with-first-pblock':
      return { ...head, choice, method: method(), ...parseBlock(members) };
    case 'with-list-and-first-pblock':
      return { ...head, choice, methods: members.list('methods', parseReference), ...parseBlock(members) };
    case 'with-pblock':
      return { ...head, choice, ...parseBlock(members) };
    default:
      return unknownChoice(members);
  }
}

export function presentActionResponse(apdu: ActionResponse): JsonObject {
  const head = { pdu: apdu.pdu, choice: apdu.choice, ...presentInvocation(apdu) };
  switch (apdu.choice) {
    case 'normal':
      return { ...head, ...presentActionResult(apdu) };
    case 'with-pblock':
      return { ...head, ...presentBlock(apdu) };
    case 'with-list':
      return { ...head, results: apdu.results.map(presentActionResult) };
    case 'next-pblock':
      return { ...head, blockNumber: apdu.blockNumber };
  }
}

export function parseActionResponse(members: Members): ActionResponse {
  const head = { pdu: 'action-response', ...parseInvocation(members) } as const;
  const choice = members.text('choice') as ActionResponse['choice'];
  switch (choice) {
    case 'normal':
      return { ...head, choice, ...parseActionResult(members) };
    case 'with-pblock':
      return { ...head, choice, ...parseBlock(members) };
    case 'with-list':
      return { ...head, choice, results: members.list('results', (value: Json, path) => parseActionResult(Members.of(value, path))) };
    case 'next-pblock':
      return { ...head, choice, blockNumber: members.int('blockNumber') };
    default:
      return unknownChoice(members);
  }
}

function presentActionResult({ actionResult, returned }: ActionResult): JsonObject {
  const result = { actionResult: presentResult(actionResult) };
  if (returned === undefined) return result;
  return 'data' in returned ? { ...result, returnData: presentData(returned.data) } : { ...result, returnAccessResult: presentResult(returned.accessResult) };
}

function parseActionResult(members: Members): ActionResult {
  const actionResult = parseResult(members, 'actionResult');
  if (members.has('returnData')) return { actionResult, returned: { data: parseData(members.raw('returnData'), members.pathOf('returnData')) } };
  if (members.has('returnAccessResult')) return { actionResult, returned: { accessResult: parseResult(members, 'returnAccessResult') } };
  return { actionResult };
}
