/** What the outside may read of a snapshot, by names that stay. */
import type { SnapshotFrom } from 'xstate';
import type { AppointmentMachine } from './machine.ts';

export type AppointmentSnapshot = SnapshotFrom<AppointmentMachine>;
export type PublicStatus = 'Pending' | 'Success' | 'Failed';

/** Sub-states that need no name of their own. */
const PLAIN = new Set(['waiting', 'sending', 'preparing', 'overtaken']);

/** `AWAIT_OUTCOME`, `AWAIT_OUTCOME.replaying`, `SUBMITTING.checkingDelivery`, … */
export function stateName(snapshot: Pick<AppointmentSnapshot, 'value'>): string {
  const market = snapshot.value.market;
  if (typeof market === 'string') return market;
  const [entry] = Object.entries(market);
  if (!entry) return '';
  return PLAIN.has(entry[1]) ? entry[0] : `${entry[0]}.${entry[1]}`;
}

/** The state of 7.1 that a state name belongs to. */
export function mainState(name: string): string {
  const dot = name.indexOf('.');
  return dot < 0 ? name : name.slice(0, dot);
}

/** Status that the API shows (7.1). */
export function publicStatus(name: string): PublicStatus {
  if (name === 'SUCCESS') return 'Success';
  return name === 'FAILED' ? 'Failed' : 'Pending';
}
