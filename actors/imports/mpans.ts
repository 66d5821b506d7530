/** MPAN records from a file: columns are the members of `MpanFacts` with `mpan_core`, and `mpid` where a file serves several suppliers. */
import type { Mpan, MpanFacts, Mpid } from '../../machines/mpan/index.ts';
import { date, dipId, type Field, flag, line, matching, mpan, mpid } from './fields.ts';
import { type ImportFormat, type Parsed, type RawRecord, readRecords, refusal } from './records.ts';

/** One line: whose record, and what it says. `mpid` null: the command names the supplier. */
export interface MpanLine {
  readonly mpan: Mpan;
  readonly mpid: Mpid | null;
  readonly facts: MpanFacts;
}

export interface ParseMpansOptions {
  readonly enforceCheckDigit?: boolean;
  readonly maxLineBytes?: number;
}

const ADDRESS = Array.from({ length: 9 }, (_, index) => `address_line_${index + 1}`);

const FACTS: { readonly [name in Exclude<keyof MpanFacts, 'address_lines'>]-?: Field<string | boolean> } = {
  gsp_group_id: matching(/^_[A-HJ-NP]$/, 'gsp_group'),
  distributor_mpid: mpid,
  distributor_dip_id: dipId,
  energy_direction: matching(/^[IE]$/, 'one_of_I_E'),
  energisation_status: matching(/^[DEU]$/, 'one_of_D_E_U'),
  market_segment: matching(/^[SAU]$/, 'one_of_S_A_U'),
  prospective_market_segment: matching(/^[SAU]$/, 'one_of_S_A_U'),
  connection_type_indicator: matching(/^[WLHEU]$/, 'one_of_W_L_H_E_U'),
  metered_indicator: flag,
  duos_tariff_id: matching(/^[0-9A-Za-z]{1,3}$/, 'duos_tariff'),
  domestic_indicator: flag,
  measurement_class_id: matching(/^[A-Z]$/, 'one_letter'),
  metering_service_dip_id: dipId,
  metering_service_mpid: mpid,
  metering_service_efd: date,
  metering_service_etd: date,
  data_service_dip_id: dipId,
  data_service_mpid: mpid,
  data_service_efd: date,
  data_service_etd: date,
  legacy_mop_mpid: mpid,
  registration_efd: date,
  css_registration_id: line(36),
  postcode: line(10),
};

/** Columns of a CSV file; JSON lines may have `address_lines` as a list as well. */
export const MPAN_COLUMNS: readonly string[] = ['mpan_core', 'mpid', ...Object.keys(FACTS), ...ADDRESS];

/** Streams the lines of a file. A bad line is named with the first rule it breaks, and the rest goes on. */
export async function* parseMpans(stream: AsyncIterable<Uint8Array>, format: ImportFormat, options: ParseMpansOptions = {}): AsyncGenerator<Parsed<MpanLine>> {
  const columns = new Set(format === 'jsonl' ? [...MPAN_COLUMNS, 'address_lines'] : MPAN_COLUMNS);
  const mpanField = mpan(options.enforceCheckDigit === true);
  const limits = options.maxLineBytes === undefined ? {} : { maxLineBytes: options.maxLineBytes };
  for await (const read of readRecords(stream, { format, columns, required: ['mpan_core'], ...limits })) {
    yield 'refused' in read ? read : toLine(read.line, read.value, mpanField);
  }
}

function toLine(number: number, record: RawRecord, mpanField: Field<Mpan>): Parsed<MpanLine> {
  const core = mpanField(record.mpan_core);
  if ('rule' in core) return { line: number, refused: refusal('mpan_core', core.rule, record.mpan_core ?? '') };
  const owner = record.mpid === undefined || record.mpid === null ? { ok: null } : mpid(record.mpid);
  if ('rule' in owner) return { line: number, refused: refusal('mpid', owner.rule, record.mpid) };
  const facts: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(FACTS)) {
    const value = record[name];
    if (value === undefined) continue;
    const read = value === null ? { ok: null } : field(value);
    if ('rule' in read) return { line: number, refused: refusal(name, read.rule, value) };
    facts[name] = read.ok;
  }
  const address = readAddress(record);
  if (address !== null && 'refused' in address) return { line: number, refused: address.refused };
  if (address !== null) facts.address_lines = address.lines;
  return { line: number, value: { mpan: core.ok, mpid: owner.ok, facts: facts as MpanFacts } };
}

const ADDRESS_LINE = line(40);

/** Null where the record says nothing of the address. */
function readAddress(record: RawRecord): { readonly lines: readonly (string | null)[] | null } | { readonly refused: ReturnType<typeof refusal> } | null {
  const listed = record.address_lines;
  if (listed === null) return { lines: null };
  if (listed !== undefined && (!Array.isArray(listed) || listed.length > ADDRESS.length))
    return { refused: refusal('address_lines', 'list_of_up_to_9', listed) };
  const given: readonly unknown[] = Array.isArray(listed) ? listed : ADDRESS.map((name) => record[name]);
  if (given.every((value) => value === undefined)) return null;
  const lines: (string | null)[] = [];
  for (const [index, value] of given.entries()) {
    const read = value === undefined || value === null ? { ok: null } : ADDRESS_LINE(value);
    if ('rule' in read) return { refused: refusal(ADDRESS[index] ?? 'address_lines', read.rule, value) };
    lines.push(read.ok);
  }
  return { lines };
}
