/** Steps from the request to the DIP's acceptance (rows 1 to 7). */
import { announce, clearLate, type Draft, forget, remind, type Step, warn, withdraw } from './asks.ts';
import type { AppointmentPolicy } from './policy.ts';
import { surAfter } from './sur.ts';
import type { TimerRules } from './timers.ts';

/** The facts of M0 and B070, from the context as it will be after this step. */
function send(draft: Draft): void {
  const { context, patch, at } = draft;
  const request = patch.request ?? context.request;
  const { meteringServiceDipId, distributorDipId, gspGroupId } = request;
  if (meteringServiceDipId === null || distributorDipId === null || gspGroupId === null) throw new Error('sendDip: routing facts must be known');
  draft.asks.push({
    type: 'sendDip',
    params: {
      interface: 'IF-031',
      sur: patch.sur ?? context.sur,
      test: request.test,
      supplierDipId: request.supplierDipId,
      mpan: request.mpan,
      distributorDipId,
      gspGroupId,
      meteringServiceDipId,
      meteringServiceMpid: request.meteringServiceMpid,
      effectiveFrom: request.effectiveFrom,
      contractReference: request.contractReference,
      scenario: request.scenario,
      cssRegistrationId: request.cssRegistrationId,
      sentAt: at,
    },
  });
}

export function queryDelivery(draft: Draft): void {
  const { sur, request } = draft.context;
  draft.asks.push({ type: 'queryDelivery', params: { interface: 'IF-031', sur, supplierDipId: request.supplierDipId, test: request.test } });
}

/** Keep new correlation ids; at most eight, a chain has one or two. */
export function keepCorrelation(draft: Draft, ...ids: (string | null)[]): void {
  const known = draft.patch.correlationIds ?? draft.context.correlationIds;
  const fresh = ids.filter((id): id is string => id !== null && id !== 'x' && !known.includes(id));
  if (fresh.length > 0) draft.patch.correlationIds = [...known, ...new Set(fresh)].slice(-8);
}

function submitted(draft: Draft): void {
  draft.patch.submittedAt = draft.at;
  announce(draft, 'submitted', { sur: draft.patch.sur ?? draft.context.sur });
}

export function submissionSteps(policy: AppointmentPolicy, rules: TimerRules) {
  const startSend: Step = (draft) => {
    const { warnAt, failAt } = rules.send(draft.at);
    remind(draft, 'T_SEND.warn', warnAt);
    remind(draft, 'T_SEND.fail', failAt, 'dip');
  };
  return {
    /** Row 1. */
    begin: (draft) => {
      announce(draft, 'created');
      startSend(draft);
    },
    send,
    stopSend: (draft) => {
      forget(draft, 'T_SEND.warn', 'T_SEND.fail');
      clearLate(draft);
    },
    /** The answer comes as `facts.known`, at once or when the record has them. */
    askFacts: (draft) => {
      const { mpid, mpan, requestId, supplierDipId } = draft.context.request;
      const event = { type: 'facts.wanted', requestId, supplierDipId };
      draft.asks.push({ type: 'tell', params: { to: `mpan:${mpid}:${mpan}`, key: mpan, event } });
    },
    askFactsLater: (draft) => remind(draft, 'facts.retry', draft.at + policy.timers.factsRetryMs),
    stopAsking: (draft) => forget(draft, 'facts.retry'),
    takeFacts: (draft) => {
      const { event, patch, context } = draft;
      if (event.type !== 'facts.known' || !event.meteringServiceDipId) return;
      const { meteringServiceDipId, distributorDipId, gspGroupId, legacyMop, registrationEffectiveFrom } = event;
      const cssRegistrationId = context.request.cssRegistrationId ?? event.cssRegistrationId ?? null;
      patch.request = { ...context.request, meteringServiceDipId, distributorDipId, gspGroupId, legacyMop, registrationEffectiveFrom, cssRegistrationId };
      send(draft);
    },
    /** Row 2. */
    accepted: (draft) => {
      const { event, patch } = draft;
      if (event.type !== 'dip.accepted') return;
      patch.transactionId = event.transactionId;
      keepCorrelation(draft, event.correlationId);
      if (event.sur !== draft.context.sur) {
        // Status messages and delivery queries are about the reference that the DIP took, not about its replacement.
        withdraw(draft, draft.context.sur);
        patch.sur = event.sur;
      }
      submitted(draft);
    },
    /** Row 5: the DIP has it after all. */
    foundDelivered: (draft) => {
      withdraw(draft, draft.context.sur);
      submitted(draft);
    },
    /** Row 6: an answer proves that it was sent. */
    acceptanceImplied: (draft) => {
      const { event } = draft;
      if ('message' in event) keepCorrelation(draft, event.message.initialCorrelationId, event.message.senderCorrelationId);
      withdraw(draft, draft.context.sur);
      submitted(draft);
    },
    /** The synchronous answer came after the proof of row 6. */
    keepIds: (draft) => {
      const { event } = draft;
      if (event.type !== 'dip.accepted') return;
      draft.patch.transactionId = draft.context.transactionId ?? event.transactionId;
      keepCorrelation(draft, event.correlationId);
    },
    warnSend: (draft) => {
      draft.patch.late = 'send_delayed';
      warn(draft, 'send_delayed', 'IF-031 has not been accepted by the DIP yet', 'timer');
    },
    /** Row 5. */
    checkDelivery: (draft) => {
      queryDelivery(draft);
      remind(draft, 'delivery.fail', draft.at + policy.timers.deliveryCheckMs, 'dip');
    },
    stopCheck: (draft) => {
      forget(draft, 'delivery.fail');
      withdraw(draft, `delivery:${draft.context.sur}`);
    },
    /** A new reference, and a body of what is stored now; the old one is given up, the budget starts anew. */
    resend: (draft) => {
      const { context, event, patch } = draft;
      withdraw(draft, context.sur);
      if (event.type === 'operator.resend' && event.facts) patch.request = { ...context.request, ...event.facts };
      patch.resends = context.resends + 1;
      patch.sur = surAfter(context.request, context.resends + 1);
      send(draft);
      startSend(draft);
    },
  } satisfies Record<string, Step>;
}
