/**
 * Updates of documents that nobody waits for: marks, trimmed tails. A document that is being written is left alone: what is
 * to be done to it rides along with the next step, or comes later.
 */
import type { Document } from 'mongodb';
import type { ActorId } from '../../../machines/common/effects.ts';
import { applyAll } from './bulk.ts';
import { CHEAP, type Collections } from './collections.ts';
import { compareText } from './merge.ts';
import type { Turns } from './turns.ts';
import type { ActorWrite } from './update.ts';

export interface ChoreWorld {
  readonly collections: Collections;
  readonly turns: Turns;
}

export interface Chore<T> {
  /** What is to be done now to a document; undefined: nothing any more. */
  of(actor: ActorId): T | undefined;
  updateOf(what: T): readonly Document[];
  /** Narrows the document that is meant. */
  filterOf?(what: T): Document;
  done(actor: ActorId, what: T): void;
}

/** Small, so that a commit that wants one of its documents does not wait long. */
const MAX_BULK = 50;

/** Does it to all these documents, or to those that still need it when their turn comes. */
export async function doChore<T>({ collections, turns }: ChoreWorld, actors: Iterable<ActorId>, chore: Chore<T>): Promise<void> {
  const left = new Set(actors);
  while (left.size > 0) {
    const turn = turns.takeFree(left, MAX_BULK);
    if (turn.keys.size === 0) {
      await turns.changed();
    } else {
      try {
        await doSome(collections, turn.keys, chore);
      } finally {
        turn.end();
      }
    }
    for (const actor of left) if (turn.keys.has(actor) || chore.of(actor) === undefined) left.delete(actor);
  }
}

async function doSome<T>({ actors }: Collections, ids: ReadonlySet<ActorId>, chore: Chore<T>): Promise<void> {
  // In the order of ids, as every bulk: other nodes may write to the same documents.
  const tasks = [...ids].sort(compareText).flatMap((actor) => {
    const what = chore.of(actor);
    return what === undefined ? [] : { actor, what };
  });
  const writes = tasks.map(
    ({ actor, what }): ActorWrite => ({ updateOne: { filter: { _id: actor, ...chore.filterOf?.(what) }, update: [...chore.updateOf(what)] } }),
  );
  await applyAll(actors, writes, CHEAP, (place) => {
    const task = tasks[place];
    if (task) chore.done(task.actor, task.what);
  });
}
