/** Between the civil time that a meter shows and instants: the base of the profile is all that lies between. Pure. */
import type { EpochMs } from '../../../machines/common/effects.ts';
import type { CivilTime } from '../../../workers/codec/common/index.ts';

const MINUTE_MS = 60_000;
const SECOND_MS = 1_000;

/** @param baseOffsetMinutes what the meter shows minus UTC */
export function instantOf(time: CivilTime, baseOffsetMinutes: number): EpochMs {
  const { year, month, day, hour, minute, second } = time;
  return Date.UTC(year, month - 1, day, hour, minute, second) - baseOffsetMinutes * MINUTE_MS;
}

/** What the meter has to show at the nearest whole second. */
export function civilOf(at: EpochMs, baseOffsetMinutes: number): CivilTime {
  const shown = new Date(Math.round(at / SECOND_MS) * SECOND_MS + baseOffsetMinutes * MINUTE_MS);
  return {
    year: shown.getUTCFullYear(),
    month: shown.getUTCMonth() + 1,
    day: shown.getUTCDate(),
    hour: shown.getUTCHours(),
    minute: shown.getUTCMinutes(),
    second: shown.getUTCSeconds(),
  };
}

/**
 * How long a write is still to be held so that it arrives on a whole second, where steps of the protocol came between the plan and
 * the write.
 *
 * @param value whole second that would be written now
 * @param arrivesAt when a frame that leaves now arrives
 * @returns 0 to 1,000; 0 where the value is not of now
 */
export function untilWholeSecond(value: EpochMs, arrivesAt: EpochMs): number {
  const earlyMs = value - arrivesAt;
  if (Math.abs(earlyMs) > SECOND_MS) return 0;
  return earlyMs >= 0 ? earlyMs : earlyMs + SECOND_MS;
}
