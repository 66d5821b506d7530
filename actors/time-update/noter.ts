/**
 * Commits what a running session has found out before its end, in as few commits as can be: an intent to write and the end carry all of
 * it too, so nothing is committed by itself unless they are long in coming (bench `sessions`).
 */
import type { SessionProgress, Stage } from '../../machines/meter-session/index.ts';
import type { Clock, Timer } from '../engine/ports.ts';

export type Known = Omit<SessionProgress, 'type'>;

export interface NoterSetup {
  readonly clock: Pick<Clock, 'after' | 'monotonic'>;
  /** Commits what is known. */
  readonly commit: (known: Known) => void;
}

/** Stages at whose beginning there is something new, and how long it may wait for a commit, milliseconds: a connection; the clock as read. */
const NOTED_WITHIN_MS: Readonly<Partial<Record<Stage, number>>> = { 'sign-on': 2_500, decide: 1_000 };

export class Noter {
  readonly #setup: NoterSetup;
  #known: Known | undefined;
  #timer: Timer | undefined;
  /** Monotonic instant at which the timer fires. */
  #dueAt = Number.POSITIVE_INFINITY;

  constructor(setup: NoterSetup) {
    this.#setup = setup;
  }

  /** The session has reached another stage. */
  reached(known: Known): void {
    this.#known = known;
    const withinMs = NOTED_WITHIN_MS[known.stage];
    if (withinMs === undefined) return;
    const { clock, commit } = this.#setup;
    const dueAt = clock.monotonic() + withinMs;
    if (dueAt >= this.#dueAt) return;
    this.#timer?.cancel();
    this.#dueAt = dueAt;
    this.#timer = clock.after(withinMs, () => {
      const latest = this.carried();
      if (latest) commit(latest);
    });
  }

  /** What is known is being committed with something else, or now: no commit of its own is due any more. */
  carried(): Known | undefined {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#dueAt = Number.POSITIVE_INFINITY;
    return this.#known;
  }
}
