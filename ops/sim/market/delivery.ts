/**
 * Publishes messages to participants: due times, batches per channel and recipient, signatures, retries with back-off, RetriesExhausted.
 *
 *   schedule ─► due queue ─(due)─► lane (channel, recipient, test) ─(full or lingered)─► POST ─► settled
 *                   ▲                                                                       │
 *                   └───────────────────────── back-off ◄── failed or refused for now ◄─────┘
 *
 * The boundary: what a message says is the caller's (`render`); what became of it is told by `settled`, never kept here.
 */
import { DueQueue } from './due-queue.ts';
import type { Settled } from './journal.ts';
import type { Publication } from './publication.ts';

export interface PostAnswer {
  readonly status: number;
  readonly retryAfterMs: number | null;
  readonly body: string;
}

export interface DeliveryPorts {
  now(): number;
  /** Where messages of a channel go; null while nobody registered. */
  target(channel: string, recipient: string): string | null;
  render(publication: Publication): string;
  /** Transaction id and SUR, by which a 207 names its items. */
  references(publication: Publication): { readonly sur: string; readonly transaction: string };
  /** Signs and posts; rejects when the network fails. */
  post(url: string, body: string, test: boolean): Promise<PostAnswer>;
  /** A message came due for the first time. */
  due(publication: Publication): void;
  settled(publications: readonly Publication[], how: Settled): void;
  /** After each POST, for the statistics. */
  posted(channel: string, messages: number, status: number): void;
}

export interface DeliveryOptions {
  readonly maxBatch: number;
  readonly lingerMs: number;
  readonly maxInFlight: number;
  readonly retryBaseMs: number;
  readonly retryCapMs: number;
  readonly retryAttempts: number;
}

type Lane = {
  readonly channel: string;
  readonly recipient: string;
  readonly test: boolean;
  waiting: Publication[];
  inFlight: number;
  limit: number;
  timer: NodeJS.Timeout | null;
};
type Scheduled = { readonly publication: Publication; readonly generation: number };
type Verdict = 'ok' | 'rej' | 'later';

/** Item answers that say "never": the receiver could not read the message. Any other failure of an item is tried again. */
const REFUSED = /^MSG\d{4}\s*-?\s*Schema/i;
const TICK_MS = 2;

export class Delivery {
  readonly #ports: DeliveryPorts;
  readonly #options: DeliveryOptions;
  readonly #queue = new DueQueue<Scheduled>();
  readonly #lanes = new Map<string, Lane>();
  readonly #running = new Set<Promise<void>>();
  #timer: NodeJS.Timeout | null = null;
  #timerDue = Number.POSITIVE_INFINITY;
  #closed = false;

  constructor(ports: DeliveryPorts, options: DeliveryOptions) {
    this.#ports = ports;
    this.#options = options;
  }

  /** Messages waiting for their time, for company, or for an answer. */
  get backlog(): number {
    let lanes = 0;
    for (const lane of this.#lanes.values()) lanes += lane.waiting.length + lane.inFlight;
    return this.#queue.size + lanes;
  }

  /** Sends a message at `dueAt`, or as soon as can be when that is past. Replaces an earlier schedule of the same message. */
  schedule(publication: Publication, dueAt: number): void {
    publication.state = 'waiting';
    publication.generation += 1;
    this.#queue.push(dueAt, { publication, generation: publication.generation });
    this.#arm();
  }

  /** Stops; what is on its way is waited for. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    for (const lane of this.#lanes.values()) if (lane.timer !== null) clearTimeout(lane.timer);
    await Promise.allSettled(this.#running);
  }

  #arm(): void {
    const due = this.#queue.next;
    if (this.#closed || due >= this.#timerDue) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timerDue = due;
    const delay = Math.min(Math.max(TICK_MS, due - this.#ports.now()), 0x7fff_ffff);
    this.#timer = setTimeout(() => this.#tick(), delay);
  }

  #tick(): void {
    this.#timer = null;
    this.#timerDue = Number.POSITIVE_INFINITY;
    const now = this.#ports.now();
    for (let entry = this.#queue.take(now); entry !== undefined; entry = this.#queue.take(now)) {
      const { publication, generation } = entry;
      if (publication.generation !== generation || publication.state !== 'waiting') continue;
      if (generation === 1) this.#ports.due(publication);
      const lane = this.#lane(publication);
      lane.waiting.push(publication);
      this.#offer(lane);
    }
    this.#arm();
  }

  #lane(publication: Publication): Lane {
    const { channel, recipient, test } = publication;
    const key = `${channel}|${recipient}|${test}`;
    let lane = this.#lanes.get(key);
    if (lane === undefined) {
      lane = { channel, recipient, test, waiting: [], inFlight: 0, limit: this.#options.maxBatch, timer: null };
      this.#lanes.set(key, lane);
    }
    return lane;
  }

  #offer(lane: Lane): void {
    if (this.#closed || lane.waiting.length === 0) return;
    if (lane.waiting.length >= lane.limit) {
      while (lane.waiting.length >= lane.limit && lane.inFlight < this.#options.maxInFlight) this.#launch(lane);
    }
    if (lane.waiting.length > 0 && lane.timer === null && lane.inFlight < this.#options.maxInFlight) {
      lane.timer = setTimeout(() => {
        lane.timer = null;
        if (lane.waiting.length > 0 && lane.inFlight < this.#options.maxInFlight) this.#launch(lane);
        this.#offer(lane);
      }, this.#options.lingerMs);
    }
  }

  #launch(lane: Lane): void {
    const batch = lane.waiting.splice(0, lane.limit);
    lane.inFlight += 1;
    const running = this.#send(lane, batch).finally(() => {
      this.#running.delete(running);
      lane.inFlight -= 1;
      this.#offer(lane);
    });
    this.#running.add(running);
  }

  async #send(lane: Lane, batch: readonly Publication[]): Promise<void> {
    const url = this.#ports.target(lane.channel, lane.recipient);
    if (url === null) {
      this.#retry(batch, null, 'no callback is registered');
      return;
    }
    const parts: string[] = [];
    for (const publication of batch) {
      publication.state = 'sending';
      publication.attempts += 1;
      parts.push(this.#ports.render(publication));
    }
    try {
      const answer = await this.#ports.post(url, `[${parts.join(',')}]`, lane.test);
      this.#ports.posted(lane.channel, batch.length, answer.status);
      this.#judge(lane, batch, answer);
    } catch (error) {
      this.#ports.posted(lane.channel, batch.length, 0);
      this.#retry(batch, null, error instanceof Error ? error.message : String(error));
    }
  }

  #judge(lane: Lane, batch: readonly Publication[], answer: PostAnswer): void {
    const { status } = answer;
    if (status === 200 || status === 201 || status === 202 || status === 204) {
      for (const publication of batch) publication.lastAnswer = null;
      this.#settle(batch, 'ok');
      if (lane.limit < this.#options.maxBatch) lane.limit = Math.min(this.#options.maxBatch, lane.limit * 2);
      return;
    }
    if (status === 413 && batch.length > 1) {
      lane.limit = Math.ceil(batch.length / 2);
      this.#retry(batch, 0, 'HTTP 413');
      return;
    }
    if (status === 207 || status === 400 || status === 413) {
      const verdicts = this.#itemVerdicts(batch, answer);
      this.#settle(
        batch.filter((_, index) => verdicts[index] === 'ok'),
        'ok',
      );
      this.#settle(
        batch.filter((_, index) => verdicts[index] === 'rej'),
        'rej',
      );
      this.#retry(
        batch.filter((_, index) => verdicts[index] === 'later'),
        answer.retryAfterMs,
        `HTTP ${status}`,
      );
      return;
    }
    this.#retry(batch, answer.retryAfterMs, `HTTP ${status}`);
  }

  #itemVerdicts(batch: readonly Publication[], answer: PostAnswer): Verdict[] {
    const otherwise: Verdict = answer.status === 207 ? 'later' : 'rej';
    const messages = new Map<string, string>();
    try {
      const { messageArray } = JSON.parse(answer.body) as { messageArray: { transactionID: unknown; senderUniqueReference: unknown; message: unknown }[] };
      for (const item of messageArray) {
        if (typeof item.message !== 'string') continue;
        if (typeof item.transactionID === 'string') messages.set(item.transactionID, item.message);
        if (typeof item.senderUniqueReference === 'string') messages.set(item.senderUniqueReference, item.message);
      }
    } catch {
      return batch.map(() => otherwise);
    }
    return batch.map((publication) => {
      const { sur, transaction } = this.#ports.references(publication);
      const message = messages.get(transaction) ?? messages.get(sur);
      if (message === undefined) return otherwise;
      publication.lastAnswer = message;
      if (message.startsWith('MSG0000')) return 'ok';
      return REFUSED.test(message) ? 'rej' : 'later';
    });
  }

  #settle(batch: readonly Publication[], how: Settled): void {
    if (batch.length === 0) return;
    const state = how === 'ok' ? 'delivered' : how === 'rej' ? 'rejected' : 'exhausted';
    for (const publication of batch) publication.state = state;
    this.#ports.settled(batch, how);
  }

  #retry(batch: readonly Publication[], afterMs: number | null, reason: string): void {
    const spent: Publication[] = [];
    const now = this.#ports.now();
    for (const publication of batch) {
      publication.lastAnswer = reason;
      if (publication.attempts >= this.#options.retryAttempts) {
        spent.push(publication);
        continue;
      }
      const pause = Math.min(this.#options.retryCapMs, this.#options.retryBaseMs * 2 ** Math.max(0, publication.attempts - 1));
      this.schedule(publication, now + (afterMs ?? pause));
    }
    this.#settle(spent, 'exh');
  }
}
