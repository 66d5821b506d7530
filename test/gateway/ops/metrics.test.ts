import { SocketAddress } from 'node:net';
import test from 'ava';
import type { GatewayRequest } from '../../../gateway/http/index.ts';
import { expose, type Metric, metricsRoutes } from '../../../gateway/ops/metrics.ts';
import { startWorld, type World } from '../../support/gateway/world.ts';

const METRICS: readonly Metric[] = [
  { name: 'x_waiting', help: 'What waits.', type: 'gauge', samples: [{ value: 3 }] },
  { name: 'x_done_total', help: 'What is done.', type: 'counter', samples: [{ labels: { channel: 'dip', how: 'ok' }, value: 7 }] },
];

let world: World;
test.before(async () => {
  world = await startWorld({}, { metrics: async () => METRICS });
});
test.after.always(() => world.close());

/** As if it came from another machine. */
async function fromAfar(authorization: string): Promise<{ readonly status: number; readonly body: string }> {
  const failures = { failed: () => 0 } as unknown as Parameters<typeof metricsRoutes>[0]['failures'];
  const [route] = metricsRoutes({ access: world.access, identity: world.identity, isSecure: () => true, clock: world.clock, failures, metrics: () => METRICS });
  const request = { headers: [authorization], fromLoopback: () => false, source: () => new SocketAddress({ address: '10.0.0.1' }).address };
  const reply = await route!.handle(request as unknown as GatewayRequest);
  if (!('body' in reply)) throw new Error('a stream');
  return { status: reply.status, body: String(reply.body) };
}

test('metrics are told to this machine without a token, in the text format of Prometheus', async (t) => {
  const answer = await world.fetch('/metrics');
  t.is(answer.status, 200);
  t.is(answer.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8');
  t.is(
    await answer.text(),
    '# HELP x_waiting What waits.\n# TYPE x_waiting gauge\nx_waiting 3\n' +
      '# HELP x_done_total What is done.\n# TYPE x_done_total counter\nx_done_total{channel="dip",how="ok"} 7\n',
  );
});

test('another machine needs a token with the scope metrics', async (t) => {
  const { token } = await world.access.createToken({ scopes: ['metrics'], owner: 'prometheus', expiresAt: null, by: 'test' });
  t.is((await fromAfar('')).status, 401);
  const other = await fromAfar(`Bearer ${world.token}`);
  t.is(other.status, 403);
  t.like(JSON.parse(other.body), { code: 'scope_missing', scope: 'metrics' });
  const ours = await fromAfar(`Bearer ${token}`);
  t.is(ours.status, 200);
  t.regex(ours.body, /^x_waiting 3$/m);
});

test('a gateway that is given no metrics has no such path', async (t) => {
  const bare = await startWorld();
  t.teardown(() => bare.close());
  t.is((await bare.fetch('/metrics')).status, 404);
});

test('quotes, backslashes and line feeds in labels and helps cannot break a line', (t) => {
  const text = expose([{ name: 'x', help: 'a\\b\nc', type: 'gauge', samples: [{ labels: { l: 'a"b\\c\nd' }, value: 1 }] }]);
  t.is(text, '# HELP x a\\\\b\\nc\n# TYPE x gauge\nx{l="a\\"b\\\\c\\nd"} 1\n');
});

test('a metric without samples is left out, and numbers that are none have their words', (t) => {
  t.is(expose([{ name: 'x', help: 'h', type: 'gauge', samples: [] }]), '');
  const samples = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0.5].map((value) => ({ value }));
  t.deepEqual(
    expose([{ name: 'x', help: 'h', type: 'gauge', samples }])
      .split('\n')
      .slice(2, 6),
    ['x NaN', 'x +Inf', 'x -Inf', 'x 0.5'],
  );
});
