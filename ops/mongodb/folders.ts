/**
 * Where the MongoDB-protocol server of development and tests lies in the cache folder.
 *
 *   <cache>/mongodb
 *     ├─ ferretdb      the program that speaks the protocol
 *     ├─ debootstrap   the tool that makes the root, where the system has none
 *     ├─ root          a Debian of its own with PostgreSQL and the extension
 *     │  └─ clusters   data folders; `template` is an empty one to copy
 *     └─ run.json      the server that `start` left running
 */
import { join } from 'node:path';
import { cacheFolder, PROJECT } from '../bootstrap/paths.mjs';

export interface MongodbFolders {
  readonly base: string;
  readonly ferretdb: string;
  readonly debootstrap: string;
  readonly root: string;
  readonly clusters: string;
  readonly template: string;
  readonly runFile: string;
}

export function mongodbFolders(env: Readonly<Record<string, string | undefined>> = process.env): MongodbFolders {
  const base = join(cacheFolder(PROJECT, env), 'mongodb');
  const root = join(base, 'root');
  const clusters = join(root, 'clusters');
  return {
    base,
    ferretdb: join(base, 'ferretdb'),
    debootstrap: join(base, 'debootstrap'),
    root,
    clusters,
    template: join(clusters, 'template'),
    runFile: join(base, 'run.json'),
  };
}

/** Where the programs of the database lie inside the root. */
export const POSTGRES_BIN = '/usr/lib/postgresql/18/bin';
