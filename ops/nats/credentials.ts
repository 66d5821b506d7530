import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import Type from 'typebox';
import { Check } from 'typebox/value';
import { readJson, writeWhole } from '../process/files.ts';
import type { NatsCredentials } from './config.ts';

const PASSWORD_BYTES = 24;
const StoredSchema = Type.Object({ engine: Type.String({ minLength: 16 }), listener: Type.String({ minLength: 16 }) });

/** Where the passwords of the two users are kept, mode 600. */
export function natsCredentialsFile(dataDir: string): string {
  return join(dataDir, 'nats', 'credentials.json');
}

/** The passwords of this data folder, made at the first start. */
export function natsCredentials(dataDir: string): NatsCredentials {
  const file = natsCredentialsFile(dataDir);
  const read = readJson(file);
  const stored = Check(StoredSchema, read) ? read : { engine: password(), listener: password() };
  if (stored !== read) writeWhole(file, `${JSON.stringify(stored, null, 2)}\n`);
  return { engine: { user: 'engine', password: stored.engine }, listener: { user: 'listener', password: stored.listener } };
}

function password(): string {
  return randomBytes(PASSWORD_BYTES).toString('base64url');
}
