/** A small machine that asks for everything an engine can be asked for. */
import { assign, setup } from 'xstate';
import type { ActorDefinition } from '../../actors/engine/definition.ts';
import { engineActions, type Json } from '../../machines/common/effects.ts';

type Event =
  | { type: 'add'; at: number; amount: number }
  | { type: 'send'; at: number; name: string }
  | { type: 'sent'; at: number; name: string }
  | { type: 'unsend'; at: number; name: string }
  | { type: 'pass-on'; at: number; to: `${string}:${string}`; key: string; amount: number }
  | { type: 'wake-me'; at: number; name: string; dueAt: number; gate?: 'dip' }
  | { type: 'reminder'; at: number; name: string; dueAt: number }
  | { type: 'say'; at: number; words: string[] }
  | { type: 'boom'; at: number }
  | { type: 'finish'; at: number };

interface Context {
  total: number;
  seen: string[];
}

const machine = setup({
  types: { context: {} as Context, events: {} as Event, input: {} as { start: number } },
  actions: {
    ...engineActions,
    sendOut: (_, _params: { name: string }) => {},
    note: assign({ seen: ({ context, event }) => [...context.seen, event.type === 'reminder' ? `reminder:${event.name}` : event.type] }),
    explode: () => {},
  },
}).createMachine({
  id: 'toy',
  context: ({ input }) => ({ total: input.start, seen: [] }),
  initial: 'open',
  states: {
    open: {
      on: {
        add: { actions: [assign({ total: ({ context, event }) => context.total + event.amount }), 'note'] },
        send: { actions: [{ type: 'sendOut', params: ({ event }) => ({ name: event.name }) }, 'note'] },
        sent: { actions: 'note' },
        unsend: { actions: { type: 'withdraw', params: ({ event }) => ({ name: event.name }) } },
        'pass-on': { actions: { type: 'tell', params: ({ event }) => ({ to: event.to, key: event.key, event: { type: 'add', amount: event.amount } }) } },
        'wake-me': {
          actions: { type: 'remind', params: ({ event }) => ({ name: event.name, dueAt: event.dueAt, ...(event.gate ? { gate: event.gate } : {}) }) },
        },
        reminder: [
          {
            guard: ({ event }) => event.name === 'boom',
            actions: assign(() => {
              throw new Error('a reminder that throws');
            }),
          },
          { actions: 'note' },
        ],
        say: {
          actions: [
            { type: 'announce', params: ({ event }) => ({ what: event.words[0] ?? '' }) },
            { type: 'announce', params: ({ event }) => ({ what: event.words[1] ?? '' }) },
            { type: 'announce', params: ({ event }) => ({ what: event.words[2] ?? '' }) },
          ],
        },
        boom: {
          actions: assign(() => {
            throw new Error('a pure step that throws');
          }),
        },
        finish: 'done',
      },
    },
    done: {},
  },
});

/** Definition of kind `toy`. */
export function toyDefinition(change: Partial<ActorDefinition> = {}): ActorDefinition {
  return {
    kind: 'toy',
    machine,
    machineVersion: 1,
    migrate: (snapshot) => snapshot,
    stateOf: (snapshot: { value: unknown }) => String(snapshot.value),
    indexesOf: (_snapshot, doc) => ({ requestId: [doc.id] }),
    effects: {
      sendOut: {
        channel: 'out',
        encode: (params) => {
          const { name } = params as { name: string };
          return { key: `out:${name}`, name, data: { name }, body: `body of ${name}` };
        },
      },
    },
    inputFromTell: () => ({ start: 0 }),
    announcement: (_snapshot, doc) => ({ subject: `toy.${doc.shard}`, type: 'toy', data: { id: doc.id } }),
    ...change,
  };
}

/** What a toy knows, out of its document. */
export function toyContext(doc: { snapshot: Json } | undefined): Context {
  if (!doc) throw new Error('there is no such toy');
  return (doc.snapshot as unknown as { context: Context }).context;
}
