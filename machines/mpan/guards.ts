/** Conditions of the MPAN machine's transitions. They see the record as it was before the event. */
import { hasRoutingFacts, isUs, type MpanContext } from './context.ts';
import type { Imported, MpanEvent, ProjectActive } from './events.ts';
import { closesSide, type Side } from './project-deappointment.ts';
import { isAlignedWith } from './side-machines.ts';

type Args = { readonly context: MpanContext; readonly event: MpanEvent };

/** Test messages change no projection (appointments 1.8). */
export const isLive = ({ event }: Args): boolean => !('message' in event) || event.message.test !== true;

/** After this event both routing facts are known. */
export function bringsRoutingFacts({ context, event }: Args): boolean {
  if (event.type === 'imported') return hasRoutingFacts(overlay(context, event));
  if (event.type !== 'project.active' || !isLive({ context, event })) return false;
  const { gspGroupId, distributorDipId } = event.message;
  return hasRoutingFacts({
    gsp_group_id: known(gspGroupId) ?? context.facts.gsp_group_id ?? null,
    distributor_dip_id: known(distributorDipId) ?? context.facts.distributor_dip_id ?? null,
  });
}

export const closes =
  (side: Side) =>
  ({ context, event }: Args): boolean =>
    event.type === 'project.deappointment' && closesSide(context, event.message) === side;

/** An appointment for us that begins after the closure: the point is ours again. */
export function isRegained({ context, event }: Args): boolean {
  if (event.type !== 'project.active' || !isLive({ context, event }) || event.message.incoming === null) return false;
  const supplier = event.message.requestingSupplier;
  return (supplier === null || isUs(context, supplier)) && event.message.incoming.effectiveFrom > (context.closing?.to ?? '');
}

export function isAligned({ context, event }: Args): boolean {
  return event.type === 'alignment.expected' && isAlignedWith(context, event.meteringServiceDipId);
}

export function isRepeatedExpectation({ context, event }: Args): boolean {
  return event.type === 'alignment.expected' && context.aligning?.requestId === event.requestId;
}

/** IF-036 with the metering service that is expected here, and not an old one that a later appointment has followed. */
export function followsPrimary({ context, event }: Args): boolean {
  if (event.type !== 'project.active' || !isLive({ context, event })) return false;
  const { incoming } = event.message;
  if (incoming === null || incoming.dipId !== context.aligning?.meteringServiceDipId) return false;
  return !context.meteringServices.some((row) => row.efd !== null && row.efd > incoming.effectiveFrom);
}

/** IF-036 that the registration service made by itself. */
export const isAutomatic = ({ event }: Args): boolean => event.type === 'project.active' && event.message.test !== true && isAlg(event);

const isAlg = (event: ProjectActive): boolean => event.message.incoming?.scenario === 'ALG';

export const isReminder =
  (name: string) =>
  ({ event }: Args): boolean =>
    event.type === 'reminder' && event.name === name;

function overlay(context: MpanContext, { facts }: Imported): MpanContext['facts'] {
  const { distributor_dip_id = context.facts.distributor_dip_id ?? null, gsp_group_id = context.facts.gsp_group_id ?? null } = facts;
  return { distributor_dip_id, gsp_group_id };
}

const known = (value: string | null): string | null => (value === 'x' ? null : value);
