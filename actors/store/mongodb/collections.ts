/** The collections of one installation, and with which concern each is written. */
import type { Collection, Db, MongoClient } from 'mongodb';
import type { StoredActor, StoredCount, StoredHistory, StoredMeta } from './layout.ts';

export interface Collections {
  readonly client: MongoClient;
  readonly db: Db;
  readonly actors: Collection<StoredActor>;
  readonly history: Collection<StoredHistory>;
  readonly counts: Collection<StoredCount>;
  readonly meta: Collection<StoredMeta>;
}

export function collectionsOf(client: MongoClient, database: string): Collections {
  const db = client.db(database);
  return {
    client,
    db,
    actors: db.collection('actors'),
    history: db.collection('history'),
    counts: db.collection('counts'),
    meta: db.collection('meta'),
  };
}

/** Marks whose loss is harmless: done again, counted again. */
export const CHEAP = { writeConcern: { w: 1 } } as const;
