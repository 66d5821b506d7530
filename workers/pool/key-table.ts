/**
 * The keys of all ciphered sessions in one shared memory: written once by the session's owner, read by every worker.
 *
 * ```
 *   entry, 144 octets
 *    0  generation (4)     odd: holds keys; even: free. Only ever counts up.
 *    4  lengths (4 x 1)    of the keys below: 0 absent, 16 or 32
 *    8  -
 *   16  encryption key (32) | authentication key (32) | dedicated key (32) | broadcast key (32)
 * ```
 *
 * I1 A handle fits one generation of one entry: after `release` it never opens anything again, whoever holds the entry next.
 * I2 `release` first makes the generation even, then fills the entry with zeros. A reader copies, then looks at the generation
 *    once more, so it gives keys of its generation or none.
 * I3 Keys leave this file only as copies that are lent for one use and are zeros afterwards. They are in no error, no metric and no
 *    log, and a handle shows none.
 *
 * The octets go to the cipher raw: a KeyObject costs twice as much (bench `gcm`). What OpenSSL copies into its own contexts, and what
 * the collector has moved of the octets that a caller gave, is out of reach: `release` clears this table and no more.
 */
import type { SecurityKeys } from '../codec/security/index.ts';

/** What a session puts in. 16 octets each, 32 in suite 2; all may be absent. Wrapped keys never cross, so neither does the master key. */
export type SessionKeys = Omit<SecurityKeys, 'masterKey'>;

/** Names a set of keys; holds none. */
export interface KeyHandle {
  readonly slot: number;
  readonly generation: number;
}

export interface KeyReader {
  /** Gives the keys to `use`, in memory that is zeros afterwards; undefined, and no use, when the handle is stale. */
  lend<T>(handle: KeyHandle, use: (keys: SessionKeys) => T): T | undefined;
}

const ENTRY_BYTES = 144;
const LENGTHS_AT = 4;
const KEYS_AT = 16;
const KEY_ROOM = 32;
const KEYS_ROOM = 4 * KEY_ROOM;
const NAMES = ['encryptionKey', 'authenticationKey', 'dedicatedKey', 'broadcastKey'] as const;
const MOST_GENERATION = 2 ** 31 - 3;

const placeOf = ({ slot, generation }: KeyHandle, memory: Uint8Array): number | undefined => {
  const at = slot * ENTRY_BYTES;
  return Number.isInteger(slot) && at >= 0 && at < memory.length && generation % 2 === 1 ? at : undefined;
};

export function openKeyReader(memory: SharedArrayBuffer): KeyReader {
  const words = new Int32Array(memory);
  const octets = new Uint8Array(memory);
  const lent = new Uint8Array(KEYS_ROOM);
  const views = NAMES.map((_, index) => [16, 32].map((length) => lent.subarray(index * KEY_ROOM, index * KEY_ROOM + length)));
  const view = (at: number, index: number): Uint8Array | undefined => {
    const length = octets[at + LENGTHS_AT + index] ?? 0;
    return length === 0 ? undefined : views[index]?.[length === 16 ? 0 : 1];
  };
  return {
    lend(handle, use) {
      const at = placeOf(handle, octets);
      if (at === undefined || Atomics.load(words, at >> 2) !== handle.generation) return undefined;
      try {
        lent.set(octets.subarray(at + KEYS_AT, at + KEYS_AT + KEYS_ROOM));
        const keys = { encryptionKey: view(at, 0), authenticationKey: view(at, 1), dedicatedKey: view(at, 2), broadcastKey: view(at, 3) };
        if (Atomics.load(words, at >> 2) !== handle.generation) return undefined;
        return use(keys);
      } finally {
        lent.fill(0);
      }
    },
  };
}

/** The writing side: one for each memory, on the main thread. */
export class KeyTable {
  readonly memory: SharedArrayBuffer;
  readonly #words: Int32Array;
  readonly #octets: Uint8Array;
  readonly #free: number[] = [];
  #fresh = 0;

  constructor(entries: number) {
    this.memory = new SharedArrayBuffer(entries * ENTRY_BYTES);
    this.#words = new Int32Array(this.memory);
    this.#octets = new Uint8Array(this.memory);
  }

  /**
   * Copies the keys in. The caller may clear its own octets afterwards.
   *
   * @throws RangeError when a key has not 16 or 32 octets, or `keySlots` are all taken
   */
  put(keys: SessionKeys): KeyHandle {
    for (const name of NAMES) {
      const length = keys[name]?.length;
      if (length !== undefined && length !== 16 && length !== 32) throw new RangeError(`${name}: must be 16 or 32 octets: ${length} octets`);
    }
    const slot = this.#free.pop() ?? this.#fresh;
    const at = slot * ENTRY_BYTES;
    if (at >= this.#octets.length) throw new RangeError(`keySlots: must not be exceeded: ${slot} are taken`);
    if (slot === this.#fresh) this.#fresh++;
    for (const [index, name] of NAMES.entries()) {
      const key = keys[name];
      if (key === undefined) continue;
      this.#octets[at + LENGTHS_AT + index] = key.length;
      this.#octets.set(key, at + KEYS_AT + index * KEY_ROOM);
    }
    return { slot, generation: Atomics.add(this.#words, at >> 2, 1) + 1 };
  }

  /** Fills the keys with zeros. False when the handle was released before. */
  release(handle: KeyHandle): boolean {
    const at = placeOf(handle, this.#octets);
    const { slot, generation } = handle;
    if (at === undefined || Atomics.compareExchange(this.#words, at >> 2, generation, generation + 1) !== generation) return false;
    this.#octets.fill(0, at + LENGTHS_AT, at + ENTRY_BYTES);
    // An entry whose count is used up is left out, so that no old handle ever fits again.
    if (generation < MOST_GENERATION) this.#free.push(slot);
    return true;
  }

  /** Releases every handle. */
  clear(): void {
    for (let slot = 0; slot < this.#fresh; slot++) this.release({ slot, generation: this.#words[(slot * ENTRY_BYTES) >> 2] ?? 0 });
  }
}
