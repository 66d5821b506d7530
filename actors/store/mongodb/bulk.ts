/** One bulk, and what its answer says of each write in it. */
import { type Collection, MongoBulkWriteError } from 'mongodb';
import { messageOf } from './errors.ts';
import type { StoredActor } from './layout.ts';
import type { ActorWrite } from './update.ts';

export type BulkResult =
  /** The server has answered. `failed`: by place; nothing behind the first of them is applied where the bulk was ordered; `short`: some update matched nothing, and it does not say which. */
  | { readonly kind: 'answered'; readonly failed: ReadonlyMap<number, WriteFailure>; readonly short: boolean }
  /** Everything in it may or may not be applied, now or in a moment. */
  | { readonly kind: 'unknown'; readonly cause: unknown };

export interface WriteFailure {
  readonly duplicate: boolean;
  readonly text: string;
}

const DUPLICATE = 11_000;

export async function runBulk(actors: Collection<StoredActor>, writes: readonly ActorWrite[], ordered: boolean): Promise<BulkResult> {
  const updates = writes.reduce((sum, write) => sum + ('updateOne' in write ? 1 : 0), 0);
  try {
    const { matchedCount } = await actors.bulkWrite(writes, { ordered });
    return { kind: 'answered', failed: new Map(), short: matchedCount < updates };
  } catch (cause) {
    // Only an answer with errors of single writes, and none about their durability, says for certain what was applied.
    if (!(cause instanceof MongoBulkWriteError) || cause.result.getWriteConcernError()) return { kind: 'unknown', cause };
    const errors = cause.result.getWriteErrors();
    if (errors.length === 0) return { kind: 'unknown', cause };
    const failed = new Map(errors.map(({ index, code, errmsg }) => [index, { duplicate: code === DUPLICATE, text: messageOf(errmsg) }]));
    const failedUpdates = [...failed.keys()].filter((i) => 'updateOne' in (writes[i] ?? {})).length;
    return { kind: 'answered', failed, short: cause.matchedCount < updates - failedUpdates };
  }
}
