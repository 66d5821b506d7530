/**
 * One life of one child: a pause, its start, its run, its end.
 *
 *     pause ──► starting ──► up ──► ended | failed
 *       └───────────┴─────────┴──stop──► stopped
 *
 * Invariant L1: exactly one of `ended`, `failed`, `stopped` is told, last.
 */
import type { Clock, Timer } from '../engine/ports.ts';

/** What a child gives its supervisor once it is up. */
export interface Running {
  /** Settles when it has ended: resolved by itself and well, rejected when it failed. Absent: it never ends by itself. */
  readonly done?: Promise<void>;
  /** End it; the signal of its start is aborted before. */
  stop?(): Promise<void>;
}

export type News = { readonly kind: 'up' | 'stable' | 'ended' | 'stopped' } | { readonly kind: 'failed'; readonly error: unknown };

export interface LifePlan {
  readonly clock: Clock;
  readonly delayMs: number;
  readonly stableMs: number;
  start(signal: AbortSignal): Promise<Running>;
}

export class Life {
  readonly #plan: LifePlan;
  readonly #tell: (news: News) => void;
  readonly #abort = new AbortController();
  #pause: Timer | undefined;
  #stable: Timer | undefined;
  #running: Running | undefined;
  /** Settles, never rejects, when nothing of the child runs any more. */
  #gone: Promise<void> = Promise.resolve();
  #over = false;
  #stopping = false;

  constructor(plan: LifePlan, tell: (news: News) => void) {
    this.#plan = plan;
    this.#tell = tell;
    if (plan.delayMs > 0) this.#pause = plan.clock.after(plan.delayMs, () => this.#begin());
    else this.#begin();
  }

  /** Tell it to end; resolves once it has (`ended`), or after `limitMs` (`left`: it may still run). */
  async stop(limitMs: number): Promise<'ended' | 'left'> {
    if (this.#over) return 'ended';
    this.#stopping = true;
    this.#pause?.cancel();
    this.#stable?.cancel();
    this.#abort.abort();
    const limit = Promise.withResolvers<'left'>();
    const timer = this.#plan.clock.after(limitMs, () => limit.resolve('left'));
    const how = await Promise.race([this.#ended(), limit.promise]);
    timer.cancel();
    this.#finish({ kind: 'stopped' });
    return how;
  }

  /** Its own `stop` done, or its end, and no start under way. */
  async #ended(): Promise<'ended'> {
    // A failure to stop is an end too: nothing more can be asked of it.
    await this.#running?.stop?.().catch(() => {});
    await this.#gone;
    return 'ended';
  }

  #begin(): void {
    this.#pause = undefined;
    this.#gone = this.#live();
  }

  async #live(): Promise<void> {
    try {
      // Not in the same breath as the step that asked for it.
      await null;
      const running = await this.#plan.start(this.#abort.signal);
      this.#running = running;
      if (this.#stopping) {
        await running.stop?.();
        await running.done;
        return;
      }
      this.#tell({ kind: 'up' });
      this.#stable = this.#plan.clock.after(this.#plan.stableMs, () => this.#tell({ kind: 'stable' }));
      await (running.done ?? this.#aborted());
      this.#finish({ kind: 'ended' });
    } catch (error) {
      this.#finish({ kind: 'failed', error });
    }
  }

  #aborted(): Promise<void> {
    const { signal } = this.#abort;
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  }

  #finish(news: News): void {
    if (this.#over) return;
    // While it is being stopped every end is the one that was asked for.
    if (this.#stopping && news.kind !== 'stopped') return;
    this.#over = true;
    this.#stable?.cancel();
    this.#tell(news);
  }
}
