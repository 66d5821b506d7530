/**
 * Mailboxes: one queue per routing key, present only while it holds something.
 *
 *   command ─► [key A: m1 m2 m3] ─► one turn at a time per key ─► runTurn
 *              [key B: m1]       ─► keys run side by side
 *
 * Invariants
 * - M1 Messages of one key are handled in the order of their arrival, one turn at a time.
 * - M2 What waits is bounded, in all and per key; beyond, the caller hears `OverloadedError` and nothing is kept.
 * - M3 The engine's own messages (outcomes, reminders, tells) are bounded where they come from, and always taken.
 */
import { OverloadedError } from '../errors/error.ts';
import type { Command } from './definition.ts';
import type { Pending } from './turn-runner.ts';

interface Mailbox {
  waiting: Pending[];
  running: boolean;
}

export interface MailboxLimits {
  readonly maxQueued: number;
  readonly maxQueuedPerKey: number;
  readonly maxTurnMessages: number;
  readonly retryAfterMs: number;
}

export class Mailboxes {
  readonly #boxes = new Map<string, Mailbox>();
  readonly #limits: MailboxLimits;
  readonly #run: (key: string, batch: readonly Pending[]) => Promise<void>;
  #queued = 0;
  #handled = 0;
  #refusal: string | undefined;
  #idle: { readonly of: (key: string) => boolean; readonly done: () => void }[] = [];

  constructor(limits: MailboxLimits, run: (key: string, batch: readonly Pending[]) => Promise<void>) {
    this.#limits = limits;
    this.#run = run;
  }

  get queued(): number {
    return this.#queued;
  }

  /** Commands handled since the start. */
  get handled(): number {
    return this.#handled;
  }

  queuedFor(key: string): number {
    return this.#boxes.get(key)?.waiting.length ?? 0;
  }

  /** From now on callers are refused with this text; what the engine itself sends is still taken. `undefined`: open again. */
  refuse(text: string | undefined): void {
    this.#refusal = text;
  }

  /** A command from outside the engine. Rejects at once with `OverloadedError` when there is no room. */
  submit(command: Command): Promise<unknown> {
    const { maxQueued, maxQueuedPerKey, retryAfterMs } = this.#limits;
    if (this.#refusal !== undefined) return Promise.reject(new OverloadedError(this.#refusal, retryAfterMs));
    if (this.#queued >= maxQueued) return Promise.reject(new OverloadedError(`mailboxes: ${this.#queued} commands wait already`, retryAfterMs));
    if (this.queuedFor(command.key) >= maxQueuedPerKey) {
      return Promise.reject(new OverloadedError(`mailbox: ${maxQueuedPerKey} commands wait already for one key`, retryAfterMs));
    }
    return this.take(command);
  }

  /** A command of the engine itself. */
  take(command: Command): Promise<unknown> {
    return new Promise((resolve, reject) => {
      let box = this.#boxes.get(command.key);
      if (!box) {
        box = { waiting: [], running: false };
        this.#boxes.set(command.key, box);
      }
      box.waiting.push({ command, resolve, reject });
      this.#queued++;
      if (!box.running) void this.#drain(command.key, box);
    });
  }

  async #drain(key: string, box: Mailbox): Promise<void> {
    box.running = true;
    // Messages that arrive in the same turn of the event loop share the first commit.
    await Promise.resolve();
    while (box.waiting.length > 0) {
      const batch = box.waiting.splice(0, this.#limits.maxTurnMessages);
      try {
        await this.#run(key, batch);
      } catch (error) {
        for (const pending of batch) pending.reject(error);
      }
      this.#queued -= batch.length;
      this.#handled += batch.length;
    }
    this.#boxes.delete(key);
    if (this.#idle.length > 0) this.#tellIdle(key);
  }

  #tellIdle(key: string): void {
    this.#idle = this.#idle.filter(({ of, done }) => {
      if (of(key) && !this.#holds(of)) done();
      else return true;
      return false;
    });
  }

  #holds(of: (key: string) => boolean): boolean {
    for (const key of this.#boxes.keys()) if (of(key)) return true;
    return false;
  }

  /** Resolves when every mailbox is empty, or every one of the keys that `of` names. */
  settled(of: (key: string) => boolean = () => true): Promise<void> {
    if (!this.#holds(of)) return Promise.resolve();
    return new Promise((done) => this.#idle.push({ of, done }));
  }
}
