/** Lifts stored snapshots of the MPAN machine to `MPAN_MACHINE_VERSION`. Version 1 is the first. */
import type { Json } from '../common/effects.ts';
import { MPAN_MACHINE_VERSION } from './machine.ts';

/** Throws for a version that has no way up: its actor is parked. */
export function migrateMpan(snapshot: Json, from: number): Json {
  if (from === MPAN_MACHINE_VERSION) return snapshot;
  throw new RangeError(`mpan snapshot: no migration from version ${from} to ${MPAN_MACHINE_VERSION}`);
}
