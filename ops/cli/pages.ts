/** Lists of the operator's API, page after page. */
import type { CommandCall } from './command.ts';
import { complain } from './output.ts';

interface Page<T> {
  readonly items: readonly T[];
  /** Null on the last page. */
  readonly cursor: string | null;
}

const PAGE = 500;
/** More than anybody reads. */
const MOST = 100_000;

/** All rows of a list, `most` of them at the most; that there are more is said on standard error. */
export async function allPages<T>(call: Pick<CommandCall, 'target'>, path: string, query = new URLSearchParams(), most = MOST): Promise<readonly T[]> {
  const items: T[] = [];
  let cursor: string | null = null;
  do {
    query.set('limit', String(Math.min(PAGE, most - items.length)));
    if (cursor !== null) query.set('cursor', cursor);
    const page: Page<T> = await call.target.need(`${path}?${query}`, { as: 'operator' });
    items.push(...page.items);
    cursor = page.cursor;
  } while (cursor !== null && items.length < most);
  if (cursor !== null) complain(`there are more than ${most}`);
  return items;
}
