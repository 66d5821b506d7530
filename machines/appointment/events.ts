/** Events of the appointment machine (appointments 7.3). Every event carries `at`, the engine's time of the step. */
import type { EpochMs, Json, ReminderEvent } from '../common/effects.ts';
import type { MarketMessage } from '../market/message.ts';

/** Synchronous item `MSG0000` (row 2), or delivery found by a status query (row 5, as `dip.delivered`). */
export interface DipAccepted {
  readonly type: 'dip.accepted';
  readonly at: EpochMs;
  readonly sur: string;
  readonly transactionId: string | null;
  readonly correlationId: string | null;
}
/** Synchronous item other than `MSG0000`, or a 400 (row 3). */
export interface DipRejected {
  readonly type: 'dip.rejected';
  readonly at: EpochMs;
  readonly sur: string;
  readonly status: number;
  readonly text: string;
}
/** Answer of the delivery-status query (rows 5, 22 to 24). `unknown`: the DIP could not tell. */
export interface DeliveryStatus {
  readonly type: 'delivery.status';
  readonly at: EpochMs;
  readonly sur: string;
  readonly outcome: 'delivered' | 'not-delivered' | 'unknown';
  readonly text: string;
}
/** The replay request of rows 23 and 24 was answered; `replayed` messages are on their way. */
export interface ReplayAnswered {
  readonly type: 'replay.answered';
  readonly at: EpochMs;
  readonly interface: string;
  readonly outcome: 'accepted' | 'refused';
  readonly text: string;
}
/** A status message for one of our SURs (row 7). */
export interface StatusMessage {
  readonly type: 'market.status';
  readonly at: EpochMs;
  readonly sur: string;
  /** Four digits of `MSG1001`. */
  readonly code: string;
  readonly text: string;
}
/** A market message that was routed to this process: IF-032, 035, 036, 037, 003. */
export interface Market {
  readonly type: 'market.if032' | 'market.if035' | 'market.if036' | 'market.if037' | 'market.if003';
  readonly at: EpochMs;
  readonly message: MarketMessage;
  /** The payload as it came, kept in the history for `show_messages`; no decision depends on it. */
  readonly raw?: Json;
  /** Several processes matched (7.5); this one was chosen. */
  readonly ambiguous?: boolean;
}
/** Told by the record of the meter point to a request that waits (`routingFacts.required = atSend`, appointments 6). */
export interface FactsKnown {
  readonly type: 'facts.known';
  readonly at: EpochMs;
  readonly distributorDipId: string;
  readonly gspGroupId: string;
  readonly marketSegment?: string | null;
  readonly prospectiveMarketSegment?: string | null;
  readonly legacyMop: string | null;
  readonly registrationEffectiveFrom: string | null;
  readonly cssRegistrationId?: string | null;
  /** Added on admission from the agents store; null: no such provider there yet. */
  readonly meteringServiceDipId?: string | null;
}
export interface SwitchCancelled {
  readonly type: 'switch.cancelled';
  readonly at: EpochMs;
  readonly text: string;
}
/** From the DTN actor: what became of our D0151 line. */
export interface DtnReport {
  readonly type: 'dtn.queued' | 'dtn.sent' | 'dtn.acknowledged' | 'dtn.rejected' | 'dtn.failed';
  readonly at: EpochMs;
  readonly fileId: string | null;
  readonly text: string;
}
export interface OperatorCancel {
  readonly type: 'operator.cancel';
  readonly at: EpochMs;
  readonly by: string;
  readonly reason: string;
}
/** `facts`: what the IF-031 is addressed with as it is stored now; absent where it cannot be told, and then nothing changes. */
export interface OperatorResend {
  readonly type: 'operator.resend';
  readonly at: EpochMs;
  readonly by: string;
  readonly reason: string;
  readonly facts?: Pick<AppointmentInput, 'meteringServiceDipId' | 'distributorDipId' | 'gspGroupId' | 'cssRegistrationId'>;
}

export type AppointmentEvent =
  | DipAccepted
  | DipRejected
  | DeliveryStatus
  | ReplayAnswered
  | StatusMessage
  | Market
  | SwitchCancelled
  | DtnReport
  | FactsKnown
  | OperatorCancel
  | OperatorResend
  | ReminderEvent;

/** Outside effects of this machine, besides the engine's own. */

/** Build and send the IF-031. `sur` is the stable key and the name to withdraw by. */
export type SendDipParams = {
  readonly interface: 'IF-031';
  readonly sur: string;
  readonly test: boolean;
  readonly supplierDipId: string;
  readonly mpan: string;
  readonly distributorDipId: string;
  readonly gspGroupId: string;
  readonly meteringServiceDipId: string;
  readonly meteringServiceMpid: string;
  readonly effectiveFrom: string;
  readonly contractReference: string | null;
  readonly scenario: string;
  readonly cssRegistrationId: string | null;
  readonly sentAt: EpochMs;
};
/** Ask the DIP what became of an IF-031 (2.3); answered by `delivery.status`. Name: `delivery:<sur>`. */
export type QueryDeliveryParams = { readonly interface: 'IF-031'; readonly sur: string; readonly supplierDipId: string; readonly test: boolean };
/** Ask the DIP to replay an interface for this MPAN from an instant on (2.4); answered by `replay.answered`. Name: `replay:<interface>`. */
export type RequestReplayParams = {
  readonly interface: 'IF-032' | 'IF-035' | 'IF-036';
  readonly supplierDipId: string;
  readonly mpan: string;
  readonly from: EpochMs;
  readonly to: EpochMs;
  readonly test: boolean;
};

/** Input of a new process: the accepted request with the facts that the turn resolved (appointments 6). */
export type AppointmentInput = {
  readonly requestId: string;
  readonly mpid: string;
  readonly supplierDipId: string;
  readonly mpan: string;
  readonly meteringServiceMpid: string;
  readonly meteringServiceDipId: string | null;
  readonly distributorDipId: string | null;
  readonly gspGroupId: string | null;
  /** Settlement date `YYYY-MM-DD`. */
  readonly effectiveFrom: string;
  /** As the supplier wrote it, for `request_data`. */
  readonly effectiveFromText: string;
  readonly contractReference: string | null;
  readonly scenario: 'COS' | 'CSP' | 'USP' | 'SEG' | 'MCA' | 'MCS';
  readonly test: boolean;
  /** Legacy meter operator recorded on the MPAN, and the registration date for group 297; null where none. */
  readonly legacyMop: string | null;
  readonly registrationEffectiveFrom: string | null;
  readonly cssRegistrationId: string | null;
  readonly at: EpochMs;
  readonly initiatedBy: string | null;
};
