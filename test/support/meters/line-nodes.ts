/** Nodes of one cluster in this process: one store, one real NATS server, and on each node its own bank of modems that reach the same meters. */
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { connect, type NatsConnection } from 'nats';
import { Create, Default } from 'typebox/value';
import { alertHandlers, createAlertDefinition } from '../../../actors/alert/index.ts';
import { CommandServer, NodeCalls, Router } from '../../../actors/cluster/index.ts';
import { Engine, EngineOptionsSchema, type Handler, Registry } from '../../../actors/engine/index.ts';
import { LineSchema, LinesOptionsSchema } from '../../../actors/line/index.ts';
import { LinksOptionsSchema } from '../../../actors/link/index.ts';
import type { AwayLimits } from '../../../actors/meter-session/away/index.ts';
import { SessionOptionsSchema, type SessionView, wholeSessionMs } from '../../../actors/meter-session/index.ts';
import { ProfilesOptionsSchema } from '../../../actors/profile/index.ts';
import { openMemoryStore } from '../../../actors/store/index.ts';
import { ActionsOptionsSchema, actionHandlers, actionPolicyOf, contextOf, createActionDefinition, type NewAction } from '../../../actors/time-update/index.ts';
import type { ActionContext, ActionStatus } from '../../../machines/time-update/index.ts';
import { createMeterViews, type MeterViews } from '../../../ops/node/meter-views.ts';
import { createMeterWork, type MeterWork, type MeterWorkSetup } from '../../../ops/node/meter-work.ts';
import type { MeterFarm, MeterSpec } from '../../../ops/sim/meters/index.ts';
import { type ModemBank, startModemBank } from '../../../ops/sim/modems/index.ts';
import { TestSource } from '../../actors/cluster/router-nodes.ts';
import { BANK_GUARD_MS, QUICK } from '../../actors/line/rig.ts';
import { TestChannel } from '../engine.ts';
import { startNats } from '../nats.ts';
import { keptLog, realPorts } from '../real-ports.ts';
import { dataFolder, meterFarm } from './house.ts';
import { untilEnded } from './until-ended.ts';

const SHARDS = 4;
const NAMES = ['a', 'b', 'c'] as const;
type Name = (typeof NAMES)[number];

/** Tests do not wait for seconds. */
const QUICK_LENDING: Partial<AwayLimits> = {
  beatMs: 50,
  callMs: 300,
  silentMs: 400,
  lostMs: 900,
  retryMs: 30,
  reconsiderMs: 200,
  cutMs: 300,
  groupsMs: 100,
};

export interface LineNodesOptions {
  /** Lines of each node; the first node owns all addresses. */
  readonly lines: Partial<Record<Name, number>>;
  readonly meters: readonly MeterSpec[];
  readonly actions?: object;
  readonly session?: object;
  /** Of the lines of a node, other than usual. */
  readonly modems?: Partial<Record<Name, object>>;
  readonly onStage?: (view: SessionView, node: Name) => void;
}

export interface LineNode {
  readonly name: Name;
  readonly work: MeterWork;
  readonly bank: ModemBank | undefined;
  readonly views: MeterViews;
  readonly calls: NodeCalls;
  readonly log: ReturnType<typeof keptLog>;
  /** Serves every address from now on. */
  own(): void;
  /** Its connection to NATS is gone, and nothing else. */
  disconnect(): Promise<void>;
  /** As a kill would: nothing is committed or said any more, calls break off. */
  die(): Promise<void>;
}

export interface LineNodes {
  readonly nodes: Readonly<Record<Name, LineNode>>;
  readonly farm: MeterFarm;
  /** What was said on NATS. */
  readonly said: readonly Buffer[];
  submit(meter: number, change?: Partial<NewAction>): Promise<number>;
  done(requestId: number): Promise<ActionStatus>;
  context(requestId: number): Promise<ActionContext>;
  /** Resolves once that is so; looked at after every turn of the event loop. */
  until(holds: () => boolean): Promise<void>;
}

export const numberOf = (meter: number): string => `0777700${String(meter).padStart(4, '0')}`;

export async function lineNodes(t: ExecutionContext, options: LineNodesOptions): Promise<LineNodes> {
  const nats = await startNats({ jetstream: false });
  const farm = await meterFarm(t, options.meters);
  const numbers = Object.fromEntries(farm.meters.map(({ port }, index) => [numberOf(index), { port }]));
  const store = openMemoryStore();
  const dataDir = dataFolder(t);
  const looks = new Set<() => void>();
  const alive = new Set<Name>();
  const open = async (): Promise<NatsConnection> => await connect({ servers: nats.url });
  const said: Buffer[] = [];
  const ear = await open();
  ear.subscribe('>', { callback: (_, { data }) => void said.push(Buffer.from(data)) });

  const start = async (name: Name): Promise<LineNode> => {
    const lines = options.lines[name] ?? 0;
    const nc = await open();
    const source = new TestSource(nc);
    const log = keptLog();
    const ports = realPorts({ log });
    const bank =
      lines === 0
        ? undefined
        : await startModemBank({
            lines: Array.from({ length: lines }, () => ({ kind: 'tcp' as const })),
            numbers,
            guardMs: BANK_GUARD_MS,
            connectMs: 0,
            carrierLossMs: 150,
          });
    const modems = (bank?.lines ?? []).map(({ tcpPort }, index) =>
      Default(LineSchema, { ...QUICK, ...options.modems?.[name], id: `${name}${index}`, kind: 'tcp', host: '127.0.0.1', port: tcpPort }),
    );
    const config = {
      actions: Default(ActionsOptionsSchema, {
        retryPauseMs: 100,
        retryJitter: 0,
        stopGraceMs: 500,
        sessionsPerSecond: 0,
        windowSpreadMs: 0,
        pullIntervalMs: 50,
        ...options.actions,
      }),
      links: Default(LinksOptionsSchema, {}),
      lines: Default(LinesOptionsSchema, { modems }),
      session: Default(SessionOptionsSchema, { guards: { boundary: { withinSeconds: 0 } }, ...options.session }),
      profiles: Default(ProfilesOptionsSchema, {}),
      nats: { prefix: 'mw' },
      data: { secretsDir: join(dataDir, 'secrets') },
    } as MeterWorkSetup['config'];
    const calls = new NodeCalls({ node: name, prefix: 'mw', inboxPrefix: '_INBOX', nats: source, ports, nodes: () => [...alive] });
    const work = createMeterWork({
      config,
      dataDir: join(dataDir, name),
      raise: 0,
      ports,
      engine: () => router,
      node: name,
      ownPorts: () => [],
      alerts: { raise: () => {}, clear: () => {} },
      bus: { connection: undefined },
      cluster: { voice: calls.voice, serves: (shard) => engine.serves(shard), leads: () => engine.serves(0), calls, lending: QUICK_LENDING },
      onStage: (view) => options.onStage?.(view, name),
    });
    const registry = new Registry()
      .define(createActionDefinition({ policy: actionPolicyOf(config.actions, wholeSessionMs(config.session)), subjectPrefix: 'mw' }))
      .define(createAlertDefinition({ subjectPrefix: 'mw' }));
    const handlers: Readonly<Record<string, Handler>> = { ...actionHandlers, ...alertHandlers };
    for (const [type, handler] of Object.entries(handlers)) registry.handle(type, handler);
    const events = new TestChannel('events', 'actor', () => {
      for (const look of [...looks]) look();
      return { kind: 'done' };
    });
    const life = { over: false };
    const epochs = new Map<number, number>();
    const engine: Engine = new Engine({
      options: { ...Create(EngineOptionsSchema), shards: SHARDS },
      ports,
      store,
      registry,
      channels: [...work.channels, events],
      leases: { epochOf: (shard) => epochs.get(shard), overtaken: () => {} },
      route: (command) => router.take(command),
      crash: () => (life.over ? 'stop' : 'go'),
    });
    const common = { prefix: 'mw', shards: SHARDS, nats: source, engine, ports };
    const server = new CommandServer(common);
    const router: Router = new Router({ ...common, node: name, inboxPrefix: '_INBOX', local: (shard) => engine.serves(shard) });
    engine.start();
    const disconnect = async (): Promise<void> => {
      alive.delete(name);
      source.set(false);
      await nc.close();
    };
    t.teardown(async () => {
      life.over = true;
      engine.abandon();
      for (const { requestId } of work.sessions.list()) work.sessions.cut(requestId);
      await work.stopPulling();
      await work.close();
      router.close();
      server.close();
      calls.close();
      await nc.close();
      await bank?.stop();
    });
    return {
      name,
      work,
      bank,
      calls,
      log,
      views: createMeterViews({ calls, work, timeoutMs: 300 }),
      own() {
        for (let shard = 0; shard < SHARDS; shard++) {
          epochs.set(shard, ++epoch);
          engine.openShard(shard);
          server.serve(shard);
        }
      },
      disconnect,
      async die() {
        life.over = true;
        engine.abandon();
        await disconnect();
        await work.stopPulling();
        await work.lines.stop();
      },
    };
  };

  const nodes = {} as Record<Name, LineNode>;
  for (const name of NAMES) nodes[name] = await start(name);
  for (const name of NAMES) alive.add(name);
  nodes.a.own();
  // After the nodes: these are torn down the other way round.
  for (const { work } of Object.values(nodes)) {
    await work.load();
    work.start();
  }
  t.teardown(async () => {
    await ear.close();
    await nats.close();
  });
  const until = async (holds: () => boolean): Promise<void> => {
    while (!holds()) await new Promise((resolve) => setImmediate(resolve));
  };
  const context = async (requestId: number): Promise<ActionContext> => {
    const [doc] = await store.get([`action:${requestId}`]);
    if (!doc) throw new Error(`there is no action ${requestId}`);
    return contextOf(doc);
  };
  const all = Object.values(options.lines).reduce((sum, count) => sum + count, 0);
  await until(() => nodes.a.work.slots.limit('modem:default') === all);
  return {
    nodes,
    farm,
    said,
    until,
    context,
    submit: (meter, change) => nodes.a.work.actions.submit(actionFor(nodes.a.work, farm, meter, change)),
    done: (requestId) => untilEnded(requestId, context, looks),
  };
}

/** Epochs rise with every claim. */
let epoch = 0;

function actionFor({ passwords }: MeterWork, { meters }: MeterFarm, index: number, change: Partial<NewAction> = {}): NewAction {
  const meter = meters[index];
  if (!meter) throw new Error('there is no such meter');
  const { password, meterType, serialNumber } = meter;
  const remoteAddress = numberOf(index);
  return {
    immediate: true,
    task: 'time-update',
    target: { meterType, remoteAddress, canonicalAddress: `tel:${remoteAddress}`, serialNumber },
    tokenId: 'token-1',
    owner: 'mts',
    trace: false,
    ...(password === undefined ? {} : { sealedPassword: passwords.seal(password), passwordMark: passwords.mark(password) }),
    ...change,
  };
}
