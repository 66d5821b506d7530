/**
 * COSEM date-time, date and time (meter-protocols 5.7; Blue Book, date and time formats).
 *
 * ```
 *   year(2) month day dayOfWeek | hour minute second hundredths | deviation(2) status
 *   └────────── date, 5 ──────┘ └───────── time, 4 ─────────┘
 *
 *   not specified (null here): year FFFF, deviation 8000, every other octet FF
 *   month FD end, FE begin of daylight saving; day FD second last, FE last of the month: these stay numbers
 *   status 01 invalid, 02 doubtful, 04 other clock base, 08 invalid status, 80 daylight saving active
 * ```
 *
 * Leniency `out-of-range`: fields outside their range are given as they stand. The weekday is never compared with the date.
 */
import { allows, bad, type Decoded, type Encoded, good, incomplete, type LeniencyName, type LeniencyOptions, Writer } from '../common/index.ts';

/** 1 Monday to 7 Sunday. */
export interface CosemDate {
  readonly year: number | null;
  readonly month: number | null;
  readonly day: number | null;
  readonly dayOfWeek: number | null;
}

export interface CosemTime {
  readonly hour: number | null;
  readonly minute: number | null;
  readonly second: number | null;
  readonly hundredths: number | null;
}

export interface DateTimeFields extends CosemDate, CosemTime {
  /** By the Blue Book local time + deviation = UTC, so British Summer Time is -60. Some meters have the opposite sign. */
  readonly deviationMinutes: number | null;
  readonly clockStatus: number | null;
}

export interface DateTime extends DateTimeFields {
  /** The bits of `clockStatus`; empty when that is null. */
  readonly statusFlags: readonly ClockStatusFlag[];
}

/** In the order in which flags are listed. */
export const CLOCK_STATUS = { invalid: 0x01, doubtful: 0x02, differentClockBase: 0x04, invalidClockStatus: 0x08, daylightSavingActive: 0x80 } as const;

export type ClockStatusFlag = keyof typeof CLOCK_STATUS;

const FLAGS = Object.keys(CLOCK_STATUS) as readonly ClockStatusFlag[];

/** Deviations of all zones of the world, in either sign. */
export const MOST_DEVIATION_MINUTES = 840;

type Field = keyof DateTimeFields;

const LENGTHS = { 'date-time': 12, date: 5, time: 4 } as const;

/** What each field may be besides null and the codes FD and FE. */
const RANGES: Readonly<Record<Field, readonly [least: number, most: number]>> = {
  year: [0, 0xfffe],
  month: [1, 12],
  day: [1, 31],
  dayOfWeek: [1, 7],
  hour: [0, 23],
  minute: [0, 59],
  second: [0, 59],
  hundredths: [0, 99],
  deviationMinutes: [-MOST_DEVIATION_MINUTES, MOST_DEVIATION_MINUTES],
  clockStatus: [0, 0xff],
};

const CODED: ReadonlySet<Field> = new Set<Field>(['month', 'day']);

/** Twelve octets. */
export function decodeDateTime(octets: Uint8Array, options?: LeniencyOptions): Decoded<DateTime> {
  const clockStatus = octetAt(octets, 11);
  const deviation = (((octets[9] ?? 0) << 24) | ((octets[10] ?? 0) << 16)) >> 16;
  const value: DateTime = {
    ...dateAt(octets),
    ...timeAt(octets, 5),
    deviationMinutes: deviation === -0x8000 ? null : deviation,
    clockStatus,
    statusFlags: statusFlagsOf(clockStatus),
  };
  return checked('date-time', octets, value, options);
}

/** Five octets. */
export function decodeDate(octets: Uint8Array, options?: LeniencyOptions): Decoded<CosemDate> {
  return checked('date', octets, dateAt(octets), options);
}

/** Four octets. */
export function decodeTime(octets: Uint8Array, options?: LeniencyOptions): Decoded<CosemTime> {
  return checked('time', octets, timeAt(octets, 0), options);
}

/** Any number that its octets can hold is written, also one outside its range, so that whatever was read can be written. */
export function encodeDateTime(fields: DateTimeFields): Encoded {
  const writer = new Writer(12);
  writeDate(writer, fields);
  writeTime(writer, fields);
  const { deviationMinutes } = fields;
  writer.u16(deviationMinutes === null ? 0x8000 : writer.bounded('deviationMinutes', deviationMinutes, -0x8000, 0x7fff));
  writeOctet(writer, 'clockStatus', fields.clockStatus);
  return writer.finish();
}

export function encodeDate(fields: CosemDate): Encoded {
  const writer = new Writer(5);
  writeDate(writer, fields);
  return writer.finish();
}

export function encodeTime(fields: CosemTime): Encoded {
  const writer = new Writer(4);
  writeTime(writer, fields);
  return writer.finish();
}

export function statusFlagsOf(clockStatus: number | null): readonly ClockStatusFlag[] {
  return clockStatus === null ? [] : FLAGS.filter((flag) => (clockStatus & CLOCK_STATUS[flag]) !== 0);
}

export function clockStatusOf(flags: readonly ClockStatusFlag[]): number {
  return flags.reduce((status, flag) => status | CLOCK_STATUS[flag], 0);
}

/** The first field that is a number outside its range, if any. FD and FE are in range for month and day. */
export function fieldOutOfRange(value: Partial<DateTimeFields>): Field | undefined {
  for (const field of Object.keys(RANGES) as Field[]) {
    const number = value[field];
    if (number === undefined || number === null) continue;
    const [least, most] = RANGES[field];
    const coded = CODED.has(field) && (number === 0xfd || number === 0xfe);
    if (!coded && (number < least || number > most)) return field;
  }
  return undefined;
}

function checked<T extends Partial<DateTimeFields>>(
  name: keyof typeof LENGTHS,
  octets: Uint8Array,
  value: T,
  options: LeniencyOptions | undefined,
): Decoded<T> {
  const length = LENGTHS[name];
  if (octets.length < length) return incomplete(length);
  const leniencies: LeniencyName[] = [];
  const wrong = fieldOutOfRange(value);
  if (wrong !== undefined) {
    const [least, most] = RANGES[wrong];
    if (!allows(options, 'out-of-range')) return bad('bad_value', 0, `${wrong}: from ${least} to ${most}`, value[wrong] ?? '', octets.length);
    leniencies.push('out-of-range');
  }
  if (octets.length > length) {
    if (!allows(options, 'trailing-octets')) {
      return bad('trailing_octets', length, `${name}: ${length} octets`, `${octets.length} octets`, octets.length);
    }
    leniencies.push('trailing-octets');
  }
  return good(value, length, leniencies);
}

function octetAt(octets: Uint8Array, at: number): number | null {
  const octet = octets[at] ?? 0xff;
  return octet === 0xff ? null : octet;
}

function dateAt(octets: Uint8Array): CosemDate {
  const year = ((octets[0] ?? 0xff) << 8) | (octets[1] ?? 0xff);
  return { year: year === 0xffff ? null : year, month: octetAt(octets, 2), day: octetAt(octets, 3), dayOfWeek: octetAt(octets, 4) };
}

function timeAt(octets: Uint8Array, at: number): CosemTime {
  return { hour: octetAt(octets, at), minute: octetAt(octets, at + 1), second: octetAt(octets, at + 2), hundredths: octetAt(octets, at + 3) };
}

function writeDate(writer: Writer, { year, month, day, dayOfWeek }: CosemDate): void {
  writer.u16(year === null ? 0xffff : writer.bounded('year', year, 0, 0xffff));
  writeOctet(writer, 'month', month);
  writeOctet(writer, 'day', day);
  writeOctet(writer, 'dayOfWeek', dayOfWeek);
}

function writeTime(writer: Writer, { hour, minute, second, hundredths }: CosemTime): void {
  writeOctet(writer, 'hour', hour);
  writeOctet(writer, 'minute', minute);
  writeOctet(writer, 'second', second);
  writeOctet(writer, 'hundredths', hundredths);
}

function writeOctet(writer: Writer, field: string, value: number | null): void {
  writer.u8(value === null ? 0xff : writer.bounded(field, value, 0, 0xff));
}
