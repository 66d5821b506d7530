/**
 * The client's link to an IEC 62056-21 meter: signs on, selects an option, sends commands, gathers blocks, repeats. Passwords and what
 * commands mean are the dialogue's.
 *
 * ```
 *   closed ─open─► waking ─► signing ─identification─► selecting ─P0─► idle ─request─► waiting ─reply─► idle
 *                              │ ▲                        │               │
 *                              │ └─ nothing came ─────────┘             close ─► leaving ─► closed
 *                              └─ option 0, mode A or B ─► reading ─readout─► closed, or idle
 * ```
 *
 * I1 A volatile request goes out once. A NAK is its reply; silence or a damaged answer ends it as `unknown-outcome`, and the link
 *    stays open for the read that must follow.
 * I2 Telegrams have no numbers. After what may still be answered late the line is left quiet for `settleMs`, and whatever comes
 *    while nothing is asked for is dropped.
 * I3 The half-duplex line is left quiet for `pauseMs` before whatever is sent. A request given at `clearAtMs` or later goes at once.
 * I4 `busy`, `not-open` and `protocol-error` of a payload refuse a command and change nothing.
 */
import { type CodecError, codecError, errorOf, type LeniencyName, type LinkFailure, type LinkInput, type LinkMachine, type LinkStep } from '../common/index.ts';
import { baudOf, takesOption } from './baud.ts';
import { Blocks } from './blocks.ts';
import { ClientLine, type Outgoing } from './client-line.ts';
import {
  type CompleteClientOptions,
  completeClientOptions,
  type IecClientCommand,
  type IecClientEvent,
  type IecClientOptions,
  type IecReply,
} from './client-options.ts';
import { readDataSets } from './data-sets.ts';
import { decodeTelegram } from './decode.ts';
import { encodeTelegram } from './encode.ts';
import { octetsOf } from './octets.ts';
import { IecStream } from './stream.ts';
import { errorText, type IdentificationTelegram, isFast, type Telegram } from './telegram.ts';

interface Request {
  readonly octets: Uint8Array;
  readonly volatile: boolean;
  /** Set when it went out. */
  sent: boolean;
  repeated: boolean;
}

type State =
  | { readonly kind: 'closed' | 'waking' | 'signing' | 'idle' | 'leaving' }
  | { readonly kind: 'selecting' | 'reading'; readonly identification: IdentificationTelegram }
  | { readonly kind: 'waiting'; readonly request: Request };

/** Reaction times of the standard, before an acknowledgement of a block. */
const REACTION_MS = 200;
const FAST_REACTION_MS = 20;

const ACK_OCTETS = Uint8Array.of(0x06);
const NAK_OCTETS = Uint8Array.of(0x15);
const BREAK_OCTETS = octetsOf('\x01B0\x03q');

/** Damage after which nothing of the telegram can still come. */
const COMPLETE_DAMAGE: ReadonlySet<string> = new Set(['bad_bcc', 'bad_parity', 'truncated']);

export class IecClient implements LinkMachine<IecClientCommand, IecClientEvent> {
  readonly #options: CompleteClientOptions;
  readonly #stream: IecStream;
  readonly #line: ClientLine;
  #state: State = { kind: 'closed' };
  #identification: IdentificationTelegram | undefined;
  /** How often something of the present stage went out again. */
  #attempts = 0;
  readonly #blocks: Blocks;
  #events: IecClientEvent[] = [];

  constructor(options: IecClientOptions = {}) {
    this.#options = completeClientOptions(options);
    this.#line = new ClientLine(this.#options, (change) => this.#events.push(change));
    const { strict, checkParity, maxReadout } = this.#options;
    this.#blocks = new Blocks(maxReadout);
    this.#stream = new IecStream({ acks: 'alone', parity: checkParity ? 'even' : 'strip', maxReadout, ...(strict === undefined ? {} : { strict }) });
  }

  /** The pause before the next command ends here: a request that is given then, or later, goes out in the same step. */
  get clearAtMs(): number {
    return this.#line.clearAtMs;
  }

  step(input: LinkInput<IecClientCommand>, nowMs: number): LinkStep<IecClientEvent> {
    this.#line.begin(nowMs);
    this.#events = [];
    if (input.type === 'octets') this.#octets(input.octets);
    else if (input.type === 'command') this.#command(input.command);
    this.#time(nowMs);
    return { send: this.#line.sent, events: this.#events, deadlineMs: this.#line.deadlineMs };
  }

  // Commands

  #command(command: IecClientCommand): void {
    switch (command.type) {
      case 'open':
        if (this.#state.kind !== 'closed') this.#refuse('busy');
        else {
          this.#attempts = 0;
          this.#signOn();
        }
        return;
      case 'close':
        this.#close();
        return;
      case 'request':
      case 'fresh':
        this.#request(command.payload, command.type === 'fresh' || command.volatile === true);
        return;
    }
  }

  #request(payload: Uint8Array, volatile: boolean): void {
    if (this.#state.kind !== 'idle') {
      this.#refuse(this.#state.kind === 'waiting' ? 'busy' : 'not-open');
      return;
    }
    const telegram = decodeTelegram(payload);
    if (telegram.kind !== 'good' || telegram.consumed !== payload.length || (telegram.value.type !== 'command' && telegram.value.type !== 'answer')) {
      const error = telegram.kind === 'good' ? codecError('bad_value', 0, 'payload: one command', telegram.value.type) : errorOf(telegram, payload.length);
      this.#refuse('protocol-error', error);
      return;
    }
    const request = { octets: payload.slice(), volatile, sent: false, repeated: false };
    this.#state = { kind: 'waiting', request };
    this.#attempts = 0;
    this.#blocks.forget();
    this.#put({ octets: request.octets, waitMs: this.#options.replyTimeoutMs });
  }

  #close(): void {
    const { kind } = this.#state;
    if (kind === 'leaving') return;
    if (kind === 'closed' || kind === 'waking' || kind === 'signing') {
      this.#end({ type: 'closed' });
      return;
    }
    if (this.#inDoubt()) this.#events.push({ type: 'unknown-outcome', reason: 'disconnected' });
    this.#state = { kind: 'leaving' };
    this.#put({ octets: BREAK_OCTETS, waitMs: this.#options.breakPauseMs });
  }

  #refuse(reason: LinkFailure, error?: CodecError): void {
    this.#events.push(error === undefined ? { type: 'failed', reason } : { type: 'failed', reason, error });
  }

  // Sign-on

  #signOn(): void {
    const { wakePauseMs, initialBaud, replyTimeoutMs, deviceAddress } = this.#options;
    this.#blocks.forget();
    this.#stream.lines = false;
    this.#line.changeTo(initialBaud, 'before-send');
    if (wakePauseMs !== null && this.#state.kind !== 'waking') {
      this.#state = { kind: 'waking' };
      this.#put({ octets: BREAK_OCTETS, waitMs: wakePauseMs });
      return;
    }
    const request = encodeTelegram({ type: 'request', deviceAddress });
    if (request.kind === 'bad') {
      this.#fail('protocol-error', request.error);
      return;
    }
    this.#state = { kind: 'signing' };
    this.#put({ octets: request.octets, waitMs: replyTimeoutMs });
  }

  #identified(identification: IdentificationTelegram, leniencies: readonly LeniencyName[]): void {
    this.#identification = identification;
    this.#events.push({ type: 'identified', identification, leniencies });
    if (!takesOption(identification)) {
      this.#read(identification);
      this.#line.changeTo(baudOf(identification.baudChar) ?? this.#options.initialBaud, 'before-send');
      this.#line.expectReply(this.#options.replyTimeoutMs);
    } else this.#select(identification);
  }

  #select(identification: IdentificationTelegram): void {
    const { protocolChar, option: optionChar, replyTimeoutMs, operandPauseMs, initialBaud } = this.#options;
    const baudChar = this.#options.baudChar ?? identification.baudChar;
    const select = encodeTelegram({ type: 'ack-option-select', protocolChar, baudChar, optionChar });
    if (select.kind === 'bad') {
      this.#fail('protocol-error', select.error);
      return;
    }
    if (optionChar === '0') this.#read(identification);
    else this.#state = { kind: 'selecting', identification };
    const waitMs = replyTimeoutMs + (optionChar === '0' ? 0 : operandPauseMs);
    this.#put({ octets: select.octets, waitMs, baud: baudOf(baudChar) ?? initialBaud });
  }

  /** The option was not understood; the meter still listens at the first speed. */
  #selectAgain(identification: IdentificationTelegram): void {
    this.#line.changeTo(this.#options.initialBaud, 'before-send');
    if (this.#again('refused')) this.#select(identification);
  }

  #read(identification: IdentificationTelegram): void {
    this.#state = { kind: 'reading', identification };
    this.#stream.lines = true;
  }

  /** @returns false when the repeats are used up and the link has failed */
  #again(reason: LinkFailure): boolean {
    this.#attempts++;
    if (this.#attempts > this.#options.retries) {
      this.#fail(reason);
      return false;
    }
    this.#events.push({ type: 'repeated', attempt: this.#attempts + 1 });
    return true;
  }

  #signOnAgain(reason: LinkFailure): void {
    this.#line.settle();
    if (this.#again(reason)) this.#signOn();
  }

  // Arrivals

  #octets(octets: Uint8Array): void {
    if (octets.length === 0) return;
    const heard = this.#line.hear(octets);
    const { kind } = this.#state;
    if (this.#line.holding || kind === 'closed' || kind === 'leaving' || kind === 'waking') return;
    this.#stream.push(heard);
    for (let event = this.#stream.next(); event !== undefined; event = this.#stream.next()) {
      if (event.kind === 'frame') this.#frame(event.frame, event.leniencies);
      else if (event.kind === 'bad') this.#damaged(event.error, event.octets);
      // What stands behind the telegram that was answered is dropped when the answer goes out.
      if (this.#line.holding) return;
    }
    this.#line.expectOctets(this.#stream.buffered > 0);
  }

  #frame(telegram: Telegram, leniencies: readonly LeniencyName[]): void {
    const state = this.#state;
    switch (state.kind) {
      case 'signing':
        if (telegram.type === 'identification') this.#identified(telegram, leniencies);
        return;
      case 'selecting':
        this.#operand(telegram, state.identification);
        return;
      case 'reading':
        this.#readoutPart(telegram, state.identification, leniencies);
        return;
      case 'waiting':
        this.#answer(telegram, state.request, leniencies);
        return;
      case 'idle':
        if (telegram.type === 'break') this.#fail('disconnected');
        return;
      default:
        return;
    }
  }

  #operand(telegram: Telegram, identification: IdentificationTelegram): void {
    switch (telegram.type) {
      case 'command':
        if (telegram.command !== 'P0') return;
        this.#opened(telegram.data);
        return;
      case 'identification':
      case 'nak':
        this.#selectAgain(identification);
        return;
      case 'break':
      case 'error':
        this.#fail('refused');
        return;
      case 'answer':
      case 'lines':
        // Without an option in time a meter sends its readout.
        this.#signOnAgain('refused');
        return;
      default:
        return;
    }
  }

  #opened(operand: string | null): void {
    this.#state = { kind: 'idle' };
    this.#line.stop();
    this.#stream.lines = false;
    this.#events.push({ type: 'opened', operand });
  }

  #readoutPart(telegram: Telegram, identification: IdentificationTelegram, leniencies: readonly LeniencyName[]): void {
    switch (telegram.type) {
      case 'answer':
        if (!this.#keepBlock(telegram.data, leniencies)) return;
        if (telegram.terminator === 'EOT') this.#acknowledge(ACK_OCTETS);
        else this.#readoutDone(identification, telegram.bcc ?? null, true);
        return;
      case 'lines':
        if (this.#keepBlock(telegram.data, leniencies)) this.#readoutDone(identification, null, false);
        return;
      case 'identification':
      case 'nak':
        if (takesOption(identification)) this.#selectAgain(identification);
        return;
      case 'break':
      case 'error':
        this.#fail('refused');
        return;
      default:
        return;
    }
  }

  #readoutDone(identification: IdentificationTelegram, bcc: number | null, framed: boolean): void {
    const text = this.#blocks.text;
    const readout = { identification, text, dataSets: readDataSets(text), framed, bcc };
    this.#events.push({ type: 'readout', readout, leniencies: this.#blocks.leniencies });
    this.#blocks.forget();
    if (this.#options.option === '0') this.#end({ type: 'closed' });
    else this.#opened(null);
  }

  #answer(telegram: Telegram, request: Request, leniencies: readonly LeniencyName[]): void {
    switch (telegram.type) {
      case 'answer':
        if (!this.#keepBlock(telegram.data, leniencies)) return;
        if (telegram.terminator === 'EOT') this.#acknowledge(ACK_OCTETS);
        else this.#reply({ ...telegram, data: this.#blocks.text });
        return;
      case 'ack':
        // Between blocks it can only be an echo.
        if (this.#blocks.count === 0) this.#reply(telegram);
        return;
      case 'error':
        this.#reply(telegram);
        return;
      case 'nak':
        if (!request.volatile && this.#attempts < this.#options.retries) this.#repeat(request);
        else this.#reply(telegram);
        return;
      case 'break':
        this.#fail('disconnected');
        return;
      default:
        return;
    }
  }

  #reply(telegram: IecReply): void {
    const state = this.#state;
    if (state.kind !== 'waiting') return;
    const data = telegram.type === 'answer' ? telegram.data : telegram.type === 'error' ? errorText(telegram) : '';
    const { repeated } = state.request;
    this.#events.push({ type: 'reply', telegram, payload: octetsOf(data), repeated, leniencies: this.#blocks.leniencies });
    this.#blocks.forget();
    this.#idle(repeated);
  }

  /** @param late an answer to what went out before may still come */
  #idle(late: boolean): void {
    this.#state = { kind: 'idle' };
    this.#line.stop();
    if (late) this.#line.settle();
  }

  #repeat(request: Request): void {
    if (!this.#again('no-reply')) return;
    request.repeated = true;
    this.#blocks.forget();
    this.#put({ octets: request.octets, waitMs: this.#options.replyTimeoutMs });
  }

  // Blocks

  /** @returns false when the answer has become too large and the link has failed */
  #keepBlock(data: string, leniencies: readonly LeniencyName[]): boolean {
    if (this.#blocks.add(data, leniencies)) return true;
    this.#tooLarge();
    return false;
  }

  #tooLarge(): void {
    this.#fail('too-large', codecError('too_large', 0, `answer: at most ${this.#options.maxReadout} octets (maxReadout)`));
  }

  /** ACK for the next block, NAK for the same again. */
  #acknowledge(octets: Uint8Array): void {
    const reactionMs = this.#identification !== undefined && isFast(this.#identification) ? FAST_REACTION_MS : REACTION_MS;
    this.#put({ octets, waitMs: this.#options.replyTimeoutMs }, Math.min(reactionMs, this.#options.pauseMs));
  }

  // Damage and time

  #damaged(error: CodecError, octets: number): void {
    const state = this.#state;
    if (error.code === 'too_large' && octets >= this.#options.maxReadout && (state.kind === 'waiting' || state.kind === 'reading')) {
      this.#tooLarge();
      return;
    }
    if (!COMPLETE_DAMAGE.has(error.code)) return;
    if (state.kind === 'waiting' && state.request.volatile) this.#doubt('protocol-error');
    else if ((state.kind === 'waiting' || state.kind === 'reading' || state.kind === 'selecting') && this.#again('protocol-error')) {
      if (state.kind === 'waiting') state.request.repeated = true;
      this.#acknowledge(NAK_OCTETS);
    }
  }

  #time(nowMs: number): void {
    if (this.#line.holding) {
      if (this.#line.sendDue()) this.#wentOut();
      return;
    }
    const { octetByMs, replyByMs } = this.#line;
    if (octetByMs !== null) {
      if (nowMs >= octetByMs) this.#silence();
    } else if (replyByMs !== null && nowMs >= replyByMs) this.#timeOut();
  }

  /** The telegram broke off. What stands of it may still do: a readout without its BCC. */
  #silence(): void {
    this.#line.expectOctets(false);
    const event = this.#stream.finish();
    if (event?.kind === 'frame') this.#frame(event.frame, event.leniencies);
    else if (event?.kind === 'bad') this.#damaged(event.error, event.octets);
  }

  #timeOut(): void {
    this.#line.replyByMs = null;
    const state = this.#state;
    switch (state.kind) {
      case 'waking':
        this.#line.clear();
        this.#signOn();
        return;
      case 'leaving':
        this.#end({ type: 'closed' });
        return;
      case 'signing':
      case 'selecting':
      case 'reading':
        this.#signOnAgain('no-reply');
        return;
      case 'waiting':
        if (state.request.volatile) this.#doubt('no-reply');
        else if (this.#blocks.count > 0) {
          state.request.repeated = true;
          if (this.#again('no-reply')) this.#acknowledge(NAK_OCTETS);
        } else this.#repeat(state.request);
        return;
      default:
        return;
    }
  }

  #doubt(reason: LinkFailure): void {
    this.#events.push({ type: 'unknown-outcome', reason });
    this.#blocks.forget();
    this.#idle(true);
  }

  #inDoubt(): boolean {
    return this.#state.kind === 'waiting' && this.#state.request.volatile && this.#state.request.sent;
  }

  // Sending

  /** @param pauseMs in place of the pause before commands */
  #put(outgoing: Outgoing, pauseMs?: number): void {
    if (this.#line.put(outgoing, pauseMs)) this.#wentOut();
  }

  #wentOut(): void {
    this.#stream.reset();
    if (this.#state.kind === 'waiting') this.#state.request.sent = true;
  }

  #fail(reason: LinkFailure, error?: CodecError): void {
    if (this.#inDoubt()) this.#events.push({ type: 'unknown-outcome', reason });
    this.#end(error === undefined ? { type: 'failed', reason } : { type: 'failed', reason, error });
  }

  #end(event: IecClientEvent): void {
    this.#events.push(event);
    this.#state = { kind: 'closed' };
    this.#line.stop();
    this.#stream.reset();
    this.#stream.lines = false;
    this.#identification = undefined;
    this.#blocks.forget();
    this.#line.changeTo(this.#options.initialBaud, 'before-send');
  }
}
