/**
 * The MPAN record of one supplier (appointments 8): the only writer of record and meters.
 *
 * Three regions. `record` keeps the projection. `closure` is the de-appointment-all machine, `alignment` the one for linked
 * and related meter points; both are independent of any appointment process. All waiting is for named events or for the
 * reminders `closure` and `alignment`.
 *
 * Invariants
 * - M1 The projection depends on which market messages were applied, not on their order; applying one again changes nothing.
 * - M2 A null or `x` never overwrites a known value; a test message changes nothing.
 * - M3 Time alone closes nothing and aligns nothing: it only alerts.
 */
import { enqueueActions, setup } from 'xstate';
import { createWorkingDays } from '../calendar/index.ts';
import { engineActions } from '../common/effects.ts';
import { initialContext, type MpanContext } from './context.ts';
import type { MpanEffect, Step } from './effects.ts';
import type { MpanEvent, MpanInput } from './events.ts';
import { bringsRoutingFacts, closes, followsPrimary, isAligned, isAutomatic, isLive, isRegained, isReminder, isRepeatedExpectation } from './guards.ts';
import { importFacts } from './import.ts';
import { projectActive } from './project-active.ts';
import { projectDeAppointment } from './project-deappointment.ts';
import { noteUnsolicited, updateContract, wantFacts } from './record.ts';
import {
  align,
  alignedAlready,
  alignmentOverdue,
  beginClosing,
  closureOverdue,
  endClosing,
  expectAlignment,
  reopen,
  type SideOptions,
  tellLinked,
} from './side-machines.ts';

type EventOf<T extends MpanEvent['type']> = Extract<MpanEvent, { type: T }>;
interface Enqueue {
  (effect: MpanEffect): void;
  assign(context: MpanContext): void;
}

/** Version of the snapshot's shape; raised with a migration. */
export const MPAN_MACHINE_VERSION = 1;

export const defaultSideOptions: SideOptions = { workingDays: createWorkingDays(), overdueWorkingDays: 2 };

/** @param options working-day calendar and the delay after which a missing second half is alerted */
export function createMpanMachine(options: SideOptions = defaultSideOptions) {
  return setup({
    types: { context: {} as MpanContext, events: {} as MpanEvent, input: {} as MpanInput },
    actions: {
      ...engineActions,
      importFacts: enqueueActions(({ context, event, enqueue }) => run(enqueue, context, event, 'imported', importFacts)),
      projectActive: enqueueActions(({ context, event, enqueue }) => run(enqueue, context, event, 'project.active', projectActive)),
      projectDeAppointment: enqueueActions(({ context, event, enqueue }) => run(enqueue, context, event, 'project.deappointment', projectDeAppointment)),
      updateContract: enqueueActions(({ context, event, enqueue }) => run(enqueue, context, event, 'contract.updated', updateContract)),
      tellLinked: enqueueActions(({ context, event, enqueue }) => run(enqueue, context, event, 'process.succeeded', tellLinked)),
      wantFacts: enqueueActions(({ context, event, enqueue }) => run(enqueue, context, event, 'facts.wanted', wantFacts)),
      noteUnsolicited: enqueueActions(({ context, event, enqueue }) => run(enqueue, context, event, 'unsolicited', noteUnsolicited)),
      beginClosing: enqueueActions(({ context, event, enqueue }) =>
        run(enqueue, context, event, 'project.deappointment', (before, closing) => beginClosing(before, closing, options)),
      ),
      endClosing: enqueueActions(({ context, enqueue }) => perform(enqueue, context, endClosing(context))),
      reopen: enqueueActions(({ context, enqueue }) => perform(enqueue, context, reopen(context))),
      alertDataMissing: enqueueActions(({ context, enqueue }) => perform(enqueue, context, closureOverdue(context, 'data'))),
      alertMeteringMissing: enqueueActions(({ context, enqueue }) => perform(enqueue, context, closureOverdue(context, 'metering'))),
      expectAlignment: enqueueActions(({ context, event, enqueue }) =>
        run(enqueue, context, event, 'alignment.expected', (before, expected) => expectAlignment(before, expected, options)),
      ),
      alignedAlready: enqueueActions(({ context, event, enqueue }) => run(enqueue, context, event, 'alignment.expected', alignedAlready)),
      align: enqueueActions(({ context, event, enqueue }) => run(enqueue, context, event, 'project.active', align)),
      alertAlignment: enqueueActions(({ context, enqueue }) => perform(enqueue, context, alignmentOverdue(context))),
    },
    guards: {
      isLive,
      bringsRoutingFacts,
      closesMetering: closes('metering'),
      closesData: closes('data'),
      isRegained,
      isAligned,
      isRepeatedExpectation,
      followsPrimary,
      isAutomatic,
      isClosureDue: isReminder('closure'),
      isAlignmentDue: isReminder('alignment'),
    },
  }).createMachine({
    id: 'mpan',
    type: 'parallel',
    context: ({ input }) => initialContext(input),
    states: {
      record: {
        initial: 'unknown',
        on: {
          imported: { actions: 'importFacts' },
          'project.active': { guard: 'isLive', actions: 'projectActive' },
          'project.deappointment': { guard: 'isLive', actions: 'projectDeAppointment' },
          'contract.updated': { actions: 'updateContract' },
          'process.succeeded': { actions: 'tellLinked' },
          'facts.wanted': { actions: 'wantFacts' },
          unsolicited: { guard: 'isLive', actions: 'noteUnsolicited' },
        },
        states: {
          unknown: {
            on: {
              imported: { guard: 'bringsRoutingFacts', target: 'known', actions: 'importFacts' },
              'project.active': { guard: 'bringsRoutingFacts', target: 'known', actions: 'projectActive' },
            },
          },
          known: {},
        },
      },
      closure: {
        initial: 'open',
        states: {
          open: {
            on: {
              'project.deappointment': [
                { guard: 'closesMetering', target: 'meteringClosed', actions: 'beginClosing' },
                { guard: 'closesData', target: 'dataClosed', actions: 'beginClosing' },
              ],
            },
          },
          meteringClosed: {
            on: {
              'project.deappointment': { guard: 'closesData', target: 'complete', actions: 'endClosing' },
              'project.active': { guard: 'isRegained', target: 'open', actions: 'reopen' },
              reminder: { guard: 'isClosureDue', actions: 'alertDataMissing' },
            },
          },
          dataClosed: {
            on: {
              'project.deappointment': { guard: 'closesMetering', target: 'complete', actions: 'endClosing' },
              'project.active': { guard: 'isRegained', target: 'open', actions: 'reopen' },
              reminder: { guard: 'isClosureDue', actions: 'alertMeteringMissing' },
            },
          },
          complete: {
            on: { 'project.active': { guard: 'isRegained', target: 'open', actions: 'reopen' } },
          },
        },
      },
      alignment: {
        initial: 'none',
        states: {
          none: {
            on: {
              'alignment.expected': [
                { guard: 'isAligned', target: 'aligned', actions: 'alignedAlready' },
                { target: 'expected', actions: 'expectAlignment' },
              ],
              'project.active': { guard: 'isAutomatic', target: 'aligned', actions: 'align' },
            },
          },
          expected: {
            on: {
              'alignment.expected': [
                { guard: 'isRepeatedExpectation' },
                { guard: 'isAligned', target: 'aligned', actions: 'alignedAlready' },
                { actions: 'expectAlignment' },
              ],
              'project.active': { guard: 'followsPrimary', target: 'aligned', actions: 'align' },
              reminder: { guard: 'isAlignmentDue', actions: 'alertAlignment' },
            },
          },
          aligned: {
            on: {
              'alignment.expected': [
                { guard: 'isRepeatedExpectation' },
                { guard: 'isAligned', actions: 'alignedAlready' },
                { target: 'expected', actions: 'expectAlignment' },
              ],
              'project.active': { guard: 'isAutomatic', actions: 'align' },
            },
          },
        },
      },
    },
  });
}

export type MpanMachine = ReturnType<typeof createMpanMachine>;

/** Narrows the event for a step; XState gives named actions the whole union. */
function run<T extends MpanEvent['type']>(
  enqueue: Enqueue,
  context: MpanContext,
  event: MpanEvent,
  type: T,
  decide: (context: MpanContext, event: EventOf<T>) => Step,
): void {
  if (event.type === type) perform(enqueue, context, decide(context, event as EventOf<T>));
}

function perform(enqueue: Enqueue, before: MpanContext, step: Step): void {
  if (step.context !== before) enqueue.assign(step.context);
  for (const effect of step.effects) enqueue(effect);
}
