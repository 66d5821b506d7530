/** One bulk, and what its answer says of each write in it. */
import { type AnyBulkWriteOperation, type BulkWriteOptions, type Collection, type Document, MongoBulkWriteError } from 'mongodb';
import { messageOf } from './errors.ts';

export type BulkResult =
  /** The server has answered. `failed`: by place; nothing behind the first of them is applied where the bulk was ordered; `short`: some update matched nothing, and it does not say which. */
  | { readonly kind: 'answered'; readonly failed: ReadonlyMap<number, WriteFailure>; readonly short: boolean }
  /** Everything in it may or may not be applied, now or in a moment. */
  | { readonly kind: 'unknown'; readonly cause: unknown };

export interface WriteFailure {
  readonly duplicate: boolean;
  /** Others were in its way: it was not applied, and may be tried again at once. */
  readonly conflict: boolean;
  readonly text: string;
}

const DUPLICATE = 11_000;

/** WriteConflict, LockTimeout; and of servers on PostgreSQL, which give its SQLSTATE as a number: 40P01 deadlock, 40001 serialization failure, 55P03 lock timeout. */
const CONFLICTS: ReadonlySet<number> = new Set([112, 24, sqlState('40P01'), sqlState('40001'), sqlState('55P03')]);

/** The server is no primary any more, or is shutting down: what came before in the same bulk may be rolled back. */
const LOSING_POWER: ReadonlySet<number> = new Set([91, 189, 10_107, 11_600, 11_602, 13_435, 13_436]);

/** Six bits for each place, as PostgreSQL packs it. */
function sqlState(text: string): number {
  return [...text].reduce((sum, one, place) => sum + (((one.codePointAt(0) ?? 0) - 48) << (6 * place)), 0);
}

type Options = Pick<BulkWriteOptions, 'writeConcern'>;

export async function runBulk<T extends Document>(
  collection: Collection<T>,
  writes: readonly AnyBulkWriteOperation<T>[],
  ordered: boolean,
  options: Options = {},
): Promise<BulkResult> {
  const updates = writes.reduce((sum, write) => sum + ('updateOne' in write ? 1 : 0), 0);
  try {
    const { matchedCount } = await collection.bulkWrite(writes, { ordered, ...options });
    return { kind: 'answered', failed: new Map(), short: matchedCount < updates };
  } catch (cause) {
    // Only an answer with errors of single writes, and none about their durability, says for certain what was applied.
    if (!(cause instanceof MongoBulkWriteError) || cause.result.getWriteConcernError()) return { kind: 'unknown', cause };
    const errors = cause.result.getWriteErrors();
    if (errors.length === 0 || errors.some(({ code }) => LOSING_POWER.has(code))) return { kind: 'unknown', cause };
    const failed = new Map(
      errors.map(({ index, code, errmsg }) => [index, { duplicate: code === DUPLICATE, conflict: CONFLICTS.has(code), text: messageOf(errmsg) }]),
    );
    const failedUpdates = [...failed.keys()].filter((i) => 'updateOne' in (writes[i] ?? {})).length;
    return { kind: 'answered', failed, short: cause.matchedCount < updates - failedUpdates };
  }
}

const MAX_TRIES = 5;

/**
 * Writes that are right however often they are made, or until they are: what others were in the way of goes again at once.
 * @param applied told of each write that is made, by place
 * @throws what the server says, or that it has not answered
 */
export async function applyAll<T extends Document>(
  collection: Collection<T>,
  writes: readonly AnyBulkWriteOperation<T>[],
  options: Options = {},
  applied: (place: number) => void = () => {},
): Promise<void> {
  let open = [...writes.keys()];
  for (let tries = 1; open.length > 0; tries++) {
    const sent = open;
    const result = await runBulk(
      collection,
      sent.flatMap((place) => writes[place] ?? []),
      false,
      options,
    );
    if (result.kind === 'unknown') throw result.cause;
    const { failed } = result;
    for (const [i, place] of sent.entries()) if (!failed.has(i)) applied(place);
    open = sent.filter((_, i) => failed.has(i));
    const lasting = [...failed.values()].find(({ conflict, duplicate }) => !conflict && !duplicate);
    const why = lasting ?? (tries >= MAX_TRIES ? [...failed.values()][0] : undefined);
    if (why) throw new Error(why.text);
  }
}
