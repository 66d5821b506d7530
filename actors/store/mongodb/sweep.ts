/** Drops slots whose end has come, and what is left of removed documents. */
import type { ActorId, EpochMs } from '../../../machines/common/effects.ts';
import { type ChoreWorld, doChore } from './chores.ts';
import type { Collections } from './collections.ts';
import { GONE, type StoredActor } from './layout.ts';
import type { Tails } from './tails.ts';
import { dropSlotsOf } from './update.ts';
import { HOLDS_NOTHING } from './writer.ts';

/** Tells how many slots it dropped, at most `limit` or what one document more holds. */
export async function sweep(world: ChoreWorld, tails: Tails, now: EpochMs, limit: number): Promise<number> {
  if (limit <= 0) return 0;
  const { actors } = world.collections;
  const owners = await actors
    .find({ x: { $lte: now } })
    .sort({ x: 1 })
    .limit(limit)
    .project<Pick<StoredActor, '_id' | 'sl'>>({ sl: 1 })
    .toArray();
  let dropped = 0;
  const taken: StoredActor['_id'][] = [];
  for (const { _id, sl = [] } of owners) {
    if (dropped >= limit) break;
    dropped += sl.filter(({ x }) => x !== undefined && x <= now).length;
    taken.push(_id);
  }
  const done = new Set<ActorId>();
  await doChore(world, taken, {
    of: (actor) => (done.has(actor) ? undefined : now),
    updateOf: dropSlotsOf,
    done: (actor) => done.add(actor),
  });
  await dropGone({ actors }, tails, limit);
  return dropped;
}

async function dropGone({ actors }: Pick<Collections, 'actors'>, tails: Tails, limit: number): Promise<void> {
  const empty = await actors
    .find({ ix: GONE, ...HOLDS_NOTHING } as object)
    .limit(limit)
    .project<Pick<StoredActor, '_id' | 'c'>>({ c: 1 })
    .toArray();
  if (empty.length === 0) return;
  // History first: the document is what tells that there may be some.
  await tails.drop(empty.map(({ _id }) => _id));
  await actors.deleteMany({ _id: { $in: empty.map(({ _id }) => _id) }, c: { $in: empty.map(({ c }) => c) }, gone: 1, ...HOLDS_NOTHING } as object);
}
