import test from 'ava';
import { type EventFrom, initialTransition, type SnapshotFrom, transition } from 'xstate';
import { type AlertMachine, alertMachine } from '../../../machines/alert/index.ts';

type Alert = { snapshot: SnapshotFrom<AlertMachine>; announced: unknown[] };

function run(...events: EventFrom<AlertMachine>[]): Alert {
  let [snapshot] = initialTransition(alertMachine, { code: 'orphan_message', about: 'mpan:SUPX:1', at: 0 });
  const announced: unknown[] = [];
  for (const event of events) {
    const [next, actions] = transition(alertMachine, snapshot, event);
    snapshot = next;
    for (const { type, params } of actions) if (type === 'announce') announced.push((params as { what: string }).what);
  }
  return { snapshot, announced };
}

const raise = (at: number) => ({ type: 'raise', at, code: 'orphan_message', about: 'mpan:SUPX:1', text: 'a', details: null }) as const;
const clear = (at: number) => ({ type: 'clear', at, code: 'orphan_message', about: 'mpan:SUPX:1' }) as const;
const acknowledge = (at: number) => ({ type: 'acknowledge', at, by: 'ann', note: 'looking' }) as const;

test('raising a raised alert only counts', (t) => {
  const { snapshot, announced } = run(raise(1), raise(2), raise(3));
  t.is(snapshot.value, 'raised');
  t.like(snapshot.context, { count: 3, raisedAt: 1, lastAt: 3 });
  t.deepEqual(announced, ['raised']);
});

test('an acknowledged alert keeps who and why, and still counts', (t) => {
  const { snapshot, announced } = run(raise(1), acknowledge(2), raise(3));
  t.is(snapshot.value, 'acknowledged');
  t.like(snapshot.context, { count: 2, acknowledged: { by: 'ann', note: 'looking', at: 2 } });
  t.deepEqual(announced, ['raised', 'acknowledged']);
});

test('a cleared alert that is raised again starts anew and asks for a new acknowledgement', (t) => {
  const { snapshot, announced } = run(raise(1), acknowledge(2), clear(3), raise(4));
  t.is(snapshot.value, 'raised');
  t.like(snapshot.context, { count: 1, raisedAt: 4, acknowledged: null, clearedAt: null });
  t.deepEqual(announced, ['raised', 'acknowledged', 'cleared', 'raised']);
});

test('clearing what was never raised, or twice, says nothing', (t) => {
  t.deepEqual(run(clear(1)).announced, []);
  t.deepEqual(run(raise(1), clear(2), clear(3)).announced, ['raised', 'cleared']);
});

test('a text without end is cut', (t) => {
  const { snapshot } = run({ ...raise(1), text: 'x'.repeat(100_000) });
  t.is(snapshot.context.text.length, 2_000);
});
