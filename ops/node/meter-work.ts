/**
 * All that works with meters, put together: addresses, links and lines, profiles, keys, sessions, slots, the channels and the puller.
 *
 *   before the engine starts   load        (stop switch and host clock hold from the first moment: sessions of before go on with the engine)
 *   engine runs                start       (puller)
 *   before the engine stops    stopPulling (nothing new is let go; the engine's stop ends the sessions)
 *   after the engine stopped   close       (host clock, lines on hook)
 */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { LiveFeed, type OpenBus } from '../../actors/bus/index.ts';
import type { NodeCalls, Voice } from '../../actors/cluster/index.ts';
import { createDialogue, type DialogueCodec } from '../../actors/dialogue/index.ts';
import type { Channel, Command, EngineFace, Ports } from '../../actors/engine/index.ts';
import { MeterwrightError } from '../../actors/errors/error.ts';
import { createLineOpener, LinePool, type LinesOptions, lineProblems } from '../../actors/line/index.ts';
import { type AddressRules, createAddressRules, createLinkOpener, type LinksOptions, parseRemoteAddress } from '../../actors/link/index.ts';
import { MeterKeyStore } from '../../actors/meter-keys/index.ts';
import type { AwayLimits } from '../../actors/meter-session/away/index.ts';
import {
  HostClock,
  type SessionOptions,
  SessionRegistry,
  SessionRunner,
  type SessionRunnerSetup,
  type SessionView,
  sessionPolicyOf,
} from '../../actors/meter-session/index.ts';
import { createProfileCatalogue, type ProfileCatalogue, type ProfilesOptions } from '../../actors/profile/index.ts';
import { createSealer, type Sealer } from '../../actors/secrets/index.ts';
import type { ActorDoc } from '../../actors/store/index.ts';
import {
  ACTION_KIND,
  Actions,
  type ActionsOptions,
  contextOf,
  createClassOf,
  createMeterChannel,
  createMeterControlChannel,
  EarlyStarts,
  Puller,
  Slots,
  StopSwitch,
  slotLimits,
  whyActionWaits,
} from '../../actors/time-update/index.ts';
import { createPasswordSealer, type PasswordSealer } from '../../gateway/mts/index.ts';
import { STAGES } from '../../machines/meter-session/index.ts';
import { createAwayLines } from './away-lines.ts';
import type { HouseAlerts } from './house-alerts.ts';
import { keptSecret } from './keep.ts';

export interface MeterWorkSetup {
  readonly config: {
    readonly actions: ActionsOptions;
    readonly links: LinksOptions;
    readonly lines: LinesOptions;
    readonly session: SessionOptions;
    readonly profiles: ProfilesOptions;
    readonly nats: { readonly prefix: string };
    readonly data: { readonly secretsDir?: string };
  };
  readonly dataDir: string;
  /** What invocation counters are raised by for restores of the store. */
  readonly raise: number;
  /** The codec pool, made at the first use; without it everything is decoded where it is. */
  readonly codec?: () => DialogueCodec;
  readonly ports: Ports;
  /** Channels are made before the engine. */
  readonly engine: () => EngineFace;
  /** Takes what live sessions say to their actions, also while a shard is given away or the engine stops. Default: as any command. */
  readonly takeUnderWay?: <T>(command: Command) => Promise<T>;
  /** Whether this node may write for a key at this instant. Default: always, being alone. */
  readonly owns?: (key: string) => boolean;
  /** Name of this node, as kept with each attempt. */
  readonly node: string;
  /** Ports that this process listens on: no meter is behind them. */
  readonly ownPorts: () => readonly number[];
  readonly alerts: HouseAlerts;
  /** Among many nodes; absent: this process is alone. */
  readonly cluster?: MeterCluster;
  /** For progress, which nobody waits for. */
  readonly bus: Pick<OpenBus, 'connection'>;
  /** Every stage of every session as it begins, for whoever looks on in this process. */
  readonly onStage?: (view: SessionView) => void;
}

/** What the meter work of one of many nodes knows of the others. */
export interface MeterCluster {
  readonly voice: Voice;
  /** Whether the actions of a shard are ours to let go. */
  serves(shard: number): boolean;
  /** Whether we do what one node does for all. */
  leads(): boolean;
  /** By which lines are lent among nodes. */
  readonly calls: Pick<NodeCalls, 'call' | 'callAll' | 'register'>;
  /** Times of lending, other than usual. */
  readonly lending?: Partial<AwayLimits>;
}

export interface MeterWork {
  readonly channels: readonly Channel[];
  readonly addresses: AddressRules;
  readonly profiles: ProfileCatalogue;
  readonly actions: Actions;
  readonly passwords: PasswordSealer;
  /** What seals everything that this installation keeps secret at rest. */
  readonly sealer: Sealer;
  readonly meterKeys: MeterKeyStore;
  readonly sessions: SessionRegistry;
  readonly lines: LinePool;
  readonly slots: Slots;
  readonly stopSwitch: StopSwitch;
  readonly puller: Puller;
  /** What an action waits for, one line each; of other actors nothing. */
  why(doc: ActorDoc): readonly string[];
  load(): Promise<void>;
  start(): void;
  /** A node came or went: its lines did too. */
  nodesChanged(): void;
  stopPulling(): Promise<void>;
  close(): Promise<void>;
}

const SEAL_KEY = 'meter-seal';
const MARK_KEY = 'meter-mark';
const KEY_OCTETS = 32;
/** An action that was let go arrives at its channel within this time, or its slot goes to another. */
const RESERVED_MS = 30_000;

/** @throws MeterwrightError `config_invalid` when lines, profiles or rules of addresses cannot be used */
export function createMeterWork(setup: MeterWorkSetup): MeterWork {
  const { config, ports, alerts, cluster } = setup;
  const { actions, links, lines, session } = config;
  const [problem] = lineProblems(lines);
  if (problem !== undefined) throw new MeterwrightError('config_invalid', problem);
  const engine = lateEngine(setup.engine);
  const profiles = createProfileCatalogue(config.profiles);
  const addresses = createAddressRules({ links, lines, ownPorts: setup.ownPorts });
  const pool = new LinePool(lines, ports);
  const opener = createLinkOpener({ clock: ports.clock, options: links, rules: addresses, lines: createLineOpener(pool) });
  const sealer = createSealer(sealKey(actions.keyFile, setup), { bytes: (count) => randomBytes(count) });
  const passwords = createPasswordSealer(sealer, keptSecret(setup.dataDir, MARK_KEY, config.data.secretsDir));
  const meterKeys = new MeterKeyStore({ engine, ids: ports.ids, sealer, raise: setup.raise });
  const stopSwitch = new StopSwitch(engine, ports.ids, cluster && { voice: cluster.voice, clock: ports.clock, log: ports.log });
  const hostClock = new HostClock({
    options: session.hostClock,
    ports,
    onChange: (wrong, text) => (wrong ? alerts.raise('host_clock_wrong', text) : alerts.clear('host_clock_wrong')),
  });
  const registry = new SessionRegistry();
  const policy = sessionPolicyOf(session);
  const runnerSetup = (sessions: SessionRegistry): SessionRunnerSetup => ({
    ports,
    policy,
    zoneExceptions: session.zoneExceptions,
    maxTraceOctets: links.maxTraceOctets,
    links: opener,
    createDialogue,
    services: {
      meterKeys: (meter) => meterKeys.meterKeys(meter),
      reserveCounters: (title, mark, floor) => meterKeys.reserveCounters(title, mark, floor),
      random: (count) => randomBytes(count),
      ...(setup.codec === undefined ? {} : { codec: setup.codec }),
    },
    profileOf: (meterType) => profiles.find(meterType),
    parseAddress: (text) => parseRemoteAddress(text, links),
    openPassword: (sealed) => passwords.open(sealed),
    conditions: () => ({ hostClock: hostClock.state, stopped: stopSwitch.on }),
    registry: sessions,
  });
  const runner = new SessionRunner(runnerSetup(registry));
  const slots = new Slots({
    clock: ports.clock,
    limits: slotLimits(actions.sessions, lines),
    perSecond: actions.sessionsPerSecond,
    maxWaiting: actions.sessionsWaiting,
    reservedMs: RESERVED_MS,
    ...(cluster ? { immediateBeyond: actions.sessionsWaiting } : {}),
  });
  const guests = new SessionRegistry();
  const away =
    cluster &&
    createAwayLines({
      node: setup.node,
      calls: cluster.calls,
      ports,
      options: actions,
      routes: lines.routes,
      policy,
      pool,
      slots,
      registry,
      runner,
      guests,
      guestRunner: new SessionRunner(runnerSetup(guests)),
      limits: { ...lines.lending, ...cluster.lending },
    });
  const classOf = createClassOf((address) => (away ?? pool).groupOf(address));
  const feed = new LiveFeed(setup.bus, ports.clock);
  const earlyStarts = new EarlyStarts();
  const channels = [
    createMeterChannel({
      options: actions,
      ports,
      engine: () => engine,
      ...(setup.takeUnderWay ? { takeUnderWay: setup.takeUnderWay } : {}),
      ...(setup.owns ? { owns: setup.owns } : {}),
      runner: away?.runner ?? runner,
      registry,
      slots: away?.slots ?? slots,
      ...(away ? { capacity: away.capacity } : {}),
      stopSwitch,
      classOf,
      node: setup.node,
      earlyStarts,
      onProgress: (view) => {
        tellProgress(feed, config.nats.prefix, view);
        setup.onStage?.(view);
      },
    }),
    createMeterControlChannel(registry),
  ];
  const puller = new Puller({
    options: actions,
    ports,
    engine,
    slots,
    stopSwitch,
    classOf,
    early: { starts: earlyStarts, node: setup.node, ...(away ? { fits: (name: string) => name === 'tcp' } : {}) },
    ...(cluster ? { serves: (shard: number) => cluster.serves(shard), leads: () => cluster.leads() } : {}),
  });
  stopSwitch.gate.onChange((open) => {
    const { by, reason } = stopSwitch.state;
    if (open) alerts.clear('meter_stop_switch');
    else alerts.raise('meter_stop_switch', `by ${by}: ${reason}`);
  });
  return {
    channels,
    addresses,
    profiles,
    actions: new Actions({ engine, ids: ports.ids, clock: ports.clock, requestIdRange: actions.requestIdRange, ...(cluster ? { manyNodes: true } : {}) }),
    passwords,
    sealer,
    meterKeys,
    sessions: registry,
    lines: pool,
    slots,
    stopSwitch,
    puller,
    why(doc) {
      if (doc.kind !== ACTION_KIND) return [];
      const { requestId } = contextOf(doc).request;
      const world = { now: ports.clock.now(), options: actions, slots, stopSwitch: stopSwitch.state, classOf, session: registry.find(requestId) };
      return whyActionWaits(doc, away ? { ...world, inCluster: true, waitsAt: away.waitsAt(requestId) } : world);
    },
    load() {
      hostClock.start();
      away?.start();
      return stopSwitch.load();
    },
    start() {
      // Of a process that is gone; what is still so was raised then, or is raised anew.
      if (!stopSwitch.on) alerts.clear('meter_stop_switch');
      if (config.session.hostClock.server === null) alerts.clear('host_clock_wrong');
      puller.start();
    },
    nodesChanged: () => void away?.directory.look(),
    async stopPulling() {
      // Sessions for others end while our own do; `close` waits for them.
      void away?.stopLending();
      await puller.stop();
    },
    async close() {
      await away?.stopLending();
      away?.close();
      hostClock.stop();
      stopSwitch.stop();
      feed.stop();
      slots.stop();
      await pool.stop();
    },
  };
}

/** A face of the engine for parts that are made before it. */
function lateEngine(engine: () => EngineFace): Pick<EngineFace, 'command' | 'store'> {
  return {
    command: (command) => engine().command(command),
    get store() {
      return engine().store;
    },
  };
}

function sealKey(keyFile: string | null, { dataDir, config }: MeterWorkSetup): Uint8Array {
  const text = keyFile === null ? keptSecret(dataDir, SEAL_KEY, config.data.secretsDir) : readKey(keyFile);
  const key = Buffer.from(text, 'base64url');
  if (key.length !== KEY_OCTETS)
    throw new MeterwrightError('config_invalid', `actions.keyFile: must hold ${KEY_OCTETS} octets in base64url, not ${key.length}`);
  return key;
}

function readKey(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (cause) {
    throw new MeterwrightError('config_invalid', `actions.keyFile: must be a file that can be read, ${file}`, { cause });
  }
}

/** On core NATS: whoever does not listen misses it. */
function tellProgress(feed: LiveFeed, prefix: string, view: SessionView): void {
  const percent = Math.round((STAGES.indexOf(view.stage) / STAGES.length) * 100);
  feed.tell(`${prefix}.live.meter-action.${view.requestId}`, { ...view, percent });
}
