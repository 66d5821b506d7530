/** What the store holds of an op whose outcome an answer does not tell. */
import type { Collection } from 'mongodb';
import { StoreError } from '../../errors/error.ts';
import type { CommitOutcome, Slot } from '../store.ts';
import type { Collections } from './collections.ts';
import { decodeSlot } from './encode.ts';
import { closed, toStoreError } from './errors.ts';
import type { Lanes } from './lanes.ts';
import type { StoredActor } from './layout.ts';
import type { PreparedOp } from './prepare.ts';

/** An op that the server will not take, whatever is tried. */
export interface Refused {
  readonly kind: 'refused';
  readonly text: string;
}

export type OpOutcome = CommitOutcome | Refused;

export interface SettlingWorld {
  readonly collections: Collections;
  /** Bulks that are under way at once. */
  readonly lanes: Lanes;
  /** How long an outcome is looked for before the commit is given up as failed. */
  readonly settleTimeoutMs: number;
  readonly closing: () => boolean;
  /** Waits; resolves at once when the store closes. */
  pause(delayMs: number): Promise<void>;
  now(): number;
  onDoubt(cause: unknown, ops: number): void;
  /** What is left of a removed document is in the way: its history goes before a new life begins. */
  beforeRevival(op: PreparedOp): Promise<void>;
}

export type Head = Pick<StoredActor, '_id' | 'v' | 'c' | 'e' | 'gone'>;

export const OK: CommitOutcome = { kind: 'ok' };

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 1_000;
const IDEMPOTENCY = 'idem:';
const BARRIER = 'store.barrier';

/** Doubts of one commit: they share the time in which they must be cleared up. */
export class Doubt {
  readonly #world: SettlingWorld;
  #giveUpAt: number | undefined;
  #pauseMs = FIRST_PAUSE_MS;

  constructor(world: SettlingWorld) {
    this.#world = world;
  }

  /** Looks until it has seen something that cannot be rolled back. @throws StoreError `commit_failed`, `store_closed` */
  async clear<T>(cause: unknown, ops: number, look: () => Promise<T>): Promise<T> {
    const world = this.#world;
    world.onDoubt(cause, ops);
    this.#giveUpAt ??= world.now() + world.settleTimeoutMs;
    for (;;) {
      await world.pause(this.#pauseMs);
      this.#pauseMs = Math.min(this.#pauseMs * 2, LONGEST_PAUSE_MS);
      try {
        await barrier(world.collections);
        return await look();
      } catch (error) {
        if (error instanceof StoreError) throw error;
        if (world.closing()) throw closed();
        if (world.now() > this.#giveUpAt) throw toStoreError('commit_failed', 'the outcome of a commit is not known', error);
        world.onDoubt(error, ops);
      }
    }
  }
}

/** A majority has what was written before this. */
async function barrier({ meta }: Collections): Promise<void> {
  await meta.updateOne({ _id: BARRIER }, { $set: { d: 'null' }, $inc: { n: 1 } } as object, { upsert: true });
}

export async function headsOf({ actors }: Collections, ops: readonly PreparedOp[]): Promise<ReadonlyMap<string, Head>> {
  const heads = new Map<string, Head>();
  const ids = ops.map(({ op }) => op.doc.id);
  for await (const head of actors.find<Head>({ _id: { $in: ids } }, { projection: { v: 1, c: 1, e: 1, gone: 1 } })) heads.set(head._id, head);
  return heads;
}

/** What the stored document says of an op; undefined: it should have been applied, as far as that goes. */
export function outcomeOf({ op, write }: PreparedOp, head: Head | undefined): CommitOutcome | undefined {
  if (head?.c.equals(write)) return OK;
  const stored = head && !head.gone ? head : undefined;
  if (stored && stored.e > op.doc.epoch) return { kind: 'epoch', storedEpoch: stored.e };
  const storedVersion = stored?.v ?? 0;
  return storedVersion === op.expectedVersion ? undefined : { kind: 'version', storedVersion };
}

export async function slotsOf(actors: Collection<StoredActor>, ops: readonly PreparedOp[]): Promise<ReadonlyMap<string, Slot>> {
  const names = ops.flatMap(({ claim }) => claim.map(({ n }) => n));
  const held = new Map<string, Slot>();
  if (names.length === 0) return held;
  for await (const { _id, sl = [] } of actors.find({ 'sl.n': { $in: names } } as object, { projection: { sl: 1 } })) {
    for (const slot of sl) held.set(slot.n, decodeSlot(_id, slot));
  }
  return held;
}

/** A duplicate names the index, not the value. Where several slots are taken, the idempotency slot is the one to tell of. */
export function conflictOf({ op, claim }: PreparedOp, held: ReadonlyMap<string, Slot>): CommitOutcome | undefined {
  const taken = claim.flatMap(({ n }) => held.get(n) ?? []).filter(({ owner }) => owner !== op.doc.id);
  const slot = taken.find(({ name }) => name.startsWith(IDEMPOTENCY)) ?? taken[0];
  return slot && { kind: 'slot', slot };
}
