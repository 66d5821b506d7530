/**
 * Installations full of overnight actions: one is really submitted, in memory; what the store then holds of it is copied under other
 * ids and addresses. The meters behind them are few: every address of 127.0.0.0/8 leads to this machine.
 */
import { join } from 'node:path';
import { shardOf } from '../../../actors/engine/index.ts';
import type { ActorDoc, CommitOp, HistoryEntry, Store } from '../../../actors/store/index.ts';
import { openMemoryStore, openStore, type StoreOptions, StoreOptionsSchema } from '../../../actors/store/index.ts';
import { gateBucket, gateValue } from '../../../actors/time-update/gate.ts';
import { actionActor } from '../../../actors/time-update/index.ts';
import type { ActionRequest } from '../../../machines/time-update/index.ts';
import { defaultsOf } from '../../config/settings.ts';
import type { MeterSpec } from '../../sim/meters/options.ts';
import { openWorld } from '../world/engine.ts';

const SHARDS = 64;
const GROUP = 1_000;
/** They came over so much of the day before. */
const SPREAD_MS = 6 * 3_600_000;
/** Stand for what differs; no other number or text of a document is like them. */
const MARK = { id: 909_090_909, host: '127.99.98.97:9999', serial: 'MARKED-SERIAL', password: 'MARKED-PASSWORD' } as const;

export interface Waiting {
  readonly requestId: number;
  readonly meter: MeterSpec;
  /** As sealed for the installation. */
  readonly sealedPassword: string;
}

/** Every action has an address of its own, at the port of its meter. */
export function addressOf(requestId: number, port: number): string {
  return `127.${1 + ((requestId >> 16) & 0x7f)}.${(requestId >> 8) & 0xff}.${requestId & 0xff}:${port}`;
}

type Copier = (waiting: Waiting, createdAt: number) => CommitOp;

/** Submits one and gives its copier. */
export async function actionCopier(): Promise<Copier> {
  const store = openMemoryStore();
  const { engine } = await openWorld(store);
  const request: ActionRequest = {
    requestId: MARK.id,
    immediate: false,
    task: 'time-update',
    target: { meterType: 'ISKRA_MX37X', remoteAddress: MARK.host, canonicalAddress: `tcp:${MARK.host}`, serialNumber: MARK.serial },
    sealedPassword: MARK.password,
    passwordMark: 'A'.repeat(43),
    tokenId: 'bench',
    owner: 'bench',
    requestedAt: 0,
    trace: false,
  };
  await engine.command({ key: request.target.canonicalAddress, type: 'action.submit', payload: request, origin: 'caller', id: 'bench' });
  const [doc] = await store.get([actionActor(MARK.id)]);
  if (doc?.state !== 'waiting') throw new Error(`bench: an overnight action is ${doc?.state ?? 'missing'}`);
  const history = await store.history(doc.id, { limit: 10 });
  await store.close();
  const pieces = JSON.stringify({ doc: { ...doc, owed: [] }, history }).split(new RegExp(`(${Object.values(MARK).join('|')})`));
  return ({ requestId, meter, sealedPassword }, createdAt) => {
    const address = addressOf(requestId, meter.port ?? 0);
    const values: Record<string, string> = {
      [MARK.id]: String(requestId),
      [MARK.host]: address,
      [MARK.serial]: meter.serialNumber,
      [MARK.password]: sealedPassword,
    };
    const copy = JSON.parse(pieces.map((piece, at) => (at % 2 === 1 ? (values[piece] ?? piece) : piece)).join('')) as {
      readonly doc: ActorDoc;
      readonly history: readonly HistoryEntry[];
    };
    return {
      expectedVersion: 0,
      doc: {
        ...copy.doc,
        shard: shardOf(copy.doc.key, SHARDS),
        createdAt,
        changedAt: createdAt,
        since: createdAt,
        commitId: `bench-${requestId}`,
        indexes: { ...copy.doc.indexes, gate: [gateValue('tcp', gateBucket(requestId))] },
      },
      history: copy.history.map((entry) => ({ ...entry, at: createdAt })),
    };
  };
}

/** Actions 1 to `count`, the next id after them kept. @param sealed password of each meter, sealed for the installation */
export async function fillWaiting(store: Store, count: number, meters: readonly MeterSpec[], sealed: readonly string[]): Promise<void> {
  const copy = await actionCopier();
  const from = Date.now() - SPREAD_MS;
  for (let first = 1; first <= count; first += GROUP) {
    const groups = Array.from({ length: Math.min(GROUP, count - first + 1) }, (_, at) => {
      const requestId = first + at;
      const place = requestId % meters.length;
      const [meter, sealedPassword] = [meters[place], sealed[place]];
      if (!meter || sealedPassword === undefined) throw new Error('bench: no meter');
      return [copy({ requestId, meter, sealedPassword }, from + Math.floor((requestId * SPREAD_MS) / count))];
    });
    const bad = (await store.commit(groups)).find(({ kind }) => kind !== 'ok');
    if (bad) throw new Error(`bench: the store refused an action: ${JSON.stringify(bad)}`);
  }
  const { engine } = await openWorld(store);
  await engine.command({ key: 'directory', type: 'action.reserve-ids', payload: { count: count + 1 }, origin: 'caller', id: 'bench' });
}

/** The store of an installation whose engine does not run. */
export async function withStoreOf<T>(dataDir: string, run: (store: Store) => Promise<T>): Promise<T> {
  const store = await openStore(defaultsOf(StoreOptionsSchema) as StoreOptions, { directory: join(dataDir, 'store') });
  try {
    return await run(store);
  } finally {
    await store.close();
  }
}
