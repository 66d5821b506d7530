/**
 * The frame of every message between nodes: the version of its form, a line feed, JSON.
 *
 *   1 ␊ {"from":"a",…}
 *
 * Every version begins so, and a node that meets a newer one says so and leaves the rest alone.
 */
import { MeterwrightError } from '../errors/error.ts';

export const WIRE_VERSION = 1;

const LINE_FEED = 0x0a;
const ZERO = 0x30;
const MAX_DIGITS = 6;

export type Frame =
  | { readonly kind: 'ok'; readonly value: unknown }
  /** Written by a newer version; its content is not looked at. */
  | { readonly kind: 'newer'; readonly version: number }
  | { readonly kind: 'invalid'; readonly rule: string };

/** @param json as `JSON.stringify` made it */
export function encodeFrame(json: string): Buffer {
  return Buffer.from(`${WIRE_VERSION}\n${json}`);
}

/** Never throws, whatever the bytes are. */
export function decodeFrame(data: Uint8Array): Frame {
  let version = 0;
  let at = 0;
  while (at < data.length && at < MAX_DIGITS) {
    const digit = (data[at] ?? 0) - ZERO;
    if (digit < 0 || digit > 9) break;
    version = version * 10 + digit;
    at++;
  }
  if (at === 0 || data[at] !== LINE_FEED) return { kind: 'invalid', rule: 'must begin with the version of its form and a line feed' };
  if (version > WIRE_VERSION) return { kind: 'newer', version };
  if (version < 1) return { kind: 'invalid', rule: 'has a version that never was' };
  try {
    return { kind: 'ok', value: JSON.parse(Buffer.from(data.buffer, data.byteOffset + at + 1, data.byteLength - at - 1).toString('utf8')) };
  } catch {
    return { kind: 'invalid', rule: 'must be JSON after the version' };
  }
}

/** What a frame that cannot be taken is answered with. */
export function frameError(frame: Exclude<Frame, { kind: 'ok' }>): MeterwrightError {
  return frame.kind === 'newer'
    ? new MeterwrightError('message_newer', `version: newer than this node knows: ${frame.version} > ${WIRE_VERSION}`, {
        retry: 'later',
        details: { version: frame.version, known: WIRE_VERSION },
      })
    : new MeterwrightError('message_invalid', `message: ${frame.rule}`);
}
