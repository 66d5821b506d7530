/** Questions and answers of one dialogue over the link driver: what every one needs besides its protocol. */
import type { LinkCommand, LinkFailure, LinkMachine } from '../../../workers/codec/common/index.ts';
import { type Link, LinkError } from '../../link/link.ts';
import type { TraceMask } from '../../link/trace.ts';
import { DialogueError, type DialogueSetup, type StepLimits } from '../dialogue.ts';
import { LinkDriver } from '../driver.ts';
import type { AnyEvent, Exchange, OpenedEvent } from '../driver-types.ts';
import { hungUp, isHangUp } from '../hang-up.ts';
import { failureClassOf, textOfFailure } from '../link-failure.ts';
import { WatchedMachine } from './watched-machine.ts';

/** A log-in that was not answered. @property hungUp the meter ended the session in place of an answer */
export interface NoAnswer {
  readonly kind: 'no-answer';
  readonly hungUp: boolean;
  readonly error: DialogueError;
}

export interface OnceOptions {
  /** What of it a byte trace must not show. */
  readonly mask?: TraceMask;
  /** It holds a password that the meter has not taken yet in this session. */
  readonly isPassword?: boolean;
}

export type Once<Event> = { readonly kind: 'answered'; readonly exchange: Exchange<Event> } | NoAnswer;

export class Exchanges<Event extends AnyEvent> {
  readonly #watched: WatchedMachine<Event>;
  readonly #driver: LinkDriver<Event>;
  readonly #clock: DialogueSetup['clock'];
  readonly #pauseMs: number;
  #transitMs = 0;
  #lastMs = Number.NEGATIVE_INFINITY;

  /** @param pauseMs silence before each request, for machines that keep none themselves */
  constructor(
    setup: DialogueSetup,
    machine: LinkMachine<LinkCommand, Event>,
    options: { readonly onEvent?: (event: Event) => void; readonly pauseMs?: number } = {},
  ) {
    this.#watched = new WatchedMachine(machine);
    this.#clock = setup.clock;
    this.#pauseMs = options.pauseMs ?? 0;
    const { link, clock, reopen } = setup;
    this.#driver = new LinkDriver({ machine: this.#watched, link, clock, reopen, ...(options.onEvent === undefined ? {} : { onEvent: options.onEvent }) });
  }

  /** Half of the last round trip. */
  get transitMs(): number {
    return this.#transitMs;
  }

  get link(): Link {
    return this.#driver.link;
  }

  /** The machine has given up: nothing goes out through it. */
  get failed(): boolean {
    return this.#watched.failed;
  }

  /** The machine takes requests. */
  get isOpen(): boolean {
    return this.#watched.isOpen;
  }

  /** @throws DialogueError */
  open(limits: StepLimits): Promise<OpenedEvent<Event>> {
    return this.#driver.open(limits);
  }

  /** Asks, again where nothing comes. @throws DialogueError */
  ask(payload: Uint8Array, limits: StepLimits): Promise<Exchange<Event>> {
    return this.#request(payload, { limits });
  }

  /** Writes a clock. The payload is made when the line is free for it. @throws DialogueError class `write` where the outcome is unknown */
  async write(build: () => Uint8Array, limits: StepLimits): Promise<Exchange<Event>> {
    await this.#pause(limits);
    return this.#request(build(), { limits, volatile: true, fresh: build });
  }

  /** Asks once: a log-in is not repeated by the link. @throws DialogueError when the link is lost or the step is over; class `hang-up` for a password */
  async askOnce(payload: Uint8Array, limits: StepLimits, { mask, isPassword = false }: OnceOptions = {}): Promise<Once<Event>> {
    try {
      const exchange = await this.#request(payload, { limits, volatile: true, fresh: () => payload, ...(mask === undefined ? {} : { mask }) });
      return { kind: 'answered', exchange };
    } catch (error) {
      if (!(error instanceof DialogueError) || error.class !== 'write') throw error;
      if (isPassword && isHangUp(error)) throw hungUp(error);
      return this.#notAnswered(error);
    }
  }

  /** Waits and keeps the machine going. @throws DialogueError when the link is lost */
  idle(untilMs: number, limits: StepLimits): Promise<void> {
    return this.#driver.idle(untilMs, limits);
  }

  /** Ends the machine's link. @throws DialogueError */
  close(limits: StepLimits): Promise<void> {
    return this.#driver.close(limits);
  }

  async #request(payload: Uint8Array, options: Parameters<LinkDriver<Event>['request']>[1]): Promise<Exchange<Event>> {
    if (options.volatile !== true) await this.#pause(options.limits);
    try {
      const exchange = await this.#driver.request(payload, options);
      if (!exchange.repeated) this.#transitMs = Math.max(0, exchange.firstAt.monotonicMs - exchange.sentAt.monotonicMs) / 2;
      return exchange;
    } finally {
      this.#lastMs = this.#clock.monotonic();
    }
  }

  async #pause(limits: StepLimits): Promise<void> {
    const untilMs = this.#lastMs + this.#pauseMs;
    if (this.#pauseMs > 0 && this.#clock.monotonic() < untilMs) await this.#driver.idle(untilMs, limits);
  }

  /** The link's own failure, or the end of the step, stands as it was; what is left is silence, damage, or a meter that hung up. */
  #notAnswered(error: DialogueError): NoAnswer {
    const { cause } = error;
    if (cause instanceof DialogueError) throw cause;
    if (cause instanceof Error) throw new DialogueError(cause instanceof LinkError ? failureClassOf(cause.code) : 'engine', cause.message, { cause });
    const reason: LinkFailure = this.#watched.doubt ?? 'no-reply';
    return { kind: 'no-answer', hungUp: reason === 'disconnected', error: new DialogueError('link', textOfFailure(reason)) };
  }
}
