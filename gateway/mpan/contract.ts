/** The contract of `GET /mpan/v1/{mpid}` and `GET /meter-technical-details/v1/{mpid}` (appointments 1.7). */
import Type, { type TSchema } from 'typebox';
import { MpanNumber } from '../appointment/contract.ts';
import { named, type Operation, type Parameter } from '../contract/operation.ts';
import { supplierOperation } from '../contract/refusals.ts';
import { MPAN_PATTERN } from '../requests/contract.ts';

const Closed = { additionalProperties: false } as const;
const Text = Type.Union([Type.String(), Type.Null()]);
const Flag = Type.Union([Type.Boolean(), Type.Null()]);
const LondonMidnight = Type.Union([Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}T00:00:00\\+0[01]:00$' }), Type.Null()], { description: 'Midnight in London' });

const each = <T extends TSchema>(schema: T, names: readonly string[]): Record<string, T> => Object.fromEntries(names.map((name) => [name, schema]));
const texts = (...names: string[]) => each(Text, names);
const dates = (...names: string[]) => each(LondonMidnight, names);

export const MpanViewSchema = named(
  'Mpan',
  Type.Object(
    {
      id: MpanNumber,
      mpan_core: MpanNumber,
      ...texts('address_line_1', 'address_line_2', 'address_line_3', 'address_line_4', 'address_line_5', 'address_line_6', 'address_line_7'),
      ...texts('address_line_8', 'address_line_9', 'postcode', 'gsp_group_id', 'distributor_dip_id', 'distributor_mpid'),
      domestic_indicator: Flag,
      metered_indicator: Flag,
      ...texts('energy_direction', 'duos_tariff_id', 'energisation_status', 'connection_type_indicator', 'market_segment', 'prospective_market_segment'),
      ...dates('domestic_indicator_efd', 'duos_tariff_efd', 'energisation_status_efd', 'connection_type_indicator_efd', 'market_segment_efd'),
      ...texts('measurement_class_id', 'metering_service_dip_id', 'metering_service_mpid', 'data_service_dip_id', 'data_service_mpid'),
      ...dates('metering_service_efd', 'metering_service_etd', 'data_service_efd', 'data_service_etd'),
      ...texts('mdr_dip_id', 'mdr_mpid', 'mdr_efd', 'registration_id', 'legacy_mop_mpid'),
      ...dates('supply_start_date', 'mhhs_regime_end_date', 'reverse_migration_from'),
      metering_service_appointments: Type.Array(Type.Object({ dip_id: Text, mpid: Text, efd: LondonMidnight, etd: LondonMidnight }, Closed), {
        description: 'Every appointment known, oldest first',
      }),
      linked_mpans: Type.Array(Type.Object({ mpan_core: MpanNumber, energy_direction: Text, supplier_mpid: Text }, Closed)),
    },
    { ...Closed, description: 'The record as it stands today in London. What no source has stated is null.' },
  ),
);

export const MeterViewSchema = named(
  'Meter',
  Type.Object(
    {
      mpan_core: MpanNumber,
      meter_id: Type.String(),
      ...texts('meter_type', 'manufacturer', 'meter_installation_datetime', 'meter_location', 'meter_removal_datetime'),
      effective_from_settlement_date_msmtd: Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$' }),
      ...texts('meter_asset_provider_id', 'meter_asset_provider_efd'),
      hh_mtd: Type.Object(texts('esme_id', 'meter_location', 'meter_asset_provider_id', 'meter_asset_provider_efd'), Closed),
      nhh_mtd: Type.Null(),
    },
    Closed,
  ),
);

const MpanId: Parameter = { name: 'mpan_id', in: 'query', required: true, description: 'Metering point', schema: Type.String({ pattern: MPAN_PATTERN }) };

export const mpanOperations: readonly Operation[] = [
  supplierOperation({
    method: 'GET',
    path: '/mpan/v1/:mpid',
    id: 'readMpan',
    tag: 'Market data',
    summary: 'Read what is known of a metering point',
    parameters: [MpanId],
    answers: { 200: { description: 'The record', schema: MpanViewSchema } },
    refuses: [404],
    examples: {
      seed: { description: 'The documented metering point.', parameters: { mpid: 'SUPX', mpan_id: '1234567890123' }, status: 200 },
      try: ({ mpid, mpan }) => ({ parameters: { mpid, mpan_id: mpan }, status: 200 }),
    },
  }),
  supplierOperation({
    method: 'GET',
    path: '/meter-technical-details/v1/:mpid',
    id: 'readMeterTechnicalDetails',
    tag: 'Market data',
    summary: 'Read the meters of a metering point',
    parameters: [
      MpanId,
      {
        name: 'as_of',
        in: 'query',
        description: 'Only meters that were there on that day: a date, or a date and time',
        schema: Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}' }),
      },
    ],
    answers: { 200: { description: 'Its meters; none known is an empty list', schema: Type.Array(MeterViewSchema) } },
    examples: {
      seed: { description: 'The documented metering point.', parameters: { mpid: 'SUPX', mpan_id: '1234567890123', as_of: '2026-03-24' }, status: 200 },
      try: ({ mpid, mpan }) => ({ parameters: { mpid, mpan_id: mpan }, status: 200 }),
    },
  }),
];
