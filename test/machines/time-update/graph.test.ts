/** The whole graph of an action, and its invariants over any order of events. */
import { getShortestPaths } from '@xstate/graph';
import test from 'ava';
import {
  type ActionContext,
  type ActionEvent,
  countedAttempts,
  createTimeUpdateMachine,
  DEFAULT_ACTION_POLICY,
  mayWrite,
} from '../../../machines/time-update/index.ts';
import fc from '../../support/fc.ts';
import { ActionWorld, done, failedBy, failure, type Given, reading, request, result, T0, unknownWrite } from '../../support/machines/time-update-world.ts';

const policy = { ...DEFAULT_ACTION_POLICY, attempts: 2, lostAttempts: 1, windows: 2 };

/** One event of each kind that a step tells apart; `next` fires the reminder that is armed. */
const EVENTS: readonly (Given | 'next')[] = [
  'next',
  { type: 'released' },
  { type: 'window.missed', window: 'a' },
  { type: 'window.missed', window: 'b' },
  { type: 'attempt.started', node: 'n' },
  { type: 'session.progress', stage: 'decide', connectionStartAt: T0, before: reading(-203), serialNumber: '1' },
  { type: 'write.intended', before: reading(-203) },
  { type: 'session.ended', result: done() },
  { type: 'session.ended', result: result('success', { before: reading(1) }) },
  { type: 'session.ended', result: unknownWrite() },
  { type: 'session.ended', result: result('cancelled') },
  { type: 'session.ended', result: result('partial', { before: reading(-203), failure: failure('guard', { guard: 'boundary' }) }) },
  ...(['transport', 'link', 'hang-up', 'meter'] as const).map((kind) => ({
    type: 'session.ended' as const,
    result: failedBy(kind),
  })),
  { type: 'session.ended', result: failedBy('transport'), attempt: 1 },
  { type: 'session.ended', result: result('error', { before: reading(-203), failure: failure('engine') }) },
  {
    type: 'session.ended',
    result: result('partial', { before: reading(-203), after: reading(-203), wrote: true, notTaken: true, failure: failure('engine') }),
  },
  { type: 'session.handed-back', octetsIn: 10, octetsOut: 5 },
  { type: 'cancel', by: 'token-1' },
  { type: 'refused', text: 'password refused earlier' },
];

/** It may come as often as it likes; once is enough to see all that it does. */
const MAX_HANDED_BACK = 1;

/** What decides how an action goes on; times and texts do not. */
function keyOf(state: unknown, context: ActionContext): string {
  const { task, attempt, lost, handedBack, redials, windowsMissed, lastWindow, cancelledBy, write, end, found } = context;
  const known = [found.before, found.after, found.afterError, found.serialNumber].map((value) => value !== null);
  return JSON.stringify([state, task, attempt, lost, handedBack, redials, windowsMissed, lastWindow, cancelledBy, write, end?.outcome, known]);
}

/** One event; false when no engine would send it: a reminder that is not armed, the end of a session that is not owed. */
function take(w: ActionWorld, event: Given | 'next'): boolean {
  if (event === 'next') {
    if (!w.reminders.has('attempt')) return false;
    w.fire();
    return true;
  }
  if (event.type !== 'session.ended' && event.type !== 'session.handed-back') {
    w.give(event);
    return true;
  }
  if (w.owed.length === 0) return false;
  if (event.type === 'session.handed-back') {
    // No session that was not begun is handed back.
    if (w.state !== 'running' || (w.context.handedBack ?? 0) >= MAX_HANDED_BACK) return false;
    w.handBack();
    return true;
  }
  w.end(event.result, event.attempt);
  return true;
}

for (const immediate of [true, false]) {
  const name = immediate ? 'immediate' : 'overnight';

  test(`${name}: every reachable state ends, or waits for something that comes`, (t) => {
    const seen = new Map<string, ActionWorld>([['', new ActionWorld(request({ immediate }), policy)]]);
    const states = new Set<string>();
    for (const from of seen.values()) {
      for (const event of EVENTS) {
        const w = from.fork();
        if (!take(w, event)) continue;
        const stale = event !== 'next' && event.type === 'session.ended' && event.attempt !== undefined;
        const key = keyOf(w.state, w.context);
        states.add(w.state);
        // A stale end took the owed session with it, which the engine would not do: such a way goes no further.
        if (stale) continue;
        const owed = w.state === 'queued' || w.state === 'running' ? 1 : 0;
        t.is(w.owed.length, owed, `sessions owed in ${key}`);
        t.is(w.reminders.size, w.state === 'paused' ? 1 : 0, `reminders in ${key}`);
        t.is(w.context.end === null, w.state !== 'done', key);
        if (!seen.has(key)) seen.set(key, w);
      }
    }
    t.deepEqual([...states].sort(), immediate ? ['done', 'paused', 'queued', 'running'] : ['done', 'paused', 'queued', 'running', 'waiting']);
    t.true(seen.size > 60);
  });

  test(`${name}: the graph of XState ends within its bounds, and no edge leaves an ended action`, (t) => {
    const events = EVENTS.map((event) => (event === 'next' ? { type: 'reminder', name: 'attempt', dueAt: T0, at: T0 } : { ...event, at: T0 })) as ActionEvent[];
    const machine = createTimeUpdateMachine(policy);
    const paths = getShortestPaths(machine, {
      events: (snapshot) => ((snapshot.context.handedBack ?? 0) < MAX_HANDED_BACK ? events : events.filter(({ type }) => type !== 'session.handed-back')),
      input: request({ immediate }),
      serializeState: ((snapshot: { readonly value: unknown; readonly context: ActionContext }) => keyOf(snapshot.value, snapshot.context)) as never,
      limit: 150_000,
    });
    t.true(paths.length > 60);
    t.deepEqual(
      [...new Set(paths.map(({ state }) => state.value as string))].sort(),
      immediate ? ['done', 'paused', 'queued', 'running'] : ['done', 'paused', 'queued', 'running', 'waiting'],
    );
    for (const { state, steps } of paths) {
      t.is(state.status === 'done', state.value === 'done');
      t.true(countedAttempts(state.context) <= policy.attempts + policy.lostAttempts + 1, JSON.stringify(steps.map(({ event }) => event.type)));
      t.true(state.context.lost <= policy.lostAttempts + 1);
    }
  });
}

test('whatever the order of events: no write after a cancel that came before it, an honest reading before, no silent end of a write', (t) => {
  const event = fc.constantFrom(...EVENTS);
  fc.assert(
    fc.property(fc.boolean(), fc.array(event, { maxLength: 40 }), (immediate, events) => {
      const w = new ActionWorld(request({ immediate }), policy);
      let barred = false;
      let intended = false;
      for (const given of events) {
        const before = w.context;
        const running = w.state === 'running';
        if (!take(w, given)) continue;
        const { context } = w;
        if (given !== 'next' && given.type === 'cancel' && before.write?.attempt !== before.attempt)
          barred ||= running ? context.cancelledBy !== null : before.end === null;
        // A2
        if (barred) t.false(mayWrite(context, context.attempt));
        if (given !== 'next' && given.type === 'write.intended' && mayWrite(context, context.attempt)) intended = true;
        if (given !== 'next' && given.type === 'session.ended' && given.result.notTaken) intended = true;
        // V1
        if (before.write !== null && context.write !== null && before.write.first !== before.attempt) t.deepEqual(context.found.before, before.found.before);
        // V4
        if (context.end !== null && context.write !== null) t.true(context.end.outcome === 'success' || context.end.outcome === 'partial');
        if (context.write !== null && !context.write.sure) t.true(intended);
        // A3
        if (before.end !== null) t.deepEqual(context, before);
        t.true(context.attempt >= before.attempt);
      }
    }),
    { numRuns: 2_000 },
  );
});

test('an action always ends when every session fails and every pause passes', (t) => {
  const kinds = fc.constantFrom('transport', 'link', 'engine', 'write', 'meter', 'lost', 'unknown');
  fc.assert(
    fc.property(fc.infiniteStream(kinds), (failures) => {
      const w = new ActionWorld();
      for (const [kind] of Array.from({ length: 20 }, () => [failures.next().value as string])) {
        if (w.state === 'done') break;
        if (w.state === 'queued' || kind === 'lost') w.start();
        if (w.state === 'running' && kind !== 'lost') w.end(kind === 'unknown' ? unknownWrite() : failedBy(kind as 'link'));
        if (w.state === 'paused') w.fire();
      }
      t.is(w.state, 'done');
      t.deepEqual(w.owed, []);
    }),
  );
});
