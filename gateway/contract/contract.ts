/** The contract of the contracts themselves. */
import Type from 'typebox';
import type { Operation } from './operation.ts';
import { openOperation } from './refusals.ts';

const document = Type.Object({}, { additionalProperties: true });
const common = { tag: 'Contracts', method: 'GET' } as const;
const unchanged = { 304: { description: 'As the caller has it' } };

const file = (path: string, id: string, summary: string, mediaType: string): Operation =>
  openOperation({
    ...common,
    path,
    id,
    summary,
    answers: { 200: { description: 'The file', schema: Type.String(), mediaType }, ...unchanged },
    examples: { try: () => ({ status: 200 }) },
  });

const json = (path: string, id: string, summary: string): Operation =>
  openOperation({
    ...common,
    path,
    id,
    summary,
    answers: { 200: { description: 'The document', schema: document } },
    examples: { try: () => ({ status: 200 }) },
  });

export const contractOperations: readonly Operation[] = [
  json('/openapi.json', 'readOpenApi', 'This document: OpenAPI 3.1'),
  json('/asyncapi.json', 'readAsyncApi', 'Events on NATS and on live sockets: AsyncAPI 3.0'),
  file('/docs', 'readDocs', 'A page to read both, and to try calls', 'text/html'),
  file('/docs/before.js', 'readDocsBefore', 'Script of that page', 'text/javascript'),
  file('/docs/start.js', 'readDocsStart', 'Script of that page', 'text/javascript'),
  file('/docs/scalar.js', 'readDocsReader', 'Script of that page', 'text/javascript'),
];
