/**
 * What stays open on the strength of a credential: live sockets. Each hold ends once, when the record in the store says so.
 *
 *   hold(hash) ──► asked of the store once ──► good until … ──timer──► asked again ──► good, or ended
 *   change heard of ───────────────────────────────────────────────►
 *
 * Invariants
 * - H1 `onEnd` is called at most once, and never after the hold was let go.
 * - H2 A change that is heard of is always followed by a read that began after it; what that read says decides.
 * - H3 A record that cannot be read is believed for `UNREAD_MS` and no longer.
 */
import type { Clock, Log, Timer } from '../engine/ports.ts';
import type { HoldEnd } from './grants.ts';

/** How long open holds outlive the last word of the store about them. */
export const UNREAD_MS = 5_000;
const RETRY_MS = 400;
/** Records asked for at once. */
const LOOK_MOST = 500;
/** A wall clock may be set: no timer waits longer than this for it. */
const LONGEST_WAIT_MS = 60_000;

/** What the store says of one credential. `until`: wall clock, Infinity without an end. */
export type Verdict<TRecord> =
  | { readonly kind: 'good'; readonly record: TRecord; readonly until: number }
  | { readonly kind: 'ended'; readonly why: Exclude<HoldEnd, 'narrowed'> };

export interface HoldsSetup<TGrant, TRecord> {
  readonly clock: Clock;
  readonly log: Log;
  /** The verdicts on credentials by hash, in their order. */
  look(hashes: readonly string[]): Promise<readonly Verdict<TRecord>[]>;
  /** Whether the record still allows all that the grant did. */
  covers(grant: TGrant, record: TRecord): boolean;
}

interface Hold<TGrant> {
  readonly grant: TGrant;
  readonly onEnd: (why: HoldEnd) => void;
}

interface Held<TGrant, TRecord> {
  readonly holds: Set<Hold<TGrant>>;
  record: TRecord | undefined;
  timer: Timer | undefined;
  /** Monotonic instant since which it cannot be read. */
  failingSince: number | undefined;
}

export class Holds<TGrant, TRecord> {
  readonly #setup: HoldsSetup<TGrant, TRecord>;
  readonly #held = new Map<string, Held<TGrant, TRecord>>();
  readonly #due = new Set<string>();
  #running = false;
  #retry: Timer | undefined;

  constructor(setup: HoldsSetup<TGrant, TRecord>) {
    this.#setup = setup;
  }

  /** Holds that are open. */
  get size(): number {
    let size = 0;
    for (const { holds } of this.#held.values()) size += holds.size;
    return size;
  }

  /** Returns how to let go. */
  hold(hash: string, grant: TGrant, onEnd: (why: HoldEnd) => void): () => void {
    const one: Hold<TGrant> = { grant, onEnd };
    let held = this.#held.get(hash);
    if (!held) {
      held = { holds: new Set(), record: undefined, timer: undefined, failingSince: undefined };
      this.#held.set(hash, held);
    }
    held.holds.add(one);
    // The grant may be older than a change that was heard of before anybody held it.
    if (held.record === undefined || !this.#setup.covers(grant, held.record)) this.review(hash);
    return () => this.#letGo(hash, one);
  }

  /** The credential may have changed. */
  review(hash: string): void {
    if (!this.#held.has(hash)) return;
    this.#due.add(hash);
    if (this.#running) return;
    this.#running = true;
    this.#setup.clock.soon(() => void this.#work());
  }

  /** All of them may have changed. */
  reviewAll(): void {
    for (const hash of this.#held.keys()) this.review(hash);
  }

  endAll(why: HoldEnd): void {
    for (const hash of [...this.#held.keys()]) this.#end(hash, why);
  }

  /** Forget all, telling nobody. */
  stop(): void {
    for (const held of this.#held.values()) held.timer?.cancel();
    this.#held.clear();
    this.#due.clear();
    this.#retry?.cancel();
  }

  async #work(): Promise<void> {
    while (this.#due.size > 0) {
      const hashes = [...this.#due].slice(0, LOOK_MOST);
      for (const hash of hashes) this.#due.delete(hash);
      try {
        const verdicts = await this.#setup.look(hashes);
        hashes.forEach((hash, index) => {
          this.#take(hash, verdicts[index] ?? { kind: 'ended', why: 'revoked' });
        });
      } catch (error) {
        this.#setup.log.warn({ err: error }, 'credentials of open sockets cannot be read: they are believed for a few seconds');
        for (const hash of hashes) this.#unread(hash);
        if (this.#due.size === 0) break;
        this.#retry = this.#setup.clock.after(RETRY_MS, () => void this.#work());
        return;
      }
    }
    this.#running = false;
  }

  #unread(hash: string): void {
    const held = this.#held.get(hash);
    if (!held) return;
    const now = this.#setup.clock.monotonic();
    held.failingSince ??= now;
    if (now - held.failingSince >= UNREAD_MS) this.#end(hash, 'unknown');
    else this.#due.add(hash);
  }

  #take(hash: string, verdict: Verdict<TRecord>): void {
    const held = this.#held.get(hash);
    if (!held) return;
    if (verdict.kind === 'ended') {
      this.#end(hash, verdict.why);
      return;
    }
    held.record = verdict.record;
    held.failingSince = undefined;
    for (const one of [...held.holds]) if (!this.#setup.covers(one.grant, verdict.record)) this.#endOne(hash, one, 'narrowed');
    if (held.holds.size > 0) this.#wait(hash, held, verdict.until);
  }

  #wait(hash: string, held: Held<TGrant, TRecord>, until: number): void {
    held.timer?.cancel();
    held.timer = undefined;
    if (until === Number.POSITIVE_INFINITY) return;
    const { clock } = this.#setup;
    const delayMs = Math.min(Math.max(0, until - clock.now()), LONGEST_WAIT_MS);
    held.timer = clock.after(delayMs, () => {
      if (clock.now() >= until) this.review(hash);
      else this.#wait(hash, held, until);
    });
  }

  #end(hash: string, why: HoldEnd): void {
    for (const one of [...(this.#held.get(hash)?.holds ?? [])]) this.#endOne(hash, one, why);
  }

  #endOne(hash: string, one: Hold<TGrant>, why: HoldEnd): void {
    if (!this.#letGo(hash, one)) return;
    try {
      one.onEnd(why);
    } catch (error) {
      this.#setup.log.error({ err: error }, 'what a credential held open could not be closed');
    }
  }

  #letGo(hash: string, one: Hold<TGrant>): boolean {
    const held = this.#held.get(hash);
    if (!held?.holds.delete(one)) return false;
    if (held.holds.size === 0) {
      held.timer?.cancel();
      this.#held.delete(hash);
      this.#due.delete(hash);
    }
    return true;
  }
}
