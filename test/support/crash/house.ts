/** The real domains on a real LMDB store in a folder of their own, for crash runs. Its groups are atomic, or applied op by op as on a server. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Value } from 'typebox/value';
import { DtnOptionsSchema } from '../../../actors/dtn/index.ts';
import { SessionOptionsSchema } from '../../../actors/meter-session/index.ts';
import { MpanOptionsSchema } from '../../../actors/mpan/index.ts';
import { openStore, StoreOptionsSchema } from '../../../actors/store/index.ts';
import { ActionsOptionsSchema } from '../../../actors/time-update/index.ts';
import { domainRegistry } from '../../../ops/node/domains.ts';
import { defaultOptions } from '../machines/appointment-world.ts';
import { opByOp } from './op-by-op.ts';
import type { CrashWorld } from './run.ts';
import type { Variant } from './variant.ts';

/** Few attempts, so that the graph is small; no jitter, which differs from action to action where outcomes are compared. */
export const CRASH_ACTIONS = { attempts: 2, lostAttempts: 1, windows: 2, retryJitter: 0 } as const;

const agents = { find: () => [], byDipId: () => undefined, list: () => [] };

export type Groups = 'atomic' | 'op by op';

export interface House extends CrashWorld {
  close(): Promise<void>;
}

export async function openHouse(at: number, actors: (variant: Variant) => ReturnType<CrashWorld['actors']>, groups: Groups = 'atomic'): Promise<House> {
  const folder = await mkdtemp(join(tmpdir(), 'mw-crash-'));
  const config = {
    appointment: defaultOptions(),
    mpan: Value.Default(MpanOptionsSchema, {}) as never,
    dtn: Value.Default(DtnOptionsSchema, {}) as never,
    actions: Value.Default(ActionsOptionsSchema, CRASH_ACTIONS) as never,
    session: Value.Default(SessionOptionsSchema, {}) as never,
    dip: { environmentTag: 'SIT' as const },
    nats: { prefix: 'mw' },
  };
  let serial = 0;
  let directory = join(folder, '0');
  return {
    at,
    registry: () => domainRegistry(config as never, agents as never),
    open: async (between = () => 'go') => {
      const store = await openStore({ ...(Value.Default(StoreOptionsSchema, {}) as object), diskReserveBytes: 0 } as never, { directory });
      return groups === 'atomic' ? store : opByOp(store, between);
    },
    actors,
    close: async () => {
      directory = join(folder, String(++serial));
      await rm(folder, { recursive: true, force: true });
    },
  };
}
