/**
 * The client's end of a wrapper connection: request and reply over TCP (meter-protocols 5.2).
 *
 * ```
 *            open              request                  reply
 *   closed ────────►  idle  ────────────►  waiting  ────────────►  idle
 *      ▲                                      │ silence for `responseTimeoutMs`
 *      ├── close                              ├── retries left: the same octets again, not for a volatile request
 *                                             ├── volatile: `unknown-outcome`, idle
 *                                             └── else `failed`, closed
 * ```
 *
 * TCP loses nothing, so nothing is repeated unless `retries` says so; the answer to a repeated request may come twice, and the
 * invoke-id of the APDU tells. The same holds for an answer that comes after `unknown-outcome`.
 */

import {
  allows,
  type CodecError,
  type LeniencyName,
  type LeniencyOptions,
  type LinkCommand,
  type LinkEvent,
  type LinkFailure,
  type LinkInput,
  type LinkMachine,
  type LinkStep,
} from '../common/index.ts';
import { encodeWrapperFrame, type WrapperFrame, type WrapperOptions } from './frame.ts';
import { WrapperStream } from './stream.ts';

export interface WrapperLinkOptions extends WrapperOptions, LeniencyOptions {
  /** The client's address, such as 16. */
  readonly clientWPort: number;
  /** The logical device, such as 1. */
  readonly serverWPort: number;
  /** The longest silence while a reply is awaited. Default 10,000. */
  readonly responseTimeoutMs?: number;
  /** The longest a reply may take to its last octet, however it trickles in. Default 60,000. */
  readonly replyTimeoutMs?: number;
  /** How often a request that may be repeated is sent again. Default 0. */
  readonly retries?: number;
}

export type WrapperLinkEvent =
  | Exclude<LinkEvent, { readonly type: 'reply' }>
  | (Extract<LinkEvent, { readonly type: 'reply' }> & { readonly leniencies: readonly LeniencyName[] })
  /** The meter speaks unasked: DATA-NOTIFICATION, EventNotification, InformationReport. */
  | { readonly type: 'notification'; readonly payload: Uint8Array }
  /** Octets that are nobody's: damage, other ports, or an answer to no question. */
  | { readonly type: 'dropped'; readonly octets: number; readonly reason: 'noise' | 'damaged' | 'ports' | 'unasked'; readonly error?: CodecError };

type State =
  | { readonly kind: 'closed' }
  | { readonly kind: 'idle' }
  | {
      readonly kind: 'waiting';
      readonly frame: Uint8Array;
      readonly volatile: boolean;
      readonly repeats: number;
      readonly deadlineMs: number;
      readonly giveUpMs: number;
    };

const CLOSED: State = { kind: 'closed' };
const IDLE: State = { kind: 'idle' };

/** Tags of what a meter sends unasked: plain, then with global and with dedicated keys. */
const UNASKED: ReadonlySet<number> = new Set([0x0f, 0x18, 0xc2, 0x38, 0xca, 0xd2]);

export class WrapperLink implements LinkMachine<LinkCommand, WrapperLinkEvent> {
  readonly #options: WrapperLinkOptions;
  readonly #timeoutMs: number;
  readonly #replyTimeoutMs: number;
  readonly #retries: number;
  readonly #stream: WrapperStream;
  #state: State = CLOSED;
  #send: Uint8Array[] = [];
  #events: WrapperLinkEvent[] = [];

  constructor(options: WrapperLinkOptions) {
    this.#options = options;
    this.#timeoutMs = options.responseTimeoutMs ?? 10_000;
    this.#replyTimeoutMs = Math.max(options.replyTimeoutMs ?? 60_000, this.#timeoutMs);
    this.#retries = options.retries ?? 0;
    this.#stream = new WrapperStream({ ...options, wPorts: [options.clientWPort, options.serverWPort] });
  }

  step(input: LinkInput<LinkCommand>, nowMs: number): LinkStep<WrapperLinkEvent> {
    this.#send = [];
    this.#events = [];
    switch (input.type) {
      case 'command':
        this.#command(input.command, nowMs);
        break;
      case 'octets':
        this.#receive(input.octets, nowMs);
        break;
      case 'time':
        break;
    }
    this.#checkTime(nowMs);
    return { send: this.#send, events: this.#events, deadlineMs: this.#state.kind === 'waiting' ? this.#state.deadlineMs : null };
  }

  #command(command: LinkCommand, nowMs: number): void {
    switch (command.type) {
      case 'open':
        if (this.#state.kind === 'waiting') {
          this.#refuse('busy');
          return;
        }
        this.#stream.reset();
        this.#state = IDLE;
        this.#events.push({ type: 'opened' });
        return;
      case 'request':
        this.#request(command.payload, command.volatile ?? false, nowMs);
        return;
      case 'fresh':
        this.#refuse(this.#state.kind === 'closed' ? 'not-open' : 'busy');
        return;
      case 'close':
        this.#giveUp('disconnected');
        this.#state = CLOSED;
        this.#events.push({ type: 'closed' });
    }
  }

  #request(payload: Uint8Array, volatile: boolean, nowMs: number): void {
    if (this.#state.kind !== 'idle') {
      this.#refuse(this.#state.kind === 'closed' ? 'not-open' : 'busy');
      return;
    }
    const { clientWPort, serverWPort } = this.#options;
    const outcome = encodeWrapperFrame({ sourceWPort: clientWPort, destinationWPort: serverWPort, payload });
    if (outcome.kind === 'bad') {
      this.#refuse('too-large', outcome.error);
      return;
    }
    this.#state = { kind: 'waiting', frame: outcome.octets, volatile, repeats: 0, ...this.#waitFrom(nowMs) };
    this.#send.push(outcome.octets);
  }

  #receive(octets: Uint8Array, nowMs: number): void {
    if (this.#state.kind === 'closed') {
      this.#events.push({ type: 'dropped', octets: octets.length, reason: 'unasked' });
      return;
    }
    this.#stream.push(octets);
    for (let event = this.#stream.next(); event !== undefined; event = this.#stream.next()) {
      if (event.kind === 'frame') this.#frame(event.frame);
      else if (event.kind === 'noise') this.#events.push({ type: 'dropped', octets: event.octets, reason: 'noise' });
      else this.#events.push({ type: 'dropped', octets: event.octets, reason: 'damaged', error: event.error });
    }
    const state = this.#state;
    if (state.kind === 'waiting' && this.#stream.buffered > 0) {
      this.#state = { ...state, deadlineMs: Math.min(nowMs + this.#timeoutMs, state.giveUpMs) };
    }
  }

  #frame(frame: WrapperFrame): void {
    const leniencies = this.#portsOf(frame);
    const octets = frame.payload.length;
    if (leniencies === undefined) {
      this.#events.push({ type: 'dropped', octets, reason: 'ports' });
      return;
    }
    if (UNASKED.has(frame.payload[0] ?? -1)) {
      this.#events.push({ type: 'notification', payload: frame.payload.slice() });
      return;
    }
    if (this.#state.kind !== 'waiting') {
      this.#events.push({ type: 'dropped', octets, reason: 'unasked' });
      return;
    }
    const repeated = this.#state.repeats > 0;
    this.#state = IDLE;
    this.#events.push({ type: 'reply', payload: frame.payload.slice(), repeated, leniencies });
  }

  /** What was let pass; undefined for a frame of other ports. */
  #portsOf({ sourceWPort, destinationWPort }: WrapperFrame): readonly LeniencyName[] | undefined {
    const { clientWPort, serverWPort } = this.#options;
    if (sourceWPort === serverWPort && destinationWPort === clientWPort) return [];
    const unswapped = sourceWPort === clientWPort && destinationWPort === serverWPort;
    return unswapped && allows(this.#options, 'unswapped-ports') ? ['unswapped-ports'] : undefined;
  }

  #checkTime(nowMs: number): void {
    const state = this.#state;
    if (state.kind !== 'waiting' || nowMs < state.deadlineMs) return;
    if (state.volatile) {
      this.#giveUp('no-reply');
      this.#state = IDLE;
      return;
    }
    if (state.repeats >= this.#retries) {
      this.#state = CLOSED;
      this.#events.push({ type: 'failed', reason: 'no-reply' });
      return;
    }
    this.#state = { ...state, repeats: state.repeats + 1, ...this.#waitFrom(nowMs) };
    this.#events.push({ type: 'repeated', attempt: state.repeats + 1 });
    this.#send.push(state.frame.slice());
  }

  #waitFrom(nowMs: number): { readonly deadlineMs: number; readonly giveUpMs: number } {
    return { deadlineMs: nowMs + this.#timeoutMs, giveUpMs: nowMs + this.#replyTimeoutMs };
  }

  /** Nobody will learn whether a volatile request under way was done. */
  #giveUp(reason: LinkFailure): void {
    if (this.#state.kind === 'waiting' && this.#state.volatile) this.#events.push({ type: 'unknown-outcome', reason });
  }

  /** The command came at a wrong moment or cannot be sent; the link stays as it was. */
  #refuse(reason: LinkFailure, error?: CodecError): void {
    this.#events.push(error === undefined ? { type: 'failed', reason } : { type: 'failed', reason, error });
  }
}
