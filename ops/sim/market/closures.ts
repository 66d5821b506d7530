/** Custom blocks of de-appointments and reminders: IF-037, IF-003 and IF-045 (appointments 4.1, 4.2, 5.7 to 5.9). */
import { json } from './envelope.ts';
import { addDays, londonMidnight } from './london.ts';
import type { Closure } from './rules.ts';

export interface ClosureContext {
  /** The metering service whose appointment ends. */
  readonly service: { readonly dipId: string; readonly mpid: string; readonly from: string };
  /** Settlement date from which the successor holds it. */
  readonly from: string;
  /** The successor, for B010. */
  readonly successor: { readonly dipId: string; readonly mpid: string };
  readonly cssRegistrationId: string | null;
}

const DEFAULT_EVENTS = { 'IF-037': '[MSDeApp]', 'IF-003': '[MSDeAppRM]', 'IF-045': '[NoMSAppointed]' } as const;
const SUPPLIER_LEAVES = new Set(['CSUPP', 'DEREG']);

export function closureEvent(closure: Closure): string {
  return closure.event ?? DEFAULT_EVENTS[closure.interface];
}

export function closureReason(closure: Closure): string {
  return closure.reason ?? (closure.interface === 'IF-003' ? 'CSUPP' : 'CSERV');
}

/** Whether the appointed service's own appointment ends, or the incumbent's. */
export function closesAppointed(closure: Closure): boolean {
  return closure.who === undefined ? SUPPLIER_LEAVES.has(closureReason(closure)) : closure.who === 'appointed';
}

function outgoing(closure: Closure, context: ClosureContext, prefix: 'MeteringService' | 'DataService'): object {
  const lower = prefix === 'MeteringService' ? 'meteringService' : 'dataService';
  const party = prefix === 'MeteringService' ? context.service : { dipId: '1400000017', mpid: 'SDSX', from: context.service.from };
  const to = closure.effectiveTo ?? addDays(closure.effectiveFrom ?? context.from, -1);
  return {
    [`deAppointed${prefix}DIPID`]: party.dipId,
    [`deAppointed${prefix}MPID`]: party.mpid,
    [`${lower}EffectiveFromDate`]: londonMidnight(party.from),
    [`${lower}EffectiveToDate`]: londonMidnight(to),
    deAppointmentReasonCode: closureReason(closure),
  };
}

function incomingSupplier(closure: Closure, context: ClosureContext): object | undefined {
  const told = closure.incomingSupplier;
  if (told !== undefined)
    return { incomingSupplierDIPID: told.dipId, incomingSupplierMPID: told.mpid, supplierEffectiveFromDate: londonMidnight(told.effectiveFrom) };
  if (closureReason(closure) !== 'CSUPP') return undefined;
  return {
    incomingSupplierDIPID: '2300000045',
    incomingSupplierMPID: 'SUPZ',
    supplierEffectiveFromDate: londonMidnight(closure.effectiveFrom ?? context.from),
  };
}

/** JSON text of the CustomBlock. */
export function renderClosure(closure: Closure, context: ClosureContext): string {
  const event = closureEvent(closure);
  const from = londonMidnight(closure.effectiveFrom ?? context.from);
  const supplier = incomingSupplier(closure, context);
  const css = { CSSRegistrationID: context.cssRegistrationId ?? '3f0c2b4e-9a51-4f0d-8b77-1d6d2f3a9c10' };
  const successor = {
    incomingMeteringServiceDIPID: context.successor.dipId,
    incomingMeteringServiceMPID: context.successor.mpid,
    incomingMeteringServiceEffectiveFromDate: from,
  };
  const mop = closure.legacyMop ?? { mpid: 'LMOP', effectiveFrom: closure.effectiveFrom ?? context.from };
  switch (event) {
    case '[MSDeApp]':
      return json({ B008: outgoing(closure, context, 'MeteringService'), ...(closesAppointed(closure) ? {} : { B010: successor }), B002: supplier });
    case '[MSDeAppUpdate]':
      return json({ B010: successor });
    case '[DSDeApp]':
      return json({ B009: outgoing(closure, context, 'DataService'), B002: supplier });
    case '[MSDeAppRM]':
      return json({
        B013: css,
        B008: outgoing(closure, context, 'MeteringService'),
        B002: supplier,
        B095: { ReverseMigrationIncomingMOPMPID: mop.mpid, ReverseMigrationIncomingMOPEffectiveFromDate: londonMidnight(mop.effectiveFrom) },
      });
    case '[DSDeAppRM]':
      return json({ B009: outgoing(closure, context, 'DataService') });
    case '[ReverseMigNotification]':
      return json({
        B013: css,
        B094: { MHHSRegimeEndDate: londonMidnight(closure.effectiveTo ?? addDays(closure.effectiveFrom ?? context.from, -1)) },
        B002: supplier,
      });
    default:
      return '{}';
  }
}
