/**
 * Lines of a file of meter keys. A line is taken whole or refused by field and rule; no refusal shows what stood there, as it may be a
 * key in the wrong column.
 */
import { fromHex } from '../../workers/codec/common/index.ts';
import { type ImportFormat, type Parsed, type RawRecord, type Refusal, readRecords } from '../imports/records.ts';
import { serialName } from './records.ts';

export const METER_KEY_COLUMNS = [
  'serial_number',
  'address',
  'suite',
  'encryption_key',
  'authentication_key',
  'client_title',
  'server_title',
  'form',
  'dedicated',
  'next_counter',
] as const;

const REQUIRED = ['encryption_key', 'authentication_key', 'client_title'] as const;

type Column = (typeof METER_KEY_COLUMNS)[number];

/** One line. Keys are raw octets, for whoever seals them and fills them with zeros. */
export interface MeterKeyLine {
  /** `serial:…` or `address:…`. */
  readonly meter: string;
  readonly suite: 0 | 1 | 2;
  readonly encryptionKey: Uint8Array;
  readonly authenticationKey: Uint8Array;
  readonly clientSystemTitle: Uint8Array;
  readonly serverSystemTitle: Uint8Array | undefined;
  readonly form: 'glo' | 'general-glo' | undefined;
  readonly dedicated: boolean;
  /** The least counter that this installation may use, for keys that were used elsewhere before. */
  readonly nextCounter: number | undefined;
}

const COLUMNS: ReadonlySet<string> = new Set(METER_KEY_COLUMNS);
const TITLE_OCTETS = 8;

/**
 * Streams the lines of a file.
 *
 * @param canonicalOf the canonical form of a remote address; undefined when it is none
 */
export async function* parseMeterKeys(
  stream: AsyncIterable<Uint8Array>,
  format: ImportFormat,
  canonicalOf: (address: string) => string | undefined,
): AsyncGenerator<Parsed<MeterKeyLine>> {
  for await (const read of readRecords(stream, { format, columns: COLUMNS, required: REQUIRED })) {
    if ('refused' in read) yield { line: read.line, refused: hidden(read.refused) };
    else {
      const line = lineOf(read.value, canonicalOf);
      yield 'rule' in line ? { line: read.line, refused: hidden(line) } : { line: read.line, value: line };
    }
  }
}

/** A file without a header has keys where the names of columns belong. */
const hidden = ({ field, rule }: Pick<Refusal, 'field' | 'rule'>): Refusal => ({ field: COLUMNS.has(field) ? field : '', rule, value: '' });

type Fault = { readonly field: Column; readonly rule: string };

class LineFault extends Error {
  readonly fault: Fault;
  constructor(field: Column, rule: string) {
    super(rule);
    this.fault = { field, rule };
  }
}

function lineOf(record: RawRecord, canonicalOf: (address: string) => string | undefined): MeterKeyLine | Fault {
  try {
    const suite = suiteOf(record);
    const keyOctets = suite === 2 ? 32 : 16;
    return {
      meter: meterOf(record, canonicalOf),
      suite,
      encryptionKey: octets(record, 'encryption_key', keyOctets),
      authenticationKey: octets(record, 'authentication_key', keyOctets),
      clientSystemTitle: octets(record, 'client_title', TITLE_OCTETS),
      serverSystemTitle: text(record, 'server_title') === undefined ? undefined : octets(record, 'server_title', TITLE_OCTETS),
      form: formOf(record),
      dedicated: flagOf(record),
      nextCounter: counterOf(record),
    };
  } catch (error) {
    if (error instanceof LineFault) return error.fault;
    throw error;
  }
}

function text(record: RawRecord, column: Column): string | undefined {
  const value = record[column];
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value === 'string') return value.trim();
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new LineFault(column, 'text');
}

function octets(record: RawRecord, column: Column, count: number): Uint8Array {
  const found = fromHex(text(record, column) ?? '');
  if (found?.length !== count) throw new LineFault(column, `hex_of_${count}_octets`);
  return found;
}

function meterOf(record: RawRecord, canonicalOf: (address: string) => string | undefined): string {
  const serial = text(record, 'serial_number');
  const address = text(record, 'address');
  if ((serial === undefined) === (address === undefined)) throw new LineFault('serial_number', 'serial_number_or_address');
  if (serial !== undefined) {
    if (!/^[A-Za-z0-9./_-]{1,64}$/.test(serial)) throw new LineFault('serial_number', 'serial_number');
    return serialName(serial);
  }
  const canonical = canonicalOf(address ?? '');
  if (canonical === undefined) throw new LineFault('address', 'remote_address');
  return `address:${canonical}`;
}

function suiteOf(record: RawRecord): 0 | 1 | 2 {
  const suite = text(record, 'suite') ?? '0';
  if (suite === '0') return 0;
  if (suite === '1') return 1;
  if (suite === '2') return 2;
  throw new LineFault('suite', '0_1_or_2');
}

function formOf(record: RawRecord): 'glo' | 'general-glo' | undefined {
  const form = text(record, 'form');
  if (form === undefined || form === 'glo' || form === 'general-glo') return form;
  throw new LineFault('form', 'glo_or_general-glo');
}

function flagOf(record: RawRecord): boolean {
  const flag = text(record, 'dedicated') ?? 'false';
  if (flag === 'true' || flag === 'false') return flag === 'true';
  throw new LineFault('dedicated', 'true_or_false');
}

function counterOf(record: RawRecord): number | undefined {
  const counter = text(record, 'next_counter');
  if (counter === undefined) return undefined;
  if (/^\d{1,10}$/.test(counter) && Number(counter) <= 0xffff_ffff) return Number(counter);
  throw new LineFault('next_counter', '0_to_4294967295');
}
