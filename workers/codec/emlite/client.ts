/**
 * The client's link to an Emlite meter: one request, one reply, repeats; where wanted a new connection for each request.
 *
 * ```
 *   idle ─open─► ready ─request─► holding ─gap over─► connecting ─connected─► waiting ─reply─► ready
 *                                    ▲  └──────────── no new connection ─────────►│
 *                                    └──────────────── no reply, attempts left ───┘
 * ```
 *
 * I1 A volatile request goes out once. Without a reply it ends as `unknown-outcome`, and the link stays open for the read that
 *    must follow. A reply with a result other than 0 is a reply.
 * I2 A volatile request that had to wait (gap, connection) asks for a fresh payload before it goes out.
 * I3 Replies count by addresses, sequence and object; all others are dropped.
 * I4 With destination 0 the first reply tells the meter's own address, which is used from then on.
 * I5 `busy`, `not-open`, `too-large` and `protocol-error` refuse a command and change nothing.
 */
import type { CodecError, LinkCommand, LinkEvent, LinkFailure, LinkInput, LinkMachine, LinkStep } from '../common/index.ts';
import { type EmliteFrame, encodeEmliteFrame } from './frame.ts';
import { CHECKSUM_ERROR, isReplyTo } from './match.ts';
import { EmliteStream } from './stream.ts';

export interface EmliteClientOptions {
  /** Own address, 32 bits: 80 and three random octets, or a fixed one. */
  readonly source: number;
  /** Address of the meter, 32 bits; default 0, which any meter takes. */
  readonly destination?: number;
  /** Sequence of the first request, 0 to 7; default 1. */
  readonly firstSequence?: number;
  /** Default 10,000 ms. */
  readonly replyTimeoutMs?: number;
  /** How often a request is sent again; default 5. */
  readonly retries?: number;
  /** Between a reply that did not come and the repeat; default 7,000 ms. */
  readonly retryPauseMs?: number;
  /** Between a reply and the next request; default 2,000 ms. */
  readonly gapMs?: number;
  /** A silence that no frame contains; default 2,000 ms. */
  readonly silenceMs?: number;
  /** Ask by `connection-wanted` for a new connection before every transmission but the first; default false. */
  readonly newConnectionPerRequest?: boolean;
}

export type EmliteCommand =
  | LinkCommand
  /** The answer to `connection-wanted`; also after any other change of connection. */
  | { readonly type: 'connected' };

export type EmliteEvent =
  | Exclude<LinkEvent, { readonly type: 'reply' }>
  /** @property resultCode see `EMLITE_RESULTS` */
  | (Extract<LinkEvent, { readonly type: 'reply' }> & { readonly resultCode: number; readonly source: number })
  /** Close the connection, open another, then say `connected`. */
  | { readonly type: 'connection-wanted' };

/** A request on its way. @property attempt of its next or present transmission, from 1 */
interface Job {
  readonly payload: Uint8Array;
  readonly volatile: boolean;
  readonly attempt: number;
  /** Once it was sent. */
  readonly sent?: { readonly frame: Uint8Array; readonly sequence: number };
}

type State =
  | { readonly kind: 'idle' | 'ready' }
  | { readonly kind: 'holding'; readonly job: Job; readonly deadlineMs: number }
  | { readonly kind: 'connecting' | 'fresh'; readonly job: Job }
  | { readonly kind: 'waiting'; readonly job: Job; readonly deadlineMs: number };

export class EmliteClient implements LinkMachine<EmliteCommand, EmliteEvent> {
  readonly #options: Required<EmliteClientOptions>;
  readonly #stream = new EmliteStream();
  #state: State = { kind: 'idle' };
  #destination: number;
  #sequence: number;
  #connectionUsed = false;
  #notBeforeMs = Number.NEGATIVE_INFINITY;
  /** When what is held back is given up; null when nothing is. */
  #silentAtMs: number | null = null;
  #send: Uint8Array[] = [];
  #events: EmliteEvent[] = [];

  constructor(options: EmliteClientOptions) {
    this.#options = {
      source: options.source,
      destination: options.destination ?? 0,
      firstSequence: options.firstSequence ?? 1,
      replyTimeoutMs: options.replyTimeoutMs ?? 10_000,
      retries: options.retries ?? 5,
      retryPauseMs: options.retryPauseMs ?? 7_000,
      gapMs: options.gapMs ?? 2_000,
      silenceMs: options.silenceMs ?? 2_000,
      newConnectionPerRequest: options.newConnectionPerRequest ?? false,
    };
    this.#destination = this.#options.destination;
    this.#sequence = this.#options.firstSequence;
  }

  /** Address that the next request goes to: 0 until the meter has told its own. */
  get destination(): number {
    return this.#destination;
  }

  step(input: LinkInput<EmliteCommand>, nowMs: number): LinkStep<EmliteEvent> {
    this.#send = [];
    this.#events = [];
    if (input.type === 'command') this.#command(input.command, nowMs);
    if (input.type === 'octets') this.#octets(input.octets, nowMs);
    this.#time(nowMs);
    return { send: this.#send, events: this.#events, deadlineMs: this.#deadline() };
  }

  #deadline(): number | null {
    const own = 'deadlineMs' in this.#state ? this.#state.deadlineMs : null;
    if (own === null || this.#silentAtMs === null) return own ?? this.#silentAtMs;
    return Math.min(own, this.#silentAtMs);
  }

  #command(command: EmliteCommand, nowMs: number): void {
    const state = this.#state;
    if (command.type === 'open') this.#open();
    else if (command.type === 'close') this.#close();
    else if (command.type === 'connected') this.#connected(nowMs);
    else if (command.type === 'request') this.#request({ payload: command.payload.slice(), volatile: command.volatile === true, attempt: 1 }, nowMs);
    else if (state.kind === 'fresh') this.#transmit({ ...state.job, payload: command.payload.slice() }, nowMs);
    else this.#refuse('protocol-error');
  }

  #open(): void {
    if (this.#state.kind !== 'idle' && this.#state.kind !== 'ready') {
      this.#refuse('busy');
      return;
    }
    this.#forget();
    this.#connectionUsed = false;
    this.#state = { kind: 'ready' };
    this.#events.push({ type: 'opened' });
  }

  #close(): void {
    if (this.#state.kind === 'waiting' && this.#state.job.volatile) this.#events.push({ type: 'unknown-outcome', reason: 'disconnected' });
    this.#forget();
    this.#state = { kind: 'idle' };
    this.#events.push({ type: 'closed' });
  }

  #connected(nowMs: number): void {
    const state = this.#state;
    if (state.kind !== 'ready' && state.kind !== 'connecting') {
      this.#refuse('protocol-error');
      return;
    }
    this.#forget();
    this.#connectionUsed = false;
    if (state.kind === 'connecting') this.#proceed(state.job, true, nowMs);
  }

  #request(job: Job, nowMs: number): void {
    if (this.#state.kind === 'idle') this.#refuse('not-open');
    else if (this.#state.kind !== 'ready') this.#refuse('busy');
    else if (nowMs < this.#notBeforeMs) this.#state = { kind: 'holding', job, deadlineMs: this.#notBeforeMs };
    else this.#proceed(job, false, nowMs);
  }

  /** @param waited since the payload was given */
  #proceed(job: Job, waited: boolean, nowMs: number): void {
    if (this.#options.newConnectionPerRequest && this.#connectionUsed) {
      this.#state = { kind: 'connecting', job };
      this.#events.push({ type: 'connection-wanted' });
    } else if (job.volatile && waited) {
      this.#state = { kind: 'fresh', job };
      this.#events.push({ type: 'fresh-payload-wanted' });
    } else this.#transmit(job, nowMs);
  }

  #transmit(job: Job, nowMs: number): void {
    const sequence = job.sent?.sequence ?? this.#sequence;
    const header = { destination: this.#destination, source: this.#options.source, sequence, resultCode: 0 };
    const frame = encodeEmliteFrame(header, job.payload);
    if (frame.kind === 'bad') {
      this.#state = { kind: 'ready' };
      this.#refuse(frame.error.code === 'too_large' ? 'too-large' : 'protocol-error', frame.error);
      return;
    }
    // A late reply to the transmission before may be coming in; a new request has nothing to wait for.
    if (job.sent === undefined) {
      this.#forget();
      this.#sequence = (sequence + 1) & 7;
    } else this.#events.push({ type: 'repeated', attempt: job.attempt });
    this.#connectionUsed = true;
    this.#state = { kind: 'waiting', job: { ...job, sent: { frame: frame.octets, sequence } }, deadlineMs: nowMs + this.#options.replyTimeoutMs };
    this.#send.push(frame.octets.slice());
  }

  #octets(octets: Uint8Array, nowMs: number): void {
    this.#stream.push(octets);
    this.#drain(nowMs);
    this.#silentAtMs = this.#stream.buffered > 0 ? nowMs + this.#options.silenceMs : null;
  }

  #drain(nowMs: number): void {
    for (let event = this.#stream.next(); event !== undefined; event = this.#stream.next()) {
      if (event.kind === 'frame') this.#frame(event.frame, nowMs);
    }
  }

  #frame(frame: EmliteFrame, nowMs: number): void {
    const state = this.#state;
    // A reply may come late, while the link pauses before the repeat.
    if ((state.kind !== 'waiting' && state.kind !== 'holding') || state.job.sent === undefined) return;
    const { job } = state;
    const expected = { source: this.#options.source, destination: this.#destination, sequence: job.sent?.sequence ?? 0 };
    if (!isReplyTo(expected, job.payload, frame)) return;
    if (frame.resultCode === CHECKSUM_ERROR && !job.volatile && job.attempt <= this.#options.retries) {
      if (state.kind === 'waiting') this.#pause(job, nowMs);
      return;
    }
    if (this.#destination === 0) this.#destination = frame.source;
    const transmissions = state.kind === 'waiting' ? job.attempt : job.attempt - 1;
    this.#end(nowMs);
    const { data, resultCode, source } = frame;
    this.#events.push({ type: 'reply', payload: data.slice(), repeated: transmissions > 1, resultCode, source });
  }

  #end(nowMs: number): void {
    this.#state = { kind: 'ready' };
    this.#notBeforeMs = nowMs + this.#options.gapMs;
  }

  #pause(job: Job, nowMs: number): void {
    this.#state = { kind: 'holding', job: { ...job, attempt: job.attempt + 1 }, deadlineMs: nowMs + this.#options.retryPauseMs };
  }

  #time(nowMs: number): void {
    if (this.#silentAtMs !== null && nowMs >= this.#silentAtMs) {
      this.#silentAtMs = null;
      this.#stream.giveUp();
      this.#drain(nowMs);
    }
    const state = this.#state;
    if (!('deadlineMs' in state) || nowMs < state.deadlineMs) return;
    const { job } = state;
    if (state.kind === 'holding') this.#proceed(job, true, nowMs);
    else if (job.volatile) {
      this.#end(nowMs);
      this.#events.push({ type: 'unknown-outcome', reason: 'no-reply' });
    } else if (job.attempt > this.#options.retries) {
      this.#state = { kind: 'idle' };
      this.#events.push({ type: 'failed', reason: 'no-reply' });
    } else this.#pause(job, nowMs);
  }

  #forget(): void {
    this.#stream.reset();
    this.#silentAtMs = null;
  }

  #refuse(reason: LinkFailure, error?: CodecError): void {
    this.#events.push(error === undefined ? { type: 'failed', reason } : { type: 'failed', reason, error });
  }
}
