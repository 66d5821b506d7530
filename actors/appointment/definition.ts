/** The durable appointment process: `appointment:<request_id>`, routing key the MPAN. */
import {
  APPOINTMENT_MACHINE_VERSION,
  type AppointmentContext,
  type AppointmentMachine,
  createAppointmentMachine,
  type FactsKnown,
  migrateAppointment,
  publicStatus,
  stateName,
  sursOf,
} from '../../machines/appointment/index.ts';
import type { Json } from '../../machines/common/effects.ts';
import type { MarketMessage } from '../../machines/market/message.ts';
import type { ActorDefinition, MachineEvent, OwedByStep } from '../engine/definition.ts';
import type { ActorDoc } from '../store/store.ts';
import { type AgentFinder, chooseAgent } from './agents.ts';
import { appointmentEffects, type EnvironmentTag } from './encode.ts';
import { metadataOf } from './metadata.ts';
import { APPOINTMENT_KIND, activeSlot, contextOf, IDEMPOTENCY_PREFIX, mpanIndexValue } from './names.ts';
import { type AppointmentOptions, policyOf } from './options.ts';

const DAY_MS = 86_400_000;

export interface AppointmentDefinitionOptions {
  readonly options: AppointmentOptions;
  /** S1 `environmentTag` of everything that is sent. */
  readonly environmentTag: EnvironmentTag;
  /** First token of subjects, `mw` by default. */
  readonly subjectPrefix: string;
  /** Where a request that waited for routing facts finds its provider. */
  readonly agents: AgentFinder;
  /** What a supplier is owed at the end of one of its processes, with `metadata` as body; undefined: nothing. Absent: nobody is. */
  readonly endNotice?: (mpid: string) => Omit<OwedByStep, 'body'> | undefined;
}

export function createAppointmentDefinition({
  options,
  environmentTag,
  subjectPrefix,
  agents,
  endNotice,
}: AppointmentDefinitionOptions): ActorDefinition<AppointmentMachine> {
  return {
    kind: APPOINTMENT_KIND,
    machine: createAppointmentMachine(policyOf(options)),
    machineVersion: APPOINTMENT_MACHINE_VERSION,
    migrate: migrateAppointment,
    stateOf: stateName,
    reasonOf: ({ context }) => context.reason ?? undefined,
    indexesOf: (snapshot) => indexesOf(snapshot.context, stateName(snapshot)),
    slotsOf: ({ context }, doc) => slotsOf(context, doc, options.idempotencyDays),
    effects: appointmentEffects(environmentTag),
    admit: async (event, _turn, doc) => (event.type === 'facts.known' && doc ? withProvider(event, contextOf(doc), agents) : event),
    announcement: (snapshot, doc) => ({
      subject: `${subjectPrefix}.evt.appointment.${snapshot.context.request.mpid}.${doc.shard}`,
      type: 'meterwright.appointment',
      data: announced(snapshot.context, stateName(snapshot)),
    }),
    detailsOf,
    ...(endNotice ? { owes: (doc: ActorDoc, from: string) => owedAtEnd(doc, from, endNotice) } : {}),
  };
}

/** SUCCESS and FAILED are entered once and never left, so a process owes its notice once. */
function owedAtEnd(doc: ActorDoc, from: string, endNotice: (mpid: string) => Omit<OwedByStep, 'body'> | undefined): OwedByStep | undefined {
  if (doc.state === from || publicStatus(doc.state) === 'Pending') return undefined;
  const notice = endNotice(contextOf(doc).request.mpid);
  return notice && { ...notice, body: JSON.stringify(metadataOf(doc)) };
}

function indexesOf(
  context: AppointmentContext,
  state: string,
): Partial<Record<'requestId' | 'mpan' | 'sur' | 'correlationId' | 'mpid' | 'mpidStatus', readonly string[]>> {
  return {
    requestId: [context.request.requestId],
    mpan: [mpanIndexValue(context.request.mpid, context.request.mpan)],
    sur: sursOf(context.request, context.resends),
    ...(context.correlationIds.length > 0 ? { correlationId: context.correlationIds } : {}),
    mpid: [context.request.mpid],
    mpidStatus: [`${context.request.mpid}|${publicStatus(state)}`],
  };
}

/** At its end a process gives its meter point free, and its idempotency keys get theirs (appointments 1.4). */
function slotsOf(context: AppointmentContext, doc: ActorDoc, idempotencyDays: number) {
  if (context.endedAt === null) return {};
  const at = context.endedAt + idempotencyDays * DAY_MS;
  const active = activeSlot(context.request.test, context.request.mpid, context.request.mpan);
  return {
    release: doc.slots.filter((name) => name === active),
    expire: doc.slots.filter((name) => name.startsWith(IDEMPOTENCY_PREFIX)).map((name) => ({ name, at })),
  };
}

export function announced(context: AppointmentContext, state: string): Record<string, Json> {
  return {
    requestId: context.request.requestId,
    mpid: context.request.mpid,
    mpan: context.request.mpan,
    state,
    status: publicStatus(state),
    scenario: context.request.scenario,
    effectiveFrom: context.request.effectiveFrom,
    meteringServiceMpid: context.request.meteringServiceMpid,
    test: context.request.test,
  };
}

/** The record of the meter point knows its facts, the agents store the provider: the machine hears both at once. */
function withProvider(event: MachineEvent, context: AppointmentContext, agents: AgentFinder): MachineEvent {
  const facts = event as unknown as FactsKnown;
  const segments = { market_segment: facts.marketSegment ?? null, prospective_market_segment: facts.prospectiveMarketSegment ?? null };
  const choice = chooseAgent(agents, context.request.meteringServiceMpid, context.request.scenario, context.request.effectiveFrom, segments);
  return { ...event, meteringServiceDipId: choice.kind === 'found' ? choice.dipId : null };
}

/** Market messages in full; of everything else what it says. */
function detailsOf({ type, at: _at, message, raw, ...rest }: MachineEvent): Json | undefined {
  if (type === 'reminder') return { name: rest.name } as Json;
  if (message === undefined) return Object.keys(rest).length > 0 ? (rest as Json) : undefined;
  const said = message as MarketMessage;
  return {
    direction: 'inbound',
    channel: 'dip',
    interface: said.interface,
    event_code: said.eventCode,
    reference: said.sur,
    correlation_id: said.senderCorrelationId ?? said.initialCorrelationId,
    transaction_id: said.transactionId,
    payload: (raw ?? said) as unknown as Json,
  };
}
