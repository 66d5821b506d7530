/** A gateway with live sockets over a real NATS server; the store is a map that the test fills. One line of set-up per test. */
import type { ExecutionContext } from 'ava';
import { Value } from 'typebox/value';
import { type NatsOptions, NatsOptionsSchema, type OpenBus, openBus } from '../../../actors/bus/index.ts';
import { type LiveOptions, LiveOptionsSchema } from '../../../gateway/live/index.ts';
import type { HttpOptions } from '../../../gateway/options.ts';
import type { GatewayDeps } from '../../../gateway/server.ts';
import type { ActorId, Json } from '../../../machines/common/effects.ts';
import { startWorld, type World } from '../gateway/world.ts';
import { type NatsServer, startNats } from '../nats.ts';
import { realPorts } from '../real-ports.ts';
import { LiveSocket, type Shown } from './socket.ts';

export interface Told {
  readonly actor: string;
  readonly version: number;
  readonly n?: number;
  readonly what?: string;
  /** `appointment` unless given. */
  readonly domain?: string;
  /** Between domain and what; by default made from the data. */
  readonly path?: string;
  readonly data?: Readonly<Record<string, Json>>;
}

export interface LiveNode {
  readonly world: World;
  readonly bus: OpenBus;
  /** As the engine would: resolves once the stream has it. */
  publish(event: Told): Promise<void>;
  open(shown?: Shown): Promise<LiveSocket>;
  /** Ready with the key of SUPX and SUPN, or with what is shown. */
  ready(shown?: Shown): Promise<LiveSocket>;
  close(): Promise<void>;
}

export interface NodeSetup {
  readonly live?: Partial<LiveOptions>;
  readonly nats?: Partial<NatsOptions>;
  readonly http?: Partial<HttpOptions>;
  readonly deps?: Partial<GatewayDeps>;
}

export interface LiveWorld extends LiveNode {
  readonly nats: NatsServer;
  /** Another node on the same NATS. */
  node(setup?: NodeSetup): Promise<LiveNode>;
}

export async function liveWorld(t: ExecutionContext, setup: NodeSetup = {}): Promise<LiveWorld> {
  const nats = await startNats();
  t.teardown(() => nats.close());
  const first = await startNode(t, nats, setup);
  return { ...first, nats, node: (other = {}) => startNode(t, nats, other) };
}

async function startNode(t: ExecutionContext, nats: NatsServer, setup: NodeSetup): Promise<LiveNode> {
  const options = { ...(Value.Default(NatsOptionsSchema, {}) as NatsOptions), url: nats.url, reconnectMinMs: 20, reconnectMaxMs: 50, ...setup.nats };
  const bus = await openBus(options, realPorts());
  await connected(bus);
  const live = { options: { ...Value.Create(LiveOptionsSchema), ...setup.live }, bus, prefix: 'mw', shards: [0] };
  const world = await startWorld(setup.http, { live, ...setup.deps });
  let closed = false;
  const close = async (): Promise<void> => {
    if (closed) return;
    closed = true;
    await world.close();
    await bus.close();
  };
  t.teardown(close);
  const open = (shown: Shown = {}): Promise<LiveSocket> => LiveSocket.open(t, `ws://127.0.0.1:${world.port}/live/v1`, shown);
  return {
    world,
    bus,
    open,
    async ready(shown = { key: world.key }) {
      const socket = await open(shown);
      await socket.next('ready');
      return socket;
    },
    publish: (event) => bus.publish(made(event)),
    close,
  };
}

/** Resolves once the bus is connected. */
export function connected(bus: OpenBus): Promise<void> {
  if (bus.connected) return Promise.resolve();
  return new Promise((resolve) => {
    const stop = bus.onChange((isConnected) => {
      if (!isConnected) return;
      stop();
      resolve();
    });
  });
}

function made({ actor, version, n = 0, what = 'updated', domain = 'appointment', path, data = {} }: Told): { subject: string; id: string; payload: string } {
  const id = `${actor}/${version}/${n}`;
  const of = path ?? `${String(data.mpid ?? data.owner ?? data.node ?? 'none')}.0`;
  const payload = JSON.stringify({
    specversion: '1.0',
    id,
    source: 'urn:test',
    type: `meterwright.${domain}.${what}.v1`,
    subject: actor,
    time: '2026-03-24T10:35:00.000Z',
    datacontenttype: 'application/json',
    data: { ...data, actorVersion: version },
  });
  return { subject: `mw.evt.${domain}.${of}.${what}`, id, payload };
}

/** A stored process of a supplier, as far as the sockets look at it. */
export function seedProcess(
  world: World,
  requestId: string,
  mpid: string,
  mpan: string,
  more: { readonly version?: number; readonly changedAt?: number } = {},
): ActorId {
  const id: ActorId = `appointment:${requestId}`;
  const request = { requestId, mpid, mpan, scenario: 'COS', effectiveFrom: '2026-03-30', meteringServiceMpid: 'MOPX', test: false };
  world.face.seed({
    id,
    kind: 'appointment',
    state: 'submitted',
    snapshot: { context: { request } },
    indexes: { requestId: [requestId], mpid: [mpid], mpan: [`${mpid}:${mpan}`], mpidStatus: [`${mpid}|Pending`] },
    ...more,
  });
  return id;
}

export function seedMpan(world: World, mpid: string, mpan: string): ActorId {
  const id: ActorId = `mpan:${mpid}:${mpan}`;
  world.face.seed({ id, kind: 'mpan', state: 'known', snapshot: { context: { mpid, mpan } }, indexes: { mpanAny: [mpan] } });
  return id;
}

export function seedAction(world: World, requestId: number, owner: string, serialNumber: string, remoteAddress = 'tcp:10.0.0.1:4059'): ActorId {
  const id: ActorId = `action:${requestId}`;
  const target = { meterType: 'ELSTER', remoteAddress, serialNumber };
  const context = { request: { requestId, owner, target, task: 'time-update', immediate: true }, attempt: 1, end: null, found: {} };
  const indexes = { requestId: [String(requestId)], about: [`owner:${owner}`], serialNumber: [serialNumber] };
  world.face.seed({ id, kind: 'action', state: 'running', snapshot: { context }, indexes });
  return id;
}
