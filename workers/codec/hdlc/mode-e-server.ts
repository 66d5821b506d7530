import type { LinkInput, LinkMachine, LinkStep } from '../common/index.ts';
import { baudOf, type IdentificationTelegram, IecStream, type OptionSelectTelegram, type RequestTelegram } from '../iec62056-21/index.ts';
import { DEFAULT_INITIAL_BAUD, DEFAULT_SWITCH_MS, hdlcLine, type LineEvent, type ModeEOptions, signOnLine, signOnOctets } from './mode-e.ts';
import type { HdlcServerOptions } from './options.ts';
import { type HdlcServerCommand, type HdlcServerEvent, HdlcServerLink } from './server.ts';

export interface ModeEServerOptions extends ModeEOptions {
  /** What the meter says of itself; `2` among `enhanced` offers mode E. */
  readonly identification: Omit<IdentificationTelegram, 'type'>;
  /** Wait for the option select, and for SNRM after it. Default 10,000. */
  readonly waitMs?: number;
  /** From the last octets of the link to the change of the line back. Default 300. */
  readonly switchMs?: number;
  /** Of the link behind the sign-on. */
  readonly link?: HdlcServerOptions;
}

export type ModeEServerEvent =
  | HdlcServerEvent
  | LineEvent
  /** The client chose something other than HDLC: the caller may go on from here by IEC 62056-21. */
  | { readonly type: 'other-mode'; readonly select: OptionSelectTelegram };

type State = 'waiting' | 'identified' | 'linked' | 'leaving';

/**
 * A meter's HDLC link with the sign-on of mode E in front. It starts at 300 baud, and goes back to it after the link.
 *
 * ```
 *   waiting ──request──► identified ──ACK 2 Z 2──► linked (HdlcServerLink) ──disconnected──► leaving ──pause──► waiting
 * ```
 */
export class ModeEServer implements LinkMachine<HdlcServerCommand, ModeEServerEvent> {
  readonly #options: ModeEServerOptions;
  readonly #link: HdlcServerLink;
  readonly #stream = new IecStream({ acks: 'select' });
  #state: State = 'waiting';
  #deadlineMs: number | null = null;
  #linkMs: number | null = null;
  #send: Uint8Array[] = [];
  #events: ModeEServerEvent[] = [];

  constructor(options: ModeEServerOptions) {
    this.#options = options;
    this.#link = new HdlcServerLink(options.link);
  }

  get state(): State {
    return this.#state;
  }

  /** How the line is set before the first step. */
  get line(): LineEvent {
    return signOnLine(this.#options.initialBaud ?? DEFAULT_INITIAL_BAUD, this.#options.parity ?? 'line');
  }

  step(input: LinkInput<HdlcServerCommand>, nowMs: number): LinkStep<ModeEServerEvent> {
    this.#send = [];
    this.#events = [];
    if (this.#state === 'linked' || input.type === 'command') this.#pass(input, nowMs);
    else if (input.type === 'octets') this.#octets(input.octets, nowMs);
    if (this.#deadlineMs !== null && nowMs >= this.#deadlineMs) this.#late(nowMs);
    const waits = [this.#deadlineMs, this.#linkMs].filter((at) => at !== null);
    return { send: this.#send, events: this.#events, deadlineMs: waits.length === 0 ? null : Math.min(...waits) };
  }

  #pass(input: LinkInput<HdlcServerCommand>, nowMs: number): void {
    const { send, events, deadlineMs } = this.#link.step(input, nowMs);
    this.#send.push(...send);
    this.#events.push(...events);
    this.#linkMs = deadlineMs;
    if (this.#state !== 'linked') return;
    if (this.#link.state !== 'disconnected') this.#deadlineMs = null;
    else if (events.some(({ type }) => type === 'disconnected')) this.#leave(nowMs);
  }

  #octets(octets: Uint8Array, nowMs: number): void {
    if (this.#state === 'leaving') return;
    this.#stream.push(octets);
    for (let event = this.#stream.next(); event !== undefined; event = this.#stream.next()) {
      if (event.kind !== 'frame') continue;
      if (event.frame.type === 'request') this.#requested(event.frame, nowMs);
      if (event.frame.type === 'ack-option-select' && this.#state === 'identified') this.#selected(event.frame, nowMs);
    }
  }

  #requested({ deviceAddress }: RequestTelegram, nowMs: number): void {
    if (deviceAddress !== '' && deviceAddress !== (this.#options.deviceAddress ?? '')) return;
    const octets = signOnOctets({ type: 'identification', ...this.#options.identification }, this.#options.parity ?? 'line');
    if (octets.kind === 'bad') {
      this.#events.push({ type: 'failed', reason: 'protocol-error', error: octets.error });
      return;
    }
    this.#send.push(octets.octets);
    this.#state = 'identified';
    this.#deadlineMs = nowMs + this.#waitMs;
  }

  #selected(select: OptionSelectTelegram, nowMs: number): void {
    const { baudChar: offered, enhanced } = this.#options.identification;
    const baud = baudOf(select.baudChar);
    const agreed = enhanced.includes('2') && baud !== null && baud <= (baudOf(offered) ?? 0);
    if (select.protocolChar !== '2' || select.optionChar !== '2' || !agreed) {
      this.#state = 'waiting';
      this.#deadlineMs = null;
      this.#events.push({ type: 'other-mode', select });
      return;
    }
    this.#state = 'linked';
    this.#deadlineMs = nowMs + this.#waitMs;
    this.#events.push(hdlcLine(baud));
  }

  get #waitMs(): number {
    return this.#options.waitMs ?? 10_000;
  }

  #late(nowMs: number): void {
    if (this.#state === 'linked') {
      this.#leave(nowMs);
      return;
    }
    if (this.#state === 'leaving') this.#events.push(this.line);
    this.#state = 'waiting';
    this.#deadlineMs = null;
    this.#stream.reset();
  }

  /** The last octets must leave at the speed of the link. */
  #leave(nowMs: number): void {
    this.#state = 'leaving';
    this.#linkMs = null;
    this.#deadlineMs = nowMs + (this.#options.switchMs ?? DEFAULT_SWITCH_MS);
  }
}
