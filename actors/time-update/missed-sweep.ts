/**
 * Tells the actions that waited through a whole window that they missed it: a little at a time, for there may be a million. How far
 * it came is not kept; an action that hears of the same window twice takes no notice. Among many nodes one tells them all, and
 * whoever leads after it begins again where the window is not noted as done.
 */
import type { EngineFace } from '../engine/face.ts';
import type { Ports } from '../engine/ports.ts';
import { OverloadedError } from '../errors/error.ts';
import { GATE_BUCKETS, GATE_KINDS, gateValue } from './gate.ts';
import { contextOf } from './names.ts';
import type { ActionsOptions } from './options.ts';
import { lastSwept } from './swept.ts';
import { lastWindow, type NightWindow } from './window.ts';

export interface MissedSweepSetup {
  readonly options: Pick<ActionsOptions, 'window' | 'missedPerSecond'>;
  readonly ports: Pick<Ports, 'clock' | 'log' | 'ids'>;
  readonly engine: Pick<EngineFace, 'command' | 'store'>;
  /** Default: this process is alone. */
  readonly leads?: () => boolean;
}

const PAGE = 100;
const KEY = 'directory';

export class MissedSweep {
  readonly #setup: MissedSweepSetup;
  #swept: string | undefined;
  #abort = new AbortController();
  #running: Promise<void> | undefined;

  constructor(setup: MissedSweepSetup) {
    this.#setup = setup;
  }

  start(): void {
    this.#abort = new AbortController();
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#running;
  }

  /** Tell of the last window that is over, unless that was done. Called while none is open. */
  look(): void {
    if (this.#running || this.#abort.signal.aborted || !this.#leads) return;
    const { ports, options } = this.#setup;
    const window = lastWindow(ports.clock.now(), options.window);
    if (window.label === this.#swept) return;
    this.#running = this.#sweep(window)
      .catch((error: unknown) => ports.log.warn({ err: error, window: window.label }, 'not all waiting actions were told that their window is over'))
      .finally(() => {
        this.#running = undefined;
      });
  }

  get #leads(): boolean {
    return this.#setup.leads?.() ?? true;
  }

  async #sweep(window: NightWindow): Promise<void> {
    const { engine, ports } = this.#setup;
    const { signal } = this.#abort;
    if ((await lastSwept(engine.store)) === window.label) {
      this.#swept = window.label;
      return;
    }
    let told = 0;
    for (const kind of GATE_KINDS) {
      for (let bucket = 0; bucket < GATE_BUCKETS; bucket++) {
        told += await this.#bucket(gateValue(kind, bucket), window, signal);
        if (signal.aborted || !this.#leads) return;
      }
    }
    await engine.command({ key: KEY, type: 'action.window-swept', payload: { window: window.label }, origin: 'caller', id: ports.ids.uuid() });
    this.#swept = window.label;
    if (told > 0) ports.log.warn({ window: window.label, actions: told }, 'actions could not start in the window');
  }

  async #bucket(value: string, window: NightWindow, signal: AbortSignal): Promise<number> {
    const { engine, options } = this.#setup;
    let told = 0;
    let cursor: string | undefined;
    do {
      // Those that came while it was open had not the whole of it.
      const page = await engine.store.page({
        index: 'gate',
        value,
        to: window.startAt,
        order: 'asc',
        limit: PAGE,
        ...(cursor === undefined ? {} : { cursor }),
      });
      if (signal.aborted) return told;
      await Promise.all(page.items.map((doc) => this.#tell(doc.key, contextOf(doc).request.requestId, window.label)));
      told += page.items.length;
      cursor = page.cursor;
      if (page.items.length > 0) await this.#pause((page.items.length * 1_000) / options.missedPerSecond, signal);
    } while (cursor !== undefined && !signal.aborted && this.#leads);
    return told;
  }

  async #tell(key: string, requestId: number, window: string): Promise<void> {
    const { engine, ports } = this.#setup;
    for (;;) {
      try {
        await engine.command({ key, type: 'action.window-missed', payload: { requestId, window }, origin: 'caller', id: ports.ids.uuid() });
        return;
      } catch (error) {
        if (!(error instanceof OverloadedError) || this.#abort.signal.aborted) throw error;
        await this.#pause(error.retryAfterMs, this.#abort.signal);
      }
    }
  }

  #pause(delayMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const end = (): void => {
        timer.cancel();
        signal.removeEventListener('abort', end);
        resolve();
      };
      const timer = this.#setup.ports.clock.after(delayMs, end);
      signal.addEventListener('abort', end, { once: true });
    });
  }
}
