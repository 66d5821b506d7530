/** IF-037 and IF-003 onto the record (appointments 8.2), and what makes them a de-appoint-all. */
import type { DeAppointment, MarketMessage } from '../market/message.ts';
import { isUs, MAX_D0155, type MpanContext } from './context.ts';
import { announceUpdated, type MpanEffect, type Step, tellD0155, unchanged } from './effects.ts';
import type { ProjectDeAppointment } from './events.ts';
import { latestFacts } from './facts.ts';
import { closeRow, type Rows, succeedRow } from './rows.ts';

/** Reasons after which the supplier no longer holds the meter point. */
const LOSSES = new Set(['CSUPP', 'DEREG']);

export type Side = 'metering' | 'data';

export function projectDeAppointment(context: MpanContext, event: ProjectDeAppointment): Step {
  const { message, at } = event;
  const meteringServices = metering(context.meteringServices, message);
  const dataServices = close(context.dataServices, message.dataServiceDeAppointed, message.transactionAt);
  const reverse = reverseMigration(context, message);
  const next: MpanContext = { ...context, meteringServices, dataServices, ...reverse.context };
  const changed = [
    ...(meteringServices === context.meteringServices ? [] : ['metering_service']),
    ...(dataServices === context.dataServices ? [] : ['data_service']),
    ...reverse.changed,
  ];
  const d0155 = d0155Owed(next, message, at);
  if (changed.length === 0 && d0155.effects.length === 0) return unchanged(context);
  const settled: MpanContext = { ...next, ...d0155.context, changedAt: at };
  return {
    context: { ...settled, facts: latestFacts(settled) },
    effects: [
      ...announceUpdated(changed, { interface: message.interface, eventCode: message.eventCode }),
      ...announceClosed(context, settled, message),
      ...d0155.effects,
    ],
  };
}

/** The side that a message closes for good, or null. An older message about an appointment that has a later one closes nothing. */
export function closesSide(context: MpanContext, message: MarketMessage): Side | null {
  const side: Side = message.deAppointed === null ? 'data' : 'metering';
  const block = message.deAppointed ?? message.dataServiceDeAppointed;
  if (block === null || message.test || !isLoss(context, message, block)) return null;
  const ends = block.effectiveTo;
  const rows = side === 'metering' ? context.meteringServices : [...context.meteringServices, ...context.dataServices];
  const continued = ends !== null && rows.some((row) => row.efd !== null && row.efd > ends);
  return continued ? null : side;
}

function isLoss(context: MpanContext, message: MarketMessage, block: DeAppointment): boolean {
  if (message.interface === 'IF-003') return true;
  if (!LOSSES.has(block.reason ?? '')) return false;
  return block.reason === 'DEREG' || message.incomingSupplier === null || !isUs(context, message.incomingSupplier);
}

function metering(rows: Rows, message: MarketMessage): Rows {
  if (message.deAppointed !== null) {
    const closed = close(rows, message.deAppointed, message.transactionAt);
    return message.successor === null ? closed : succeed(closed, message);
  }
  return message.successor === null ? rows : succeed(rows, message);
}

function succeed(rows: Rows, message: MarketMessage): Rows {
  const { successor, transactionAt } = message;
  if (successor === null) return rows;
  return succeedRow(rows, { dipId: successor.dipId, mpid: successor.mpid, from: successor.effectiveFrom }, transactionAt);
}

function close(rows: Rows, block: DeAppointment | null, at: number): Rows {
  if (block === null || block.effectiveTo === null) return rows;
  const mpid = block.mpid === 'x' ? null : block.mpid;
  return closeRow(rows, { dipId: block.dipId, mpid, efd: block.effectiveFrom, to: block.effectiveTo, reason: block.reason }, at);
}

function reverseMigration(context: MpanContext, message: MarketMessage): { context: Partial<MpanContext>; changed: string[] } {
  const next: { -readonly [member in 'reverseMigration' | 'mhhsRegimeEnd']?: MpanContext[member] } = {};
  const changed: string[] = [];
  const at = message.transactionAt;
  if (message.eventCode === '[MSDeAppRM]' && (context.reverseMigration?.at ?? -1) < at) {
    next.reverseMigration = { from: message.incomingSupplier?.effectiveFrom ?? null, at };
    changed.push('reverse_migration');
  }
  if (message.mhhsRegimeEnd !== null && (context.mhhsRegimeEnd?.at ?? -1) < at) {
    next.mhhsRegimeEnd = { date: message.mhhsRegimeEnd, at };
    changed.push('mhhs_regime_end');
  }
  return { context: next, changed };
}

/**
 * A reverse migration towards us: we appoint the legacy meter operator of B095. It is owed as soon as it is known, not when
 * the data service's closure has come too: the meter operator starts on its date either way.
 */
function d0155Owed(context: MpanContext, message: MarketMessage, at: number): { context: Partial<MpanContext>; effects: MpanEffect[] } {
  const { reverseMop, incomingSupplier } = message;
  const from = reverseMop?.effectiveFrom ?? incomingSupplier?.effectiveFrom ?? null;
  if (reverseMop === null || incomingSupplier === null || from === null || !isUs(context, incomingSupplier)) return { context: {}, effects: [] };
  const name = `${reverseMop.mpid}:${from}`;
  if (context.d0155.includes(name)) return { context: {}, effects: [] };
  return { context: { d0155: [...context.d0155, name].slice(-MAX_D0155) }, effects: [tellD0155(context, reverseMop.mpid, from, at)] };
}

function announceClosed(before: MpanContext, after: MpanContext, message: MarketMessage): MpanEffect[] {
  const block = message.deAppointed;
  if (block === null || before.meteringServices === after.meteringServices) return [];
  const { dipId, mpid, effectiveTo, reason } = block;
  const primaryMpan = after.aligning?.primaryMpan ?? null;
  const aligned = reason === 'IMPEXP' || reason === 'RELATED' ? { primaryMpan, primaryRequestId: after.aligning?.requestId ?? null } : {};
  // `mpid` of an event is the supplier, whose it is.
  const closed = { meteringServiceMpid: mpid, meteringServiceDipId: dipId, effectiveTo, reason };
  return [{ type: 'announce', params: { what: 'de-appointed', data: { ...closed, interface: message.interface, ...aligned } } }];
}
