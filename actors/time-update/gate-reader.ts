/**
 * Reads the index `gate` for the puller: which waiting actions could go next.
 *
 *   gate tcp|00 … tcp|59 ─page, oldest first─► candidates ─► take(fits)
 *                                                  └─ address busy, or its lines: aside, until one of them ends
 *
 * Memory holds one page of candidates per kind and a bounded number aside; what has no room there is found by the next pass.
 *
 * Invariants
 * - G1 A pass goes once through every open bucket, page by page in turn; the next one begins no sooner than after a pause.
 * - G2 Of one bucket, older actions come before younger ones that could go as well.
 */
import type { StoreReader } from '../engine/face.ts';
import type { ActorDoc } from '../store/store.ts';
import { GATE_BUCKETS, type GateKind, gateValue } from './gate.ts';
import { contextOf } from './names.ts';
import type { SlotRequest } from './slots.ts';

/** What is kept of a waiting action. */
export type Candidate = Omit<SlotRequest, 'immediate'> & { readonly shard: number };

export interface GateReaderSetup {
  readonly store: Pick<StoreReader, 'page'>;
  readonly kind: GateKind;
  readonly pageSize: number;
  readonly classOf: (doc: ActorDoc) => string;
  /** Candidates kept aside in all. */
  readonly maxAside: number;
  /** Shards of this node: actions of others are theirs to let go. */
  readonly serves: (shard: number) => boolean;
}

interface Cursor {
  readonly bucket: number;
  readonly cursor: string | undefined;
}

export class GateReader {
  readonly #setup: GateReaderSetup;
  #candidates: Candidate[] = [];
  /** By address. */
  readonly #aside = new Map<string, Candidate[]>();
  #asideCount = 0;
  /** What is still to be read of this pass; empty: it is over. */
  #cursors: Cursor[] = [];
  /** Buckets that this pass has begun with. */
  #begun = 0;

  constructor(setup: GateReaderSetup) {
    this.#setup = setup;
  }

  /** Begin a pass over that many buckets; those that open meanwhile join it. */
  begin(open: number): void {
    this.#aside.clear();
    this.#asideCount = 0;
    this.#cursors = [];
    this.#begun = 0;
    this.join(open);
  }

  join(open: number): void {
    for (; this.#begun < Math.min(open, GATE_BUCKETS); this.#begun++) this.#cursors.push({ bucket: this.#begun, cursor: undefined });
  }

  get kind(): GateKind {
    return this.#setup.kind;
  }

  /** Nothing is left of this pass. */
  get over(): boolean {
    return this.#cursors.length === 0 && this.#candidates.length === 0;
  }

  /** The next candidate that fits; those that do not are put aside. */
  take(fits: (candidate: Candidate) => boolean): Candidate | undefined {
    while (this.#candidates.length > 0) {
      const candidate = this.#candidates.pop();
      if (candidate === undefined) break;
      if (!this.#setup.serves(candidate.shard)) continue;
      if (fits(candidate)) return candidate;
      this.#putAside(candidate);
    }
    return undefined;
  }

  /** The first that was put aside for this address, if it fits. */
  takeAside(key: string, fits: (candidate: Candidate) => boolean): Candidate | undefined {
    const waiting = this.#aside.get(key);
    const first = waiting?.[0];
    if (waiting === undefined || first === undefined) return undefined;
    if (!this.#setup.serves(first.shard)) {
      this.#aside.delete(key);
      this.#asideCount -= waiting.length;
      return undefined;
    }
    if (!fits(first)) return undefined;
    waiting.shift();
    this.#asideCount--;
    if (waiting.length === 0) this.#aside.delete(key);
    return first;
  }

  /** Anything put aside that fits now: of a group of lines that was full. */
  takeAnyAside(fits: (candidate: Candidate) => boolean): Candidate | undefined {
    for (const key of this.#aside.keys()) {
      const found = this.takeAside(key, fits);
      if (found) return found;
    }
    return undefined;
  }

  /** Read one page more; what is for other nodes is passed over. @returns how many candidates it brought */
  async read(): Promise<number> {
    const next = this.#cursors.shift();
    if (next === undefined) return 0;
    const { store, kind, pageSize, classOf, serves } = this.#setup;
    const value = gateValue(kind, next.bucket);
    const page = await store.page({ index: 'gate', value, order: 'asc', limit: pageSize, ...(next.cursor === undefined ? {} : { cursor: next.cursor }) });
    if (page.cursor !== undefined) this.#cursors.push({ bucket: next.bucket, cursor: page.cursor });
    const found: Candidate[] = [];
    for (const doc of page.items) {
      if (doc.state !== 'waiting' || !serves(doc.shard)) continue;
      const { request } = contextOf(doc);
      found.push({ requestId: request.requestId, key: doc.key, class: classOf(doc), shard: doc.shard });
    }
    // Taken from the end, so the oldest lies there.
    this.#candidates = [...found.reverse(), ...this.#candidates];
    return found.length;
  }

  #putAside(candidate: Candidate): void {
    if (this.#asideCount >= this.#setup.maxAside) return;
    this.#asideCount++;
    const waiting = this.#aside.get(candidate.key);
    if (waiting) waiting.push(candidate);
    else this.#aside.set(candidate.key, [candidate]);
  }
}
