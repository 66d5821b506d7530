/** The meter's clock, class 8 (meter-protocols 5.7, 5.8): its time as an instant, and an instant as what is written. */

import type { EpochMs } from '../../../machines/common/effects.ts';
import type { DataValue } from '../../../workers/codec/data/index.ts';
import { data, must } from '../../../workers/codec/index.ts';
import type { MeterProfile } from '../../profile/profile.ts';
import { DialogueError } from '../dialogue.ts';
import { rubbish } from './faults.ts';

type ClockOptions = MeterProfile['clock'];

export interface MeterTime {
  readonly meterAt: EpochMs;
  readonly wholeSeconds: boolean;
  readonly flags: readonly string[];
}

/** Most seconds, either way, that `shift_time` takes. */
export const MOST_SHIFT_SECONDS = 900;

const DATE_TIME_OCTETS = 12;

/** @throws DialogueError `meter` where the value is no time, or not wholly specified */
export function timeOf(value: DataValue, options: ClockOptions): MeterTime {
  if (value.type !== 'octet-string' && value.type !== 'date-time') throw new DialogueError('meter', `clock: a date-time, not ${value.type}`);
  const decoded = data.decodeDateTime(value.octets);
  if (decoded.kind === 'bad') throw rubbish('clock', decoded.error);
  if (decoded.kind === 'incomplete') throw new DialogueError('meter', `clock: ${DATE_TIME_OCTETS} octets, not ${value.octets.length}`);
  const instant = data.toInstant(decoded.value, { deviationSign: options.deviationSign, baseOffsetMinutes: options.baseOffsetMinutes });
  if (instant.kind === 'none') throw new DialogueError('meter', `clock: ${instant.field} ${instant.reason}`);
  return {
    meterAt: instant.epochMs,
    wholeSeconds: decoded.value.hundredths === null,
    flags: decoded.value.statusFlags.filter((flag) => flag !== 'daylightSavingActive'),
  };
}

/**
 * What SET, or the write of the short name, carries. The instant is taken to its nearest second: it was meant to be whole, and a
 * millisecond less must not cost a second.
 */
export function timeValue(instant: EpochMs, options: ClockOptions): DataValue {
  const made = data.fromInstant(Math.round(instant / 1_000) * 1_000, {
    baseOffsetMinutes: options.baseOffsetMinutes,
    deviation: options.writeDeviation === 'unspecified' ? 'unspecified' : 'given',
    deviationSign: options.deviationSign,
    dayOfWeek: options.writeDayOfWeek ? 'filled' : 'unspecified',
    hundredths: 'zero',
  });
  if (made.kind === 'bad') throw new DialogueError('config', `clock: ${made.error.rule}`);
  const fields = options.writeDeviation === 'zero' ? { ...made.value, deviationMinutes: 0 } : made.value;
  return { type: 'octet-string', octets: must(data.encodeDateTime(fields)) };
}

/** The parameter of `shift_time`: seconds that the clock is to jump. */
export const shiftValue = (seconds: number): DataValue => ({ type: 'long', value: seconds });
