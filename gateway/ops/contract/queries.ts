/** The contract of the routes that search and count over the whole installation. */
import Type from 'typebox';
import { named, type Operation } from '../../contract/operation.ts';
import { opsOperation } from '../../contract/refusals.ts';
import { AGE_BUCKETS, CountsSchema } from '../counts.ts';
import { SearchSchema } from '../search.ts';
import { CursorQuery, limitQuery, query } from './parts.ts';

named('SearchResult', SearchSchema);
named('Counts', CountsSchema);

const text = Type.String({ minLength: 1 });

export const queriesOperations: readonly Operation[] = [
  opsOperation('ops:read', {
    tag: 'Work in hand',
    method: 'GET',
    path: '/ops/v1/search',
    id: 'search',
    summary: 'Find processes, meter points and meter actions by what they are known by',
    description: 'Exactly one of `mpan`, `requestId`, `requestReference`, `serialNumber`. Answered from indexes, however much is stored.',
    parameters: [
      query('mpan', 'MPAN core: its records, and processes of every own supplier', Type.String({ pattern: '^[0-9]{13}$' })),
      query('requestId', 'Request id of a process (a UUID) or of a meter action (a number)', text),
      query('requestReference', 'Reference that a meter action was given', Type.String({ minLength: 1, maxLength: 200 })),
      query('serialNumber', 'Serial number of a meter: of actions on it, and of meter points that have it', Type.String({ minLength: 1, maxLength: 200 })),
      CursorQuery,
      limitQuery(500),
    ],
    answers: { 200: { description: 'Oldest first within a kind; nothing found is an empty list', schema: SearchSchema } },
    refuses: [422],
    examples: { try: ({ mpan }) => ({ parameters: { mpan }, status: 200 }) },
  }),
  opsOperation('ops:read', {
    tag: 'Work in hand',
    method: 'GET',
    path: '/ops/v1/counts',
    id: 'counts',
    summary: 'Count actors by kind, state, age in that state, and reason',
    description: 'Over the whole cluster, from counters that the store keeps; they may be a second old, on MongoDB a little more.',
    parameters: [
      query('by', 'What rows are told apart by: a comma list of `kind`, `state`, `age`, `reason`; default all', text),
      query('kind', 'Only actors of this kind, `appointment` say', text),
      query('state', 'Only in this state', text),
      query('age', 'Only so long in their state, in UTC days', Type.Enum(AGE_BUCKETS.map(({ age }) => age))),
      query('reason', 'Only with this reason', text),
      CursorQuery,
      limitQuery(2_000),
    ],
    answers: { 200: { description: 'In order of their words', schema: CountsSchema } },
    refuses: [422],
    examples: { try: () => ({ parameters: { by: 'kind,state' }, status: 200 }) },
  }),
];
