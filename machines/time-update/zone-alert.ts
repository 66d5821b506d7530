/**
 * The alert of a meter that is off by whole half hours (meter-protocols 2, "Guards"). It is about the meter, not about the action that saw
 * it: any later session that finds the clock near to right ends it. Pure.
 */
import type { ActorId } from '../common/effects.ts';
import type { MeterTarget, SessionResult } from '../meter-session/types.ts';
import type { Ask } from './asks.ts';
import type { ActionContext } from './context.ts';

const CODE = 'meter_zone';
/** Nearer to right than to half an hour. */
const NEAR_SECONDS = 900;

type Meter = Pick<MeterTarget, 'canonicalAddress' | 'outstationAddress'>;

/** Several meters may share an address. */
const subjectOf = ({ canonicalAddress, outstationAddress }: Meter): string =>
  `meter:${canonicalAddress}${outstationAddress === undefined ? '' : `/${encodeURIComponent(outstationAddress)}`}`;

/** The alert of this meter; its routing key is the canonical address. */
export const zoneAlertOf = (meter: Meter): ActorId => `alert:${CODE}:${subjectOf(meter)}`;

/** @param text for people */
export function raiseZoneAlert({ request: { requestId, target }, found }: ActionContext, text: string): Ask {
  const details = { action: requestId, serialNumber: found.serialNumber, offset: found.before?.offsetSeconds ?? null };
  return {
    type: 'tell',
    params: { to: zoneAlertOf(target), key: target.canonicalAddress, event: { type: 'raise', code: CODE, about: subjectOf(target), text, details } },
  };
}

/** Where the alert is raised and the last reading of this session is near to right. */
export function clearZoneAlert({ request: { target }, zoneAlert }: ActionContext, { before, after }: SessionResult): readonly Ask[] {
  const reading = after ?? before;
  if (zoneAlert !== true || reading === undefined || Math.abs(reading.offsetSeconds) > NEAR_SECONDS) return [];
  return [{ type: 'tell', params: { to: zoneAlertOf(target), key: target.canonicalAddress, event: { type: 'clear', code: CODE, about: subjectOf(target) } } }];
}
