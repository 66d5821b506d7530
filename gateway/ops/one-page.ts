/** Lists page by page: `limit` and `cursor` in, `items` and the next `cursor` out. */
import type { Page } from '../../actors/store/store.ts';
import { type AnyReply, json, problem, QueryReader } from '../http/index.ts';

const MAX_ROWS = 1_000;

/** Answers a query of a list with one page of it; `cursor` is null on the last. Rejects as `read` does. */
export async function onePage<T>(
  text: string,
  read: (limit: number, cursor: string | undefined) => Promise<Page<T>>,
  show: (item: T) => object,
): Promise<AnyReply> {
  const query = new QueryReader(text, ['cursor', 'limit']);
  const limit = query.integer('limit', 1, MAX_ROWS) ?? MAX_ROWS;
  if (query.errors.length > 0) return problem(422, 'invalid_value', query.errors[0]?.msg ?? '', { errors: query.errors });
  const page = await read(limit, query.text('cursor'));
  return json(200, { items: page.items.map(show), cursor: page.cursor ?? null });
}
