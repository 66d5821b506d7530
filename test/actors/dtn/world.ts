/** Folders, options and effects for the tests of the DTN channel. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { Value } from 'typebox/value';
import { type DtnAlerts, type DtnOptions, DtnOptionsSchema } from '../../../actors/dtn/index.ts';
import type { Effect } from '../../../actors/store/store.ts';

export async function folder(t: ExecutionContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'mw-dtn-'));
  t.teardown(() => rm(path, { recursive: true, force: true }));
  return path;
}

export async function dtnOptions(t: ExecutionContext, change: Partial<DtnOptions> = {}): Promise<DtnOptions> {
  const root = await folder(t);
  return {
    ...(Value.Default(DtnOptionsSchema, {}) as DtnOptions),
    outDirectory: join(root, 'out'),
    stagingDirectory: join(root, 'staging'),
    receiptsDirectory: join(root, 'receipts'),
    ...change,
  };
}

export function keptAlerts(): DtnAlerts & { readonly raised: string[]; readonly cleared: string[] } {
  const raised: string[] = [];
  const cleared: string[] = [];
  return { raised, cleared, raise: (code) => void raised.push(code), clear: (code) => void cleared.push(code) };
}

export function writeEffect(change: { fileId?: string; mpid?: string; test?: boolean; body?: string } = {}): Effect {
  const { fileId = '0000000001', mpid = 'SUPX', test = false, body = 'ZHV|…\nZPT|…\n' } = change;
  return {
    key: `dtn:${mpid}/${fileId}`,
    actor: `dtn-file:${mpid}:${fileId}`,
    routingKey: mpid,
    shard: 1,
    version: 2,
    n: 0,
    channel: 'dtn',
    name: `file:${fileId}`,
    createdAt: 0,
    data: { mpid, fileId, fileName: `D0151_LMOP_${fileId}.usr`, recipient: 'LMOP', test },
    body,
  };
}

export const list = (path: string): Promise<string[]> => readdir(path).catch(() => []);
