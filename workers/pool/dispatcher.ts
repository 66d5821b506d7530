/**
 * Carries requests to the workers and their answers back. It is not the threads (`threads.ts`), the calls in hand (`ledger.ts`), nor
 * the layout of the memory (`batch.ts`), and knows no protocol.
 *
 * ```
 *   run ──► queue live ─┐  end of the turn, or a free thread      ┌─ answered ──► copy out once, slot back, settle
 *           queue bulk ─┴──────────► batch in a slot ──► thread ──┤
 *                ▲                                                └─ lost, exited ──► answers below `progress` are good,
 *                └── the one that ran: alone, once more; the rest: as before ◄────    slot back
 * ```
 *
 * I1 A slot goes back to the ring only after its thread has answered or exited (`Threads.place`).
 * I2 A request that was running when its thread was lost is run alone once more; lost again, it is `pool_poisoned`. Requests of
 *    its batch that had not begun lose nothing. So n poisonous requests cost at most 2n threads, and nothing is tried for ever.
 * I3 Live goes before bulk. Bulk never holds the last thread where there is more than one, and a batch is cut at `bulkPieceMs` by the
 *    measured rate: with one thread live waits for one piece.
 */
import { Alarm } from './alarm.ts';
import { ABORTED, type Answer, CLOSED, DOWN, poolError } from './answer.ts';
import { ENTRY_BYTES, ERROR_BYTES, failedAnswer, HEAD_BYTES, progressOf, type ReadAnswer, type TakenAnswers, takeAnswers, writeBatch } from './batch.ts';
import type { Call, Job, Priority } from './job.ts';
import { Ledger } from './ledger.ts';
import { Meters, type PoolMetrics, summarize } from './metrics.ts';
import { type OperationTable, operationOf, type PoolRequest } from './operation.ts';
import type { PoolOptions } from './options.ts';
import { aligned8, Packer, Views } from './packing.ts';
import { JobQueue } from './queue.ts';
import { Rates } from './rates.ts';
import { Ring, type Slot } from './ring.ts';
import { type Thread, Threads } from './threads.ts';

/** Threads that may be lost under a batch before it began; more means that something else ends them. */
const MOST_STRAYS = 5;

export interface RunOptions {
  /** Live: a session waits. Bulk: nobody does. */
  readonly priority: Priority;
  /** Milliseconds from now to the answer, then `pool_deadline`. Default: `deadlineMs` of the pool. */
  readonly deadlineMs?: number | undefined;
  /** What is not answered yet becomes `pool_aborted`. */
  readonly signal?: AbortSignal | undefined;
}

interface Batch {
  readonly slot: Slot;
  readonly jobs: readonly Job[];
  readonly priority: Priority;
  readonly thread: Thread;
  /** The progress that the watch saw last, and since when. */
  seen: number;
  seenAt: number;
}

const now = (): number => performance.now();

export class Dispatcher {
  readonly #options: PoolOptions;
  readonly #table: OperationTable;
  readonly #codes: ReadonlyMap<string, number>;
  readonly #ring: Ring;
  readonly #views: Views;
  readonly #packer: Packer;
  readonly #threads: Threads;
  readonly #rates: Rates;
  readonly #meters = new Meters();
  readonly #ledger: Ledger;
  readonly #queues: Readonly<Record<Priority, JobQueue>> = { live: new JobQueue(), bulk: new JobQueue() };
  /** As many as threads at most. */
  #running: readonly Batch[] = [];
  readonly #watch: Alarm;
  #bulkRunning = 0;
  #flushing = false;
  #closing: Promise<void> | undefined;

  constructor(options: PoolOptions, table: OperationTable, entry: string, keys: SharedArrayBuffer) {
    this.#options = options;
    this.#table = table;
    this.#codes = new Map(Object.keys(table).map((name, code) => [name, code]));
    this.#rates = new Rates(this.#codes.size);
    this.#ring = new Ring(options.slots, options.slotBytes);
    this.#views = new Views(this.#ring.memory);
    this.#packer = new Packer(this.#views);
    this.#ledger = new Ledger(options, this.#meters, now);
    this.#watch = new Alarm(now, () => this.#endHung());
    this.#threads = new Threads({
      entry,
      count: options.threads,
      heapMb: options.heapMb,
      bootMs: options.bootMs,
      seed: { ring: this.#ring.memory, keys },
      onChange: () => this.#threadsChanged(),
      onLost: () => {
        this.#meters.lost++;
      },
    });
  }

  get ready(): Promise<void> {
    return this.#threads.ready;
  }

  /** Never rejects. @throws TypeError for an operation that the table does not have */
  run(requests: readonly PoolRequest[], options: RunOptions): Promise<Answer<unknown>[]> {
    let octets = 0;
    for (const request of requests) octets += operationOf(this.#table, request).octets(request);
    const refusal = this.#refusal(options.signal) ?? this.#ledger.refusal(requests.length, octets);
    if (refusal !== undefined || requests.length === 0) return Promise.resolve(requests.map(() => refusal as Answer<unknown>));
    return new Promise((resolve) => this.#admit(requests, options, resolve));
  }

  metrics(): PoolMetrics {
    const { live, bulk } = this.#queues;
    const running = this.#threads.count('running');
    return summarize(this.#meters, {
      depth: { live: live.count(), bulk: bulk.count(), inHand: this.#ledger.requests, octets: this.#ledger.octets, freeSlots: this.#ring.free },
      threads: { ready: this.#threads.count('idle') + running, running, lastFault: this.#threads.lastFault },
    });
  }

  /** Takes nothing more, lets what is in hand go on for `closeMs`, answers the rest `pool_closed`, and waits for the threads' exit. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const late = setTimeout(resolve, this.#options.closeMs);
    await Promise.race([this.#ledger.drained(), promise]);
    clearTimeout(late);
    this.#ledger.close();
    this.#watch.clear();
    await this.#threads.close();
  }

  #refusal(signal: AbortSignal | undefined): Answer<unknown> | undefined {
    if (this.#closing !== undefined) return CLOSED;
    if (this.#threads.down) return DOWN;
    return signal?.aborted ? ABORTED : undefined;
  }

  #admit(requests: readonly PoolRequest[], { priority, deadlineMs, signal }: RunOptions, resolve: (answers: Answer<unknown>[]) => void): void {
    const since = now();
    const answers = new Array<Answer<unknown>>(requests.length);
    const abort = (): void => this.#ledger.giveUp(call, 'pool_aborted');
    const finish = (): void => {
      signal?.removeEventListener('abort', abort);
      resolve(answers);
    };
    const call: Call = { jobs: [], answers, since, dueAt: since + (deadlineMs ?? this.#options.deadlineMs), left: requests.length, place: -1, finish };
    for (const request of requests) call.jobs.push(this.#job(call, request));
    this.#ledger.open(call);
    signal?.addEventListener('abort', abort, { once: true });
    for (const job of call.jobs) {
      if (job.room >= ERROR_BYTES) this.#queues[priority].push(job);
      else this.#ledger.settle(job, this.#tooLarge('request', job.octets));
    }
    this.#watch.hold(true);
    this.#flush();
  }

  #job(call: Call, request: PoolRequest): Job {
    const operation = operationOf(this.#table, request);
    const inputBytes = aligned8(operation.inputBytes(request));
    const most = this.#ring.largest - HEAD_BYTES - ENTRY_BYTES - inputBytes;
    return {
      call,
      index: call.jobs.length,
      request,
      operation,
      code: this.#codes.get(request.op) ?? -1,
      octets: operation.octets(request),
      inputBytes,
      room: Math.min(most, Math.max(ERROR_BYTES, aligned8(operation.answerBytes(request)))),
      state: 'waiting',
      deaths: 0,
      strays: 0,
      alone: false,
    };
  }

  #tooLarge(what: 'request' | 'answer', octets: number): Answer<never> {
    return poolError('pool_too_large', `${what}: must fit the ${this.#ring.largest} octets of shared memory`, `${octets} octets`);
  }

  /**
   * At the end of the turn: `setImmediate` runs after the callbacks of all sockets that this turn of the loop found ready, so their
   * requests share a batch. A microtask would run after each callback, and gather what one session asks only.
   */
  #flush(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    setImmediate(() => {
      this.#flushing = false;
      this.#pump();
    });
  }

  #threadsChanged(): void {
    if (this.#threads.down) this.#ledger.giveUpAll('pool_down');
    this.#pump();
  }

  /** Hands out batches while there is work, a free thread and room in the ring. */
  #pump(): void {
    for (;;) {
      const thread = this.#threads.idle();
      const priority = thread === undefined ? undefined : this.#choose();
      if (thread === undefined || priority === undefined || !this.#start(priority, thread)) return;
    }
  }

  #choose(): Priority | undefined {
    if (this.#queues.live.peek() !== undefined) return 'live';
    const most = Math.max(1, this.#options.threads - 1);
    return this.#bulkRunning < most && this.#queues.bulk.peek() !== undefined ? 'bulk' : undefined;
  }

  /** False while the ring has no room. */
  #start(priority: Priority, thread: Thread): boolean {
    const queue = this.#queues[priority];
    const first = queue.peek();
    const slot = first === undefined ? undefined : this.#ring.take(HEAD_BYTES + bytesOf(first));
    if (slot === undefined) return false;
    const jobs = this.#collect(queue, slot.bytes - HEAD_BYTES);
    const at = now();
    const failed = writeBatch(this.#views, this.#packer, slot, jobs);
    for (const { job, error } of failed) this.#ledger.settle(job, failedAnswer(error));
    this.#meters.started(priority, jobs, at);
    const batch: Batch = { slot, jobs, priority, thread, seen: -1, seenAt: at };
    this.#running = [...this.#running, batch];
    if (priority === 'bulk') this.#bulkRunning++;
    this.#watch.by(at + this.#options.hangMs);
    this.#threads.place(slot.at, thread).then(
      () => this.#answered(batch),
      () => this.#lost(batch),
    );
    return true;
  }

  /** As many as fit the room and the piece of time, at least one. */
  #collect(queue: JobQueue, bytes: number): Job[] {
    const jobs: Job[] = [];
    let room = bytes;
    let ns = this.#options.bulkPieceMs * 1e6;
    for (let job = queue.peek(); job !== undefined; job = queue.peek()) {
      room -= bytesOf(job);
      ns -= this.#rates.estimateNs(job.code, job.octets);
      if (jobs.length > 0 && (job.alone || room < 0 || ns < 0 || jobs.length >= this.#options.batchRequests)) break;
      queue.shift();
      job.state = 'running';
      jobs.push(job);
      if (job.alone) break;
    }
    return jobs;
  }

  #answered(batch: Batch): void {
    this.#ended(batch);
    // The thread has its next batch, in another slot, before the answers of this one are taken out and read.
    this.#pump();
    this.#putBack(batch.priority, this.#deliver(batch.jobs, this.#takeOut(batch)));
  }

  #lost(batch: Batch): void {
    this.#ended(batch);
    const progress = progressOf(this.#views, batch.slot);
    const done = Math.max(0, progress);
    const again = this.#deliver(batch.jobs.slice(0, done), this.#takeOut(batch));
    for (const [place, job] of batch.jobs.slice(done).entries()) {
      if (job.state === 'settled') continue;
      const verdict = progress < 0 ? this.#stray(job) : place === 0 ? this.#suspect(job) : undefined;
      if (verdict === undefined) again.push(job);
      else this.#ledger.settle(job, verdict);
    }
    this.#putBack(batch.priority, again);
  }

  #ended(batch: Batch): void {
    this.#running = this.#running.filter((one) => one !== batch);
    if (batch.priority === 'bulk') this.#bulkRunning--;
  }

  /** Takes the answers out, once, and gives the slot back. */
  #takeOut({ slot, jobs }: Batch): TakenAnswers {
    const answers = takeAnswers(this.#views, slot, jobs.length);
    this.#ring.give(slot);
    return answers;
  }

  /** It was running when its thread was lost. */
  #suspect(job: Job): Answer<never> | undefined {
    job.alone = true;
    if (++job.deaths < 2) return undefined;
    this.#meters.poisoned++;
    return poolError('pool_poisoned', 'request: must not end or hang its worker', `${job.request.op} of ${job.octets} octets`);
  }

  #stray(job: Job): Answer<never> | undefined {
    return ++job.strays <= MOST_STRAYS ? undefined : poolError('pool_down', 'threads: must live until they begin');
  }

  /** Settles requests from the first answers of a batch; gives those whose answers need more room. */
  #deliver(jobs: readonly Job[], answers: TakenAnswers): Job[] {
    const again: Job[] = [];
    let ns = 0;
    for (const [index, job] of jobs.entries()) {
      const runNs = answers.runNs(index);
      ns += runNs;
      this.#rates.learn(job.code, job.octets, runNs);
      if (job.state === 'settled') continue;
      const read = this.#read(answers, index, job);
      const refusal = read.kind === 'again' ? this.#enlarge(job, read.needed) : undefined;
      if (read.kind === 'answer') this.#ledger.settle(job, read.answer);
      else if (refusal !== undefined) this.#ledger.settle(job, refusal);
      else again.push(job);
    }
    this.#meters.run.record(ns / 1_000);
    return again;
  }

  #read(answers: TakenAnswers, index: number, job: Job): ReadAnswer {
    try {
      return answers.read(index, job);
    } catch (error) {
      return { kind: 'answer', answer: failedAnswer(error) };
    }
  }

  /** What found no room may have lost it to others of its batch; first in the next one, it has all that is kept for it. */
  #enlarge(job: Job, needed: number): Answer<never> | undefined {
    job.room = Math.max(job.room, aligned8(needed));
    return HEAD_BYTES + bytesOf(job) <= this.#ring.largest ? undefined : this.#tooLarge('answer', needed);
  }

  #putBack(priority: Priority, jobs: readonly Job[]): void {
    for (const job of jobs) job.state = 'waiting';
    this.#meters.again += jobs.length;
    this.#queues[priority].putBack(jobs);
    this.#pump();
  }

  /** Ends threads that show no progress; what they held comes back through their loss. */
  #endHung(): number {
    const at = now();
    const { hangMs } = this.#options;
    this.#watch.hold(this.#ledger.requests > 0);
    for (const batch of this.#running) {
      const progress = progressOf(this.#views, batch.slot);
      if (progress !== batch.seen) {
        batch.seen = progress;
        batch.seenAt = at;
      } else if (at - batch.seenAt >= hangMs && batch.thread.state === 'running') {
        this.#meters.hung++;
        this.#threads.end(batch.thread);
      }
    }
    return this.#running.length > 0 ? at + hangMs / 4 : Number.POSITIVE_INFINITY;
  }
}

/** With its entry of the table. */
function bytesOf({ inputBytes, room }: Job): number {
  return ENTRY_BYTES + inputBytes + room;
}
