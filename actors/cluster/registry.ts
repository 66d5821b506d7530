/**
 * Who is alive: one record per node in KV, renewed at a third of the lease time, and a watch on those of the others.
 *
 *   outside ──(our id is free, or was silent for the lease time)──► joined ──leave──► outside
 *      └── another life under our id is alive: node_id_taken ◄────────┘
 *
 * Invariants
 * - R1 A node is alive while its record showed a new revision within `leaseMs` by our own monotonic clock.
 * - R2 Two lives never both renew one record: every write names the revision that it replaces.
 * - R3 Whoever missed two renewals is late: nothing new is expected of it, and it keeps what it has until it counts as dead.
 * - R4 Copies of the stream may differ after a crash of its leader: after a refusal the leader is asked what stands there.
 */
import type { EpochMs } from '../../machines/common/effects.ts';
import type { Clock, Log } from '../engine/ports.ts';
import { MeterwrightError } from '../errors/error.ts';
import type { NodeId, NodeRecord } from './contract.ts';
import { IDENTITY_KEY } from './identity.ts';
import type { Bucket, BucketEntry } from './kv.ts';
import { nodeOf } from './records.ts';

export interface NodeView {
  readonly record: NodeRecord;
  readonly isAlive: boolean;
  /** Its renewals do not come any more; not yet long enough to call it dead. */
  readonly isLate: boolean;
  /** Since its record last changed, milliseconds. */
  readonly silentMs: number;
}

export interface RegistryOptions {
  readonly self: Omit<NodeRecord, 'state' | 'failed'>;
  readonly leaseMs: number;
  readonly clock: Clock;
  readonly log: Log;
  /** Somebody came, went, or says something new of itself. */
  onChange(): void;
  /** Another life under our id is alive; this one must end. */
  onTaken(error: MeterwrightError): void;
}

/** What it needs of the bucket. */
export type NodeBucket = Pick<Bucket, 'write' | 'remove' | 'ask'>;

interface Known {
  readonly record: NodeRecord;
  readonly revision: number;
  /** Of the monotonic clock. */
  readonly at: number;
  isAlive: boolean;
  isLate: boolean;
}

/** Part of the lease time: everybody renews at a third, and without an answer of NATS itself nobody is called late (`Pulse`). */
const LATE_AFTER = 0.7;
/** Records of nodes that are gone are thrown away after this. */
const FORGET_MS = 3_600_000;
const CLOCK_OFF_MS = 2_000;

export class Registry {
  readonly #options: RegistryOptions;
  readonly #others = new Map<NodeId, Known>();
  /** The record under our own id: ours, or of another life. */
  #own: { readonly incarnation: string | null; readonly revision: number; readonly at: number } | undefined;
  /** Life whose record we replaced; it may show up again when NATS lost its last writes. */
  #replaced: string | undefined;
  #record: NodeRecord;
  #bucket: NodeBucket | undefined;
  #isJoined = false;
  #hasJoined = false;
  #isDirty = true;
  #writing: Promise<void> | undefined;
  #isLeaving = false;
  /** What stands under our id is to be asked of the leader. */
  #mustAsk = false;
  #isAsking = false;
  #sentAt = Number.NEGATIVE_INFINITY;
  #sentWall: EpochMs = 0;
  #clockOffMs = 0;

  constructor(options: RegistryOptions) {
    this.#options = options;
    this.#record = { ...options.self, state: 'up', failed: [] };
  }

  get record(): NodeRecord {
    return this.#record;
  }

  /** Our record stands in the bucket of this session. */
  get isJoined(): boolean {
    return this.#isJoined;
  }

  /** By how much our wall clock is ahead of the NATS server's, milliseconds; 0 while it is little. */
  get clockOffMs(): number {
    return this.#clockOffMs;
  }

  begin(bucket: NodeBucket, initial: readonly BucketEntry[]): void {
    this.#bucket = bucket;
    this.#own = { incarnation: null, revision: 0, at: this.#options.clock.monotonic() };
    for (const entry of initial) this.entry(entry);
    this.tick();
  }

  /** NATS is away: nobody can be told from the dead. */
  end(): void {
    this.#bucket = undefined;
    this.#own = undefined;
    this.#isJoined = false;
    this.#writing = undefined;
    this.#mustAsk = false;
    this.#isAsking = false;
    this.#others.clear();
  }

  entry({ key, value, revision, storedAt }: BucketEntry): void {
    if (key === IDENTITY_KEY) return;
    const record = nodeOf(value);
    if (key === this.#record.id) this.#ownEntry(record, revision, storedAt);
    else this.#otherEntry(key, record, revision);
  }

  #otherEntry(key: NodeId, record: NodeRecord | undefined, revision: number): void {
    const before = this.#others.get(key);
    if (!record || record.id !== key) this.#others.delete(key);
    else this.#others.set(key, { record, revision, at: this.#options.clock.monotonic(), isAlive: true, isLate: false });
    if (!before?.isAlive !== !record || JSON.stringify(before?.record) !== JSON.stringify(record)) this.#options.onChange();
  }

  #ownEntry(record: NodeRecord | undefined, revision: number, storedAt: EpochMs): void {
    if (record?.incarnation === this.#record.incarnation) this.#compareClocks(storedAt);
    if (!this.#own || revision <= this.#own.revision) return;
    const again = this.#own.incarnation === record?.incarnation;
    // The leader has answered it; a copy of the stream may number it otherwise.
    if (again && this.#isJoined && record?.incarnation === this.#record.incarnation) return;
    this.#own = { incarnation: record?.incarnation ?? null, revision, at: this.#options.clock.monotonic() };
    if (!record || !this.#isOther(record)) return;
    if (!this.#hasJoined && again) this.#taken(record);
    // One copy of the stream may show what was replaced long ago.
    else if (this.#hasJoined) {
      this.#mustAsk = true;
      this.#ask();
    }
  }

  /** Of a life that is not ours, nor the one that we replaced. */
  #isOther({ incarnation }: NodeRecord): boolean {
    return incarnation !== this.#record.incarnation && incarnation !== this.#replaced;
  }

  #ask(): void {
    if (!this.#bucket || this.#isAsking || this.#writing) return;
    this.#isAsking = true;
    void this.#hear(this.#bucket);
  }

  /** What the leader of the stream says counts, also with a lower revision; without an answer it is asked again. */
  async #hear(bucket: NodeBucket): Promise<void> {
    const word = await bucket.ask(this.#record.id);
    if (bucket !== this.#bucket || !this.#own) return;
    this.#isAsking = false;
    if (!word) return;
    this.#mustAsk = false;
    const record = nodeOf(word.value);
    const incarnation = record?.incarnation ?? null;
    const now = this.#options.clock.monotonic();
    if (word.revision !== this.#own.revision || incarnation !== this.#own.incarnation) this.#own = { incarnation, revision: word.revision, at: now };
    if (record && this.#isOther(record) && this.#hasJoined) this.#taken(record);
    else this.#renew(now);
  }

  #taken({ id, incarnation }: NodeRecord): void {
    this.#options.onTaken(
      new MeterwrightError('node_id_taken', `cluster.node: must be unique in the cluster: ${id} is alive in another process (${incarnation})`, {
        details: { node: id, incarnation },
      }),
    );
  }

  #compareClocks(storedAt: EpochMs): void {
    const offMs = this.#sentWall - storedAt;
    const isOff = Math.abs(offMs) > CLOCK_OFF_MS;
    if (isOff && this.#clockOffMs === 0) this.#options.log.warn({ offMs, node: this.#record.id }, 'the clock of this node and that of the NATS server differ');
    this.#clockOffMs = isOff ? offMs : 0;
  }

  /** Renew what is due; notice who went silent. */
  tick(): void {
    const now = this.#options.clock.monotonic();
    let changed = false;
    for (const [id, known] of this.#others) {
      if (now - known.at >= LATE_AFTER * this.#options.leaseMs) known.isLate = true;
      if (known.isAlive && now - known.at >= this.#options.leaseMs) {
        known.isAlive = false;
        changed = true;
      } else if (now - known.at >= FORGET_MS) {
        this.#others.delete(id);
        void this.#bucket?.remove(id, known.revision);
      }
    }
    if (changed) this.#options.onChange();
    if (this.#mustAsk) this.#ask();
    this.#renew(now);
  }

  #renew(now: number): void {
    const { leaseMs } = this.#options;
    if (!this.#bucket || !this.#own || this.#writing || this.#mustAsk || this.#isLeaving) return;
    if (this.#isJoined && !this.#isDirty && now - this.#sentAt < leaseMs / 3) return;
    const { incarnation, revision, at } = this.#own;
    const isForeign = incarnation !== null && incarnation !== this.#record.incarnation && incarnation !== this.#replaced;
    if (isForeign && now - at < leaseMs) return;
    if (isForeign && !this.#hasJoined) this.#replaced = incarnation;
    this.#writing = this.#write(this.#bucket, revision, now);
  }

  async #write(bucket: NodeBucket, revision: number, now: number): Promise<void> {
    this.#isDirty = false;
    this.#sentAt = now;
    this.#sentWall = this.#options.clock.now();
    const answer = await bucket.write(this.#record.id, this.#record, revision);
    if (bucket !== this.#bucket) return;
    this.#writing = undefined;
    if (answer.kind === 'written') {
      if (this.#own && (answer.revision > this.#own.revision || this.#own.revision === revision))
        this.#own = { incarnation: this.#record.incarnation, revision: answer.revision, at: this.#options.clock.monotonic() };
      const joined = !this.#isJoined;
      this.#isJoined = true;
      this.#hasJoined = true;
      if (joined) this.#options.onChange();
    } else {
      this.#isDirty = true;
      this.#mustAsk = answer.kind === 'refused';
      // It was replaced by nobody: alive, perhaps, in the leader's copy.
      if (this.#mustAsk && !this.#hasJoined) this.#replaced = undefined;
    }
    if (this.#mustAsk) this.#ask();
    if (this.#isDirty && answer.kind === 'written') this.#renew(this.#options.clock.monotonic());
  }

  /** Say something new of ourselves, at once if NATS is there. */
  update(change: Partial<Pick<NodeRecord, 'state' | 'failed'>>): void {
    this.#record = { ...this.#record, ...change };
    this.#isDirty = true;
    this.#renew(this.#options.clock.monotonic());
    this.#options.onChange();
  }

  /** Take our record away. Resolves when NATS has answered, or is away. */
  async leave(): Promise<void> {
    this.#isLeaving = true;
    await this.#writing;
    const bucket = this.#bucket;
    const own = this.#own;
    if (bucket && own && own.incarnation === this.#record.incarnation) await this.#remove(bucket, own.revision);
    this.end();
  }

  async #remove(bucket: NodeBucket, revision: number): Promise<void> {
    const { id, incarnation } = this.#record;
    if ((await bucket.remove(id, revision)).kind !== 'refused') return;
    const word = await bucket.ask(id);
    if (nodeOf(word?.value)?.incarnation === incarnation && word) await bucket.remove(id, word.revision);
  }

  /** Since a node that is late, or dead, was heard of, milliseconds; undefined for all others, and for those who are not known. */
  lateMs(id: NodeId): number | undefined {
    const known = this.#others.get(id);
    return known?.isLate ? this.#options.clock.monotonic() - known.at : undefined;
  }

  /** Everybody who is known, ourselves first. */
  nodes(): readonly NodeView[] {
    const now = this.#options.clock.monotonic();
    const others = [...this.#others.values()].map(({ record, at, isAlive, isLate }) => ({ record, silentMs: now - at, isAlive, isLate }));
    return this.#isJoined ? [{ record: this.#record, isAlive: true, isLate: false, silentMs: 0 }, ...others] : others;
  }
}
