/** Steps while answers are awaited (rows 8 to 20, 22 to 24). */

import type { Json } from '../common/effects.ts';
import { codesDisagree, outcomeCode, splitCode } from '../market/index.ts';
import type { MarketMessage } from '../market/message.ts';
import type { AppointmentAlertCode } from './alerts.ts';
import { announce, clearLate, type Draft, forget, note, remind, type Step, tellMpan, warn, withdraw } from './asks.ts';
import { hasLegacy, isMigration, owesD0151 } from './guards.ts';
import type { AppointmentPolicy } from './policy.ts';
import { keepCorrelation, queryDelivery } from './submission.ts';
import type { ReminderName, TimerRules } from './timers.ts';

/** Texts of an answer as entries of `errors[]`; at most five of one message. */
export function noteTexts(draft: Draft, texts: readonly string[], fallback: { readonly code: string; readonly text: string }, source: string): void {
  if (texts.length === 0) note(draft, fallback.code, fallback.text, source);
  for (const text of texts.slice(0, 5)) {
    const split = splitCode(text);
    note(draft, split.code ?? fallback.code, split.text, source);
  }
}

/** Texts of an IF-035. */
export function outcomeTexts(message: MarketMessage): readonly string[] {
  const text = message.outcome?.text;
  return text ? [text] : (message.response?.messages ?? []);
}

/** 7.5: two processes matched at one level. */
function warnAmbiguous({ event, asks }: Draft): void {
  if (!('ambiguous' in event) || !event.ambiguous) return;
  asks.push({ type: 'raiseAlert', params: { code: 'ambiguous_correlation', text: `${event.message.interface} matched several processes` } });
}

function project(draft: Draft): void {
  const { event, context } = draft;
  warnAmbiguous(draft);
  if (event.type !== 'market.if036') return;
  tellMpan(draft, { type: 'project.active', message: event.message as unknown as Json, requestId: context.request.requestId });
}

function wantD0151(draft: Draft): void {
  const { context } = draft;
  if (!isMigration(context) || context.d0151 === 'sent') return;
  if (hasLegacy(context)) draft.patch.d0151 = 'wanted';
  else warn(draft, 'legacy_mop_missing', 'No legacy meter operator or registration date is recorded; no D0151 is sent', 'DTN');
}

export function waitingSteps(policy: AppointmentPolicy, rules: TimerRules) {
  const late =
    (code: AppointmentAlertCode, text: string): Step =>
    (draft) => {
      draft.patch.late = code;
      warn(draft, code, text, 'timer');
      queryDelivery(draft);
    };
  const replay =
    (name: 'IF-035' | 'IF-036'): Step =>
    (draft) => {
      const { context, at } = draft;
      const from = context.submittedAt ?? context.request.at;
      draft.asks.push({
        type: 'requestReplay',
        params: { interface: name, supplierDipId: context.request.supplierDipId, mpan: context.request.mpan, from, to: at, test: context.request.test },
      });
      remind(draft, 'replay.fail', at + policy.timers.replayWaitMs, 'dip');
    };
  const stopping =
    (...names: ReminderName[]): Step =>
    (draft) => {
      forget(draft, ...names);
      clearLate(draft);
    };
  return {
    startInitial: (draft) => {
      const { warnAt, failAt } = rules.initial(draft.at);
      remind(draft, 'T032.warn', warnAt);
      remind(draft, 'T032.fail', failAt, 'dip');
    },
    stopInitial: stopping('T032.warn', 'T032.fail'),
    startOutcome: (draft) => {
      const { context, at } = draft;
      const { warnAt, failAt } = rules.outcome(at, context.submittedAt ?? at, context.request.effectiveFrom);
      remind(draft, 'T035.warn', warnAt);
      remind(draft, 'T035.fail', failAt, 'dip');
    },
    stopOutcome: stopping('T035.warn', 'T035.fail'),
    startActive: (draft) => {
      const { warnAt, failAt } = rules.active(draft.at, draft.context.request.effectiveFrom);
      remind(draft, 'T036.warn', warnAt);
      remind(draft, 'T036.fail', failAt, 'dip');
    },
    stopActive: stopping('T036.warn', 'T036.fail'),
    warnInitial: late('initial_overdue', 'No IF-032 in the time expected'),
    warnOutcome: late('outcome_overdue', 'No IF-035 in the time expected'),
    warnActive: late('active_overdue', 'No IF-036 although the effective date has begun'),
    replayOutcome: replay('IF-035'),
    replayActive: replay('IF-036'),
    stopReplay: (draft) => {
      forget(draft, 'replay.fail');
      withdraw(draft, 'replay:IF-035');
      withdraw(draft, 'replay:IF-036');
    },
    replayAnswered: (draft) => {
      if (draft.event.type === 'replay.answered' && draft.event.outcome === 'refused') warn(draft, 'replay_refused', draft.event.text, 'DIP');
    },
    warnNotDelivered: (draft) => {
      if (draft.event.type === 'delivery.status') warn(draft, 'not_delivered', draft.event.text, 'DIP');
    },
    /** Row 7 from AWAIT_OUTCOME on. */
    warnStatus: (draft) => {
      if (draft.event.type === 'market.status') warn(draft, 'status_after_acceptance', draft.event.text, 'DIP');
    },
    /** Rows 8, 9. */
    recordInitial: (draft) => {
      const { event } = draft;
      if (event.type !== 'market.if032') return;
      const code = event.message.response?.code ?? null;
      warnAmbiguous(draft);
      keepCorrelation(draft, event.message.initialCorrelationId, event.message.senderCorrelationId);
      announce(draft, 'initial-response', { code });
      if (code === 'A' || code === 'R') return;
      noteTexts(draft, event.message.response?.messages ?? [], { code: 'initial_unclear', text: `IF-032 with response code ${code ?? 'absent'}` }, 'IF-032');
      announce(draft, 'warning', { code: 'initial_unclear', text: `IF-032 with response code ${code ?? 'absent'}` });
    },
    /** Rows 12, 13. */
    recordAcceptance: (draft) => {
      const { event } = draft;
      if (event.type !== 'market.if035') return;
      draft.patch.acceptedAt = event.message.transactionAt;
      keepCorrelation(draft, event.message.initialCorrelationId, event.message.senderCorrelationId);
      announce(draft, 'accepted', { text: event.message.outcome?.text ?? null });
      if (policy.d0151.trigger === 'accepted') wantD0151(draft);
    },
    updateContract: (draft) => {
      const { context } = draft;
      if (context.request.meteringServiceDipId === null) return;
      tellMpan(draft, {
        type: 'contract.updated',
        meteringServiceDipId: context.request.meteringServiceDipId,
        contractReference: context.request.contractReference,
      });
    },
    /** 7.5: the response code is followed where it disagrees with the event code. */
    weighOutcome: (draft) => {
      const { event } = draft;
      warnAmbiguous(draft);
      if (event.type === 'market.if035' && codesDisagree(event.message))
        warn(draft, 'code_disagreement', `${event.message.eventCode} with response code ${outcomeCode(event.message)}`, 'IF-035');
    },
    /** Row 14. */
    warnUnclear: (draft) => {
      const { event } = draft;
      if (event.type === 'market.if035') warn(draft, 'outcome_unclear', `IF-035 with response code ${outcomeCode(event.message) ?? 'absent'}`, 'IF-035');
    },
    /** Row 15. */
    warnMissingOutcome: (draft) => warn(draft, 'outcome_missing', 'IF-036 came without IF-035; acceptance is implied', 'IF-036'),
    project,
    /** Rows 17, 18. */
    activate: (draft) => {
      project(draft);
      announce(draft, 'active');
      if (owesD0151(draft.context) || policy.d0151.trigger === 'active' || draft.context.acceptedAt === null) wantD0151(draft);
    },
    /** Row 19. */
    warnMismatch: (draft) => warn(draft, 'active_mismatch', 'IF-036 names another metering service or date than was requested', 'IF-036'),
    warnContradictoryInitial: (draft) => warn(draft, 'contradictory_initial', 'An IF-032 says rejected after the process had gone on', 'IF-032'),
    warnOutdated: (draft) => warn(draft, 'outdated_outcome', 'An IF-035 older than the acceptance was ignored', 'IF-035'),
  } satisfies Record<string, Step>;
}
