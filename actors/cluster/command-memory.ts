/**
 * Remembers what commands of other nodes were answered, so that one which is said again is not run again: its first answer is given
 * again, or awaited. Answers that invite a repetition (overloaded, store away) are forgotten at once.
 *
 *   young ◄── answers       when young has half of what may be kept, it becomes old, and old is forgotten
 *   old
 *
 * Bounded in entries, characters and time; at least half of each is kept. Dropping one by one out of a map cost more than all the rest
 * (bench `route`). Beyond it only the domain's own rules tell a repetition.
 */
import type { Command } from '../engine/definition.ts';

export interface MemoryLimits {
  readonly remembered: number;
  readonly rememberedChars: number;
  readonly rememberedMs: number;
}

export type Seen = { readonly kind: 'new' } | { readonly kind: 'running' } | { readonly kind: 'answered'; readonly answer: string };

const NEW: Seen = { kind: 'new' };
const RUNNING: Seen = { kind: 'running' };

export class CommandMemory {
  readonly #limits: MemoryLimits;
  readonly #monotonic: () => number;
  /** By name; with whoever else waits for the same answer. */
  readonly #running = new Map<string, ((answer: string) => void)[] | undefined>();
  #young = new Map<string, string>();
  #old: ReadonlyMap<string, string> = new Map();
  #youngChars = 0;
  #youngSince: number;

  constructor(limits: MemoryLimits, monotonic: () => number) {
    this.#limits = limits;
    this.#monotonic = monotonic;
    this.#youngSince = monotonic();
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  /** Ids are unique for their kind of command and key only. */
  nameOf({ id, key, type }: Command): string {
    return `${id}\n${key}\n${type}`;
  }

  /** A command came. `running`: `again` is called with the answer. `new`: run it, and say `end`. */
  begin(name: string, again: (answer: string) => void): Seen {
    this.#age(this.#monotonic());
    const answer = this.#young.get(name) ?? this.#old.get(name);
    if (answer !== undefined) return { kind: 'answered', answer };
    if (this.#running.has(name)) {
      const others = this.#running.get(name);
      if (others) others.push(again);
      else this.#running.set(name, [again]);
      return RUNNING;
    }
    this.#running.set(name, undefined);
    return NEW;
  }

  /** @param keep false: whoever says it again is to have it run again */
  end(name: string, answer: string, keep: boolean): void {
    const others = this.#running.get(name);
    this.#running.delete(name);
    if (keep) this.#keep(name, answer);
    if (others) for (const other of others) other(answer);
  }

  #keep(name: string, answer: string): void {
    const { remembered, rememberedChars } = this.#limits;
    const chars = name.length + answer.length;
    const now = this.#monotonic();
    this.#age(now);
    if (this.#young.size * 2 >= remembered || (this.#youngChars + chars) * 2 > rememberedChars) this.#turn(now);
    // What alone is more than the half is not kept at all.
    if (chars * 2 > rememberedChars) return;
    this.#young.set(name, answer);
    this.#youngChars += chars;
  }

  #age(now: number): void {
    const { rememberedMs } = this.#limits;
    const age = now - this.#youngSince;
    if (age * 2 < rememberedMs) return;
    this.#turn(now);
    if (age >= rememberedMs) this.#old = new Map();
  }

  #turn(now: number): void {
    this.#old = this.#young;
    this.#young = new Map();
    this.#youngChars = 0;
    this.#youngSince = now;
  }
}
