import type { HdlcFrame } from './frame.ts';
import { HdlcStream } from './stream.ts';

const NOTHING = new Uint8Array(0);

/**
 * Frames out of octets and silences: a frame in which no octet comes for `interOctetMs` is given up. Damaged frames and noise
 * are dropped without a word; the timers of the link recover what was lost (meter-protocols 5.1).
 */
export class Arrivals {
  readonly #stream: HdlcStream;
  readonly #interOctetMs: number;
  #lastMs = 0;

  constructor(maxFrame: number, interOctetMs: number) {
    this.#stream = new HdlcStream({ maxFrame });
    this.#interOctetMs = interOctetMs;
  }

  /** When the frame that is coming in will be given up; null when none is. */
  get deadlineMs(): number | null {
    return this.#stream.buffered > 0 ? this.#lastMs + this.#interOctetMs : null;
  }

  /** The frames that are complete. Their views are good until the next call. @param octets what came, or nothing */
  take(nowMs: number, octets: Uint8Array = NOTHING): HdlcFrame[] {
    const frames: HdlcFrame[] = [];
    const deadlineMs = this.deadlineMs;
    if (deadlineMs !== null && nowMs >= deadlineMs) this.giveUp(frames);
    if (octets.length === 0) return frames;
    this.#lastMs = nowMs;
    this.#stream.push(octets);
    for (let event = this.#stream.next(); event !== undefined; event = this.#stream.next()) {
      if (event.kind === 'frame') frames.push(event.frame);
    }
    return frames;
  }

  /** No more comes of what has begun: adds whole frames behind it. */
  giveUp(frames: HdlcFrame[]): void {
    for (let event = this.#stream.flush(); event !== undefined; event = this.#stream.flush()) {
      if (event.kind === 'frame') frames.push(event.frame);
    }
  }

  reset(): void {
    this.#stream.reset();
  }
}
