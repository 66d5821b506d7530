/** Lifts stored snapshots of the alert machine to `ALERT_MACHINE_VERSION`. Version 1 is the first. */
import type { Json } from '../common/effects.ts';
import { ALERT_MACHINE_VERSION } from './machine.ts';

/** Throws for a version that has no way up: its actor is parked. */
export function migrateAlert(snapshot: Json, from: number): Json {
  if (from === ALERT_MACHINE_VERSION) return snapshot;
  throw new RangeError(`alert snapshot: no migration from version ${from} to ${ALERT_MACHINE_VERSION}`);
}
