/**
 * The latest events of the stream in memory, bounded by number and bytes, for those who resume and those who join.
 *
 *   floor ──► (floor, …] all events that are kept, without repetitions ──► last
 */
import type { LiveEvent } from './event.ts';

/** What an event costs besides its text. */
const OVERHEAD = 300;

export class Recent {
  readonly #most: number;
  readonly #mostBytes: number;
  #events: LiveEvent[] = [];
  /** Those before it in the list are gone. */
  #head = 0;
  #bytes = 0;
  #floor: number;

  constructor(most: number, mostBytes: number, floor: number) {
    this.#most = most;
    this.#mostBytes = mostBytes;
    this.#floor = floor;
  }

  /** Every event above it, up to the last, is here. */
  get floor(): number {
    return this.#floor;
  }

  get size(): number {
    return this.#events.length - this.#head;
  }

  push(event: LiveEvent): void {
    this.#events.push(event);
    this.#bytes += sizeOf(event);
    while (this.size > this.#most || (this.#bytes > this.#mostBytes && this.size > 0)) this.#drop();
  }

  /** Forget all; the next event is above `floor`. */
  reset(floor: number): void {
    this.#events = [];
    this.#head = 0;
    this.#bytes = 0;
    this.#floor = floor;
  }

  /** Place of the first event above `seq`, for `at`. Places move when events are dropped: use them at once. */
  placeAfter(seq: number): number {
    let [low, high] = [this.#head, this.#events.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#events[middle]?.seq ?? 0) > seq) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  at(place: number): LiveEvent | undefined {
    return this.#events[place];
  }

  /** Newest first. */
  *backwards(): Generator<LiveEvent> {
    for (let place = this.#events.length - 1; place >= this.#head; place--) {
      const event = this.#events[place];
      if (event) yield event;
    }
  }

  #drop(): void {
    const event = this.#events[this.#head++];
    if (!event) return;
    this.#floor = event.seq;
    this.#bytes -= sizeOf(event);
    if (this.#head < 4_096 || this.#head < this.#events.length / 2) return;
    this.#events = this.#events.slice(this.#head);
    this.#head = 0;
  }
}

const sizeOf = (event: LiveEvent): number => event.tail.length + OVERHEAD;
