/** What may be said while things are broken on purpose. Everything else is a finding, so this list is short and each entry has its reason. */
import type { LogLine } from './evidence.ts';

/** Alerts that the market's mixed answers raise, or that tell of a wait which is over; none of them says that something is stuck. */
export const ALERT_CODES_OF_THE_MARKET: ReadonlySet<string> = new Set([
  // A content that comes twice, an order that is turned round: the market's own doing.
  'unexpected_event',
  'orphan_message',
  'outcome_missing',
  'contradictory_initial',
  'outdated_outcome',
  'contradicts_outcome',
  'late_after_failure',
  // What an outage made late; the process has ended since.
  'send_delayed',
  'initial_overdue',
  'outcome_overdue',
]);

/** A promise that nobody waited for, an error that nobody caught, a word that only a broken program says. */
const UNHANDLED = /forgotten|this is a bug|unhandled|uncaught|TypeError|ReferenceError|RangeError|is not a function|Cannot read propert/i;

/** Errors are logged while somebody is away; that is how operators know. A bug is none of those. */
export function isExpectedError({ level, text }: LogLine): boolean {
  if (level === 'fatal' || level === 'crash') return false;
  return !UNHANDLED.test(text);
}
