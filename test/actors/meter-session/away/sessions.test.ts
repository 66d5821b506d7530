/** Sessions over a line of another node: over real NATS, simulated modems and meters. */
import test from 'ava';
import { lineNodes, numberOf } from '../../../support/meters/line-nodes.ts';
import { METERS } from '../../../support/meters/specs.ts';

const EDMI = METERS.edmi;

test('an immediate action is done over a line of another node: set once, listed by its owner, its password sealed on the way', async (t) => {
  const seen: (string | undefined)[] = [];
  const { submit, done, nodes, farm, said } = await lineNodes(t, {
    lines: { b: 1 },
    meters: [EDMI],
    onStage: (view, node) => seen.push(`${node}:${view.node}`),
  });
  const id = await submit(0, { trace: true });
  const status = await done(id);
  t.is(status.result, 'SUCCESS');
  t.deepEqual(
    farm.records().map(({ writesSinceClockRead, serialRead, outcome }) => [writesSinceClockRead, serialRead, outcome]),
    [[0, true, 'applied']],
  );
  t.deepEqual([...new Set(seen)], ['a:b']);
  t.is(nodes.b.bank?.calls.length, 1);
  t.is(nodes.a.work.sessions.counts.success, 1);
  t.is(nodes.b.work.sessions.counts.success, 0);
  t.true(said.some((data) => data.includes('sealedPassword')));
  t.false(said.some((data) => data.includes(EDMI.password)));
});

test('an overnight action is let go for a line of another node', async (t) => {
  const hour = (shift: number): string =>
    new Intl.DateTimeFormat('en-GB', { timeZone: 'Europe/London', hour: '2-digit', minute: '2-digit' }).format(Date.now() + shift * 3_600_000);
  const { submit, done } = await lineNodes(t, { lines: { b: 1 }, meters: [EDMI], actions: { window: { from: hour(-2), to: hour(3) } } });
  t.is((await done(await submit(0, { immediate: false }))).result, 'SUCCESS');
});

test('a cancel reaches the session on the other node, which writes nothing', async (t) => {
  const { submit, done, nodes, farm, until } = await lineNodes(t, { lines: { b: 1 }, meters: [{ ...EDMI, faults: { replyDelayMs: 60 } }] });
  const id = await submit(0);
  await until(() => nodes.a.work.sessions.find(id)?.stage === 'log-in');
  await nodes.a.work.actions.cancel(id, 'operator');
  t.regex((await done(id)).result, /CANCELLED/i);
  t.is(farm.records().length, 0);
  t.is(nodes.a.work.sessions.size, 0);
});

test('the stop switch ends a session on another node before it writes', async (t) => {
  const { submit, nodes, farm, until } = await lineNodes(t, { lines: { b: 1 }, meters: [{ ...EDMI, faults: { replyDelayMs: 60 } }] });
  const id = await submit(0);
  await until(() => nodes.a.work.sessions.find(id)?.stage === 'log-in');
  await nodes.a.work.stopSwitch.set(true, 'operator', 'test');
  await until(() => nodes.a.work.sessions.size === 0);
  t.is(farm.records().length, 0);
  await nodes.a.work.stopSwitch.set(false, 'operator', 'test');
});

test('who waits for the one line goes immediate before overnight, whoever owns them', async (t) => {
  const slow = { ...EDMI, faults: { replyDelayMs: 30 } };
  const hour = (shift: number): string =>
    new Intl.DateTimeFormat('en-GB', { timeZone: 'Europe/London', hour: '2-digit', minute: '2-digit' }).format(Date.now() + shift * 3_600_000);
  const { submit, done, nodes, until } = await lineNodes(t, {
    lines: { b: 1 },
    meters: [slow, slow, slow],
    actions: { window: { from: hour(-2), to: hour(3) } },
  });
  const first = await submit(0, { task: 'read-clock' });
  await until(() => nodes.a.work.sessions.find(first) !== undefined);
  // As a second owner would have it: the line's node knows of an overnight wish before the immediate one comes.
  const wish = { id: 'other-owner', requestId: 9_000_001, key: `tel:${numberOf(1)}`, group: 'default', priority: 'overnight' };
  await nodes.c.calls.call('b', 'lines.lease', wish);
  const urgent = await submit(2, { task: 'read-clock' });
  const beat = async (): Promise<string> => {
    const { states } = await nodes.c.calls.call<{ states: { state: string }[] }>('b', 'lines.beat', [{ id: wish.id }]);
    return states[0]?.state ?? '';
  };
  let state = 'waiting';
  const watching = (async () => {
    while (state === 'waiting') state = await beat();
  })();
  await done(first);
  await done(urgent);
  await watching;
  t.is(state, 'granted');
  t.deepEqual(
    nodes.b.bank?.calls.map(({ number }) => number),
    [numberOf(0), numberOf(2)],
  );
});

test('a second wish for an address is answered busy while a session lives there, which ends before it writes and is done again', async (t) => {
  const { submit, done, nodes, farm, until, context } = await lineNodes(t, { lines: { b: 2 }, meters: [{ ...EDMI, faults: { replyDelayMs: 60 } }] });
  const id = await submit(0);
  await until(() => nodes.a.work.sessions.find(id)?.stage === 'log-in');
  const wish = { id: 'other-owner', requestId: id, key: `tel:${numberOf(0)}`, group: 'default', priority: 'immediate' };
  t.deepEqual(await nodes.c.calls.call('b', 'lines.lease', wish), { kind: 'busy' });
  t.is((await done(id)).result, 'SUCCESS');
  t.is((await context(id)).attempt, 2);
  t.is(farm.records().length, 1);
  t.is(nodes.b.bank?.calls.length, 2);
});

test('a node with lines that stops ends its sessions in order, and they are done over a line of another node', async (t) => {
  const { submit, done, nodes, farm, until } = await lineNodes(t, { lines: { b: 1, c: 1 }, meters: [{ ...EDMI, faults: { replyDelayMs: 60 } }] });
  const id = await submit(0);
  await until(() => nodes.a.work.sessions.find(id)?.stage === 'log-in');
  const at = nodes.a.work.sessions.find(id)?.node;
  const [first, second] = at === 'b' ? [nodes.b, nodes.c] : [nodes.c, nodes.b];
  await first.work.stopPulling();
  t.is((await done(id)).result, 'SUCCESS');
  t.is(second.bank?.calls.length, 1);
  t.is(farm.records().length, 1);
});
