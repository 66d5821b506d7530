/** What the stream took lately: the last place that it gave, and how old the oldest event was. One look at the clock per event, nothing is parsed. */
import type { EpochMs } from '../../machines/common/effects.ts';
import type { BusEvent } from '../engine/ports.ts';

/** A place in the stream and the event that lies there. */
export interface Place {
  readonly seq: number;
  readonly id: string;
}

interface Slice {
  readonly start: EpochMs;
  /** Oldest event acknowledged in it, by the time of its step. */
  oldest: EpochMs;
}

const SLICE_MS = 5_000;

export class Acknowledged {
  readonly #keepMs: number;
  /** In order of time. */
  readonly #slices: Slice[] = [];
  #answer: Uint8Array | undefined;
  #id = '';

  /** @param keepMs how far back `oldest` can look */
  constructor(keepMs: number) {
    this.#keepMs = keepMs;
  }

  /** @param answer the stream's own words, read when somebody asks */
  note(event: BusEvent, answer: Uint8Array, now: EpochMs): void {
    this.#answer = answer;
    this.#id = event.id;
    const at = event.at ?? now;
    const slice = this.#slices.at(-1);
    if (slice && now >= slice.start && now - slice.start < SLICE_MS) {
      if (at < slice.oldest) slice.oldest = at;
      return;
    }
    this.#slices.push({ start: now, oldest: at });
    while (this.#slices.length > 1 && (this.#slices[1]?.start ?? now) < now - this.#keepMs) this.#slices.shift();
  }

  /** The places are not to be relied on any more: the stream lost something. */
  forget(): void {
    this.#answer = undefined;
  }

  /** The last that was acknowledged in this life of the process. */
  get last(): Place | undefined {
    if (!this.#answer) return undefined;
    const seq = Number(/"seq": ?(\d+)/.exec(Buffer.from(this.#answer).toString('utf8'))?.[1]);
    return Number.isSafeInteger(seq) ? { seq, id: this.#id } : undefined;
  }

  /** The oldest event among those acknowledged within the time kept before `now`; `now` when there is none. */
  oldest(now: EpochMs): EpochMs {
    let oldest = now;
    for (const slice of this.#slices) if (slice.start + SLICE_MS >= now - this.#keepMs) oldest = Math.min(oldest, slice.oldest);
    return oldest;
  }
}
