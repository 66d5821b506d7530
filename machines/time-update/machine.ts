/**
 * One action, `action:<requestId>` (mts-actions-api 2 to 5): from the durable request over its attempts to its result. What a
 * step changes is in `steps.ts`, what follows a session in `verdict.ts`.
 *
 * Invariants
 * - A1 No session is asked for while one is owed: `queued` and `running` owe exactly one, the other states none.
 * - A2 After a cancel that came before the write, no intent to write is taken any more.
 * - A3 An ended action never changes.
 * - A4 An action whose write may have left is not ended by a cancel: one more session reads the clock, and its result stands.
 */
import { enqueueActions, setup } from 'xstate';
import type { Ask, Change } from './asks.ts';
import { type ActionContext, initialContext } from './context.ts';
import { asked } from './effects.ts';
import type { ActionEvent, ActionRequest, EventOf } from './events.ts';
import * as guards from './guards.ts';
import { type ActionPolicy, DEFAULT_ACTION_POLICY } from './policy.ts';
import * as steps from './steps.ts';

type Type = ActionEvent['type'];

/** @param policy what the installation decided; the machine keeps none of it in its snapshot. */
export function createTimeUpdateMachine(policy: ActionPolicy = DEFAULT_ACTION_POLICY) {
  // The params of an ask match its type by construction (`Ask`); XState cannot know that inside `setup`.
  const step = <T extends Type>(decide: (context: ActionContext, event: EventOf<T>) => Change) =>
    enqueueActions(
      ({
        context,
        event,
        enqueue,
      }: {
        context: ActionContext;
        event: ActionEvent;
        enqueue: { (ask: Ask): void; assign(change: Partial<ActionContext>): void };
      }) => {
        const { context: change, asks } = decide(context, event as EventOf<T>);
        enqueue.assign(change);
        for (const ask of asks) enqueue(ask);
      },
    ) as never;
  const when =
    <T extends Type>(holds: (context: ActionContext, event: EventOf<T>) => boolean) =>
    ({ context, event }: { context: ActionContext; event: ActionEvent }): boolean =>
      holds(context, event as EventOf<T>);
  const triesAgain = (running: boolean) => when<'session.ended'>((context, event) => steps.conclude(context, event, policy, running).verdict.kind === 'again');

  return setup({
    types: { context: {} as ActionContext, events: {} as ActionEvent, input: {} as ActionRequest },
    actions: {
      ...asked,
      announceQueued: step(steps.create),
      askSession: step((context) => steps.queue(context, policy)),
      begin: step<'attempt.started'>(steps.begin),
      beginAgain: step<'attempt.started'>(steps.beginAgain),
      noteProgress: step<'session.progress'>(steps.progress),
      noteIntent: step<'write.intended'>(steps.intend),
      handBack: step<'session.handed-back'>(steps.handBack),
      cancelLive: step<'cancel'>(steps.askCancel),
      missWindow: step<'window.missed'>(steps.missWindow),
      pause: step<'session.ended'>((context, event) => steps.pause(context, event, policy, true)),
      pauseUnbegun: step<'session.ended'>((context, event) => steps.pause(context, event, policy, false)),
      end: step<'session.ended'>((context, event) => steps.end(context, event, policy, true)),
      endUnbegun: step<'session.ended'>((context, event) => steps.end(context, event, policy, false)),
      cancel: step<'cancel'>(steps.cancel),
      cancelToRead: step<'cancel'>(steps.cancelToRead),
      endCancelled: step<'attempt.started' | 'session.handed-back'>(steps.endCancelled),
      endLost: step<'attempt.started'>(steps.endLost),
      endMissed: step<'window.missed'>(steps.endMissed),
      refuse: step<'refused'>(steps.refuse),
    },
    guards: {
      immediate: ({ context }) => context.request.immediate,
      lastWindow: when<'window.missed'>((context, event) => guards.missesLastWindow(context, event, policy)),
      missedWindow: when<'window.missed'>(guards.missesWindow),
      nextAttempt: ({ event }) => guards.isNextAttempt(event),
      mayHaveWritten: ({ context }) => guards.mayHaveWritten(context),
      cancelHolds: ({ context }) => guards.cancelHolds(context),
      lostTooOften: when<'attempt.started'>((context) => guards.isLostTooOften(context, policy)),
      cancelInTime: when<'cancel'>(guards.isCancelInTime),
      ofThisAttempt: when<'session.progress'>((context, event) => !guards.isOfAnother(event, context.attempt)),
      mayIntend: when<'write.intended'>(guards.mayIntend),
      ofAnother: when<'session.ended' | 'session.handed-back'>((context, event) => steps.isStaleEnd(context, event, true)),
      ofAnotherUnbegun: when<'session.ended'>((context, event) => steps.isStaleEnd(context, event, false)),
      triesAgain: triesAgain(true),
      triesAgainUnbegun: triesAgain(false),
    },
  }).createMachine({
    id: 'time-update',
    context: ({ input }) => initialContext(input),
    entry: 'announceQueued',
    initial: 'waiting',
    states: {
      /** For the gate of the overnight window. */
      waiting: {
        always: { guard: 'immediate', target: 'queued', description: 'immediate: at once' },
        on: {
          released: { target: 'queued', description: 'the window is open and a slot is free' },
          'window.missed': [
            { guard: 'lastWindow', target: 'done', actions: 'endMissed', description: 'not started in so many windows' },
            { guard: 'missedWindow', actions: 'missWindow', description: 'waits for the next window' },
          ],
          cancel: { target: 'done', actions: 'cancel' },
          refused: { target: 'done', actions: 'refuse', description: 'password refused earlier' },
        },
      },
      /** Its session is owed; the address or a line may still be busy. */
      queued: {
        entry: 'askSession',
        on: {
          'attempt.started': { target: 'running', actions: 'begin' },
          'session.ended': [
            { guard: 'ofAnotherUnbegun', description: 'of an earlier attempt' },
            { guard: 'triesAgainUnbegun', target: 'paused', actions: 'pauseUnbegun', description: 'ended before its start was told' },
            { target: 'done', actions: 'endUnbegun', description: 'ended before its start was told' },
          ],
          'window.missed': [
            { guard: 'lastWindow', target: 'done', actions: 'endMissed', description: 'not started in so many windows' },
            { guard: 'missedWindow', target: 'waiting', actions: 'missWindow', description: 'released, but not started in time' },
          ],
          cancel: [
            { guard: 'mayHaveWritten', actions: 'cancelToRead', description: 'a write may have left: the clock is read once more' },
            { target: 'done', actions: 'cancel' },
          ],
          refused: { target: 'done', actions: 'refuse', description: 'password refused earlier' },
        },
      },
      running: {
        on: {
          'attempt.started': [
            { guard: 'cancelHolds', target: 'done', actions: 'endCancelled', description: 'lost after a cancel, nothing written' },
            { guard: 'lostTooOften', target: 'done', actions: 'endLost', description: 'lost with its process too often' },
            { actions: 'beginAgain', description: 'lost with its process: a further attempt' },
          ],
          'session.progress': { guard: 'ofThisAttempt', actions: 'noteProgress' },
          'write.intended': { guard: 'mayIntend', actions: 'noteIntent' },
          'session.handed-back': [
            { guard: 'ofAnother', description: 'of an earlier attempt' },
            { guard: 'cancelHolds', target: 'done', actions: 'endCancelled', description: 'ended in order after a cancel, nothing written' },
            { target: 'queued', actions: 'handBack', description: 'ended in order before it wrote: begun anew at once, by the next owner' },
          ],
          'session.ended': [
            { guard: 'ofAnother', description: 'of an earlier attempt' },
            { guard: 'triesAgain', target: 'paused', actions: 'pause', description: 'may pass, or the reading after the write is missing' },
            { target: 'done', actions: 'end' },
          ],
          cancel: { guard: 'cancelInTime', actions: 'cancelLive', description: 'before the write; from it on the result stands' },
          refused: { target: 'done', actions: 'refuse', description: 'password refused earlier' },
        },
      },
      paused: {
        on: {
          reminder: { guard: 'nextAttempt', target: 'queued' },
          cancel: [
            { guard: 'mayHaveWritten', actions: 'cancelToRead', description: 'a write may have left: the clock is read once more' },
            { target: 'done', actions: 'cancel' },
          ],
          refused: { target: 'done', actions: 'refuse', description: 'password refused earlier' },
        },
      },
      done: { type: 'final' },
    },
  });
}

export type TimeUpdateMachine = ReturnType<typeof createTimeUpdateMachine>;
