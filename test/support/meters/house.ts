/** All that works with meters over a real store and real sockets, as a node composes it, in this process: it can be dropped as by a kill. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { Create, Default } from 'typebox/value';
import { alertHandlers, createAlertDefinition } from '../../../actors/alert/index.ts';
import { Engine, EngineOptionsSchema, type Handler, type Ports, Registry } from '../../../actors/engine/index.ts';
import { LinesOptionsSchema } from '../../../actors/line/index.ts';
import { LinksOptionsSchema } from '../../../actors/link/index.ts';
import { meterKeysHandlers } from '../../../actors/meter-keys/index.ts';
import { SessionOptionsSchema, type SessionView, wholeSessionMs } from '../../../actors/meter-session/index.ts';
import { ProfilesOptionsSchema } from '../../../actors/profile/index.ts';
import { openStore, type Store, StoreOptionsSchema } from '../../../actors/store/index.ts';
import { ActionsOptionsSchema, actionHandlers, actionPolicyOf, contextOf, createActionDefinition, type NewAction } from '../../../actors/time-update/index.ts';
import type { ActionContext, ActionStatus } from '../../../machines/time-update/index.ts';
import { createMeterWork, type MeterWork, type MeterWorkSetup } from '../../../ops/node/meter-work.ts';
import { type FarmMeter, type MeterFarm, type MeterSpec, startMeters } from '../../../ops/sim/meters/index.ts';
import { TestChannel } from '../engine.ts';
import { keptLog, realPorts } from '../real-ports.ts';
import { untilEnded } from './until-ended.ts';

export interface HouseOptions {
  readonly actions?: object;
  readonly session?: object;
  readonly links?: object;
  readonly lines?: object;
  readonly profiles?: object;
  /** Every stage of every session, as it begins. */
  readonly onStage?: (view: SessionView) => void;
}

export interface MeterHouse {
  readonly work: MeterWork;
  readonly engine: Engine;
  readonly store: Store;
  readonly log: ReturnType<typeof keptLog>;
  /** Names of announcements, in order. */
  readonly events: TestChannel;
  submit(meter: FarmMeter | undefined, change?: Partial<NewAction>): Promise<number>;
  /** Resolves with its status once the action is done. */
  done(requestId: number): Promise<ActionStatus>;
  context(requestId: number): Promise<ActionContext>;
  /** As a kill would: nothing is finished, every connection breaks. Its first part is done before it returns. */
  die(): Promise<void>;
  stop(): Promise<void>;
}

/** Meters that answer at once need none of the pauses that real ones want. */
const ELSTER_PAUSES = { elster: { wakePauseMs: 5, operandPauseMs: 5, breakPauseMs: 5 } };
const QUICK_TYPES = {
  ELSTERA1700: ELSTER_PAUSES,
  ELSTERA1140: ELSTER_PAUSES,
  ELSTERAS230: ELSTER_PAUSES,
  EMLITECOP10: { emlite: { pauseBetweenConnectionsMs: 5 } },
};

export function dataFolder(t: ExecutionContext): string {
  const path = mkdtempSync(join(tmpdir(), 'mw-meters-'));
  t.teardown(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

export async function meterFarm(t: ExecutionContext, specs: readonly MeterSpec[]): Promise<MeterFarm> {
  const farm = await startMeters({ controlPort: null }, specs);
  t.teardown(() => farm.stop());
  return farm;
}

/** Texts that stand anywhere in the data folder, in the log, or in what was announced. */
export function foundIn(dataDir: string, { log, events }: MeterHouse, texts: readonly string[]): readonly string[] {
  const files = readdirSync(dataDir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const kept = files.map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'));
  const all = [...kept, ...log.lines.map((line) => JSON.stringify(line)), JSON.stringify(events.performed)];
  return texts.filter((text) => all.some((one) => one.includes(text)));
}

export async function meterHouse(dataDir: string, options: HouseOptions = {}): Promise<MeterHouse> {
  const log = keptLog();
  const ports: Ports = realPorts({ log });
  const store = await openStore({ ...Create(StoreOptionsSchema), diskReserveBytes: 0 }, { directory: join(dataDir, 'store'), log });
  const config = {
    actions: Default(ActionsOptionsSchema, { retryPauseMs: 100, retryJitter: 0, stopGraceMs: 500, sessionsPerSecond: 0, ...options.actions }),
    links: Default(LinksOptionsSchema, { tcp: { allow: ['127.0.0.0/8'] }, ...options.links }),
    lines: Default(LinesOptionsSchema, { ...options.lines }),
    session: Default(SessionOptionsSchema, { guards: { boundary: { withinSeconds: 0 } }, ...options.session }),
    profiles: Default(ProfilesOptionsSchema, { types: { ...QUICK_TYPES, ...options.profiles } }),
    nats: { prefix: 'mw' },
    data: {},
  } as MeterWorkSetup['config'];
  const work = createMeterWork({
    config,
    dataDir,
    raise: 0,
    ports,
    engine: () => engine,
    node: 'node-1',
    ownPorts: () => [],
    alerts: { raise: () => {}, clear: () => {} },
    bus: { connection: undefined },
    ...(options.onStage ? { onStage: options.onStage } : {}),
  });
  const registry = new Registry()
    .define(createActionDefinition({ policy: actionPolicyOf(config.actions, wholeSessionMs(config.session)), subjectPrefix: 'mw' }))
    .define(createAlertDefinition({ subjectPrefix: 'mw' }));
  const handlers: Readonly<Record<string, Handler>> = { ...actionHandlers, ...alertHandlers, ...meterKeysHandlers() };
  for (const [type, handler] of Object.entries(handlers)) registry.handle(type, handler);
  const looks = new Set<() => void>();
  const events = new TestChannel('events', 'actor', () => {
    for (const look of [...looks]) look();
    return { kind: 'done' };
  });
  // What was dropped must not commit what it still has in hand.
  const life = { over: false };
  const crash = (): 'go' | 'stop' => (life.over ? 'stop' : 'go');
  const engineOptions = { ...Create(EngineOptionsSchema), shards: 4 };
  const engine: Engine = new Engine({ options: engineOptions, ports, store, registry, channels: [...work.channels, events], crash });
  await work.load();
  engine.start();
  work.start();

  const context = async (requestId: number): Promise<ActionContext> => {
    const doc = await work.actions.find(requestId);
    if (!doc) throw new Error(`there is no action ${requestId}`);
    return contextOf(doc);
  };
  return {
    work,
    engine,
    store,
    log,
    events,
    submit: (meter, change) => work.actions.submit(actionFor(work, meter, change)),
    context,
    done: (requestId) => untilEnded(requestId, context, looks),
    async die() {
      life.over = true;
      engine.abandon();
      for (const { requestId } of work.sessions.list()) work.sessions.cut(requestId);
      await work.stopPulling();
      await work.sessions.idle();
      await work.close();
      await store.close();
    },
    async stop() {
      await work.stopPulling();
      await engine.stop();
      await work.close();
      await store.close();
    },
  };
}

function actionFor(work: MeterWork, meter: FarmMeter | undefined, change: Partial<NewAction> = {}): NewAction {
  if (!meter) throw new Error('there is no such meter');
  const remoteAddress = `${meter.host}:${meter.port}`;
  const address = work.addresses.parse(remoteAddress);
  if (address.kind === 'refused') throw new Error(address.error);
  const { password, outstationAddress } = meter;
  return {
    immediate: true,
    task: 'time-update',
    target: {
      meterType: meter.meterType,
      remoteAddress,
      canonicalAddress: address.canonical,
      serialNumber: meter.serialNumber,
      ...(outstationAddress === undefined ? {} : { outstationAddress }),
    },
    tokenId: 'token-1',
    owner: 'mts',
    trace: false,
    ...(password === undefined ? {} : { sealedPassword: work.passwords.seal(password), passwordMark: work.passwords.mark(password) }),
    ...change,
  };
}
