/** Steps that end a process, and what reaches it afterwards (rows 3, 7, 8, 10, 11, 16, 21 to 30). */
import { splitCode } from '../market/index.ts';
import type { AppointmentAlertCode } from './alerts.ts';
import { announce, type Draft, note, raiseAlert, type Step, tellMpan, warn, withdraw } from './asks.ts';
import type { AppointmentContext, FailureReason } from './context.ts';
import type { AppointmentEvent } from './events.ts';
import { noteTexts, outcomeTexts } from './waiting.ts';

/** Failures that people should look at. */
const ALERTED: Partial<Record<FailureReason, AppointmentAlertCode>> = {
  dip_schema_rejected: 'dip_schema_rejected',
  dip_rule_rejected: 'dip_rule_rejected',
  dip_unreachable: 'dip_unreachable',
  sla_initial: 'sla_initial',
  sla_outcome: 'sla_outcome',
  sla_active: 'sla_active',
};

const TEXTS: Partial<Record<FailureReason, string>> = {
  sla_initial: 'No IF-032 in time',
  sla_outcome: 'No IF-035 in time',
  sla_active: 'No IF-036 in time',
  dip_unreachable: 'The DIP did not accept IF-031 in time',
  dtn_failed: 'D0151 was not sent in time',
};

const MSG = /^(MSG\d{4})\s*-?\s*(.*)$/s;

/** The text of a DIP answer with its MSG code. */
function noteDip(draft: Draft, reason: FailureReason, text: string): void {
  const found = MSG.exec(text);
  note(draft, found?.[1] ?? reason, found?.[2] || text || reason, 'DIP');
}

/** Entries of `errors[]` for a failure, from the event that caused it. */
function noteFailure(draft: Draft, reason: FailureReason): void {
  const { event } = draft;
  switch (event.type) {
    case 'dip.rejected':
      noteDip(draft, reason, event.text);
      break;
    case 'market.status':
      noteDip(draft, reason, event.text.startsWith('MSG') ? event.text : `MSG${event.code} - ${event.text}`);
      break;
    case 'market.if032':
      noteTexts(draft, event.message.response?.messages ?? [], { code: reason, text: 'Rejected by the registration service' }, 'IF-032');
      break;
    case 'market.if035':
      noteTexts(draft, outcomeTexts(event.message), { code: reason, text: reason === 'lapsed' ? 'The request lapsed' : 'Rejected' }, 'IF-035');
      break;
    case 'market.if037':
    case 'market.if003':
      note(draft, reason, `${event.message.interface} ${event.message.eventCode} ${event.message.deAppointed?.reason ?? ''}`.trim(), event.message.interface);
      break;
    case 'switch.cancelled':
      note(draft, reason, event.text, 'switch');
      break;
    case 'operator.cancel':
      note(draft, reason, event.reason, 'operator');
      break;
    default:
      note(draft, reason, TEXTS[reason] ?? reason, 'timer');
  }
}

/** Whose rejection an IF-035 R reports (row 10): superseded, the registration service, or the service provider. */
export function rejectionReason(event: AppointmentEvent): FailureReason {
  const codes = event.type === 'market.if035' ? outcomeTexts(event.message).map((text) => splitCode(text).code) : [];
  if (codes.includes('REG1089')) return 'superseded';
  return codes.some((code) => code?.startsWith('REG')) ? 'regs_withdrawn' : 'sp_rejected';
}

function blame(draft: Draft, reason: FailureReason): void {
  draft.patch.reason = reason;
  noteFailure(draft, reason);
  const alert = ALERTED[reason];
  if (alert) raiseAlert(draft, alert, draft.patch.errors?.at(-1)?.message ?? reason);
}

/** What becomes of the D0151 of a process that failed. */
function dropD0151(draft: Draft, context: AppointmentContext): void {
  const unsent = context.d0151 === 'wanted' || context.d0151 === 'overdue';
  if (unsent && context.reason !== 'dtn_failed') draft.patch.d0151 = 'withdrawn';
  if (context.d0151 === 'sent') warn(draft, 'd0151_already_sent', 'The D0151 has gone out; the legacy meter operator must be appointed again by hand', 'DTN');
}

function blameFor(reason: FailureReason): Step {
  return (draft) => blame(draft, reason);
}

export const endingSteps = {
  blameSchema: blameFor('dip_schema_rejected'),
  blameRule: blameFor('dip_rule_rejected'),
  blameUnreachable: blameFor('dip_unreachable'),
  blameRegistry: blameFor('regs_rejected'),
  blameWithdrawal: blameFor('regs_withdrawn'),
  blameLapse: blameFor('lapsed'),
  blameInitialSla: blameFor('sla_initial'),
  blameOutcomeSla: blameFor('sla_outcome'),
  blameActiveSla: blameFor('sla_active'),
  blameLoss: blameFor('deappointed_all'),
  blameReverseMigration: blameFor('reverse_migrated'),
  blameSwitch: blameFor('switch_cancelled'),
  blameDtn: blameFor('dtn_failed'),
  blameOperator: blameFor('operator_cancelled'),
  /** Row 10. */
  blameRejection: (draft) => blame(draft, rejectionReason(draft.event)),
  /** Entry of FAILED. */
  fail: (draft) => {
    const { context, at } = draft;
    draft.patch.endedAt = at;
    if (context.submittedAt === null) withdraw(draft, context.sur);
    dropD0151(draft, context);
    announce(draft, 'failed', { reason: context.reason });
  },
  /** Entry of SUCCESS. */
  succeed: (draft) => {
    const { context, at } = draft;
    draft.patch.endedAt = at;
    announce(draft, 'succeeded');
    if (context.request.meteringServiceDipId === null) return;
    tellMpan(draft, {
      type: 'process.succeeded',
      requestId: context.request.requestId,
      meteringServiceDipId: context.request.meteringServiceDipId,
      effectiveFrom: context.request.effectiveFrom,
    });
  },
  /** 7.6: an answer after failure for want of it; the supplier sees it in `errors[]`. */
  warnLate: (draft) => {
    const { event } = draft;
    if ('message' in event)
      warn(draft, 'late_after_failure', `${event.message.interface} ${event.message.eventCode} came after the process had failed`, event.message.interface);
    else warn(draft, 'late_after_failure', 'The DIP accepted IF-031 after the process had failed', 'DIP');
  },
  /** Row 30. */
  warnContradiction: (draft) => {
    const { event, context } = draft;
    const outcome = context.reason === null ? 'become active or succeeded' : `failed (${context.reason})`;
    const what = 'message' in event ? `${event.message.interface} ${event.message.eventCode}` : event.type;
    warn(draft, 'contradicts_outcome', `${what} came after the process had ${outcome}`, 'message' in event ? event.message.interface : 'DIP');
  },
  /** Any pair of state and event that the table does not list. */
  warnUnexpected: (draft) => {
    const { event } = draft;
    const what = 'message' in event ? `${event.message.interface} ${event.message.eventCode}` : event.type;
    raiseAlert(draft, 'unexpected_event', `${what} was not expected`);
  },
} satisfies Record<string, Step>;
