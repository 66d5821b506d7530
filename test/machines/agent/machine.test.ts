import test from 'ava';
import { type EventFrom, initialTransition, transition } from 'xstate';
import { type AgentMachine, agentMachine } from '../../../machines/agent/index.ts';

function run(...events: EventFrom<AgentMachine>[]) {
  let [snapshot] = initialTransition(agentMachine, { dipId: '1200000015', at: 0 });
  for (const event of events) [snapshot] = transition(agentMachine, snapshot, event);
  return snapshot;
}

const entry = (mpid: string, effectiveFrom: string, role = 'MSS') => ({ dipId: '1200000015', mpid, role, effectiveFrom, effectiveTo: null, name: null });
const published = (sentAt: number, mpid: string, from: string) => ({ type: 'agent.published', at: 9, sentAt, entry: entry(mpid, from) }) as const;

test('entries are kept by effective date, whatever came first', (t) => {
  const events = [published(1, 'MOPX', '2026-01-01'), published(2, 'MOPZ', '2026-06-01')] as const;
  t.deepEqual(run(...events).context, run(...[...events].reverse()).context);
  t.deepEqual(
    run(...events).context.versions.map(({ mpid }) => mpid),
    ['MOPX', 'MOPZ'],
  );
});

test('a later publication about the same date replaces the earlier, and the earlier cannot come back', (t) => {
  const { context } = run(published(2, 'MOPZ', '2026-01-01'), published(1, 'MOPX', '2026-01-01'));
  t.deepEqual(
    context.versions.map(({ mpid }) => mpid),
    ['MOPZ'],
  );
});

test('an agent is unknown until something names it', (t) => {
  t.is(run().value, 'unknown');
  t.is(run({ type: 'imported', at: 1, entry: entry('MOPX', '2026-01-01') }).value, 'listed');
});
