const DAY = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' });
const MINUTE = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit' });
const AGO = new Intl.RelativeTimeFormat('en-GB', { numeric: 'auto' });

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

export interface WhenProps {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly as?: 'day' | 'minute' | 'ago';
}

/** An instant in the reader's own time; the title has it in UTC. */
export function When({ at, as = 'minute' }: WhenProps) {
  const date = new Date(at);
  const utc = date.toISOString();
  return (
    <time dateTime={utc} title={utc}>
      {as === 'ago' ? ago(at, Date.now()) : (as === 'day' ? DAY : MINUTE).format(date)}
    </time>
  );
}

/** Roughly how long ago; what lies ahead by a difference of clocks is now. */
function ago(at: number, now: number): string {
  const past = Math.max(0, now - at);
  if (past < MINUTE_MS) return 'just now';
  if (past < HOUR_MS) return AGO.format(-Math.floor(past / MINUTE_MS), 'minute');
  if (past < DAY_MS) return AGO.format(-Math.floor(past / HOUR_MS), 'hour');
  return past < 30 * DAY_MS ? AGO.format(-Math.floor(past / DAY_MS), 'day') : DAY.format(new Date(at));
}
