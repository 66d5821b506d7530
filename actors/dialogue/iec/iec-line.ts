/**
 * IEC 62056-21 as the dialogues of Elster and Cewe speak it: signs on, asks, ends the session whatever became of it
 * (meter-protocols 4; 6.1 and 6.7 say what is asked).
 */
import {
  type CommandTelegram,
  encodeTelegram,
  type IdentificationTelegram,
  IecClient,
  type IecClientEvent,
  type IecReply,
} from '../../../workers/codec/iec62056-21/index.ts';
import type { TraceMask } from '../../link/trace.ts';
import { made } from '../common/answers.ts';
import { Exchanges } from '../common/exchanges.ts';
import { DialogueError, type DialogueSetup, type StepLimits } from '../dialogue.ts';
import type { Exchange } from '../driver-types.ts';

export interface IecLineOptions {
  readonly address: string;
  readonly modeCharacter: string;
  /** Null: no break before the sign-on. */
  readonly wakePauseMs: number | null;
  readonly operandPauseMs: number;
  readonly breakPauseMs: number;
}

export type IecExchange = Exchange<IecClientEvent>;
export type LogInAnswer =
  | { readonly kind: 'taken' }
  | { readonly kind: 'refused'; readonly code: string }
  | { readonly kind: 'no-answer'; readonly error: DialogueError };

/** No answer of these dialogues comes near; more is a meter that sends for ever. */
const MAX_ANSWER = 8_192;

export class IecLine {
  readonly #client: IecClient;
  readonly #exchanges: Exchanges<IecClientEvent>;
  readonly #clock: DialogueSetup['clock'];
  readonly #breakPauseMs: number;
  #identification: IdentificationTelegram | undefined;
  #begun = false;
  #hungUp = false;

  constructor(setup: DialogueSetup, options: IecLineOptions) {
    const { timing } = setup.profile;
    this.#clock = setup.clock;
    this.#breakPauseMs = options.breakPauseMs;
    this.#client = new IecClient({
      deviceAddress: options.address,
      option: options.modeCharacter,
      wakePauseMs: options.wakePauseMs,
      // Over modems and TCP the baud character is exchanged and nothing changes.
      switchBaud: setup.link.kind === 'serial',
      replyTimeoutMs: timing.replyTimeoutMs,
      interOctetTimeoutMs: timing.interOctetMs,
      retries: timing.retries,
      pauseMs: timing.pauseBeforeRequestMs,
      settleMs: timing.pauseBetweenRetriesMs,
      operandPauseMs: options.operandPauseMs,
      breakPauseMs: options.breakPauseMs,
      maxReadout: MAX_ANSWER,
    });
    this.#exchanges = new Exchanges(setup, this.#client, {
      onEvent: (event) => {
        if (event.type === 'identified') this.#identification = event.identification;
      },
    });
  }

  get transitMs(): number {
    return this.#exchanges.transitMs;
  }

  get identification(): IdentificationTelegram | undefined {
    return this.#identification;
  }

  /** From the wake-up to the meter's P0. @returns its operand @throws DialogueError */
  async signOn(limits: StepLimits): Promise<string | null> {
    this.#begun = true;
    const opened = await this.#exchanges.open(limits);
    return opened.operand;
  }

  /**
   * A password: sent once.
   *
   * @param mask covered in traces
   * @param isTaken the meter has taken it before in this session
   * @throws DialogueError when the link is lost; class `hang-up` when it is lost in place of the first answer
   */
  async logIn(telegram: CommandTelegram, mask: TraceMask, limits: StepLimits, isTaken = false): Promise<LogInAnswer> {
    const once = await this.#exchanges.askOnce(octetsOf(telegram), limits, { mask, isPassword: !isTaken });
    if (once.kind === 'no-answer') {
      this.#hungUp ||= once.hungUp;
      return once.hungUp ? { kind: 'refused', code: 'B0' } : once;
    }
    const reply = once.exchange.event.telegram;
    if (reply.type === 'ack') return { kind: 'taken' };
    if (reply.type === 'answer') return { kind: 'no-answer', error: new DialogueError('link', 'the password was answered by data') };
    return { kind: 'refused', code: codeOf(reply) };
  }

  /** @throws DialogueError */
  read(telegram: CommandTelegram, limits: StepLimits): Promise<IecExchange> {
    return this.#exchanges.ask(octetsOf(telegram), limits);
  }

  /**
   * The telegram is made when the line is free, a moment before it leaves.
   *
   * @param holdMs asked when the line is free: how long to wait even then
   * @throws DialogueError class `write` where the outcome is unknown
   */
  async write(build: () => CommandTelegram, holdMs: () => number, limits: StepLimits): Promise<IecReply> {
    await this.#idleUntil(this.#client.clearAtMs, limits);
    await this.#idleUntil(this.#clock.monotonic() + holdMs(), limits);
    const exchange = await this.#exchanges.write(() => octetsOf(build()), limits);
    return exchange.event.telegram;
  }

  /**
   * Break and pause, also where the link machine has given the session up: the meter may still be in it. A meter that ended the session
   * itself is left alone.
   *
   * @throws DialogueError
   */
  async leave(limits: StepLimits): Promise<void> {
    if (!this.#begun || this.#hungUp) return;
    this.#begun = false;
    const { failed } = this.#exchanges;
    await this.#exchanges.close(limits);
    if (!failed) return;
    await this.#exchanges.link.write(made('break', encodeTelegram({ type: 'break' })));
    await this.#idleUntil(this.#clock.monotonic() + this.#breakPauseMs, limits);
  }

  async #idleUntil(untilMs: number, limits: StepLimits): Promise<void> {
    if (untilMs > this.#clock.monotonic()) await this.#exchanges.idle(untilMs, limits);
  }
}

/** Covers the data of a password command: between its brackets, and the checksum that gives one character away. */
export const maskOperand: TraceMask = (octets) => {
  const from = octets.findIndex((octet) => (octet & 0x7f) === OPEN);
  return from < 0 ? [] : [{ from: from + 1, to: octets.length }];
};
const OPEN = 0x28;

/** The meter's word for a refusal: `NAK`, `ERR5`, `ER:010`. */
export const codeOf = (reply: IecReply): string => (reply.type === 'error' ? reply.errorCode.slice(0, 16).trim() : reply.type.toUpperCase());

/** Octets on the wire. */
export const octetsOf = (telegram: CommandTelegram): Uint8Array => made('command', encodeTelegram(telegram));
