import { getShortestPaths } from '@xstate/graph';
import test from 'ava';
import { initialTransition, transition } from 'xstate';
import { DEFAULT_SUPERVISOR_POLICY, type SupervisorEvent, type SupervisorInput, supervisorMachine } from '../../../machines/supervisor/index.ts';

const policy = { ...DEFAULT_SUPERVISOR_POLICY, maxRestarts: 2, periodMs: 10_000, backoffMinMs: 100, backoffMaxMs: 1_000 };
const input: SupervisorInput = { policy, children: [{ id: 'a' }, { id: 'b' }, { id: 'c', restart: 'transient' }] };

function supervisor(given: SupervisorInput = input) {
  let [snapshot] = initialTransition(supervisorMachine, given);
  return {
    get state() {
      return snapshot;
    },
    status: () => Object.fromEntries(snapshot.context.children.map((child) => [child.id, child.status])),
    send(event: SupervisorEvent) {
      const [next, actions] = transition(supervisorMachine, snapshot, event);
      snapshot = next;
      return actions.map(({ type, params }) => ({ type, ...(params as object) }));
    },
  };
}
const failed = (id: string, at: number): SupervisorEvent => ({ type: 'child.failed', id, at, error: 'broken', random: 0 });

test('children start in their order', (t) => {
  t.deepEqual(supervisor().send({ type: 'begin', at: 0 }), [
    { type: 'startChild', id: 'a', delayMs: 0 },
    { type: 'startChild', id: 'b', delayMs: 0 },
    { type: 'startChild', id: 'c', delayMs: 0 },
  ]);
});

test('a child that fails is started again alone, after a pause', (t) => {
  const one = supervisor();
  one.send({ type: 'begin', at: 0 });
  t.deepEqual(one.send(failed('a', 1)), [{ type: 'startChild', id: 'a', delayMs: 50 }]);
  t.deepEqual(one.status(), { a: 'waiting', b: 'starting', c: 'starting' });
});

test('the pause grows with failures in a row, and a stable run resets it', (t) => {
  const one = supervisor({ ...input, policy: { ...policy, maxRestarts: 100 } });
  one.send({ type: 'begin', at: 0 });
  t.deepEqual(
    [1, 2, 3].map((at) => (one.send(failed('a', at))[0] as unknown as { delayMs: number }).delayMs),
    [50, 100, 200],
  );
  one.send({ type: 'child.started', id: 'a', at: 4 });
  one.send({ type: 'child.stable', id: 'a', at: 5 });
  t.deepEqual(one.send(failed('a', 6)), [{ type: 'startChild', id: 'a', delayMs: 50 }]);
});

test('one restart too many within the period stops every child, last first, and escalates once', (t) => {
  const one = supervisor();
  one.send({ type: 'begin', at: 0 });
  one.send(failed('a', 1));
  one.send(failed('b', 2));
  t.deepEqual(one.send(failed('a', 3)), [
    { type: 'escalate', id: 'a', error: 'broken', restarts: 2 },
    { type: 'stopChild', id: 'c' },
    { type: 'stopChild', id: 'b' },
  ]);
  one.send({ type: 'child.stopped', id: 'c', at: 4 });
  t.is(one.state.value, 'escalating');
  one.send({ type: 'child.stopped', id: 'b', at: 5 });
  t.is(one.state.value, 'escalated');
  t.is(one.state.status, 'done');
});

test('restarts that lie further back than the period do not count', (t) => {
  const one = supervisor();
  one.send({ type: 'begin', at: 0 });
  one.send(failed('a', 1));
  one.send(failed('a', 2));
  t.is(one.send(failed('a', 10_002))[0]?.type, 'startChild');
});

test('a transient child that ends well is left alone; a permanent one is started again', (t) => {
  const one = supervisor();
  one.send({ type: 'begin', at: 0 });
  t.deepEqual(one.send({ type: 'child.ended', id: 'c', at: 1, random: 0 }), []);
  t.is(one.status().c, 'ended');
  t.is(one.send({ type: 'child.ended', id: 'a', at: 1, random: 0 })[0]?.type, 'startChild');
});

test('a transient child that fails is started again', (t) => {
  const one = supervisor();
  one.send({ type: 'begin', at: 0 });
  t.is(one.send(failed('c', 1))[0]?.type, 'startChild');
});

test('nothing is started while stopping, however children end', (t) => {
  const one = supervisor();
  one.send({ type: 'begin', at: 0 });
  t.deepEqual(
    one.send({ type: 'stop', at: 1 }).map((asked) => asked.type),
    ['stopChild', 'stopChild', 'stopChild'],
  );
  t.deepEqual(one.send(failed('a', 2)), []);
  one.send({ type: 'child.stopped', id: 'b', at: 3 });
  one.send({ type: 'child.ended', id: 'c', at: 4, random: 0 });
  t.is(one.state.value, 'stopped');
});

test('a child that ended long ago is not stopped', (t) => {
  const one = supervisor();
  one.send({ type: 'begin', at: 0 });
  one.send({ type: 'child.ended', id: 'c', at: 1, random: 0 });
  t.deepEqual(one.send({ type: 'stop', at: 1 }), [
    { type: 'stopChild', id: 'b' },
    { type: 'stopChild', id: 'a' },
  ]);
});

test('every reachable state keeps the intensity, and rests only when every child does', (t) => {
  const small: SupervisorInput = { policy, children: [{ id: 'a' }, { id: 'b', restart: 'transient' }] };
  const events: SupervisorEvent[] = [
    { type: 'begin', at: 1 },
    { type: 'stop', at: 1 },
  ];
  for (const id of ['a', 'b']) {
    events.push(
      { type: 'child.started', id, at: 1 },
      { type: 'child.stable', id, at: 1 },
      failed(id, 1),
      { type: 'child.ended', id, at: 1, random: 0 },
      { type: 'child.stopped', id, at: 1 },
    );
  }
  const paths = getShortestPaths(supervisorMachine, { events, input: small, limit: 100_000 });
  t.deepEqual([...new Set(paths.map((path) => String(path.state.value)))].sort(), ['escalated', 'escalating', 'idle', 'running', 'stopped', 'stopping']);
  for (const { state } of paths) {
    t.true(state.context.children.flatMap((child) => child.restarts).length <= policy.maxRestarts);
    const moving = state.context.children.some((child) => ['starting', 'waiting', 'up', 'stopping'].includes(child.status));
    if (state.status === 'done') t.false(moving);
    if (state.value === 'escalating' || state.value === 'stopping') t.true(moving);
    t.is(state.context.escalation !== null, state.value === 'escalating' || state.value === 'escalated');
  }
});
