/** The steps of an action: context and event in, changes and wishes out. What a session's end means is in `verdict.ts`. */
import type { EpochMs } from '../common/effects.ts';
import { offsetText } from '../meter-session/clock.ts';
import type { ClockReading, SessionFailure, SessionResult } from '../meter-session/types.ts';
import { type Ask, announce, askSession, type Change, cancelSession, forgetAttempt, remindAttempt, withdrawSession } from './asks.ts';
import type { ActionContext, Ending, Outcome } from './context.ts';
import type { EventOf } from './events.ts';
import { isOfAnother } from './guards.ts';
import { type ActionPolicy, pauseMsAfter } from './policy.ts';
import { resultText } from './status.ts';
import { foundAfter, type Verdict, verdictOf, writeAfter } from './verdict.ts';
import { clearZoneAlert, raiseZoneAlert } from './zone-alert.ts';

export function create(_: ActionContext): Change {
  return { context: {}, asks: [announce('queued')] };
}

export function queue(context: ActionContext, policy: ActionPolicy): Change {
  return { context: { resumeAt: null }, asks: [askSession(context, policy)] };
}

/** What every attempt starts with. */
function begun(context: ActionContext, event: EventOf<'attempt.started'>): Partial<ActionContext> {
  const startedAt = context.times.startedAt ?? event.at;
  return {
    attempt: context.attempt + 1,
    node: event.node,
    stage: null,
    zoneAlert: event.zoneAlert === true,
    times: { startedAt, endedAt: null, connectionStartAt: null, connectionEndAt: null },
  };
}

export function begin(context: ActionContext, event: EventOf<'attempt.started'>): Change {
  const asks = context.attempt === 0 ? [announce('started', { attempt: 1, node: event.node })] : [];
  return { context: begun(context, event), asks };
}

/** The session was lost with its process: the next one reads the clock first. Once cancelled, it does nothing else. */
export function beginAgain(context: ActionContext, event: EventOf<'attempt.started'>): Change {
  const change = begun(context, event);
  const reads = context.cancelledBy === null ? {} : ({ task: 'verify' } as const);
  return {
    context: { ...change, ...reads, lost: context.lost + 1 },
    asks: [announce('retried', { attempt: context.attempt + 1, text: 'the session was lost with its process' })],
  };
}

/** The session was ended in order before it wrote: the next one begins at once. Once cancelled, it only reads. */
export function handBack(context: ActionContext, event: EventOf<'session.handed-back'>): Change {
  const { attempt, handedBack = 0, times } = context;
  return {
    context: {
      ...(context.cancelledBy === null ? {} : ({ task: 'verify' } as const)),
      handedBack: handedBack + 1,
      stage: null,
      write: writeAfter(context, { wrote: false }),
      octetsIn: context.octetsIn + event.octetsIn,
      octetsOut: context.octetsOut + event.octetsOut,
      times: { ...times, connectionEndAt: times.connectionStartAt === null ? null : event.at },
    },
    asks: [announce('retried', { attempt: attempt + 1, text: 'the session was ended before it wrote: its node stops or gives it away' })],
  };
}

function readingNews(was: ClockReading | null, reading: ClockReading | undefined): Ask[] {
  if (reading === undefined || reading.serverAt === was?.serverAt) return [];
  return [announce('clock-read', { offset: offsetText(reading.offsetSeconds) })];
}

function connectionNews(context: ActionContext, connectionStartAt: EpochMs | undefined): Ask[] {
  return connectionStartAt === undefined || context.times.connectionStartAt !== null ? [] : [announce('connected', { attempt: context.attempt })];
}

export function progress(context: ActionContext, event: EventOf<'session.progress'>): Change {
  const { stage, connectionStartAt, before, serialNumber } = event;
  const { found, times, write } = context;
  // A reading after a write that may have left is not one before it.
  const reading = write === null ? before : undefined;
  return {
    context: {
      stage,
      times: { ...times, connectionStartAt: connectionStartAt ?? times.connectionStartAt },
      found: { ...found, before: reading ?? found.before, serialNumber: serialNumber ?? found.serialNumber },
    },
    asks: [...connectionNews(context, connectionStartAt), ...readingNews(found.before, reading)],
  };
}

export function intend(context: ActionContext, event: EventOf<'write.intended'>): Change {
  const { write, attempt, found, times } = context;
  const { connectionStartAt } = event;
  const first = write === null;
  return {
    context: {
      times: { ...times, connectionStartAt: connectionStartAt ?? times.connectionStartAt },
      write: { first: write?.first ?? attempt, attempt, sure: write?.sure ?? false },
      ...(first ? { found: { ...found, before: event.before } } : {}),
    },
    asks: [...connectionNews(context, connectionStartAt), ...(first ? readingNews(found.before, event.before) : [])],
  };
}

/**
 * The cancel reaches the live session; whether it came in time is for the session's end to say. One that follows a write that may have
 * left is not told: it writes no more (A2), but its reading is what the action has to tell.
 */
export function askCancel(context: ActionContext, event: EventOf<'cancel'>): Change {
  return { context: { cancelledBy: event.by }, asks: context.write === null ? [cancelSession(context)] : [] };
}

/** Cancelled between attempts, though a write may have left: one more session, which only reads, says what the clock shows. */
export function cancelToRead(context: ActionContext, event: EventOf<'cancel'>): Change {
  return { context: { cancelledBy: context.cancelledBy ?? event.by, task: 'verify' }, asks: [] };
}

export function missWindow(context: ActionContext, event: EventOf<'window.missed'>): Change {
  return { context: { windowsMissed: context.windowsMissed + 1, lastWindow: event.window }, asks: [withdrawSession] };
}

/** The facts of a session's end. One that ends before its start was told counts as an attempt all the same. */
interface Concluded {
  readonly context: ActionContext;
  readonly verdict: Verdict;
}

export function conclude(context: ActionContext, event: EventOf<'session.ended'>, policy: ActionPolicy, running: boolean): Concluded {
  const { result } = event;
  const known: ActionContext = running
    ? context
    : { ...context, ...begun(context, { type: 'attempt.started', at: event.at, node: context.node ?? '' }), node: context.node };
  const verdict = verdictOf(known, result, policy);
  const connectionStartAt = result.connectionStartAt ?? known.times.connectionStartAt;
  const after: ActionContext = {
    ...known,
    found: foundAfter(known, result),
    write: writeAfter(known, result),
    failure: result.failure ?? null,
    stage: null,
    passwordRefused: known.passwordRefused || result.passwordRefused === true,
    octetsIn: known.octetsIn + result.octetsIn,
    octetsOut: known.octetsOut + result.octetsOut,
    times: {
      ...known.times,
      endedAt: verdict.kind === 'end' ? event.at : null,
      connectionStartAt,
      connectionEndAt: result.connectionEndAt ?? (connectionStartAt === null ? null : event.at),
    },
  };
  return { context: after, verdict };
}

/** Whether the end of a session belongs to the attempt at hand. */
export function isStaleEnd(context: ActionContext, event: EventOf<'session.ended' | 'session.handed-back'>, running: boolean): boolean {
  return isOfAnother(event, running ? context.attempt : context.attempt + 1);
}

function sessionNews(context: ActionContext, result: SessionResult, verdict: Verdict, after: ActionContext): Ask[] {
  const set = verdict.kind === 'end' && verdict.outcome === 'success' && after.write !== null && after.found.after !== null;
  return [
    ...connectionNews(context, result.connectionStartAt),
    ...(after.found.before === null ? [] : readingNews(context.found.before, after.found.before)),
    ...clearZoneAlert(after, result),
    ...(set ? [announce('clock-set', { offset: offsetText(after.found.after?.offsetSeconds ?? 0) })] : []),
  ];
}

/** The session failed in a way that may pass: a pause, then another attempt. */
export function pause(context: ActionContext, event: EventOf<'session.ended'>, policy: ActionPolicy, running: boolean): Change {
  const { context: after, verdict } = conclude(context, event, policy, running);
  if (verdict.kind === 'end') return { context: {}, asks: [] };
  const resumeAt = event.at + pauseMsAfter(after.request.requestId, after.attempt, policy);
  return {
    context: { ...after, task: verdict.task, redials: after.redials + (verdict.redial ? 1 : 0), resumeAt },
    asks: [
      ...sessionNews(context, event.result, verdict, after),
      announce('retried', { attempt: after.attempt + 1, dueAt: resumeAt, text: verdict.text }),
      remindAttempt(resumeAt),
    ],
  };
}

/** For people: what the clock shows after a write is not known. */
function unverified({ write, found }: ActionContext): readonly string[] {
  if (write === null || found.after !== null) return [];
  return [write.sure ? 'a write left for the meter and was not verified' : 'a write may have left for the meter and was not verified'];
}

const NEWS: Readonly<Record<Outcome, 'succeeded' | 'failed' | 'cancelled'>> = {
  success: 'succeeded',
  partial: 'failed',
  error: 'failed',
  cancelled: 'cancelled',
};

/** The last announcement, and the alert that the ending is worth. A partial success is announced as `failed`: somebody should look. */
function endNews(context: ActionContext, end: Ending): Ask[] {
  const { found, request } = context;
  const details = { result: resultText(end), ...(end.text === null ? {} : { text: end.text }) };
  const news = announce(NEWS[end.outcome], details);
  if (end.failure?.guard !== 'zone') return [news];
  const offset = found.before === null ? '' : ` (${offsetText(found.before.offsetSeconds)})`;
  const text = `the meter at ${request.target.remoteAddress} is off by whole half hours${offset}; its clock was left alone`;
  return [news, raiseZoneAlert(context, text)];
}

export function end(context: ActionContext, event: EventOf<'session.ended'>, policy: ActionPolicy, running: boolean): Change {
  const { context: after, verdict } = conclude(context, event, policy, running);
  if (verdict.kind === 'again') return { context: {}, asks: [] };
  const { outcome, text } = verdict;
  const ending: Ending = {
    outcome,
    text,
    failure: outcome === 'success' || outcome === 'cancelled' ? null : after.failure,
    notes: [...event.result.notes, ...unverified(after)],
  };
  return { context: { ...after, end: ending }, asks: [...sessionNews(context, event.result, verdict, after), ...endNews(after, ending)] };
}

/** Ended without a session's word. Where a write may have left the clock was read, and the update is not verified (V5). */
function finish(context: ActionContext, at: EpochMs, outcome: 'error' | 'cancelled', text: string, asks: readonly Ask[]): Change {
  const { write, found, times } = context;
  const failure: SessionFailure | null = write === null ? null : context.failure;
  const ending: Ending = { outcome: write === null ? outcome : 'partial', text, failure, notes: unverified(context) };
  return {
    context: {
      end: ending,
      stage: null,
      resumeAt: null,
      times: { ...times, endedAt: at },
      ...(write !== null && found.after === null ? { found: { ...found, afterError: found.afterError ?? text } } : {}),
    },
    asks: [...asks, ...endNews(context, ending)],
  };
}

export function cancel(context: ActionContext, event: EventOf<'cancel'>): Change {
  const change = finish(context, event.at, 'cancelled', 'cancelled', [withdrawSession, forgetAttempt]);
  return { ...change, context: { ...change.context, cancelledBy: event.by } };
}

export function endCancelled(context: ActionContext, event: EventOf<'attempt.started' | 'session.handed-back'>): Change {
  return finish(context, event.at, 'cancelled', 'cancelled', [withdrawSession]);
}

export function endLost(context: ActionContext, event: EventOf<'attempt.started'>): Change {
  return finish({ ...context, lost: context.lost + 1 }, event.at, 'error', `the session was lost with its process ${context.lost + 1} times`, [
    withdrawSession,
  ]);
}

export function endMissed(context: ActionContext, event: EventOf<'window.missed'>): Change {
  const missed = context.windowsMissed + 1;
  const change = finish(context, event.at, 'error', `it could not be started in ${missed} overnight windows`, [withdrawSession]);
  return { ...change, context: { ...change.context, windowsMissed: missed, lastWindow: event.window } };
}

export function refuse(context: ActionContext, event: EventOf<'refused'>): Change {
  return finish(context, event.at, 'error', event.text, [withdrawSession, forgetAttempt]);
}
