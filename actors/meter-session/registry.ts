/** The sessions that run now: for `mw sessions`, for cancels, for the stop. */
import type { EpochMs } from '../../machines/common/effects.ts';
import type { Stage, Task } from '../../machines/meter-session/index.ts';

/** One running session, as people see it. */
export interface SessionView {
  readonly requestId: number;
  readonly attempt: number;
  readonly meterType: string;
  readonly remoteAddress: string;
  readonly task: Task;
  readonly priority: 'immediate' | 'overnight';
  readonly stage: Stage;
  readonly stageSince: EpochMs;
  readonly startedAt: EpochMs;
  readonly octetsIn: number;
  readonly octetsOut: number;
  /** Among many nodes: the one whose line it uses and that runs it. Absent: the node that holds it. */
  readonly node?: string;
}

/** Why a session is told to end; `stopping`: the process, or all writes, stop; the action takes it up again. */
export type HaltReason = 'cancelled' | 'stopping';

export interface LiveSession {
  view(): SessionView;
  halt(reason: HaltReason): void;
  /** Breaks its link off: it ends at once, with what it has. */
  cut(): void;
}

/** How many sessions ran since the start, by what became of them. */
export interface SessionCounts {
  readonly running: number;
  readonly success: number;
  readonly partial: number;
  readonly error: number;
  readonly cancelled: number;
  /** Ended by supervision: they threw, or hung beyond every deadline. */
  readonly failed: number;
}

export class SessionRegistry {
  readonly #live = new Map<number, LiveSession>();
  readonly #counts = { success: 0, partial: 0, error: 0, cancelled: 0, failed: 0 };
  #idle: (() => void)[] = [];

  get size(): number {
    return this.#live.size;
  }

  get counts(): SessionCounts {
    return { running: this.#live.size, ...this.#counts };
  }

  add(requestId: number, session: LiveSession): void {
    if (this.#live.has(requestId)) throw new Error(`session: action ${requestId} has one already`);
    this.#live.set(requestId, session);
  }

  remove(requestId: number, outcome: Exclude<keyof SessionCounts, 'running'>): void {
    if (!this.#live.delete(requestId)) return;
    this.#counts[outcome]++;
    if (this.#live.size === 0) for (const done of this.#idle.splice(0)) done();
  }

  /** All that run, longest first. */
  list(): readonly SessionView[] {
    return [...this.#live.values()].map((session) => session.view()).sort((a, b) => a.startedAt - b.startedAt || a.requestId - b.requestId);
  }

  find(requestId: number): SessionView | undefined {
    return this.#live.get(requestId)?.view();
  }

  /** Tells the session of that action to end; false when there is none. */
  halt(requestId: number, reason: HaltReason): boolean {
    const session = this.#live.get(requestId);
    session?.halt(reason);
    return session !== undefined;
  }

  /** Tells all to end. */
  haltAll(reason: HaltReason): void {
    for (const session of [...this.#live.values()]) session.halt(reason);
  }

  /** Breaks off the session of that action. */
  cut(requestId: number): void {
    this.#live.get(requestId)?.cut();
  }

  /** Resolves when none runs. */
  idle(): Promise<void> {
    return this.#live.size === 0 ? Promise.resolve() : new Promise((resolve) => this.#idle.push(resolve));
  }
}
