/**
 * Fires due reminders. The store's due-ordered index is the truth; memory holds the next minute's, bounded in entries.
 *
 *   |<-- fired -->|<-- in memory (sorted) -->|<-- only in the store ... -->
 *                now                      horizon
 *
 * Invariants
 * - D1 A reminder fires at or after its instant, never before; late if need be, once: the actor's own document decides.
 * - D2 A reminder behind a closed gate does not fire; the others are not held up by it.
 * - D3 A reminder that memory lost (crash, overflow) is found by the next look into the store.
 */
import type { ActorDoc, DueReminder, Reminder } from '../store/store.ts';
import type { Ports, Timer } from './ports.ts';

export interface RemindersWorld {
  readonly ports: Ports;
  readonly windowMs: number;
  readonly entries: number;
  readonly inFlight: number;
  readonly scanIntervalMs: number;
  due(query: { readonly until: number; readonly limit: number; readonly after?: DueReminder }): Promise<readonly DueReminder[]>;
  /** Deliver it; resolves once its step is committed (or it turned out to be gone). */
  fire(reminder: DueReminder): Promise<void>;
  onError(error: unknown): void;
}

/** Pause after the commit of a fired reminder failed. */
const FAILED_PAUSE_MS = 1_000;

const nameOf = (reminder: { readonly actor: string; readonly name: string }): string => `${reminder.actor}\n${reminder.name}`;

export class Reminders {
  readonly #world: RemindersWorld;
  readonly #gate: 'dip' | undefined;
  /** Sorted by fireAt. */
  #list: DueReminder[] = [];
  readonly #firing = new Set<string>();
  #horizon = 0;
  #timer: Timer | undefined;
  #timerAt = Number.POSITIVE_INFINITY;
  #stopped = true;
  #open = true;
  #looking = false;
  #lookAgain = false;
  #idle: (() => void)[] = [];
  readonly #end = Promise.withResolvers<void>();

  constructor(world: RemindersWorld, gate?: 'dip') {
    this.#world = world;
    this.#gate = gate;
    // Whoever supervises looks at `done`; nobody has to.
    this.#end.promise.catch(() => {});
  }

  start(open = true): void {
    this.#stopped = false;
    this.#open = open;
    void this.#look();
  }

  /** Open or close the gate in front of these reminders. */
  setOpen(open: boolean): void {
    this.#open = open;
    if (open && !this.#stopped) void this.#look();
  }

  /** Rejects when the index cannot be read: whoever supervises makes new ones. */
  get done(): Promise<void> {
    return this.#end.promise;
  }

  #crash(error: unknown): void {
    if (this.#stopped) return;
    this.abandon();
    this.#end.reject(error);
  }

  async stop(): Promise<void> {
    this.#end.resolve();
    this.#stopped = true;
    this.#timer?.cancel();
    this.#list = [];
    if (this.#firing.size > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  /** Forget everything at once, as a crash would. */
  abandon(): void {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#list = [];
  }

  /** A reminder was just committed. */
  offer(doc: ActorDoc, reminder: Reminder): void {
    if (this.#stopped || reminder.gate !== this.#gate) return;
    const fireAt = reminder.retryAt ?? reminder.dueAt;
    if (fireAt >= this.#horizon) return;
    if (this.#list.length >= this.#world.entries) {
      this.#horizon = Math.min(this.#horizon, fireAt);
      return;
    }
    this.#insert({ actor: doc.id, key: doc.key, shard: doc.shard, name: reminder.name, dueAt: reminder.dueAt, fireAt });
    this.#arm();
  }

  get size(): number {
    return this.#list.length;
  }

  #insert(due: DueReminder): void {
    let low = 0;
    let high = this.#list.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.#list[middle];
      if (other && other.fireAt <= due.fireAt) low = middle + 1;
      else high = middle;
    }
    this.#list.splice(low, 0, due);
  }

  /** One timer: for the first in the list, or for the next look into the store. */
  #arm(): void {
    if (this.#stopped || !this.#open) return;
    const now = this.#world.ports.clock.now();
    const first = this.#list[0];
    const at = Math.min(first?.fireAt ?? Number.POSITIVE_INFINITY, Math.max(now + 1, Math.min(this.#horizon, now + this.#world.scanIntervalMs)));
    if (at === this.#timerAt && this.#timer) return;
    this.#timer?.cancel();
    this.#timerAt = at;
    this.#timer = this.#world.ports.clock.after(Math.max(0, at - now), () => {
      this.#timer = undefined;
      this.#timerAt = Number.POSITIVE_INFINITY;
      this.#tick();
    });
  }

  #tick(): void {
    if (this.#stopped || !this.#open) return;
    const now = this.#world.ports.clock.now();
    const freed = this.#fireDue(now);
    if (this.#firing.size >= this.#world.inFlight) return;
    if (freed || this.#list.length === 0 || now >= this.#horizon) void this.#look();
    else this.#arm();
  }

  /** Fire what is due, as far as there is room. */
  #fireDue(now: number): boolean {
    let count = 0;
    while (count < this.#list.length && this.#firing.size < this.#world.inFlight) {
      const due = this.#list[count];
      if (!due || due.fireAt > now) break;
      count++;
      const name = nameOf(due);
      if (this.#firing.has(name)) continue;
      this.#firing.add(name);
      void this.#fire(due, name);
    }
    if (count > 0) this.#list.splice(0, count);
    return count > 0;
  }

  async #fire(due: DueReminder, name: string): Promise<void> {
    try {
      await this.#world.fire(due);
    } catch (error) {
      if (!this.#stopped) {
        this.#world.onError(error);
        // It is still due in the store; without a pause it would be fired again at once.
        this.#world.ports.clock.after(FAILED_PAUSE_MS, () => this.#done(name));
        return;
      }
    }
    this.#done(name);
  }

  #done(name: string): void {
    this.#firing.delete(name);
    if (this.#stopped) {
      if (this.#firing.size === 0) for (const done of this.#idle.splice(0)) done();
    } else if (this.#firing.size < this.#world.inFlight / 2) this.#tickSoon();
  }

  #tickSoon(): void {
    if (this.#looking) {
      this.#lookAgain = true;
      return;
    }
    const first = this.#list[0];
    if (first && first.fireAt <= this.#world.ports.clock.now()) this.#fireDue(this.#world.ports.clock.now());
    if (this.#list.length === 0) void this.#look();
    else this.#arm();
  }

  /** Read the next window from the store. */
  async #look(): Promise<void> {
    if (this.#looking) {
      this.#lookAgain = true;
      return;
    }
    this.#looking = true;
    try {
      do {
        this.#lookAgain = false;
        if (this.#stopped || !this.#open) break;
        const now = this.#world.ports.clock.now();
        const until = now + this.#world.windowMs;
        const limit = this.#world.entries + this.#firing.size;
        const found = await this.#world.due({ until, limit });
        this.#list = found.filter((due) => !this.#firing.has(nameOf(due)));
        const last = found.at(-1);
        this.#horizon = found.length >= limit && last ? last.fireAt + 1 : until + 1;
        this.#fireDue(this.#world.ports.clock.now());
      } while (this.#lookAgain && this.#firing.size < this.#world.inFlight / 2);
    } catch (error) {
      this.#world.onError(error);
      this.#crash(error);
    } finally {
      this.#looking = false;
      this.#arm();
    }
  }
}
