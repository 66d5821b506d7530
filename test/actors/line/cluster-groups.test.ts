import test from 'ava';
import { clusterRoutes, groupDifferences, groupsOfNodes, linesByClass, parseNodeGroups } from '../../../actors/line/cluster-groups.ts';

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

const AT = 'at at 9600 bits/s: +++ ATH ATZ ATS0=0E0V1';
const SLOW = 'at at 2400 bits/s: +++ ATH ATZ ATS0=0E0V1';
const of = (node: string, name: string, speaks?: readonly string[], dialogue: 'at' | 'x28' = 'at') => ({ node, name, dialogue, ...(speaks ? { speaks } : {}) });

test('groups that speak otherwise on another node are told, each once', (t) => {
  t.deepEqual(groupDifferences([of('c', 'default', [SLOW]), of('a', 'default', [AT]), of('b', 'default', [SLOW]), of('b', 'gsm', [SLOW])]), [
    `group default: a has ${AT}; b has ${SLOW}`,
  ]);
  t.deepEqual(groupDifferences([of('a', 'default', [AT]), of('b', 'default', ['SET1:0'], 'x28')]), [`group default: a has ${AT}; b has SET1:0`]);
});

test('groups that are alike, or of which a version before this one says too little, are not told', (t) => {
  t.deepEqual(groupDifferences([of('a', 'default', [AT, SLOW]), of('b', 'default', [AT, SLOW]), of('a', 'gsm', [SLOW])]), []);
  t.deepEqual(groupDifferences([of('a', 'default', [AT]), of('b', 'default')]), []);
  t.deepEqual(groupDifferences([of('a', 'default', [AT]), of('b', 'default', undefined, 'x28')]), [`group default: a has ${AT}; b has x28`]);
});

test('lines of nodes are compared by what they speak, not by where they are', (t) => {
  const line = (node: string, port: string, baud: number) => ({
    node,
    group: 'default',
    dialogue: 'at' as const,
    setup: { port, baud, commands: ['+++', 'ATH'], dials: 'ATD<number>', hangsUp: '+++ ATH' },
  });
  t.deepEqual(groupDifferences(groupsOfNodes([line('a', 'x:1', 9_600), line('a', 'x:2', 9_600), line('b', 'y:1', 9_600)])), []);
  t.is(groupDifferences(groupsOfNodes([line('a', 'x:1', 9_600), line('b', 'y:1', 2_400)])).length, 1);
});

test('what another node says its lines speak is left out where it cannot be', (t) => {
  const told = { ...group('a', 1), speaks: [AT] };
  t.deepEqual(parseNodeGroups({ groups: [told, { ...told, speaks: [7] }, { ...told, speaks: 'x' }], routes: [] }, 10)?.groups, [
    told,
    group('a', 1),
    group('a', 1),
  ]);
});
