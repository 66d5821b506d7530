/** What suppliers read of a meter point and its meters (appointments 1.7): `GET /mpan/v1`, `GET /meter-technical-details/v1`. */
import { londonMidnight } from '../../machines/calendar/index.ts';
import type { SettlementDate } from '../../machines/market/message.ts';
import { type Meter, type MpanContext, rowOn, type ServiceRow, type Version, versionOn } from '../../machines/mpan/index.ts';
import type { ActorDoc } from '../store/store.ts';

type Text = string | null;

export interface ServiceAppointmentView {
  readonly dip_id: Text;
  readonly mpid: Text;
  readonly efd: Text;
  readonly etd: Text;
}

/** Dates are London midnight in the 25-character form. Members that no source has stated are null. */
export type MpanView = {
  readonly id: number;
  readonly mpan_core: number;
  readonly postcode: Text;
  readonly gsp_group_id: Text;
  readonly distributor_dip_id: Text;
  readonly distributor_mpid: Text;
  readonly domestic_indicator: boolean | null;
  readonly domestic_indicator_efd: Text;
  readonly energy_direction: Text;
  readonly metered_indicator: boolean | null;
  readonly duos_tariff_id: Text;
  readonly duos_tariff_efd: Text;
  readonly energisation_status: Text;
  readonly energisation_status_efd: Text;
  readonly connection_type_indicator: Text;
  readonly connection_type_indicator_efd: Text;
  readonly market_segment: Text;
  readonly market_segment_efd: Text;
  readonly prospective_market_segment: Text;
  readonly measurement_class_id: Text;
  readonly metering_service_dip_id: Text;
  readonly metering_service_mpid: Text;
  readonly metering_service_efd: Text;
  readonly metering_service_etd: Text;
  readonly data_service_dip_id: Text;
  readonly data_service_mpid: Text;
  readonly data_service_efd: Text;
  readonly data_service_etd: Text;
  readonly mdr_dip_id: Text;
  readonly mdr_mpid: Text;
  readonly mdr_efd: Text;
  readonly registration_id: Text;
  readonly supply_start_date: Text;
  readonly legacy_mop_mpid: Text;
  readonly mhhs_regime_end_date: Text;
  readonly reverse_migration_from: Text;
  /** Every appointment known, oldest first: past, current and to come. */
  readonly metering_service_appointments: readonly ServiceAppointmentView[];
  readonly linked_mpans: readonly { readonly mpan_core: number; readonly energy_direction: Text; readonly supplier_mpid: Text }[];
} & { readonly [line in `address_line_${1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9}`]: Text };

/** The record as it stands on a settlement date (today in London, for the API). */
export function toMpanView(doc: ActorDoc, asOf: SettlementDate): MpanView {
  const context = contextOf(doc);
  const { facts } = context;
  const metering = rowOn(context.meteringServices, asOf);
  const data = rowOn(context.dataServices, asOf);
  const segment = itemOn(context, 'market_segment', asOf);
  const energisation = itemOn(context, 'energisation_status', asOf);
  const connection = itemOn(context, 'connection_type_indicator', asOf);
  const tariff = itemOn(context, 'duos_tariff_id', asOf);
  const domestic = itemOn(context, 'domestic_indicator', asOf);
  return {
    id: Number(context.mpan),
    mpan_core: Number(context.mpan),
    ...addressLines(facts.address_lines ?? []),
    postcode: facts.postcode ?? null,
    gsp_group_id: facts.gsp_group_id ?? null,
    distributor_dip_id: facts.distributor_dip_id ?? null,
    distributor_mpid: facts.distributor_mpid ?? null,
    domestic_indicator: typeof domestic?.value === 'boolean' ? domestic.value : null,
    domestic_indicator_efd: efdOf(domestic),
    energy_direction: facts.energy_direction ?? null,
    metered_indicator: facts.metered_indicator ?? null,
    duos_tariff_id: textOf(tariff),
    duos_tariff_efd: efdOf(tariff),
    energisation_status: textOf(energisation),
    energisation_status_efd: efdOf(energisation),
    connection_type_indicator: textOf(connection),
    connection_type_indicator_efd: efdOf(connection),
    market_segment: textOf(segment),
    market_segment_efd: efdOf(segment),
    prospective_market_segment: prospective(context, asOf),
    measurement_class_id: facts.measurement_class_id ?? null,
    metering_service_dip_id: metering?.dipId ?? null,
    metering_service_mpid: metering?.mpid ?? null,
    metering_service_efd: midnight(metering?.efd),
    metering_service_etd: midnight(metering?.etd),
    data_service_dip_id: data?.dipId ?? null,
    data_service_mpid: data?.mpid ?? null,
    data_service_efd: midnight(data?.efd),
    data_service_etd: midnight(data?.etd),
    mdr_dip_id: null,
    mdr_mpid: null,
    mdr_efd: null,
    registration_id: facts.css_registration_id ?? null,
    supply_start_date: midnight(facts.registration_efd),
    legacy_mop_mpid: facts.legacy_mop_mpid ?? null,
    mhhs_regime_end_date: midnight(context.mhhsRegimeEnd?.date),
    reverse_migration_from: midnight(context.reverseMigration?.from),
    metering_service_appointments: context.meteringServices.map(toAppointment),
    linked_mpans: context.linked.map((link) => ({ mpan_core: Number(link.mpan), energy_direction: link.direction, supplier_mpid: link.supplierMpid })),
  };
}

export interface MeterView {
  readonly mpan_core: number;
  readonly meter_id: string;
  readonly meter_type: Text;
  readonly manufacturer: Text;
  readonly meter_installation_datetime: Text;
  readonly meter_location: Text;
  readonly meter_removal_datetime: Text;
  /** Settlement date `YYYY-MM-DD`. */
  readonly effective_from_settlement_date_msmtd: SettlementDate;
  readonly meter_asset_provider_id: Text;
  readonly meter_asset_provider_efd: Text;
  /** What an IF-036 tells of a half-hourly meter: every meter of an MHHS meter point is one. */
  readonly hh_mtd: { readonly esme_id: Text; readonly meter_location: Text; readonly meter_asset_provider_id: Text; readonly meter_asset_provider_efd: Text };
  readonly nhh_mtd: null;
}

/** Meter technical details, by meter id. `asOf`: only those that were known to be there on that day; null: all that are known now. */
export function toMeterViews(doc: ActorDoc, asOf: SettlementDate | null): readonly MeterView[] {
  const context = contextOf(doc);
  return Object.entries(context.meters)
    .filter(([, meter]) => asOf === null || wasThere(meter, asOf))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([meterId, meter]) => toMeterView(context.mpan, meterId, meter));
}

function toMeterView(mpan: string, meterId: string, { items, from }: Meter): MeterView {
  const provider = { meter_asset_provider_id: items.meter_asset_provider_id ?? null, meter_asset_provider_efd: items.meter_asset_provider_efd ?? null };
  return {
    mpan_core: Number(mpan),
    meter_id: meterId,
    meter_type: items.meter_type ?? null,
    manufacturer: items.manufacturer ?? null,
    meter_installation_datetime: items.meter_installation_datetime ?? null,
    meter_location: items.meter_location ?? null,
    meter_removal_datetime: null,
    effective_from_settlement_date_msmtd: from,
    ...provider,
    hh_mtd: { esme_id: items.esme_id ?? null, meter_location: items.meter_location ?? null, ...provider },
    nhh_mtd: null,
  };
}

function wasThere(meter: Meter, day: SettlementDate): boolean {
  const installed = meter.items.meter_installation_datetime?.slice(0, 10);
  return meter.since <= day || (installed !== undefined && installed <= day);
}

/** The machine's context inside a stored document of the kind `mpan`. */
export function contextOf(doc: ActorDoc): MpanContext {
  return (doc.snapshot as unknown as { readonly context: MpanContext }).context;
}

function itemOn(context: MpanContext, item: keyof MpanContext['versions'], day: SettlementDate): Version | undefined {
  const versions = context.versions[item];
  return versions === undefined ? undefined : versionOn(versions, day);
}

/** A segment that was imported as prospective, or one whose day is still to come. */
function prospective(context: MpanContext, day: SettlementDate): Text {
  const last = context.versions.market_segment?.at(-1);
  if (last !== undefined && last.from > day && context.versions.market_segment?.length !== 1) return textOf(last);
  return context.facts.prospective_market_segment ?? null;
}

function toAppointment(row: ServiceRow): ServiceAppointmentView {
  return { dip_id: row.dipId, mpid: row.mpid, efd: midnight(row.efd), etd: midnight(row.etd) };
}

function addressLines(lines: readonly Text[]): Pick<MpanView, `address_line_${1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9}`> {
  const line = (index: number): Text => lines[index - 1] ?? null;
  return {
    address_line_1: line(1),
    address_line_2: line(2),
    address_line_3: line(3),
    address_line_4: line(4),
    address_line_5: line(5),
    address_line_6: line(6),
    address_line_7: line(7),
    address_line_8: line(8),
    address_line_9: line(9),
  };
}

const midnight = (date: SettlementDate | null | undefined): Text => (date === null || date === undefined ? null : londonMidnight(date));
const textOf = (version: Version | undefined): Text => (typeof version?.value === 'string' ? version.value : null);
const efdOf = (version: Version | undefined): Text => (version === undefined || version.imported === true ? null : londonMidnight(version.from));
