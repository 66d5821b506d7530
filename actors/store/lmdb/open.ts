/** Opens the embedded store: lock, environment, format, disk watch; in that order, and undone in reverse. */
import { accessSync, constants, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Log } from '../../engine/ports.ts';
import { StoreError } from '../../errors/error.ts';
import type { StoreFaults } from '../faults.ts';
import type { StoreOptions } from '../options.ts';
import type { Store, StoreHealth } from '../store.ts';
import { packText } from '../tree/pack.ts';
import { TreeStore } from '../tree/tree-store.ts';
import { Plan } from '../tree/trees.ts';
import { backupTo, STORE_FILE } from './backup.ts';
import { checkFile } from './check-file.ts';
import { DiskWatch, type FreeBytes } from './disk.ts';
import { LmdbGround } from './environment.ts';
import { DirectoryLock } from './lock.ts';
import { syncPath } from './sync-path.ts';

/** Raised by whoever changes `tree/layout.ts` in a way that older data does not have. */
const FORMAT = 1;
const FORMAT_KEY = packText('store.format');

export interface LmdbStorePorts {
  readonly directory: string;
  readonly log?: Pick<Log, 'error'> | undefined;
  readonly faults?: StoreFaults | undefined;
  /** Free bytes of the directory's file system; `statfs` unless given. */
  readonly freeBytes?: FreeBytes | undefined;
}

/** @throws StoreError `store_in_use`, `store_unwritable`, `store_newer_format`, `store_corrupt` */
export async function openLmdbStore(options: StoreOptions, ports: LmdbStorePorts): Promise<Store> {
  const { directory, log } = ports;
  const lock = lockDirectory(directory);
  const file = join(directory, STORE_FILE);
  let failed: StoreError | undefined;
  let ground: LmdbGround | undefined;
  try {
    ground = openGround(file, options.mapSizeBytes, (error) => {
      failed = error;
      log?.error({ err: error }, 'store: failed; it takes nothing more until it is opened again');
    });
    await checkFormat(ground, file);
    const disk = new DiskWatch({
      directory,
      reserveBytes: options.diskReserveBytes,
      intervalMs: options.statfsIntervalMs,
      freeBytes: ports.freeBytes,
      onLook: () => lock.touch(),
    });
    await disk.start();
    const opened = ground;
    return new TreeStore(ground, {
      name: 'lmdb',
      atomicGroups: true,
      faults: ports.faults,
      health: () => healthOf(disk, failed),
      failed: () => failed,
      refusesNew: () => disk.shortage,
      backup: (target) => backupTo(opened, target),
      release: async () => {
        disk.stop();
        await opened.close();
        lock.release();
      },
    });
  } catch (error) {
    await ground?.close();
    lock.release();
    throw error;
  }
}

export function lockDirectory(directory: string): DirectoryLock {
  try {
    mkdirSync(directory, { recursive: true });
    accessSync(directory, constants.R_OK | constants.W_OK | constants.X_OK);
    return new DirectoryLock(join(directory, 'store.lock'));
  } catch (cause) {
    if (cause instanceof StoreError) throw cause;
    throw new StoreError('store_unwritable', `data directory: can be written: ${directory}: ${String(cause)}`, {
      retry: 'never',
      cause,
      details: { directory },
    });
  }
}

export function openGround(file: string, mapSizeBytes: number, onFailed: (error: StoreError) => void): LmdbGround {
  checkFile(file);
  try {
    return new LmdbGround({ file, mapSizeBytes, onFailed });
  } catch (cause) {
    throw new StoreError('store_unwritable', `store file: can be opened: ${file}: ${String(cause)}`, { retry: 'never', cause });
  }
}

export async function checkFormat(ground: LmdbGround, file: string): Promise<void> {
  const row = ground.trees.meta.get(FORMAT_KEY);
  if (row === undefined) {
    const plan = new Plan();
    plan.put('meta', FORMAT_KEY, String(FORMAT));
    await ground.write(plan);
    // The file is new: its name must outlive a loss of power as well.
    await syncPath(dirname(file));
    await syncPath(dirname(dirname(file)));
    return;
  }
  const format: unknown = JSON.parse(row);
  if (typeof format === 'number' && format <= FORMAT) return;
  throw new StoreError('store_newer_format', `store file: has format ${FORMAT} or lower: ${row} (${file} was written by a newer version)`, {
    retry: 'never',
    details: { file, format },
  });
}

function healthOf(disk: DiskWatch, failed: StoreError | undefined): StoreHealth {
  const free = disk.freeBytes === undefined ? {} : { freeBytes: disk.freeBytes };
  if (failed) return { writable: false, text: failed.message, ...free };
  return { writable: disk.shortage === undefined, text: disk.text, ...free };
}
