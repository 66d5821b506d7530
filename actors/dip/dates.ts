/** Dates of DIP messages, read tolerantly: what is no date is unknown, never an error. */
import { isSettlementDate, parseInstant as parse, settlementDateOf } from '../../machines/calendar/index.ts';
import type { EpochMs } from '../../machines/common/effects.ts';
import type { SettlementDate } from '../../machines/market/message.ts';

/** Years that a market date can lie in; others are nonsense and not worth a look at the time zone data. */
const YEAR = /^(19|20|21)\d{2}-/;

/** ISO 8601 with an offset; undefined for anything else. */
export function readInstant(value: unknown): EpochMs | undefined {
  return typeof value === 'string' && YEAR.test(value) ? parse(value) : undefined;
}

/** Civil date in London of a market date-time, or of a bare date; null when it is neither (`x`, null, nonsense). */
export function readSettlementDate(value: unknown): SettlementDate | null {
  if (typeof value !== 'string' || !YEAR.test(value)) return null;
  return isSettlementDate(value) ? value : (settlementDateOf(value) ?? null);
}
