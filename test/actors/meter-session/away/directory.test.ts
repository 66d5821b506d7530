/** What every node knows of the lines of all, and what operators are shown. */
import test from 'ava';
import { differencesOf } from '../../../../ops/cli/commands/lines.ts';
import { type LineNode, lineNodes } from '../../../support/meters/line-nodes.ts';
import { METERS } from '../../../support/meters/specs.ts';

const CLASS = 'modem:default';
const limit = ({ work }: LineNode): number => work.slots.limit(CLASS);

test('slots count the lines of all live nodes; those of one that goes drop out', async (t) => {
  const { nodes, until } = await lineNodes(t, { lines: { b: 2, c: 1 }, meters: [METERS.edmi] });
  await until(() => Object.values(nodes).every((node) => limit(node) === 3));
  await nodes.b.disconnect();
  nodes.a.work.nodesChanged();
  nodes.c.work.nodesChanged();
  await until(() => limit(nodes.a) === 1 && limit(nodes.c) === 1);
  t.is(limit(nodes.a), 1);
});

test('an action for which the cluster has no lines any more says so, and waits', async (t) => {
  const { nodes, submit, until } = await lineNodes(t, { lines: { b: 1 }, meters: [METERS.edmi] });
  await nodes.b.disconnect();
  await until(() => limit(nodes.a) === 0);
  const id = await submit(0);
  const doc = await nodes.a.work.actions.find(id);
  if (!doc) return t.fail('there is no action');
  t.is(doc.state, 'queued');
  t.deepEqual(nodes.a.work.why(doc), ['there are no modem lines of group default in the cluster']);
});

test('an action that waits for a line says at which node', async (t) => {
  const slow = { ...METERS.edmi, faults: { replyDelayMs: 100 } };
  const { nodes, submit, until } = await lineNodes(t, { lines: { b: 1 }, meters: [slow, slow] });
  const first = await submit(0);
  await until(() => nodes.a.work.sessions.find(first) !== undefined);
  const second = await submit(1);
  let why: readonly string[] = [];
  const told = (): boolean => why.some((line) => line.includes('node b'));
  while (!told()) {
    const doc = await nodes.a.work.actions.find(second);
    why = doc ? nodes.a.work.why(doc) : [];
  }
  t.deepEqual(why, ['it waits for one of the modem lines of group default of node b']);
  for (const id of [first, second]) await nodes.a.work.actions.cancel(id, 'test');
});

test('operators see the lines and sessions of all nodes, with the node that has them, and which node is silent', async (t) => {
  const { nodes, submit, until } = await lineNodes(t, { lines: { b: 1, c: 1 }, meters: [{ ...METERS.edmi, faults: { replyDelayMs: 100 } }] });
  const id = await submit(0);
  await until(() => nodes.a.work.sessions.find(id)?.stage === 'log-in');
  const at = nodes.a.work.sessions.find(id)?.node ?? '';
  const { items, counts, silent } = await nodes.c.views.sessions(10);
  t.deepEqual(
    items.map(({ requestId, node, owner }) => ({ requestId, node, owner })),
    [{ requestId: id, node: at, owner: 'a' }],
  );
  t.is(counts.running, 1);
  t.deepEqual(silent, []);
  const all = await nodes.a.views.lines();
  t.deepEqual(
    all.items.map(({ id: line, node }) => `${node}/${line}`),
    ['b/b0', 'c/c0'],
  );
  t.is(all.items.find(({ node }) => node === at)?.owner, `action:${id}`);
  nodes.b.calls.close();
  const some = await nodes.a.views.lines();
  t.deepEqual(
    some.items.map(({ node }) => node),
    ['c'],
  );
  t.deepEqual(
    some.silent.map(({ node }) => node),
    ['b'],
  );
  await nodes.a.work.actions.cancel(id, 'test');
});

test('nodes whose lines of one group speak otherwise are told of it in the log, once', async (t) => {
  const { nodes, until } = await lineNodes(t, { lines: { b: 1, c: 2 }, modems: { c: { initCommands: ['ATS0=0E0V1X4'] } }, meters: [METERS.edmi] });
  const told = (): readonly string[] =>
    nodes.a.log.lines.flatMap(({ level, fields }) => (level === 'warn' && 'difference' in fields ? [String(fields.difference)] : []));
  await until(() => told().length > 0);
  await nodes.a.work.nodesChanged();
  await until(() => limit(nodes.a) === 3);
  t.is(told().length, 1);
  t.regex(told()[0] ?? '', /^group default: b has .*ATS0=0E0V1; c has .*ATS0=0E0V1X4$/);
  t.deepEqual(differencesOf((await nodes.a.views.lines()).items).length, 1);
});
