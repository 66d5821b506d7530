/** Lifts stored snapshots of the agent machine to `AGENT_MACHINE_VERSION`. Version 1 is the first. */
import type { Json } from '../common/effects.ts';
import { AGENT_MACHINE_VERSION } from './machine.ts';

/** Throws for a version that has no way up: its actor is parked. */
export function migrateAgent(snapshot: Json, from: number): Json {
  if (from === AGENT_MACHINE_VERSION) return snapshot;
  throw new RangeError(`agent snapshot: no migration from version ${from} to ${AGENT_MACHINE_VERSION}`);
}
