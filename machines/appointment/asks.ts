/** What this machine may ask for, and the draft in which one step gathers it. */
import type {
  AnnounceParams,
  ClearAlertParams,
  EpochMs,
  ForgetParams,
  Json,
  RaiseAlertParams,
  RemindParams,
  TellParams,
  WithdrawParams,
} from '../common/effects.ts';
import type { AppointmentAlertCode } from './alerts.ts';
import type { AppointmentContext, ErrorEntry } from './context.ts';
import type { AppointmentEvent, QueryDeliveryParams, RequestReplayParams, SendDipParams } from './events.ts';
import type { ReminderName } from './timers.ts';

export type Ask =
  | { readonly type: 'remind'; readonly params: RemindParams }
  | { readonly type: 'forget'; readonly params: ForgetParams }
  | { readonly type: 'withdraw'; readonly params: WithdrawParams }
  | { readonly type: 'tell'; readonly params: TellParams }
  | { readonly type: 'announce'; readonly params: AnnounceParams }
  | { readonly type: 'raiseAlert'; readonly params: RaiseAlertParams }
  | { readonly type: 'clearAlert'; readonly params: ClearAlertParams }
  | { readonly type: 'sendDip'; readonly params: SendDipParams }
  | { readonly type: 'queryDelivery'; readonly params: QueryDeliveryParams }
  | { readonly type: 'requestReplay'; readonly params: RequestReplayParams };

/** `errors[]` keeps the latest so many entries, each text cut at so many characters. */
export const MAX_ERRORS = 20;
export const MAX_ERROR_TEXT = 200;

/** One step in the making: the context's changes and what is asked for, in order. */
export interface Draft {
  readonly context: AppointmentContext;
  readonly event: AppointmentEvent;
  readonly at: EpochMs;
  readonly asks: Ask[];
  readonly patch: { -readonly [K in keyof AppointmentContext]?: AppointmentContext[K] };
}

/** A named action of the chart: pure but for the draft it fills. */
export type Step = (draft: Draft) => void;

export function openDraft(context: AppointmentContext, event: AppointmentEvent): Draft {
  return { context, event, at: event.at ?? context.request.at, asks: [], patch: {} };
}

/** @param gate `dip` for fail deadlines of what waits for the DIP */
export function remind(draft: Draft, name: ReminderName, dueAt: EpochMs, gate?: 'dip'): void {
  draft.asks.push({ type: 'remind', params: gate ? { name, dueAt, gate } : { name, dueAt } });
}

export function forget(draft: Draft, ...names: ReminderName[]): void {
  for (const name of names) draft.asks.push({ type: 'forget', params: { name } });
}

export function withdraw(draft: Draft, name: string): void {
  draft.asks.push({ type: 'withdraw', params: { name } });
}

export function announce(draft: Draft, what: string, data: { readonly [member: string]: Json | undefined } = {}): void {
  draft.asks.push({ type: 'announce', params: { what, data } });
}

/** To the record of the meter point; test processes never touch it (appointments 1.8). */
export function tellMpan(draft: Draft, event: TellParams['event']): void {
  const { context } = draft;
  if (context.request.test) return;
  draft.asks.push({ type: 'tell', params: { to: `mpan:${context.request.mpid}:${context.request.mpan}`, key: context.request.mpan, event } });
}

export function tellDtn(draft: Draft, event: TellParams['event']): void {
  const { context } = draft;
  draft.asks.push({ type: 'tell', params: { to: `dtn:${context.request.mpid}`, key: context.request.mpid, event } });
}

/** Add an entry to `errors[]`. */
export function note(draft: Draft, code: string, message: string, source: string): void {
  const entry: ErrorEntry = { code, message: message.slice(0, MAX_ERROR_TEXT), source, at: draft.at };
  draft.patch.errors = [...(draft.patch.errors ?? draft.context.errors), entry].slice(-MAX_ERRORS);
}

export function raiseAlert(draft: Draft, code: AppointmentAlertCode, text: string): void {
  draft.asks.push({ type: 'raiseAlert', params: { code, text } });
}

/** An alert for us, an entry for the supplier, an event for listeners. */
export function warn(draft: Draft, code: AppointmentAlertCode, text: string, source: string): void {
  raiseAlert(draft, code, text);
  note(draft, code, text, source);
  announce(draft, 'warning', { code, text });
}

/** The wait ended: its alert about being late is over. */
export function clearLate(draft: Draft): void {
  if (draft.context.late === null) return;
  draft.asks.push({ type: 'clearAlert', params: { code: draft.context.late } });
  draft.patch.late = null;
}
