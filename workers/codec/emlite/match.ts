import type { EmliteFrame } from './frame.ts';

/** The result code of a meter that got a damaged request. */
export const CHECKSUM_ERROR = 1;

/** Format and object id. */
const OBJECT_KEY = 4;

interface Expected {
  /** Own address. */
  readonly source: number;
  /** Of the meter; 0 while it is not known. */
  readonly destination: number;
  readonly sequence: number;
}

/**
 * Is this frame the reply to that request? A reply to an object names the same object; a refusal may come without any data.
 * @param asked the data of the request
 */
export function isReplyTo(expected: Expected, asked: Uint8Array, frame: EmliteFrame): boolean {
  if (frame.destination !== expected.source || frame.sequence !== expected.sequence) return false;
  if (expected.destination !== 0 && frame.source !== expected.destination) return false;
  const { data } = frame;
  if (data.length === 0) return frame.resultCode !== 0 || asked.length === 0;
  const key = asked[0] === 1 ? OBJECT_KEY : 1;
  for (let at = 0; at < key; at++) if (data[at] !== asked[at] && !(frame.resultCode !== 0 && at >= data.length)) return false;
  return true;
}
