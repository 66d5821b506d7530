/** What the engine itself knows of a message beyond its event: whether it is a repetition, and what it leaves in the document. Pure. */
import type { ActorId, EpochMs } from '../../machines/common/effects.ts';
import type { ActorDoc, EffectRef } from '../store/store.ts';
import { NEVER } from './parking.ts';

/** Where a message comes from, beyond its ids. */
export interface Delivery {
  readonly ids?: readonly string[];
  /** The effect whose outcome this is: settled in the same commit. */
  readonly settle?: EffectRef;
  /** A tell that may be repeated. */
  readonly from?: { readonly actor: ActorId; readonly version: number; readonly n: number };
  /** The reminder that fires: gone once its step is committed. */
  readonly reminder?: { readonly name: string; readonly dueAt: EpochMs };
}

/** Whether the actor had it before, by its ids, its sender's version or its reminder. */
export function isRepeated(doc: ActorDoc, delivery: Delivery): boolean {
  const { ids, from, reminder } = delivery;
  if (reminder) return !doc.reminders.some((known) => known.name === reminder.name && known.dueAt === reminder.dueAt && (known.retryAt ?? 0) < NEVER);
  if (from) {
    const last = doc.senders[from.actor];
    if (last && (from.version < last[0] || (from.version === last[0] && from.n <= last[1]))) return true;
  }
  if (!ids || ids.length === 0) return false;
  if (doc.applied.some(([id]) => ids.includes(id))) return true;
  return doc.held?.some((message) => message.ids.some((id) => ids.includes(id))) ?? false;
}

const SENDER_LIMIT = 1_000;

/** The document as the step finds it: the message's own traces are in it, so they are committed with the step. */
export function before(doc: ActorDoc, delivery: Delivery): ActorDoc {
  let next = doc;
  const { reminder, settle, from } = delivery;
  if (reminder) next = { ...next, reminders: next.reminders.filter((known) => known.name !== reminder.name) };
  if (settle) next = { ...next, owed: next.owed.filter((owed) => owed.key !== settle.key) };
  if (from) {
    const senders = { ...next.senders, [from.actor]: [from.version, from.n, doc.changedAt] as const };
    next = { ...next, senders: trimSenders(senders) };
  }
  return next;
}

/** The oldest senders are forgotten; a repeat from so long ago is harmless by the receivers' own rules. */
function trimSenders(senders: ActorDoc['senders']): ActorDoc['senders'] {
  const all = Object.entries(senders);
  if (all.length <= SENDER_LIMIT) return senders;
  return Object.fromEntries(all.sort((a, b) => b[1][2] - a[1][2]).slice(0, SENDER_LIMIT));
}
