/**
 * Follows the event stream for all sockets of this node: one reading, each event understood once. The latest stay in memory.
 *
 *   away ──bus connected──► attaching (is it the stream we knew, and what did it lose?) ──► following
 *     ▲                                                                                       │
 *     └────────────── bus lost, or the reading broke off: a pause, and again ◄────────────────┘
 *
 * Invariants
 * - T1 `onEvents` gets every event above the first position once, in order, without those that are announced again.
 * - T2 What the stream lost before it was read here is told by `onLoss`, before any later event.
 */
import { boundsOf, followStream, type OpenBus, payloadAt, type Reading, readStream, type StreamBounds, type StreamMessage } from '../../actors/bus/index.ts';
import type { Clock, Log, Timer } from '../../actors/engine/ports.ts';
import { type LiveEvent, readEvent } from './event.ts';
import type { LiveOptions } from './options.ts';
import { Recent } from './recent.ts';
import { Seen } from './seen.ts';

export type LiveBus = Pick<OpenBus, 'connected' | 'connection' | 'onChange'>;

export interface TailSetup {
  readonly bus: LiveBus;
  readonly prefix: string;
  readonly options: Pick<LiveOptions, 'recentEvents' | 'recentBytes' | 'rememberedActors'>;
  readonly clock: Pick<Clock, 'after' | 'soon'>;
  readonly log: Log;
  onEvents(events: readonly LiveEvent[]): void;
  /** From here on sequences below `to` say nothing; `isOther`: it is another stream, or it counts again. */
  onLoss(loss: { readonly from: number; readonly to: number }): void;
}

const PAUSE_MS = 500;

export class EventTail {
  readonly recent: Recent;
  readonly seen: Seen;
  readonly #setup: TailSetup;
  #unwatch: (() => void) | undefined;
  #stream: string | null = null;
  #position = 0;
  /** Payload at `position`, by which the stream is known again. */
  #lastPayload: Uint8Array | undefined;
  #reading: Reading | undefined;
  #incoming: StreamMessage[] = [];
  /** Rises with every change, so that an attaching that was overtaken ends. */
  #epoch = 0;
  #timer: Timer | undefined;
  /** Undefined: not attached. */
  #target: number | undefined;
  #waiting: { readonly seq: number; readonly resolve: () => void }[] = [];
  #looking: Promise<StreamBounds> | undefined;
  #nextLook: Promise<StreamBounds> | undefined;
  /** Ends what is read of the past when the bus is lost. */
  #readers = new AbortController();

  constructor(setup: TailSetup) {
    this.#setup = setup;
    const { recentEvents, recentBytes, rememberedActors } = setup.options;
    this.recent = new Recent(recentEvents, recentBytes, 0);
    this.seen = new Seen(rememberedActors);
  }

  /** Last sequence that was handed on. */
  get position(): number {
    return this.#position;
  }

  /** Name of the stream that the sequences belong to; null before it is known. */
  get stream(): string | null {
    return this.#stream;
  }

  get isAttached(): boolean {
    return this.#target !== undefined;
  }

  /** The bus itself cannot be reached. */
  get isAway(): boolean {
    return !this.#setup.bus.connected;
  }

  start(): void {
    if (this.#unwatch) return;
    this.#unwatch = this.#setup.bus.onChange((connected) => (connected ? this.#attach() : this.#detach()));
    if (this.#setup.bus.connected) this.#attach();
  }

  stop(): void {
    this.#unwatch?.();
    this.#unwatch = undefined;
    this.#detach();
  }

  /** Resolves once the bus is there and everything that the stream had when it came is handed on. */
  caughtUp(): Promise<void> {
    if (this.#target !== undefined && this.#position >= this.#target) return Promise.resolve();
    return this.#wait(this.#target ?? Number.POSITIVE_INFINITY);
  }

  /** Resolves once a sequence is handed on. */
  reached(seq: number): Promise<void> {
    return this.#position >= seq ? Promise.resolve() : this.#wait(seq);
  }

  /** Where the stream stands, asked after this call: those who ask at the same time share one question. Rejects while it cannot be asked. */
  look(): Promise<StreamBounds> {
    if (!this.#looking) {
      this.#looking = this.#ask().finally(() => {
        this.#looking = undefined;
      });
      return this.#looking;
    }
    // The one under way may have been answered already.
    this.#nextLook ??= this.#looking
      .catch(() => {})
      .then(() => {
        this.#nextLook = undefined;
        return this.look();
      });
    return this.#nextLook;
  }

  /** Events from `fromSeq` to the end as it is, as the stream has them. Rejects when the bus is lost. */
  async *older(fromSeq: number, subject: string): AsyncGenerator<LiveEvent> {
    const nc = this.#setup.bus.connection;
    if (!nc) throw new Error('the event bus is away');
    for await (const message of readStream(nc, fromSeq, subject, this.#readers.signal)) {
      const event = readEvent(message, this.#setup.prefix);
      if (event) yield event;
    }
  }

  #ask(): Promise<StreamBounds> {
    const nc = this.#setup.bus.connection;
    return nc ? boundsOf(nc) : Promise.reject(new Error('the event bus is away'));
  }

  #wait(seq: number): Promise<void> {
    return new Promise((resolve) => this.#waiting.push({ seq, resolve }));
  }

  #detach(): void {
    this.#epoch++;
    this.#target = undefined;
    this.#timer?.cancel();
    this.#reading?.stop();
    this.#reading = undefined;
    this.#readers.abort(new Error('the event bus is away'));
    this.#readers = new AbortController();
    this.#flush();
  }

  #attach(): void {
    this.#detach();
    const epoch = this.#epoch;
    this.#begin(epoch).catch((error: unknown) => this.#again(epoch, error));
  }

  #again(epoch: number, error: unknown): void {
    if (epoch !== this.#epoch) return;
    this.#setup.log.warn({ err: error }, 'the event stream cannot be followed for the live sockets');
    this.#detach();
    if (this.#unwatch && this.#setup.bus.connected) this.#timer = this.#setup.clock.after(PAUSE_MS, () => this.#attach());
  }

  async #begin(epoch: number): Promise<void> {
    const nc = this.#setup.bus.connection;
    if (!nc) return;
    const bounds = await boundsOf(nc);
    const isSame = this.#stream === bounds.created && (await this.#isSame(bounds, (seq) => payloadAt(nc, seq)));
    if (epoch !== this.#epoch) return;
    this.#take(bounds, isSame);
    const reading = await followStream(nc, this.#position + 1, (message) => {
      if (epoch === this.#epoch) this.#come(message);
    });
    if (epoch !== this.#epoch) {
      reading.stop();
      return;
    }
    this.#reading = reading;
    this.#target = bounds.lastSeq;
    // Whoever waited for any stream waits for the end of this one.
    this.#waiting = this.#waiting.map((one) => (one.seq === Number.POSITIVE_INFINITY ? { ...one, seq: bounds.lastSeq } : one));
    this.#wakeReached();
    void reading.ended.then((error) => this.#again(epoch, error ?? new Error('the reading ended')));
  }

  /** Whether what was read last still lies where it lay. */
  async #isSame({ firstSeq, lastSeq }: StreamBounds, at: (seq: number) => Promise<Uint8Array | undefined>): Promise<boolean> {
    if (lastSeq < this.#position) return false;
    if (this.#lastPayload === undefined || firstSeq > this.#position) return true;
    const payload = await at(this.#position);
    return payload === undefined || Buffer.compare(payload, this.#lastPayload) === 0;
  }

  #take({ created, firstSeq, lastSeq }: StreamBounds, isSame: boolean): void {
    const isFirst = this.#stream === null;
    this.#stream = created;
    const before = this.#position;
    if (!isFirst && isSame && firstSeq <= before + 1) return;
    const floor = isSame && !isFirst ? firstSeq - 1 : Math.max(firstSeq - 1, lastSeq - this.#setup.options.recentEvents, 0);
    this.recent.reset(floor);
    this.#position = floor;
    this.#lastPayload = undefined;
    if (isFirst) return;
    const loss = isSame ? { from: before + 1, to: firstSeq - 1 } : { from: Math.min(lastSeq + 1, before), to: Math.max(lastSeq, before) };
    this.#setup.log.warn(loss, 'the event stream lost something that the live sockets had not seen, or counts anew');
    this.#setup.onLoss(loss);
  }

  #come(message: StreamMessage): void {
    this.#incoming.push(message);
    // All that the connection brought at once is handed on together (bench `fanout`).
    if (this.#incoming.length === 1) this.#setup.clock.soon(() => this.#flush());
  }

  #flush(): void {
    const messages = this.#incoming;
    const last = messages.at(-1);
    if (!last) return;
    this.#incoming = [];
    const events: LiveEvent[] = [];
    for (const message of messages) {
      if (message.seq <= this.#position) continue;
      this.#position = message.seq;
      const event = readEvent(message, this.#setup.prefix);
      if (!event || !this.seen.take(event)) continue;
      this.recent.push(event);
      events.push(event);
    }
    // A copy: the original is part of all that the connection brought.
    if (last.seq === this.#position) this.#lastPayload = Uint8Array.from(last.data);
    if (events.length > 0) this.#setup.onEvents(events);
    this.#wakeReached();
  }

  #wakeReached(): void {
    if (this.#waiting.length === 0) return;
    const waiting = this.#waiting;
    this.#waiting = waiting.filter(({ seq }) => seq > this.#position);
    for (const { seq, resolve } of waiting) if (seq <= this.#position) resolve();
  }
}
