/**
 * Link machines: the state between frames (sequence numbers, windows, retries) without sockets and without a clock.
 *
 * ```
 *   command ──►┌──────────────┐──► send   octets for the wire, in order
 *   octets  ──►│ link machine │──► events what happened: opened, reply, failed …
 *   time    ──►└──────────────┘──► deadlineMs when to call again with `time`
 * ```
 *
 * Everything comes in through `step` with the caller's own monotonic time in milliseconds, so an XState dialogue, a test and a
 * simulator drive them alike. A step never throws; what a command asks at a wrong moment is answered by a `failed` event.
 */
import type { CodecError } from './outcome.ts';

export type LinkInput<Command> =
  | { readonly type: 'command'; readonly command: Command }
  | { readonly type: 'octets'; readonly octets: Uint8Array }
  /** Nothing came; the deadline may have passed. */
  | { readonly type: 'time' };

export interface LinkStep<Event> {
  /** Frames for the wire, each with memory of its own: they stay good. */
  readonly send: readonly Uint8Array[];
  /** In the order in which they happened. Octets in them are copies: they stay good. */
  readonly events: readonly Event[];
  /** When `step` wants to be called with `time` at the latest; null when it waits for nothing. */
  readonly deadlineMs: number | null;
}

export interface LinkMachine<Command, Event> {
  step(input: LinkInput<Command>, nowMs: number): LinkStep<Event>;
}

/** What a dialogue tells every link that speaks request and reply. */
export type LinkCommand =
  | { readonly type: 'open' }
  /**
   * @property volatile true for what may never be repeated by the link, such as the write of a clock: its payload is stale a
   * moment later (meter-protocols 5.1)
   */
  | { readonly type: 'request'; readonly payload: Uint8Array; readonly volatile?: boolean }
  /** The answer to `fresh-payload-wanted`. */
  | { readonly type: 'fresh'; readonly payload: Uint8Array }
  | { readonly type: 'close' };

export type LinkEvent =
  | { readonly type: 'opened' }
  | {
      readonly type: 'reply';
      readonly payload: Uint8Array /** The request went out more than once: no sample of a clock may rest on it. */;
      readonly repeated: boolean;
    }
  /** A volatile request did not reach the meter: give its payload anew by `fresh`, or close. */
  | { readonly type: 'fresh-payload-wanted' }
  /** A volatile request may or may not have been done: read before anything is written again. */
  | { readonly type: 'unknown-outcome'; readonly reason: LinkFailure }
  /** Something was sent again. */
  | { readonly type: 'repeated'; readonly attempt: number }
  | { readonly type: 'closed' }
  /** The link is gone; only `open` is taken from here. */
  | { readonly type: 'failed'; readonly reason: LinkFailure; readonly error?: CodecError };

/** Why a link, or one request on it, failed. */
export type LinkFailure =
  | 'no-reply'
  | 'refused'
  | 'disconnected'
  | 'frame-reject'
  | 'protocol-error'
  | 'busy'
  | 'not-open'
  | 'too-large'
  | 'volatile-not-repeated';
