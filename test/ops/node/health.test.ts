import test from 'ava';
import { health } from '../../../ops/node/health.ts';

type Parts = Parameters<typeof health>[0];

const meters = (change: object = {}): Parts['meters'] =>
  ({ lines: { lines: () => [] }, sessions: { size: 3 }, stopSwitch: { on: false, state: { by: '', reason: '' } }, ...change }) as unknown as Parts['meters'];

const parts = (change: Partial<Parts> = {}): Parts => ({
  store: { health: async () => ({ writable: true, text: 'fine' }) } as unknown as Parts['store'],
  engine: { backlog: () => [], queued: 0 } as unknown as Parts['engine'],
  bus: { connected: true, problem: null } as unknown as Parts['bus'],
  dipTrouble: () => null,
  meters: meters(),
  stopping: () => false,
  ...change,
});

test('all well: ready, and the sessions that run are told', async (t) => {
  const { status, checks } = await health(parts());
  t.is(status, 'ok');
  t.deepEqual(checks.meters, { status: 'ok', text: '3 sessions run' });
});

test('the stop switch makes it degraded, with who set it and why', async (t) => {
  const stopSwitch = { on: true, state: { by: 'ann', reason: 'host clock' } };
  const { status, checks } = await health(parts({ meters: meters({ stopSwitch }) }));
  t.is(status, 'degraded');
  t.is(checks.meters?.text, 'the stop switch is on, by ann: host clock');
});

test('a node that is drained is down for whoever balances, though it has its part in the cluster', async (t) => {
  const cluster = (isDrained: boolean) => () => ({ isReady: true, problem: null, serving: isDrained ? 0 : 21, isDrained });
  t.is((await health(parts({ cluster: cluster(false) }))).status, 'ok');
  const { status, checks } = await health(parts({ cluster: cluster(true) }));
  t.is(status, 'down');
  t.is(checks.cluster?.text, 'is drained: its shards are served by others');
});

test('lines that all rest make it degraded; a stop makes it down', async (t) => {
  const lines = { lines: () => [{ group: 'default', state: 'resting', lastFailure: 'no dial tone' }] };
  t.is((await health(parts({ meters: meters({ lines }) }))).status, 'degraded');
  t.is((await health(parts({ meters: meters({ lines }), stopping: () => true }))).status, 'down');
});
