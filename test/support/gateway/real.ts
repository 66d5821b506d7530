/** The gateway over the real engine and a real store on disk, with every domain; channels hold what goes out. */

import { randomBytes } from 'node:crypto';
import { v7 } from 'uuid';
import { Access, AccessOptionsSchema } from '../../../actors/access/index.ts';
import { AgentDirectory, AgentOptionsSchema, storeAgents } from '../../../actors/agent/index.ts';
import { AppointmentOptionsSchema } from '../../../actors/appointment/index.ts';
import { DtnOptionsSchema } from '../../../actors/dtn/index.ts';
import { type Channel, Engine, EngineOptionsSchema } from '../../../actors/engine/index.ts';
import { Identity, IdentityOptionsSchema } from '../../../actors/identity/index.ts';
import { SessionOptionsSchema } from '../../../actors/meter-session/index.ts';
import { MpanOptionsSchema } from '../../../actors/mpan/index.ts';
import { ActionsOptionsSchema } from '../../../actors/time-update/index.ts';
import { HttpOptionsSchema } from '../../../gateway/options.ts';
import { type Gateway, startGateway } from '../../../gateway/server.ts';
import { defaultsOf } from '../../../ops/config/settings.ts';
import { type DomainConfig, domainRegistry } from '../../../ops/node/domains.ts';
import { openLmdb } from '../store/lmdb.ts';
import { realClock } from './world.ts';

export interface RealWorld {
  readonly engine: Engine;
  readonly gateway: Gateway;
  readonly access: Access;
  readonly key: string;
  fetch(path: string, init?: RequestInit): Promise<Response>;
  importMpans(mpid: string, mpans: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

const quiet = (): void => {};

/** Never performs anything: what is owed stays owed. */
function holding(name: string): Channel {
  const held: Channel['perform'] = (_effect, _attempt, signal) =>
    new Promise((resolve) => {
      signal.addEventListener('abort', () => resolve({ kind: 'retry', delayMs: 1000, text: 'held' }));
    });
  return { name, capacity: 1, ordering: 'none', perform: held };
}

export async function startRealWorld(): Promise<RealWorld> {
  const ports = {
    clock: realClock(),
    random: { next: () => 0.5 },
    ids: { uuid: () => v7() },
    log: { debug: quiet, info: quiet, warn: quiet, error: console.error },
  };
  const { store, dispose } = await openLmdb();
  const directoryOfAgents = new AgentDirectory(store, defaultsOf(AgentOptionsSchema) as never);
  const config = {
    appointment: defaultsOf(AppointmentOptionsSchema),
    mpan: defaultsOf(MpanOptionsSchema),
    dtn: defaultsOf(DtnOptionsSchema),
    actions: defaultsOf(ActionsOptionsSchema),
    session: defaultsOf(SessionOptionsSchema),
    dip: { environmentTag: 'TEST' },
    nats: { prefix: 'mw' },
  } as unknown as DomainConfig;
  const engine = new Engine({
    options: defaultsOf(EngineOptionsSchema) as never,
    ports,
    store,
    registry: domainRegistry(config, directoryOfAgents),
    channels: ['dip', 'dip-query', 'dtn', 'events'].map(holding),
  });
  engine.start();
  const access = new Access(defaultsOf(AccessOptionsSchema) as never, {
    engine,
    clock: ports.clock,
    ids: ports.ids,
    log: ports.log,
    secrets: { bytes: (count) => randomBytes(count) },
    pepper: 'p',
    defaultRate: { perSecond: 1e6, burst: 1e6 },
  });
  const identity = new Identity(defaultsOf(IdentityOptionsSchema) as never, {
    engine,
    clock: ports.clock,
    ids: ports.ids,
    log: ports.log,
    secrets: { bytes: (count) => randomBytes(count) },
    pepper: 'p',
    changes: access.changes,
  });
  const { key } = await access.createKey({ mpids: ['SUPX'], label: 'x', rate: null, by: 'test' });
  const entry = { dipId: '1500000001', mpid: 'MOPX', role: 'MSS', effectiveFrom: '2020-01-01', effectiveTo: null, name: null };
  await storeAgents(engine, directoryOfAgents, { entries: [entry] as never }, 'seed');
  const suppliers = new Map([
    ['SUPX', '2300000012'],
    ['SUPY', '2300000013'],
  ]);
  const gateway = await startGateway({
    options: { ...(defaultsOf(HttpOptionsSchema) as never as object), httpPort: 'auto' } as never,
    engine,
    directory: directoryOfAgents,
    receiver: { receive: async () => ({ status: 201, headers: {}, body: '{}' }) },
    access,
    identity,
    clock: ports.clock,
    ids: ports.ids,
    log: ports.log,
    health: () => ({ status: 'ok', checks: {} }),
    callbackBaseUrl: 'https://callbacks.example.test',
    enforceCheckDigit: false,
    suppliers,
  });
  return {
    engine,
    gateway,
    access,
    key,
    fetch: (path, init) => fetch(`${gateway.httpUrl}${path}`, init),
    importMpans: async (mpid, mpans) => {
      const facts = { distributor_dip_id: '1000000010', gsp_group_id: '_A', market_segment: 'S' };
      for (const mpan of mpans) {
        const payload = { mpan, lines: [{ mpid, supplierDipId: suppliers.get(mpid) ?? '', facts }] };
        await engine.command({ key: mpan, type: 'mpan.import', payload, origin: 'caller', id: v7() });
      }
    },
    close: async () => {
      await gateway.close();
      await engine.stop();
      await dispose();
    },
  };
}
