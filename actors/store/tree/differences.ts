/** Index and reminder rows: only what differs between a document as it was and as it is gets written. */
import type { ActorDoc, IndexName, Reminder } from '../store.ts';
import { dueKey, fireAt, indexPrefix, stateValue } from './layout.ts';
import { packTime } from './pack.ts';
import type { Plan } from './trees.ts';

const NONE: readonly never[] = [];

/** Either side may be absent: created, removed. */
export function planIndexes(plan: Plan, packedId: string, before: ActorDoc | undefined, after: ActorDoc | undefined): void {
  const same = before !== undefined && after !== undefined && before.createdAt === after.createdAt && before.kind === after.kind;
  if (same) {
    planChangedIndexes(plan, packedId, before, after);
  } else {
    if (before) planAllIndexes(plan, packedId, before, undefined);
    if (after) planAllIndexes(plan, packedId, after, '');
  }
  planState(plan, packedId, before, after);
  planReminders(plan, packedId, before, after);
}

function planAllIndexes(plan: Plan, packedId: string, doc: ActorDoc, value: '' | undefined): void {
  const tail = packTime(doc.createdAt) + packedId;
  write(plan, indexPrefix('kind', doc.kind) + tail, value);
  for (const name in doc.indexes) {
    for (const entry of doc.indexes[name as IndexName] ?? NONE) write(plan, indexPrefix(name as IndexName, entry) + tail, value);
  }
}

function planChangedIndexes(plan: Plan, packedId: string, before: ActorDoc, after: ActorDoc): void {
  if (before.indexes === after.indexes) return;
  let tail = '';
  const change = (name: IndexName, from: readonly string[], to: readonly string[], value: '' | undefined): void => {
    for (const entry of from) {
      if (to.includes(entry)) continue;
      tail ||= packTime(after.createdAt) + packedId;
      write(plan, indexPrefix(name, entry) + tail, value);
    }
  };
  for (const key in before.indexes) {
    const name = key as IndexName;
    const had = before.indexes[name] ?? NONE;
    const has = after.indexes[name] ?? NONE;
    if (had !== has) change(name, had, has, undefined);
  }
  for (const key in after.indexes) {
    const name = key as IndexName;
    const had = before.indexes[name] ?? NONE;
    const has = after.indexes[name] ?? NONE;
    if (had !== has) change(name, has, had, '');
  }
}

function write(plan: Plan, key: string, value: string | undefined): void {
  if (value === undefined) plan.remove('index', key);
  else plan.put('index', key, value);
}

function planState(plan: Plan, packedId: string, before: ActorDoc | undefined, after: ActorDoc | undefined): void {
  const had = before && stateKey(before, packedId);
  const has = after && stateKey(after, packedId);
  if (had !== undefined && had !== has) plan.remove('index', had);
  if (after && has !== undefined && (had !== has || !before || stateRow(before) !== stateRow(after))) plan.put('index', has, stateRow(after));
}

function stateKey(doc: ActorDoc, packedId: string): string {
  return indexPrefix('state', stateValue(doc)) + packTime(doc.since) + packedId;
}

function stateRow(doc: ActorDoc): string {
  return `${doc.shard} ${doc.reason ?? ''}`;
}

function planReminders(plan: Plan, packedId: string, before: ActorDoc | undefined, after: ActorDoc | undefined): void {
  const had = before?.reminders ?? NONE;
  const has = after?.reminders ?? NONE;
  if (had === has) return;
  if (before) {
    for (const reminder of had) {
      if (!after || !has.some((other) => sameRow(reminder, other))) plan.remove('due', reminderKey(before, packedId, reminder));
    }
  }
  if (after) {
    for (const reminder of has) {
      if (before && had.some((other) => sameRow(reminder, other))) continue;
      const value = JSON.stringify([after.id, after.key, reminder.name, reminder.dueAt, fireAt(reminder), after.shard]);
      plan.put('due', reminderKey(after, packedId, reminder), value);
    }
  }
}

function reminderKey(doc: ActorDoc, packedId: string, reminder: Reminder): string {
  return dueKey(reminder.gate, fireAt(reminder), doc.shard, packedId, reminder.name);
}

function sameRow(a: Reminder, b: Reminder): boolean {
  return a === b || (a.name === b.name && a.dueAt === b.dueAt && a.gate === b.gate && a.retryAt === b.retryAt);
}
