/** The clock of a simulated meter: wall time, plus an offset, plus drift, plus a step at an instant; shown in its zone. */
import type { Clock } from '../../../actors/engine/ports.ts';
import type { CivilTime } from '../../../workers/codec/common/index.ts';
import { londonOffsetMinutes } from '../market/london.ts';
import type { ClockOptions } from './options.ts';

const MINUTE_MS = 60_000;

export class SimClock {
  readonly #port: Clock;
  readonly #driftPpm: number;
  readonly #step: { readonly at: number; readonly seconds: number } | undefined;
  readonly #zone: 'London' | number;
  /** What the clock was at `#anchorAt` of wall time. */
  #anchor: number;
  #anchorAt: number;

  constructor(port: Clock, options: ClockOptions = {}) {
    this.#port = port;
    this.#driftPpm = options.driftPpm ?? 0;
    this.#step = options.stepAt === undefined ? undefined : { at: Date.parse(options.stepAt.at), seconds: options.stepAt.seconds };
    this.#zone = options.zone ?? 0;
    this.#anchorAt = port.now();
    this.#anchor = this.#anchorAt + (options.offsetSeconds ?? 0) * 1000;
  }

  /** The instant that the meter takes it to be, milliseconds since 1970. */
  now(): number {
    const wall = this.#port.now();
    const step = this.#step;
    const stepped = step !== undefined && step.at > this.#anchorAt && step.at <= wall ? step.seconds * 1000 : 0;
    return this.#anchor + stepped + (wall - this.#anchorAt) * (1 + this.#driftPpm / 1_000_000);
  }

  /** Meter minus wall, seconds. */
  get offsetSeconds(): number {
    return (this.now() - this.#port.now()) / 1000;
  }

  set(epochMs: number): void {
    this.#anchor = epochMs;
    this.#anchorAt = this.#port.now();
  }

  /** Minutes that the meter's zone is ahead of UTC at an instant. */
  zoneMinutes(epochMs: number): number {
    return this.#zone === 'London' ? londonOffsetMinutes(epochMs) : this.#zone;
  }

  isSummer(epochMs: number): boolean {
    return this.#zone === 'London' && londonOffsetMinutes(epochMs) > 0;
  }

  /** What the meter shows, whole seconds. */
  shown(): CivilTime {
    const now = this.now();
    const local = new Date(now + this.zoneMinutes(now) * MINUTE_MS);
    return {
      year: local.getUTCFullYear(),
      month: local.getUTCMonth() + 1,
      day: local.getUTCDate(),
      hour: local.getUTCHours(),
      minute: local.getUTCMinutes(),
      second: local.getUTCSeconds(),
    };
  }

  /** The instant at which the meter would show this; in the repeated hour of autumn the earlier one. */
  instantOf({ year, month, day, hour, minute, second }: CivilTime): number {
    const local = Date.UTC(year, month - 1, day, hour, minute, second);
    if (this.#zone !== 'London') return local - this.#zone * MINUTE_MS;
    const summer = local - 60 * MINUTE_MS;
    return londonOffsetMinutes(summer) > 0 ? summer : local;
  }
}
