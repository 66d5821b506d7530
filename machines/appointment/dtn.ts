/** Steps of the dtn region: the one D0151 that a migration may owe (appointments 9.2). */
import { addDays } from '../calendar/index.ts';
import type { D0151Line } from '../dtn/events.ts';
import { type Draft, forget, raiseAlert, remind, type Step, tellDtn, warn } from './asks.ts';
import type { TimerRules } from './timers.ts';

/** The line; undefined when the facts for it are missing. The last day of the legacy appointment is the day before ours. */
function lineOf(draft: Draft): D0151Line | undefined {
  const { context } = draft;
  if (context.request.legacyMop === null || context.request.registrationEffectiveFrom === null) return undefined;
  return {
    mpan: context.request.mpan,
    recipient: context.request.legacyMop,
    reason: 'CA',
    registrationEffectiveFrom: context.request.registrationEffectiveFrom,
    effectiveTo: addDays(context.request.effectiveFrom, -1),
    additionalInformation: null,
    test: context.request.test,
    reference: `appointment:${context.request.requestId}`,
    referenceKey: context.request.mpan,
  };
}

const stop = (draft: Draft): void => forget(draft, 'T_DTN.warn', 'T_DTN.fail');

const keepFile = (draft: Draft): void => {
  if ('fileId' in draft.event && draft.event.fileId !== null) draft.patch.d0151File = draft.event.fileId;
};

export function dtnSteps(rules: TimerRules) {
  return {
    d0151Due: (draft) => {
      const line = lineOf(draft);
      if (!line) return;
      tellDtn(draft, { type: 'line.added', flow: 'D0151', line });
      const { warnAt, failAt } = rules.dtn(draft.at);
      remind(draft, 'T_DTN.warn', warnAt);
      remind(draft, 'T_DTN.fail', failAt);
    },
    d0151Cancel: (draft) => {
      const line = lineOf(draft);
      stop(draft);
      if (line)
        tellDtn(draft, {
          type: 'line.cancelled',
          mpan: line.mpan,
          recipient: line.recipient,
          reason: line.reason,
          effectiveTo: line.effectiveTo,
          reference: line.reference,
          fileId: draft.context.d0151File,
        });
    },
    d0151Queued: keepFile,
    d0151Sent: (draft) => {
      const { context } = draft;
      keepFile(draft);
      stop(draft);
      draft.patch.d0151 = 'sent';
      for (const code of ['d0151_overdue', 'd0151_rejected']) draft.asks.push({ type: 'clearAlert', params: { code } });
      if (context.d0151 === 'withdrawn')
        warn(draft, 'd0151_already_sent', 'The D0151 went out although the process had failed; appoint the legacy meter operator again by hand', 'DTN');
    },
    d0151Rejected: (draft) => {
      keepFile(draft);
      if (draft.event.type === 'dtn.rejected') warn(draft, 'd0151_rejected', draft.event.text, 'DTN');
    },
    d0151Late: (draft) => warn(draft, 'd0151_overdue', 'The D0151 has not been handed to the gateway in the time expected', 'DTN'),
    /** Given up for now; IF-036 makes it due again (row 18). */
    d0151Failed: (draft) => {
      stop(draft);
      if (draft.context.d0151 === 'wanted') draft.patch.d0151 = 'overdue';
      raiseAlert(draft, 'dtn_failed', draft.event.type === 'dtn.failed' ? draft.event.text : 'The D0151 was not sent in time');
    },
  } satisfies Record<string, Step>;
}
