/**
 * The client's link to an EDMI meter: wakes it, sends a request, waits for its answer, repeats.
 *
 * ```
 *   idle ─open─► waking ─ACK─► ready ─request─► waiting ─answer─► ready
 *                  │             └─► held ─quiet─► waiting   │
 *                  └── no ACK: failed, idle                  └── no answer: failed, idle
 * ```
 *
 * I1 A volatile request goes out once. Without an answer it ends as `unknown-outcome`, and the link stays open for the read
 *    that must follow. A CAN is an answer.
 * I2 The simple form has no numbers that tell a late answer from the next one. After anything that may still be answered late the
 *    line is left quiet for `settleMs` before the next request. A volatile request that had to wait for it asks for a fresh payload.
 * I3 Answers that do not belong to the request in hand are dropped.
 * I4 `busy`, `not-open`, `too-large` and `protocol-error` refuse a command and change nothing.
 */
import type { CodecError, LinkCommand, LinkEvent, LinkFailure, LinkInput, LinkMachine, LinkStep } from '../common/index.ts';
import { ACK } from './command.ts';
import { type EdmiFrame, encodeEdmiFrame, MAX_EDMI_BODY } from './frame.ts';
import { answers } from './match.ts';
import { EdmiStream } from './stream.ts';
import { type EdmiWake, encodeEdmiWake } from './wake.ts';

export interface EdmiClientOptions {
  /** Serial number of the meter, 32 bits: the extended form. Default none: the simple form. */
  readonly destination?: number;
  /** Own serial number in the extended form; default 012B1668. */
  readonly source?: number;
  /** `counting` 1 to 7FFF (the default), or one number for all requests. */
  readonly sequence?: 'counting' | number;
  /** Default `esc`; `none` opens without a signal. */
  readonly wake?: EdmiWake | 'none';
  /** Default 10,000 ms. */
  readonly replyTimeoutMs?: number;
  /** How often something is sent again; default 5. */
  readonly retries?: number;
  /** Silence after a repeat or an answer that did not come, default 1,000 ms. See I2. */
  readonly settleMs?: number;
  /** Octets of a body at most; default {@link MAX_EDMI_BODY}. */
  readonly maxBody?: number;
}

interface Request {
  readonly payload: Uint8Array;
  readonly volatile: boolean;
}

type State =
  | { readonly kind: 'idle' | 'ready' | 'fresh' }
  | { readonly kind: 'held'; readonly request: Request }
  | { readonly kind: 'waking'; readonly attempt: number; readonly deadlineMs: number }
  | {
      readonly kind: 'waiting';
      readonly request: Request;
      readonly frame: Uint8Array;
      readonly sequence: number;
      readonly attempt: number;
      readonly deadlineMs: number;
    };

const DEFAULT_SOURCE = 0x012b_1668;
const LAST_SEQUENCE = 0x7fff;

export class EdmiClient implements LinkMachine<LinkCommand, LinkEvent> {
  readonly #options: Required<Omit<EdmiClientOptions, 'destination'>>;
  readonly #destination: number | undefined;
  readonly #stream: EdmiStream;
  #state: State = { kind: 'idle' };
  #sequence = 0;
  /** No request before this time. */
  #quietUntilMs = Number.NEGATIVE_INFINITY;
  #send: Uint8Array[] = [];
  #events: LinkEvent[] = [];

  constructor(options: EdmiClientOptions = {}) {
    this.#options = {
      source: options.source ?? DEFAULT_SOURCE,
      sequence: options.sequence ?? 'counting',
      wake: options.wake ?? 'esc',
      replyTimeoutMs: options.replyTimeoutMs ?? 10_000,
      retries: options.retries ?? 5,
      settleMs: options.settleMs ?? 1_000,
      maxBody: options.maxBody ?? MAX_EDMI_BODY,
    };
    this.#destination = options.destination;
    this.#stream = new EdmiStream({ maxBody: this.#options.maxBody });
  }

  step(input: LinkInput<LinkCommand>, nowMs: number): LinkStep<LinkEvent> {
    this.#send = [];
    this.#events = [];
    if (input.type === 'command') this.#command(input.command, nowMs);
    if (input.type === 'octets') this.#octets(input.octets, nowMs);
    this.#time(nowMs);
    return { send: this.#send, events: this.#events, deadlineMs: this.#deadline() };
  }

  #deadline(): number | null {
    if (this.#state.kind === 'held') return this.#quietUntilMs;
    return 'deadlineMs' in this.#state ? this.#state.deadlineMs : null;
  }

  #command(command: LinkCommand, nowMs: number): void {
    if (command.type === 'open') this.#open(nowMs);
    else if (command.type === 'close') this.#close();
    else if (command.type === 'request') this.#request({ payload: command.payload.slice(), volatile: command.volatile === true }, nowMs);
    else if (this.#state.kind === 'fresh') this.#transmit({ payload: command.payload.slice(), volatile: true }, nowMs);
    else this.#refuse('protocol-error');
  }

  #open(nowMs: number): void {
    const { kind } = this.#state;
    if (kind !== 'idle' && kind !== 'ready') this.#refuse('busy');
    else if (this.#options.wake === 'none') this.#opened();
    else this.#wake(1, nowMs);
  }

  #opened(): void {
    this.#stream.reset();
    this.#state = { kind: 'ready' };
    this.#events.push({ type: 'opened' });
  }

  #wake(attempt: number, nowMs: number): void {
    if (this.#options.wake !== 'none') this.#send.push(encodeEdmiWake(this.#options.wake));
    if (attempt > 1) this.#events.push({ type: 'repeated', attempt });
    this.#state = { kind: 'waking', attempt, deadlineMs: nowMs + this.#options.replyTimeoutMs };
  }

  #close(): void {
    if (this.#state.kind === 'waiting' && this.#state.request.volatile) this.#events.push({ type: 'unknown-outcome', reason: 'disconnected' });
    this.#state = { kind: 'idle' };
    this.#stream.reset();
    this.#events.push({ type: 'closed' });
  }

  #request(request: Request, nowMs: number): void {
    if (this.#state.kind === 'idle') this.#refuse('not-open');
    else if (this.#state.kind !== 'ready') this.#refuse('busy');
    else if (nowMs < this.#quietUntilMs) this.#state = { kind: 'held', request };
    else this.#transmit(request, nowMs);
  }

  #transmit(request: Request, nowMs: number): void {
    const { source, maxBody, replyTimeoutMs } = this.#options;
    const sequence = this.#nextSequence();
    const extended = this.#destination === undefined ? null : { destination: this.#destination, source, sequence };
    const frame = encodeEdmiFrame(request.payload, extended, { maxBody });
    if (frame.kind === 'bad') {
      this.#state = { kind: 'ready' };
      this.#refuse(frame.error.code === 'too_large' ? 'too-large' : 'protocol-error', frame.error);
      return;
    }
    this.#stream.reset();
    this.#sequence = sequence;
    this.#state = { kind: 'waiting', request, frame: frame.octets, sequence, attempt: 1, deadlineMs: nowMs + replyTimeoutMs };
    this.#send.push(frame.octets.slice());
  }

  #nextSequence(): number {
    const { sequence } = this.#options;
    return sequence === 'counting' ? (this.#sequence % LAST_SEQUENCE) + 1 : sequence;
  }

  #octets(octets: Uint8Array, nowMs: number): void {
    this.#stream.push(octets);
    for (let event = this.#stream.next(); event !== undefined; event = this.#stream.next()) {
      if (event.kind === 'frame' && event.frame.kind === 'frame') this.#frame(event.frame.frame, nowMs);
    }
  }

  #frame(frame: EdmiFrame, nowMs: number): void {
    const state = this.#state;
    if (state.kind === 'waking' && frame.command.length === 1 && frame.command[0] === ACK) {
      if (state.attempt > 1) this.#settle(nowMs);
      this.#opened();
    }
    if (state.kind !== 'waiting' || !this.#isNumbered(frame, state.sequence) || !answers(state.request.payload, frame.command)) return;
    const repeated = state.attempt > 1;
    if (repeated) this.#settle(nowMs);
    this.#state = { kind: 'ready' };
    this.#events.push({ type: 'reply', payload: frame.command.slice(), repeated });
  }

  /** Does it carry the numbers of the request, exchanged? */
  #isNumbered({ extended }: EdmiFrame, sequence: number): boolean {
    if (this.#destination === undefined || extended === null) return this.#destination === undefined && extended === null;
    return extended.destination === this.#options.source && extended.source === this.#destination && extended.sequence === sequence;
  }

  #settle(nowMs: number): void {
    if (this.#destination === undefined || this.#options.sequence !== 'counting') this.#quietUntilMs = nowMs + this.#options.settleMs;
  }

  #time(nowMs: number): void {
    const state = this.#state;
    if (state.kind === 'held') this.#release(state.request, nowMs);
    if (!('deadlineMs' in state) || nowMs < state.deadlineMs) return;
    if (state.kind === 'waiting' && state.request.volatile) {
      this.#settle(nowMs);
      this.#state = { kind: 'ready' };
      this.#events.push({ type: 'unknown-outcome', reason: 'no-reply' });
    } else if (state.attempt > this.#options.retries) {
      this.#settle(nowMs);
      this.#state = { kind: 'idle' };
      this.#events.push({ type: 'failed', reason: 'no-reply' });
    } else if (state.kind === 'waking') this.#wake(state.attempt + 1, nowMs);
    else this.#repeat(state, nowMs);
  }

  #repeat(state: Extract<State, { kind: 'waiting' }>, nowMs: number): void {
    const attempt = state.attempt + 1;
    this.#state = { ...state, attempt, deadlineMs: nowMs + this.#options.replyTimeoutMs };
    this.#send.push(state.frame.slice());
    this.#events.push({ type: 'repeated', attempt });
  }

  /** The line was quiet long enough. */
  #release(request: Request, nowMs: number): void {
    if (nowMs < this.#quietUntilMs) return;
    if (request.volatile) {
      this.#state = { kind: 'fresh' };
      this.#events.push({ type: 'fresh-payload-wanted' });
    } else this.#transmit(request, nowMs);
  }

  #refuse(reason: LinkFailure, error?: CodecError): void {
    this.#events.push(error === undefined ? { type: 'failed', reason } : { type: 'failed', reason, error });
  }
}
