/** Overnight windows where a bench wants them: the setting `actions.window`, wall clock of London. */

export interface Window {
  readonly from: string;
  readonly to: string;
}

const HOURS_OPEN = 4;
const HOUR_MS = 3_600_000;

const londonTime = new Intl.DateTimeFormat('en-GB', { timeZone: 'Europe/London', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });

/** One that opens at that instant, which is a whole minute, and is open for four hours. */
export function windowAt(at: number): Window {
  return { from: londonTime.format(at), to: londonTime.format(at + HOURS_OPEN * HOUR_MS) };
}
