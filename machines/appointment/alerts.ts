/** Alerts that the appointment machine raises. `actors/alert/codes.ts` takes them into the one list. */

export interface AlertDefinition {
  readonly code: string;
  readonly severity: 'info' | 'warning' | 'error' | 'critical';
  /** What it means, one sentence. */
  readonly meaning: string;
  /** What a person does about it. */
  readonly remedy: string;
}

const alert = <C extends string>(code: C, severity: AlertDefinition['severity'], meaning: string, remedy: string) =>
  ({ code, severity, meaning, remedy }) as const;

export const APPOINTMENT_ALERTS = [
  alert(
    'unexpected_event',
    'warning',
    'An event came that the process does not expect in its state; it was kept and changed nothing.',
    'Read the history with `mw why` and ask the sender if it looks wrong.',
  ),
  alert(
    'ambiguous_correlation',
    'warning',
    'A message matched several processes of one MPAN; the newest pending one took it.',
    'Compare the processes of the MPAN; cancel what should not be there.',
  ),
  alert(
    'code_disagreement',
    'warning',
    'Response code and event code of an IF-035 disagree; the response code was followed.',
    'Ask the registration service which one is meant.',
  ),
  alert(
    'send_delayed',
    'warning',
    'The IF-031 has not been accepted by the DIP in the time expected.',
    'Check the DIP channel; it keeps trying until its budget is spent.',
  ),
  alert('initial_overdue', 'warning', 'No IF-032 in the time expected.', 'Look at the delivery status in the history; ask the registration service.'),
  alert('outcome_overdue', 'warning', 'No IF-035 in the time expected.', 'Ask the metering service or the registration service.'),
  alert('active_overdue', 'warning', 'No IF-036 although the effective date has begun.', 'Ask the registration service.'),
  alert(
    'd0151_overdue',
    'warning',
    'A D0151 that is owed has not been handed to the gateway in the time expected.',
    'Check the DTN channel and its refused files.',
  ),
  alert(
    'not_delivered',
    'warning',
    'The DIP says that our IF-031 did not reach the registration service.',
    'Check the delivery journal; raise a DIP service ticket.',
  ),
  alert('replay_refused', 'warning', 'The DIP refused to replay messages for this MPAN.', 'Ask the DIP service desk; the process fails when the wait ends.'),
  alert('dip_schema_rejected', 'error', 'The DIP refused our IF-031.', 'Read the text; correct the facts and appoint again.'),
  alert(
    'dip_rule_rejected',
    'error',
    'A status message says that our IF-031 failed a rule after acceptance.',
    'Read the text; correct the facts and appoint again.',
  ),
  alert(
    'status_after_acceptance',
    'warning',
    'A failing status message for our IF-031 came after the registration service had answered.',
    'Nothing, unless messages stop; the answers prove delivery.',
  ),
  alert('dip_unreachable', 'error', 'The IF-031 was not accepted within its budget.', 'Restore the DIP channel and appoint again.'),
  alert('sla_initial', 'error', 'The process failed: no IF-032 in time.', 'Ask the registration service; appoint again when it is clear.'),
  alert(
    'sla_outcome',
    'error',
    'The process failed: no IF-035 in time, and a replay brought none.',
    'Ask the metering service; appoint again when it is clear.',
  ),
  alert(
    'sla_active',
    'error',
    'The process failed: no IF-036 in time, and a replay brought none.',
    'Ask the registration service; a late IF-036 still updates the record.',
  ),
  alert('outcome_missing', 'warning', 'IF-036 came without an IF-035; acceptance is implied.', 'Nothing; the IF-035 may still come.'),
  alert('outcome_unclear', 'warning', 'An IF-035 says neither accepted, rejected nor lapsed; the process keeps waiting.', 'Ask the registration service.'),
  alert(
    'active_mismatch',
    'warning',
    'IF-036 names another metering service or date than was requested; the record follows the registry.',
    'Compare the request with the record; ask the registration service.',
  ),
  alert(
    'contradictory_initial',
    'warning',
    'An IF-032 says rejected although the process had gone on; its state was kept.',
    'Ask the registration service which answer holds.',
  ),
  alert(
    'outdated_outcome',
    'warning',
    'An IF-035 older than the acceptance came late and was ignored.',
    'Nothing, unless the metering service says otherwise.',
  ),
  alert(
    'late_after_failure',
    'warning',
    'An answer came after the process had failed for want of it.',
    'Compare the record with what was wanted; appoint again where needed.',
  ),
  alert(
    'contradicts_outcome',
    'warning',
    'A message contradicts the outcome of an ended process.',
    'Compare the record with what was wanted; appoint again where needed.',
  ),
  alert(
    'legacy_mop_missing',
    'warning',
    'A migration is accepted but the record names no legacy meter operator or registration date: no D0151 is sent.',
    'Import the missing facts and tell the legacy operator by hand.',
  ),
  alert('d0151_rejected', 'warning', 'The gateway refused the file with this D0151; it is sent again in a new file.', 'Read the receipt.'),
  alert(
    'd0151_already_sent',
    'error',
    'The process failed after its D0151 had gone out; there is no recall.',
    'Appoint the legacy meter operator again by hand (D0155).',
  ),
  alert('dtn_failed', 'error', 'The D0151 that the process owed was not sent in time.', 'Check the DTN channel; send the D0151 by hand.'),
] as const satisfies readonly AlertDefinition[];

export type AppointmentAlertCode = (typeof APPOINTMENT_ALERTS)[number]['code'];
