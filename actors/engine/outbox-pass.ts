/**
 * Where the scan of an outbox stands. It reads the store page by page, in order of creation; a pass from beginning to end has
 * seen everything that was undone when it began.
 *
 *   |<-- read -->|<-- still to be read -->|
 *          ▲     cursor          ▲
 *          └ overtaken: left     └ whatever is committed here will be read
 *            to the next pass
 *
 * Invariants
 * - S1 What is committed where the pass has read already makes another pass due; the rest of its lane is left out until then.
 * - S2 A lane that rests is left out until its pause is over, and then taken in order.
 */
import type { Effect } from '../store/store.ts';

export interface OutboxPage {
  readonly items: readonly Effect[];
  readonly cursor?: string;
}

export class OutboxPass {
  #cursor: string | undefined;
  /** `createdAt` of the last effect that was read. */
  #readTo = Number.NEGATIVE_INFINITY;
  /** A page is on its way: what it holds is not known. */
  #reading = false;
  #missed = false;
  #restart = true;
  readonly #overtaken = new Set<string>();
  /** Lanes, and until when (monotonic). */
  readonly #resting = new Map<string, number>();

  /** From the beginning, at the next page. */
  restart(): void {
    this.#restart = true;
  }

  /** Before a page is read: from where. @param now monotonic */
  begin(now: number): string | undefined {
    if (this.#restart) this.#startOver(now);
    this.#reading = true;
    return this.#cursor;
  }

  /** A page has come. Undefined: it counts for nothing, the pass starts over. */
  take(page: OutboxPage): 'more' | 'again' | 'ended' | undefined {
    this.#reading = false;
    if (this.#restart) return undefined;
    this.#readTo = page.items.at(-1)?.createdAt ?? this.#readTo;
    this.#cursor = page.cursor;
    if (page.cursor !== undefined) return 'more';
    this.#restart = true;
    return this.#missed ? 'again' : 'ended';
  }

  /** No page came. */
  failed(): void {
    this.#reading = false;
  }

  /** An effect was committed that is left to the scan. */
  leave(effect: Effect, lane: string): void {
    if (!this.#reading && effect.createdAt > this.#readTo) return;
    this.#missed = true;
    this.#overtaken.add(lane);
  }

  rest(lane: string, until: number): void {
    this.#resting.set(lane, until);
  }

  rests(lane: string): boolean {
    return this.#resting.has(lane);
  }

  /** End rests; tells whether there were any. @param lanes absent: all */
  wake(lanes: Iterable<string> = [...this.#resting.keys()]): boolean {
    let any = false;
    for (const lane of lanes) any = this.#resting.delete(lane) || any;
    this.#restart ||= any;
    return any;
  }

  skips(lane: string): boolean {
    return this.#overtaken.has(lane) || this.#resting.has(lane);
  }

  #startOver(now: number): void {
    this.#restart = false;
    this.#missed = false;
    this.#cursor = undefined;
    this.#readTo = Number.NEGATIVE_INFINITY;
    this.#overtaken.clear();
    for (const [lane, until] of this.#resting) if (until <= now) this.#resting.delete(lane);
  }
}
