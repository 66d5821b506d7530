/** The overnight window: when actions that are not immediate may start (mts-actions-api 5). Times are London's. Pure. */
import { dateOfDay, londonDay, londonInstantOfDay, timeOfDayMs } from '../../machines/calendar/index.ts';
import type { EpochMs } from '../../machines/common/effects.ts';

export interface WindowOptions {
  /** Wall clock of London, `HH:MM`. */
  readonly from: string;
  /** Not later than `from`: of the day after. */
  readonly to: string;
}

export interface NightWindow {
  /** London's date on which it opens. */
  readonly label: string;
  readonly startAt: EpochMs;
  /** Exclusive. */
  readonly endAt: EpochMs;
}

/** The window that opens on that day; an hour shorter or longer in the nights when the clocks change. */
function windowOfDay(day: number, { from, to }: WindowOptions): NightWindow {
  const start = timeOfDayMs(from);
  const end = timeOfDayMs(to);
  const startAt = londonInstantOfDay(day, start);
  return { label: dateOfDay(day), startAt, endAt: londonInstantOfDay(end > start ? day : day + 1, end) };
}

/** The window that is open at that instant. */
export function openWindow(at: EpochMs, options: WindowOptions): NightWindow | undefined {
  const today = londonDay(at);
  return [windowOfDay(today - 1, options), windowOfDay(today, options)].find(({ startAt, endAt }) => startAt <= at && at < endAt);
}

/** The first window that opens after that instant. */
export function nextWindow(at: EpochMs, options: WindowOptions): NightWindow {
  const today = windowOfDay(londonDay(at), options);
  return today.startAt > at ? today : windowOfDay(londonDay(at) + 1, options);
}

/** The last window that was over by that instant. */
export function lastWindow(at: EpochMs, options: WindowOptions): NightWindow {
  for (let day = londonDay(at); ; day--) {
    const window = windowOfDay(day, options);
    if (window.endAt <= at) return window;
  }
}

/** How many of the gate's buckets may start: their beginnings are spread evenly over the first part of the window. */
export function bucketsOpen(at: EpochMs, window: NightWindow, spreadMs: number, buckets: number): number {
  if (at < window.startAt || at >= window.endAt) return 0;
  const spread = Math.min(spreadMs, window.endAt - window.startAt);
  return spread <= 0 ? buckets : Math.min(buckets, Math.floor(((at - window.startAt) * buckets) / spread) + 1);
}

/** When the bucket's turn comes. */
export function bucketOpensAt(bucket: number, window: NightWindow, spreadMs: number, buckets: number): EpochMs {
  const spread = Math.min(Math.max(0, spreadMs), window.endAt - window.startAt);
  return window.startAt + Math.ceil((bucket * spread) / buckets);
}
