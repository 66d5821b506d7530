/**
 * One engine process, put together: everything it consists of, the order in which it starts, and the order in which it stops.
 *
 *   start   store ─ bus ─ DIP, DTN, meter channels ─ engine ─ agents, stop switch ─ supervised: shards, channels, reminders, receipts
 *           ─ gateway ─ registration and gap ─ alive ─ sweeps, watch ─ meters: host clock, puller
 *   stop    gateway (refuse, finish) ─ watch, sweeps ─ puller ─ supervised parts, last first (the meter channel: sessions end in order,
 *           within `actions.stopGraceMs`, then they are cut) ─ engine (finish, commit) ─ modem lines (hang up) ─ codec threads ─ DIP
 *           ─ bus ─ alive ─ store
 */
import { randomBytes } from 'node:crypto';
import { join, resolve } from 'node:path';
import { Access } from '../../actors/access/index.ts';
import { AgentDirectory } from '../../actors/agent/index.ts';
import { createEventsChannel, type OpenBus, openBus } from '../../actors/bus/index.ts';
import { createDtnChannel, openReceiptsReader } from '../../actors/dtn/index.ts';
import { Engine, type Log, type Ports } from '../../actors/engine/index.ts';
import { Sweeps } from '../../actors/engine/sweeps.ts';
import { openStore, type Store } from '../../actors/store/index.ts';
import { type ChildHealth, type ChildSpec, type Supervision, supervise } from '../../actors/supervision/index.ts';
import { createImporters } from '../../gateway/ops/importers.ts';
import { type Gateway, startGateway } from '../../gateway/server.ts';
import type { TlsFiles } from '../../gateway/tls/index.ts';
import type { Json } from '../../machines/common/effects.ts';
import type { Config } from '../config/index.ts';
import { realClock, realIds, realRandom } from '../process/index.ts';
import { Alive } from './alive.ts';
import { backup, counterRaise } from './backup.ts';
import { type CodecHouse, createCodecHouse } from './codec.ts';
import { conditions } from './conditions.ts';
import { domainRegistry } from './domains.ts';
import { health } from './health.ts';
import { houseAlerts } from './house-alerts.ts';
import { keptSecret } from './keep.ts';
import { meterRoutesDeps } from './meter-routes.ts';
import { createMeterWork, type MeterWork } from './meter-work.ts';
import { openDip } from './open-dip.ts';
import { ownPorts } from './own-ports.ts';
import { retained } from './retained.ts';
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
  readonly meters: MeterWork;
  readonly codec: CodecHouse;
  children(): readonly ChildHealth[];
  stop(): Promise<void>;
}

const SHARDS_META = 'shards';
const EVENT_SOURCE = 'urn:meterwright:engine';
/** Name of the only node there is. */
const NODE = 'single';
/** What a channel may need on top of the grace that its sessions have. */
const STOP_MARGIN_MS = 10_000;

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
    const onTrouble = (text: string | null): void => {
      trouble.dip = text;
    };
    const dip = await openDip({ options: config.dip, store, ports, engine: theEngine, agents: () => directory, alerts, onTrouble });
    undo.push(() => dip.close());
    let listening: readonly (string | undefined)[] = [];
    const codec = createCodecHouse(config.codec);
    undo.push(() => codec.close());
    const raise = await counterRaise(store, ports.clock.now());
    const meters = createMeterWork({
      config,
      dataDir,
      raise,
      codec: () => codec.pool(),
      ports,
      engine: theEngine,
      node: NODE,
      ownPorts: ownPorts(config, () => listening),
      alerts,
      bus,
    });
    undo.push(() => meters.close());
    const directory = new AgentDirectory(store, config.agent);
    const channels = [
      ...dip.channels,
      createDtnChannel(config.dtn, ports, alerts),
      createEventsChannel(bus, { source: EVENT_SOURCE, maxInFlight: config.nats.maxInFlight }, ports),
      ...meters.channels,
    ];
    engine = new Engine({ options, ports, store, registry: domainRegistry(config, directory), channels });
    await directory.load();
    await meters.load();
    const closeGate = dip.gate.onChange((open) => theEngine().setDipGate(open));
    engine.setDipGate(dip.gate.open);
    const started = engine;
    undo.push(() => started.stop());
    const receipts: ChildSpec = { id: 'dtn-receipts', start: (signal) => openReceiptsReader({ options: config.dtn, engine: started, ports, alerts }, signal) };
    const supervision: Supervision = supervise({
      name: 'node',
      children: [...started.children(), receipts],
      ports,
      stopMs: config.actions.stopGraceMs + STOP_MARGIN_MS,
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
      health: () => health({ store, engine: started, bus, dipTrouble: () => trouble.dip, meters, stopping: () => stopping }),
      callbackBaseUrl: config.dip.callbackBaseUrl,
      enforceCheckDigit,
      suppliers,
      backup: (to) => backup(store, dataDir, resolve(to), ports.clock.now()),
      flushDtn: (mpid) => flushDtn(started, ports, config, mpid),
      meters: meterRoutesDeps(meters, config.mts),
    });
    undo.push(() => gateway.close());
    listening = [gateway.url, gateway.httpUrl];
    access.start();
    await dip.start(lastAliveAt);
    // Not before the gap is known and noted: a start that fails half-way must leave it to the next one.
    alive.start();

    const sweeps = new Sweeps({
      ports,
      store,
      intervalMs: options.sweepIntervalMs,
      shards: options.shards,
      retention: retained(config),
      command: (command) => started.command(command),
      onError: (error) => log.warn({ err: error }, 'a background sweep failed'),
    });
    const watch = new Watch(
      conditions({
        store,
        bus,
        engine,
        dipTrouble: () => trouble.dip,
        lines: () => meters.lines.lines(),
        clock: ports.clock,
        certificates: certificatesOf(config, setup.tls),
      }),
      alerts,
      ports.clock,
    );
    sweeps.start();
    // States of a process that is gone; what is still so is found again.
    for (const code of ['dip_circuit_open', 'supervisor_escalated', 'agents_limit']) alerts.clear(code);
    watch.start();
    meters.start();

    return {
      engine,
      store,
      gateway,
      bus,
      access,
      directory,
      importers,
      meters,
      codec,
      children: () => supervision.health(),
      stop: async () => {
        stopping = true;
        await gateway.close();
        watch.stop();
        await access.stop();
        await sweeps.stop();
        closeGate();
        await meters.stopPulling();
        await supervision.stop();
        await started.stop();
        await meters.close();
        await codec.close();
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

async function flushDtn(engine: Engine, ports: Ports, config: Config, mpid: string | undefined): Promise<Json> {
  const senders = config.dip.suppliers.map((supplier) => supplier.mpid).filter((own) => mpid === undefined || own === mpid);
  for (const sender of senders) await engine.command({ key: sender, type: 'dtn.flush', payload: { mpid: sender }, origin: 'caller', id: ports.ids.uuid() });
  return { flushed: senders };
}
