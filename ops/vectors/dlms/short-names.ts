/** READ, WRITE and INFORMATION REPORT, which name variables by short names. */
import type { InformationReport, ReadRequest, ReadResponse, VariableAccess, WriteRequest, WriteResponse } from '../../../workers/codec/apdu/index.ts';
import { toHex } from '../../../workers/codec/common/index.ts';
import type { Json, JsonObject } from '../mapping.ts';
import { Members } from '../members.ts';
import { parseData, presentData } from './data.ts';
import { parseAnswer, parseName, parseResult, presentAnswer, presentName, presentResult } from './results.ts';
import { parseBlock, presentBlock } from './services.ts';

function presentVariable(variable: VariableAccess): JsonObject {
  switch (variable.kind) {
    case 'name':
      return { variableName: presentName(variable.variableName) };
    case 'parameterized':
      return { variableName: presentName(variable.variableName), selector: variable.selector, parameter: presentData(variable.parameter) };
    case 'block-number':
      return { blockNumber: variable.blockNumber };
    case 'data-block':
      return presentBlock(variable);
    case 'write-data-block':
      return { lastBlock: variable.lastBlock, blockNumber: variable.blockNumber };
  }
}

function parseVariable(value: Json, path: string): VariableAccess {
  const members = Members.of(value, path);
  if (members.has('rawData')) return { kind: 'data-block', ...parseBlock(members) };
  if (members.has('lastBlock')) return { kind: 'write-data-block', lastBlock: members.bool('lastBlock'), blockNumber: members.int('blockNumber') };
  if (members.has('blockNumber')) return { kind: 'block-number', blockNumber: members.int('blockNumber') };
  const variableName = parseName(members, 'variableName');
  if (!members.has('selector')) return { kind: 'name', variableName };
  const parameter = parseData(members.raw('parameter'), members.pathOf('parameter'));
  return { kind: 'parameterized', variableName, selector: members.int('selector'), parameter };
}

export function presentReadRequest({ pdu, variables }: ReadRequest): JsonObject {
  return { pdu, variables: variables.map(presentVariable) };
}

export function parseReadRequest(members: Members): ReadRequest {
  return { pdu: 'read-request', variables: members.list('variables', parseVariable) };
}

export function presentReadResponse({ pdu, results }: ReadResponse): JsonObject {
  return { pdu, results: results.map(presentReadResult) };
}

function presentReadResult(result: ReadResponse['results'][number]): JsonObject {
  if ('block' in result) return presentBlock(result.block);
  return 'blockNumber' in result ? { blockNumber: result.blockNumber } : presentAnswer(result);
}

export function parseReadResponse(members: Members): ReadResponse {
  return {
    pdu: 'read-response',
    results: members.list('results', (value, path) => {
      const result = Members.of(value, path);
      if (result.has('rawData')) return { block: parseBlock(result) };
      return result.has('blockNumber') ? { blockNumber: result.int('blockNumber') } : parseAnswer(value, path);
    }),
  };
}

export function presentWriteRequest({ pdu, variables, values }: WriteRequest): JsonObject {
  return { pdu, variables: variables.map(presentVariable), values: values.map(presentData) };
}

export function parseWriteRequest(pdu: WriteRequest['pdu'], members: Members): WriteRequest {
  return { pdu, variables: members.list('variables', parseVariable), values: members.list('values', parseData) };
}

export function presentWriteResponse({ pdu, results }: WriteResponse): JsonObject {
  const present = (result: WriteResponse['results'][number]): JsonObject =>
    'blockNumber' in result ? { blockNumber: result.blockNumber } : { accessResult: presentResult(result.accessResult) };
  return { pdu, results: results.map(present) };
}

export function parseWriteResponse(members: Members): WriteResponse {
  return {
    pdu: 'write-response',
    results: members.list('results', (value, path) => {
      const result = Members.of(value, path);
      return result.has('blockNumber') ? { blockNumber: result.int('blockNumber') } : { accessResult: parseResult(result, 'accessResult') };
    }),
  };
}

export function presentReport({ pdu, currentTime, variables, values }: InformationReport): JsonObject {
  const time = currentTime === undefined ? {} : { currentTimeHex: toHex(currentTime) };
  return { pdu, ...time, variables: variables.map(presentVariable), values: values.map(presentData) };
}

export function parseReport(members: Members): InformationReport {
  const currentTime = members.has('currentTimeHex') ? { currentTime: members.hex('currentTimeHex') } : {};
  const values = members.list('values', parseData);
  return { pdu: 'information-report-request', ...currentTime, variables: members.list('variables', parseVariable), values };
}
