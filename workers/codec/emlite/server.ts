/**
 * The meter's link of an Emlite meter: gives requests, frames replies, and says `checksum-error` to a damaged request of its
 * own accord. Any destination is taken, as the meters do; replies carry the own address.
 */
import type { CodecError, LinkFailure, LinkInput, LinkMachine, LinkStep } from '../common/index.ts';
import { type EmliteFrame, type EmliteHeader, encodeEmliteFrame } from './frame.ts';
import { CHECKSUM_ERROR } from './match.ts';
import { EmliteStream } from './stream.ts';

export interface EmliteServerOptions {
  /** Own address, 32 bits. */
  readonly address: number;
  /** Answer damaged frames that are addressed to 0 or to it; default true. */
  readonly answersDamage?: boolean;
  /** A silence that no frame contains; default 2,000 ms. */
  readonly silenceMs?: number;
}

export type EmliteServerCommand =
  /** Answers the last request. @property payload what `encodeEmliteData` gives @property resultCode default 0 */
  | { readonly type: 'reply'; readonly payload: Uint8Array; readonly resultCode?: number }
  /** A new connection: forgets what was asked. */
  | { readonly type: 'reset' };

export type EmliteServerEvent =
  /** @property payload what `decodeEmliteData` takes */
  | { readonly type: 'request'; readonly payload: Uint8Array; readonly header: EmliteHeader }
  /** Damaged, or no frame. */
  | { readonly type: 'dropped'; readonly error: CodecError }
  /** The reply was refused and nothing was sent. */
  | { readonly type: 'failed'; readonly reason: LinkFailure; readonly error?: CodecError };

/** Format, object id and flag: what a refusal repeats of its request. */
const OBJECT_HEAD = 5;

export class EmliteServer implements LinkMachine<EmliteServerCommand, EmliteServerEvent> {
  readonly #options: Required<EmliteServerOptions>;
  readonly #stream = new EmliteStream();
  #asked: EmliteHeader | undefined;
  #silentAtMs: number | null = null;
  #send: Uint8Array[] = [];
  #events: EmliteServerEvent[] = [];

  constructor(options: EmliteServerOptions) {
    this.#options = { address: options.address, answersDamage: options.answersDamage ?? true, silenceMs: options.silenceMs ?? 2_000 };
  }

  step(input: LinkInput<EmliteServerCommand>, nowMs: number): LinkStep<EmliteServerEvent> {
    this.#send = [];
    this.#events = [];
    if (input.type === 'octets') this.#octets(input.octets, nowMs);
    if (input.type === 'command') this.#command(input.command);
    if (this.#silentAtMs !== null && nowMs >= this.#silentAtMs) {
      this.#silentAtMs = null;
      this.#stream.giveUp();
      this.#drain();
    }
    return { send: this.#send, events: this.#events, deadlineMs: this.#silentAtMs };
  }

  #command(command: EmliteServerCommand): void {
    if (command.type === 'reset') {
      this.#stream.reset();
      this.#silentAtMs = null;
      this.#asked = undefined;
    } else if (this.#asked === undefined) this.#events.push({ type: 'failed', reason: 'protocol-error' });
    else if (this.#answer(this.#asked, command.resultCode ?? 0, command.payload)) this.#asked = undefined;
  }

  #octets(octets: Uint8Array, nowMs: number): void {
    this.#stream.push(octets);
    this.#drain();
    this.#silentAtMs = this.#stream.buffered > 0 ? nowMs + this.#options.silenceMs : null;
  }

  #drain(): void {
    for (let event = this.#stream.next(); event !== undefined; event = this.#stream.next()) {
      if (event.kind === 'frame') this.#frame(event.frame);
      if (event.kind !== 'bad') continue;
      this.#events.push({ type: 'dropped', error: event.error });
      if (event.damaged !== undefined && this.#options.answersDamage) this.#damaged(event.damaged);
    }
  }

  #frame(frame: EmliteFrame): void {
    const { destination, source, sequence, resultCode } = frame;
    this.#asked = { destination, source, sequence, resultCode };
    this.#events.push({ type: 'request', payload: frame.data.slice(), header: this.#asked });
  }

  #damaged(frame: EmliteFrame): void {
    if (frame.destination !== 0 && frame.destination !== this.#options.address) return;
    this.#answer(frame, CHECKSUM_ERROR, frame.data.subarray(0, OBJECT_HEAD));
  }

  #answer(asked: EmliteHeader, resultCode: number, payload: Uint8Array): boolean {
    const header = { destination: asked.source, source: this.#options.address, sequence: asked.sequence, resultCode };
    const frame = encodeEmliteFrame(header, payload);
    if (frame.kind === 'good') this.#send.push(frame.octets);
    else this.#events.push({ type: 'failed', reason: frame.error.code === 'too_large' ? 'too-large' : 'protocol-error', error: frame.error });
    return frame.kind === 'good';
  }
}
