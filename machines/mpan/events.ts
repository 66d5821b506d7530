/**
 * Events of the MPAN actor (`mpan:<mpid>:<mpan>`), the only writer of one supplier's record of a meter point and of its
 * meters (architecture, section 2; appointments 8).
 */
import type { EpochMs, ReminderEvent } from '../common/effects.ts';
import type { MarketMessage } from '../market/message.ts';

/** Facts from an import line or another trusted source. Absent members are left as they are. */
export type MpanFacts = {
  readonly gsp_group_id?: string | null;
  readonly distributor_mpid?: string | null;
  readonly distributor_dip_id?: string | null;
  readonly energy_direction?: string | null;
  readonly energisation_status?: string | null;
  readonly market_segment?: string | null;
  /** Segment that a pending change will bring (for SEG, appointments 6). */
  readonly prospective_market_segment?: string | null;
  readonly connection_type_indicator?: string | null;
  readonly metered_indicator?: boolean | null;
  readonly duos_tariff_id?: string | null;
  readonly domestic_indicator?: boolean | null;
  readonly measurement_class_id?: string | null;
  readonly metering_service_dip_id?: string | null;
  readonly metering_service_mpid?: string | null;
  readonly metering_service_efd?: string | null;
  readonly metering_service_etd?: string | null;
  readonly data_service_dip_id?: string | null;
  readonly data_service_mpid?: string | null;
  readonly data_service_efd?: string | null;
  readonly data_service_etd?: string | null;
  readonly legacy_mop_mpid?: string | null;
  readonly registration_efd?: string | null;
  readonly css_registration_id?: string | null;
  readonly address_lines?: readonly (string | null)[] | null;
  readonly postcode?: string | null;
};

export interface Imported {
  readonly type: 'imported';
  readonly at: EpochMs;
  readonly facts: MpanFacts;
}
/** IF-036 to project (8.1): by tell from the process, or directly when unsolicited (8.3). */
export interface ProjectActive {
  readonly type: 'project.active';
  readonly at: EpochMs;
  readonly message: MarketMessage;
  /** The process it came through, null when unsolicited. */
  readonly requestId: string | null;
}
/** IF-037 or IF-003 (8.2). `requestId`: the pending process it was also given to, if any. */
export interface ProjectDeAppointment {
  readonly type: 'project.deappointment';
  readonly at: EpochMs;
  readonly message: MarketMessage;
}
/** USP completed at acceptance: only the contract reference of the appointment changes (row 12). */
export interface ContractUpdated {
  readonly type: 'contract.updated';
  readonly at: EpochMs;
  readonly meteringServiceDipId: string;
  readonly contractReference: string | null;
}
/** The process of this MPAN reached SUCCESS: linked MPANs of its IF-036 are now expected to align (8.2). */
export interface ProcessSucceeded {
  readonly type: 'process.succeeded';
  readonly at: EpochMs;
  readonly requestId: string;
  readonly meteringServiceDipId: string;
  readonly effectiveFrom: string;
}
/** From another MPAN's actor: alignment is expected here. */
export interface AlignmentExpected {
  readonly type: 'alignment.expected';
  readonly at: EpochMs;
  readonly primaryMpan: string;
  readonly requestId: string;
  readonly meteringServiceDipId: string;
  /** DIP id of the supplier, for a record that this message creates. */
  readonly supplierDipId?: string;
}
/** A process waits for the facts that an IF-031 is addressed with (`routingFacts.required = atSend`, appointments 6). */
export interface FactsWanted {
  readonly type: 'facts.wanted';
  readonly at: EpochMs;
  readonly requestId: string;
}
/** The answer, told to `appointment:<requestId>`: at once, or as soon as the facts are known. */
export interface FactsKnown {
  readonly type: 'facts.known';
  readonly at: EpochMs;
  readonly distributorDipId: string;
  readonly gspGroupId: string;
  readonly marketSegment: string | null;
  readonly prospectiveMarketSegment: string | null;
  readonly legacyMop: string | null;
  readonly registrationEffectiveFrom: string | null;
  readonly cssRegistrationId: string | null;
}
/** IF-032 or IF-035 without a process, IF-045, or an unknown event code (8.3, 2.4): kept in the history, alert as the spec says. */
export interface Unsolicited {
  readonly type: 'unsolicited';
  readonly at: EpochMs;
  readonly message: MarketMessage;
  readonly handling: 'orphan' | 'advisory' | 'unhandled' | 'other-supplier';
}

export type MpanEvent =
  | Imported
  | ProjectActive
  | ProjectDeAppointment
  | ContractUpdated
  | ProcessSucceeded
  | AlignmentExpected
  | FactsWanted
  | Unsolicited
  | ReminderEvent;

/** Input of a new record. */
export type MpanInput = { readonly mpid: string; readonly mpan: string; readonly supplierDipId: string; readonly at: EpochMs };
