/** What an operator may change of any actor's document: it goes out of service, comes back, or waits no longer. Pure. */
import type { EpochMs } from '../../machines/common/effects.ts';
import type { ActorDoc, HeldMessage } from '../store/store.ts';

/** Later than any instant that a reminder may have; the due index never reaches it. */
export const NEVER: EpochMs = 9_999_999_999_999;

/** Reminders are put out of reach of the due index, not dropped: their instants stand. */
export function parkedDoc(doc: ActorDoc, parked: NonNullable<ActorDoc['parked']>): ActorDoc {
  const reminders = doc.reminders.map((reminder) => ({ ...reminder, retryAt: NEVER }));
  return { ...doc, version: doc.version + 1, parked, held: doc.held ?? [], reminders };
}

/** Back in service, with the messages that waited still to be applied in their order. */
export function releasedDoc(doc: ActorDoc): { doc: ActorDoc; held: readonly HeldMessage[] } {
  const { parked: _parked, held, ...rest } = doc;
  return { doc: { ...rest, version: doc.version + 1, reminders: atTheirInstants(rest) }, held: held ?? [] };
}

/** The event of a nudge in the history. */
export const NUDGE = 'nudge';

/** Reminders whose handling failed do not wait for their next try. */
export function nudgedDoc(doc: ActorDoc): ActorDoc {
  return { ...doc, version: doc.version + 1, reminders: atTheirInstants(doc) };
}

function atTheirInstants({ reminders }: Pick<ActorDoc, 'reminders'>): ActorDoc['reminders'] {
  return reminders.map(({ retryAt: _retryAt, ...reminder }) => reminder);
}
