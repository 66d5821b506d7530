/** An engine with toys in it: one line of set-up for the tests of the engine. */

import { Value } from 'typebox/value';
import type { ActorDefinition } from '../../actors/engine/definition.ts';
import {
  type Channel,
  type Command,
  type EffectResult,
  Engine,
  type EngineOptions,
  EngineOptionsSchema,
  type Handler,
  type Leases,
  Registry,
} from '../../actors/engine/index.ts';
import type { Ports } from '../../actors/engine/ports.ts';
import type { CrashPoint } from '../../actors/engine/turn-runner.ts';
import type { ActorDoc, Effect, Store } from '../../actors/store/store.ts';
import type { ActorId } from '../../machines/common/effects.ts';
import { FakeClock } from './fake-clock.ts';
import { toyDefinition } from './toy.ts';

export const START = Date.UTC(2026, 2, 24, 10, 35);

/** A channel that remembers what it was given and does what it is told. */
export class TestChannel implements Channel {
  readonly name: string;
  readonly capacity = 8;
  readonly ordering: Channel['ordering'];
  readonly performed: Effect[] = [];
  answer: (effect: Effect, attempt: number) => EffectResult | Promise<EffectResult>;

  constructor(name: string, ordering: Channel['ordering'] = 'none', answer: TestChannel['answer'] = () => ({ kind: 'done' })) {
    this.name = name;
    this.ordering = ordering;
    this.answer = answer;
  }

  async perform(effect: Effect, attempt: number): Promise<EffectResult> {
    this.performed.push(effect);
    return this.answer(effect, attempt);
  }

  get names(): string[] {
    return this.performed.map((effect) => effect.name);
  }
}

let counter = 0;

export function testPorts(clock: FakeClock): Ports {
  const quiet = (): void => {};
  return {
    clock,
    random: { next: () => 0.5 },
    ids: { uuid: () => `id-${String(++counter).padStart(12, '0')}` },
    log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
  };
}

export interface ToyWorld {
  readonly engine: Engine;
  readonly store: Store;
  readonly clock: FakeClock;
  readonly out: TestChannel;
  readonly events: TestChannel;
  create(name: string, key?: string): Promise<unknown>;
  apply(
    name: string,
    event: { type: string; [member: string]: unknown },
    options?: { ids?: string[]; key?: string; origin?: Command['origin'] },
  ): Promise<unknown>;
  doc(name: string): Promise<ActorDoc | undefined>;
  /** Let everything that can go on without time passing go on. */
  settle(): Promise<void>;
}

export interface ToyWorldOptions {
  readonly store: Store;
  readonly clock?: FakeClock;
  /** False: somebody else starts the engine's parts. */
  readonly start?: boolean;
  readonly definition?: ActorDefinition;
  readonly engine?: Partial<EngineOptions>;
  readonly out?: TestChannel;
  readonly events?: TestChannel;
  readonly crash?: (point: CrashPoint, key: string, what: string) => 'go' | 'stop';
  readonly handlers?: Readonly<Record<string, Handler>>;
  readonly definitions?: readonly ActorDefinition[];
  readonly onFailure?: (part: string, error: unknown) => void;
  readonly leases?: Leases;
  readonly route?: (command: Command) => Promise<unknown>;
}

const idOf = (name: string): ActorId => `toy:${name}`;

export function toyWorld(given: ToyWorldOptions): ToyWorld {
  const clock = given.clock ?? new FakeClock(START);
  const registry = new Registry()
    .define(given.definition ?? toyDefinition())
    .handle('toy.create', (turn, payload) =>
      turn.create({ id: payload as ActorId, kind: 'toy', input: { start: 0 }, claim: [{ name: `slot:${payload as string}`, owner: payload as ActorId }] }),
    )
    .handle('toy.apply', (turn, payload) => {
      const { id, event, ids } = payload as { id: ActorId; event: { type: string }; ids?: string[] };
      return turn.apply(id, event, ids);
    });
  for (const definition of given.definitions ?? []) registry.define(definition);
  for (const [type, handler] of Object.entries(given.handlers ?? {})) registry.handle(type, handler);
  const out = given.out ?? new TestChannel('out');
  const events = given.events ?? new TestChannel('events', 'actor');
  const options: EngineOptions = { ...Value.Create(EngineOptionsSchema), shards: 4, ...given.engine };
  const engine = new Engine({
    options,
    ports: testPorts(clock),
    store: given.store,
    registry,
    channels: [out, events],
    ...(given.crash ? { crash: given.crash } : {}),
    ...(given.onFailure ? { onFailure: given.onFailure } : {}),
    ...(given.leases ? { leases: given.leases } : {}),
    ...(given.route ? { route: given.route } : {}),
  });
  if (given.start !== false) engine.start();
  const command = (key: string, type: string, payload: unknown, origin: Command['origin'] = 'caller'): Promise<unknown> =>
    engine.command({ key, type, payload, origin, id: `c${++counter}` });
  return {
    engine,
    store: given.store,
    clock,
    out,
    events,
    create: (name, key = name) => command(key, 'toy.create', idOf(name)),
    apply: (name, event, { ids, key = name, origin } = {}) => command(key, 'toy.apply', { id: idOf(name), event, ...(ids ? { ids } : {}) }, origin),
    doc: async (name) => (await given.store.get([idOf(name)]))[0],
    settle: async () => {
      for (let quiet = 0; quiet < 25; ) {
        await new Promise((resolve) => setImmediate(resolve));
        quiet = engine.queued === 0 ? quiet + 1 : 0;
      }
    },
  };
}
