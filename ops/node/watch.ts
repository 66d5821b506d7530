/** Looks at the installation from time to time and raises or clears its alerts. Each condition says why, or null. */
import type { Clock, Timer } from '../../actors/engine/index.ts';
import type { HouseAlerts } from './house-alerts.ts';

export interface Condition {
  readonly code: string;
  /** How long it must hold before anybody is told, milliseconds. */
  readonly patienceMs: number;
  look(): Promise<string | null> | string | null;
}

const INTERVAL_MS = 5_000;

export class Watch {
  readonly #conditions: readonly Condition[];
  readonly #alerts: HouseAlerts;
  readonly #clock: Clock;
  readonly #since = new Map<string, number>();
  readonly #raised = new Set<string>();
  /** Codes looked at since the start: before, an alert may be left over from an earlier run. */
  readonly #looked = new Set<string>();
  #timer: Timer | undefined;
  #stopped = false;

  constructor(conditions: readonly Condition[], alerts: HouseAlerts, clock: Clock) {
    this.#conditions = conditions;
    this.#alerts = alerts;
    this.#clock = clock;
  }

  start(): void {
    const tick = (): void => {
      void this.round().finally(() => {
        if (!this.#stopped) this.#timer = this.#clock.after(INTERVAL_MS, tick);
      });
    };
    tick();
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  /** One look at everything. */
  async round(): Promise<void> {
    for (const condition of this.#conditions) {
      const text = await condition.look();
      if (this.#stopped) return;
      if (text === null) this.#fine(condition.code);
      else this.#wrong(condition, text);
    }
  }

  #fine(code: string): void {
    this.#since.delete(code);
    if (this.#raised.delete(code) || !this.#looked.has(code)) this.#alerts.clear(code);
    this.#looked.add(code);
  }

  #wrong({ code, patienceMs }: Condition, text: string): void {
    const now = this.#clock.monotonic();
    const since = this.#since.get(code) ?? now;
    this.#since.set(code, since);
    if (now - since < patienceMs || this.#raised.has(code)) return;
    this.#raised.add(code);
    this.#alerts.raise(code, text);
  }
}
