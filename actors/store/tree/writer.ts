/**
 * Group commit: one batch is under way at a time, and everything that is asked for meanwhile goes into the next.
 *
 *   commit ─┐                    ┌─ decide ─► plan ─► ground.write (synced) ─► outcomes
 *   settle ─┼─► waiting ──soon──►┤                                              │
 *   job ────┘                    └──────────────── next batch ◄─────────────────┘
 *
 * Invariants
 * - W1 Outcomes are given only after `ground.write` resolved: then the batch is on stable storage. A batch that changes
 *   nothing is answered without a write.
 * - W2 A batch is decided when no other is under way, on trees that hold everything written so far.
 * - W3 What was settled is remembered until a write that carries it succeeded, and hidden from readers meanwhile.
 * - W4 When a write fails, every call in the batch rejects and nothing is forgotten: settles stay, the next batch goes on.
 */
import { MeterwrightError, StoreError } from '../../errors/error.ts';
import type { StoreFaults } from '../faults.ts';
import type { CommitGroup, CommitOutcome, EffectRef } from '../store.ts';
import { Batch } from './batch.ts';
import type { CountChanges } from './counters.ts';
import { refSuffix } from './layout.ts';
import { type PreparedGroup, prepareGroup } from './prepare.ts';
import type { Ground } from './trees.ts';

/** Bounds the time for which one batch holds the process and the memory it takes. */
const MAX_BATCH_OPS = 2_000;

interface Call {
  readonly groups: readonly CommitGroup[];
  readonly ops: number;
  readonly resolve: (outcomes: readonly CommitOutcome[]) => void;
  readonly reject: (error: unknown) => void;
}

interface Job {
  readonly run: (batch: Batch) => void;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export class Writer {
  readonly #ground: Ground;
  readonly #atomic: boolean;
  readonly #faults: StoreFaults;
  #calls: Call[] = [];
  #jobs: Job[] = [];
  /** Settled and not yet written, by suffix. */
  #settles = new Map<string, EffectRef>();
  readonly #settling = new Map<string, EffectRef>();
  #soon = false;
  #later = false;
  #busy = false;
  #closed = false;
  #drained: (() => void)[] = [];
  /** Called with the counter changes of every batch that was written. */
  readonly onCounts = new Set<(changes: CountChanges) => void>();

  constructor(ground: Ground, options: { readonly atomic: boolean; readonly faults?: StoreFaults | undefined }) {
    this.#ground = ground;
    this.#atomic = options.atomic;
    this.#faults = options.faults ?? {};
  }

  commit(groups: readonly CommitGroup[]): Promise<readonly CommitOutcome[]> {
    const ops = groups.reduce((sum, group) => sum + group.length, 0);
    return new Promise((resolve, reject) => {
      if (this.#closed) return reject(closed());
      this.#calls.push({ groups, ops, resolve, reject });
      this.#plan();
    });
  }

  /** Runs a change in the next batch, before anything else in it; resolves once that is written. */
  job(run: (batch: Batch) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#closed) return reject(closed());
      this.#jobs.push({ run, resolve, reject });
      this.#plan();
    });
  }

  settle(refs: readonly EffectRef[]): void {
    if (this.#closed) return;
    for (const ref of refs) this.#settles.set(refSuffix(ref), ref);
    if (this.#later || refs.length === 0) return;
    this.#later = true;
    this.#ground.later(() => {
      this.#later = false;
      if (this.#settles.size > 0) this.#plan();
    });
  }

  /** True for effects that are done although their rows are still there. */
  isSettled(suffix: string): boolean {
    return this.#settles.has(suffix) || this.#settling.has(suffix);
  }

  /** Resolves when all that was settled so far is written. */
  async flushSettles(): Promise<void> {
    if (this.#settles.size > 0 || this.#settling.size > 0) await this.job(() => {});
  }

  /** Takes nothing more, resolves when what it has is written or has failed. */
  async close(): Promise<void> {
    this.#closed = true;
    if (!this.#hasWork() && !this.#busy) return;
    await new Promise<void>((resolve) => {
      this.#drained.push(resolve);
      this.#plan();
    });
  }

  /** Drops all that waits, as a crash does: nobody is told anything. */
  drop(): void {
    this.#closed = true;
    this.#calls = [];
    this.#jobs = [];
    this.#settles.clear();
  }

  #hasWork(): boolean {
    return this.#calls.length > 0 || this.#jobs.length > 0 || this.#settles.size > 0;
  }

  #plan(): void {
    if (this.#soon || this.#busy) return;
    this.#soon = true;
    this.#ground.soon(() => {
      this.#soon = false;
      if (!this.#busy) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#busy = true;
    const taken = this.#takeCalls();
    const calls: Call[] = [];
    const jobs = this.#jobs.splice(0);
    for (const [suffix, ref] of this.#settles) this.#settling.set(suffix, ref);
    this.#settles = new Map();
    const outcomes: (readonly CommitOutcome[])[] = [];
    let written = false;
    try {
      const batch = new Batch(this.#ground.trees);
      this.#ground.refresh();
      for (const job of jobs) job.run(batch);
      for (const ref of this.#settling.values()) batch.settle(ref);
      for (const call of taken) {
        const groups = prepareCall(call);
        if (!groups) continue;
        calls.push(call);
        outcomes.push(groups.map((group) => batch.apply(group, this.#atomic)));
      }
      const plan = batch.finish();
      if (plan.size > 0) {
        await this.#faults.beforeWrite?.({ ops: batch.ops });
        await this.#ground.write(plan);
        written = true;
        for (const listen of this.onCounts) listen(batch.counts);
        await this.#faults.beforeAcknowledge?.();
      }
      this.#settling.clear();
      for (const job of jobs) job.resolve();
      for (const [i, call] of calls.entries()) call.resolve(outcomes[i] ?? []);
    } catch (error) {
      this.#fail(error, taken, jobs, written);
    } finally {
      this.#busy = false;
      this.#goOn();
    }
  }

  #takeCalls(): Call[] {
    let ops = 0;
    let n = 0;
    while (n < this.#calls.length && (n === 0 || ops + (this.#calls[n]?.ops ?? 0) <= MAX_BATCH_OPS)) ops += this.#calls[n++]?.ops ?? 0;
    return this.#calls.splice(0, n);
  }

  #fail(cause: unknown, calls: readonly Call[], jobs: readonly Job[], written: boolean): void {
    if (!written) for (const [suffix, ref] of this.#settling) this.#settles.set(suffix, ref);
    this.#settling.clear();
    const error = cause instanceof MeterwrightError ? cause : new StoreError('commit_failed', `store: the commit failed: ${String(cause)}`, { cause });
    for (const job of jobs) job.reject(error);
    for (const call of calls) call.reject(error);
    // Settles alone are no reason to try at once: the next commit, or the next settle, carries them.
    if (this.#closed) this.#settles.clear();
  }

  #goOn(): void {
    if (this.#calls.length > 0 || this.#jobs.length > 0 || (this.#closed && this.#settles.size > 0)) this.#plan();
    else if (this.#closed) for (const done of this.#drained.splice(0)) done();
  }
}

/** Texts are made here, in the turn that hands them to the ground: made at `commit` they would outlive several collections of young garbage. */
function prepareCall(call: Call): PreparedGroup[] | undefined {
  const prepared: PreparedGroup[] = [];
  const refused: number[] = [];
  let first: unknown;
  for (const [i, group] of call.groups.entries()) {
    try {
      prepared.push(prepareGroup(group));
    } catch (error) {
      first ??= error;
      refused.push(i);
    }
  }
  if (refused.length === 0) return prepared;
  call.reject(first instanceof StoreError ? new StoreError(first.code, first.message, { ...first, details: { ...first.details, groups: refused } }) : first);
  return undefined;
}

function closed(): StoreError {
  return new StoreError('store_closed', 'store: is closed');
}
