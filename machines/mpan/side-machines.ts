/** Pure steps of the two side machines of the MPAN actor (appointments 8.2): de-appointment-all, and linked or related meter points. */

import type { WorkingDays } from '../calendar/index.ts';
import type { EpochMs } from '../common/effects.ts';
import type { MpanContext } from './context.ts';
import { type MpanEffect, type Step, unchanged } from './effects.ts';
import type { AlignmentExpected, ProcessSucceeded, ProjectActive, ProjectDeAppointment } from './events.ts';

/** Settings of the side machines. */
export interface SideOptions {
  readonly workingDays: WorkingDays;
  /** Working days after which a missing second closure, or a missing alignment, is alerted. */
  readonly overdueWorkingDays: number;
}

/** First side closed: the other is expected within the working days. */
export function beginClosing(context: MpanContext, { message, at }: ProjectDeAppointment, options: SideOptions): Step {
  const block = message.deAppointed ?? message.dataServiceDeAppointed;
  const closing = { reason: message.interface === 'IF-003' ? 'IF-003' : (block?.reason ?? ''), to: block?.effectiveTo ?? '', firstAt: at, alerted: false };
  return {
    context: { ...context, closing },
    effects: [{ type: 'remind', params: { name: 'closure', dueAt: options.workingDays.addWorkingDays(at, options.overdueWorkingDays) } }],
  };
}

/** Both sides closed, or the point came back to us: nothing is missing any more. */
export function endClosing(context: MpanContext): Step {
  const effects: MpanEffect[] = [{ type: 'forget', params: { name: 'closure' } }];
  if (context.closing?.alerted === true) effects.push({ type: 'clearAlert', params: { code: 'deappointment_incomplete' } });
  return { context, effects };
}

/** The point is ours again: an appointment for us that begins after the closure. */
export function reopen(context: MpanContext): Step {
  return { context: { ...context, closing: null }, effects: endClosing(context).effects };
}

/** The second side is missing. Nothing is ever closed by time alone. */
export function closureOverdue(context: MpanContext, missing: 'metering' | 'data'): Step {
  const { closing } = context;
  if (closing === null) return unchanged(context);
  const text = `The ${missing} service of a lost meter point is not closed yet`;
  const details = { mpan: context.mpan, missing, reason: closing.reason, effectiveTo: closing.to };
  return {
    context: { ...context, closing: { ...closing, alerted: true } },
    effects: [{ type: 'raiseAlert', params: { code: 'deappointment_incomplete', text, details } }],
  };
}

/** Whether the newest appointment here is the primary's metering service already. */
export function isAlignedWith(context: MpanContext, meteringServiceDipId: string): boolean {
  return context.meteringServices.at(-1)?.dipId === meteringServiceDipId;
}

/** The primary's process succeeded: alignment is expected here within the working days. */
export function expectAlignment(context: MpanContext, event: AlignmentExpected, options: SideOptions): Step {
  const { primaryMpan, requestId, meteringServiceDipId, at } = event;
  const effects: MpanEffect[] = [{ type: 'remind', params: { name: 'alignment', dueAt: options.workingDays.addWorkingDays(at, options.overdueWorkingDays) } }];
  if (context.aligning?.alerted === true) effects.push({ type: 'clearAlert', params: { code: 'alignment_overdue' } });
  return { context: { ...context, aligning: { primaryMpan, requestId, meteringServiceDipId, alerted: false } }, effects };
}

/** The primary's process succeeded and this meter point had followed before. */
export function alignedAlready(context: MpanContext, event: AlignmentExpected): Step {
  const { primaryMpan, requestId, meteringServiceDipId } = event;
  return { context: { ...context, aligning: { primaryMpan, requestId, meteringServiceDipId, alerted: false } }, effects: settleAlignment(context) };
}

/** An IF-036 with the primary's metering service came, or an ALG one before anything was expected. */
export function align(context: MpanContext, { message }: ProjectActive): Step {
  const { aligning } = context;
  const dipId = message.incoming?.dipId ?? aligning?.meteringServiceDipId ?? '';
  const next = { primaryMpan: aligning?.primaryMpan ?? null, requestId: aligning?.requestId ?? null, meteringServiceDipId: dipId, alerted: false };
  return { context: { ...context, aligning: next }, effects: settleAlignment(context) };
}

function settleAlignment(context: MpanContext): MpanEffect[] {
  const effects: MpanEffect[] = [{ type: 'forget', params: { name: 'alignment' } }];
  if (context.aligning?.alerted === true) effects.push({ type: 'clearAlert', params: { code: 'alignment_overdue' } });
  return effects;
}

export function alignmentOverdue(context: MpanContext): Step {
  const { aligning } = context;
  if (aligning === null) return unchanged(context);
  const text = `The meter point is not aligned with its primary ${aligning.primaryMpan ?? 'meter point'} yet`;
  const details = { mpan: context.mpan, primaryMpan: aligning.primaryMpan, requestId: aligning.requestId, meteringServiceDipId: aligning.meteringServiceDipId };
  return {
    context: { ...context, aligning: { ...aligning, alerted: true } },
    effects: [{ type: 'raiseAlert', params: { code: 'alignment_overdue', text, details } }],
  };
}

/** Tells the meter points that the process's IF-036 named, and that we supply, to expect their alignment. */
export function tellLinked(context: MpanContext, event: ProcessSucceeded): Step {
  const { expecting } = context;
  if (expecting === null || expecting.requestId !== event.requestId) return unchanged(context);
  return { context: { ...context, expecting: null }, effects: expecting.mpans.map((mpan) => tellAlignment(context, mpan, event)) };
}

function tellAlignment(context: MpanContext, mpan: string, event: { requestId: string; meteringServiceDipId: string; at: EpochMs }): MpanEffect {
  const { requestId, meteringServiceDipId, at } = event;
  const told = { type: 'alignment.expected', at, primaryMpan: context.mpan, requestId, meteringServiceDipId, supplierDipId: context.supplierDipId };
  return { type: 'tell', params: { to: `mpan:${context.mpid}:${mpan}`, key: mpan, event: told } };
}
