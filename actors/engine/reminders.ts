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
  /** Whether the shard's work is ours to do. */
  serves(shard: number): boolean;
  onError(error: unknown): void;
}

/** Pause after the commit of a fired reminder failed. */
const FAILED_PAUSE_MS = 1_000;

/** Of one instant of one reminder: while it is being fired, its actor may ask for the next. */
const nameOf = ({ actor, name, dueAt, fireAt }: DueReminder): string => `${actor}\n${name}\n${dueAt}\n${fireAt}`;

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
  /** Monotonic, of the last look into the store. */
  #lookedAt = Number.NEGATIVE_INFINITY;
  /** Committed while the store was being read: they may not be in what it gives. */
  #fresh: DueReminder[] | undefined;
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

  /** Look in the store now: shards have come. */
  lookAgain(): void {
    if (!this.#stopped && this.#open) void this.#look();
  }

  /** Forget a shard that is not served any more. */
  drop(shard: number): void {
    this.#list = this.#list.filter((due) => due.shard !== shard);
  }

  /** Forget everything at once, as a crash would. */
  abandon(): void {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#list = [];
  }

  /** A reminder was just committed. */
  offer(doc: ActorDoc, reminder: Reminder): void {
    if (this.#stopped || reminder.gate !== this.#gate || !this.#world.serves(doc.shard)) return;
    const fireAt = reminder.retryAt ?? reminder.dueAt;
    const due: DueReminder = { actor: doc.id, key: doc.key, shard: doc.shard, name: reminder.name, dueAt: reminder.dueAt, fireAt };
    if (this.#fresh) this.#fresh.push(due);
    else this.#keep(due);
    this.#arm();
  }

  /** Take it into memory if it belongs there; what has no room moves the horizon. */
  #keep(due: DueReminder): void {
    if (due.fireAt >= this.#horizon) return;
    if (this.#list.length < this.#world.entries) this.#insert(due);
    else this.#horizon = due.fireAt;
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
    const nextLook = Math.max(now + 1, Math.min(this.#horizon, now + this.#untilLook()));
    const at = Math.min(this.#list[0]?.fireAt ?? Number.POSITIVE_INFINITY, nextLook);
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
    this.#fireDue(now);
    if (this.#firing.size >= this.#world.inFlight) return;
    if (this.#list.length === 0 || now >= this.#horizon || this.#untilLook() <= 0) void this.#look();
    else this.#arm();
  }

  /** Milliseconds until what memory may have lost is looked for. */
  #untilLook(): number {
    return this.#lookedAt + this.#world.scanIntervalMs - this.#world.ports.clock.monotonic();
  }

  /** Fire what is due, as far as there is room. */
  #fireDue(now: number): void {
    if (this.#stopped || !this.#open) return;
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
    this.#fireDue(this.#world.ports.clock.now());
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
        this.#lookedAt = this.#world.ports.clock.monotonic();
        this.#fresh = [];
        const found = await this.#world.due({ until, limit });
        this.#take(found, found.length >= limit, until);
        this.#fireDue(this.#world.ports.clock.now());
      } while (this.#lookAgain && this.#firing.size < this.#world.inFlight / 2);
    } catch (error) {
      this.#world.onError(error);
      this.#crash(error);
    } finally {
      this.#looking = false;
      this.#fresh = undefined;
      this.#arm();
    }
  }

  /** What the store has is what memory has from now on. */
  #take(found: readonly DueReminder[], full: boolean, until: number): void {
    const last = found.at(-1);
    this.#list = found.filter((due) => this.#world.serves(due.shard) && !this.#firing.has(nameOf(due)));
    this.#horizon = full && last ? last.fireAt + 1 : until + 1;
    const fresh = this.#fresh ?? [];
    this.#fresh = undefined;
    if (fresh.length === 0) return;
    const known = new Set(found.map(nameOf));
    for (const due of fresh) if (!known.has(nameOf(due))) this.#keep(due);
  }
}
