/**
 * One engine process, put together: everything it consists of, the order in which it starts, and the order in which it stops.
 *
 *   start   store ─ bus ─ DIP, DTN channels ─ engine ─ agents ─ supervised: shards, channels, reminders, receipts
 *           ─ gateway ─ registration and gap ─ alive ─ sweeps, watch
 *   stop    gateway (refuse, finish) ─ watch, sweeps ─ supervised parts, last first ─ engine (finish, commit) ─ DIP ─ bus ─ alive ─ store
 */
import { randomBytes } from 'node:crypto';
import { join, resolve } from 'node:path';
import { Access } from '../../actors/access/index.ts';
import { AgentDirectory } from '../../actors/agent/index.ts';
import { createEventsChannel, type OpenBus, openBus } from '../../actors/bus/index.ts';
import { createDip, type Dip } from '../../actors/dip/index.ts';
import { createDtnChannel, openReceiptsReader } from '../../actors/dtn/index.ts';
import { Engine, type EngineFace, type Log, type Ports } from '../../actors/engine/index.ts';
import { Sweeps } from '../../actors/engine/sweeps.ts';
import { MeterwrightError } from '../../actors/errors/error.ts';
import { openStore, type Store } from '../../actors/store/index.ts';
import { type ChildHealth, type ChildSpec, type Supervision, supervise } from '../../actors/supervision/index.ts';
import { createImporters } from '../../gateway/ops/importers.ts';
import { type Gateway, startGateway } from '../../gateway/server.ts';
import type { TlsFiles } from '../../gateway/tls/index.ts';
import type { Json } from '../../machines/common/effects.ts';
import type { Config } from '../config/index.ts';
import { realClock, realIds, realRandom } from '../process/index.ts';
import { Alive } from './alive.ts';
import { backup } from './backup.ts';
import { conditions } from './conditions.ts';
import { domainRegistry } from './domains.ts';
import { health } from './health.ts';
import { type HouseAlerts, houseAlerts } from './house-alerts.ts';
import { keptSecret } from './keep.ts';
import { Watch } from './watch.ts';

export interface NodeSetup {
  readonly config: Config;
  readonly dataDir: string;
  readonly log: Log;
  readonly tls: TlsFiles | undefined;
  /** The supervisor gave up: the process cannot go on. */
  onEscalate(text: string): void;
}

export interface EngineNode {
  readonly engine: Engine;
  readonly store: Store;
  readonly gateway: Gateway;
  readonly bus: OpenBus;
  readonly access: Access;
  readonly directory: AgentDirectory;
  readonly importers: ReturnType<typeof createImporters>;
  children(): readonly ChildHealth[];
  stop(): Promise<void>;
}

/** What has ended and is dropped when its time has come. Files to legacy agents stay: their lines are remembered for ever. */
const RETAINED = [
  ['appointment', 'SUCCESS'],
  ['appointment', 'FAILED'],
  ['alert', 'cleared'],
  ['alert', 'acknowledged'],
  ['quarantine', 'redriven'],
] as const;
const SHARDS_META = 'shards';
const GAP_META = 'dip.gap';
const EVENT_SOURCE = 'urn:meterwright:engine';

/** Start everything; whatever was started is stopped again when a later part cannot. */
export async function startNode(setup: NodeSetup): Promise<EngineNode> {
  const { config, dataDir, log } = setup;
  const ports: Ports = { clock: realClock, random: realRandom, ids: realIds, log };
  const undo: (() => Promise<unknown>)[] = [];
  try {
    const store = await openStore(config.store, { directory: join(dataDir, 'store'), log });
    undo.push(() => store.close());
    const options = { ...config.engine, shards: await keptShards(store, config.engine.shards) };
    const alive = new Alive(store, ports.clock, log, options.aliveIntervalMs);
    const lastAliveAt = await alive.lastAt();
    const bus = await openBus(config.nats, ports);
    undo.push(() => bus.close());

    let engine: Engine | undefined;
    const theEngine = (): Engine => {
      if (!engine) throw new Error('engine: asked for before it was made');
      return engine;
    };
    const alerts = houseAlerts(theEngine, ports);
    const trouble: { dip: string | null } = { dip: null };
    const dip = await openDip(config, store, ports, theEngine, () => directory, alerts, trouble);
    undo.push(() => dip.close());
    const directory = new AgentDirectory(store, config.agent);
    const channels = [
      ...dip.channels,
      createDtnChannel(config.dtn, ports, alerts),
      createEventsChannel(bus, { source: EVENT_SOURCE, maxInFlight: config.nats.maxInFlight }, ports),
    ];
    engine = new Engine({ options, ports, store, registry: domainRegistry(config, directory), channels });
    await directory.load();
    const closeGate = dip.gate.onChange((open) => theEngine().setDipGate(open));
    engine.setDipGate(dip.gate.open);
    const started = engine;
    undo.push(() => started.stop());
    const receipts: ChildSpec = { id: 'dtn-receipts', start: (signal) => openReceiptsReader({ options: config.dtn, engine: started, ports, alerts }, signal) };
    const supervision: Supervision = supervise({
      name: 'node',
      children: [...started.children(), receipts],
      ports,
      onEscalate: ({ id, error }) => {
        alerts.raise('supervisor_escalated', `${id}: ${error}`);
        setup.onEscalate(`${id}: ${error}`);
      },
    });
    undo.push(() => supervision.stop());
    const how = await Promise.race([supervision.ready, supervision.done]);
    if (how) throw new Error('engine: a part of it cannot be brought up; the log says which and why');

    const access = new Access(config.access, {
      engine,
      clock: ports.clock,
      ids: ports.ids,
      log,
      secrets: { bytes: (count: number) => randomBytes(count) },
      pepper: keptSecret(dataDir, 'pepper'),
      defaultRate: { perSecond: config.http.ratePerSecond, burst: config.http.rateBurst },
    });
    const suppliers = new Map(config.dip.suppliers.map(({ mpid, dipId }) => [mpid, dipId]));
    const { enforceCheckDigit } = config.mpan;
    const importers = createImporters({ engine, directory, clock: ports.clock, ids: ports.ids, enforceCheckDigit, dipIdOf: (mpid) => suppliers.get(mpid) });
    let stopping = false;
    const gateway = await startGateway({
      options: config.http,
      engine,
      directory,
      receiver: dip.receiver,
      access,
      clock: ports.clock,
      ids: ports.ids,
      log,
      ...(setup.tls ? { tlsFiles: setup.tls, tlsNames: setup.tls.names } : {}),
      health: () => health({ store, engine: started, bus, dipTrouble: () => trouble.dip, stopping: () => stopping }),
      callbackBaseUrl: config.dip.callbackBaseUrl,
      enforceCheckDigit,
      suppliers,
      backup: (to) => backup(store, dataDir, resolve(to)),
      flushDtn: (mpid) => flushDtn(started, ports, config, mpid),
    });
    undo.push(() => gateway.close());
    access.start();
    await dip.start(lastAliveAt);
    // Not before the gap is known and noted: a start that fails half-way must leave it to the next one.
    alive.start();

    const sweeps = new Sweeps({
      ports,
      store,
      intervalMs: options.sweepIntervalMs,
      shards: options.shards,
      retention: RETAINED.map(([kind, state]) => ({ kind, state, days: options.endedRetentionDays })),
      command: (command) => started.command(command),
      onError: (error) => log.warn({ err: error }, 'a background sweep failed'),
    });
    const watch = new Watch(
      conditions({ store, bus, engine, dipTrouble: () => trouble.dip, clock: ports.clock, certificates: certificatesOf(config, setup.tls) }),
      alerts,
      ports.clock,
    );
    sweeps.start();
    // States of a process that is gone; what is still so is found again.
    for (const code of ['dip_circuit_open', 'supervisor_escalated', 'agents_limit']) alerts.clear(code);
    watch.start();

    return {
      engine,
      store,
      gateway,
      bus,
      access,
      directory,
      importers,
      children: () => supervision.health(),
      stop: async () => {
        stopping = true;
        await gateway.close();
        watch.stop();
        await access.stop();
        await sweeps.stop();
        closeGate();
        await supervision.stop();
        await started.stop();
        await dip.close();
        await bus.close();
        await alive.stop();
        await store.close();
      },
    };
  } catch (error) {
    for (const step of undo.reverse()) await step().catch((failure: unknown) => log.warn({ err: failure }, 'could not be undone'));
    throw error;
  }
}

function certificatesOf(config: Config, tls: TlsFiles | undefined): readonly string[] {
  const { signingCertificateFile, clientCertificateFile } = config.dip;
  return [tls?.certFile, signingCertificateFile, clientCertificateFile].filter((file) => file !== undefined);
}

/** The number of shards is part of the stored data: the first start fixes it. */
async function keptShards(store: Store, wanted: number): Promise<number> {
  const kept = await store.getMeta(SHARDS_META);
  if (typeof kept === 'number') return kept;
  await store.putMeta(SHARDS_META, wanted);
  return wanted;
}

function openDip(
  config: Config,
  store: Store,
  ports: Ports,
  engine: () => EngineFace,
  agents: () => AgentDirectory,
  alerts: HouseAlerts,
  trouble: { dip: string | null },
): Promise<Dip> {
  return createDip({
    options: config.dip,
    ports,
    engine,
    memory: {
      load: async () => ((await store.getMeta(GAP_META)) ?? null) as { from: number; to: number } | null,
      save: (window) => store.putMeta(GAP_META, window === null ? null : { from: window.from, to: window.to }),
    },
    onCircuit: (open, text) => {
      trouble.dip = open ? text : null;
      if (open) alerts.raise('dip_circuit_open', text);
      else alerts.clear('dip_circuit_open');
    },
    onAlert: (code, raised, text) => (raised ? alerts.raise(code, text) : alerts.clear(code)),
    // Standing data changes the agents: what the directory holds in memory is read again.
    onReply: (reply) => {
      const { kind, dipIds } = reply as { kind?: string; dipIds?: readonly string[] };
      if (kind !== 'agents' || !dipIds) return;
      agents()
        .refresh(dipIds)
        .catch((error: unknown) => {
          ports.log.error({ err: error }, 'agents could not be read again');
          if (error instanceof MeterwrightError && error.code === 'agents_limit') alerts.raise('agents_limit', error.message);
        });
    },
  });
}

async function flushDtn(engine: Engine, ports: Ports, config: Config, mpid: string | undefined): Promise<Json> {
  const senders = config.dip.suppliers.map((supplier) => supplier.mpid).filter((own) => mpid === undefined || own === mpid);
  for (const sender of senders) await engine.command({ key: sender, type: 'dtn.flush', payload: { mpid: sender }, origin: 'caller', id: ports.ids.uuid() });
  return { flushed: senders };
}
