/** Ids, slots and index values of appointment processes. */
import type { AppointmentContext } from '../../machines/appointment/index.ts';
import type { ActorId } from '../../machines/common/effects.ts';
import type { ActorDoc } from '../store/store.ts';

export const APPOINTMENT_KIND = 'appointment';

export const appointmentActorId = (requestId: string): ActorId => `appointment:${requestId}`;

/** Slot of the one live (or test) process that a supplier may have pending for a meter point. */
export const activeSlot = (test: boolean, mpid: string, mpan: string): string => `active:${test ? 'test' : 'live'}:${mpid}:${mpan}:ms`;

export const IDEMPOTENCY_PREFIX = 'idem:';

/** Value of a process in the index `mpan`. */
export const mpanIndexValue = (mpid: string, mpan: string): string => `${mpid}:${mpan}`;

/** The context of a stored process. */
export function contextOf(doc: ActorDoc): AppointmentContext {
  return (doc.snapshot as unknown as { readonly context: AppointmentContext }).context;
}
