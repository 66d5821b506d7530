/**
 * Decoders for octets that arrive in any pieces. `push` takes a piece, `next` gives what can be told so far; call it until it
 * gives undefined. Memory is bounded whatever arrives: what cannot become a frame within the protocol's largest one is noise.
 */
import type { LeniencyName } from './leniency.ts';
import type { CodecError } from './outcome.ts';

export type StreamEvent<Frame> =
  /** Views in the frame are good until the next `push` or `reset`. `offset`: of its first octet, counted from the start of the stream. */
  | { readonly kind: 'frame'; readonly frame: Frame; readonly offset: number; readonly leniencies: readonly LeniencyName[] }
  /** Something that began like a frame and is none; the stream has gone on behind it. `error.offset` counts from the start of the stream. */
  | { readonly kind: 'bad'; readonly error: CodecError; readonly octets: number }
  /** Octets between frames that belong to none. */
  | { readonly kind: 'noise'; readonly offset: number; readonly octets: number };

export interface FrameStream<Frame> {
  push(octets: Uint8Array): void;
  next(): StreamEvent<Frame> | undefined;
  /** Octets held back for want of more. */
  readonly buffered: number;
  /** Forgets what is held back: after a silence that no frame may contain, or a new connection. */
  reset(): void;
}
