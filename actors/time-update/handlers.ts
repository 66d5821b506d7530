/** Commands to actions. The key of each is the canonical remote address, unless it says otherwise. */
import type { ActorId, Json } from '../../machines/common/effects.ts';
import type { ClockReading, MeterTarget, SessionProgress, Stage, Task } from '../../machines/meter-session/index.ts';
import { type ActionContext, type ActionRequest, countedAttempts, mayWrite, zoneAlertOf } from '../../machines/time-update/index.ts';
import type { Handler, Turn } from '../engine/definition.ts';
import type { ActorDoc } from '../store/store.ts';
import { ACTION_KIND, actionActor, contextOf, TRACE_KIND, traceRecord } from './names.ts';
import { forgetHangUps, type PasswordOf, passwordPast, rememberHangUp, rememberRefused } from './refused-passwords.ts';
import { reserveIds } from './request-ids.ts';
import { setStopSwitch } from './stop-switch.ts';
import { noteSwept } from './swept.ts';

/** Reply of `action.submit`, once the action is durable. */
export type SubmitReply = { readonly kind: 'created' | 'exists'; readonly requestId: number };
/** Reply of `action.release`; `gone`: it does not wait (any more). `attempt`: it was begun at once. */
export type ReleaseReply = { readonly kind: 'released'; readonly attempt?: number } | { readonly kind: 'refused' | 'gone' };
/** Reply of `action.cancel`; `state` after it. */
export type CancelReply = { readonly kind: 'missing' } | { readonly kind: 'taken'; readonly state: string };
/** Reply of `action.attempt`. */
export type AttemptReply =
  /** `hangUps`: sessions in a row in which the meter hung up on this password. */
  | { readonly kind: 'go'; readonly attempt: number; readonly task: Task; readonly hangUps: number }
  /** Cancelled, ended, or refused: no session. */
  | { readonly kind: 'none'; readonly state: string };
/** Reply of `action.intend`. */
export type IntendReply = { readonly kind: 'go' } | { readonly kind: 'refused'; readonly reason: 'cancelled' };

/** What an intent to write is committed with: the reading that it rests on, and since when there is a connection. */
export type IntentKnown = { readonly before: ClockReading; readonly connectionStartAt?: number | undefined };

type Of = { readonly requestId: number };
/** Payload of `action.progress`. */
export type ProgressPayload = Of & { readonly attempt: number } & Pick<SessionProgress, 'connectionStartAt' | 'serialNumber' | 'before'> & {
    readonly stage: Stage;
  };

/** Payload `ActionRequest`. A password that this meter refused earlier ends it at once. */
const submit: Handler = async (turn, payload): Promise<SubmitReply> => {
  const request = payload as ActionRequest;
  const { requestId } = request;
  const id = actionActor(requestId);
  const made = await turn.create({ id, kind: ACTION_KIND, input: request as unknown as Json });
  if (made.kind !== 'created') return { kind: 'exists', requestId };
  const { refusal } = await passwordPast(turn, request);
  if (refusal !== undefined) await turn.apply(id, { type: 'refused', text: refusal });
  return { kind: 'created', requestId };
};

/** Payload `{requestId, node?}`: its turn has come in the window. `node`: a session can be opened there at once, and its attempt is begun. */
const release: Handler = async (turn, payload): Promise<ReleaseReply> => {
  const { requestId, node } = payload as Of & { readonly node?: string };
  const id = actionActor(requestId);
  const doc = await turn.get(id);
  if (doc?.state !== 'waiting') return { kind: 'gone' };
  const { request } = contextOf(doc);
  const { refusal } = await passwordPast(turn, request);
  if (refusal !== undefined) {
    await turn.apply(id, { type: 'refused', text: refusal });
    return { kind: 'refused' };
  }
  await turn.apply(id, { type: 'released' });
  const context = node === undefined ? undefined : await begin(turn, id, node, request.target);
  return { kind: 'released', ...(context ? { attempt: context.attempt } : {}) };
};

/** Begins an attempt; undefined: the action does not run then. */
async function begin(turn: Turn, id: ActorId, node: string, target: MeterTarget): Promise<ActionContext | undefined> {
  const zone = (await isZoneAlertRaised(turn, target)) ? { zoneAlert: true } : {};
  const applied = await turn.apply(id, { type: 'attempt.started', node, ...zone });
  return running(turn, applied.kind === 'applied' ? applied.doc : undefined);
}

/** Payload `{requestId, window}`: that window is over. */
const windowMissed: Handler = async (turn, payload): Promise<null> => {
  const { requestId, window } = payload as Of & { readonly window: string };
  const doc = await turn.get(actionActor(requestId));
  if (doc?.state === 'waiting') await turn.apply(doc.id, { type: 'window.missed', window });
  return null;
};

/** Payload `{requestId, by}`. */
const cancel: Handler = async (turn, payload): Promise<CancelReply> => {
  const { requestId, by } = payload as Of & { readonly by: string };
  const applied = await turn.apply(actionActor(requestId), { type: 'cancel', by });
  return applied.kind === 'missing' ? { kind: 'missing' } : { kind: 'taken', state: applied.doc.state };
};

/**
 * Payload `{requestId, node, missed?, begun?}`: a session is about to be opened for it. `missed`: the window that was over before it
 * came to that. `begun`: an attempt that this process has begun and not opened yet; where it stands, nothing is committed.
 */
const attempt: Handler = async (turn, payload): Promise<AttemptReply> => {
  const { requestId, node, missed, begun } = payload as Of & { readonly node: string; readonly missed?: string; readonly begun?: number };
  const id = actionActor(requestId);
  if (missed !== undefined) await backToGate(turn, id, missed);
  const doc = await turn.get(id);
  if (!doc || (doc.state !== 'queued' && doc.state !== 'running')) return { kind: 'none', state: doc?.state ?? 'gone' };
  const { request } = contextOf(doc);
  const { refusal, hangUps } = await passwordPast(turn, request);
  if (refusal !== undefined) {
    const refused = await turn.apply(id, { type: 'refused', text: refusal });
    return { kind: 'none', state: refused.kind === 'missing' ? 'gone' : refused.doc.state };
  }
  const known = running(turn, doc);
  const stands = known !== undefined && known.attempt === begun && known.node === node && known.cancelledBy === null;
  const context = stands ? known : await begin(turn, id, node, request.target);
  if (!context) return { kind: 'none', state: (await turn.get(id))?.state ?? 'gone' };
  return { kind: 'go', attempt: context.attempt, task: context.task, hangUps };
};

async function isZoneAlertRaised(turn: Pick<Turn, 'get'>, target: MeterTarget): Promise<boolean> {
  const alert = await turn.get(zoneAlertOf(target));
  return alert?.state === 'raised' || alert?.state === 'acknowledged';
}

/** Let go in a window and never begun: it waits for the next one. */
async function backToGate(turn: Turn, id: ActorId, window: string): Promise<void> {
  const doc = await turn.get(id);
  if (doc?.state === 'queued' && countedAttempts(contextOf(doc)) === 0) await turn.apply(id, { type: 'window.missed', window });
}

function running(turn: Pick<Turn, 'snapshot'>, doc: ActorDoc | undefined): ActionContext | undefined {
  return doc?.state === 'running' ? turn.snapshot<{ readonly context: ActionContext }>(doc).context : undefined;
}

/** Payload `ProgressPayload`. */
const progress: Handler = async (turn, payload): Promise<null> => {
  const { requestId, ...event } = payload as ProgressPayload;
  await turn.apply(actionActor(requestId), { type: 'session.progress', ...event });
  return null;
};

/** Payload `{requestId, attempt, before, connectionStartAt?}`: a write is about to leave. Whoever is cancelled first wins. */
const intend: Handler = async (turn, payload): Promise<IntendReply> => {
  const { requestId, attempt: number, before, connectionStartAt } = payload as Of & IntentKnown & { readonly attempt: number };
  const id = actionActor(requestId);
  const context = running(turn, await turn.get(id));
  if (!context || context.attempt !== number) return { kind: 'refused', reason: 'cancelled' };
  const applied = await turn.apply(id, { type: 'write.intended', attempt: number, before, ...(connectionStartAt === undefined ? {} : { connectionStartAt }) });
  const after = running(turn, applied.kind === 'applied' ? applied.doc : undefined);
  return after && mayWrite(after, number) ? { kind: 'go' } : { kind: 'refused', reason: 'cancelled' };
};

/** Payload `{target, passwordMark, until}`. */
const passwordRefused: Handler = async (turn, payload): Promise<null> => {
  const { target, passwordMark, until } = payload as { readonly target: MeterTarget; readonly passwordMark: string; readonly until: number };
  await rememberRefused(turn, { target, passwordMark }, until);
  return null;
};

/** Payload `{target, passwordMark, session, most, until}`: the meter hung up on it; `session` names the session. */
const hungUp: Handler = async (turn, payload): Promise<null> => {
  const { session, most, until, ...of } = payload as Required<PasswordOf> & { readonly session: string; readonly most: number; readonly until: number };
  await rememberHangUp(turn, of, session, most, until);
  return null;
};

/** Payload `{target, passwordMark}`: the meter took it. */
const passwordTaken: Handler = async (turn, payload): Promise<null> => {
  await forgetHangUps(turn, payload as PasswordOf);
  return null;
};

/** Payload `{requestId, attempt, text}`: the octets of a session, secrets covered. */
const trace: Handler = async (turn, payload): Promise<null> => {
  const { requestId, attempt: number, text } = payload as Of & { readonly attempt: number; readonly text: string };
  const record: Json = { requestId, attempt: number, text, at: turn.at };
  await turn.put({ id: traceRecord(requestId, number), kind: TRACE_KIND, state: 'kept', record, indexes: { about: [actionActor(requestId)] } });
  return null;
};

export const actionHandlers: Readonly<Record<string, Handler>> = {
  'action.submit': submit,
  'action.release': release,
  'action.window-missed': windowMissed,
  'action.cancel': cancel,
  'action.attempt': attempt,
  'action.progress': progress,
  'action.intend': intend,
  'action.password-refused': passwordRefused,
  'action.hung-up': hungUp,
  'action.password-taken': passwordTaken,
  'action.trace': trace,
  // Of the installation; key `directory`.
  'action.reserve-ids': reserveIds,
  'action.stop-switch': setStopSwitch,
  'action.window-swept': noteSwept,
};
