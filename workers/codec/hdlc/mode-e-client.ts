import type { LinkCommand, LinkEvent, LinkFailure, LinkInput, LinkMachine, LinkStep } from '../common/index.ts';
import { baudOf, type IdentificationTelegram, IecStream, modeOf, type Telegram } from '../iec62056-21/index.ts';
import { type HdlcClientEvent, HdlcClientLink } from './client.ts';
import { DEFAULT_INITIAL_BAUD, DEFAULT_SWITCH_MS, hdlcLine, type LineEvent, type ModeEOptions, signOnLine, signOnOctets } from './mode-e.ts';
import type { HdlcClientOptions } from './options.ts';

export interface ModeEClientOptions extends ModeEOptions {
  /** Z that is asked for. Default the meter's own. */
  readonly baudChar?: string;
  /** Wait for the identification. Default 5,000: reaction of at most 1,500 and the line at 300 baud. */
  readonly signOnTimeoutMs?: number;
  /** Requests that are sent again. Default 2. */
  readonly signOnRetries?: number;
  /** From the option select to the change of the line, and SNRM. Default 300: the octets must have left. */
  readonly switchMs?: number;
  /** Of the link behind the sign-on. */
  readonly link?: HdlcClientOptions;
}

export type ModeEClientEvent =
  | HdlcClientEvent
  | LineEvent
  /** The meter said who it is. */
  | { readonly type: 'identified'; readonly identification: IdentificationTelegram };

type State = 'idle' | 'signing-on' | 'switching' | 'linked';

/**
 * An HDLC client link with the sign-on of mode E in front: `open` begins at 300 baud. A meter that does not offer `\2`, or that
 * identifies itself again in place of switching, gives `failed` with `refused`.
 *
 * ```
 *   idle ──open──► signing-on ──identification──► switching ──pause──► linked (HdlcClientLink) ──closed, failed──► idle
 * ```
 */
export class ModeEClient implements LinkMachine<LinkCommand, ModeEClientEvent> {
  readonly #options: ModeEClientOptions;
  readonly #link: HdlcClientLink;
  readonly #stream = new IecStream();
  #state: State = 'idle';
  #deadlineMs: number | null = null;
  #attempts = 0;
  #baud = DEFAULT_INITIAL_BAUD;
  #send: Uint8Array[] = [];
  #events: ModeEClientEvent[] = [];

  constructor(options: ModeEClientOptions = {}) {
    this.#options = options;
    this.#link = new HdlcClientLink(options.link);
  }

  get state(): State {
    return this.#state;
  }

  step(input: LinkInput<LinkCommand>, nowMs: number): LinkStep<ModeEClientEvent> {
    this.#send = [];
    this.#events = [];
    if (this.#state === 'linked') this.#pass(input, nowMs);
    else if (input.type === 'command') this.#command(input.command, nowMs);
    else if (input.type === 'octets') this.#octets(input.octets, nowMs);
    if (this.#state !== 'linked' && this.#deadlineMs !== null && nowMs >= this.#deadlineMs) this.#late(nowMs);
    return { send: this.#send, events: this.#events, deadlineMs: this.#deadlineMs };
  }

  #pass(input: LinkInput<LinkCommand>, nowMs: number): void {
    const { send, events, deadlineMs } = this.#link.step(input, nowMs);
    this.#send.push(...send);
    this.#events.push(...events);
    this.#deadlineMs = deadlineMs;
    if (this.#link.state === 'closed') this.#idle();
  }

  #command(command: LinkCommand, nowMs: number): void {
    if (command.type === 'open' && this.#state === 'idle') {
      this.#attempts = 0;
      this.#state = 'signing-on';
      this.#events.push(signOnLine(this.#options.initialBaud ?? DEFAULT_INITIAL_BAUD, this.#options.parity ?? 'line'));
      this.#ask(nowMs);
    } else if (command.type === 'close') {
      this.#end({ type: 'closed' });
    } else {
      this.#events.push({ type: 'failed', reason: command.type === 'open' ? 'busy' : 'not-open' });
    }
  }

  #ask(nowMs: number): void {
    this.#stream.reset();
    this.#telegram({ type: 'request', deviceAddress: this.#options.deviceAddress ?? '' });
    if (this.#state === 'signing-on') this.#deadlineMs = nowMs + (this.#options.signOnTimeoutMs ?? 5_000);
  }

  #octets(octets: Uint8Array, nowMs: number): void {
    if (this.#state === 'idle') return;
    this.#stream.push(octets);
    for (let event = this.#stream.next(); event !== undefined; event = this.#stream.next()) {
      if (event.kind !== 'frame' || event.frame.type !== 'identification') continue;
      if (this.#state === 'signing-on') this.#identified(event.frame, nowMs);
      else if (this.#state === 'switching') this.#fail('refused');
    }
  }

  #identified(identification: IdentificationTelegram, nowMs: number): void {
    this.#events.push({ type: 'identified', identification });
    const baudChar = this.#options.baudChar ?? identification.baudChar;
    const baud = baudOf(baudChar);
    if (modeOf(identification.baudChar, identification.enhanced) !== 'E' || baud === null) {
      this.#fail('refused');
      return;
    }
    this.#baud = baud;
    this.#state = 'switching';
    this.#deadlineMs = nowMs + (this.#options.switchMs ?? DEFAULT_SWITCH_MS);
    this.#telegram({ type: 'ack-option-select', protocolChar: '2', baudChar, optionChar: '2' });
  }

  /** The deadline of the sign-on has passed. */
  #late(nowMs: number): void {
    if (this.#state === 'switching') {
      this.#state = 'linked';
      this.#events.push(hdlcLine(this.#baud));
      this.#pass({ type: 'command', command: { type: 'open' } }, nowMs);
      return;
    }
    this.#attempts++;
    if (this.#attempts > (this.#options.signOnRetries ?? 2)) {
      this.#fail('no-reply');
      return;
    }
    this.#events.push({ type: 'repeated', attempt: this.#attempts });
    this.#ask(nowMs);
  }

  #telegram(telegram: Telegram): void {
    const octets = signOnOctets(telegram, this.#options.parity ?? 'line');
    if (octets.kind === 'good') this.#send.push(octets.octets);
    else this.#end({ type: 'failed', reason: 'protocol-error', error: octets.error });
  }

  #fail(reason: LinkFailure): void {
    this.#end({ type: 'failed', reason });
  }

  #end(event: LinkEvent): void {
    this.#events.push(event);
    this.#idle();
  }

  #idle(): void {
    this.#state = 'idle';
    this.#deadlineMs = null;
    this.#stream.reset();
  }
}
