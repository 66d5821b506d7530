/** Conditions of the transitions (appointments 7.3). Pure; each looks at the event's type itself, so that they also serve eventless transitions. */
import { addDays } from '../calendar/index.ts';
import { namesService, outcomeCode } from '../market/index.ts';
import type { MarketMessage, ResponseCode, SettlementDate } from '../market/message.ts';
import type { AppointmentContext } from './context.ts';
import type { AppointmentEvent, Market } from './events.ts';
import type { AppointmentPolicy } from './policy.ts';

export type Guard = (context: AppointmentContext, event: AppointmentEvent) => boolean;

export const isPending = (context: AppointmentContext): boolean => context.endedAt === null;
export const isMigration = (context: AppointmentContext): boolean => context.request.scenario === 'MCA';
/** A switch of supplier is behind the request. */
const isSwitch = (context: AppointmentContext): boolean => context.request.scenario === 'COS' || context.request.scenario === 'MCS';

/** The D0151 can be made: a legacy operator and its registration date are on record. */
export const hasLegacy = (context: AppointmentContext): boolean => context.request.legacyMop !== null && context.request.registrationEffectiveFrom !== null;

/** A D0151 is owed: migration, legacy operator recorded, and none has reached `sent`. */
export const owesD0151 = (context: AppointmentContext): boolean => isMigration(context) && hasLegacy(context) && context.d0151 !== 'sent';

export function messageOf(event: AppointmentEvent, type: Market['type']): MarketMessage | undefined {
  return event.type === type ? event.message : undefined;
}

const outcomeIs = (event: AppointmentEvent, ...codes: (ResponseCode | undefined)[]): boolean =>
  event.type === 'market.if035' && codes.includes(outcomeCode(event.message));

/** Older than the IF-035 that accepted, by the DIP's transaction time. */
const older = (context: AppointmentContext, event: AppointmentEvent): boolean =>
  event.type === 'market.if035' && context.acceptedAt !== null && event.message.transactionAt < context.acceptedAt;

/** When the point is lost: B002's date, else the day after the outgoing service's last. */
export function lossDate(message: MarketMessage): SettlementDate | null {
  if (message.incomingSupplier?.effectiveFrom) return message.incomingSupplier.effectiveFrom;
  const last = message.deAppointed?.effectiveTo ?? message.dataServiceDeAppointed?.effectiveTo ?? message.mhhsRegimeEnd;
  return last ? addDays(last, 1) : null;
}

/** B002 names us; absent, a request of a switch is taken to be the incoming one. */
function incomingIsUs(context: AppointmentContext, message: MarketMessage): boolean {
  const incoming = message.incomingSupplier;
  if (!incoming) return isSwitch(context);
  return incoming.dipId === context.request.supplierDipId || incoming.mpid === context.request.mpid;
}

const lostBeforeEffective = (context: AppointmentContext, message: MarketMessage): boolean => {
  const date = lossDate(message);
  return date !== null && date <= context.request.effectiveFrom;
};

/** Reasons of a de-appointment that never fail a process: counterparts of an appointment, and alignments (8.2). */
const HARMLESS = new Set(['CSERV', 'CSEGM', 'CCONN', 'IMPEXP', 'RELATED']);

/** Predicates without policy. */
export const guards = {
  factsKnown: (context) => context.request.meteringServiceDipId !== null && context.request.distributorDipId !== null && context.request.gspGroupId !== null,
  /** The waiting request can go: the agents store knows its provider, too. */
  factsComplete: (_, event) => event.type === 'facts.known' && typeof event.meteringServiceDipId === 'string',
  ourCurrentSur: (context, event) => 'sur' in event && event.sur === context.sur,
  statusOfCurrentSur: (context, event) => event.type === 'market.status' && event.code !== '0000' && event.sur === context.sur,
  statusFailed: (_, event) => event.type === 'market.status' && event.code !== '0000',
  delivered: (context, event) => event.type === 'delivery.status' && event.outcome === 'delivered' && event.sur === context.sur,
  notDelivered: (context, event) => event.type === 'delivery.status' && event.outcome === 'not-delivered' && event.sur === context.sur,
  matches: (context, event) => 'message' in event && namesService(event.message, context.request.meteringServiceDipId, context.request.effectiveFrom),
  initialRejected: (_, event) => messageOf(event, 'market.if032')?.response?.code === 'R',
  initialAnswered: (_, event) => event.type === 'market.if032',
  outcomeRejected: (_, event) => outcomeIs(event, 'R'),
  outcomeLapsed: (_, event) => outcomeIs(event, 'L'),
  outcomeAccepted: (_, event) => outcomeIs(event, 'A'),
  outcomeUnclear: (_, event) => outcomeIs(event, 'W', 'x', undefined),
  outcomeOutdated: (context, event) => outcomeIs(event, 'R', 'L') && older(context, event),
  outcomeNegative: (_, event) => outcomeIs(event, 'R', 'L'),
  activeOwing: (context, event) =>
    event.type === 'market.if036' && namesService(event.message, context.request.meteringServiceDipId, context.request.effectiveFrom) && owesD0151(context),
  activeMatching: (context, event) =>
    event.type === 'market.if036' && namesService(event.message, context.request.meteringServiceDipId, context.request.effectiveFrom),
  pointLost: (context, event) => {
    const message = messageOf(event, 'market.if037');
    if (!message || !isPending(context) || message.eventCode !== '[MSDeApp]') return false;
    const reason = message.deAppointed?.reason;
    const lost = reason === 'DEREG' || (reason === 'CSUPP' && !incomingIsUs(context, message));
    return lost && lostBeforeEffective(context, message);
  },
  counterpart: (context, event) => {
    const message = messageOf(event, 'market.if037');
    if (!message) return false;
    const reason = message.deAppointed?.reason ?? '';
    return message.eventCode !== '[MSDeApp]' || HARMLESS.has(reason) || (reason === 'CSUPP' && incomingIsUs(context, message));
  },
  reverseMigrated: (context, event) => {
    const message = messageOf(event, 'market.if003');
    return message !== undefined && isPending(context) && !incomingIsUs(context, message) && lostBeforeEffective(context, message);
  },
  reverseMigrationToUs: (context, event) => {
    const message = messageOf(event, 'market.if003');
    return message !== undefined && incomingIsUs(context, message);
  },
  switchLost: (context) => isPending(context) && isSwitch(context),
  pending: (context) => isPending(context),
  failedForWant: (context, event) => ('message' in event || event.type === 'dip.accepted') && context.reason !== null && FOR_WANT.has(context.reason),
  /** Of an ended process: an IF-035 that says otherwise. Where only the D0151 failed, the market had accepted. */
  outcomeContradicts: (context, event) => (context.reason === 'dtn_failed' ? outcomeIs(event, 'R', 'L') : outcomeIs(event, 'A')),
  /** Where only the D0151 failed, the metering service is active. */
  activeAgrees: (context, event) =>
    context.reason === 'dtn_failed' &&
    event.type === 'market.if036' &&
    namesService(event.message, context.request.meteringServiceDipId, context.request.effectiveFrom),
  /** Nobody needs to hear of a stale reminder, or of the answer to a question that no longer matters. */
  worthAnAlert: (_, event) =>
    event.type !== 'reminder' &&
    event.type !== 'delivery.status' &&
    event.type !== 'replay.answered' &&
    event.type !== 'facts.known' &&
    !event.type.startsWith('dtn.'),
  d0151Wanted: (context) => context.d0151 === 'wanted',
  d0151Withdrawn: (context) => context.d0151 === 'withdrawn',
} as const satisfies Record<string, Guard>;

/** Failures for want of an answer: what comes later is `late_after_failure` (7.6). */
const FOR_WANT = new Set<string>(['sla_initial', 'sla_outcome', 'sla_active', 'dip_unreachable']);

/** An update of service is done when it is accepted (row 12). */
export function completesAtAcceptance(policy: AppointmentPolicy): Guard {
  return (context, event) => policy.uosCompletesOn === 'accepted' && context.request.scenario === 'USP' && outcomeIs(event, 'A');
}
