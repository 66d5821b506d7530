/**
 * What a domain gives the engine: the definitions of its durable actors and the handlers of its commands.
 *
 * A *definition* joins a pure machine with the few things that the engine must know of it. A *handler* runs in the turn of
 * one routing key, sees that key's actors only, and changes them by creating them and applying events to them. Neither
 * performs anything: what goes outside is asked for by the machine and leaves after the commit.
 */
import type { AnyStateMachine, SnapshotFrom } from 'xstate';
import type { ActorId, EpochMs, Json } from '../../machines/common/effects.ts';
import type { ActorDoc, IndexName, Slot } from '../store/store.ts';

/** An event as given to a machine: `at` is the engine's time of the step, the only clock a machine has. */
export type MachineEvent = { readonly type: string; readonly at: EpochMs } & { readonly [member: string]: unknown };

/** Facts of the step that an encoder may use. */
export interface StepContext {
  readonly actor: ActorId;
  readonly key: string;
  readonly version: number;
  readonly n: number;
  readonly at: EpochMs;
}

/** How one outside effect of a machine is turned into something that can be kept and done. */
export interface OutsideEffect {
  /** The channel that performs it: `dip`, `dtn`, … */
  readonly channel: string;
  /** Pure. `key` is the stable reference (default `<actor>/<version>/<n>`); `name` is what `withdraw` goes by; `body` the exact bytes. `log` goes into the history entry of the step. */
  encode(params: Json, step: StepContext): { readonly key?: string; readonly name: string; readonly data: Json; readonly body?: string; readonly log?: Json };
}

/** One outside effect of a step; its key is `<actor>/<version>/effect-<n>`. */
export interface OwedByStep {
  readonly channel: string;
  /** What `withdraw` and `mw why` know it by. */
  readonly name: string;
  readonly data: Json;
  /** What goes out, fixed for ever. */
  readonly body?: string;
}

// biome-ignore lint/suspicious/noExplicitAny: the engine treats all machines alike; each domain types its own
export interface ActorDefinition<TMachine extends AnyStateMachine = any> {
  readonly kind: string;
  readonly machine: TMachine;
  /** Version of the snapshot's shape. */
  readonly machineVersion: number;
  /** Lifts a persisted snapshot of `from` to `machineVersion`. Throws if it cannot: the actor is parked. */
  migrate(snapshot: Json, from: number): Json;
  /** Name of the state for people, indexes and counts. */
  stateOf(snapshot: SnapshotFrom<TMachine>): string;
  /** Why it ended or is stuck; counted beside the state. */
  reasonOf?(snapshot: SnapshotFrom<TMachine>): string | undefined;
  /** Raised when `indexesOf` finds more than it did: documents of before are then indexed again in the background (`Reindex`). Default 1. */
  readonly indexVersion?: number;
  indexesOf(snapshot: SnapshotFrom<TMachine>, doc: { readonly id: ActorId; readonly key: string }): Partial<Record<IndexName, readonly string[]>>;
  /** Slots to give up or to let expire once the snapshot is final; asked after every step. */
  slotsOf?(
    snapshot: SnapshotFrom<TMachine>,
    doc: ActorDoc,
    at: EpochMs,
  ): { readonly claim?: readonly Slot[]; readonly release?: readonly string[]; readonly expire?: readonly { readonly name: string; readonly at: EpochMs }[] };
  readonly effects: Readonly<Record<string, OutsideEffect>>;
  /**
   * Something for the outside that follows from the step as a whole and not from a wish of the machine: asked after every step with
   * the document as it will be stored, `from` is the state before. Pure, and quick where it is nothing.
   */
  owes?(doc: ActorDoc, from: string): OwedByStep | undefined;
  /** Looks at an event before its step, with the store at hand: returns it (changed or not), or says that it was already taken. */
  admit?(event: MachineEvent, turn: Pick<Turn, 'at' | 'get' | 'slot'>, doc: ActorDoc | undefined): Promise<MachineEvent | 'duplicate'>;
  /** Makes the input of the initial snapshot when a tell arrives for an actor that does not exist yet; without it such a tell goes to quarantine. `ignore`: the tell means nothing to one who does not exist. */
  inputFromTell?(to: ActorId, event: MachineEvent): Json | 'ignore';
  /** The subject and the data that every announcement of this kind carries; `what` and the rest come from the machine. */
  announcement?(
    snapshot: SnapshotFrom<TMachine>,
    doc: { readonly id: ActorId; readonly shard: number },
  ): { readonly subject: string; readonly type: string; readonly data: { readonly [member: string]: Json | undefined } };
  /** How long applied ids and senders are kept; default: for ever (processes). */
  readonly retention?: { readonly days: number; readonly maxEntries: number };
  /** What of an event is worth keeping in the history entry (a market message in full, an operator's reason). It becomes `StepDetails.event`. */
  detailsOf?(event: MachineEvent): Json | undefined;
}

/** `HistoryEntry.details` of a step. */
export interface StepDetails {
  /** From `detailsOf`. */
  readonly event?: Json;
  /** The `log` of each outside effect that the step asked for, in order. */
  readonly sent?: readonly Json[];
  /** Ids of the message. */
  readonly ids?: readonly string[];
}

/** Work for the owner of one routing key. */
export interface Command {
  readonly key: string;
  /** Name of a registered handler. */
  readonly type: string;
  readonly payload: unknown;
  /** Whoever sent it waits for the answer and will say it again itself; a pure step that throws is then an error reply, not a quarantined message. */
  readonly origin: 'caller' | 'durable';
  /** For the quarantine and the log. */
  readonly id: string;
}

export type Applied =
  | { readonly kind: 'applied'; readonly doc: ActorDoc }
  /** One of its ids was applied before. */
  | { readonly kind: 'duplicate'; readonly doc: ActorDoc }
  /** The actor is parked; the message waits behind it in order. */
  | { readonly kind: 'held'; readonly doc: ActorDoc }
  | { readonly kind: 'missing' };

export type Created =
  | { readonly kind: 'created'; readonly doc: ActorDoc }
  | { readonly kind: 'exists'; readonly doc: ActorDoc }
  | { readonly kind: 'slot'; readonly slot: Slot };

export interface CreateOptions {
  readonly id: ActorId;
  readonly kind: string;
  readonly input: Json;
  readonly claim?: readonly Slot[];
  /** Ids of the message that created it. */
  readonly ids?: readonly string[];
}

/** What a handler can do. All reads see what this turn has already changed. */
export interface Turn {
  readonly key: string;
  readonly at: EpochMs;
  get(id: ActorId): Promise<ActorDoc | undefined>;
  /** Snapshot of a loaded document as its machine knows it (restored, migrated). */
  snapshot<T>(doc: ActorDoc): T;
  find(index: Exclude<IndexName, 'kind'>, value: string): Promise<readonly ActorDoc[]>;
  slot(name: string): Promise<Slot | undefined>;
  /** Run the machine's initial step. A slot that is taken (now or at the commit) refuses the whole command with `SlotTakenError`. */
  create(options: CreateOptions): Promise<Created>;
  /** Run one step. `ids`: every id by which a repetition of this message may be known. */
  apply(id: ActorId, event: { readonly type: string; readonly [member: string]: unknown }, ids?: readonly string[]): Promise<Applied>;
  /** Write a record that has no machine (an API key, say). */
  put(record: {
    readonly id: ActorId;
    readonly kind: string;
    readonly state: string;
    readonly indexes?: Partial<Record<IndexName, readonly string[]>>;
    readonly record: Json;
  }): Promise<void>;
  remove(id: ActorId): Promise<void>;
}

/** Runs in the turn of `command.key`; its return value is the reply, sent after the commit. A throw changes nothing. */
export type Handler = (turn: Turn, payload: unknown) => Promise<unknown>;

/** One outside effect handed to its channel. */
export type EffectResult =
  /** Done; `event` (if any) goes to the actor and is applied in the commit that also settles the effect. */
  | { readonly kind: 'done'; readonly event?: { readonly type: string; readonly [member: string]: Json | undefined } }
  /** Not done: try again after `delayMs` (the channel's retry policy decided). */
  | {
      readonly kind: 'retry';
      readonly delayMs: number;
      readonly text: string;
      /** With ordering: those behind it in its lane need not wait for it. */
      readonly aside?: true;
    };

/** Performs the effects of one channel. */
export interface Channel {
  readonly name: string;
  /** Most effects handed over at once (in flight). */
  readonly capacity: number;
  /** `actor`: one in flight per actor, in order; `key`: one in flight per routing key; `lane`: one per lane of each shard; `none`. */
  readonly ordering: 'actor' | 'key' | 'lane' | 'none';
  /** With ordering `lane`: which one. While the first of a lane waits to be tried again, those behind it wait too, unless it stood aside. */
  laneOf?(effect: import('../store/store.ts').Effect): string;
  /** Absent: always ready. While `open` is false nothing is handed over; when it opens again, everything that waits is tried at once. */
  readonly gate?: { readonly open: boolean; onChange(listener: (open: boolean) => void): () => void };
  /**
   * Effects are handed over one by one; batching is the channel's own affair. `attempt` starts at 1 and counts since this process started. Never rejects for expected failures.
   * @param signal ends what is under way; when `leaving` has fired before, at once
   * @param leaving fires when the shard is about to be given away, and with `signal` at the latest: what takes long comes to an end in order
   */
  perform(effect: import('../store/store.ts').Effect, attempt: number, signal: AbortSignal, leaving?: AbortSignal): Promise<EffectResult>;
}
