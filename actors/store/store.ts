/**
 * The store port (architecture, section 5): documents of actors, what they still owe the world, and the indexes to find
 * them by. Two adapters implement it; `test/actors/store/contract.ts` is what both must pass.
 *
 * Invariants
 * - S1 A resolved `commit` is on stable storage: outcome `ok` survives the loss of power.
 * - S2 An op applies whole or not at all: document, slots, effects, reminders, index entries, counts and history.
 * - S3 An op applies only if the stored version equals `expectedVersion` (0: no document) and the stored epoch is not above the op's.
 * - S4 A slot has one owner at a time, whatever is committed at the same moment.
 * - S5 An effect that was committed is found by `outbox` until it is settled or withdrawn.
 */
import type { ActorId, EpochMs, Json } from '../../machines/common/effects.ts';

/** Indexes by value. A document may have several values in one. */
export type IndexName =
  | 'requestId' // request id → the process
  | 'mpan' // `<mpid>:<mpan>` → processes of that meter point
  | 'mpanAny' // `<mpan>` → MPAN records of every own supplier
  | 'sur' // sender unique reference that we used
  | 'correlationId' // correlation ids recorded for a process
  | 'mpid' // `<mpid>` → processes (for lists), agents of that MPID
  | 'mpidStatus' // `<mpid>|<Pending|Success|Failed>` → processes
  | 'requestReference'
  | 'serialNumber'
  | 'gate' // what waits for a window to open, by class and bucket: `tcp|07`
  | 'about' // alerts and quarantined messages about an actor
  | 'kind'; // every document: its kind (set by the adapter, never by callers)

export interface Reminder {
  readonly name: string;
  readonly dueAt: EpochMs;
  /** Deadlines behind a gate are listed apart, see `due`. */
  readonly gate?: 'dip';
  /** Set when handling failed: the next try. The index goes by `retryAt ?? dueAt`. */
  readonly retryAt?: EpochMs;
}

/** A message that waits behind a parked actor, in order. */
export interface HeldMessage {
  readonly ids: readonly string[];
  readonly at: EpochMs;
  readonly event: Json;
}

/** The document of one actor. Plain JSON throughout. */
export interface ActorDoc {
  readonly id: ActorId;
  /** `appointment`, `mpan`, `dtn`, `alert`, `agent`, `api-key`, `quarantine` … */
  readonly kind: string;
  /** Routing key: all documents of one key have one writer. */
  readonly key: string;
  readonly shard: number;
  /** Rises by one per step; a commit may carry several steps. */
  readonly version: number;
  readonly commitId: string;
  /** Epoch of the lease under which it was written; 0 in single mode. */
  readonly epoch: number;
  readonly machineVersion: number;
  /** Persisted XState snapshot; for records without a machine, the record. */
  readonly snapshot: Json;
  /** Name of the state for people, indexes and counts. */
  readonly state: string;
  /** When that state was entered. */
  readonly since: EpochMs;
  /** Why it ended, counted beside the state. */
  readonly reason?: string;
  readonly createdAt: EpochMs;
  readonly changedAt: EpochMs;
  readonly indexes: Readonly<Partial<Record<IndexName, readonly string[]>>>;
  readonly slots: readonly string[];
  readonly reminders: readonly Reminder[];
  /** Outside effects that are not done yet: enough to withdraw them; bodies are in the outbox. */
  readonly owed: readonly { readonly key: string; readonly name: string; readonly channel: string; readonly version: number; readonly n: number }[];
  /** Ids of messages applied, with when. */
  readonly applied: readonly (readonly [id: string, at: EpochMs])[];
  /** Last version applied of each actor that told this one something. */
  readonly senders: Readonly<Record<string, readonly [version: number, n: number, at: EpochMs]>>;
  readonly parked?: { readonly reason: string; readonly since: EpochMs; readonly by: string };
  readonly held?: readonly HeldMessage[];
}

/** Something owed to the outside: a DIP message, a file, an event for the bus, a tell to an actor of another key. */
export interface Effect {
  /** Stable for ever and unique: the reference under which it is done at least once. */
  readonly key: string;
  readonly actor: ActorId;
  readonly routingKey: string;
  readonly shard: number;
  /** Step and place in it that created the effect; within one actor effects leave in this order where the channel says so. */
  readonly version: number;
  readonly n: number;
  readonly channel: string;
  readonly name: string;
  readonly createdAt: EpochMs;
  readonly data: Json;
  /** What goes out, fixed for ever at commit (UTF-8). */
  readonly body?: string;
}

/** A slot's content: who holds it and what a later claimant is shown. */
export interface Slot {
  readonly name: string;
  readonly owner: ActorId;
  readonly value?: Json;
  /** The sweep may drop it from then on; absent: as long as its owner keeps it. */
  readonly expiresAt?: EpochMs;
}

export interface HistoryEntry {
  readonly version: number;
  readonly at: EpochMs;
  readonly event: string;
  readonly from: string | null;
  readonly to: string;
  /** Ids of the message, market messages in full (both directions), what an operator gave as reason. */
  readonly details?: Json;
  /**
   * What the step announced, in order: the `data` of each of its effects for the bus. The event of place `n` is made again from
   * `<actor>/<version>/<n>`, `at` and this.
   */
  readonly said?: readonly Json[];
}

/** A step that announced something. */
export interface AnnouncedStep {
  readonly actor: ActorId;
  /** With `said`. */
  readonly entry: HistoryEntry;
}

/** One document's change. Given to `commit`, applied whole or not at all. */
export interface CommitOp {
  readonly doc: ActorDoc;
  /** 0 creates. */
  readonly expectedVersion: number;
  /** The document as stored at `expectedVersion`, for index and count differences; absent on create. It is believed: a wrong one makes wrong counts until the recount. */
  readonly before?: ActorDoc;
  readonly claim?: readonly Slot[];
  /** Slots given up now. */
  readonly release?: readonly string[];
  /** Slots that get an end. */
  readonly expire?: readonly { readonly name: string; readonly at: EpochMs }[];
  readonly effects?: readonly Effect[];
  /** Effects done or withdrawn in the same breath. */
  readonly settle?: readonly EffectRef[];
  readonly history?: readonly HistoryEntry[];
  /** Delete the document (with its indexes, reminders, history) instead of writing it. */
  readonly remove?: true;
  /** A create that belongs to work in hand: it goes on when the disk's reserve is reached, where new work is refused. */
  readonly inHand?: true;
}

export type CommitOutcome =
  | { readonly kind: 'ok' }
  | { readonly kind: 'version'; readonly storedVersion: number }
  | { readonly kind: 'epoch'; readonly storedEpoch: number }
  | { readonly kind: 'slot'; readonly slot: Slot };

/** Ops that stand or fall together where the adapter can (`atomicGroups`); all of one routing key. */
export type CommitGroup = readonly CommitOp[];

export interface EffectRef {
  readonly key: string;
  readonly actor: ActorId;
  readonly shard: number;
  readonly channel: string;
  readonly version: number;
  readonly n: number;
  /** As in the effect; spares the adapter a look-up. */
  readonly createdAt?: EpochMs;
}

export interface PageQuery {
  readonly index: IndexName | 'state';
  /** For `state`: `<kind>|<state>`, ordered by since; otherwise ordered by createdAt, then id. */
  readonly value: string;
  readonly from?: EpochMs;
  /** Exclusive. */
  readonly to?: EpochMs;
  readonly order?: 'asc' | 'desc';
  /** From the page before; opaque. */
  readonly cursor?: string;
  readonly limit: number;
}

export interface Page<T> {
  readonly items: readonly T[];
  /** Absent on the last page. */
  readonly cursor?: string;
}

export interface DueReminder {
  readonly actor: ActorId;
  readonly key: string;
  readonly shard: number;
  readonly name: string;
  readonly dueAt: EpochMs;
  /** `retryAt ?? dueAt`. */
  readonly fireAt: EpochMs;
}

/** One counter: documents of a kind, by state, UTC day of `since` (`YYYY-MM-DD`), and reason. */
export interface Count {
  readonly shard: number;
  readonly kind: string;
  readonly state: string;
  readonly day: string;
  readonly reason: string;
  readonly count: number;
}

/** The same counter of all shards. */
export type Total = Omit<Count, 'shard'>;

export interface StoreHealth {
  readonly writable: boolean;
  /** Why not, or what is near its limit. */
  readonly text: string;
  readonly freeBytes?: number;
}

export interface Store {
  readonly name: 'lmdb' | 'mongodb' | 'memory';
  /** True when all ops of a group are one transaction. */
  readonly atomicGroups: boolean;

  /** In the order of `ids`; undefined where there is none. */
  get(ids: readonly ActorId[]): Promise<readonly (ActorDoc | undefined)[]>;
  slot(name: string): Promise<Slot | undefined>;
  /** Groups are independent of each other; outcomes in their order: `ok`, or the first op's that did not hold (then nothing of an atomic group is applied). */
  commit(groups: readonly CommitGroup[]): Promise<readonly CommitOutcome[]>;
  /** Mark effects done. May be lost in a crash (the effect is then done again); cheap, not waited for by callers. */
  settle(refs: readonly EffectRef[]): Promise<void>;

  /** Ids by index value, oldest first; at most `limit` (default 1,000). */
  find(index: Exclude<IndexName, 'kind'>, value: string, limit?: number): Promise<readonly ActorId[]>;
  page(query: PageQuery): Promise<Page<ActorDoc>>;
  /** How many entries a query has in all, ignoring cursor and limit. Never blocks the process for long. */
  count(query: Omit<PageQuery, 'limit' | 'cursor' | 'order'>): Promise<number>;
  counts(shards: readonly number[]): Promise<readonly Count[]>;
  /** The counters of all shards together, for whoever asks again and again. */
  totals(): Promise<readonly Total[]>;
  /** Recount one shard and put the counters right; tells how many were wrong. Background sweep. */
  recount(shard: number): Promise<number>;
  history(actor: ActorId, options?: { readonly after?: number; readonly limit?: number }): Promise<readonly HistoryEntry[]>;

  /**
   * History entries with `said` whose `at` lies in [from, to), of these shards (all of them where none are named) and of every actor that still has its history.
   * Those of one actor come in order of version, over all pages; between actors no order is promised. None that was committed
   * before the first page was asked for is missing. One may come again: an actor that changes meanwhile may be listed once more,
   * from its first entry of the interval on.
   * @throws RefusedError `cursor_invalid`
   */
  announced(query: {
    readonly from: EpochMs;
    readonly to: EpochMs;
    readonly limit: number;
    readonly shards?: readonly number[];
    readonly cursor?: string;
  }): Promise<Page<AnnouncedStep>>;

  /** Reminders with `fireAt <= until`, earliest first. Those behind a gate are listed only when `gate` names it. */
  due(query: {
    readonly shards: readonly number[];
    readonly until: EpochMs;
    readonly limit: number;
    readonly gate?: 'dip';
    readonly after?: DueReminder;
  }): Promise<readonly DueReminder[]>;
  /** Unsettled effects of a channel in order of creation (createdAt, actor, version, n). */
  outbox(query: { readonly channel: string; readonly shards: readonly number[]; readonly limit: number; readonly cursor?: string }): Promise<Page<Effect>>;
  /** Unsettled effects of one actor on a channel, in order of version and place: what a crash between its commit and their delivery left. */
  undone(actor: ActorId, channel: string): Promise<readonly Effect[]>;
  /** How many effects of a channel are unsettled. */
  outboxSize(channel: string): Promise<number>;

  /** Small values of the installation: format version, number of shards, last moment alive. */
  getMeta(name: string): Promise<Json | undefined>;
  putMeta(name: string, value: Json): Promise<void>;

  /** Drop expired slots, and history of documents that are gone. Bounded per call; tells how many it dropped. */
  sweep(now: EpochMs, limit: number): Promise<number>;
  health(): Promise<StoreHealth>;
  /** A consistent copy into an empty folder while running. */
  backup(directory: string): Promise<void>;
  close(): Promise<void>;
}
