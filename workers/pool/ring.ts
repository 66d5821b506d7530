/**
 * The shared memory through which batches cross: slots that go round between the main thread and the workers. A slot is one unit of the
 * memory, or several neighbours for what is large. The lowest free units come first: they are the ones that caches still hold.
 *
 * ```
 *   unit     0        1        2        3                     slots - 1
 *        +--------+--------+--------+--------+-- … --+--------+
 *        |  busy  |  slot of two    |  free  |       |  free  |      each `slotBytes`, a multiple of 8
 *        +--------+--------+--------+--------+-- … --+--------+
 * ```
 *
 * What lies inside a slot is drawn in `batch.ts`.
 *
 * I1 No unit belongs to two slots.
 * I2 A slot is given back once, by the dispatcher, and only when its worker has answered or has exited: a thread that was told
 *    to terminate still writes until its exit event.
 */

export interface Slot {
  /** Octet of the memory at which the slot begins. */
  readonly at: number;
  readonly bytes: number;
}

export class Ring {
  readonly memory: SharedArrayBuffer;
  readonly slotBytes: number;
  readonly #units: Uint8Array;
  #free: number;

  constructor(slots: number, slotBytes: number) {
    this.memory = new SharedArrayBuffer(slots * slotBytes);
    this.slotBytes = slotBytes;
    this.#units = new Uint8Array(slots);
    this.#free = slots;
  }

  /** Units that no slot holds. */
  get free(): number {
    return this.#free;
  }

  /** The most that one slot can hold. */
  get largest(): number {
    return this.memory.byteLength;
  }

  /** A slot of at least so many octets, or nothing while no neighbours are free. */
  take(bytes: number): Slot | undefined {
    const units = Math.max(1, Math.ceil(bytes / this.slotBytes));
    if (units > this.#free) return undefined;
    const first = this.#find(units);
    if (first === undefined) return undefined;
    this.#units.fill(1, first, first + units);
    this.#free -= units;
    return { at: first * this.slotBytes, bytes: units * this.slotBytes };
  }

  give(slot: Slot): void {
    const first = slot.at / this.slotBytes;
    const units = slot.bytes / this.slotBytes;
    for (let unit = first; unit < first + units; unit++) {
      if (this.#units[unit] !== 1) throw new Error(`Ring.give: unit ${unit} is free already`);
      this.#units[unit] = 0;
    }
    this.#free += units;
  }

  #find(units: number): number | undefined {
    let run = 0;
    for (let unit = 0; unit < this.#units.length; unit++) {
      run = this.#units[unit] === 0 ? run + 1 : 0;
      if (run === units) return unit - units + 1;
    }
    return undefined;
  }
}
