/**
 * The meter's side of IEC 62056-21, for simulators: answers the sign-on, gives commands to the application, sends its answers and
 * their blocks, repeats on NAK. What a command means, and when the password is right, is the application's.
 *
 * ```
 *   waiting ─request─► identified ─option select─► session ─command─► application ─reply─► session
 *      ▲                   (modes A and B: at once)   │
 *      └───────────── break, inactivity ──────────────┘
 * ```
 *
 * I1 Nothing is sent but in answer, so a request with the address of another meter is met with silence.
 * I2 A NAK brings the last telegram again, never the command to the application again.
 */
import {
  type CodecError,
  codecError,
  type LeniencyName,
  type LeniencyOptions,
  type LinkFailure,
  type LinkInput,
  type LinkMachine,
  type LinkStep,
} from '../common/index.ts';
import { baudOf, takesOption } from './baud.ts';
import { Blocks } from './blocks.ts';
import type { LineChange } from './client-options.ts';
import { encodeTelegram } from './encode.ts';
import { IecStream } from './stream.ts';
import { type CommandTelegram, DEFAULT_MAX_READOUT, type IdentificationTelegram, type OptionSelectTelegram, type Telegram } from './telegram.ts';

export interface IecServerOptions extends LeniencyOptions {
  readonly identification: IdentificationTelegram;
  /** Own address; a request without address is answered too. Leading zeros do not count. Default empty. */
  readonly deviceAddress?: string;
  /** Put even parity into bit 7. Default false. */
  readonly sevenE1?: boolean;
  /** Tell the speed to change to. Default false. */
  readonly switchBaud?: boolean;
  readonly initialBaud?: number;
  /** Without a telegram for so long the session is over. Default 120,000. */
  readonly inactivityMs?: number;
  /** Without an option select for so long the readout is given. Default null: it is waited for. */
  readonly readoutAfterMs?: number | null;
  /** Octets of a command, its blocks joined. Default 1 MiB. */
  readonly maxCommand?: number;
}

export type IecServerCommand =
  /** An answer, error, ACK, NAK, the operand P0, or lines. */
  | { readonly type: 'reply'; readonly telegram: Telegram }
  /** An answer in blocks: each but the last ends with EOT and waits for the client's ACK. */
  | { readonly type: 'reply-blocks'; readonly blocks: readonly string[] }
  /** Sends a break and ends the session. */
  | { readonly type: 'hang-up' };

export type IecServerEvent =
  | { readonly type: 'signed-on'; readonly deviceAddress: string }
  /** Give the readout for option 0, else P0. `byDefault`: there was no option select. */
  | { readonly type: 'selected'; readonly protocolChar: string; readonly baudChar: string; readonly optionChar: string; readonly byDefault: boolean }
  /** A command, its blocks joined. Answer it by `reply` or `reply-blocks`. */
  | { readonly type: 'command'; readonly telegram: CommandTelegram; readonly leniencies: readonly LeniencyName[] }
  /** The last block of an answer was sent. */
  | { readonly type: 'delivered' }
  | { readonly type: 'break' }
  | { readonly type: 'timed-out' }
  /** A telegram with a wrong BCC or parity came; a NAK was sent in a session. */
  | { readonly type: 'damaged'; readonly error: CodecError }
  /** What the application asked for was not done. */
  | { readonly type: 'failed'; readonly reason: LinkFailure; readonly error?: CodecError }
  | LineChange;

const NO_BYTES: readonly string[] = [];

export class IecServer implements LinkMachine<IecServerCommand, IecServerEvent> {
  readonly #options: IecServerOptions;
  readonly #stream: IecStream;
  readonly #partial: Blocks;
  #state: 'waiting' | 'identified' | 'session' = 'waiting';
  /** The command whose blocks are being gathered. */
  #command: CommandTelegram | undefined;
  /** What a NAK brings again. */
  #last: Telegram | undefined;
  #blocks = NO_BYTES;
  #deadlineMs: number | null = null;
  #baud: number;
  #nowMs = 0;
  #send: Uint8Array[] = [];
  #events: IecServerEvent[] = [];

  constructor(options: IecServerOptions) {
    this.#options = options;
    this.#baud = options.initialBaud ?? 300;
    const most = options.maxCommand ?? DEFAULT_MAX_READOUT;
    this.#partial = new Blocks(most);
    this.#stream = new IecStream({ acks: 'alone', maxReadout: most, maxTelegram: most, ...(options.strict === undefined ? {} : { strict: options.strict }) });
  }

  step(input: LinkInput<IecServerCommand>, nowMs: number): LinkStep<IecServerEvent> {
    this.#nowMs = nowMs;
    this.#send = [];
    this.#events = [];
    if (input.type === 'octets') this.#octets(input.octets);
    else if (input.type === 'command') this.#obey(input.command);
    else this.#time();
    return { send: this.#send, events: this.#events, deadlineMs: this.#deadlineMs };
  }

  #obey(command: IecServerCommand): void {
    if (this.#state !== 'session') {
      this.#events.push({ type: 'failed', reason: 'not-open' });
      return;
    }
    switch (command.type) {
      case 'reply':
        this.#blocks = NO_BYTES;
        this.#put(command.telegram);
        return;
      case 'reply-blocks':
        this.#blocks = command.blocks;
        this.#nextBlock();
        return;
      case 'hang-up':
        this.#put({ type: 'break' });
        this.#end();
        return;
    }
  }

  #nextBlock(): void {
    const [data, ...rest] = this.#blocks;
    if (data === undefined) return;
    this.#blocks = rest;
    this.#put({ type: 'answer', data, terminator: rest.length === 0 ? 'ETX' : 'EOT' });
    if (rest.length === 0) this.#events.push({ type: 'delivered' });
  }

  #octets(octets: Uint8Array): void {
    this.#stream.push(octets);
    for (let event = this.#stream.next(); event !== undefined; event = this.#stream.next()) {
      if (event.kind === 'noise') continue;
      if (event.kind === 'bad') this.#damaged(event.error);
      else this.#frame(event.frame, event.leniencies);
    }
  }

  #frame(telegram: Telegram, leniencies: readonly LeniencyName[]): void {
    if (this.#state !== 'waiting') this.#await();
    switch (telegram.type) {
      case 'request':
        this.#signOn(telegram.deviceAddress);
        return;
      case 'ack-option-select':
        if (this.#state === 'identified') this.#select(telegram);
        return;
      case 'break':
        this.#events.push({ type: 'break' });
        this.#end();
        return;
      case 'command':
        if (this.#state === 'session') this.#part(telegram, telegram.data ?? '', telegram.terminator === 'ETX', leniencies);
        return;
      case 'answer':
        // Later blocks of a command come without SOH.
        if (this.#command !== undefined) this.#part(this.#command, telegram.data, telegram.terminator === 'ETX', leniencies);
        return;
      case 'ack':
        if (this.#state === 'session') this.#nextBlock();
        return;
      case 'nak':
        if (this.#state === 'session' && this.#last !== undefined) this.#put(this.#last);
        return;
      case 'identification':
      case 'error':
      case 'lines':
        return;
    }
  }

  #signOn(deviceAddress: string): void {
    const own = withoutZeros(this.#options.deviceAddress ?? '');
    if (deviceAddress !== '' && withoutZeros(deviceAddress) !== own) return;
    this.#end();
    const { identification } = this.#options;
    this.#events.push({ type: 'signed-on', deviceAddress });
    this.#state = 'identified';
    this.#put(identification);
    const { baudChar } = identification;
    if (takesOption(identification)) {
      this.#stream.acks = 'select';
      this.#await(this.#options.readoutAfterMs ?? undefined);
      return;
    }
    this.#changeLine(baudOf(baudChar) ?? this.#baud, 'after-send');
    this.#selected('0', baudChar, '0', true);
  }

  #select({ protocolChar, baudChar, optionChar }: OptionSelectTelegram): void {
    this.#changeLine(baudOf(baudChar) ?? this.#baud, 'before-send');
    this.#selected(protocolChar, baudChar, optionChar, false);
  }

  #selected(protocolChar: string, baudChar: string, optionChar: string, byDefault: boolean): void {
    this.#state = 'session';
    this.#stream.acks = 'alone';
    this.#await();
    this.#events.push({ type: 'selected', protocolChar, baudChar, optionChar, byDefault });
  }

  /** One block of a command, or the whole. */
  #part(first: CommandTelegram, data: string, whole: boolean, leniencies: readonly LeniencyName[]): void {
    if (this.#command !== first) this.#partial.forget();
    this.#blocks = NO_BYTES;
    if (!this.#partial.add(data, leniencies)) {
      this.#command = undefined;
      this.#damaged(codecError('too_large', 0, 'command: at most maxCommand octets'));
      return;
    }
    if (!whole) {
      this.#command = first;
      this.#put({ type: 'ack' });
      return;
    }
    const joined = first.data === null ? null : this.#partial.text;
    this.#events.push({ type: 'command', telegram: { ...first, data: joined, terminator: 'ETX' }, leniencies: this.#partial.leniencies });
    this.#command = undefined;
    this.#partial.forget();
  }

  #damaged(error: CodecError): void {
    this.#events.push({ type: 'damaged', error });
    if (this.#state !== 'session' || error.code === 'unexpected_octet') return;
    const encoded = encodeTelegram({ type: 'nak' }, { evenParity: this.#options.sevenE1 ?? false });
    if (encoded.kind === 'good') this.#send.push(encoded.octets);
  }

  #time(): void {
    if (this.#deadlineMs === null || this.#nowMs < this.#deadlineMs) return;
    if (this.#state === 'identified' && typeof this.#options.readoutAfterMs === 'number') {
      this.#selected('0', this.#options.identification.baudChar, '0', true);
      return;
    }
    this.#events.push({ type: 'timed-out' });
    this.#end();
  }

  #put(telegram: Telegram): void {
    const encoded = encodeTelegram(telegram, { evenParity: this.#options.sevenE1 ?? false });
    if (encoded.kind === 'bad') {
      this.#events.push({ type: 'failed', reason: 'protocol-error', error: encoded.error });
      return;
    }
    this.#last = telegram;
    this.#send.push(encoded.octets);
  }

  #await(delayMs = this.#options.inactivityMs ?? 120_000): void {
    this.#deadlineMs = this.#nowMs + delayMs;
  }

  #changeLine(baud: number, when: LineChange['when']): void {
    if (this.#options.switchBaud !== true || baud === this.#baud) return;
    this.#baud = baud;
    this.#events.push({ type: 'line-change', baud, when });
  }

  #end(): void {
    this.#state = 'waiting';
    this.#stream.acks = 'alone';
    this.#command = undefined;
    this.#last = undefined;
    this.#blocks = NO_BYTES;
    this.#partial.forget();
    this.#deadlineMs = null;
    this.#changeLine(this.#options.initialBaud ?? 300, 'after-send');
  }
}

const withoutZeros = (address: string): string => address.replace(/^0+(?=.)/, '');
