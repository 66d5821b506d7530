/**
 * The worker threads, and what piscina does not tell about them: which one runs which slot, and when one has really gone.
 *
 * ```
 *   booting ──ready──► idle ──place──► running ──answer──► idle
 *      │                 │                │
 *      └─────────────────┴── error, exit ─┴──► lost; piscina starts another, which is adopted as booting
 * ```
 *
 * I1 `place` settles only when the thread has answered, or after its exit event. Piscina rejects earlier: for a heap limit at the
 *    `error` event, while the thread may still be writing.
 * I2 A thread runs one slot at a time, so piscina's queue is always empty and its balancer only follows what was chosen here.
 * I3 Threads that fail while they start are started again after a growing pause, for ever; `down` tells when that has gone on.
 */
import type { Worker } from 'node:worker_threads';
import { Piscina } from 'piscina';
import type { WorkerSeed } from './worker-seed.ts';

/** A thread of which no more starts are tried in a row before the pool counts as down. */
const BOOT_FAILURES_DOWN = 3;
const BOOT_PAUSE_MS = 100;
/**
 * Piscina tries `require` before `import`. Node 22 ends the whole process (`IsGraphAsync must be used on an instantiated module`) when a
 * thread is terminated while it requires a module of ours; while it imports one it may be terminated at any time.
 */
const EXEC_ARGV = ['--no-experimental-require-module', '--disable-warning=ExperimentalWarning'];
const MOST_BOOT_PAUSE_MS = 5_000;

export interface Thread {
  readonly id: number;
  readonly worker: Worker;
  readonly exited: Promise<void>;
  state: 'booting' | 'idle' | 'running' | 'lost';
}

export interface ThreadsOptions {
  readonly entry: string;
  readonly count: number;
  readonly heapMb: number;
  readonly bootMs: number;
  readonly seed: WorkerSeed;
  /** A thread has become ready, or the threads are down. */
  readonly onChange: () => void;
  readonly onLost: () => void;
}

export class Threads {
  readonly #options: ThreadsOptions;
  readonly #piscina: Piscina<number, void>;
  readonly #threads = new Map<Worker, Thread>();
  readonly #ready: Promise<void>;
  #becomeReady: () => void = () => {};
  #chosen: Thread | undefined;
  #bootFailures = 0;
  #revival: NodeJS.Timeout | undefined;
  #closing = false;
  #lastFault: string | undefined;

  constructor(options: ThreadsOptions) {
    this.#options = options;
    this.#ready = new Promise((resolve) => {
      this.#becomeReady = resolve;
    });
    this.#piscina = new Piscina({
      filename: options.entry,
      minThreads: options.count,
      maxThreads: options.count,
      idleTimeout: Number.POSITIVE_INFINITY,
      concurrentTasksPerWorker: 1,
      // A worker sleeps in Atomics.wait: twice as fast for a lone request as its event loop, and no CPU while idle (bench `pool-latency`).
      atomics: 'sync',
      recordTiming: false,
      execArgv: EXEC_ARGV,
      resourceLimits: { maxOldGenerationSizeMb: options.heapMb },
      workerData: options.seed,
      loadBalancer: (_task, workers) => {
        const chosen = this.#chosen;
        this.#chosen = undefined;
        return workers.find(({ id }) => id === chosen?.id) ?? null;
      },
    });
    // Of a thread that ran nothing; its exit event tells the same.
    this.#piscina.on('error', () => {});
    this.#adopt();
  }

  /** When every thread has started once. */
  get ready(): Promise<void> {
    return this.#ready;
  }

  /** No thread could be started, several times in a row. */
  get down(): boolean {
    return this.#bootFailures >= BOOT_FAILURES_DOWN && this.count('idle') + this.count('running') === 0;
  }

  get lastFault(): string | undefined {
    return this.#lastFault;
  }

  count(state: Thread['state']): number {
    let count = 0;
    for (const thread of this.#threads.values()) if (thread.state === state) count++;
    return count;
  }

  idle(): Thread | undefined {
    for (const thread of this.#threads.values()) if (thread.state === 'idle') return thread;
    return undefined;
  }

  /** Has the slot run by an idle thread. Rejects when the thread was lost, and only after it has exited. */
  async place(slotAt: number, thread: Thread): Promise<void> {
    thread.state = 'running';
    this.#chosen = thread;
    try {
      await this.#piscina.run(slotAt);
      if (thread.state === 'running') thread.state = 'idle';
    } catch (error) {
      this.end(thread);
      await thread.exited;
      throw error;
    }
  }

  /** Ends a thread at once, whatever it does. */
  end(thread: Thread): void {
    thread.state = 'lost';
    void thread.worker.terminate();
  }

  /** Ends all threads and waits until they have exited. */
  async close(): Promise<void> {
    this.#closing = true;
    clearTimeout(this.#revival);
    const exits = [...this.#threads.values()].map(({ exited }) => exited);
    await this.#piscina.destroy();
    await Promise.all(exits);
  }

  #adopt(): void {
    for (const worker of this.#piscina.threads) {
      if (!this.#threads.has(worker)) this.#follow(worker);
    }
  }

  #follow(worker: Worker): void {
    const { promise: exited, resolve } = Promise.withResolvers<void>();
    const thread: Thread = { id: worker.threadId, worker, exited, state: 'booting' };
    this.#threads.set(worker, thread);
    const late = setTimeout(() => this.end(thread), this.#options.bootMs).unref();
    let booted = false;
    // The first message of a piscina worker says that it has loaded its file.
    worker.once('message', () => {
      clearTimeout(late);
      if (thread.state !== 'booting') return;
      booted = true;
      thread.state = 'idle';
      this.#bootFailures = 0;
      if (this.count('idle') + this.count('running') >= this.#options.count) this.#becomeReady();
      else if (this.#piscina.threads.length < this.#options.count) this.#revive();
      this.#options.onChange();
    });
    worker.once('error', (error: unknown) => {
      this.#lastFault = error instanceof Error ? `${error.name}: ${error.message}` : typeof error;
      thread.state = 'lost';
    });
    worker.once('exit', () => {
      clearTimeout(late);
      thread.state = 'lost';
      this.#threads.delete(worker);
      resolve();
      if (this.#closing) return;
      this.#options.onLost();
      this.#adopt();
      if (booted) return;
      this.#bootFailures++;
      const pauseMs = Math.min(MOST_BOOT_PAUSE_MS, BOOT_PAUSE_MS * 2 ** this.#bootFailures);
      this.#revival ??= setTimeout(() => this.#revive(), pauseMs).unref();
      this.#options.onChange();
    });
  }

  /** Piscina stops replacing threads once one failed while it started; a run that finds no thread starts one, and is withdrawn. */
  #revive(): void {
    this.#revival = undefined;
    if (this.#closing || this.#piscina.threads.length >= this.#options.count) return;
    const withdrawal = new AbortController();
    this.#chosen = undefined;
    this.#piscina.run(-1, { signal: withdrawal.signal }).catch(() => {});
    withdrawal.abort();
    this.#adopt();
  }
}
