/**
 * The one list of alert codes. Machines raise by code; severity, text and remedy are kept here, and `docs/alerts.md` is made
 * from it. Codes are stable: other systems listen for them.
 */
import { APPOINTMENT_ALERTS } from '../../machines/appointment/alerts.ts';

/** info: nothing to do. warning: look at it today. error: something failed and needs a person. critical: the installation itself is in danger. */
export type Severity = 'info' | 'warning' | 'error' | 'critical';

export interface AlertCode {
  readonly code: string;
  readonly severity: Severity;
  /** What it means, one sentence. */
  readonly text: string;
  /** What a person does about it. */
  readonly remedy: string;
}

export interface AlertGroup {
  readonly title: string;
  readonly codes: readonly AlertCode[];
}

const alert = (code: string, severity: Severity, text: string, remedy: string): AlertCode => ({ code, severity, text, remedy });

const METER_POINT: readonly AlertCode[] = [
  alert(
    'orphan_message',
    'warning',
    'A market message for our supplier answers no process of this meter point.',
    'Read the message with `mw why`; ask the registration service when it repeats.',
  ),
  alert(
    'registry_reminder',
    'info',
    'The registration service reminds us of a missing agent or of an invalid segment (IF-045).',
    'Appoint the service that is missing, then acknowledge.',
  ),
  alert(
    'unhandled_event_code',
    'warning',
    'A well-formed message carries an event code that is not known here; it was stored and answered as success.',
    'Look for a newer release; the message is in the history of its record.',
  ),
  alert(
    'deappointment_incomplete',
    'warning',
    'A lost meter point has one service closed and the other still open after two working days.',
    'Ask the registration service for the missing de-appointment; nothing is closed by time alone.',
  ),
  alert(
    'alignment_overdue',
    'warning',
    'A linked or related meter point has not followed its primary after two working days.',
    'Ask the registration service; appoint the metering service on that meter point if it says so.',
  ),
];

const DTN: readonly AlertCode[] = [
  alert(
    'dtn_file_refused',
    'error',
    'The gateway refused a file; its lines go out again in a new file under a new id.',
    'Read the receipt; correct the facts if the refusal repeats.',
  ),
  alert('dtn_lines_failed', 'error', 'Lines were given up after repeated refusals.', 'Read the receipts, correct the facts, and send the flow by hand.'),
  alert('dtn_line_invalid', 'error', 'A line cannot be written by the rules of the format.', 'Correct the facts of the meter point and send the flow by hand.'),
  alert(
    'dtn_receipt_missing',
    'warning',
    'A file was taken by the gateway but no receipt came in the time expected.',
    'Look into the receipt folder of the gateway.',
  ),
  alert(
    'dtn_receipt_unknown',
    'warning',
    'A receipt names a file that was never written here.',
    'Check whether two systems share the folder or the sender id.',
  ),
  alert('dtn_receipt_bad', 'warning', 'A receipt cannot be read; it was set aside.', 'Look at the file that was set aside and tell the gateway operator.'),
  alert('dtn_receipt_contradiction', 'error', 'A receipt says the opposite of an earlier one for the same file.', 'Ask the gateway operator which one holds.'),
  alert(
    'dtn_gateway_unavailable',
    'error',
    'The folder of the DTN gateway cannot be written or read.',
    'Mount it again and check its permissions; files wait meanwhile.',
  ),
];

const DIP: readonly AlertCode[] = [
  alert(
    'dip_outage',
    'error',
    'The DIP cannot be reached or refuses everything; messages wait and are tried again.',
    'Check network, certificate and the DIP service page.',
  ),
  alert(
    'dip_circuit_open',
    'error',
    'So many calls failed in a row that the DIP is only probed until one succeeds.',
    'Check network, certificate and the DIP service page.',
  ),
  alert(
    'dip_retries_exhausted',
    'error',
    'The delivery journal says that the DIP gave up delivering to us.',
    'Check that our callback address is reachable; a requeue is asked for.',
  ),
  alert('dip_unauthorised', 'critical', 'The DIP refuses our credentials.', 'Renew certificate or API key; messages wait and are tried again.'),
  alert(
    'dip_requeue_failed',
    'error',
    'A requeue after a gap ended failed or partial; a replay is asked for instead.',
    'Compare the messages of the gap with the DIP service desk.',
  ),
  alert('dip_status_unmatched', 'warning', 'A status message names a reference that no process of ours used.', 'Ask the DIP service desk.'),
  alert(
    'market_signature_refused',
    'warning',
    'Callbacks were refused because of their hash, signature, date or certificate.',
    'Check the allow-list of certificates and the clock.',
  ),
  alert('clock_skew', 'error', 'Our clock is more than the tolerance away from the DIP.', 'Synchronise the clock of this machine.'),
  alert('certificate_expiring', 'warning', 'A certificate is near the end of its life.', 'Renew it and restart or reload.'),
  alert('certificate_expired', 'critical', 'A certificate has expired.', 'Renew it now; the other side refuses us.'),
];

const ENGINE: readonly AlertCode[] = [
  alert(
    'message_quarantined',
    'error',
    'A message could not be applied; it was set aside and the key goes on.',
    'Read it with `mw quarantine`; after a fix, `mw redrive`.',
  ),
  alert(
    'actor_parked',
    'error',
    'An actor is out of service; its messages are kept in order behind it.',
    'Read the reason with `mw why`; `mw unpark` when it is mended.',
  ),
  alert('reminder_failed', 'error', 'Handling a reminder failed; it stays and is tried again.', 'Read the error with `mw why`.'),
  alert(
    'outbox_stuck',
    'error',
    'An effect has been undone for longer than its channel should take.',
    'Read its attempts and last error with `mw why`; check the channel.',
  ),
  alert(
    'disk_reserve',
    'critical',
    'Free space fell below the reserve: new work is refused, what is in hand finishes.',
    'Make room; work is taken again as soon as there is space.',
  ),
  alert('bus_away', 'warning', 'NATS is away: everything goes on, events for other systems wait.', 'Start NATS again; events follow in order.'),
  alert(
    'nats_listener_rights',
    'error',
    'The NATS server lets the listener of `nats.listener` do more than read the events, or does not let it read them.',
    'The text says what; put its permissions right as `docs/nats.md` shows. They are looked at again at every connection.',
  ),
  alert(
    'supervisor_escalated',
    'critical',
    'A part failed more often than its restart limit allows and was left stopped.',
    'Read the log for its errors; restart the engine when they are mended.',
  ),
  alert(
    'webhook_off',
    'error',
    'The webhook of a supplier was turned off: its receiver took nothing for a day, or says that it is gone for good. What was owed to it is dropped.',
    'The text names the supplier and the last failure. Mend the receiver, try it with `mw webhook test`, then `mw webhook set` again; `mw requests` has what was missed.',
  ),
  alert('agents_limit', 'error', 'There are more agents than may be held in memory.', 'Raise `agent.maxAgents`.'),
];

const METERS: readonly AlertCode[] = [
  alert(
    'meter_zone',
    'warning',
    'A meter is off by whole half hours, which is a matter of zones or of summer time; its clock was left alone.',
    'Check how the meter is configured; allow the correction for this meter if it is meant.',
  ),
  alert(
    'host_clock_wrong',
    'critical',
    'The clock of this host is not known to be right: no meter is written.',
    'The text says what was seen; put the clock or the time server of `session.hostClock` right.',
  ),
  alert(
    'meter_stop_switch',
    'warning',
    'The stop switch is on: no session with a meter is opened.',
    'The text says who set it and why; take it back when the reason is gone.',
  ),
  alert(
    'modem_lines_out',
    'error',
    'All modem lines of a group rest: none of its numbers can be dialled.',
    'The text has the last failure; look at the modems and the terminal server, and at `mw lines`. A resting line is probed and comes back by itself.',
  ),
];

const CLUSTER: readonly AlertCode[] = [
  alert(
    'shard_parked',
    'critical',
    'No node can open a shard: nothing of its meter points goes on.',
    'The text has the first node’s reason; `mw cluster` shows all. Each node tries again by itself; the alert clears when one serves it.',
  ),
];

/** All codes, in groups as the page shows them. */
export const ALERT_GROUPS: readonly AlertGroup[] = [
  { title: 'Appointments', codes: APPOINTMENT_ALERTS.map(({ code, severity, meaning, remedy }) => alert(code, severity, meaning, remedy)) },
  { title: 'Meter points', codes: METER_POINT },
  { title: 'DTN', codes: DTN },
  { title: 'DIP', codes: DIP },
  { title: 'Meters', codes: METERS },
  { title: 'Engine and installation', codes: ENGINE },
  { title: 'Cluster', codes: CLUSTER },
];

const BY_CODE: ReadonlyMap<string, AlertCode> = new Map(ALERT_GROUPS.flatMap(({ codes }) => codes.map((known) => [known.code, known] as const)));

export const ALERT_CODES: readonly AlertCode[] = [...BY_CODE.values()];

/** The entry of a code; undefined for one that is not in the list. */
export function alertCode(code: string): AlertCode | undefined {
  return BY_CODE.get(code);
}
