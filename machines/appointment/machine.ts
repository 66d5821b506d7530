/**
 * One appointment of a metering service, from the accepted request to Success or Failed (appointments 7.1 to 7.4, 7.6).
 *
 * Invariants
 * - M1 Pure: every wish leaves as a custom action; the only clock is the event's `at`.
 * - M2 SUCCESS and FAILED are never left. They are ordinary states, because messages still reach an ended process (row 30).
 * - M3 Every state that waits has a reminder that ends the wait.
 * - M4 A pair of state and event that is not listed changes nothing and raises `unexpected_event`.
 *
 * Descriptions of transitions name the row of table 7.3. The `dtn` region follows `context.d0151`, which the `market` region sets.
 */
import { setup } from 'xstate';
import { type AppointmentContext, initialContext } from './context.ts';
import { asked, createSteps, runStep, type StepName } from './effects.ts';
import type { AppointmentEvent, AppointmentInput } from './events.ts';
import { completesAtAcceptance, type Guard, guards } from './guards.ts';
import type { AppointmentPolicy } from './policy.ts';
import type { ReminderName } from './timers.ts';

const is = (name: ReminderName) => ({ type: 'reminderIs', params: { name } }) as const;

/** IF-032 (rows 8, 9). */
const initialResponses = [
  { guard: 'initialRejected', target: '#FAILED', actions: ['recordInitial', 'blameRegistry'], description: 'row 8' },
  { guard: 'initialAnswered', target: '#AWAIT_OUTCOME', actions: 'recordInitial', description: 'row 9' },
] as const;

/** IF-035 before acceptance (rows 10 to 13). */
const outcomes = [
  { guard: 'outcomeRejected', target: '#FAILED', actions: ['weighOutcome', 'blameRejection'], description: 'row 10' },
  { guard: 'outcomeLapsed', target: '#FAILED', actions: ['weighOutcome', 'blameLapse'], description: 'row 11' },
  { guard: 'outcomeCompletes', target: '#SUCCESS', actions: ['weighOutcome', 'recordAcceptance', 'updateContract'], description: 'row 12' },
  { guard: 'outcomeAccepted', target: '#AWAIT_ACTIVE', actions: ['weighOutcome', 'recordAcceptance'], description: 'row 13' },
] as const;
const unclearOutcome = { guard: 'outcomeUnclear', actions: 'warnUnclear', description: 'row 14' } as const;

/** IF-036 before IF-035 (row 15). */
const earlyActive = [
  { guard: 'activeOwing', target: '#COMPLETING', actions: ['warnMissingOutcome', 'activate'], description: 'rows 15, 18' },
  { guard: 'activeMatching', target: '#SUCCESS', actions: ['warnMissingOutcome', 'activate'], description: 'rows 15, 17' },
] as const;

/** An answer that overtook the DIP's own (row 6). */
const overtaking = { guard: 'matches', target: '#overtaken', actions: 'acceptanceImplied', description: 'row 6' } as const;

const notDelivered = { guard: 'notDelivered', actions: 'warnNotDelivered', description: 'rows 22 to 24: answer to the query' } as const;
const refusedStatus = { guard: 'statusOfCurrentSur', target: '#FAILED', actions: 'blameRule', description: 'row 7' } as const;
const lateRejection = { guard: 'initialRejected', actions: 'warnContradictoryInitial', description: '7.6: a later IF-032 R' } as const;
/** IF-035 to what is active or ended well. */
const outcomeAfterActive = [
  { guard: 'outcomeOutdated', actions: 'warnOutdated', description: '7.6: older than the A' },
  { guard: 'outcomeNegative', actions: 'warnContradiction', description: 'row 30' },
  { description: '7.6: the later IF-035 is a no-op' },
] as const;
/** The dtn region while the D0151 is on its way. */
const cancelUnsent = { guard: 'd0151Withdrawn', target: 'none', actions: 'd0151Cancel', description: 'rows 16, 24 to 29: cancel what is not sent' } as const;
const queuedNews = { 'dtn.queued': { target: 'queued', actions: 'd0151Queued' } } as const;
const refusedNews = { 'dtn.rejected': { target: 'rejected', actions: 'd0151Rejected' } } as const;
const sentNews = {
  'dtn.sent': { target: 'sent', actions: 'd0151Sent' },
  'dtn.acknowledged': { target: 'acknowledged', actions: 'd0151Sent' },
} as const;
const untilSent = {
  ...sentNews,
  'dtn.failed': { target: 'failed', actions: 'd0151Failed' },
  reminder: [
    { guard: is('T_DTN.warn'), actions: 'd0151Late', description: '7.4: T_DTN warn' },
    { guard: is('T_DTN.fail'), target: 'failed', actions: 'd0151Failed', description: 'row 21' },
  ],
} as const;
const lateAnswer = { guard: 'initialAnswered', description: '7.6: a later IF-032 is a no-op' } as const;

export function createAppointmentMachine(policy: AppointmentPolicy) {
  const steps = createSteps(policy);
  const base = setup({
    types: { context: {} as AppointmentContext, events: {} as AppointmentEvent, input: {} as AppointmentInput },
    actions: asked,
  });
  type Action = ReturnType<typeof base.enqueueActions>;
  const actions = {} as Record<StepName, Action>;
  for (const name of Object.keys(steps) as StepName[]) {
    actions[name] = base.enqueueActions(({ context, event, enqueue }) => runStep(steps[name], context, event, enqueue));
  }
  const predicate =
    (guard: Guard) =>
    ({ context, event }: { context: AppointmentContext; event: AppointmentEvent }): boolean =>
      guard(context, event);
  const predicates = Object.fromEntries(Object.entries(guards).map(([name, guard]) => [name, predicate(guard)])) as Record<
    keyof typeof guards,
    ReturnType<typeof predicate>
  >;

  return base
    .extend({
      actions,
      guards: {
        ...predicates,
        outcomeCompletes: predicate(completesAtAcceptance(policy)),
        reminderIs: ({ event }, params: { name: ReminderName }) => event.type === 'reminder' && event.name === params.name,
      },
    })
    .createMachine({
      id: 'appointment',
      context: ({ input }) => initialContext(input),
      type: 'parallel',
      states: {
        market: {
          initial: 'SUBMITTING',
          on: {
            'dip.accepted': { guard: 'pending', actions: 'keepIds', description: 'row 6: the answer that was overtaken' },
            'market.status': [
              { guard: 'statusFailed', actions: 'warnStatus', description: 'row 7: from AWAIT_OUTCOME on, alert only' },
              { description: 'a status of success' },
            ],
            'market.if036': { guard: 'pending', actions: ['project', 'warnUnexpected'], description: 'not listed: the record follows the registry' },
            'market.if037': [
              { guard: 'pointLost', target: '.FAILED', actions: 'blameLoss', description: 'row 25' },
              { guard: 'counterpart', description: 'row 28; alignments of 8.2' },
            ],
            'market.if003': [
              { guard: 'reverseMigrated', target: '.FAILED', actions: 'blameReverseMigration', description: 'row 26' },
              { guard: 'reverseMigrationToUs', description: 'row 26: names us' },
            ],
            'switch.cancelled': { guard: 'switchLost', target: '.FAILED', actions: 'blameSwitch', description: 'row 27' },
            'operator.cancel': { guard: 'pending', target: '.FAILED', actions: 'blameOperator', description: 'row 29' },
            '*': { guard: 'worthAnAlert', actions: 'warnUnexpected', description: 'not listed' },
          },
          states: {
            SUBMITTING: {
              id: 'SUBMITTING',
              initial: 'preparing',
              entry: 'begin',
              exit: 'stopSend',
              on: {
                'dip.accepted': { target: '#AWAIT_INITIAL', actions: 'accepted', description: 'row 2' },
                'dip.rejected': [
                  { guard: 'ourCurrentSur', target: '#FAILED', actions: 'blameSchema', description: 'row 3' },
                  { description: 'row 3: of a reference that was replaced' },
                ],
                'market.status': refusedStatus,
                'market.if032': overtaking,
                'market.if035': overtaking,
                'market.if036': overtaking,
                reminder: { guard: is('T_SEND.warn'), actions: 'warnSend', description: '7.4: T_SEND warn' },
              },
              states: {
                preparing: {
                  always: [
                    { guard: 'factsKnown', target: 'sending', actions: 'send', description: 'row 1' },
                    { target: 'awaitingFacts', description: 'row 1: facts at send' },
                  ],
                },
                /** `routingFacts.required = atSend` (appointments 6). */
                awaitingFacts: {
                  entry: 'askFacts',
                  exit: 'stopAsking',
                  on: {
                    'facts.known': [
                      { guard: 'factsComplete', target: 'sending', actions: 'takeFacts', description: 'row 1: facts at send' },
                      { actions: 'askFactsLater', description: 'row 1: the provider is not known yet' },
                    ],
                    reminder: [
                      { guard: is('facts.retry'), actions: 'askFacts', description: 'row 1: ask again' },
                      { guard: is('T_SEND.fail'), target: '#FAILED', actions: 'blameUnreachable', description: 'row 5: nothing was sent' },
                    ],
                  },
                },
                sending: {
                  on: {
                    'operator.resend': { actions: 'resend', description: 'row 4: rebuilt by an operator' },
                    reminder: { guard: is('T_SEND.fail'), target: 'checkingDelivery', actions: 'checkDelivery', description: 'row 5' },
                  },
                },
                checkingDelivery: {
                  exit: 'stopCheck',
                  on: {
                    'operator.resend': { target: 'sending', actions: 'resend', description: 'row 4: rebuilt by an operator' },
                    'delivery.status': [
                      { guard: 'delivered', target: '#AWAIT_INITIAL', actions: 'foundDelivered', description: 'row 5: delivered' },
                      { guard: 'notDelivered', target: '#FAILED', actions: 'blameUnreachable', description: 'row 5: not delivered' },
                    ],
                    reminder: { guard: is('delivery.fail'), target: '#FAILED', actions: 'blameUnreachable', description: 'row 5: no answer' },
                  },
                },
              },
            },
            AWAIT_INITIAL: {
              id: 'AWAIT_INITIAL',
              initial: 'waiting',
              entry: 'startInitial',
              exit: 'stopInitial',
              on: {
                'market.status': refusedStatus,
                'market.if032': initialResponses,
                'market.if035': [...outcomes, unclearOutcome],
                'market.if036': earlyActive,
                'delivery.status': notDelivered,
                reminder: [
                  { guard: is('T032.warn'), actions: 'warnInitial', description: 'row 22: warn' },
                  { guard: is('T032.fail'), target: '#FAILED', actions: 'blameInitialSla', description: 'row 22: fail' },
                ],
              },
              states: {
                waiting: {},
                /** Applies at once the answer by which we know that the DIP took the IF-031 (row 6). */
                overtaken: {
                  id: 'overtaken',
                  always: [
                    ...initialResponses,
                    ...outcomes,
                    { ...unclearOutcome, target: 'waiting' },
                    ...earlyActive,
                    { target: 'waiting', description: 'row 6' },
                  ],
                },
              },
            },
            AWAIT_OUTCOME: {
              id: 'AWAIT_OUTCOME',
              initial: 'waiting',
              entry: 'startOutcome',
              exit: 'stopOutcome',
              on: {
                'market.if032': [lateRejection, lateAnswer],
                'market.if035': [...outcomes, unclearOutcome],
                'market.if036': earlyActive,
                'delivery.status': notDelivered,
                reminder: { guard: is('T035.warn'), actions: 'warnOutcome', description: 'row 23: warn' },
              },
              states: {
                waiting: {
                  on: { reminder: { guard: is('T035.fail'), target: 'replaying', actions: 'replayOutcome', description: 'row 23: replay before failing' } },
                },
                replaying: {
                  exit: 'stopReplay',
                  on: {
                    'replay.answered': { actions: 'replayAnswered', description: 'row 23: any answer counts until the wait ends' },
                    reminder: { guard: is('replay.fail'), target: '#FAILED', actions: 'blameOutcomeSla', description: 'row 23: fail' },
                  },
                },
              },
            },
            AWAIT_ACTIVE: {
              id: 'AWAIT_ACTIVE',
              initial: 'waiting',
              entry: 'startActive',
              exit: 'stopActive',
              on: {
                'market.if032': [lateRejection, lateAnswer],
                'market.if035': [
                  { guard: 'outcomeOutdated', actions: 'warnOutdated', description: '7.6: older than the A' },
                  { guard: 'outcomeRejected', target: '#FAILED', actions: ['weighOutcome', 'blameWithdrawal'], description: 'row 16' },
                  { guard: 'outcomeLapsed', target: '#FAILED', actions: ['weighOutcome', 'blameLapse'], description: 'row 16' },
                  { guard: 'outcomeAccepted', description: '7.6: the same again' },
                ],
                'market.if036': [
                  { guard: 'activeOwing', target: '#COMPLETING', actions: 'activate', description: 'row 18' },
                  { guard: 'activeMatching', target: '#SUCCESS', actions: 'activate', description: 'row 17' },
                  { actions: ['project', 'warnMismatch'], description: 'row 19' },
                ],
                'delivery.status': notDelivered,
                reminder: { guard: is('T036.warn'), actions: 'warnActive', description: 'row 24: warn' },
              },
              states: {
                waiting: {
                  on: { reminder: { guard: is('T036.fail'), target: 'replaying', actions: 'replayActive', description: 'row 24: replay before failing' } },
                },
                replaying: {
                  exit: 'stopReplay',
                  on: {
                    'replay.answered': { actions: 'replayAnswered', description: 'row 24: any answer counts until the wait ends' },
                    reminder: { guard: is('replay.fail'), target: '#FAILED', actions: 'blameActiveSla', description: 'row 24: fail' },
                  },
                },
              },
            },
            COMPLETING: {
              id: 'COMPLETING',
              on: {
                'dtn.sent': { target: '#SUCCESS', description: 'row 20' },
                'dtn.acknowledged': { target: '#SUCCESS', description: 'row 20' },
                'dtn.failed': { target: '#FAILED', actions: 'blameDtn', description: 'row 21' },
                reminder: { guard: is('T_DTN.fail'), target: '#FAILED', actions: 'blameDtn', description: 'row 21' },
                'market.if032': [lateRejection, lateAnswer],
                'market.if035': outcomeAfterActive,
                'market.if036': [
                  { guard: 'activeMatching', actions: 'project', description: 'row 30' },
                  { actions: ['project', 'warnMismatch'], description: 'row 30' },
                ],
              },
            },
            SUCCESS: {
              id: 'SUCCESS',
              tags: 'ended',
              entry: 'succeed',
              on: {
                'dip.accepted': { actions: 'keepIds', description: 'row 30' },
                'market.if032': [lateRejection, lateAnswer],
                'market.if035': outcomeAfterActive,
                'market.if036': [
                  { guard: 'activeMatching', actions: 'project', description: 'row 30' },
                  { actions: ['project', 'warnContradiction'], description: 'row 30' },
                ],
                'market.if037': { description: 'row 30: the record alone' },
                'market.if003': { description: 'row 30: the record alone' },
              },
            },
            FAILED: {
              id: 'FAILED',
              tags: 'ended',
              entry: 'fail',
              on: {
                'dip.accepted': [
                  { guard: 'failedForWant', actions: ['keepIds', 'warnLate'], description: '7.6: answer after failure' },
                  { actions: ['keepIds', 'warnContradiction'], description: 'row 30' },
                ],
                'dip.rejected': { description: 'row 30: agrees' },
                'market.if032': [
                  { guard: 'failedForWant', actions: 'warnLate', description: '7.6: answer after failure' },
                  { guard: 'initialAnswered', description: 'row 30: agrees' },
                ],
                'market.if035': [
                  { guard: 'failedForWant', actions: 'warnLate', description: '7.6: answer after failure' },
                  { guard: 'outcomeContradicts', actions: 'warnContradiction', description: 'row 30' },
                  { description: 'row 30: agrees' },
                ],
                'market.if036': [
                  { guard: 'activeAgrees', actions: 'project', description: 'row 30: agrees' },
                  { guard: 'failedForWant', actions: ['project', 'warnLate'], description: '7.6: answer after failure' },
                  { actions: ['project', 'warnContradiction'], description: 'row 30' },
                ],
                'market.if037': { description: 'row 30: the record alone' },
                'market.if003': { description: 'row 30: the record alone' },
              },
            },
          },
        },
        dtn: {
          initial: 'none',
          states: {
            none: {
              always: { guard: 'd0151Wanted', target: 'due', actions: 'd0151Due', description: 'rows 13, 18' },
              on: {
                'dtn.sent': { guard: 'd0151Withdrawn', target: 'sent', actions: 'd0151Sent', description: '9.2: went out although withdrawn' },
                'dtn.acknowledged': { guard: 'd0151Withdrawn', target: 'acknowledged', actions: 'd0151Sent', description: '9.2: went out although withdrawn' },
              },
            },
            due: { always: cancelUnsent, on: { ...queuedNews, ...refusedNews, ...untilSent } },
            queued: { always: cancelUnsent, on: { ...refusedNews, ...untilSent } },
            sent: {
              on: {
                'dtn.acknowledged': { target: 'acknowledged' },
                'dtn.rejected': { target: 'rejected', actions: 'd0151Rejected', description: '9.2: goes again in a new file' },
                'dtn.failed': { target: 'failed', actions: 'd0151Failed' },
              },
            },
            rejected: { always: cancelUnsent, on: { ...queuedNews, ...untilSent } },
            acknowledged: {
              on: { 'dtn.rejected': { target: 'rejected', actions: 'd0151Rejected', description: '9.2: goes again in a new file' } },
            },
            failed: {
              always: [{ guard: 'd0151Wanted', target: 'due', actions: 'd0151Due', description: 'row 18: due again' }, cancelUnsent],
              on: sentNews,
            },
          },
        },
      },
    });
}

export type AppointmentMachine = ReturnType<typeof createAppointmentMachine>;
