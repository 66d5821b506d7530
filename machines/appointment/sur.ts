/** Sender unique references of our IF-031 (assumption A-27). */
import { londonDate } from '../calendar/index.ts';
import type { AppointmentInput } from './events.ts';

/** `S-IF-031-{supplierDipId}-SUP-{YYYYMMDD}-{request id without hyphens}`, dated by London's day of the request. */
export function originalSur(input: Pick<AppointmentInput, 'supplierDipId' | 'requestId' | 'at'>): string {
  return `S-IF-031-${input.supplierDipId}-SUP-${londonDate(input.at).replaceAll('-', '')}-${input.requestId.replaceAll('-', '')}`;
}

/** The reference after so many rebuilds by an operator: `r1`, `r2`, … appended. */
export function surAfter(input: Pick<AppointmentInput, 'supplierDipId' | 'requestId' | 'at'>, resends: number): string {
  return resends === 0 ? originalSur(input) : `${originalSur(input)}r${resends}`;
}

/** All references that the process used, oldest first. */
export function sursOf(request: Pick<AppointmentInput, 'supplierDipId' | 'requestId' | 'at'>, resends: number): string[] {
  return Array.from({ length: resends + 1 }, (_, count) => surAfter(request, count));
}
