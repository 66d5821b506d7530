/**
 * What we know of the stream's contents, over reconnects and restarts, so that a loss is noticed: a server that lost power forgets
 * what it had not synced, a stream may be deleted, its folder may be put back from a copy.
 *
 *   attach ─► compare what we knew with what is there ─┬─ all there ──────────────────► note, every few seconds and at the end
 *                                                      └─ something is gone ─► announce again ─┘
 *
 * Among many nodes each announces the shards that it serves: at once those that it has, the others as soon as it has them. All nodes ask
 * each other, so that one that noticed nothing tells too; what nobody has told stays owed, and is asked for again.
 *
 * Invariants
 * - M1 Until all of it is announced again nothing else of those shards is published, and the note says what is owed, or stays as it was:
 *   whoever comes next finds the same loss.
 * - M2 The note never says more than the stream acknowledged.
 */
import { jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from 'nats';
import Type, { type Static } from 'typebox';
import { Check } from 'typebox/value';
import type { BusEvent, Ports, Timer } from '../engine/ports.ts';
import type { Store } from '../store/store.ts';
import { Acknowledged } from './acknowledged.ts';
import { announceAgain } from './announce-again.ts';
import { EVENT_STREAM, type NatsOptions } from './options.ts';
import { type Lost, LostSchema, Owed, type OwnPart } from './owed.ts';
import { BusError } from './publisher.ts';
import type { StreamFacts } from './stream.ts';

/** What the bus needs of the installation to announce again. */
export interface BusMemory {
  readonly store: Pick<Store, 'getMeta' | 'putMeta' | 'announced' | 'outbox'>;
  /** Name of the note in the store; each node of a cluster has its own. */
  readonly name: string;
  /** `source` of every event. */
  readonly source: string;
  /** All shards of the installation. */
  readonly shards: readonly number[];
  /** Among many nodes; absent: this one tells of all shards. */
  readonly own?: OwnPart;
}

const NoteSchema = Type.Object({
  created: Type.String(),
  serverId: Type.String(),
  seq: Type.Integer({ minimum: 0 }),
  id: Type.String(),
  at: Type.Number(),
  oldest: Type.Number(),
  /** Written at the end of a process: nothing was acknowledged after it. */
  final: Type.Boolean(),
  /** Not announced again yet. */
  owed: Type.Optional(LostSchema),
});
type Note = Static<typeof NoteSchema>;

const NOTE_MS = 5_000;
const LOOK_MS = 2_000;
/** Between two looks at what is owed: whether it is served here by now, or was told elsewhere. */
const OWED_MS = 500;
/** By which clocks of other nodes, whose instants the steps have, may be ahead. */
const CLOCKS_MS = 60_000;

export class StreamMemory {
  readonly #options: Pick<NatsOptions, 'announceAgainMs' | 'stream'>;
  readonly #ports: Pick<Ports, 'clock' | 'log'>;
  readonly #memory: BusMemory;
  readonly #acknowledged: Acknowledged;
  /** Of this life: the note as it was found or last written. */
  #known: Note | undefined;
  #isLoaded = false;
  readonly #owed: Owed;
  #attached: Pick<Note, 'created' | 'serverId'> | undefined;
  /** By which what is owed is announced while this connection holds. */
  #publish: ((event: BusEvent) => Promise<void>) | undefined;
  #timer: Timer | undefined;
  #owedTimer: Timer | undefined;
  #paying = false;
  /** Looks at what is owed since the last loss. */
  #looks = 0;
  #writing: Promise<void> = Promise.resolve();
  /** One at a time. */
  #attaching: Promise<void> = Promise.resolve();

  constructor(options: NatsOptions, ports: Ports, memory: BusMemory) {
    this.#options = options;
    this.#ports = ports;
    this.#memory = memory;
    this.#acknowledged = new Acknowledged(options.announceAgainMs);
    this.#owed = new Owed(() => ports.clock.monotonic());
  }

  /** Something of the shard is to be announced again before anything new. */
  owes(shard: number): boolean {
    return this.#owed.has(shard);
  }

  /** Another node found a loss. Returns which of those shards this one serves and has told of since. */
  lostElsewhere({ from, to, shards }: Lost): readonly number[] {
    const { own } = this.#memory;
    if (!own || !this.#attached) return [];
    const served = shards.filter((shard) => own.serves(shard));
    const fresh = served.filter((shard) => !this.#owed.isTold(shard) && !this.#owed.has(shard));
    if (fresh.length > 0) {
      this.#owed.add({ from, to, shards: fresh });
      this.#looks = 0;
      this.#payLater(0);
    }
    return served.filter((shard) => this.#owed.isTold(shard));
  }

  /** The stream took an event. */
  stored(event: BusEvent, answer: Uint8Array): void {
    this.#acknowledged.note(event, answer, this.#ports.clock.now());
    if (this.#attached) this.#timer ??= this.#ports.clock.after(NOTE_MS, () => this.#write(false));
  }

  /**
   * Compare, and announce again what is missing. Rejects when that cannot be done now; it is then asked for again. `publish` rejects
   * once another connection took over, and so does this, before it believes itself.
   */
  attach(nc: NatsConnection, facts: StreamFacts, publish: (event: BusEvent) => Promise<void>, isCurrent: () => boolean): Promise<void> {
    const attached = this.#attaching.then(() => this.#attach(nc, facts, publish, isCurrent));
    this.#attaching = attached.catch(() => {});
    return attached;
  }

  async #attach(nc: NatsConnection, facts: StreamFacts, publish: (event: BusEvent) => Promise<void>, isCurrent: () => boolean): Promise<void> {
    this.detach();
    await this.#load();
    const serverId = nc.info?.server_id ?? '';
    const known = this.#now();
    const reason = known && (await this.#whatIsMissing(nc, facts, serverId, known));
    if (known && reason !== undefined) {
      const from = Math.min(known.oldest, known.at - this.#options.announceAgainMs);
      if (this.#options.announceAgainMs > 0) this.#owed.add({ from, to: this.#ports.clock.now() + CLOCKS_MS, shards: [...this.#memory.shards] });
      // Places of before mean nothing now; the note in the store keeps them until all is announced again.
      this.#known = { ...known, seq: 0, id: '' };
      this.#acknowledged.forget();
      this.#ports.log.warn({ stream: EVENT_STREAM, reason, from: new Date(from).toISOString() }, 'the event stream has lost something, or may have');
    }
    this.#looks = 0;
    await this.#payHere(publish);
    if (!isCurrent()) throw new BusError('bus_away', 'bus: the connection was lost meanwhile');
    this.#attached = { created: facts.created, serverId };
    this.#publish = publish;
    this.#write(false);
    this.#payLater(0);
  }

  /** The connection is lost. */
  detach(): void {
    const last = this.#now();
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#owedTimer?.cancel();
    this.#owedTimer = undefined;
    this.#publish = undefined;
    // Kept as of now: the time kept of what was acknowledged ends with the loss, however long the server is away.
    if (this.#attached && last) this.#known = last;
    this.#attached = undefined;
  }

  /** The last note. */
  async close(): Promise<void> {
    this.#timer?.cancel();
    this.#owedTimer?.cancel();
    this.#publish = undefined;
    if (this.#attached) this.#write(true);
    this.#attached = undefined;
    await this.#writing;
  }

  async #load(): Promise<void> {
    if (this.#isLoaded) return;
    const read = await this.#memory.store.getMeta(this.#memory.name);
    this.#known = Check(NoteSchema, read) ? read : undefined;
    if (this.#known?.owed) this.#owed.add(this.#known.owed);
    this.#isLoaded = true;
  }

  /** The newest that we know. */
  #now(): Note | undefined {
    if (!this.#attached) return this.#known;
    const now = this.#ports.clock.now();
    const { seq = 0, id = '' } = this.#acknowledged.last ?? this.#known ?? {};
    const { lost: owed } = this.#owed;
    return { ...this.#attached, seq, id, at: now, oldest: this.#acknowledged.oldest(now), final: true, ...(owed ? { owed } : {}) };
  }

  async #whatIsMissing(nc: NatsConnection, facts: StreamFacts, serverId: string, known: Note): Promise<string | undefined> {
    if (known.seq === 0) return undefined;
    if (facts.created !== known.created) return 'it is another stream than before';
    if (facts.lastSeq < known.seq) return `it ends with ${facts.lastSeq}, and ${known.seq} had been acknowledged`;
    if (facts.firstSeq <= known.seq && (await idAt(nc, known.seq)) !== known.id) return `what was acknowledged as ${known.seq} is not there`;
    // One copy only, and both ended without a last word: between the last note and the end anything may have been acknowledged.
    if (!known.final && serverId !== known.serverId && this.#options.stream.replicas === 1)
      return 'the server was restarted, and we had no time for a last note';
    return undefined;
  }

  /** Announce again what is owed of the shards that this node tells of now. */
  async #payHere(publish: (event: BusEvent) => Promise<void>): Promise<void> {
    const { store, source, own } = this.#memory;
    const { lost } = this.#owed;
    const shards = own && lost ? lost.shards.filter((shard) => own.serves(shard)) : (lost?.shards ?? []);
    if (!lost || shards.length === 0) return;
    const areAll = shards.length === this.#memory.shards.length;
    const events = await announceAgain({ store, shards, areAll, source, publish }, lost.from, areAll ? this.#ports.clock.now() : lost.to);
    this.#owed.told(shards);
    this.#ports.log.info({ stream: EVENT_STREAM, events, shards: shards.length }, 'what the event stream may have lost is announced again');
  }

  #payLater(delayMs: number): void {
    if (this.#owed.isEmpty || this.#owedTimer || this.#paying || !this.#publish) return;
    this.#owedTimer = this.#ports.clock.after(delayMs, () => {
      this.#owedTimer = undefined;
      this.#paying = true;
      void this.#pay().finally(() => {
        this.#paying = false;
        this.#payLater(OWED_MS);
      });
    });
  }

  /** What came into service here since, and what others have told. Never rejects: what failed is tried again. */
  async #pay(): Promise<void> {
    const publish = this.#publish;
    if (!publish) return;
    try {
      await this.#payHere(publish);
      const { lost } = this.#owed;
      // Others are asked less and less often: a shard that nobody serves may stay so.
      const isTime = (this.#looks & (this.#looks - 1)) === 0;
      this.#looks++;
      if (lost && isTime) this.#owed.drop((await this.#memory.own?.others(lost)) ?? []);
    } catch (error) {
      this.#ports.log.warn({ err: error }, 'what the event stream may have lost cannot be announced again yet');
    }
    if (this.#owed.isEmpty) this.#write(false);
  }

  #write(isFinal: boolean): void {
    this.#timer = undefined;
    const now = this.#now();
    if (!now || !this.#attached) return;
    const note: Note = { ...now, final: isFinal };
    this.#known = note;
    const write = async (): Promise<void> => {
      try {
        await this.#memory.store.putMeta(this.#memory.name, note);
      } catch (error) {
        this.#ports.log.warn({ err: error }, 'could not note how far the event stream is');
      }
    };
    this.#writing = this.#writing.then(write);
  }
}

/** Id of the event at a place; undefined when nothing lies there. */
async function idAt(nc: NatsConnection, seq: number): Promise<string | undefined> {
  const manager = await jetstreamManager(nc, { checkAPI: false, timeout: LOOK_MS });
  return (await manager.streams.getMessage(EVENT_STREAM, { seq }))?.header.get('Nats-Msg-Id');
}
