/**
 * A supervisor after OTP: one-for-one, restart intensity, back-off, escalation. This is the specification of what it does;
 * `actors/supervision` performs it.
 *
 * Invariants
 * - S1 A child that fails is started again alone; the others never notice.
 * - S2 At most `maxRestarts` restarts of all children together within `periodMs`; the next failure stops every child and escalates, once.
 * - S3 Children start in their order and are told to stop in the reverse one.
 * - S4 Once stopping or escalated, nothing is started.
 */
import { enqueueActions, setup } from 'xstate';
import type { EpochMs } from '../common/effects.ts';
import type {
  ChildEnded,
  ChildFailed,
  ChildId,
  EscalateParams,
  RestartRule,
  StartChildParams,
  StopChildParams,
  SupervisorEvent,
  SupervisorInput,
  SupervisorPolicy,
} from './events.ts';
import { isTooMany, recentRestarts, restartDelayMs } from './policy.ts';

/** `waiting`: for its restart, until it is up again. `ended`: well, and not to be started again. */
export type ChildStatus = 'new' | 'starting' | 'up' | 'waiting' | 'stopping' | 'ended' | 'stopped';

export type Child = {
  readonly id: ChildId;
  readonly restart: RestartRule;
  readonly status: ChildStatus;
  /** When the status was entered; null before the first. */
  readonly since: EpochMs | null;
  /** Failures in a row, without a stable run between. */
  readonly failures: number;
  /** Restarts within the period, oldest first. */
  readonly restarts: readonly EpochMs[];
  readonly lastError: string | null;
};

export type SupervisorContext = { readonly policy: SupervisorPolicy; readonly children: readonly Child[]; readonly escalation: EscalateParams | null };

type Change = Partial<Omit<Child, 'id'>>;

function changed(children: readonly Child[], id: ChildId, change: Change): readonly Child[] {
  return children.map((child) => (child.id === id ? { ...child, ...change } : child));
}

function childOf(context: SupervisorContext, event: SupervisorEvent): Child | undefined {
  return 'id' in event ? context.children.find((child) => child.id === event.id) : undefined;
}

/** Nothing of it runs or will run. */
function isAtRest(child: Child): boolean {
  return child.status === 'new' || child.status === 'ended' || child.status === 'stopped';
}

/** A child's end that asks for a restart: it was meant to be up, and its rule wants it again. */
function wantsRestart(context: SupervisorContext, event: SupervisorEvent): boolean {
  const child = childOf(context, event);
  if (!child || (child.status !== 'starting' && child.status !== 'waiting' && child.status !== 'up')) return false;
  return event.type === 'child.failed' || (event.type === 'child.ended' && child.restart === 'permanent');
}

const errorOf = (event: ChildFailed | ChildEnded): string => (event.type === 'child.failed' ? event.error : 'ended');

export const supervisorMachine = setup({
  types: { context: {} as SupervisorContext, events: {} as SupervisorEvent, input: {} as SupervisorInput },
  actions: {
    startChild: (_: unknown, _params: StartChildParams): void => {},
    stopChild: (_: unknown, _params: StopChildParams): void => {},
    escalate: (_: unknown, _params: EscalateParams): void => {},
    startAll: enqueueActions(({ context, event, enqueue }) => {
      enqueue.assign({ children: context.children.map((child) => ({ ...child, status: 'starting', since: event.at })) });
      for (const { id } of context.children) enqueue({ type: 'startChild', params: { id, delayMs: 0 } } as never);
    }),
    noteUp: enqueueActions(({ context, event, enqueue }) => {
      const child = childOf(context, event);
      if (child?.status === 'starting' || child?.status === 'waiting')
        enqueue.assign({ children: changed(context.children, child.id, { status: 'up', since: event.at }) });
    }),
    noteStable: enqueueActions(({ context, event, enqueue }) => {
      const child = childOf(context, event);
      if (child?.status === 'up') enqueue.assign({ children: changed(context.children, child.id, { failures: 0, lastError: null }) });
    }),
    restart: enqueueActions(({ context, event, enqueue }) => {
      const child = childOf(context, event);
      if (!child || (event.type !== 'child.failed' && event.type !== 'child.ended')) return;
      const failures = child.failures + 1;
      const restarts = [...recentRestarts(context.policy, child.restarts, event.at), event.at];
      enqueue.assign({ children: changed(context.children, child.id, { status: 'waiting', since: event.at, failures, restarts, lastError: errorOf(event) }) });
      enqueue({ type: 'startChild', params: { id: child.id, delayMs: restartDelayMs(context.policy, failures, event.random) } } as never);
    }),
    giveUp: enqueueActions(({ context, event, enqueue }) => {
      const child = childOf(context, event);
      if (!child || (event.type !== 'child.failed' && event.type !== 'child.ended')) return;
      const restarts = context.children.flatMap((one) => recentRestarts(context.policy, one.restarts, event.at)).length;
      const escalation = { id: child.id, error: errorOf(event), restarts };
      enqueue.assign({ escalation, children: changed(context.children, child.id, { status: 'stopped', since: event.at, lastError: errorOf(event) }) });
      enqueue({ type: 'escalate', params: escalation } as never);
    }),
    stopAll: enqueueActions(({ context, event, enqueue }) => {
      enqueue.assign({ children: context.children.map((child) => (isAtRest(child) ? child : { ...child, status: 'stopping', since: event.at })) });
      for (const child of context.children.toReversed()) if (!isAtRest(child)) enqueue({ type: 'stopChild', params: { id: child.id } } as never);
    }),
    noteEnd: enqueueActions(({ context, event, enqueue }) => {
      const child = childOf(context, event);
      if (!child || isAtRest(child)) return;
      const status = child.status === 'stopping' ? 'stopped' : 'ended';
      enqueue.assign({ children: changed(context.children, child.id, { status, since: event.at }) });
    }),
  },
  guards: {
    tooMany: ({ context, event }) =>
      wantsRestart(context, event) &&
      isTooMany(
        context.policy,
        context.children.flatMap((child) => child.restarts),
        event.at,
      ),
    wantsRestart: ({ context, event }) => wantsRestart(context, event),
    allAtRest: ({ context }) => context.children.every(isAtRest),
  },
}).createMachine({
  id: 'supervisor',
  context: ({ input }) => ({
    policy: input.policy,
    escalation: null,
    children: input.children.map(({ id, restart }) => ({
      id,
      restart: restart ?? 'permanent',
      status: 'new',
      since: null,
      failures: 0,
      restarts: [],
      lastError: null,
    })),
  }),
  initial: 'idle',
  states: {
    idle: { on: { begin: { target: 'running', actions: 'startAll' }, stop: 'stopped' } },
    running: {
      on: {
        'child.started': { actions: 'noteUp' },
        'child.stable': { actions: 'noteStable' },
        'child.failed': [
          { guard: 'tooMany', target: 'escalating', actions: ['giveUp', 'stopAll'] },
          { guard: 'wantsRestart', actions: 'restart' },
        ],
        'child.ended': [
          { guard: 'tooMany', target: 'escalating', actions: ['giveUp', 'stopAll'] },
          { guard: 'wantsRestart', actions: 'restart' },
          { actions: 'noteEnd' },
        ],
        stop: { target: 'stopping', actions: 'stopAll' },
      },
    },
    stopping: {
      always: { guard: 'allAtRest', target: 'stopped' },
      on: { 'child.failed': { actions: 'noteEnd' }, 'child.ended': { actions: 'noteEnd' }, 'child.stopped': { actions: 'noteEnd' } },
    },
    escalating: {
      always: { guard: 'allAtRest', target: 'escalated' },
      on: { 'child.failed': { actions: 'noteEnd' }, 'child.ended': { actions: 'noteEnd' }, 'child.stopped': { actions: 'noteEnd' } },
    },
    stopped: { type: 'final' },
    escalated: { type: 'final' },
  },
});
