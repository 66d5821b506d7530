/**
 * How many actors there are by kind and state, of the shards served here. The store's counters are read at most every ten seconds, and
 * never for more than a twentieth of the time: whoever asks in between is given what was read last.
 */
import type { Clock, Log } from '../../actors/engine/index.ts';
import type { Store } from '../../actors/store/index.ts';
import type { Sample } from '../../gateway/ops/metrics.ts';

export interface ActorCountsSetup {
  readonly store: Pick<Store, 'counts'>;
  readonly shards: () => readonly number[];
  readonly clock: Pick<Clock, 'monotonic' | 'after'>;
  readonly log: Pick<Log, 'debug'>;
}

const FRESH_MS = 10_000;
const SHARE = 20;
/** Longest wait for a store that answers late; then the last counts are given. */
const PATIENCE_MS = 1_000;

export function createActorCounts({ store, shards, clock, log }: ActorCountsSetup): () => Promise<readonly Sample[]> {
  let last: readonly Sample[] = [];
  let freshUntil = Number.NEGATIVE_INFINITY;
  let reading: Promise<void> | undefined;
  const read = async (): Promise<void> => {
    const since = clock.monotonic();
    try {
      const served = shards();
      last = served.length === 0 ? [] : samplesOf(await store.counts(served));
    } catch (error) {
      // Counts of before a failure would look like counts of now.
      last = [];
      log.debug({ err: error }, 'actors could not be counted');
    }
    const now = clock.monotonic();
    freshUntil = now + Math.max(FRESH_MS, (now - since) * SHARE);
    reading = undefined;
  };
  return async () => {
    if (clock.monotonic() < freshUntil) return last;
    reading ??= read();
    const late = Promise.withResolvers<void>();
    const patience = clock.after(PATIENCE_MS, late.resolve);
    await Promise.race([reading, late.promise]);
    patience.cancel();
    return last;
  };
}

function samplesOf(counts: Awaited<ReturnType<Store['counts']>>): readonly Sample[] {
  const sums = new Map<string, { readonly labels: { readonly kind: string; readonly state: string }; value: number }>();
  for (const { kind, state, count } of counts) {
    const name = `${kind}|${state}`;
    const sum = sums.get(name) ?? { labels: { kind, state }, value: 0 };
    sum.value += count;
    sums.set(name, sum);
  }
  return [...sums.values()];
}
