import test from 'ava';
import { clusterRoutes, linesByClass, parseNodeGroups } from '../../../actors/line/cluster-groups.ts';

const group = (name: string, lines: number, dialogue: 'at' | 'x28' = 'at') => ({ name, dialogue, lines, free: lines, waiting: 0 });
const NODES = [
  { groups: [group('default', 2)], routes: [{ numbers: '07*', group: 'gsm' }] },
  { groups: [group('default', 1), group('gsm', 3), group('pads', 1, 'x28')], routes: [{ numbers: '077*', group: 'default' }] },
];

test('lines of one group on several nodes stand in for each other', (t) => {
  t.deepEqual(
    [...linesByClass(NODES)],
    [
      ['modem:default', 3],
      ['modem:gsm', 3],
      ['pad:pads', 1],
    ],
  );
});

test('the routes of all nodes count, in the order of the nodes', (t) => {
  const groupOf = clusterRoutes(NODES);
  t.is(groupOf({ kind: 'telephone', canonical: 'tel:07700900123' }), 'gsm');
  t.is(groupOf({ kind: 'telephone', canonical: 'tel:02079460000' }), 'default');
  t.is(groupOf({ kind: 'paknet', canonical: 'paknet:12345678901234' }), 'pads');
});

for (const bad of [null, 7, 'x', {}, { groups: [] }, { groups: 1, routes: [] }]) {
  test(`what another node says of its lines and is none is not taken: ${JSON.stringify(bad)}`, (t) => {
    t.is(parseNodeGroups(bad, 10), undefined);
  });
}

test('groups and routes that cannot be are left out, and no more than the bound are taken', (t) => {
  const groups = [group('a', 1), { ...group('b', 1), lines: -1 }, { ...group('c', 1), dialogue: 'gsm' }, null, group('d', 1)];
  const routes = [
    { numbers: '07*', group: 'a' },
    { numbers: '(07', group: 'a' },
    { numbers: '1', group: '../x' },
  ];
  t.deepEqual(parseNodeGroups({ groups, routes }, 4), { groups: [group('a', 1)], routes: [{ numbers: '07*', group: 'a' }] });
});
