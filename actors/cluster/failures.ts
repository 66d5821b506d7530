/** Shards that this node could not open: with why, how often, and when it may try again. */
import { DEFAULT_SUPERVISOR_POLICY, restartDelayMs } from '../../machines/supervisor/index.ts';
import type { Ports } from '../engine/ports.ts';
import type { FailedShard } from './contract.ts';

interface Failure extends FailedShard {
  readonly tries: number;
  /** Of the monotonic clock. */
  readonly againAt: number;
}

export interface RetryPauses {
  /** Ceiling of the first pause, milliseconds; it doubles with each further failure. */
  readonly minMs: number;
  readonly maxMs: number;
}

export const DEFAULT_RETRY: RetryPauses = { minMs: 10_000, maxMs: 300_000 };
const MAX_REASON = 120;

export class Failures {
  readonly #failures = new Map<number, Failure>();
  readonly #ports: Ports;
  readonly #pauses: RetryPauses;
  readonly #onChange: (failed: readonly FailedShard[]) => void;

  constructor(ports: Ports, pauses: RetryPauses, onChange: (failed: readonly FailedShard[]) => void) {
    this.#ports = ports;
    this.#pauses = pauses;
    this.#onChange = onChange;
  }

  note(shard: number, reason: string): void {
    const tries = (this.#failures.get(shard)?.tries ?? 0) + 1;
    const policy = { ...DEFAULT_SUPERVISOR_POLICY, backoffMinMs: this.#pauses.minMs, backoffMaxMs: this.#pauses.maxMs };
    const againAt = this.#ports.clock.monotonic() + restartDelayMs(policy, tries, this.#ports.random.next());
    this.#failures.set(shard, { shard, tries, againAt, reason: reason.slice(0, MAX_REASON) });
    this.#tell();
  }

  forget(shard: number): void {
    if (this.#failures.delete(shard)) this.#tell();
  }

  /** Whether it may be tried now. */
  mayTry(shard: number): boolean {
    const failure = this.#failures.get(shard);
    return !failure || this.#ports.clock.monotonic() >= failure.againAt;
  }

  /** Forget those whose pause is over and that somebody else serves by now: we are as good as any other again. */
  forgive(isServedElsewhere: (shard: number) => boolean): void {
    for (const { shard } of [...this.#failures.values()]) if (this.mayTry(shard) && isServedElsewhere(shard)) this.forget(shard);
  }

  #tell(): void {
    this.#onChange([...this.#failures.values()].map(({ shard, reason, tries }) => ({ shard, reason, tries })));
  }
}
