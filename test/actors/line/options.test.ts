import test from 'ava';
import { Value } from 'typebox/value';
import { createRoutes, LineSchema, LinesOptionsSchema, lineProblems } from '../../../actors/line/index.ts';
import { lineOptions, linesOptions, request } from './rig.ts';

test('without any settings there is no modem line', (t) => {
  const options = Value.Default(LinesOptionsSchema, {});
  t.true(Value.Check(LinesOptionsSchema, options));
  t.like(options, { modems: [], failuresBeforeRest: 3 });
});

test('a line needs its id, its kind and its address; the rest are the defaults of the reference', (t) => {
  const line = Value.Default(LineSchema, { id: 'a', kind: 'serial', path: '/dev/ttyS0' });
  t.true(Value.Check(LineSchema, line));
  t.like(line, { baud: 9_600, initCommands: ['ATS0=0E0V1'], guardMs: 1_000, commandTimeoutMs: 5_000, commandTries: 3, dialTimeoutMs: 60_000, dtrLowMs: 1_000 });
});

for (const [member, value] of [
  ['initCommands', ['ATZ\rATD999']],
  ['bearerCommand', 'HELLO'],
  ['dialPrefix', '9\r'],
  ['baud', 1],
  ['kind', 'usb'],
] as const) {
  test(`${member} of ${JSON.stringify(value)} is refused`, (t) => {
    t.false(Value.Check(LineSchema, Value.Default(LineSchema, { id: 'a', kind: 'serial', path: '/dev/ttyS0', [member]: value })));
  });
}

test('ids twice and missing addresses are told, field first', (t) => {
  const modems = [lineOptions({ id: 'a', kind: 'serial' }), lineOptions({ id: 'a', kind: 'rfc2217', host: 'x' })];
  t.deepEqual(lineProblems(linesOptions({ modems })), [
    'lines.modems[0].path: a serial line must have it',
    'lines.modems[1].id: must be unique, a',
    'lines.modems[1].port: a line of kind rfc2217 must have it',
  ]);
});

test('the first route that fits counts, and without one the group is default', (t) => {
  const groupOf = createRoutes([
    { numbers: '0777?', group: 'short' },
    { numbers: '07*', group: 'gsm' },
  ]);
  t.deepEqual(
    ['07771', '077712', '0201234'].map((number) => groupOf(request({}, number).address)),
    ['short', 'gsm', 'default'],
  );
});

const PADS = [
  { group: 'modems', dialogue: 'at' },
  { group: 'pads', dialogue: 'x28' },
  { group: 'far-pads', dialogue: 'x28' },
] as const;

test('routes to modems count for telephone numbers only, routes to pads for PAKNET addresses only', (t) => {
  const groupOf = createRoutes(
    [
      { numbers: '2*', group: 'modems' },
      { numbers: '29*', group: 'far-pads' },
    ],
    PADS,
  );
  t.is(groupOf({ kind: 'telephone', canonical: 'tel:2912' }), 'modems');
  t.is(groupOf({ kind: 'paknet', canonical: 'paknet:2912' }), 'far-pads');
  t.is(groupOf({ kind: 'paknet', canonical: 'paknet:2312' }), 'pads');
  t.is(groupOf({ kind: 'telephone', canonical: 'tel:312' }), 'default');
});

test('a pad has the times and tries of the reference', (t) => {
  t.like(Value.Default(LineSchema, { id: 'a', kind: 'serial', path: '/dev/ttyS0', dialogue: 'x28' }), {
    x28: { parameters: 'SET1:0;2:0;3:0;4:10;5:0;6:5', commandTimeoutMs: 10_000, commandTries: 5, callTimeoutMs: 30_000 },
  });
});

test('modems and pads in one group are told', (t) => {
  const modems = [lineOptions({ id: 'a', kind: 'serial', path: 'x' }), lineOptions({ id: 'b', kind: 'serial', path: 'y', dialogue: 'x28' })];
  t.deepEqual(lineProblems(linesOptions({ modems })), ['lines.modems[1].dialogue: must be that of the other lines of group default, at']);
});

test('times of lending have the defaults of the reference, and one that breaks the order of giving up is told, field first', (t) => {
  t.like(linesOptions({}).lending, { beatMs: 1_000, callMs: 2_000, silentMs: 6_000, lostMs: 12_000, keepMs: 120_000, maxKept: 10_000, groupsMs: 2_000 });
  t.deepEqual(lineProblems(linesOptions({})), []);
  const { lending } = linesOptions({});
  t.deepEqual(lineProblems(linesOptions({ lending: { ...lending, lostMs: 6_000 } })), [
    'lines.lending.lostMs: must be at least silentMs, beatMs and callMs together (9000), 6000',
  ]);
  t.regex(lineProblems(linesOptions({ lending: { ...lending, beatMs: 4_000 } }))[0] ?? '', /^lines\.lending\.silentMs: must be at least twice beatMs/);
});
