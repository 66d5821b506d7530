/** `effective_from` of the appointment request (appointments 1.1, trap 2 and 3). */
import type { EpochMs } from '../common/effects.ts';
import type { SettlementDate } from '../market/message.ts';
import { parseWrittenDateTime } from './date-time.ts';
import { dateOfDay } from './dates.ts';
import { londonDay } from './london.ts';

/** Days ahead that are still accepted: less than 28. */
export const MAX_DAYS_AHEAD = 27;

export type EffectiveFrom =
  | { readonly kind: 'ok'; readonly date: SettlementDate }
  | { readonly kind: 'refused'; readonly type: 'datetime_parsing' | 'datetime_timezone' | 'not_midnight' | 'too_far_ahead'; readonly msg: string };

const refused = (type: Extract<EffectiveFrom, { kind: 'refused' }>['type'], msg: string): EffectiveFrom => ({ kind: 'refused', type, msg });

/**
 * Midnight in the supplied offset; the calendar date as written is the settlement date. The horizon counts from today in
 * London. Dates of the past pass: the registration service judges them.
 */
export function parseEffectiveFrom(text: string, now: EpochMs): EffectiveFrom {
  const written = parseWrittenDateTime(text);
  if (!written) return refused('datetime_parsing', 'effective_from must be an ISO 8601 date and time');
  if (written.offsetMs === null) return refused('datetime_timezone', 'effective_from must have a time zone');
  if (written.timeOfDayMs !== 0) return refused('not_midnight', 'effective_from must be midnight');
  if (written.day - londonDay(now) > MAX_DAYS_AHEAD) return refused('too_far_ahead', 'effective_from must be less than 28 days ahead');
  return { kind: 'ok', date: dateOfDay(written.day) };
}
