/** The morning report: ended actions counted by type, result and why. Pure. */
import { type ActionContext, resultText } from '../../machines/time-update/index.ts';

export interface ReportRow {
  readonly meterType: string;
  /** `SUCCESS`, `PARTIAL SUCCESS` or `ERROR`. */
  readonly result: string;
  /** Stage and class of the failure, `open: transport`; empty where there was none. */
  readonly why: string;
  readonly count: number;
  /** The clock was set in so many of them. */
  readonly set: number;
  /** One text of them. */
  readonly example: string;
}

/** @param immediate count those that were not for the night too */
export function addTo(rows: Map<string, ReportRow>, context: ActionContext, immediate: boolean): void {
  const { request, end, found } = context;
  if (request.task !== 'time-update' || (request.immediate && !immediate)) return;
  const result = resultText(end).split(':', 1)[0] ?? '';
  const why = end?.outcome === 'cancelled' ? 'cancelled' : whyOf(context);
  const { meterType } = request.target;
  const name = JSON.stringify([meterType, result, why]);
  const before = rows.get(name);
  const set = (before?.set ?? 0) + (found.after === null ? 0 : 1);
  rows.set(name, { meterType, result, why, count: (before?.count ?? 0) + 1, set, example: before?.example ?? end?.text ?? '' });
}

function whyOf({ end }: ActionContext): string {
  if (end?.failure) return `${end.failure.stage}: ${end.failure.guard ?? end.failure.class}`;
  return end?.outcome === 'success' ? '' : 'without a session';
}
