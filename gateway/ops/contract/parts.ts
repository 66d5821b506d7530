/** Pieces that contracts of the operator's API share. */
import Type, { type TSchema } from 'typebox';
import type { Parameter } from '../../contract/operation.ts';

export const Closed = { additionalProperties: false } as const;
export const Instant = Type.Number({ description: 'Epoch milliseconds' });
export const Text = Type.Union([Type.String(), Type.Null()]);
export const orNull = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
export const Cursor = Type.Union([Type.String(), Type.Null()], { description: 'Give it back as `cursor` for the next page; null at the end' });

/** One page of a list. */
export const pageOf = <T extends TSchema>(item: T) => Type.Object({ items: Type.Array(item), cursor: Cursor }, Closed);

export const query = (name: string, description: string, schema: TSchema, required = false): Parameter => ({
  name,
  in: 'query',
  description,
  schema,
  ...(required ? { required } : {}),
});
export const inPath = (name: string, description: string, schema: TSchema = Type.String({ minLength: 1 })): Parameter => ({
  name,
  in: 'path',
  description,
  schema,
});

export const CursorQuery = query('cursor', 'What the page before gave', Type.String({ minLength: 1 }));
export const limitQuery = (maximum: number): Parameter => query('limit', `Rows of one page, at most ${maximum}`, Type.Integer({ minimum: 1, maximum }));

/** JSON lines of a long piece of work: a document of its own per line, empty lines are signs of life. */
export const LINES = 'application/jsonl';

/** What an import takes: CSV with a head line, or JSON lines. */
export const upload = (columns: readonly string[]) => ({
  mediaType: 'text/csv',
  schema: Type.String({ description: `CSV with a head line. Columns: ${columns.join(', ')}` }),
  others: [{ mediaType: LINES, schema: Type.String({ description: 'JSON lines with the same names; `format=jsonl`' }) }],
});
