/**
 * Messages of Cewe ProMeter by IEC 62056-21: six-digit ids of ProMeter W and R, four-digit registers of the older ProMeter
 * (meter-protocols 6.6, 6.7).
 *
 * | id     | what          | value                                             |
 * | 108700 | serial number | text                                              |
 * | 100C00 | clock         | `yyyymmdd,hhmmss`; not set: `19700101,000000`     |
 * | 108A00 | slide         | `S,P`: S -28800 to 28800 s, P 1 to 40 % a minute  |
 * | 102500 | firmware      | text                                              |
 * | 10DA00 | firmware      | text                                              |
 * | 0001   | serial number | one letter, six digits                            |
 * | 0006   | software      | text                                              |
 * | 0021   | date          | `yyMMdd`                                          |
 * | 0022   | time          | `HHmmss`                                          |
 */
import { codecError, type Decoded, type Encoded, encoded, good, unencodable } from '../common/index.ts';
import { type CivilTime, type CommandTelegram, checkedTime, command, fieldFault, octetsOf } from '../iec62056-21/index.ts';

export const CEWE_MESSAGES = { serialNumber: '108700', clock: '100C00', slide: '108A00', firmware: '102500', firmware2: '10DA00' } as const;
export const CEWE_REGISTERS = { serialNumber: '0001', software: '0006', date: '0021', time: '0022' } as const;

export interface CeweSlide {
  /** Negative slides the clock back. */
  readonly seconds: number;
  /** Per cent a minute; a reader in the field always takes 40. */
  readonly rate: number;
}

export type CeweDate = Pick<CivilTime, 'year' | 'month' | 'day'>;
export type CeweTime = Pick<CivilTime, 'hour' | 'minute' | 'second'>;

const two = (value: number): string => String(value).padStart(2, '0');
const refuse = (rule: string, value: string) => ({ kind: 'bad', error: codecError('bad_value', 0, rule, value.slice(0, 24)), consumed: value.length }) as const;

/** A message id: six hex digits, or four characters of a register. */
export const isMessageId = (text: string): boolean => /^(?:[0-9A-F]{6}|[0-9A-F]{4})$/i.test(text);

/** `R1 108700(1)`. @param count locations, 1 to 16. Errors: `bad_value` */
export function ceweRead(messageId: string, count = 1): { readonly kind: 'good'; readonly value: CommandTelegram } | ReturnType<typeof unencodable> {
  if (!isMessageId(messageId)) return unencodable('messageId: six or four hex digits', messageId);
  if (!Number.isInteger(count) || count < 1 || count > 16) return unencodable('count: 1 to 16 locations', count);
  return { kind: 'good', value: command('R1', `${messageId}(${count})`) };
}

/** `W1 108A00(-20,40)`. Errors: `bad_value` */
export function ceweWrite(messageId: string, value: string): { readonly kind: 'good'; readonly value: CommandTelegram } | ReturnType<typeof unencodable> {
  if (!isMessageId(messageId)) return unencodable('messageId: six or four hex digits', messageId);
  if (!/^[^()*/!]{0,128}$/.test(value)) return unencodable('value: at most 128 characters without ( ) * / !', value.length);
  return { kind: 'good', value: command('W1', `${messageId}(${value})`) };
}

/** Value of 100C00. Errors: `bad_value`. */
export function decodeCeweClock(value: string): Decoded<CivilTime> {
  const parts = /^(\d{4})(\d\d)(\d\d),(\d\d)(\d\d)(\d\d)$/.exec(value)?.slice(1).map(Number);
  if (parts === undefined) return refuse('clock: yyyymmdd,hhmmss', value);
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts;
  return checkedTime({ year, month, day, hour, minute, second }, value.length);
}

export function encodeCeweClock(at: CivilTime): Encoded {
  const fault = fieldFault(at);
  if (fault !== undefined) return unencodable(fault.rule, fault.got);
  const year = String(at.year).padStart(4, '0');
  return encoded(octetsOf(`${year}${two(at.month)}${two(at.day)},${two(at.hour)}${two(at.minute)}${two(at.second)}`));
}

/** The meter's clock was never set. */
export const isUnsetCeweClock = (at: CivilTime): boolean =>
  at.year === 1970 && at.month === 1 && at.day === 1 && at.hour === 0 && at.minute === 0 && at.second === 0;

const slideFault = ({ seconds, rate }: CeweSlide): string | undefined => {
  if (!Number.isInteger(seconds) || Math.abs(seconds) > 28_800) return 'slide seconds: -28800 to 28800';
  if (!Number.isInteger(rate) || rate < 1 || rate > 40) return 'slide rate: 1 to 40 per cent a minute';
  return undefined;
};

/** Value of 108A00. Errors: `bad_value`. */
export function decodeCeweSlide(value: string): Decoded<CeweSlide> {
  const [, seconds, rate] = /^([+-]?\d{1,5}),(\d{1,2})$/.exec(value) ?? [];
  if (seconds === undefined || rate === undefined) return refuse('slide: S,P', value);
  // The sum takes the sign off a zero.
  const slide = { seconds: Number(seconds) + 0, rate: Number(rate) };
  const fault = slideFault(slide);
  return fault === undefined ? good(slide, value.length) : refuse(fault, value);
}

export function encodeCeweSlide(slide: CeweSlide): Encoded {
  const fault = slideFault(slide);
  return fault === undefined ? encoded(octetsOf(`${slide.seconds},${slide.rate}`)) : unencodable(fault, `${slide.seconds},${slide.rate}`);
}

/** Value of register 0021, `yyMMdd`, from 2000 on. Errors: `bad_value`. */
export function decodeCeweDate(value: string): Decoded<CeweDate> {
  const parts = /^(\d\d)(\d\d)(\d\d)$/.exec(value)?.slice(1).map(Number);
  if (parts === undefined) return refuse('date: yyMMdd', value);
  const [short = 0, month = 0, day = 0] = parts;
  const checked = checkedTime({ year: 2000 + short, month, day, hour: 0, minute: 0, second: 0 }, value.length);
  return checked.kind === 'good' ? good({ year: 2000 + short, month, day }, value.length) : checked;
}

export function encodeCeweDate(date: CeweDate): Encoded {
  const fault = fieldFault({ ...date, hour: 0, minute: 0, second: 0 });
  if (fault !== undefined) return unencodable(fault.rule, fault.got);
  if (date.year < 2000 || date.year > 2099) return unencodable('year: 2000 to 2099', date.year);
  return encoded(octetsOf(`${two(date.year - 2000)}${two(date.month)}${two(date.day)}`));
}

const SOME_DAY = { year: 2000, month: 1, day: 1 } as const;

/** Value of register 0022, `HHmmss`. Errors: `bad_value`. */
export function decodeCeweTime(value: string): Decoded<CeweTime> {
  const parts = /^(\d\d)(\d\d)(\d\d)$/.exec(value)?.slice(1).map(Number);
  if (parts === undefined) return refuse('time: HHmmss', value);
  const [hour = 0, minute = 0, second = 0] = parts;
  const checked = checkedTime({ ...SOME_DAY, hour, minute, second }, value.length);
  return checked.kind === 'good' ? good({ hour, minute, second }, value.length) : checked;
}

export function encodeCeweTime(time: CeweTime): Encoded {
  const fault = fieldFault({ ...SOME_DAY, ...time });
  if (fault !== undefined) return unencodable(fault.rule, fault.got);
  return encoded(octetsOf(`${two(time.hour)}${two(time.minute)}${two(time.second)}`));
}

/** Value of register 0001: one letter, six digits. Errors: `bad_value`. */
export function decodeCeweSerialNumber(value: string): Decoded<string> {
  return /^[A-Za-z]\d{6}$/.test(value) ? good(value, value.length) : refuse('serialNumber: one letter, six digits', value);
}

export function encodeCeweSerialNumber(serialNumber: string): Encoded {
  return /^[A-Za-z]\d{6}$/.test(serialNumber) ? encoded(octetsOf(serialNumber)) : unencodable('serialNumber: one letter, six digits', serialNumber);
}
