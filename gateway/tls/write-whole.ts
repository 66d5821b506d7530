import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Writes a file whole or not at all: beside it, synced, then renamed over it. `mode` holds from the first byte on.
 * @throws the system's error; the old file is then as it was
 */
export function writeWhole(file: string, content: string, mode = 0o600): void {
  mkdirSync(dirname(file), { recursive: true });
  const fresh = `${file}.${process.pid}.new`;
  rmSync(fresh, { force: true });
  try {
    const handle = openSync(fresh, 'wx', mode);
    try {
      writeSync(handle, content);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    renameSync(fresh, file);
  } catch (error) {
    rmSync(fresh, { force: true });
    throw error;
  }
}
