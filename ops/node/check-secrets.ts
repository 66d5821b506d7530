/**
 * All nodes on one store have the same secrets: hashes of keys and tokens, sealed passwords and marks mean nothing under another one.
 *
 * The first node to use the store leaves a fingerprint of each secret there (an HMAC of a constant under it, which tells nothing of the
 * secret); whoever comes later compares. The mark is created by compare-and-set, so of several first starts at once one wins.
 */
import { createHmac } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DIRECTORY_KEY } from '../../actors/access/index.ts';
import { shardOf } from '../../actors/engine/shard.ts';
import { emptyDoc } from '../../actors/engine/step.ts';
import { MeterwrightError } from '../../actors/errors/error.ts';
import type { Store } from '../../actors/store/index.ts';
import type { ActorId, EpochMs } from '../../machines/common/effects.ts';
import { keptSecret, secretsFolder } from './keep.ts';

/** Secrets that all nodes share, by the name of their file. */
export const SHARED_SECRETS = ['pepper', 'meter-seal', 'meter-mark'] as const;

export interface SecretsSetup {
  readonly store: Pick<Store, 'get' | 'commit'>;
  /** Number of shards of the store. */
  readonly shards: number;
  readonly dataDir: string;
  /** `data.secretsDir`. */
  readonly secretsDir?: string;
  /** `actions.keyFile`: the file of `meter-seal`, where it is somewhere else. */
  readonly sealKeyFile?: string | null;
  readonly now: EpochMs;
}

const KIND = 'secret-mark';
const LABEL = 'meterwright secret fingerprint 1';

/**
 * Make what is missing on the first start of all, and compare with what the store was first used with. Call it before anything uses a secret.
 * @throws MeterwrightError `secret_mismatch` naming the file
 */
export async function checkSecrets(setup: SecretsSetup): Promise<void> {
  for (const name of SHARED_SECRETS) await checkOne(setup, name);
}

async function checkOne(setup: SecretsSetup, name: (typeof SHARED_SECRETS)[number]): Promise<void> {
  const { dataDir, secretsDir, sealKeyFile = null } = setup;
  const given = name === 'meter-seal' ? sealKeyFile : null;
  const file = given ?? join(secretsFolder(dataDir, secretsDir), name);
  const known = await markOf(setup.store, name);
  // With a mark in the store a new secret can only be a wrong one: none is made then.
  if (!existsSync(file) && (known !== undefined || given !== null)) throw mismatch(name, file, 'there is no such file');
  const secret = given === null ? keptSecret(dataDir, name, secretsDir) : readFileSync(given, 'utf8').trim();
  const fingerprint = createHmac('sha256', secret).update(LABEL).digest('hex');
  if ((known ?? (await leave(setup, name, fingerprint))) !== fingerprint) throw mismatch(name, file, 'it is another one');
}

/** The fingerprint that lies in the store: ours, or that of whoever was first. */
async function leave({ store, shards, now }: SecretsSetup, name: string, fingerprint: string): Promise<string> {
  const empty = emptyDoc(markId(name), KIND, DIRECTORY_KEY, shardOf(DIRECTORY_KEY, shards), 1, now);
  const doc = { ...empty, version: 1, commitId: fingerprint, snapshot: { fingerprint }, state: 'kept' };
  const [outcome] = await store.commit([[{ doc, expectedVersion: 0 }]]);
  return outcome?.kind === 'ok' ? fingerprint : ((await markOf(store, name)) ?? '');
}

async function markOf(store: SecretsSetup['store'], name: string): Promise<string | undefined> {
  const [doc] = await store.get([markId(name)]);
  return (doc?.snapshot as { readonly fingerprint?: string } | undefined)?.fingerprint;
}

const markId = (name: string): ActorId => `${KIND}:${name}`;

function mismatch(name: string, file: string, why: string): MeterwrightError {
  const rule = `must be the one that this store was first used with, ${why}`;
  const remedy = 'copy it from a node that runs or from the backup of the store, or let data.secretsDir name a folder that all nodes share';
  return new MeterwrightError('secret_mismatch', `secret ${name}: ${rule}: ${file}; ${remedy}`, { retry: 'never', details: { file } });
}
