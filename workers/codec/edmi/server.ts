/**
 * The meter's link of the EDMI command language: answers wake-up signals, gives requests, frames replies in the form in which
 * they were asked for. It never sends of its own accord and has no deadlines.
 */
import type { CodecError, LinkFailure, LinkInput, LinkMachine, LinkStep } from '../common/index.ts';
import { ACK } from './command.ts';
import { type EdmiAddress, type EdmiFrame, encodeEdmiFrame, MAX_EDMI_BODY } from './frame.ts';
import { EdmiStream } from './stream.ts';
import type { EdmiWake } from './wake.ts';

export interface EdmiServerOptions {
  /** Own serial number, 32 bits: extended frames to others get no answer. Default: all are answered. */
  readonly serial?: number;
  /** Octets of a body at most; default {@link MAX_EDMI_BODY}. */
  readonly maxBody?: number;
}

export type EdmiServerCommand =
  /** Answers the last request. @property payload what `encodeEdmiCommand` gives */
  | { readonly type: 'reply'; readonly payload: Uint8Array }
  /** A new connection: forgets what was asked. */
  | { readonly type: 'reset' };

export type EdmiServerEvent =
  /** Already answered by an ACK. */
  | { readonly type: 'wake'; readonly wake: EdmiWake }
  /** @property payload what `decodeEdmiCommand` takes */
  | { readonly type: 'request'; readonly payload: Uint8Array; readonly extended: EdmiAddress | null }
  /** Dropped without an answer: damaged, or no frame. */
  | { readonly type: 'dropped'; readonly error: CodecError }
  /** The reply was refused and nothing was sent. */
  | { readonly type: 'failed'; readonly reason: LinkFailure; readonly error?: CodecError };

export class EdmiServer implements LinkMachine<EdmiServerCommand, EdmiServerEvent> {
  readonly #stream: EdmiStream;
  readonly #serial: number | undefined;
  readonly #maxBody: number;
  /** How the reply to the last request is addressed; undefined when nothing was asked. */
  #asked: EdmiAddress | null | undefined;
  #send: Uint8Array[] = [];
  #events: EdmiServerEvent[] = [];

  constructor(options: EdmiServerOptions = {}) {
    this.#serial = options.serial;
    this.#maxBody = options.maxBody ?? MAX_EDMI_BODY;
    this.#stream = new EdmiStream({ wakes: true, maxBody: this.#maxBody });
  }

  step(input: LinkInput<EdmiServerCommand>, _nowMs: number): LinkStep<EdmiServerEvent> {
    this.#send = [];
    this.#events = [];
    if (input.type === 'octets') this.#octets(input.octets);
    if (input.type === 'command' && input.command.type === 'reply') this.#reply(input.command.payload);
    if (input.type === 'command' && input.command.type === 'reset') this.#reset();
    return { send: this.#send, events: this.#events, deadlineMs: null };
  }

  #reset(): void {
    this.#stream.reset();
    this.#asked = undefined;
  }

  #octets(octets: Uint8Array): void {
    this.#stream.push(octets);
    for (let event = this.#stream.next(); event !== undefined; event = this.#stream.next()) {
      if (event.kind === 'bad') this.#events.push({ type: 'dropped', error: event.error });
      else if (event.kind === 'frame' && event.frame.kind === 'wake') this.#woken(event.frame.wake);
      else if (event.kind === 'frame' && event.frame.kind === 'frame') this.#frame(event.frame.frame);
    }
  }

  #woken(wake: EdmiWake): void {
    this.#answer(Uint8Array.of(ACK), null);
    this.#events.push({ type: 'wake', wake });
  }

  #frame({ extended, command }: EdmiFrame): void {
    if (extended !== null && this.#serial !== undefined && extended.destination !== this.#serial) return;
    // A reply carries the numbers exchanged and the sequence as it came.
    this.#asked = extended === null ? null : { destination: extended.source, source: extended.destination, sequence: extended.sequence };
    this.#events.push({ type: 'request', payload: command.slice(), extended });
  }

  #reply(payload: Uint8Array): void {
    if (this.#asked === undefined) this.#events.push({ type: 'failed', reason: 'protocol-error' });
    else if (this.#answer(payload, this.#asked)) this.#asked = undefined;
  }

  #answer(payload: Uint8Array, extended: EdmiAddress | null): boolean {
    const frame = encodeEdmiFrame(payload, extended, { maxBody: this.#maxBody });
    if (frame.kind === 'good') this.#send.push(frame.octets);
    else this.#events.push({ type: 'failed', reason: 'too-large', error: frame.error });
    return frame.kind === 'good';
  }
}
