/** One DTN file, `dtn-file:<mpid>:<fileId>` (appointments 9). What each step does is in `file-steps.ts`. */
import { enqueueActions, setup } from 'xstate';
import { engineActions } from '../common/effects.ts';
import type { Ask, Outcome } from './asks.ts';
import type { DtnFileEvent, DtnFileInput, WriteDtnFileParams } from './events.ts';
import * as steps from './file-steps.ts';
import { DEFAULT_DTN_SETTINGS, type DtnSettings } from './settings.ts';

export const DTN_FILE_MACHINE_VERSION = 1;

type EventOf<T extends DtnFileEvent['type']> = Extract<DtnFileEvent, { type: T }>;
type Context = steps.DtnFileContext;

function isReceipt(event: DtnFileEvent, outcome: 'acknowledged' | 'refused'): boolean {
  return event.type === 'file.receipt' && event.outcome === outcome;
}

/** @param settings what the installation decided; the machine keeps none of it in its snapshot. */
export function createDtnFileMachine(settings: DtnSettings = DEFAULT_DTN_SETTINGS) {
  // The params of an ask match its type by construction (`Ask`); XState cannot know that inside `setup`.
  const step = <T extends DtnFileEvent['type']>(decide: (context: Context, event: EventOf<T>) => Outcome<Context>) =>
    enqueueActions(
      ({ context, event, enqueue }: { context: Context; event: DtnFileEvent; enqueue: { (ask: Ask): void; assign(change: Partial<Context>): void } }) => {
        const { context: change, asks } = decide(context, event as EventOf<T>);
        enqueue.assign(change);
        for (const ask of asks) enqueue(ask);
      },
    ) as never;
  const tellStanding = (standing: steps.Standing) => step<'line.asked'>((context, event) => steps.asked(context, event, standing));
  return setup({
    types: { context: {} as Context, events: {} as DtnFileEvent, input: {} as DtnFileInput },
    actions: {
      ...engineActions,
      writeDtnFile: (_: unknown, _params: WriteDtnFileParams): void => {},
      settle: step(steps.settle),
      claimAndWrite: step<'file.made'>(steps.made),
      reportRecorded: step<'file.taken'>(steps.recorded),
      reportSent: step<'file.taken'>((context, event) => steps.taken(context, event, settings)),
      reportAcknowledged: step<'file.receipt'>(steps.acknowledged),
      judgeRefusal: step<'file.receipt'>((context, event) => steps.refused(context, event, settings)),
      noteUnwanted: step<'line.unwanted'>(steps.unwanted),
      handBack: step<'reminder'>(steps.resend),
      alertOverdue: step<'reminder'>(steps.receiptOverdue),
      alertContradiction: step<'file.receipt'>(steps.contradicted),
      tellWriting: tellStanding('writing'),
      tellWaiting: tellStanding('waiting'),
      tellRecorded: tellStanding('recorded'),
      tellAcknowledged: tellStanding('acknowledged'),
      tellRefused: tellStanding('refused'),
      tellReplaced: tellStanding('replaced'),
      tellFailed: tellStanding('failed'),
    },
    guards: {
      isTest: ({ context }) => context.test,
      isAcknowledged: ({ event }) => isReceipt(event, 'acknowledged'),
      isRefused: ({ event }) => isReceipt(event, 'refused'),
      refusedForGood: ({ context, event }) =>
        event.type === 'file.receipt' && event.outcome === 'refused' && steps.judge(context, event.text, settings).again.length === 0,
      isResend: ({ event }) => event.type === 'reminder' && event.name === 'resend',
      isReceiptOverdue: ({ event }) => event.type === 'reminder' && event.name === 'receipt',
    },
  }).createMachine({
    id: 'dtn-file',
    context: ({ input }) => ({
      mpid: input.mpid,
      fileId: input.fileId,
      flow: 'D0151',
      recipient: '',
      test: false,
      lines: [],
      count: 0,
      refusals: 0,
      replaces: null,
      again: [],
      unwanted: [],
      takenAt: null,
      receipt: null,
      overdue: false,
      claim: [],
      release: [],
    }),
    initial: 'new',
    on: { '*': { actions: 'settle' } },
    states: {
      new: { on: { 'file.made': { target: 'writing', actions: 'claimAndWrite' } } },
      writing: {
        on: {
          'file.taken': [
            { guard: 'isTest', target: 'recorded', actions: 'reportRecorded' },
            { target: 'waiting', actions: 'reportSent' },
          ],
          'file.receipt': [
            { guard: 'isAcknowledged', target: 'acknowledged', actions: 'reportAcknowledged' },
            { guard: 'refusedForGood', target: 'failed', actions: 'judgeRefusal' },
            { target: 'refused', actions: 'judgeRefusal' },
          ],
          'line.asked': { actions: 'tellWriting' },
          'line.unwanted': { actions: 'noteUnwanted' },
        },
      },
      waiting: {
        on: {
          'file.receipt': [
            { guard: 'isAcknowledged', target: 'acknowledged', actions: 'reportAcknowledged' },
            { guard: 'refusedForGood', target: 'failed', actions: 'judgeRefusal' },
            { target: 'refused', actions: 'judgeRefusal' },
          ],
          reminder: { guard: 'isReceiptOverdue', actions: 'alertOverdue' },
          'line.asked': { actions: 'tellWaiting' },
          'line.unwanted': { actions: 'noteUnwanted' },
        },
      },
      refused: {
        on: {
          reminder: { guard: 'isResend', target: 'replaced', actions: 'handBack' },
          'file.receipt': { guard: 'isAcknowledged', actions: 'alertContradiction' },
          'line.asked': { actions: 'tellRefused' },
          'line.unwanted': { actions: 'noteUnwanted' },
        },
      },
      replaced: {
        on: { 'file.receipt': { guard: 'isAcknowledged', actions: 'alertContradiction' }, 'line.asked': { actions: 'tellReplaced' } },
      },
      failed: {
        on: { 'file.receipt': { guard: 'isAcknowledged', actions: 'alertContradiction' }, 'line.asked': { actions: 'tellFailed' } },
      },
      acknowledged: {
        on: { 'file.receipt': { guard: 'isRefused', actions: 'alertContradiction' }, 'line.asked': { actions: 'tellAcknowledged' } },
      },
      recorded: {
        on: { 'file.receipt': { guard: 'isRefused', actions: 'alertContradiction' }, 'line.asked': { actions: 'tellRecorded' } },
      },
    },
  });
}
