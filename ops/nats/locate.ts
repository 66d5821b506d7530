import { accessSync, constants } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MeterwrightError } from '../../actors/errors/error.ts';

/** There is no NATS server program, or it did not start. */
export class NatsServerError extends MeterwrightError {
  constructor(message: string, details: Record<string, unknown> = {}) {
    super('nats_server_failed', message, { retry: 'later', details });
  }
}

/**
 * The server's program: on the search path, else in the cache of set-up.
 * @throws NatsServerError when there is none
 */
export function locateNatsServer(env: Readonly<Record<string, string | undefined>> = process.env): string {
  const project = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
  const cached = join(resolve(project, env.MW_CACHE || '.cache'), 'nats', 'nats-server');
  const folders = (env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  const found = [...folders.map((folder) => join(folder, 'nats-server')), cached].find(isExecutable);
  if (found === undefined) throw new NatsServerError('nats-server is neither on PATH nor in the cache; npm start fetches it, or give --nats URL');
  return found;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
