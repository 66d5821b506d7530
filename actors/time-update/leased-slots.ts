/**
 * Slots whose lines belong to several nodes: a slot of this one first, then a line of the node that has it.
 *
 * - D1 `go` means both are had; whatever else is answered, neither is.
 * - D2 Where all nodes with such lines are away for a moment, an action is asked again later and no attempt is spent. Only lines that were
 *   missing for `MISSING_MS` count as not there.
 */
import type { Clock } from '../engine/ports.ts';
import type { LineLeases } from '../meter-session/away/index.ts';
import type { SlotRequest, Slots } from './slots.ts';

export interface LeasedSlotsSetup {
  readonly clock: Clock;
  readonly slots: Pick<Slots, 'classes' | 'limit' | 'acquire' | 'release'>;
  readonly leases: Pick<LineLeases, 'acquire' | 'release'>;
  /** Every live node was asked for its lines. */
  readonly isComplete: () => boolean;
}

/** A restart of the only node with lines takes less. */
const MISSING_MS = 120_000;
/** Whoever finds none asks again sooner: after so long without a question it is another absence. */
const FORGET_MS = 30_000;

export class LeasedSlots implements Pick<Slots, 'classes' | 'limit' | 'acquire' | 'release'> {
  readonly #setup: LeasedSlotsSetup;
  /** Classes that were asked for in vain: monotonic instants of the first and of the last time. */
  readonly #missing = new Map<string, { readonly since: number; readonly askedAt: number }>();

  constructor(setup: LeasedSlotsSetup) {
    this.#setup = setup;
  }

  get classes(): readonly string[] {
    return this.#setup.slots.classes;
  }

  limit(name: string): number {
    return this.#setup.slots.limit(name);
  }

  async acquire(request: SlotRequest, signal: AbortSignal): Promise<'go' | 'full' | 'aborted' | 'none'> {
    const { slots, leases } = this.#setup;
    const slot = await slots.acquire(request, signal);
    if (request.class === 'tcp') return slot;
    if (slot === 'none') return this.#none(request.class);
    this.#missing.delete(request.class);
    if (slot !== 'go') return slot;
    const line = await leases.acquire(request, signal);
    if (line === 'go') return line;
    slots.release(request.requestId);
    return line === 'none' ? this.#none(request.class) : line;
  }

  release(requestId: number): void {
    this.#setup.leases.release(requestId);
    this.#setup.slots.release(requestId);
  }

  #none(name: string): 'full' | 'none' {
    const now = this.#setup.clock.monotonic();
    const before = this.#missing.get(name);
    const since = before !== undefined && now - before.askedAt < FORGET_MS ? before.since : now;
    this.#missing.set(name, { since, askedAt: now });
    return this.#setup.isComplete() && now - since >= MISSING_MS ? 'none' : 'full';
  }
}
