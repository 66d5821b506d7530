/** The collector of one sender's lines, `dtn:<mpid>` (appointments 9). What each step does is in `collector.ts`. */
import { enqueueActions, setup } from 'xstate';
import { engineActions } from '../common/effects.ts';
import type { Ask, Outcome } from './asks.ts';
import { addLine, cancelLine, type DtnContext, flushAll, flushOne, replaceFile } from './collector.ts';
import type { DtnEvent, DtnInput } from './events.ts';
import { DEFAULT_DTN_SETTINGS, type DtnSettings } from './settings.ts';

export const DTN_MACHINE_VERSION = 1;

type EventOf<T extends DtnEvent['type']> = Extract<DtnEvent, { type: T }>;

/** @param settings what the installation decided; the machine keeps none of it in its snapshot. */
export function createDtnMachine(settings: DtnSettings = DEFAULT_DTN_SETTINGS) {
  // The params of an ask match its type by construction (`Ask`); XState cannot know that inside `setup`.
  const step = <T extends DtnEvent['type']>(decide: (context: DtnContext, event: EventOf<T>) => Outcome<DtnContext>) =>
    enqueueActions(
      ({ context, event, enqueue }: { context: DtnContext; event: DtnEvent; enqueue: { (ask: Ask): void; assign(change: Partial<DtnContext>): void } }) => {
        const { context: change, asks } = decide(context, event as EventOf<T>);
        enqueue.assign(change);
        for (const ask of asks) enqueue(ask);
      },
    ) as never;
  return setup({
    types: { context: {} as DtnContext, events: {} as DtnEvent, input: {} as DtnInput },
    actions: {
      ...engineActions,
      addLine: step<'line.added'>((context, event) => addLine(context, event, settings)),
      cancelLine: step<'line.cancelled'>(cancelLine),
      flushQueue: step<'reminder'>((context, event) => flushOne(context, event, settings)),
      flushAll: step<'flush'>((context, event) => flushAll(context, event, settings)),
      replaceFile: step<'file.refused'>((context, event) => replaceFile(context, event, settings)),
    },
    guards: { linesWait: ({ context }) => Object.keys(context.queues).length > 0 },
  }).createMachine({
    id: 'dtn',
    context: ({ input }) => ({ mpid: input.mpid, lastFile: 0, lastTestFile: 0, queues: {} }),
    initial: 'idle',
    on: {
      'line.added': { actions: 'addLine' },
      'line.cancelled': { actions: 'cancelLine' },
      'file.refused': { actions: 'replaceFile' },
    },
    states: {
      idle: { always: { guard: 'linesWait', target: 'collecting' } },
      collecting: {
        on: {
          reminder: { actions: 'flushQueue' },
          flush: { actions: 'flushAll' },
        },
        always: { guard: ({ context }) => Object.keys(context.queues).length === 0, target: 'idle' },
      },
    },
  });
}
