/** An engine with actions in it. Sessions are held by the test itself, one by one, unless it brings a runner. */
import { Value } from 'typebox/value';
import { alertHandlers, createAlertDefinition } from '../../../actors/alert/index.ts';
import { Engine, EngineOptionsSchema, Registry } from '../../../actors/engine/index.ts';
import type { EngineOptions } from '../../../actors/engine/options.ts';
import type { CrashPoint } from '../../../actors/engine/turn-runner.ts';
import {
  type SessionEnd,
  type SessionOrder,
  SessionRegistry,
  type SessionRunner,
  type SessionView,
  type SessionWatcher,
} from '../../../actors/meter-session/index.ts';
import { openMemoryStore } from '../../../actors/store/memory/memory-store.ts';
import type { ActorDoc, Store } from '../../../actors/store/store.ts';
import {
  Actions,
  type ActionsOptions,
  ActionsOptionsSchema,
  actionHandlers,
  actionPolicyOf,
  contextOf,
  createActionDefinition,
  createClassOf,
  createMeterChannel,
  createMeterControlChannel,
  EarlyStarts,
  type NewAction,
  Puller,
  Slots,
  StopSwitch,
} from '../../../actors/time-update/index.ts';
import type { ClockReading, SessionResult } from '../../../machines/meter-session/index.ts';
import { statusOf } from '../../../machines/time-update/index.ts';
import { TestChannel, testPorts } from '../../support/engine.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const SHARDS = 4;
export const NOON = Date.parse('2026-01-14T12:00:00Z');

export interface WorldSetup {
  readonly store?: Store;
  readonly clock?: FakeClock;
  readonly options?: Partial<ActionsOptions>;
  readonly engine?: Partial<EngineOptions>;
  readonly lines?: Readonly<Record<string, number>>;
  /** Holds the sessions instead of the test. */
  readonly runner?: (registry: SessionRegistry) => Pick<SessionRunner, 'run'>;
  readonly crash?: (point: CrashPoint, key: string, what: string) => 'go' | 'stop';
  readonly pull?: boolean;
  /** One of several nodes on the same store: it serves what it is told to, under this epoch. */
  readonly epoch?: number;
  /** The puller begins attempts in the commit that lets their action go, as in the program. */
  readonly early?: boolean;
}

/** A session as the test holds it. */
export interface HeldSession {
  readonly order: SessionOrder;
  readonly watcher: SessionWatcher;
  readonly halted: 'cancelled' | 'stopping' | null;
  readonly wasCut: boolean;
  end(result?: Partial<SessionResult>): void;
  /** Ended by nobody who knows what became of it. */
  lose(): void;
}

export const reading = (offsetSeconds: number, serverAt = NOON): ClockReading => ({ meterAt: serverAt + offsetSeconds * 1_000, serverAt, offsetSeconds });

export const SUCCESS: SessionResult = { outcome: 'success', wrote: false, notes: [], octetsIn: 100, octetsOut: 50 };

/** The meter hung up when it was given the password. */
export const HANG_UP: Partial<SessionResult> = {
  outcome: 'error',
  failure: { stage: 'log-in', class: 'hang-up', text: 'log-in: the meter hung up' },
  hungUpInLogIn: true,
};

export function failed(kind: 'transport' | 'login' | 'engine', text = `${kind} failed`): Partial<SessionResult> {
  return { outcome: 'error', failure: { stage: 'open', class: kind, text }, ...(kind === 'login' ? { passwordRefused: true } : {}) };
}

export function newAction(address: string, change: Partial<NewAction> = {}): NewAction {
  const canonicalAddress = canonicalOf(address);
  return {
    immediate: true,
    task: 'time-update',
    target: { meterType: 'ELSTERA1700', remoteAddress: address, canonicalAddress },
    tokenId: 'token-1',
    owner: 'mts',
    trace: false,
    ...change,
  };
}

export function canonicalOf(address: string): string {
  if (address.startsWith('PAKNET:')) return address.toLowerCase();
  return address.startsWith('0') ? `tel:${address}` : `tcp:${address}`;
}

class HandRunner {
  readonly held: HeldSession[] = [];
  readonly #registry: SessionRegistry;

  constructor(registry: SessionRegistry) {
    this.#registry = registry;
  }

  run(order: SessionOrder, watcher: SessionWatcher): Promise<SessionEnd> {
    return new Promise((resolve) => {
      const state: { halted: HeldSession['halted']; wasCut: boolean } = { halted: null, wasCut: false };
      const view: SessionView = {
        requestId: order.requestId,
        attempt: order.attempt,
        meterType: order.target.meterType,
        remoteAddress: order.target.remoteAddress,
        task: order.task,
        priority: order.priority,
        stage: 'open',
        stageSince: 0,
        startedAt: 0,
        octetsIn: 0,
        octetsOut: 0,
      };
      const finish = (result: Partial<SessionResult>, more: Partial<SessionEnd>): void => {
        const whole = { ...SUCCESS, ...result };
        this.held.splice(this.held.indexOf(held), 1);
        this.#registry.remove(order.requestId, whole.outcome);
        resolve({ result: whole, halted: state.halted, ...more });
      };
      const held: HeldSession = {
        order,
        watcher,
        get halted() {
          return state.halted;
        },
        get wasCut() {
          return state.wasCut;
        },
        end: (result = {}) => finish(result, {}),
        lose: () => finish({ outcome: 'error', failure: { stage: 'set', class: 'engine', text: 'lost' } }, { lost: true, halted: 'stopping' }),
      };
      this.#registry.add(order.requestId, {
        view: () => view,
        halt: (reason) => {
          state.halted ??= reason;
        },
        cut: () => {
          state.wasCut = true;
        },
      });
      this.held.push(held);
    });
  }
}

export function actionWorld(setup: WorldSetup = {}) {
  const clock = setup.clock ?? new FakeClock(NOON);
  const store = setup.store ?? openMemoryStore();
  const options: ActionsOptions = { ...(Value.Default(ActionsOptionsSchema, {}) as ActionsOptions), ...setup.options };
  const ports = testPorts(clock);
  const registry = new SessionRegistry();
  const hand = new HandRunner(registry);
  const lateEngine: Pick<Engine, 'command' | 'store'> = {
    command: (command) => engine.command(command),
    store,
  };
  const stopSwitch = new StopSwitch(lateEngine, ports.ids);
  const slots = new Slots({
    clock,
    limits: { tcp: options.sessions, ...setup.lines },
    perSecond: options.sessionsPerSecond,
    maxWaiting: options.sessionsWaiting,
    reservedMs: 30_000,
  });
  const classOf = createClassOf(({ kind }) => (kind === 'telephone' ? 'default' : 'pads'));
  const earlyStarts = new EarlyStarts();
  const channel = createMeterChannel({
    options,
    ports,
    engine: () => engine,
    runner: setup.runner?.(registry) ?? hand,
    registry,
    slots,
    stopSwitch,
    classOf,
    node: 'node-1',
    earlyStarts,
    takeUnderWay: (command) => engine.takeUnderWay(command),
    owns: (key) => engine.owns(key),
  });
  const events = new TestChannel('events', 'actor');
  const definitions = new Registry()
    .define(createActionDefinition({ policy: actionPolicyOf(options, 240_000), subjectPrefix: 'mw' }))
    .define(createAlertDefinition({ subjectPrefix: 'mw' }));
  for (const [type, handler] of Object.entries({ ...actionHandlers, ...alertHandlers })) definitions.handle(type, handler);
  const engine: Engine = new Engine({
    options: { ...Value.Create(EngineOptionsSchema), shards: SHARDS, ...setup.engine },
    ports,
    store,
    registry: definitions,
    channels: [channel, createMeterControlChannel(registry), events],
    ...(setup.crash ? { crash: setup.crash } : {}),
    ...(setup.epoch === undefined ? {} : { leases: { epochOf: () => setup.epoch, overtaken: () => {} } }),
  });
  engine.start();
  if (setup.epoch !== undefined) openAll();
  const actions = new Actions({ engine, ids: ports.ids, clock, requestIdRange: options.requestIdRange });
  const puller = new Puller({ options, ports, engine, slots, stopSwitch, classOf, ...(setup.early ? { early: { starts: earlyStarts, node: 'node-1' } } : {}) });
  if (setup.pull) puller.start();

  function openAll(): void {
    for (let shard = 0; shard < SHARDS; shard++) engine.openShard(shard);
  }
  const doc = async (requestId: number): Promise<ActorDoc | undefined> => (await store.get([`action:${requestId}`]))[0];
  return {
    engine,
    store,
    clock,
    registry,
    slots,
    stopSwitch,
    puller,
    actions,
    events,
    options,
    classOf,
    held: hand.held as readonly HeldSession[],
    doc,
    openAll,
    /** Gives the shard of an address away. @param signal cuts what does not end */
    giveAway(address: string, signal = new AbortController().signal): Promise<void> {
      return engine.closeShard(engine.shardOf(canonicalOf(address)), signal);
    },
    async state(requestId: number): Promise<string | undefined> {
      return (await doc(requestId))?.state;
    },
    async result(requestId: number): Promise<string | undefined> {
      const found = await doc(requestId);
      return found && statusOf(contextOf(found)).result;
    },
    session(requestId: number): HeldSession {
      const found = hand.held.find(({ order }) => order.requestId === requestId);
      if (!found) throw new Error(`no session of action ${requestId}; there are ${hand.held.map(({ order }) => order.requestId).join()}`);
      return found;
    },
    /** Let everything that needs no time go on. */
    async settle(): Promise<void> {
      let activity = -1;
      for (let quiet = 0; quiet < 15; ) {
        await new Promise((resolve) => setImmediate(resolve));
        const now = engine.activity;
        quiet = engine.queued === 0 && !engine.committing && now === activity ? quiet + 1 : 0;
        activity = now;
      }
    },
    async stop(): Promise<void> {
      await puller.stop();
      await engine.stop();
    },
  };
}

export type ActionWorld = ReturnType<typeof actionWorld>;
