/**
 * Brings the shards of this node into service and out of it again; each one by itself, one thing at a time.
 *
 *            take                  opened              hand over
 *   (idle) ───────► taking ─────────────────► open ───────────────► closing ──► released (idle)
 *                     │ ▲ pause, back-off       │                      │
 *                     │ └─ could not be opened  │ lease lost: lose     │
 *                     └─ too often: released ◄──┴──────────────────────┘
 *
 * Invariants
 * - T1 The host opens a shard only under a lease that is ours, and hears `lose` at once when it is not any more.
 * - T2 A shard is released only after the host has closed it, or was told that it lost it.
 */
import { DEFAULT_SUPERVISOR_POLICY, restartDelayMs } from '../../machines/supervisor/index.ts';
import type { Ports, Timer } from '../engine/ports.ts';
import type { ShardHost } from './contract.ts';
import { textOf } from './kv.ts';
import type { LeaseTable } from './leases.ts';

export type Standing = 'taking' | 'open' | 'closing';

export interface KeeperOptions {
  readonly ports: Ports;
  readonly host: ShardHost;
  readonly leases: Pick<LeaseTable, 'claim' | 'release' | 'holds' | 'epochOf'>;
  readonly openRestarts: number;
  readonly drainMs: number;
  onOpen(shard: number, epoch: number): void;
  onReleased(shard: number, reason: string): void;
  /** It was given up after too many failures. */
  onFailed(shard: number, reason: string): void;
  onChange(): void;
}

interface Care {
  standing: Standing;
  /** The lease went away, or the node ends: leave off. */
  isOver: boolean;
  readonly wake: PromiseWithResolvers<void>;
}

/** Beyond the drain time, for the host to end what was cut. */
const CUT_MS = 2_000;
/** After a claim that came to nothing: by then the watch shows who has it. */
const MISSED_MS = 100;

export class Keeper {
  readonly #options: KeeperOptions;
  readonly #cares = new Map<number, Care>();
  /** What is under way. */
  readonly #work = new Set<Promise<void>>();
  /** Of the monotonic clock. */
  readonly #missedAt = new Map<number, number>();

  constructor(options: KeeperOptions) {
    this.#options = options;
  }

  standingOf(shard: number): Standing | undefined {
    return this.#cares.get(shard)?.standing;
  }

  /** Shards that something is done with here, or that are open. */
  shards(): readonly number[] {
    return [...this.#cares.keys()];
  }

  /** Claim and open a shard that nothing is done with here. */
  take(shard: number): void {
    const now = this.#options.ports.clock.monotonic();
    if (this.#cares.has(shard) || now - (this.#missedAt.get(shard) ?? Number.NEGATIVE_INFINITY) < MISSED_MS) return;
    const care: Care = { standing: 'taking', isOver: false, wake: Promise.withResolvers() };
    this.#cares.set(shard, care);
    this.#run(this.#take(shard, care));
  }

  /** Close and release an open shard. */
  handOver(shard: number, reason: string): void {
    const care = this.#cares.get(shard);
    if (care?.standing !== 'open') return;
    care.standing = 'closing';
    this.#run(this.#handOver(shard, care, reason));
  }

  /** Everything, at once. Resolves when it is done, or when what cannot be ended was waited for long enough. */
  async handOverAll(reason: string): Promise<void> {
    this.#leaveOff();
    for (const shard of this.#cares.keys()) this.handOver(shard, reason);
    const enough = Promise.withResolvers<void>();
    const timer = this.#options.ports.clock.after(this.#options.drainMs + 2 * CUT_MS, enough.resolve);
    await Promise.race([Promise.all(this.#work), enough.promise]);
    timer.cancel();
  }

  async #handOver(shard: number, care: Care, reason: string): Promise<void> {
    await this.#close(shard, care);
    await this.#options.leases.release(shard);
    this.#cares.delete(shard);
    if (!care.isOver) this.#options.onReleased(shard, reason);
    this.#options.onChange();
  }

  /** The lease is gone. */
  lost(shard: number): void {
    const care = this.#cares.get(shard);
    if (!care || care.isOver) return;
    care.isOver = true;
    care.wake.resolve();
    this.#options.host.lose(shard);
    if (care.standing === 'open') this.#cares.delete(shard);
  }

  /** It cannot be used here any more, though the lease is still ours: away with it. */
  giveUp(shard: number, reason: string): void {
    const care = this.#cares.get(shard);
    if (care?.standing !== 'open') return;
    care.standing = 'closing';
    care.isOver = true;
    this.#options.host.lose(shard);
    this.#run(this.#fail(shard, reason));
  }

  #run(work: Promise<void>): void {
    const settled = work.finally(() => this.#work.delete(settled));
    this.#work.add(settled);
  }

  #leaveOff(): void {
    for (const care of this.#cares.values()) {
      if (care.standing !== 'taking') continue;
      care.isOver = true;
      care.wake.resolve();
    }
  }

  async #take(shard: number, care: Care): Promise<void> {
    const { openRestarts, leases, host } = this.#options;
    for (let failures = 0; !care.isOver; ) {
      try {
        const epoch = await leases.claim(shard);
        if (epoch === undefined || care.isOver) break;
        await host.open(shard, epoch);
        if (care.isOver || !leases.holds(shard)) break;
        care.standing = 'open';
        this.#missedAt.delete(shard);
        this.#options.onOpen(shard, epoch);
        this.#options.onChange();
        return;
      } catch (error) {
        this.#options.ports.log.warn({ shard, reason: textOf(error) }, 'a shard could not be opened');
        failures++;
        if (failures > openRestarts) return this.#fail(shard, textOf(error));
        await this.#pause(failures, care);
      }
    }
    // What was opened under a lease that went away meanwhile, or that is not wanted any more.
    if (leases.holds(shard)) {
      host.lose(shard);
      await leases.release(shard);
    }
    this.#missedAt.set(shard, this.#options.ports.clock.monotonic());
    this.#cares.delete(shard);
    this.#options.onChange();
  }

  async #fail(shard: number, reason: string): Promise<void> {
    // Noted before it is free, so that it does not come straight back.
    this.#options.onFailed(shard, reason);
    await this.#options.leases.release(shard);
    this.#cares.delete(shard);
    this.#options.onChange();
  }

  async #pause(failures: number, care: Care): Promise<void> {
    const { clock, random } = this.#options.ports;
    const paused = Promise.withResolvers<void>();
    const timer = clock.after(restartDelayMs(DEFAULT_SUPERVISOR_POLICY, failures, random.next()), paused.resolve);
    await Promise.race([paused.promise, care.wake.promise]);
    timer.cancel();
  }

  async #close(shard: number, care: Care): Promise<void> {
    const { host, ports, drainMs } = this.#options;
    const cut = new AbortController();
    const timers: Timer[] = [];
    const stuck = Promise.withResolvers<'stuck'>();
    timers.push(ports.clock.after(drainMs, () => cut.abort()));
    timers.push(ports.clock.after(drainMs + CUT_MS, () => stuck.resolve('stuck')));
    try {
      const how = await Promise.race([host.close(shard, cut.signal), stuck.promise, care.wake.promise]);
      if (how === 'stuck') throw new Error(`still at work after ${drainMs + CUT_MS} ms`);
    } catch (error) {
      ports.log.warn({ shard, reason: textOf(error) }, 'a shard could not be closed in order');
      host.lose(shard);
    }
    for (const timer of timers) timer.cancel();
  }
}
