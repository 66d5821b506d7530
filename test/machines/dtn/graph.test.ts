import { getShortestPaths } from '@xstate/graph';
import test from 'ava';
import { createDtnFileMachine, createDtnMachine } from '../../../machines/dtn/index.ts';
import { dtnEvents, dtnFileEvents, dtnInput, MPID, smallSettings } from '../../support/machines/dtn-world.ts';

test('every state of a file is reached', (t) => {
  const paths = getShortestPaths(createDtnFileMachine(smallSettings), {
    events: [...dtnFileEvents],
    input: { mpid: MPID, fileId: '0000000001', at: 0 },
    limit: 20_000,
  });
  t.deepEqual([...new Set(paths.map((path) => path.state.value))].sort(), ['acknowledged', 'new', 'refused', 'replaced', 'waiting', 'writing']);
});

test('no path of the collector gives an id twice or leaves one out', (t) => {
  const paths = getShortestPaths(createDtnMachine(smallSettings), {
    events: [...dtnEvents],
    input: dtnInput,
    limit: 200_000,
    stopWhen: (state) => state.context.lastFile >= 2 || state.context.lastTestFile >= 2,
  });
  t.true(paths.length > 20);
  for (const { state } of paths) {
    for (const queue of Object.values(state.context.queues)) {
      t.true(queue.lines.length > 0);
      t.true(queue.lines.length < smallSettings.flushLines);
      t.is(new Set(queue.lines.map((line) => line.slot)).size, queue.lines.length);
    }
    t.is(state.value === 'collecting', Object.keys(state.context.queues).length > 0);
  }
});
