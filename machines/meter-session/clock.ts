/** Arithmetic of clocks: what a sample says, and when and what to write (meter-protocols 2.4 to 2.6). Pure. */
import type { EpochMs } from '../common/effects.ts';
import type { ClockSampleData, Stamp } from './ports.ts';
import type { ClockReading } from './types.ts';

const SECOND_MS = 1_000;
/** The two clocks of the host may differ by this much before one of them was stepped. */
const STEP_MS = 1_000;

function roundHalfAway(value: number): number {
  return Math.sign(value) * Math.round(Math.abs(value)) + 0;
}

/** Round trip on the monotonic clock, milliseconds. */
export function roundTripMs(sample: ClockSampleData): number {
  return sample.firstAt.monotonicMs - sample.sentAt.monotonicMs;
}

/** The offset against the middle of the exchange; a clock without hundredths stands half a second later on average. */
export function readingOf(sample: ClockSampleData): ClockReading {
  const serverAt = Math.round(sample.sentAt.wallMs + roundTripMs(sample) / 2);
  const meterAt = sample.meterAt + (sample.wholeSeconds ? SECOND_MS / 2 : 0);
  return { meterAt: sample.meterAt, serverAt, offsetSeconds: roundHalfAway((meterAt - serverAt) / SECOND_MS) };
}

/** Whether the host's clock was stepped between two stamps. */
export function hasStepped(from: Stamp, to: Stamp): boolean {
  return Math.abs(to.wallMs - from.wallMs - (to.monotonicMs - from.monotonicMs)) > STEP_MS;
}

/** The host's time now by an earlier stamp and the monotonic clock: what happened to the wall clock since does not show in it. */
export function hostNow({ wallMs, monotonicMs }: Stamp, monotonicNowMs: number): EpochMs {
  return wallMs + (monotonicNowMs - monotonicMs);
}

/** Why a sample cannot be used; undefined when it can. */
export function sampleFault(sample: ClockSampleData, maxRoundTripMs: number): string | undefined {
  if (!Number.isFinite(sample.meterAt)) return 'the meter gave no time';
  if (sample.repeated) return 'the request had to be repeated';
  const trip = roundTripMs(sample);
  if (trip < 0) return 'the reply began before the request ended';
  if (trip > maxRoundTripMs) return `the reply took ${Math.ceil(trip / SECOND_MS)} s`;
  return hasStepped(sample.sentAt, sample.firstAt) ? "the host's clock was stepped" : undefined;
}

/** `+10s`, `-203s`, `+0s`. */
export function offsetText(seconds: number): string {
  return `${seconds < 0 ? '-' : '+'}${Math.abs(seconds)}s`;
}

/** Time that so many octets take on the wire, milliseconds; 0 where the speed is unknown (TCP). @param bitsPerOctet 10, or 11 with parity or a second stop bit */
export function frameMs(octets: number, bitsPerSecond: number | undefined, bitsPerOctet: 10 | 11 = 10): number {
  return bitsPerSecond === undefined || bitsPerSecond <= 0 ? 0 : (octets * bitsPerOctet * SECOND_MS) / bitsPerSecond;
}

/** What passes between building a write frame and its arrival at the meter. */
export interface Transit {
  /** Half of the last round trip, milliseconds. */
  readonly transitMs: number;
  /** From {@link frameMs}. */
  readonly frameMs: number;
}

export interface WritePlan {
  /** When to let the frame go. */
  readonly writeAt: EpochMs;
  /** A whole second: what the clock shows when the meter has the frame. */
  readonly value: EpochMs;
}

/** The next moment at which a write arrives on a whole second. `writeAt` is less than a second from `now`. */
export function planWrite(now: EpochMs, { transitMs, frameMs: frame }: Transit): WritePlan {
  const value = Math.ceil((now + transitMs + frame) / SECOND_MS) * SECOND_MS;
  return { writeAt: value - transitMs - frame, value };
}

/** What to write when the frame is built now: the dialogue's `target`, which a link may ask for again later than planned. */
export function writeValue(now: EpochMs, { transitMs, frameMs: frame }: Transit): EpochMs {
  return Math.round((now + transitMs + frame) / SECOND_MS) * SECOND_MS;
}

/** Whether a write took, going by the reading after it: nearer to right than to where it was, and within the limit. */
export function writeTook(beforeSeconds: number, afterSeconds: number, limitSeconds: number): boolean {
  return Math.abs(afterSeconds) <= limitSeconds && Math.abs(afterSeconds) < Math.abs(beforeSeconds - afterSeconds);
}
