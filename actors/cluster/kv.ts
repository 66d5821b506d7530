/**
 * A bucket of JetStream KV, as far as the cluster needs it: everything that is in it and every change, and writes that name
 * the revision that they replace. Nothing here needs more than NATS 2.9.
 *
 * Invariants
 * - K1 A write is stored only if the key's last revision is the one that it names (0: none).
 * - K2 A write that was not answered may be stored or not; nobody is told that it was not.
 * - K3 What stands there the stream's leader says (`ask`): copies may number the same entries otherwise, or lack some, after a
 *   crash of the leader (seen with NATS 2.9), and watches and direct reads are answered by any copy.
 */
import { JetStreamApiError, jetstream, jetstreamManager, type StoredMsg } from '@nats-io/jetstream';
import { type KV, type KvEntry, Kvm } from '@nats-io/kv';
import { errors, type NatsConnection } from 'nats';
import type { EpochMs } from '../../machines/common/effects.ts';
import type { Clock } from '../engine/ports.ts';
import { Pulse } from './pulse.ts';

export interface BucketEntry {
  readonly key: string;
  /** As it was read from JSON; null when the key was deleted or holds none. */
  readonly value: unknown;
  readonly revision: number;
  /** By the wall clock of the NATS server. */
  readonly storedAt: EpochMs;
}

/** What the leader says; `value` is null and `revision` 0 where there is nothing. */
export type Word = Pick<BucketEntry, 'value' | 'revision'>;

export type WriteAnswer =
  | { readonly kind: 'written'; readonly revision: number }
  /** Another revision stands there. */
  | { readonly kind: 'refused' }
  | { readonly kind: 'unanswered'; readonly reason: string };

export interface BucketOptions {
  readonly replicas: number;
  readonly leaseMs: number;
  readonly clock: Clock;
  /** Longest wait for an answer while it is opened, milliseconds. */
  readonly openTimeoutMs: number;
}

export interface BucketWatch {
  /** Everything that was there when it began. */
  readonly initial: readonly BucketEntry[];
  /** Changes from here on; what came in the meantime first. Call once. */
  follow(listener: (entry: BucketEntry) => void): void;
  /** Resolves with why, when it shows no more changes. */
  readonly ended: Promise<string>;
  stop(): void;
}

const WATCH_TIMEOUT_MS = 300;
const WATCH_TRIES = 5;
const WRONG_REVISION: readonly number[] = [10_071, 10_164];

/** Names of the two buckets of a prefix. */
export function bucketNames(prefix: string): { readonly nodes: string; readonly shards: string } {
  const name = prefix.toUpperCase();
  return { nodes: `${name}_NODES`, shards: `${name}_SHARDS` };
}

/** The last message of a key, by the leader of the stream: what is not read directly, no other answers. */
type Leader = (key: string) => Promise<StoredMsg | null>;

export class Bucket {
  readonly #kv: KV;
  /** The same with little patience. */
  readonly #hasty: KV;
  readonly #leader: Leader;
  readonly #timeoutMs: number;
  readonly #pulse: Pulse;
  #isProbing = false;
  /** What the watch showed last of each key; another object for each time. */
  readonly #shown = new Map<string, { readonly text: string }>();
  /** Keys of which the watch is still to show something. */
  readonly #awaited = new Set<string>();

  constructor(kv: KV, hasty: KV, leader: Leader, { leaseMs, clock }: BucketOptions) {
    this.#kv = kv;
    this.#hasty = hasty;
    this.#leader = leader;
    this.#timeoutMs = timeoutOf(leaseMs);
    this.#pulse = new Pulse(clock, leaseMs);
  }

  /** Make it when it is not there. Rejects when NATS does not answer or refuses. */
  static async open(nc: NatsConnection, name: string, options: BucketOptions): Promise<Bucket> {
    const { replicas, leaseMs, openTimeoutMs } = options;
    const manager = (timeout: number) => new Kvm(jetstream(nc, { timeout, checkAPI: false }));
    await manager(openTimeoutMs).create(name, { replicas, history: 1, description: 'Meterwright: who is alive, and who owns what' });
    const api = await jetstreamManager(nc, { timeout: timeoutOf(leaseMs), checkAPI: false });
    const leader: Leader = (key) => api.streams.getMessage(`KV_${name}`, { last_by_subj: `$KV.${name}.${key}` });
    return new Bucket(await manager(timeoutOf(leaseMs)).open(name), await manager(WATCH_TIMEOUT_MS).open(name), leader, options);
  }

  /** True when something is known to be there that the watch has not shown. */
  get isBehind(): boolean {
    return this.#awaited.size > 0;
  }

  async watch(): Promise<BucketWatch> {
    const entries = await this.#watch();
    // An empty bucket shows nothing, not even that it is empty.
    const { values } = await this.#kv.status();
    const initial: BucketEntry[] = [];
    const begun = Promise.withResolvers<void>();
    const ended = Promise.withResolvers<string>();
    let waiting: BucketEntry[] = [];
    let listener: ((entry: BucketEntry) => void) | undefined;
    let isInitial = values > 0;
    if (!isInitial) begun.resolve();
    const run = async (): Promise<void> => {
      for await (const raw of entries) {
        const entry = read(raw);
        this.#show(raw);
        if (isInitial) initial.push(entry);
        else if (listener) listener(entry);
        else waiting.push(entry);
        if (raw.isUpdate && isInitial) {
          isInitial = false;
          begun.resolve();
        }
      }
    };
    const finish = (reason: string) => {
      begun.reject(new Error(reason));
      ended.resolve(reason);
    };
    run().then(
      () => finish('the watch ended'),
      (error: unknown) => finish(textOf(error)),
    );
    await begun.promise;
    return {
      initial,
      ended: ended.promise,
      stop: () => entries.stop(),
      follow(next) {
        listener = next;
        for (const entry of waiting) next(entry);
        waiting = [];
      },
    };
  }

  /**
   * A NATS cluster may put the watch on a server that has just died, and then nobody answers; the next try meets another. More
   * patience would not help.
   */
  async #watch(): Promise<Awaited<ReturnType<KV['watch']>>> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.#hasty.watch();
      } catch (error) {
        if (tries === WATCH_TRIES || !(error instanceof errors.TimeoutError)) throw error;
      }
    }
  }

  /** Never rejects. */
  async write(key: string, value: unknown, revision: number): Promise<WriteAnswer> {
    const before = this.#shown.get(key);
    try {
      const stored = await this.#kv.put(key, JSON.stringify(value), { previousSeq: revision, timeout: this.#timeoutMs });
      this.#pulse.answered();
      if (this.#shown.get(key) === before) this.#awaited.add(key);
      return { kind: 'written', revision: stored };
    } catch (error) {
      return this.#refusalOf(error);
    }
  }

  /** Never rejects. */
  async remove(key: string, revision: number): Promise<WriteAnswer> {
    try {
      await this.#kv.delete(key, { previousSeq: revision });
      this.#pulse.answered();
      return { kind: 'written', revision: revision + 1 };
    } catch (error) {
      return this.#refusalOf(error);
    }
  }

  /** Look whether it still answers: by a question, where no write of ours has brought an answer. Returns false when it does not. */
  tick(): boolean {
    if (this.#pulse.isDue && !this.#isProbing) {
      this.#isProbing = true;
      void this.#probe();
    }
    return !this.#pulse.isStalled;
  }

  /** The stream's own leader answers, or nobody. */
  async #probe(): Promise<void> {
    try {
      await this.#kv.status();
      this.#pulse.answered();
    } catch {
      // Without an answer it counts as stalled in time.
    }
    this.#isProbing = false;
  }

  /** What the leader of the stream says that stands there; undefined when it does not answer. Never rejects. */
  async ask(key: string): Promise<Word | undefined> {
    const before = this.#shown.get(key);
    try {
      const found = await this.#leader(key);
      this.#pulse.answered();
      if (!found) return { value: null, revision: 0 };
      const text = found.string();
      const shown = this.#shown.get(key);
      if (shown === before && shown?.text !== text) this.#awaited.add(key);
      return { value: parsed(text), revision: found.seq };
    } catch {
      return undefined;
    }
  }

  #show(entry: KvEntry): void {
    this.#shown.set(entry.key, { text: entry.string() });
    this.#awaited.delete(entry.key);
  }

  #refusalOf(error: unknown): WriteAnswer {
    if (error instanceof JetStreamApiError && WRONG_REVISION.includes(error.code)) {
      this.#pulse.answered();
      return { kind: 'refused' };
    }
    return { kind: 'unanswered', reason: textOf(error) };
  }
}

/** A question that met no leader is lost: better asked again soon. */
function timeoutOf(leaseMs: number): number {
  return Math.min(1_000, Math.max(300, leaseMs / 2));
}

function read(entry: KvEntry): BucketEntry {
  const value = entry.operation === 'PUT' ? parsed(entry.string()) : null;
  return { key: entry.key, value, revision: entry.revision, storedAt: entry.created.getTime() };
}

/** A deletion has no text. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

export function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
