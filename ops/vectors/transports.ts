/** Framings of recorded sessions, by the name that `transport` has there, and the stream decoder of each. */
import { type FrameStream, toHex } from '../../workers/codec/common/index.ts';
import { EdmiStream } from '../../workers/codec/edmi/index.ts';
import { EmliteStream } from '../../workers/codec/emlite/index.ts';
import { HdlcStream } from '../../workers/codec/hdlc/index.ts';
import { IecStream } from '../../workers/codec/iec62056-21/index.ts';
import { WrapperStream } from '../../workers/codec/wrapper/index.ts';

export type Side = 'client->meter' | 'meter->client';

export const TRANSPORTS: Readonly<Record<string, (side: Side) => FrameStream<unknown>>> = {
  hdlc: () => new HdlcStream(),
  wrapper: () => new WrapperStream(),
  // A meter sends bare acknowledgements; those of a client may also select an option.
  'iec62056-21': (side) => new IecStream({ acks: side === 'meter->client' ? 'alone' : 'either', lines: true }),
  edmi: () => new EdmiStream({ wakes: true }),
  emlite: () => new EmliteStream(),
};

export interface StreamedFrame {
  readonly offset: number;
  readonly frame: unknown;
}

export interface Streamed {
  readonly frames: readonly StreamedFrame[];
  /** The first octets that belong to no good frame, in words. */
  readonly fault?: string;
  /** Octets that may begin a frame whose rest did not come. */
  readonly left: number;
}

/** All that a stream decoder tells of these octets, which end where a frame does. */
export function streamed(stream: FrameStream<unknown>, octets: Uint8Array): Streamed {
  const frames: StreamedFrame[] = [];
  let fault: string | undefined;
  // An acknowledgement alone could become an option select, were there more to come.
  if (stream instanceof IecStream) stream.acks = octets.length === 1 ? 'alone' : 'either';
  stream.push(octets);
  for (let event = stream.next(); event !== undefined; event = stream.next()) {
    if (event.kind === 'frame') frames.push({ offset: event.offset, frame: event.frame });
    else if (event.kind === 'noise') fault ??= `${event.octets} octets of noise at octet ${event.offset}`;
    else fault ??= `${event.error.code} at octet ${event.error.offset}: ${event.error.rule}`;
  }
  return { frames, left: stream.buffered, ...(fault === undefined ? {} : { fault }) };
}

export const shortHex = (octets: Uint8Array): string => (octets.length <= 16 ? toHex(octets) : `${toHex(octets.subarray(0, 16))}…`);
