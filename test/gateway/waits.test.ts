import test from 'ava';
import type { SnapshotFrom } from 'xstate';
import { waitsFor } from '../../gateway/ops/waits.ts';
import { type AppointmentMachine, stateName } from '../../machines/appointment/index.ts';
import { createDtnFileMachine, createDtnMachine } from '../../machines/dtn/index.ts';
import { allStates, chartOf } from '../../ops/docs/chart.ts';
import { documentedMachines } from '../../ops/docs/machines.ts';

const statesOf = (name: string) => allStates(chartOf(documentedMachines().find((documented) => documented.name === name)!.machine));

test('every pending state of an appointment says what it waits for, every ended one nothing', (t) => {
  const leaves = statesOf('appointment').filter(({ path, kind }) => path.startsWith('market.') && kind === 'atomic');
  t.true(leaves.length > 10);
  for (const { path, tags } of leaves) {
    const [, main = '', sub] = path.split('.');
    const value = { market: sub === undefined ? main : { [main]: sub } } as SnapshotFrom<AppointmentMachine>['value'];
    const waits = waitsFor('appointment', stateName({ value }));
    if (tags.includes('ended')) t.is(waits, null, path);
    else t.is(typeof waits, 'string', path);
  }
});

test('every state of a DTN file that has something to wait for says it', (t) => {
  const quiet = new Set(['replaced', 'failed', 'acknowledged', 'recorded']);
  for (const state of Object.keys(createDtnFileMachine().states)) t.is(waitsFor('dtn-file', state) === null, quiet.has(state), state);
  for (const state of Object.keys(createDtnMachine().states)) t.is(waitsFor('dtn', state) === null, state === 'idle', state);
});

test('an unknown kind waits for nothing in particular', (t) => {
  t.is(waitsFor('toy', 'x'), null);
});
