/** Lines before they are in a file: which are valid, what makes two the same, where they wait. */
import { isSettlementDate } from '../calendar/index.ts';
import type { ActorId } from '../common/effects.ts';
import type { D0151Line, D0155Line, Flow, KeptLine, LineAdded, LineCancelled, Reference } from './events.ts';

/** Most others that hear of one line; beyond, the earliest of them is dropped. */
const MAX_ALSO = 8;

/** Name under which a line is unique: once in files that were not refused (appointments 9.2). Test lines stand apart. */
export function slotOf(flow: Flow, line: D0151Line | D0155Line): string {
  const scope = line.test ? 'test:' : '';
  if (flow === 'D0151') {
    const { mpan, recipient, reason, effectiveTo } = line as D0151Line;
    return `${scope}d0151:${mpan}:${recipient}:${reason}:${effectiveTo}`;
  }
  const { mpan, recipient, appointedFrom } = line as D0155Line;
  return `${scope}d0155:${mpan}:${recipient}:${appointedFrom}`;
}

/** Slots that a cancellation may mean, live before test. */
export function slotsOfCancelled(event: LineCancelled): readonly [string, string] {
  const name = `d0151:${event.mpan}:${event.recipient}:${event.reason}:${event.effectiveTo}`;
  return [name, `test:${name}`];
}

/** Name of the queue a line waits in: one per flow, recipient and test flag. */
export function queueOf(flow: Flow, recipient: string, test: boolean): string {
  return `${flow}:${recipient}${test ? ':test' : ''}`;
}

/** Field and rule of the first thing wrong with a line; null when it may go into a file. */
export function faultOf(event: LineAdded): string | null {
  const { line } = event;
  if (!/^\d{13}$/.test(line.mpan)) return `mpan: must be 13 digits: ${line.mpan}`;
  if (!/^[A-Z0-9]{4}$/.test(line.recipient)) return `recipient: must be 4 capital letters or digits: ${line.recipient}`;
  if (!isSettlementDate(line.registrationEffectiveFrom)) return `registrationEffectiveFrom: must be a date: ${line.registrationEffectiveFrom}`;
  if (event.flow === 'D0151') {
    const { reason, effectiveTo, newSupplier } = event.line;
    if (reason !== 'CA' && reason !== 'LC') return `reason: must be CA or LC: ${reason}`;
    if (!isSettlementDate(effectiveTo)) return `effectiveTo: must be a date: ${effectiveTo}`;
    if (newSupplier != null && !/^[A-Z0-9]{4}$/.test(newSupplier)) return `newSupplier: must be 4 capital letters or digits: ${newSupplier}`;
    return null;
  }
  return isSettlementDate(event.line.appointedFrom) ? null : `appointedFrom: must be a date: ${event.line.appointedFrom}`;
}

/** Everybody who hears of a line. */
export function referencesOf(kept: KeptLine): readonly Reference[] {
  return [{ to: kept.line.reference, key: kept.line.referenceKey }, ...(kept.also ?? [])];
}

/** The line with one more who hears of it. */
export function withReference(kept: KeptLine, reference: Reference): KeptLine {
  if (referencesOf(kept).some((known) => known.to === reference.to)) return kept;
  return { ...kept, also: [...(kept.also ?? []), reference].slice(-MAX_ALSO) };
}

/** The line without one of those who hear of it; null when nobody is left who wants it. */
export function withoutReference(kept: KeptLine, to: string): KeptLine | null {
  const left = referencesOf(kept).filter((known) => known.to !== to);
  const [first, ...also] = left;
  if (!first) return null;
  return { slot: kept.slot, line: { ...kept.line, reference: first.to, referenceKey: first.key }, ...(also.length > 0 ? { also } : {}) };
}

/** Id of the actor of a file. */
export function fileActor(mpid: string, fileId: string): ActorId {
  return `dtn-file:${mpid}:${fileId}`;
}

/** Sender of the file behind a file actor's id, which is its routing key too; null for any other actor. */
export function senderOfFile(actor: string): string | null {
  return /^dtn-file:([^:]+):[^:]+$/.exec(actor)?.[1] ?? null;
}
