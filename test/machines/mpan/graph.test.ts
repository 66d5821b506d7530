import { getShortestPaths } from '@xstate/graph';
import test from 'ava';
import { createMpanMachine } from '../../../machines/mpan/index.ts';
import { mpanEvents, mpanInput, mpanStateKey, Record } from '../../support/machines/mpan-world.ts';

const paths = getShortestPaths(createMpanMachine(), { input: mpanInput, events: [...mpanEvents], serializeState: mpanStateKey, limit: 100_000 });

test('every state of every region is reached', (t) => {
  const seen = new Set(paths.flatMap(({ state }) => Object.entries(state.value).map(([region, name]) => `${region}.${name as string}`)));
  t.deepEqual([...seen].sort(), [
    'alignment.aligned',
    'alignment.expected',
    'alignment.none',
    'closure.complete',
    'closure.dataClosed',
    'closure.meteringClosed',
    'closure.open',
    'record.known',
    'record.unknown',
  ]);
});

test('every reachable state waits for a named event', (t) => {
  for (const { state } of paths)
    t.true(
      mpanEvents.some((event) => state.can(event)),
      JSON.stringify(state.value),
    );
});

test('whatever is half done has its reminder standing, and what is settled has none', (t) => {
  for (const { steps } of paths) {
    const record = new Record();
    const standing = new Set<string>();
    for (const { event } of steps) {
      if ((event.type as string) === 'xstate.init') continue;
      if (event.type === 'reminder' && !standing.delete(event.name)) continue;
      record.send(event);
      for (const { name } of record.asked('remind')) standing.add(name);
      for (const { name } of record.asked('forget')) standing.delete(name);
    }
    const { closing, aligning } = record.context;
    const halfClosed = record.value.closure === 'meteringClosed' || record.value.closure === 'dataClosed';
    t.is(standing.has('closure'), halfClosed && closing?.alerted === false, JSON.stringify(record.value));
    t.is(standing.has('alignment'), record.value.alignment === 'expected' && aligning?.alerted === false, JSON.stringify(record.value));
  }
});

test('a snapshot survives being stored: every state restored from JSON does the same next steps', (t) => {
  const machine = createMpanMachine();
  for (const { state } of paths.slice(0, 60)) {
    const stored = JSON.parse(JSON.stringify(machine.getPersistedSnapshot(state)));
    const restored = new Record(mpanInput, machine);
    restored.snapshot = machine.resolveState({ value: stored.value, context: stored.context });
    const live = new Record(mpanInput, machine);
    live.snapshot = state;
    for (const event of mpanEvents) {
      live.snapshot = state;
      restored.snapshot = machine.resolveState({ value: stored.value, context: stored.context });
      t.deepEqual(JSON.stringify(restored.send(event).effects), JSON.stringify(live.send(event).effects));
      t.is(mpanStateKey(restored.snapshot), mpanStateKey(live.snapshot));
    }
  }
});
