/** Which meter points a bench calls for: some of each shard are kept aside as probes, the rest are the load. */
import { shardOf } from '../../../actors/engine/shard.ts';
import { isUnmigrated, seededMpan } from '../../sim/market/seed.ts';

export interface Points {
  /** Each once. */
  readonly load: Iterator<string>;
  /** One of the shard that was not used. @throws Error when none is left */
  probe(shard: number): string;
}

/** @param probes of each shard */
export function pointsOf(seeded: number, shards: number, probes: number): Points {
  const aside = Array.from({ length: shards }, (): string[] => []);
  const rest: string[] = [];
  for (let index = 0; index < seeded; index++) {
    // Those need another scenario.
    if (isUnmigrated(index)) continue;
    const mpan = seededMpan(index);
    const of = aside[shardOf(mpan, shards)];
    if (of && of.length < probes) of.push(mpan);
    else rest.push(mpan);
  }
  return {
    load: rest[Symbol.iterator](),
    probe(shard) {
      const mpan = aside[shard]?.pop();
      if (mpan === undefined) throw new Error(`bench: no meter point is left in shard ${shard}`);
      return mpan;
    },
  };
}
