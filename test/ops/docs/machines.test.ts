import { readdir, readFile } from 'node:fs/promises';
import test from 'ava';
import { allStates, chartOf } from '../../../ops/docs/chart.ts';
import { layOut } from '../../../ops/docs/layout.ts';
import { documentedMachines } from '../../../ops/docs/machines.ts';
import { machinePages } from '../../../ops/docs/pages.ts';

const root = new URL('../../../', import.meta.url);

test('every page of a machine is what its source says (`npm run docs`)', async (t) => {
  for (const { path, text } of machinePages()) t.is(await readFile(new URL(path, root), 'utf8').catch(() => ''), text, path);
});

test('there is no page of a machine that is gone', async (t) => {
  const known = new Set(machinePages().map((page) => page.path));
  for (const name of await readdir(new URL('docs/machines', root))) t.true(known.has(`docs/machines/${name}`), name);
});

test('every folder of machines that makes a machine is documented', async (t) => {
  const sources = documentedMachines().map((documented) => documented.source);
  for (const folder of await readdir(new URL('machines', root))) {
    const files = await readdir(new URL(`machines/${folder}`, root));
    if (files.includes('machine.ts')) t.true(sources.includes(`machines/${folder}/machine.ts`), folder);
  }
});

for (const { name, machine } of documentedMachines()) {
  test(`${name}: every state is a box, every change of state an arrow, nothing outside the picture`, (t) => {
    const chart = chartOf(machine);
    const states = allStates(chart);
    const layout = layOut(chart);
    t.is(layout.boxes.length, states.length);
    const changes = new Set(states.flatMap((state) => state.rows.flatMap((row) => (row.to === null ? [] : [`${row.from}→${row.to}`]))));
    t.is(layout.arrows.length, changes.size);
    for (const box of layout.boxes) t.true(box.x >= 0 && box.y >= 0 && box.x + box.width <= layout.width && box.y + box.height <= layout.height);
    for (const arrow of layout.arrows) t.true(arrow.laneX < layout.width && arrow.fromY < layout.height && arrow.toY < layout.height);
  });
}

test('every row of the table 7.3 is named in the table of the appointment machine', (t) => {
  const appointment = documentedMachines().find((documented) => documented.name === 'appointment');
  const notes = allStates(chartOf(appointment!.machine)).flatMap((state) => state.rows.map((row) => row.note));
  const named = new Set<number>();
  for (const note of notes) {
    for (const [, list = ''] of note.matchAll(/rows? ((?:\d+(?:, | to )?)+)/g)) {
      for (const part of list.split(', ')) {
        const [from = 0, to = from] = part.split(' to ').map(Number);
        for (let row = from; row <= to; row++) named.add(row);
      }
    }
  }
  for (let row = 1; row <= 30; row++) t.true(named.has(row), `row ${row}`);
});
