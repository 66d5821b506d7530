/** The morning report: ended actions counted by type, result and why; those that have not ended by type and way. Pure. */
import { gateKind, PASSWORD_REFUSED_EARLIER } from '../../actors/time-update/index.ts';
import { type ActionContext, resultText } from '../../machines/time-update/index.ts';

export interface ReportRow {
  readonly meterType: string;
  /** `SUCCESS`, `PARTIAL SUCCESS` or `ERROR`. */
  readonly result: string;
  /**
   * Stage and class of the failure, `open: transport`; `windows missed`, `password refused earlier` or `session lost` where no session told of
   * one; empty where there is nothing to tell.
   */
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

function whyOf({ end, attempt, windowsMissed }: ActionContext): string {
  if (end?.failure) return `${end.failure.stage}: ${end.failure.guard ?? end.failure.class}`;
  if (end?.outcome !== 'error') return '';
  if (end.text?.startsWith(PASSWORD_REFUSED_EARLIER)) return PASSWORD_REFUSED_EARLIER;
  if (attempt > 0) return 'session lost';
  return windowsMissed > 0 ? 'windows missed' : 'without a session';
}

export interface PendingRow {
  readonly meterType: string;
  /** How its meters are reached. */
  readonly way: Way;
  readonly count: number;
  /** So many of them waited through a whole window already. */
  readonly missed: number;
}

export type Way = 'TCP' | 'telephone' | 'PAKNET';

const WAYS = { tcp: 'TCP', tel: 'telephone', paknet: 'PAKNET' } as const satisfies Readonly<Record<ReturnType<typeof gateKind>, Way>>;

/** @param immediate count those that are not for the night too */
export function addPending(rows: Map<string, PendingRow>, { request, windowsMissed }: ActionContext, immediate: boolean): void {
  if (request.task !== 'time-update' || (request.immediate && !immediate)) return;
  const { meterType, canonicalAddress } = request.target;
  const way = WAYS[gateKind(canonicalAddress)];
  const name = JSON.stringify([meterType, way]);
  const { count = 0, missed = 0 } = rows.get(name) ?? {};
  rows.set(name, { meterType, way, count: count + 1, missed: missed + (windowsMissed > 0 ? 1 : 0) });
}
