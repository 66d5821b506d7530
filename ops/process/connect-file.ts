/** `data/connect.json`: how tools of the same machine reach the running engine (interfaces, section 1). Mode 600: it carries secrets. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import Type, { type Static } from 'typebox';
import { Check } from 'typebox/value';
import { MeterwrightError } from '../../actors/errors/error.ts';
import { readJson, writeWhole } from './files.ts';
import { identify } from './identity.ts';

export const ConnectSchema = Type.Object({
  pid: Type.Integer(),
  /** Start time of the process, so that a stale file is told from a live one even when the pid is in use again. */
  started: Type.Optional(Type.String()),
  url: Type.String(),
  /** Where dashboard and operator's API are, if not at `url`. */
  opsUrl: Type.Optional(Type.String()),
  httpUrl: Type.Optional(Type.String()),
  natsUrl: Type.Optional(Type.String()),
  caFile: Type.Optional(Type.String()),
  demo: Type.Optional(
    Type.Object({
      mpid: Type.String(),
      apiKey: Type.String(),
      mpans: Type.Array(Type.String()),
      metersFile: Type.Optional(Type.String()),
      mtsToken: Type.Optional(Type.String()),
      adminToken: Type.Optional(Type.String()),
    }),
  ),
});

export type Connect = Static<typeof ConnectSchema>;

/** There is no engine to talk to, or the file about it cannot be trusted. */
export class NotRunningError extends MeterwrightError {
  constructor(message: string, details: Record<string, unknown>) {
    super('engine_not_running', message, { retry: 'later', details });
  }
}

export function connectFile(dataDir: string): string {
  return join(dataDir, 'connect.json');
}

/** Announces this process as the engine of the data folder. Appears whole, mode 600. */
export function writeConnect(dataDir: string, connect: Omit<Connect, 'pid' | 'started'>): void {
  const self = identify(process.pid);
  const whole: Connect = { pid: process.pid, ...(self !== undefined && { started: self.started }), ...connect };
  writeWhole(connectFile(dataDir), `${JSON.stringify(whole, null, 2)}\n`);
}

/** Removes the file on a clean stop, if it is this process's own. */
export function removeConnect(dataDir: string): void {
  const read = readJson(connectFile(dataDir));
  if (Check(ConnectSchema, read) && read.pid === process.pid) rmSync(connectFile(dataDir), { force: true });
}

/**
 * Reads the file and checks that its engine lives.
 * @throws NotRunningError when there is no file, it is not ours to read, or its process is gone
 */
export function readConnect(dataDir: string): Connect {
  const file = connectFile(dataDir);
  const read = readJson(file);
  if (read === undefined)
    throw new NotRunningError(`${file}: no engine is running with this data folder (or the file cannot be read); start one, or give --url and --key`, { file });
  if (!Check(ConnectSchema, read)) throw new NotRunningError(`${file}: not a file of this version; restart the engine`, { file });
  const running = identify(read.pid);
  if (running === undefined || (read.started !== undefined && running.started !== read.started)) {
    throw new NotRunningError(`${file}: stale, its engine (process ${read.pid}) is gone; start the engine again`, { file, pid: read.pid });
  }
  return read;
}
