/**
 * One engine process, put together: everything it consists of, the order in which it starts, and the order in which it stops.
 *
 *   start   store ─ secrets ─ bus ─ DIP, DTN, meter, webhook channels ─ engine ─ agents, stop switch ─ supervised: codec pool, shards, channels,
 *           reminders, receipts, leases ─ gateway ─ registration and gap ─ alive ─ sweeps, watch ─ meters: host clock, puller
 *   stop    gateway (refuse, finish) ─ watch, sweeps ─ puller ─ supervised parts, last first (the meter channel: sessions end in order,
 *           within `actions.stopGraceMs`, then they are cut; the codec threads) ─ engine (finish, commit) ─ modem lines (hang up) ─
 *           webhooks ─ DIP ─ bus ─ alive ─ store
 */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Access } from '../../actors/access/index.ts';
import { AgentDirectory } from '../../actors/agent/index.ts';
import { createEventsChannel, type OpenBus, type OwnPart, openBus, replay } from '../../actors/bus/index.ts';
import { NO_VOICE } from '../../actors/cluster/index.ts';
import { createDtnChannel, openReceiptsReader } from '../../actors/dtn/index.ts';
import { type Clock, type Command, Engine, type EngineFace, type Log, type Ports } from '../../actors/engine/index.ts';
import { Reindex } from '../../actors/engine/reindex.ts';
import { Sweeps } from '../../actors/engine/sweeps.ts';
import { MeterwrightError } from '../../actors/errors/error.ts';
import { Identity } from '../../actors/identity/index.ts';
import { openStore, type Store } from '../../actors/store/index.ts';
import { type ChildHealth, type ChildSpec, type Supervision, supervise } from '../../actors/supervision/index.ts';
import type { ContractDemo } from '../../gateway/contract/index.ts';
import { createImporters } from '../../gateway/ops/importers.ts';
import { type Gateway, startGateway } from '../../gateway/server.ts';
import type { TlsFiles } from '../../gateway/tls/index.ts';
import type { Json } from '../../machines/common/effects.ts';
import type { Config } from '../config/index.ts';
import { realClock, realIds, realRandom } from '../process/index.ts';
import { createActorCounts } from './actor-counts.ts';
import { Alive } from './alive.ts';
import { backup, counterRaise } from './backup.ts';
import { checkSecrets } from './check-secrets.ts';
import { type CodecHouse, createCodecHouse } from './codec.ts';
import { conditions } from './conditions.ts';
import { domainRegistry } from './domains.ts';
import { health } from './health.ts';
import { houseAlerts } from './house-alerts.ts';
import { defaultNodeId, keptIdentity, keptShards } from './installation.ts';
import { keptSecret } from './keep.ts';
import { meterRoutesDeps } from './meter-routes.ts';
import { createMeterViews } from './meter-views.ts';
import { createMeterWork, type MeterWork } from './meter-work.ts';
import { createMetrics } from './metrics.ts';
import { type NodeCluster, openNodeCluster } from './node-cluster.ts';
import { openDip } from './open-dip.ts';
import { ownPorts } from './own-ports.ts';
import { createProcessMetrics } from './process-metrics.ts';
import { retained } from './retained.ts';
import { openSite } from './site.ts';
import { Watch } from './watch.ts';
import { openWebhooks, webhookSource } from './webhooks.ts';

export interface NodeSetup {
  readonly config: Config;
  readonly dataDir: string;
  readonly log: Log;
  readonly tls: TlsFiles | undefined;
  /** What examples of the contracts may name; absent: no demo runs. */
  readonly demo?: ContractDemo;
  /** Default: the machine's. */
  readonly clock?: Clock;
  /** The supervisor gave up: the process cannot go on. */
  onEscalate(text: string): void;
}

export interface EngineNode {
  readonly engine: Engine;
  readonly store: Store;
  readonly gateway: Gateway;
  readonly bus: OpenBus;
  readonly access: Access;
  readonly identity: Identity;
  readonly directory: AgentDirectory;
  readonly importers: ReturnType<typeof createImporters>;
  readonly meters: MeterWork;
  readonly codec: CodecHouse;
  /** Undefined: this process is alone. */
  readonly cluster: NodeCluster | undefined;
  children(): readonly ChildHealth[];
  stop(): Promise<void>;
}

const BUS_META = 'bus';
const EVENT_SOURCE = 'urn:meterwright:engine';
/** Name of the only node there is. */
const ALONE = 'single';
/** A server that is silent is left while the leases that it confirmed last. */
const PINGS_PER_LEASE = 5;
/** Key of what has no key; whoever serves its shard leads. */
const LEADER_KEY = 'directory';
const VERSION = version();
/** What a channel may need on top of the grace that its sessions have. */
const STOP_MARGIN_MS = 10_000;
/** More than the back-off of one part leaves room for within the supervisor's period. */
const RESTARTS_OF_A_PART = 10;

/** Start everything; whatever was started is stopped again when a later part cannot. */
export async function startNode(setup: NodeSetup): Promise<EngineNode> {
  const { config, dataDir, log } = setup;
  const ports: Ports = { clock: setup.clock ?? realClock, random: realRandom, ids: realIds, log };
  const undo: (() => Promise<unknown>)[] = [];
  try {
    const store = await openStore(config.store, { directory: join(dataDir, 'store'), log });
    undo.push(() => store.close());
    const node = config.cluster.mode === 'single' ? undefined : (config.cluster.node ?? defaultNodeId(config.http.port));
    const identity = node === undefined ? undefined : await keptIdentity(store, config.engine.shards, ports.ids, ports.clock.now());
    const options = { ...config.engine, shards: identity?.shards ?? (await keptShards(store, config.engine.shards)) };
    const { secretsDir } = config.data;
    const shared = { ...(secretsDir === undefined ? {} : { secretsDir }), sealKeyFile: config.actions.keyFile };
    if (node !== undefined) await checkSecrets({ store, shards: options.shards, dataDir, ...shared, now: ports.clock.now() });
    const shards = Array.from({ length: options.shards }, (_, shard) => shard);
    const busMeta = node === undefined ? BUS_META : `${BUS_META}.${node}`;
    const ofCluster = node === undefined ? {} : { kv: true, pingMs: Math.ceil(config.cluster.leaseMs / PINGS_PER_LEASE) };
    let engine: Engine | undefined;
    let othersTold: OwnPart['others'] = async () => [];
    const own: OwnPart = { serves: (shard) => engine?.serves(shard) ?? false, others: (lost) => othersTold(lost) };
    const part = node === undefined ? {} : { own };
    const bus = await openBus(config.nats, ports, { memory: { store, name: busMeta, source: EVENT_SOURCE, shards, ...part }, ...ofCluster });
    undo.push(() => bus.close());

    const theEngine = (): Engine => {
      if (!engine) throw new Error('engine: asked for before it was made');
      return engine;
    };
    let face: EngineFace | undefined;
    /** By which every key is reached, wherever it is served. */
    const theFace = (): EngineFace => face ?? theEngine();
    const alerts = houseAlerts(theFace, ports, node);
    let stopping = false;
    let listening: readonly (string | undefined)[] = [];
    const cluster =
      node === undefined || identity === undefined
        ? undefined
        : openNodeCluster({
            node,
            version: VERSION,
            options: config.cluster,
            retryAfterMs: options.retryAfterMs,
            nats: config.nats,
            bus,
            store,
            identity,
            ports,
            source: EVENT_SOURCE,
            leaderKey: LEADER_KEY,
            url: () => listening[0] ?? `https://${config.http.host}:${config.http.port}`,
            alerts,
            nodesChanged: () => meters.nodesChanged(),
            onFatal: (error) => setup.onEscalate(error.message),
            lead: (leads) => {
              const led = leads ? dip.lead(() => alive.lastAt()) : dip.follow();
              led.catch((error: unknown) => log.error({ err: error, leads }, 'the market channel did not hear who leads'));
            },
          });
    undo.push(async () => cluster?.close());
    if (cluster) othersTold = (lost) => cluster.toldElsewhere(lost);
    const voice = cluster?.voice ?? NO_VOICE;
    const trouble: { dip: string | null } = { dip: null };
    const onTrouble = (text: string | null): void => {
      trouble.dip = text;
    };
    const alive = new Alive({
      store,
      clock: ports.clock,
      log,
      intervalMs: options.aliveIntervalMs,
      minGapMs: config.dip.gap.minGapMs,
      ...(node === undefined ? {} : { node }),
      hears: () => cluster?.areAllServed() ?? true,
      onSilence: (since) => dip.unheard(since),
    });
    const dip = await openDip({ options: config.dip, store, ports, engine: theFace, agents: () => directory, alerts, onTrouble, voice });
    undo.push(() => dip.close());
    const codec = createCodecHouse({ options: config.codec, ports });
    const raise = await counterRaise(store, ports.clock.now());
    const meters = createMeterWork({
      config,
      dataDir,
      raise,
      codec: () => codec.pool(),
      ports,
      engine: theFace,
      takeUnderWay: (command) => theEngine().takeUnderWay(command),
      owns: (key) => theEngine().owns(key),
      node: node ?? ALONE,
      ...(cluster ? { cluster: { voice, calls: cluster.calls, serves: (shard: number) => theEngine().serves(shard), leads: () => cluster.leads() } } : {}),
      ownPorts: ownPorts(config, () => listening),
      alerts,
      bus,
    });
    undo.push(() => meters.close());
    const onError = (error: unknown): void => {
      if (error instanceof MeterwrightError && error.code === 'agents_limit') alerts.raise('agents_limit', error.message);
    };
    const webhook = openWebhooks({
      options: config.webhook,
      links: config.links,
      suppliers: config.dip.suppliers.map(({ mpid }) => mpid),
      store,
      ports,
      engine: theFace,
      sealer: meters.sealer,
      voice,
      ownPorts: ownPorts(config, () => listening),
    });
    undo.push(() => webhook.close());
    const directory = new AgentDirectory(store, config.agent, { voice, clock: ports.clock, log, onError });
    const channels = [
      ...dip.channels,
      createDtnChannel(config.dtn, ports, alerts, node),
      createEventsChannel(bus, { source: EVENT_SOURCE, maxInFlight: config.nats.maxInFlight }, ports),
      webhook.channel,
      ...meters.channels,
    ];
    const away = cluster ? { leases: cluster.leases, route: (command: Command) => cluster.take(command) } : {};
    const registry = domainRegistry(config, directory, webhook.notice);
    engine = new Engine({ options, ports, store, registry, channels, ...away });
    face = cluster?.join(engine);
    await directory.load();
    directory.start();
    undo.push(async () => directory.stop());
    await meters.load();
    await webhook.view.load();
    webhook.view.start();
    const closeGate = dip.gate.onChange((open) => theEngine().setDipGate(open));
    engine.setDipGate(dip.gate.open);
    const started = engine;
    undo.push(() => started.stop());
    const receipts: ChildSpec = {
      id: 'dtn-receipts',
      start: (signal) => openReceiptsReader({ options: config.dtn, engine: theFace(), ports, alerts, ...(node === undefined ? {} : { node }) }, signal),
    };
    const parts = [codec.child, ...started.children(), receipts, ...(cluster ? [cluster.child] : [])];
    const supervision: Supervision = supervise({
      name: 'node',
      children: parts,
      // While the store is away every part fails, again and again: that is one outage, and no reason to end.
      policy: { maxRestarts: RESTARTS_OF_A_PART * parts.length },
      ports,
      stopMs: config.actions.stopGraceMs + config.cluster.drainMs + STOP_MARGIN_MS,
      onEvent: (event) => cluster?.supervised(event),
      onEscalate: ({ id, error }) => {
        alerts.raise('supervisor_escalated', `${id}: ${error}`);
        setup.onEscalate(`${id}: ${error}`);
      },
    });
    undo.push(() => supervision.stop());
    const how = await Promise.race([supervision.ready, supervision.done]);
    if (how) throw new Error('engine: a part of it cannot be brought up; the log says which and why');

    // Before anything is asked of others, and before anybody can ask us: they might be another cluster's.
    await cluster?.joined;
    cluster?.announce(() => supervision.health());
    const guarded = {
      engine: theFace(),
      clock: ports.clock,
      ids: ports.ids,
      log,
      secrets: { bytes: (count: number) => randomBytes(count) },
      pepper: keptSecret(dataDir, 'pepper', secretsDir),
    };
    const access = new Access(config.access, { ...guarded, voice, defaultRate: { perSecond: config.http.ratePerSecond, burst: config.http.rateBurst } });
    const people = new Identity(config.identity, { ...guarded, changes: access.changes });
    const suppliers = new Map(config.dip.suppliers.map(({ mpid, dipId }) => [mpid, dipId]));
    const { enforceCheckDigit } = config.mpan;
    const importers = createImporters({
      engine: theFace(),
      directory,
      clock: ports.clock,
      ids: ports.ids,
      enforceCheckDigit,
      dipIdOf: (mpid) => suppliers.get(mpid),
    });
    const lookAtHealth = () =>
      health({
        store,
        engine: started,
        bus,
        dipTrouble: () => trouble.dip,
        meters,
        stopping: () => stopping,
        ...(cluster ? { cluster: () => cluster.health() } : {}),
      });
    let frontDoor: Gateway | undefined;
    const processMetrics = createProcessMetrics();
    undo.push(async () => processMetrics.stop());
    const metrics = createMetrics({
      version: VERSION,
      node: node ?? ALONE,
      engine: started,
      store,
      bus,
      meters,
      health: lookAtHealth,
      actors: createActorCounts({ store, shards: () => started.shards, clock: ports.clock, log }),
      process: processMetrics,
      live: () => frontDoor?.live,
      webhooks: webhookSource(webhook.channel, store),
      ...(cluster ? { cluster } : {}),
    });
    const views = cluster && createMeterViews({ calls: cluster.calls, work: meters });
    const site = openSite(log);
    const gateway = await startGateway({
      options: config.http,
      engine: theFace(),
      directory,
      receiver: dip.receiver,
      access,
      identity: people,
      ...(config.ops.listen === undefined ? {} : { opsListen: config.ops.listen }),
      clock: ports.clock,
      ids: ports.ids,
      log,
      ...(setup.tls ? { tlsFiles: setup.tls, tlsNames: setup.tls.names } : {}),
      health: lookAtHealth,
      metrics,
      ...(site ? { site } : {}),
      contract: { version: VERSION, natsPrefix: config.nats.prefix, ...(setup.demo ? { demo: setup.demo } : {}) },
      callbackBaseUrl: config.dip.callbackBaseUrl,
      enforceCheckDigit,
      suppliers,
      backup: (to) => backup(store, { dataDir, secretsDir }, resolve(to), ports.clock.now()),
      replay: (query, signal) => replay({ bus, store, source: EVENT_SOURCE, prefix: config.nats.prefix }, query, signal),
      flushDtn: (mpid) => flushDtn(theFace(), ports, config, mpid),
      ...(cluster ? { leaving: () => cluster.isDraining() } : {}),
      ...(cluster ? { cluster: { status: () => cluster.status(), drain: (id, by, reason) => cluster.drainNode(id, by, reason) } } : {}),
      meters: meterRoutesDeps(meters, config.mts, views),
      webhooks: webhook.webhooks,
      live: { options: config.live, bus, prefix: config.nats.prefix, shards },
    });
    frontDoor = gateway;
    undo.push(() => gateway.close());
    listening = [gateway.url, gateway.httpUrl, gateway.opsUrl];
    access.start();
    if (cluster) await dip.follow();
    else await dip.lead(() => alive.lastAt());
    // Not before the gap is known and noted: a start that fails half-way must leave it to the next one.
    void dip.known.then(() => {
      if (!stopping) alive.start();
    });

    const sweeps = new Sweeps({
      ports,
      store,
      intervalMs: options.sweepIntervalMs,
      shards: options.shards,
      served: () => started.shards,
      retention: retained(config),
      command: (command) => theFace().command(command),
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
    const reindex = new Reindex({
      ports,
      store,
      registry,
      command: (command) => theFace().command(command),
      mayGo: () => !cluster || (cluster.leads() && ofOneVersion(cluster)),
    });
    sweeps.start();
    reindex.start();
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
      identity: people,
      directory,
      importers,
      meters,
      codec,
      cluster,
      children: () => supervision.health(),
      stop: async () => {
        stopping = true;
        await gateway.close();
        processMetrics.stop();
        watch.stop();
        await access.stop();
        people.stop();
        await sweeps.stop();
        await reindex.stop();
        closeGate();
        await meters.stopPulling();
        directory.stop();
        await supervision.stop();
        await started.stop();
        await meters.close();
        await webhook.close();
        await dip.close();
        cluster?.close();
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

/** An older node would write documents without the index entries of today. */
function ofOneVersion(cluster: NodeCluster): boolean {
  try {
    return cluster.status().nodes.every(({ isAlive, version }) => !isAlive || version === VERSION);
  } catch (error) {
    if (error instanceof MeterwrightError) return false;
    throw error;
  }
}

function certificatesOf(config: Config, tls: TlsFiles | undefined): readonly string[] {
  const { signingCertificateFile, clientCertificateFile } = config.dip;
  return [tls?.certFile, signingCertificateFile, clientCertificateFile].filter((file) => file !== undefined);
}

async function flushDtn(engine: EngineFace, ports: Ports, config: Config, mpid: string | undefined): Promise<Json> {
  const senders = config.dip.suppliers.map((supplier) => supplier.mpid).filter((own) => mpid === undefined || own === mpid);
  for (const sender of senders) await engine.command({ key: sender, type: 'dtn.flush', payload: { mpid: sender }, origin: 'caller', id: ports.ids.uuid() });
  return { flushed: senders };
}

function version(): string {
  const file = join(import.meta.dirname, '..', '..', 'package.json');
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
