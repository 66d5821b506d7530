/**
 * One alert. Raised → acknowledged → cleared; a cleared one may be raised again, which starts a new count and asks for a new
 * acknowledgement. Clearing what was never raised says nothing.
 */
import { assign, setup } from 'xstate';
import { type EpochMs, engineActions, type Json } from '../common/effects.ts';
import type { AlertEvent, AlertInput } from './events.ts';

export type AlertContext = {
  readonly code: string;
  readonly about: string;
  /** Of the last raise. */
  readonly text: string;
  readonly details: Json;
  /** First and last raise since it was last clear, and how many there were. */
  readonly raisedAt: EpochMs;
  readonly lastAt: EpochMs;
  readonly count: number;
  readonly clearedAt: EpochMs | null;
  readonly acknowledged: { readonly by: string; readonly note: string; readonly at: EpochMs } | null;
};

export const ALERT_MACHINE_VERSION = 1;

/** Longest text and note kept. */
const MAX_TEXT = 2_000;

export const alertMachine = setup({
  types: { context: {} as AlertContext, events: {} as AlertEvent, input: {} as AlertInput },
  actions: {
    ...engineActions,
    begin: assign(({ event }) =>
      event.type === 'raise'
        ? { text: cut(event.text), details: event.details, raisedAt: event.at, lastAt: event.at, count: 1, clearedAt: null, acknowledged: null }
        : {},
    ),
    count: assign(({ context, event }) =>
      event.type === 'raise' ? { text: cut(event.text), details: event.details, lastAt: event.at, count: context.count + 1 } : {},
    ),
    acknowledge: assign(({ event }) => (event.type === 'acknowledge' ? { acknowledged: { by: cut(event.by), note: cut(event.note), at: event.at } } : {})),
    clear: assign(({ event }) => ({ clearedAt: event.at })),
  },
}).createMachine({
  id: 'alert',
  context: ({ input }) => ({
    code: input.code,
    about: input.about,
    text: '',
    details: null,
    raisedAt: input.at,
    lastAt: input.at,
    count: 0,
    clearedAt: null,
    acknowledged: null,
  }),
  initial: 'none',
  states: {
    none: { on: { raise: { target: 'raised', actions: ['begin', announceRaised()] } } },
    raised: {
      on: {
        raise: { actions: 'count' },
        acknowledge: {
          target: 'acknowledged',
          actions: ['acknowledge', { type: 'announce', params: ({ event }) => ({ what: 'acknowledged', data: { by: event.by, note: event.note } }) }],
        },
        clear: { target: 'cleared', actions: ['clear', announceCleared()] },
      },
    },
    acknowledged: {
      on: {
        raise: { actions: 'count' },
        acknowledge: { actions: 'acknowledge' },
        clear: { target: 'cleared', actions: ['clear', announceCleared()] },
      },
    },
    cleared: { on: { raise: { target: 'raised', actions: ['begin', announceRaised()] } } },
  },
});

export type AlertMachine = typeof alertMachine;

function announceRaised() {
  return {
    type: 'announce',
    params: ({ event }: { event: Extract<AlertEvent, { type: 'raise' }> }) => ({ what: 'raised', data: { text: cut(event.text), details: event.details } }),
  } as const;
}

function announceCleared() {
  return {
    type: 'announce',
    params: ({ context }: { context: AlertContext }) => ({ what: 'cleared', data: { raisedAt: context.raisedAt, count: context.count } }),
  } as const;
}

function cut(text: string): string {
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT - 1)}…` : text;
}
