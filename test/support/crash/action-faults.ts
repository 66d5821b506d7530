/** What must hold of an action, cut anywhere: looked at in the store right after the cut, and when it has ended. */
import type { ActorDoc, Store } from '../../../actors/store/store.ts';
import { contextOf } from '../../../actors/time-update/index.ts';
import type { ActionContext } from '../../../machines/time-update/index.ts';
import type { HeldBy } from './plain-meters.ts';

/** Of an action as the cut left it. */
export async function faultsAtCut(store: Store, doc: ActorDoc): Promise<readonly string[]> {
  const faults: string[] = [];
  const owed = doc.owed.filter(({ name }) => name === 'session').length;
  const owes = doc.state === 'queued' || doc.state === 'running' ? 1 : 0;
  if (owed !== owes) faults.push(`${doc.state} owes ${owed} sessions`);
  if (doc.reminders.length !== (doc.state === 'paused' ? 1 : 0)) faults.push(`${doc.state} has ${doc.reminders.length} reminders`);
  return [...faults, ...(await indexFaults(store, doc)), ...endFaults(doc)];
}

/** Found by its request id alone, and in the gate as long as it waits and no longer. */
async function indexFaults(store: Store, doc: ActorDoc): Promise<readonly string[]> {
  const faults: string[] = [];
  const { requestId } = contextOf(doc).request;
  const found = await store.find('requestId', String(requestId));
  if (found.length !== 1 || found[0] !== doc.id) faults.push(`requestId: ${found.join()}`);
  const gates = doc.indexes.gate ?? [];
  if ((doc.state === 'waiting') !== (gates.length === 1)) faults.push(`${doc.state} is in ${gates.length} gates`);
  return faults;
}

/** A result is there when it has ended and only then, and it does not say less than what is known. */
function endFaults(doc: ActorDoc): readonly string[] {
  const { end, write, found, times, request } = contextOf(doc);
  const faults: string[] = [];
  if ((end === null) !== (doc.state !== 'done')) faults.push(`${doc.state} with the result ${JSON.stringify(end)}`);
  if (end === null) return faults;
  if (write !== null && end.outcome !== 'success' && end.outcome !== 'partial') faults.push(`a write may have left, and it ended in ${end.outcome}`);
  if (write !== null && found.before === null) faults.push('a write may have left, and there is no reading before it');
  if (end.outcome === 'success' && found.before === null && request.task === 'time-update') faults.push('success without a reading');
  if (end.outcome !== 'success' && !end.text) faults.push(`${end.outcome} without a reason`);
  if (times.endedAt === null) faults.push('ended at no time');
  return faults;
}

/** Of an action that had its time: what the cut left, what is stored now, and the sessions that were held since. */
export async function faultsAtEnd(store: Store, cut: ActorDoc, doc: ActorDoc | undefined, sessions: readonly HeldBy[]): Promise<readonly string[]> {
  if (doc?.state !== 'done') return [`it is ${doc?.state} and never ends`];
  const before = contextOf(cut);
  const after = contextOf(doc);
  const faults = [...(await indexFaults(store, doc)), ...endFaults(doc)];
  if (doc.owed.length > 0 || doc.reminders.length > 0) faults.push('it ended and still owes something');
  if (before.end !== null && JSON.stringify(before) !== JSON.stringify(after)) faults.push('it changed after its end');
  return [...faults, ...sessionFaults(before, after, cut, sessions)];
}

function sessionFaults(before: ActionContext, after: ActionContext, cut: ActorDoc, sessions: readonly HeldBy[]): readonly string[] {
  const faults: string[] = [];
  const writes = sessions.filter(({ deeds }) => deeds.includes('write'));
  if (before.end !== null && sessions.length > 0) faults.push('a session after its end');
  if (before.cancelledBy !== null && writes.length > 0) faults.push('a write after a cancel');
  if (before.write?.sure === true && writes.length > 0) faults.push('a second write after one that is known to have left');
  if (writes.length > 1) faults.push(`${writes.length} sessions wrote`);
  for (const { deeds } of sessions) {
    if (deeds[0] !== 'read') faults.push(`a session began with ${deeds[0]}`);
    if (deeds.includes('write') && deeds[deeds.indexOf('write') - 1] !== 'intend') faults.push(`a write without an intent: ${deeds.join()}`);
  }
  const excused = after.end?.outcome === 'cancelled' || (after.end?.text?.includes('lost with its process') ?? false);
  if (cut.owed.some(({ name }) => name === 'session') && sessions.length === 0 && !excused) faults.push('the session that it owed was never held');
  const attempts = sessions.map(({ attempt }) => attempt);
  if (attempts.some((attempt, i) => attempt <= (attempts[i - 1] ?? before.attempt))) faults.push(`attempts ${attempts.join()} after ${before.attempt}`);
  return faults;
}
