/** The contract of the pages. */
import Type from 'typebox';
import type { Operation } from '../contract/operation.ts';
import { openOperation } from '../contract/refusals.ts';

const common = { tag: 'Contracts', method: 'GET' } as const;
const page = (path: string, id: string, summary: string): Operation =>
  openOperation({
    ...common,
    path,
    id,
    summary,
    answers: {
      200: { description: 'The page', schema: Type.String(), mediaType: 'text/html' },
      307: { description: 'Over HTTPS, to which plain HTTP leads', headers: { Location: 'The same page there' } },
    },
  });

export const webOperations: readonly Operation[] = [
  page('/', 'readStartPage', 'The first page'),
  page('/extras/mts-api', 'readMtsApiPage', 'Page of keys and tokens'),
  openOperation({
    ...common,
    path: '/assets/:file',
    id: 'readAsset',
    summary: 'A file of those pages',
    parameters: [{ name: 'file', in: 'path', description: 'Its name, with the hash of its content', schema: Type.String({ minLength: 1 }) }],
    answers: { 200: { description: 'The file', schema: Type.String(), mediaType: '*/*' } },
    refuses: [404],
  }),
];
