/** Lifts stored snapshots of older versions. */
import type { Json } from '../common/effects.ts';

/** Version of the snapshot's shape; raised with every change that an old snapshot does not have. */
export const TIME_UPDATE_MACHINE_VERSION = 1;

/** What each version needs to become the next: index 0 lifts version 1 to 2. */
const lifts: readonly ((snapshot: Json) => Json)[] = [];

/** Throws when `from` is newer than this program or no version at all: the actor is then parked. */
export function migrateTimeUpdate(snapshot: Json, from: number): Json {
  if (!Number.isInteger(from) || from < 1 || from > TIME_UPDATE_MACHINE_VERSION) {
    throw new RangeError(`machineVersion: must be 1 to ${TIME_UPDATE_MACHINE_VERSION}, got ${from}`);
  }
  return lifts.slice(from - 1).reduce((lifted, lift) => lift(lifted), snapshot);
}
