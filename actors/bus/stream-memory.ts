/**
 * What we know of the stream's contents, over reconnects and restarts, so that a loss is noticed: a server that lost power forgets
 * what it had not synced, a stream may be deleted, its folder may be put back from a copy.
 *
 *   attach ─► compare what we knew with what is there ─┬─ all there ──────────────────► note, every few seconds and at the end
 *                                                      └─ something is gone ─► announce again ─┘
 *
 * Invariants
 * - M1 Until all of it is announced again nothing else is published, and the note stays as it was: whoever comes next finds the same loss.
 * - M2 The note never says more than the stream acknowledged.
 */
import { jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from 'nats';
import Type, { type Static } from 'typebox';
import { Check } from 'typebox/value';
import type { EpochMs } from '../../machines/common/effects.ts';
import type { BusEvent, Ports, Timer } from '../engine/ports.ts';
import type { Store } from '../store/store.ts';
import { Acknowledged } from './acknowledged.ts';
import { announceAgain } from './announce-again.ts';
import { EVENT_STREAM, type NatsOptions } from './options.ts';
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
});
type Note = Static<typeof NoteSchema>;

const NOTE_MS = 5_000;
const LOOK_MS = 2_000;

export class StreamMemory {
  readonly #options: Pick<NatsOptions, 'announceAgainMs' | 'stream'>;
  readonly #ports: Pick<Ports, 'clock' | 'log'>;
  readonly #memory: BusMemory;
  readonly #acknowledged: Acknowledged;
  /** Of this life: the note as it was found or last written. */
  #known: Note | undefined;
  #isLoaded = false;
  /** Instant from which something is to be announced again. */
  #owedFrom: EpochMs | undefined;
  #attached: Pick<Note, 'created' | 'serverId'> | undefined;
  #timer: Timer | undefined;
  #writing: Promise<void> = Promise.resolve();
  /** One at a time. */
  #attaching: Promise<void> = Promise.resolve();

  constructor(options: NatsOptions, ports: Ports, memory: BusMemory) {
    this.#options = options;
    this.#ports = ports;
    this.#memory = memory;
    this.#acknowledged = new Acknowledged(options.announceAgainMs);
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
      this.#owedFrom = Math.min(from, this.#owedFrom ?? from);
      // Places of before mean nothing now; the note in the store keeps them until all is announced again.
      this.#known = { ...known, seq: 0, id: '' };
      this.#acknowledged.forget();
      this.#ports.log.warn({ stream: EVENT_STREAM, reason, from: new Date(this.#owedFrom).toISOString() }, 'the event stream has lost something, or may have');
    }
    if (this.#owedFrom !== undefined && this.#options.announceAgainMs > 0) await this.#again(publish, this.#owedFrom);
    if (!isCurrent()) throw new BusError('bus_away', 'bus: the connection was lost meanwhile');
    this.#owedFrom = undefined;
    this.#attached = { created: facts.created, serverId };
    this.#write(false);
  }

  /** The connection is lost. */
  detach(): void {
    const last = this.#now();
    this.#timer?.cancel();
    this.#timer = undefined;
    // Kept as of now: the time kept of what was acknowledged ends with the loss, however long the server is away.
    if (this.#attached && last) this.#known = last;
    this.#attached = undefined;
  }

  /** The last note. */
  async close(): Promise<void> {
    this.#timer?.cancel();
    if (this.#attached) this.#write(true);
    this.#attached = undefined;
    await this.#writing;
  }

  async #load(): Promise<void> {
    if (this.#isLoaded) return;
    const read = await this.#memory.store.getMeta(this.#memory.name);
    this.#known = Check(NoteSchema, read) ? read : undefined;
    this.#isLoaded = true;
  }

  /** The newest that we know. */
  #now(): Note | undefined {
    if (!this.#attached) return this.#known;
    const now = this.#ports.clock.now();
    const { seq = 0, id = '' } = this.#acknowledged.last ?? this.#known ?? {};
    return { ...this.#attached, seq, id, at: now, oldest: this.#acknowledged.oldest(now), final: true };
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

  async #again(publish: (event: BusEvent) => Promise<void>, from: EpochMs): Promise<void> {
    const { store, shards, source } = this.#memory;
    const events = await announceAgain({ store, shards, source, publish }, from, this.#ports.clock.now());
    this.#ports.log.info({ stream: EVENT_STREAM, events }, 'what the event stream may have lost is announced again');
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
