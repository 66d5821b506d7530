/** What the MPAN actor holds of one supplier's meter point. Flat and small: a million of these lie on disk. */
import type { EpochMs } from '../common/effects.ts';
import type { SettlementDate } from '../market/message.ts';
import type { Versions } from './dated.ts';
import type { MpanFacts, MpanInput } from './events.ts';
import type { Rows } from './rows.ts';
import type { Stamped } from './stamped.ts';

/** Items with an effective-from date of their own (appointments 8.1). Members named as in `MpanFacts`. */
export const DATED_ITEMS = ['market_segment', 'energisation_status', 'connection_type_indicator', 'duos_tariff_id', 'domestic_indicator'] as const;
export type DatedItem = (typeof DATED_ITEMS)[number];

/** One meter's technical details, keyed by meter id (8.1). */
export type Meter = {
  readonly items: {
    readonly meter_type?: string;
    readonly manufacturer?: string;
    readonly meter_location?: string;
    readonly meter_installation_datetime?: string;
    readonly esme_id?: string;
    readonly register_digits?: number;
    readonly meter_asset_provider_id?: string;
    readonly meter_asset_provider_efd?: string;
  };
  /** Settlement date of the appointment that last stated it, and of the first. */
  readonly from: SettlementDate;
  readonly since: SettlementDate;
  readonly stamped: Stamped<string>;
};

export type Linked = {
  readonly mpan: string;
  readonly direction: string | null;
  readonly supplierDipId: string | null;
  readonly supplierMpid: string | null;
  readonly at: EpochMs;
};
export type Related = { readonly primary: string; readonly secondary: string };

/** The de-appointment-all side machine's memory (8.2). */
export type Closing = { readonly reason: string; readonly to: SettlementDate; readonly firstAt: EpochMs; readonly alerted: boolean };
/** The linked or related MPAN side machine's memory (8.2): whose alignment this meter point follows. */
export type Aligning = {
  readonly primaryMpan: string | null;
  readonly requestId: string | null;
  readonly meteringServiceDipId: string;
  readonly alerted: boolean;
};

export type MpanContext = {
  readonly mpid: string;
  readonly mpan: string;
  readonly supplierDipId: string;
  readonly createdAt: EpochMs;
  readonly changedAt: EpochMs;
  /** The projection: newest value of every item. What holds on a given day is read from `rows` and `versions`. */
  readonly facts: MpanFacts;
  /** Transaction times of the facts that have no effective date. */
  readonly stamped?: Stamped<EpochMs>;
  readonly versions: Readonly<Partial<Record<DatedItem, Versions>>>;
  readonly meteringServices: Rows;
  readonly dataServices: Rows;
  readonly meters: Readonly<Record<string, Meter>>;
  readonly linked: readonly Linked[];
  readonly related: readonly Related[];
  /** Reverse migration: from when, and what told so last. */
  readonly reverseMigration?: { readonly from: SettlementDate | null; readonly at: EpochMs };
  readonly mhhsRegimeEnd?: { readonly date: SettlementDate; readonly at: EpochMs };
  /** D0155 lines asked for: `<mop>:<date>`. */
  readonly d0155: readonly string[];
  /** Meter points to be told when this process succeeds (8.2). */
  readonly expecting: { readonly requestId: string; readonly mpans: readonly string[] } | null;
  readonly closing: Closing | null;
  readonly aligning: Aligning | null;
  /** Processes that wait for routing facts. */
  readonly waiting: readonly string[];
};

/** Processes that may wait for facts at once; only one live and one test process can be active, so this is never reached. */
export const MAX_WAITING = 16;
export const MAX_D0155 = 8;

export function initialContext(input: MpanInput): MpanContext {
  return {
    mpid: input.mpid,
    mpan: input.mpan,
    supplierDipId: input.supplierDipId,
    createdAt: input.at,
    changedAt: input.at,
    facts: {},
    versions: {},
    meteringServices: [],
    dataServices: [],
    meters: {},
    linked: [],
    related: [],
    d0155: [],
    expecting: null,
    closing: null,
    aligning: null,
    waiting: [],
  };
}

/** The facts that an IF-031 is addressed with (appointments 6). */
export function hasRoutingFacts(facts: MpanFacts): boolean {
  return typeof facts.distributor_dip_id === 'string' && typeof facts.gsp_group_id === 'string';
}

/** Whether a supplier named in a block is the owner of this record. */
export function isUs(context: MpanContext, supplier: { readonly dipId: string | null; readonly mpid: string | null }): boolean {
  return supplier.mpid === context.mpid || (context.supplierDipId !== '' && supplier.dipId === context.supplierDipId);
}
