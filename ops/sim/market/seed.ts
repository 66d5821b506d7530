/**
 * The demo market's standing data, made by arithmetic: the same number gives the same meter points and agents on every machine. The
 * engine loads the same lines that the simulated registry knows (`mpans import`, `agents import`).
 */

const WEIGHTS = [3, 5, 7, 13, 17, 19, 23, 29, 31, 37, 41, 43];
/** Unique number of the first seeded meter point, which makes it 2000056535971, the one of the published examples. */
const FIRST_UNIQUE = 5_653_597;
const PREFIX = '20';

/** The documented sample, which fails the check-digit rule; the demo market knows it all the same (appointments 0.2). */
export const DOCUMENTED_MPAN = '1234567890123';

export const SUPPLIER = { dipId: '2300000012', mpid: 'SUPX' } as const;
export const REGISTRY_DIP_ID = '2200000003';
export const LEGACY_MOP = 'LMOP';

/** An agent as IF-047 and the import line have it. */
export interface Agent {
  readonly dip_id: string;
  readonly mpid: string;
  readonly name: string;
  readonly role: string;
  /** Settlement date. */
  readonly effective_from: string;
}

export const AGENTS: readonly Agent[] = [
  { dip_id: '2300000012', mpid: 'SUPX', name: 'Supplier X', role: 'SUP', effective_from: '2020-04-01' },
  { dip_id: '2300000023', mpid: 'SUPY', name: 'Supplier Y', role: 'SUP', effective_from: '2020-04-01' },
  { dip_id: '2300000045', mpid: 'SUPZ', name: 'Supplier Z', role: 'SUP', effective_from: '2020-04-01' },
  { dip_id: '2300000067', mpid: 'SUPW', name: 'Supplier W', role: 'SUP', effective_from: '2020-04-01' },
  { dip_id: '2200000003', mpid: 'REGX', name: 'Registration Service', role: 'REGS', effective_from: '2020-04-01' },
  { dip_id: '1200000015', mpid: 'MOPX', name: 'Metering Service X', role: 'MSS', effective_from: '2020-04-01' },
  { dip_id: '1200000026', mpid: 'MOPY', name: 'Metering Service Y', role: 'MSS', effective_from: '2020-04-01' },
  { dip_id: '1200000037', mpid: 'MOAX', name: 'Advanced Metering Service', role: 'MSA', effective_from: '2020-04-01' },
  { dip_id: '1200000048', mpid: 'UMSX', name: 'Unmetered Supplies Operator', role: 'UMSO', effective_from: '2020-04-01' },
  { dip_id: '1400000017', mpid: 'SDSX', name: 'Smart Data Service', role: 'SDS', effective_from: '2020-04-01' },
  { dip_id: '1100000019', mpid: 'ADSX', name: 'Advanced Data Service', role: 'ADS', effective_from: '2020-04-01' },
  { dip_id: '2500000033', mpid: 'DNOX', name: 'Distributor X', role: 'LDSO', effective_from: '2020-04-01' },
  { dip_id: '1800000008', mpid: 'MDSX', name: 'Market-wide Data Service', role: 'MDS', effective_from: '2020-04-01' },
];

/** Check digit of the first 12 digits (appointments 10.1). */
export function checkDigit(first12: string): string {
  let sum = 0;
  for (let index = 0; index < 12; index += 1) sum += (WEIGHTS[index] as number) * (first12.charCodeAt(index) - 48);
  return String((sum % 11) % 10);
}

/** Whether a 13-digit text ends in its check digit. */
export function hasCheckDigit(mpan: string): boolean {
  return /^\d{13}$/.test(mpan) && checkDigit(mpan) === mpan[12];
}

/** The `index`-th seeded meter point (0 first), always with a valid check digit. */
export function seededMpan(index: number): string {
  const first12 = PREFIX + String(FIRST_UNIQUE + index).padStart(10, '0');
  return first12 + checkDigit(first12);
}

/** The place of a seeded meter point among the first `count`, or -1. */
export function seededIndex(mpan: string, count: number): number {
  if (!mpan.startsWith(PREFIX)) return -1;
  const index = Number(mpan.slice(2, 12)) - FIRST_UNIQUE;
  return index >= 0 && index < count && seededMpan(index) === mpan ? index : -1;
}

/** A line of `mpans import`. Every tenth seeded meter point (7, 17, …) is not migrated yet and has a legacy meter operator, for MCA and MCS. */
export interface MpanLine {
  readonly mpid: string;
  readonly mpan_core: number;
  readonly [fact: string]: unknown;
}

/** Whether the `index`-th seeded meter point still has its legacy meter operator. */
export function isUnmigrated(index: number): boolean {
  return index % 10 === 7;
}

function postcodeOf(index: number): string {
  return `SO${15 + (index % 5)} ${index % 10}${String.fromCharCode(65 + (index % 8))}${String.fromCharCode(65 + ((index >> 3) % 8))}`;
}

/** One meter point as the importer reads it. `index` -1 is the documented sample. */
export function mpanLine(index: number): MpanLine {
  const migrated = !isUnmigrated(index);
  return {
    mpid: SUPPLIER.mpid,
    mpan_core: index < 0 ? Number(DOCUMENTED_MPAN) : Number(seededMpan(index)),
    gsp_group_id: '_H',
    distributor_mpid: 'DNOX',
    distributor_dip_id: '2500000033',
    energy_direction: 'I',
    energisation_status: 'E',
    market_segment: 'S',
    connection_type_indicator: 'W',
    metering_service_dip_id: migrated ? '1200000026' : null,
    metering_service_mpid: migrated ? 'MOPY' : null,
    metering_service_efd: migrated ? '2025-11-01' : null,
    data_service_dip_id: migrated ? '1400000017' : null,
    data_service_mpid: migrated ? 'SDSX' : null,
    data_service_efd: migrated ? '2025-11-01' : null,
    legacy_mop_mpid: migrated ? null : LEGACY_MOP,
    registration_efd: '2024-04-01',
    address_lines: [null, null, String(Math.max(index, 0) + 1), null, 'HIGH STREET', null, null, 'SOUTHAMPTON', null],
    postcode: postcodeOf(Math.max(index, 0)),
  };
}

/** Import lines (JSON lines) for `count` meter points of SUPX and the documented sample. */
export function* mpansJsonl(count: number): Generator<string> {
  yield `${JSON.stringify(mpanLine(-1))}\n`;
  for (let index = 0; index < count; index += 1) yield `${JSON.stringify(mpanLine(index))}\n`;
}

/** Import lines (JSON lines) for all agents of the demo market. */
export function* agentsJsonl(): Generator<string> {
  for (const agent of AGENTS) yield `${JSON.stringify(agent)}\n`;
}
