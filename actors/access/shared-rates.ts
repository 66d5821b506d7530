/**
 * One rate per key for the whole cluster: each node has the key's bucket, and tells the others what it took from its own.
 *
 *   take() ─► own bucket ─► took[hash] += 1 ──every 200 ms──► Voice `rate` ─► the others take as many off theirs
 *
 * What is wrong with it, at most: within one interval each node may take what its own bucket holds, so a key that has been quiet gets
 * its burst once per node; the debt is paid afterwards, and on average the rate holds. A word that is lost is given away: what one
 * interval passed on one node. A node that starts begins with a full bucket.
 */
import type { Json } from '../../machines/common/effects.ts';
import { NO_VOICE, type Voice } from '../cluster/contract.ts';
import type { Clock, Timer } from '../engine/ports.ts';

const INTERVAL_MS = 200;
/** Keys in one word. */
const WORD_KEYS = 500;
/** Keys of one interval; beyond, their words leave at once. */
const MAX_KEYS = 5_000;
const TOPIC = 'rate';
const HASH = /^[0-9a-f]{64}$/;

export interface SharedRatesSetup {
  readonly voice: Voice;
  readonly clock: Clock;
  /** Another node took that many with this key. */
  onTaken(hash: string, count: number): void;
}

export class SharedRates {
  readonly #setup: SharedRatesSetup;
  readonly #alone: boolean;
  readonly #took = new Map<string, number>();
  #timer: Timer | undefined;
  #unhear: () => void = () => {};

  constructor(setup: SharedRatesSetup) {
    this.#setup = setup;
    this.#alone = setup.voice === NO_VOICE;
  }

  start(): void {
    this.#unhear();
    this.#unhear = this.#setup.voice.on(TOPIC, (payload) => {
      for (const [hash, count] of entriesOf(payload)) this.#setup.onTaken(hash, count);
    });
  }

  stop(): void {
    this.#unhear();
    this.#tell();
  }

  /** One was taken here. */
  took(hash: string): void {
    if (this.#alone) return;
    this.#took.set(hash, (this.#took.get(hash) ?? 0) + 1);
    if (this.#took.size >= MAX_KEYS) this.#tell();
    else this.#timer ??= this.#setup.clock.after(INTERVAL_MS, () => this.#tell());
  }

  #tell(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    const all = [...this.#took];
    this.#took.clear();
    for (let start = 0; start < all.length; start += WORD_KEYS) this.#setup.voice.tell(TOPIC, all.slice(start, start + WORD_KEYS));
  }
}

function entriesOf(payload: Json): readonly (readonly [hash: string, count: number])[] {
  if (!Array.isArray(payload)) return [];
  return payload.filter(
    (entry): entry is [string, number] =>
      Array.isArray(entry) && typeof entry[0] === 'string' && HASH.test(entry[0]) && typeof entry[1] === 'number' && entry[1] > 0 && Number.isFinite(entry[1]),
  );
}
