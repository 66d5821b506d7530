/**
 * Keys as *binary strings*: one character (0 to 255) per byte, so that comparing strings is comparing bytes, joining is `+`,
 * and a key can serve in a `Map`. On disk they are the same bytes (Latin-1).
 */
import { createHash } from 'node:crypto';
import type { ActorId, EpochMs } from '../../../machines/common/effects.ts';

/** Longest instant that six bytes hold; what lies outside is moved to the edge, which only affects its place in an order. */
const MAX_TIME = 2 ** 48 - 1;
const ASCII = /^[\0-\x7f]*$/;
const HASHED = '\xff';
const TAG_UUID = '\x01';
const TAG_TEXT = '\x02';
const UUID_LENGTH = 36;

/** Value of a lower-case hex digit by char code, 255 for anything else. */
const NIBBLES = new Uint8Array(128).fill(255);
const HEX: string[] = [];
for (let i = 0; i < 16; i++) NIBBLES['0123456789abcdef'.charCodeAt(i)] = i;
for (let i = 0; i < 256; i++) HEX.push(i.toString(16).padStart(2, '0'));

let lastTime = Number.NaN;
let lastPacked = '';

/** Six bytes, big-endian. */
export function packTime(at: EpochMs): string {
  if (at === lastTime) return lastPacked;
  lastPacked = pack48(at);
  lastTime = at;
  return lastPacked;
}

/** Six bytes, big-endian: versions and instants. */
export function pack48(value: number): string {
  const whole = value > 0 ? Math.min(Math.floor(value), MAX_TIME) : 0;
  const high = Math.floor(whole / 0x1000000);
  const low = whole % 0x1000000;
  return String.fromCharCode(high >>> 16, (high >>> 8) & 255, high & 255, low >>> 16, (low >>> 8) & 255, low & 255);
}

export function unpack48(key: string, start: number): number {
  let value = 0;
  for (let i = start; i < start + 6; i++) value = value * 256 + key.charCodeAt(i);
  return value;
}

/** Two bytes, big-endian. */
export function pack16(value: number): string {
  return String.fromCharCode((value >>> 8) & 255, value & 255);
}

export function unpack16(key: string, start: number): number {
  return key.charCodeAt(start) * 256 + key.charCodeAt(start + 1);
}

/** UTF-8 bytes of a text as a binary string. */
export function utf8(text: string): string {
  return ASCII.test(text) ? text : Buffer.from(text, 'utf8').toString('latin1');
}

function fromUtf8(bytes: string): string {
  return ASCII.test(bytes) ? bytes : Buffer.from(bytes, 'latin1').toString('utf8');
}

/** Length byte and bytes; a text of more than 254 bytes becomes 255 and its SHA-256. For exact look-ups only: it cannot be read back. */
export function packText(text: string): string {
  const bytes = utf8(text);
  if (bytes.length < 255) return String.fromCharCode(bytes.length) + bytes;
  return HASHED + createHash('sha256').update(bytes, 'latin1').digest('binary');
}

/**
 * An actor's id: tag 1, what stands before a final UUID, and the UUID's 16 bytes; or tag 2 and the id as it is.
 * Ids of one kind keep their order.
 */
export function packId(id: ActorId): string {
  const start = id.length - UUID_LENGTH;
  if (start > 0 && id.charCodeAt(start - 1) === 58 && ASCII.test(id)) {
    const uuid = packUuid(id, start);
    if (uuid !== undefined) return TAG_UUID + id.slice(0, start) + uuid;
  }
  return TAG_TEXT + utf8(id);
}

/** Reads the id that fills `key` from `start` to `end`. */
export function unpackId(key: string, start: number, end: number): ActorId {
  if (key[start] === TAG_TEXT) return fromUtf8(key.slice(start + 1, end)) as ActorId;
  let text = key.slice(start + 1, end - 16);
  for (let i = 0; i < 16; i++) {
    if (i === 4 || i === 6 || i === 8 || i === 10) text += '-';
    text += HEX[key.charCodeAt(end - 16 + i)];
  }
  return text as ActorId;
}

const bytes = new Uint8Array(16);

/** 16 bytes of a canonical lower-case UUID; undefined if it is not one. */
function packUuid(text: string, start: number): string | undefined {
  let at = start;
  for (let i = 0; i < 16; i++) {
    if (i === 4 || i === 6 || i === 8 || i === 10) {
      if (text.charCodeAt(at) !== 45) return undefined;
      at++;
    }
    const high = NIBBLES[text.charCodeAt(at)] ?? 255;
    const low = NIBBLES[text.charCodeAt(at + 1)] ?? 255;
    if (high === 255 || low === 255) return undefined;
    bytes[i] = (high << 4) | low;
    at += 2;
  }
  return String.fromCharCode.apply(undefined, bytes as unknown as number[]);
}
