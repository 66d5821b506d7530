/**
 * The client's side of an HDLC link (IEC 62056-46, 6.4; meter-protocols 5.1), normal response mode: the server speaks only when
 * it was polled, so every silence is the client's to end.
 *
 * ```
 *            open ► SNRM          UA                 request ► I … I/P
 *   closed ─────────────► opening ──► open, idle ───────────────────────► sent ──┐ silence, volatile: RR/P
 *      ▲                                 ▲  ▲                              │ │   └──► asking ──► fresh
 *      │  UA, DM         close ► DISC    │  │           I, last segment    │ │ RR: all taken        (not taken)
 *      └────── closing ◄─────────────────┘  └──────────────────────────────┤ ▼
 *                                                                          └ taken: RR/P ──► receiving: RR/P a window
 * ```
 *
 * I1 A segment of a volatile request goes out once. After a silence, or an RNR, only RR/P asks for N(R). When nothing of the
 *    request was taken, `fresh-payload-wanted`; when all was taken, the answer is awaited; when a part was taken, the link is
 *    given up (`volatile-not-repeated`): the part cannot be taken back, and the rest would be stale.
 * I2 A fresh payload keeps the N(S) of the one that it replaces. Had the first been taken after all, the server drops the second.
 * I3 One frame with P is on its way at a time. A frame that answers nothing moves no state: an RR that acknowledges nothing new is
 *    believed only in answer to RR/P, and a duplicate is never answered by a frame with P, so duplicates do not breed duplicates.
 * I4 Every payload of the server is handed up once and in order.
 * I5 Silence is ended at most `retries` times in a row, a busy server polled for at most `busyTimeoutMs`; then the link is given up.
 *
 * I1 and I2 rest on a wire that keeps the order of octets and delivers nothing later than `responseTimeoutMs`.
 */
import {
  type CodecError,
  codecError,
  errorOf,
  type LinkCommand,
  type LinkEvent,
  type LinkFailure,
  type LinkInput,
  type LinkMachine,
  type LinkStep,
} from '../common/index.ts';
import { sameAddress } from './address.ts';
import { type Agreement, agree, snrmInformation } from './agreement.ts';
import { Arrivals } from './arrivals.ts';
import { encodeHdlcFrame } from './encode.ts';
import { type Action, type Exchange, onBusy, onSilence, onTurn, startExchange } from './exchange.ts';
import type { HdlcContent, HdlcFrame } from './frame.ts';
import { rejectError } from './frmr.ts';
import { Inbox } from './inbox.ts';
import { addLlc, LLC_COMMAND, stripLlc } from './llc.ts';
import { type CompleteClientOptions, completeClientOptions, type HdlcClientOptions } from './options.ts';
import { Outbox } from './outbox.ts';
import { DEFAULT_LINK_PARAMETERS, decodeLinkParameters } from './parameters.ts';

export type HdlcClientEvent =
  | LinkEvent
  /** Something that no request asked for: the content of a UI frame, or of an I frame while nothing was asked. Without LLC. */
  | { readonly type: 'unsolicited'; readonly frame: 'UI' | 'I'; readonly payload: Uint8Array };

export type HdlcClientState = 'closed' | 'opening' | 'open' | 'closing';

type Numbered = Extract<HdlcFrame, { type: 'I' | 'RR' | 'RNR' }>;

export class HdlcClientLink implements LinkMachine<LinkCommand, HdlcClientEvent> {
  readonly #options: CompleteClientOptions;
  readonly #arrivals: Arrivals;
  #state: HdlcClientState = 'closed';
  #agreed: Agreement;
  #outbox = new Outbox();
  #inbox: Inbox;
  #exchange: Exchange | undefined;
  /** What the deadline is for: an answer, or the pause before a poll. */
  #timer: { readonly kind: 'answer' | 'pause'; readonly atMs: number } | undefined;
  #attempts = 0;
  #nowMs = 0;
  #send: Uint8Array[] = [];
  #events: HdlcClientEvent[] = [];

  constructor(options?: HdlcClientOptions) {
    this.#options = completeClientOptions(options);
    this.#arrivals = new Arrivals(this.#options.maxFrame, this.#options.interOctetMs);
    this.#inbox = new Inbox(this.#options.maxMessage);
    this.#agreed = agree(this.#options, DEFAULT_LINK_PARAMETERS, this.#options.server, this.#options.client);
  }

  get state(): HdlcClientState {
    return this.#state;
  }

  /** What SNRM and UA agreed; the defaults before. */
  get agreement(): Agreement {
    return this.#agreed;
  }

  /**
   * A command at a wrong moment is answered by `failed`: `not-open` when the link is closed; `busy` while a request or the opening
   * runs, which goes on untouched; `too-large` when the payload passes `maxMessage`, with the link as it was.
   */
  step(input: LinkInput<LinkCommand>, nowMs: number): LinkStep<HdlcClientEvent> {
    this.#nowMs = nowMs;
    this.#send = [];
    this.#events = [];
    for (const frame of this.#arrivals.take(nowMs, input.type === 'octets' ? input.octets : undefined)) this.#frame(frame);
    if (input.type === 'command') this.#command(input.command);
    this.#time();
    return { send: this.#send, events: this.#events, deadlineMs: this.#deadline() };
  }

  // Commands

  #command(command: LinkCommand): void {
    if (command.type === 'close') this.#close();
    else if (command.type === 'open') this.#open();
    else this.#request(command);
  }

  #open(): void {
    if (this.#state === 'opening' || this.#state === 'closing' || this.#exchange !== undefined) {
      this.#refuse('busy');
      return;
    }
    this.#arrivals.reset();
    this.#outbox = new Outbox();
    this.#inbox = new Inbox(this.#options.maxMessage);
    this.#attempts = 0;
    this.#state = 'opening';
    this.#sendSnrm();
  }

  #request(command: Extract<LinkCommand, { type: 'request' | 'fresh' }>): void {
    const wanted = this.#exchange?.phase === 'fresh';
    if (this.#state !== 'open') this.#refuse('not-open');
    else if (command.type === 'request' ? this.#exchange !== undefined : !wanted) this.#refuse('busy');
    else if (command.payload.length + 3 > this.#options.maxMessage) this.#refuse('too-large');
    else {
      this.#exchange = startExchange(command.type === 'fresh' || command.volatile === true);
      this.#attempts = 0;
      this.#outbox.clear();
      this.#outbox.put(addLlc(LLC_COMMAND, command.payload), this.#agreed.sendOctets);
      this.#sendWindow();
    }
  }

  #close(): void {
    if (this.#state === 'closing') return;
    if (this.#state === 'closed') {
      this.#events.push({ type: 'closed' });
      return;
    }
    if (this.#inDoubt()) this.#events.push({ type: 'unknown-outcome', reason: 'disconnected' });
    this.#exchange = undefined;
    this.#attempts = 0;
    this.#state = 'closing';
    this.#poll('DISC');
  }

  #refuse(reason: LinkFailure): void {
    this.#events.push({ type: 'failed', reason });
  }

  // Time

  #time(): void {
    const deadlineMs = this.#deadline();
    if (deadlineMs === null || this.#nowMs < deadlineMs) return;
    const frames: HdlcFrame[] = [];
    this.#arrivals.giveUp(frames);
    for (const frame of frames) this.#frame(frame);
    const timer = this.#timer;
    if (timer === undefined || this.#nowMs < timer.atMs) return;
    if (this.#exchange !== undefined) this.#exchange.hurried = false;
    if (timer.kind === 'answer') this.#silence();
    else this.#pauseIsOver();
  }

  /** A frame that is coming in puts off the end of the wait for it, but not for ever. */
  #deadline(): number | null {
    const coming = this.#arrivals.deadlineMs;
    const timer = this.#timer;
    if (coming === null || timer === undefined) return coming ?? timer?.atMs ?? null;
    return Math.min(coming, timer.atMs + this.#options.responseTimeoutMs);
  }

  #pauseIsOver(): void {
    const since = this.#exchange?.waitingSinceMs ?? null;
    if (since === null || this.#nowMs - since < this.#options.busyTimeoutMs) this.#poll('RR');
    else this.#fail(this.#outbox.isEmpty ? 'no-reply' : 'busy');
  }

  /** An answer shows a loss: no need to wait for the silence. */
  #hurry(exchange: Exchange): void {
    if (exchange.hurried) return;
    exchange.hurried = true;
    this.#silence();
  }

  /** No answer came, or one that shows a loss. */
  #silence(): void {
    this.#attempts++;
    if (this.#attempts > this.#options.retries) {
      if (this.#state === 'closing') this.#closed();
      else this.#fail('no-reply');
      return;
    }
    this.#events.push({ type: 'repeated', attempt: this.#attempts });
    const exchange = this.#exchange;
    if (this.#state === 'opening') this.#sendSnrm();
    else if (this.#state === 'closing') this.#poll('DISC');
    else if (exchange !== undefined) {
      exchange.repeated = true;
      this.#do(onSilence(exchange), exchange);
    }
  }

  // What comes in

  #frame(frame: HdlcFrame): void {
    const { client, server } = this.#options;
    const state = this.#state;
    if (state === 'closed' || !sameAddress(frame.destination, client) || !sameAddress(frame.source, server)) return;
    switch (frame.type) {
      case 'UA':
        if (state === 'opening') this.#opened(frame.information);
        if (state === 'closing') this.#closed();
        break;
      case 'DM':
        if (state === 'closing') this.#closed();
        else this.#fail(state === 'opening' ? 'refused' : 'disconnected');
        break;
      case 'FRMR':
        if (state === 'closing') this.#closed();
        else this.#fail('frame-reject', rejectError(frame.information));
        break;
      case 'UI':
        this.#events.push({ type: 'unsolicited', frame: 'UI', payload: stripLlc(frame.information).payload.slice() });
        break;
      case 'I':
      case 'RR':
      case 'RNR':
        if (state === 'open') this.#numbered(frame);
        break;
      case 'SNRM':
      case 'DISC':
        break;
    }
  }

  #opened(information: Uint8Array): void {
    const parameters = decodeLinkParameters(information);
    if (parameters.kind !== 'good') {
      this.#fail('protocol-error', errorOf(parameters, information.length));
      return;
    }
    this.#agreed = agree(this.#options, parameters.value, this.#options.server, this.#options.client);
    this.#state = 'open';
    this.#attempts = 0;
    this.#timer = undefined;
    this.#events.push({ type: 'opened' });
  }

  #numbered(frame: Numbered): void {
    const news = this.#outbox.acknowledge(frame.nr);
    if (news === undefined) {
      this.#fail('protocol-error', codecError('bad_value', 0, 'nr: acknowledges only what was sent', frame.nr));
      return;
    }
    const exchange = this.#exchange;
    if (news > 0) this.#attempts = 0;
    if (news > 0 && exchange !== undefined) {
      exchange.begun = true;
      exchange.hurried = false;
      exchange.waitingSinceMs = null;
    }
    if (exchange !== undefined && this.#outbox.isEmpty && exchange.phase !== 'receiving') exchange.phase = 'taken';
    if (frame.type === 'I') {
      this.#information(frame, exchange);
    } else if (exchange !== undefined) {
      if (frame.type === 'RNR') this.#do(onBusy(exchange), exchange);
      else if (frame.pf) this.#do(onTurn(exchange, this.#outbox, news), exchange);
    }
  }

  #information(frame: Extract<HdlcFrame, { type: 'I' }>, exchange: Exchange | undefined): void {
    const ahead = (frame.ns - this.#inbox.next) & 7;
    const taken = this.#inbox.take(frame);
    const answered = this.#outbox.isEmpty ? exchange : undefined;
    if (taken.kind === 'too-large') this.#fail('too-large');
    else if (taken.kind === 'message' && answered !== undefined) this.#reply(stripLlc(taken.message).payload, answered);
    else if (taken.kind === 'message') this.#events.push({ type: 'unsolicited', frame: 'I', payload: stripLlc(taken.message).payload });
    else if (taken.kind === 'segment' && answered !== undefined) this.#segment(frame.pf, answered);
    // Ahead of what is awaited: a frame of this window was lost. Behind it: a duplicate, which what is on its way acknowledges.
    else if (taken.kind === 'out-of-sequence' && answered !== undefined && frame.pf && ahead < this.#agreed.takeWindow) this.#hurry(answered);
    // Without P: it must not bring forth another answer.
    if (exchange === undefined && this.#state === 'open') this.#put({ ...this.#head(false), type: 'RR', nr: this.#inbox.next });
  }

  #reply(payload: Uint8Array, { repeated }: Exchange): void {
    this.#exchange = undefined;
    this.#timer = undefined;
    this.#attempts = 0;
    this.#events.push({ type: 'reply', payload, repeated });
  }

  #segment(final: boolean, exchange: Exchange): void {
    this.#attempts = 0;
    exchange.phase = 'receiving';
    exchange.hurried = false;
    exchange.waitingSinceMs = null;
    exchange.unacknowledged++;
    if (final || exchange.unacknowledged >= this.#agreed.takeWindow) this.#poll('RR');
    else this.#await();
  }

  // What goes out

  #do(action: Action, exchange: Exchange): void {
    switch (action) {
      case 'wait':
        break;
      case 'poll':
        this.#poll('RR');
        break;
      case 'pause':
        exchange.waitingSinceMs ??= this.#nowMs;
        this.#attempts = 0;
        this.#timer = { kind: 'pause', atMs: this.#nowMs + this.#options.pollIntervalMs };
        break;
      case 'window':
        this.#sendWindow();
        break;
      case 'again':
        exchange.phase = 'sent';
        exchange.repeated = true;
        this.#outbox.rewind();
        this.#sendWindow();
        break;
      case 'lost':
        this.#hurry(exchange);
        break;
      case 'want-fresh':
        exchange.phase = 'fresh';
        this.#timer = undefined;
        this.#events.push({ type: 'fresh-payload-wanted' });
        break;
      case 'give-up':
        this.#fail('volatile-not-repeated');
        break;
    }
  }

  #sendSnrm(): void {
    const information = snrmInformation(this.#options);
    if (information?.kind === 'bad') {
      this.#fail('protocol-error', information.error);
      return;
    }
    const head = { ...this.#head(true), type: 'SNRM' as const };
    this.#put(information === undefined ? head : { ...head, information: information.octets });
    this.#await();
  }

  /** The last frame of a window, and only that, carries P. */
  #sendWindow(): void {
    const segments = this.#outbox.take(this.#agreed.sendWindow);
    for (const [index, { ns, information, more }] of segments.entries()) {
      const last = index === segments.length - 1;
      this.#put({ ...this.#head(last), type: 'I', ns, nr: this.#inbox.next, information, segmented: more });
    }
    this.#await();
  }

  #poll(type: 'RR' | 'DISC'): void {
    if (this.#exchange !== undefined) this.#exchange.unacknowledged = 0;
    this.#put(type === 'RR' ? { ...this.#head(true), type, nr: this.#inbox.next } : { ...this.#head(true), type });
    this.#await();
  }

  #head(pf: boolean) {
    return { destination: this.#options.server, source: this.#options.client, pf };
  }

  #put(frame: HdlcContent): void {
    const octets = encodeHdlcFrame(frame);
    if (octets.kind === 'good') this.#send.push(octets.octets);
    else if (this.#state !== 'closed') this.#fail('protocol-error', octets.error);
  }

  #await(): void {
    if (this.#state !== 'closed') this.#timer = { kind: 'answer', atMs: this.#nowMs + this.#options.responseTimeoutMs };
  }

  // Ends

  /** Only a request whose every segment went out can have been done. */
  #inDoubt(): boolean {
    const exchange = this.#exchange;
    return exchange?.volatile === true && exchange.phase !== 'fresh' && this.#outbox.waiting === 0;
  }

  #fail(reason: LinkFailure, error?: CodecError): void {
    if (reason !== 'volatile-not-repeated' && this.#inDoubt()) this.#events.push({ type: 'unknown-outcome', reason });
    this.#events.push(error === undefined ? { type: 'failed', reason } : { type: 'failed', reason, error });
    this.#end();
  }

  #closed(): void {
    this.#events.push({ type: 'closed' });
    this.#end();
  }

  #end(): void {
    this.#state = 'closed';
    this.#exchange = undefined;
    this.#timer = undefined;
    this.#attempts = 0;
  }
}
