/**
 * Deadlines of all connections on one timer. A deadline that moves later costs nothing: its entry is looked at when the old one
 * comes, and put where it belongs then.
 *
 * ```
 *   slot 41: {a, d}   slot 42: {}   slot 57: {b, c} …      one timer, for the first slot that is not empty
 * ```
 */
import type { Clock, Timer } from '../../../actors/engine/ports.ts';

const SLOT_MS = 100;

export interface WheelEntry {
  /** When it wants to be called at the latest, of the monotonic clock; null: not at all. */
  readonly deadlineMs: number | null;
  /** The deadline has passed. */
  due(nowMs: number): void;
}

export class Wheel {
  readonly #clock: Clock;
  readonly #slots = new Map<number, Set<WheelEntry>>();
  readonly #where = new Map<WheelEntry, number>();
  #timer: Timer | undefined;
  #timerSlot = Number.POSITIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Sees to it that the entry is called at its deadline. To be called whenever its deadline may have come nearer. */
  arm(entry: WheelEntry): void {
    const { deadlineMs } = entry;
    if (deadlineMs === null) return;
    const slot = Math.ceil(deadlineMs / SLOT_MS);
    const old = this.#where.get(entry);
    if (old !== undefined && old <= slot) return;
    if (old !== undefined) this.#slots.get(old)?.delete(entry);
    this.#put(entry, slot);
    if (slot < this.#timerSlot) this.#schedule(slot);
  }

  forget(entry: WheelEntry): void {
    const slot = this.#where.get(entry);
    if (slot === undefined) return;
    this.#where.delete(entry);
    this.#slots.get(slot)?.delete(entry);
  }

  stop(): void {
    this.#timer?.cancel();
    this.#slots.clear();
    this.#where.clear();
  }

  #put(entry: WheelEntry, slot: number): void {
    this.#where.set(entry, slot);
    const entries = this.#slots.get(slot);
    if (entries === undefined) this.#slots.set(slot, new Set([entry]));
    else entries.add(entry);
  }

  #schedule(slot: number): void {
    this.#timer?.cancel();
    this.#timerSlot = slot;
    this.#timer = this.#clock.after(Math.max(0, slot * SLOT_MS - this.#clock.monotonic()), () => this.#turn());
  }

  #turn(): void {
    const nowMs = this.#clock.monotonic();
    this.#timerSlot = Number.POSITIVE_INFINITY;
    for (const [slot, entries] of [...this.#slots]) {
      if (slot * SLOT_MS > nowMs) continue;
      this.#slots.delete(slot);
      for (const entry of entries) {
        this.#where.delete(entry);
        if (entry.deadlineMs !== null && entry.deadlineMs <= nowMs) entry.due(nowMs);
        this.arm(entry);
      }
    }
    const next = Math.min(...this.#slots.keys());
    if (next < this.#timerSlot) this.#schedule(next);
  }
}
