/**
 * The byte trace of one action: what went over its links, with directions and times, for people who look for a fault. Secrets are
 * covered before anything is kept.
 */
import { hexOctet } from '../../workers/codec/common/index.ts';
import type { Stamp } from './link.ts';

/** Octets `from` to `to` (exclusive) of one frame. */
export interface OctetRange {
  readonly from: number;
  readonly to: number;
}

/** `all`: every octet that is written. Else the ranges of secrets in octets as they are on the line, bit 7 taken off. */
export type TraceMask = 'all' | ((octets: Uint8Array) => readonly OctetRange[]);

export interface TraceLine {
  readonly direction: 'out' | 'in' | 'note';
  readonly at: Stamp;
  /** Hex with blanks, `**` for an octet that is covered; the words of a note. */
  readonly text: string;
  /** Octets of the frame, whether they are shown or not. */
  readonly octets: number;
}

/** A bound for notes and empty frames, which have no octets. */
const MAX_LINES = 4_096;

/** Collects lines until `maxOctets` octets are kept; the rest is counted. One trace may see several links, one after the other. */
export class ByteTrace {
  readonly #maxOctets: number;
  readonly #lines: TraceLine[] = [];
  #kept = 0;
  #leftOut = 0;

  constructor(maxOctets: number) {
    this.#maxOctets = maxOctets;
  }

  get lines(): readonly TraceLine[] {
    return this.#lines;
  }

  /** Octets that were not kept. */
  get leftOut(): number {
    return this.#leftOut;
  }

  /** @param covered ranges that must not be shown */
  add(direction: 'out' | 'in', octets: Uint8Array, at: Stamp, covered: readonly OctetRange[] = []): void {
    const count = this.#lines.length < MAX_LINES ? Math.min(octets.length, this.#maxOctets - this.#kept) : 0;
    this.#leftOut += octets.length - count;
    if (count === 0) return;
    this.#kept += count;
    this.#lines.push({ direction, at, text: hex(octets.subarray(0, count), covered), octets: octets.length });
  }

  note(text: string, at: Stamp): void {
    if (this.#lines.length < MAX_LINES) this.#lines.push({ direction: 'note', at, text, octets: 0 });
  }

  /** One line each: milliseconds since the first line, direction, hex. */
  toText(): string {
    const start = this.#lines[0]?.at.monotonicMs ?? 0;
    const rows = this.#lines.map(({ direction, at, text }) => `${(at.monotonicMs - start).toFixed(1).padStart(10)} ${MARKS[direction]} ${text}`);
    if (this.#leftOut > 0) rows.push(`${this.#leftOut} octets more were not kept`);
    return rows.join('\n');
  }
}

const MARKS: Readonly<Record<TraceLine['direction'], string>> = { out: '->', in: '<-', note: '--' };

function hex(octets: Uint8Array, covered: readonly OctetRange[]): string {
  return Array.from(octets, (octet, at) => (covered.some(({ from, to }) => at >= from && at < to) ? '**' : hexOctet(octet))).join(' ');
}

/** Covers every place where one of the secrets stands, also a part of one at the end of the frame. */
export function maskSecrets(secrets: readonly Uint8Array[]): TraceMask {
  const wanted = secrets.filter((secret) => secret.length > 0).map((secret) => Array.from(secret, (octet) => octet & 0x7f));
  return (octets) => {
    const ranges: OctetRange[] = [];
    for (let from = 0; from < octets.length; from += 1) {
      for (const secret of wanted) {
        const length = Math.min(secret.length, octets.length - from);
        if (secret.slice(0, length).every((octet, index) => octet === octets[from + index])) ranges.push({ from, to: from + length });
      }
    }
    return ranges;
  };
}
