/**
 * After a gap (engine down, callbacks unreachable) the backlog lies at the DIP: asks for it per interface and own participant,
 * and holds the gate until it has come (architecture 4).
 *
 * Invariants
 * - G1 The gate is closed from the beginning until `start` has found that there was no gap, or while a job is unfinished;
 *      never longer than `gap.graceMs` at a time.
 * - G2 Per interface and participant one requeue at a time; what is asked for meanwhile is joined and follows.
 * - G3 A window that is not done is remembered over a restart.
 */
import type { EpochMs } from '../../machines/common/effects.ts';
import type { Clock, Log, Random, Timer } from '../engine/ports.ts';
import type { OnAlert } from './alerts.ts';
import { type GapJob, type GapReply, joinWindows, NEW_GAP_JOB, nextGapJob } from './gap.ts';
import { Gate } from './gate.ts';
import type { DipOptions } from './options.ts';
import { type DipQueries, STATUS_MESSAGES, type Window } from './query.ts';
import type { Replayer } from './replayer.ts';
import { sleep } from './sleep.ts';

/** Why deliveries may be missing: the market says that it has given one up, or we could take none for a time. */
export type Missed = 'given-up' | 'silence';

/** Keeps the unfinished window over a restart. */
export interface GapMemory {
  load(): Promise<Window | null>;
  save(window: Window | null): Promise<void>;
}

export interface GapHandlerSetup {
  readonly options: Pick<DipOptions, 'gap' | 'retry' | 'interfaces' | 'suppliers'>;
  readonly queries: DipQueries;
  readonly replayer: Replayer;
  readonly memory: GapMemory;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly onAlert: OnAlert;
}

interface Slot {
  readonly target: string;
  readonly dipId: string;
  /** Being worked on. */
  current: Window | undefined;
  /** Asked for, not begun. */
  waiting: Window | undefined;
}

export class GapHandler {
  /** Open: overdue fail deadlines may fire. */
  readonly gate = new Gate(false);
  readonly #setup: GapHandlerSetup;
  readonly #slots: readonly Slot[];
  readonly #abort = new AbortController();
  #ready: Promise<unknown> = Promise.resolve();
  #grace: Timer | undefined;
  #graceOver = false;
  /** A job of this round found neither requeue nor replay. */
  #failed = false;
  #saving: Promise<void> = Promise.resolve();
  readonly #running = new Set<Promise<void>>();

  constructor(setup: GapHandlerSetup) {
    this.#setup = setup;
    const targets = [...setup.options.interfaces, STATUS_MESSAGES];
    this.#slots = setup.options.suppliers.flatMap(({ dipId }) => targets.map((target) => ({ target, dipId, current: undefined, waiting: undefined })));
  }

  /**
   * Look for a gap and close it. `lastAliveAt`: when this installation last noted that it was alive, null at the first start.
   * `ready`: nothing is asked for before (the callbacks are registered). Resolves once the gap is noted.
   */
  async start(lastAliveAt: EpochMs | null, ready: Promise<unknown> = Promise.resolve()): Promise<void> {
    const { clock, memory, log, options } = this.#setup;
    this.#ready = ready;
    const unfinished = await memory.load().catch((error: unknown) => {
      log.error({ error }, 'the unfinished requeue cannot be read');
      return null;
    });
    const now = clock.now();
    const gap = lastAliveAt !== null && now - lastAliveAt >= options.gap.minGapMs ? { from: lastAliveAt - options.gap.marginMs, to: now } : null;
    const window = unfinished && gap ? joinWindows(unfinished, gap) : (unfinished ?? gap);
    if (window === null) this.#release();
    else this.#request(window, 'down');
    await this.#saving;
  }

  /** Deliveries to us may have been given up since `since`. Resolves once that is noted. */
  request(since: EpochMs, why: Missed): Promise<void> {
    if (why === 'given-up') this.#setup.onAlert('dip_retries_exhausted', true, `since ${new Date(since).toISOString()}`);
    this.#request(
      { from: since - this.#setup.options.gap.marginMs, to: this.#setup.clock.now() },
      why === 'given-up' ? 'retries exhausted' : 'nobody could take it',
    );
    return this.#saving;
  }

  async close(): Promise<void> {
    this.#abort.abort();
    this.#grace?.cancel();
    await Promise.all(this.#running);
    await this.#saving;
  }

  get #unfinished(): Window | null {
    let all: Window | null = null;
    for (const slot of this.#slots) {
      for (const window of [slot.current, slot.waiting]) if (window) all = joinWindows(all, window);
    }
    return all;
  }

  #request(window: Window, reason: string): void {
    if (this.#abort.signal.aborted) return;
    this.#setup.log.warn({ reason, from: window.from, to: window.to }, 'asking the DIP to send again');
    for (const slot of this.#slots) slot.waiting = joinWindows(slot.waiting, window);
    this.#hold();
    this.#remember();
    this.#fill();
  }

  #hold(): void {
    if (this.#graceOver || this.#grace !== undefined) return;
    this.gate.set(false);
    this.#grace = this.#setup.clock.after(this.#setup.options.gap.graceMs, () => {
      this.#graceOver = true;
      this.#setup.log.warn({}, 'the requeue has not ended in time; overdue deadlines are held no longer');
      this.gate.set(true);
    });
  }

  #release(): void {
    this.#grace?.cancel();
    this.#grace = undefined;
    this.#graceOver = false;
    this.gate.set(true);
    if (!this.#failed) for (const code of ['dip_retries_exhausted', 'dip_requeue_failed'] as const) this.#setup.onAlert(code, false, '');
    this.#failed = false;
  }

  #fill(): void {
    for (const slot of this.#slots) {
      if (this.#running.size >= this.#setup.options.gap.parallel || this.#abort.signal.aborted) return;
      if (slot.current !== undefined || slot.waiting === undefined) continue;
      slot.current = slot.waiting;
      slot.waiting = undefined;
      const run: Promise<void> = this.#run(slot, slot.current).then(() => {
        this.#running.delete(run);
        if (this.#abort.signal.aborted) return;
        slot.current = undefined;
        this.#remember();
        if (this.#unfinished === null) this.#release();
        this.#fill();
      });
      this.#running.add(run);
    }
  }

  async #run(slot: Slot, window: Window): Promise<void> {
    const { options, random, clock, log } = this.#setup;
    const { signal } = this.#abort;
    const patience = new AbortController();
    await Promise.race([this.#ready, sleep(clock, options.gap.graceMs, AbortSignal.any([signal, patience.signal]))]);
    patience.abort();
    let job: GapJob = NEW_GAP_JOB;
    while (job.kind !== 'ended' && !signal.aborted) {
      const reply: GapReply = await this.#ask(slot, window, job, signal);
      const next = nextGapJob(job, reply, { retry: options.retry, pollMs: options.gap.pollMs }, random.next());
      job = next.job;
      if (next.delayMs > 0) await sleep(clock, next.delayMs, signal);
    }
    if (job.kind !== 'ended') return;
    const fields = { target: slot.target, dipId: slot.dipId, outcome: job.outcome, text: job.text };
    if (job.outcome === 'failed') {
      this.#failed = true;
      log.error(fields, 'the DIP would neither requeue nor replay');
      this.#setup.onAlert('dip_requeue_failed', true, `${slot.target} for ${slot.dipId}: ${job.text}`);
    } else log.info(fields, 'the DIP has sent again');
  }

  async #ask(slot: Slot, window: Window, job: GapJob, signal: AbortSignal): Promise<GapReply> {
    const { queries, replayer } = this.#setup;
    const { target, dipId } = slot;
    if (job.kind === 'asking') {
      const question = await queries.requeue(target, dipId, window, signal);
      return question.kind === 'answer' ? { kind: 'requeue', requeueId: question.value } : question;
    }
    if (job.kind === 'polling') {
      const question = await queries.requeueStatus(target, dipId, job.requeueId, signal);
      return question.kind === 'answer' ? { kind: 'status', status: question.value } : question;
    }
    const question = await replayer.replay(target, dipId, window, signal);
    return question.kind === 'answer' ? { kind: 'replayed' } : question;
  }

  /** One after the other; a failure is logged, and the window is then only lost if we stop before it is done. */
  #remember(): void {
    const { memory, log } = this.#setup;
    this.#saving = this.#saving
      .then(() => memory.save(this.#unfinished))
      .catch((error: unknown) => log.error({ error }, 'the unfinished requeue cannot be noted'));
  }
}
