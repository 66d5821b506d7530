/** An engine with appointments, meter points, agents, alerts and the DTN in it, on the store in memory, without channels to the outside. */
import { Value } from 'typebox/value';
import { agentDefinition, agentHandlers } from '../../../actors/agent/index.ts';
import { createAlertDefinition } from '../../../actors/alert/index.ts';
import {
  type AppointmentOptions,
  type AppointPayload,
  type AppointReply,
  createAppointmentDefinition,
  createAppointmentHandlers,
  type InboundReply,
} from '../../../actors/appointment/index.ts';
import { dtnDefinition, dtnFileDefinition } from '../../../actors/dtn/index.ts';
import { Engine, type EngineOptions, EngineOptionsSchema, Registry } from '../../../actors/engine/index.ts';
import { createMpanDefinition, type MpanOptions, MpanOptionsSchema, mpanActorId, mpanHandlers } from '../../../actors/mpan/index.ts';
import { openMemoryStore } from '../../../actors/store/memory/memory-store.ts';
import type { ActorDoc, Store } from '../../../actors/store/store.ts';
import { createWorkingDays } from '../../../machines/calendar/index.ts';
import type { ActorId } from '../../../machines/common/effects.ts';
import { DEFAULT_DTN_SETTINGS } from '../../../machines/dtn/index.ts';
import type { MarketMessage } from '../../../machines/market/message.ts';
import type { MpanFacts } from '../../../machines/mpan/index.ts';
import { TestChannel, testPorts } from '../engine.ts';
import { FakeClock } from '../fake-clock.ts';
import { defaultOptions, MOPX, MPAN, SUPX, T0 } from './appointment-world.ts';

export const SUPY = { mpid: 'SUPY', dipId: '2300000045' } as const;

/** Agents by MPID; tests change it. */
export type AgentTable = Map<string, { dipId: string; role: string; effectiveFrom: string | null }[]>;

export interface AppointmentsWorld {
  readonly engine: Engine;
  readonly store: Store;
  readonly clock: FakeClock;
  readonly agents: AgentTable;
  readonly dip: TestChannel;
  readonly events: TestChannel;
  payload(more?: Partial<AppointPayload>): AppointPayload;
  appoint(more?: Partial<AppointPayload>): Promise<AppointReply>;
  inbound(message: MarketMessage): Promise<InboundReply>;
  command<T>(key: string, type: string, payload: unknown): Promise<T>;
  importMpan(facts?: MpanFacts, supplier?: { readonly mpid: string; readonly dipId: string }, mpan?: string): Promise<unknown>;
  doc(id: ActorId): Promise<ActorDoc | undefined>;
  process(requestId: string): Promise<ActorDoc | undefined>;
  record(mpid?: string): Promise<ActorDoc | undefined>;
  /** Codes of the alerts about an actor. */
  alerts(about: string): Promise<string[]>;
  settle(): Promise<void>;
}

export const FACTS: MpanFacts = { gsp_group_id: '_H', distributor_dip_id: '2500000033', distributor_mpid: 'LDSO', market_segment: 'S' };

let counter = 0;
export const requestId = (): string => `0195c7a1-0000-7000-8000-${String(++counter).padStart(12, '0')}`;

export function appointmentsWorld(options: AppointmentOptions = defaultOptions()): AppointmentsWorld {
  const clock = new FakeClock(T0);
  const store = openMemoryStore();
  const agents: AgentTable = new Map([[MOPX.mpid, [{ dipId: MOPX.dipId, role: 'MSS', effectiveFrom: '2024-01-01' }]]]);
  const finder = { find: (mpid: string) => agents.get(mpid) ?? [] };
  const mpanOptions = Value.Default(MpanOptionsSchema, {}) as MpanOptions;
  const registry = new Registry()
    .define(createAppointmentDefinition({ options, environmentTag: 'SIT', subjectPrefix: 'mw', agents: finder }))
    .define(createMpanDefinition({ ...mpanOptions, workingDays: createWorkingDays(), subjectPrefix: 'mw' }))
    .define(agentDefinition)
    .define(createAlertDefinition({ subjectPrefix: 'mw' }))
    .define(dtnDefinition(DEFAULT_DTN_SETTINGS))
    .define(dtnFileDefinition(DEFAULT_DTN_SETTINGS));
  const handlers = { ...createAppointmentHandlers({ agents: finder, options }), ...mpanHandlers, ...agentHandlers };
  for (const [type, handler] of Object.entries(handlers)) registry.handle(type, handler);
  // What goes out stays on its way: tests say themselves what the outside answers.
  const later = () => ({ kind: 'retry', delayMs: 3_600_000, text: 'not now' }) as const;
  const dip = new TestChannel('dip', 'key', later);
  const events = new TestChannel('events', 'actor');
  const engine = new Engine({
    options: { ...(Value.Create(EngineOptionsSchema) as EngineOptions), shards: 4 },
    ports: testPorts(clock),
    store,
    registry,
    channels: [dip, new TestChannel('dip-query', 'actor', later), new TestChannel('dtn', 'key', later), events],
  });
  engine.start();
  const command = <T>(key: string, type: string, payload: unknown): Promise<T> =>
    engine.command<T>({ key, type, payload, origin: 'caller', id: `c${++counter}` });
  const payload = (more: Partial<AppointPayload> = {}): AppointPayload => ({
    requestId: requestId(),
    mpid: SUPX.mpid,
    supplierDipId: SUPX.dipId,
    mpan: MPAN,
    meteringServiceMpid: MOPX.mpid,
    effectiveFrom: '2026-03-30',
    effectiveFromText: '2026-03-30T00:00:00+00:00',
    contractReference: 'MSA20260330',
    scenario: 'CSP',
    test: false,
    idempotency: null,
    ...more,
  });
  const doc = async (id: ActorId): Promise<ActorDoc | undefined> => (await store.get([id]))[0];
  return {
    engine,
    store,
    clock,
    agents,
    dip,
    events,
    payload,
    appoint: (more) => {
      const given = payload(more);
      return command(given.mpan, 'appoint', given);
    },
    inbound: (message) =>
      command(message.mpan ?? 'directory', 'market.inbound', {
        message,
        raw: { CommonBlock: { S0: { eventCode: message.eventCode } } },
        suppliers: [SUPX, SUPY],
      }),
    command,
    importMpan: (facts = FACTS, supplier = SUPX, mpan = MPAN) =>
      command(mpan, 'mpan.import', { mpan, lines: [{ mpid: supplier.mpid, supplierDipId: supplier.dipId, facts }] }),
    doc,
    process: (id) => doc(`appointment:${id}`),
    record: (mpid = SUPX.mpid) => doc(mpanActorId(mpid, MPAN)),
    alerts: async (about) => {
      const page = await store.page({ index: 'kind', value: 'alert', limit: 1_000 });
      return page.items.filter((item) => item.id.endsWith(`:${about}`)).map((item) => item.id.split(':')[1] ?? '');
    },
    settle: async () => {
      for (let quiet = 0; quiet < 25; ) {
        await new Promise((resolve) => setImmediate(resolve));
        quiet = engine.queued === 0 ? quiet + 1 : 0;
      }
    },
  };
}
