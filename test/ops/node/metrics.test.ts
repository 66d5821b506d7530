import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { MeterwrightError } from '../../../actors/errors/error.ts';
import { expose, type Metric } from '../../../gateway/ops/metrics.ts';
import { createMetrics, type MetricsParts } from '../../../ops/node/metrics.ts';
import { createProcessMetrics } from '../../../ops/node/process-metrics.ts';

const PROCESS: Metric = { name: 'process_cpu_seconds_total', help: 'Time.', type: 'counter', samples: [{ value: 2 }] };

const line = (group: string, state: string): object => ({ id: 'SECRET-LINE', group, state, calls: 5, connected: 3, failures: 1, lastFailure: 'SECRET-NUMBER' });

function parts(change: object = {}): MetricsParts {
  return {
    version: '1.2.3',
    node: 'a',
    engine: {
      queued: 4,
      activity: 100,
      shards: [1, 2, 3],
      backlog: () => [
        { channel: 'dip', inMemory: 6, behind: true, handled: 30 },
        { channel: 'tell', inMemory: 0, behind: false, handled: 10 },
      ],
    },
    store: { health: async () => ({ writable: true, text: 'SECRET-TEXT', freeBytes: 9 }) },
    bus: { connected: true },
    meters: {
      sessions: { counts: { running: 2, success: 5, partial: 1, error: 3, cancelled: 0, failed: 0 } },
      lines: { lines: () => [line('default', 'free'), line('default', 'free'), line('mobile', 'resting')] },
    },
    health: async () => ({ status: 'degraded', checks: { store: { status: 'ok', text: '' }, nats: { status: 'degraded', text: 'SECRET-URL' } } }),
    actors: async () => [{ labels: { kind: 'appointment', state: 'AWAIT_INITIAL' }, value: 11 }],
    process: { collect: () => [PROCESS], stop: () => {} },
    live: () => ({ sockets: 0, subscriptions: 0, groups: 0, slow: 0, events: 0 }),
    ...change,
  } as unknown as MetricsParts;
}

const text = async (change?: object): Promise<string> => expose(await createMetrics(parts(change))());
const cluster = (change: object = {}): { cluster: MetricsParts['cluster'] } => ({
  cluster: {
    health: () => ({ isReady: true, problem: null, serving: 3, isDrained: false }),
    status: () => ({
      clockOffMs: 1_500,
      nodes: [
        { isAlive: true, state: 'up' },
        { isAlive: true, state: 'draining' },
        { isAlive: false, state: 'up' },
      ],
      shards: [
        { owner: 'a', epoch: 3, move: null, parked: null },
        { owner: 'b', epoch: 4, move: { from: 'b', to: 'a', why: 'balance' }, parked: null },
        { owner: null, epoch: 1, move: null, parked: 'cannot be read' },
      ],
    }),
    road: () => ({
      router: { local: 7, remote: 8, batches: 2, bounced: 1, waiting: 3 },
      server: { requests: 2, commands: 9, repeated: 1, errors: 0, lastError: '', processingMs: 2_500, inFlight: 4 },
    }),
    told: () => new Map([['shard-acquired', 22]]),
    ...change,
  } as unknown as MetricsParts['cluster'],
});

function has(t: { true(value: boolean, message: string): unknown }, all: string, lines: readonly string[]): void {
  const there = new Set(all.split('\n'));
  for (const one of lines) t.true(there.has(one), one);
}

test('commands, effects, store, bus, actors, sessions and lines of a process that is alone', async (t) => {
  has(t, await text(), [
    'meterwright_info{version="1.2.3",node="a"} 1',
    'meterwright_health{check="store"} 0',
    'meterwright_health{check="nats"} 1',
    'meterwright_commands_waiting 4',
    'meterwright_commands_handled_total 60',
    'meterwright_outbox_in_memory{channel="dip"} 6',
    'meterwright_outbox_behind{channel="dip"} 1',
    'meterwright_outbox_handled_total{channel="dip"} 30',
    'meterwright_shards_served 3',
    'meterwright_store_writable 1',
    'meterwright_store_free_bytes 9',
    'meterwright_actors{kind="appointment",state="AWAIT_INITIAL"} 11',
    'meterwright_nats_connected 1',
    'meterwright_sessions_running 2',
    'meterwright_sessions_ended_total{outcome="error"} 3',
    'meterwright_lines{group="default",state="free"} 2',
    'meterwright_lines{group="mobile",state="resting"} 1',
    'meterwright_line_calls_total{group="default"} 10',
    'process_cpu_seconds_total 2',
  ]);
});

test('one of many tells of nodes, shards, epochs and the road between nodes too', async (t) => {
  has(t, await text(cluster()), [
    'meterwright_cluster_joined 1',
    'meterwright_cluster_events_total{type="shard-acquired"} 22',
    'meterwright_cluster_nodes{state="silent"} 1',
    'meterwright_cluster_nodes{state="draining"} 1',
    'meterwright_cluster_shards{state="owned"} 2',
    'meterwright_cluster_shards{state="ownerless"} 1',
    'meterwright_cluster_shards{state="moving"} 1',
    'meterwright_cluster_shards{state="parked"} 1',
    'meterwright_cluster_epochs 8',
    'meterwright_cluster_clock_off_seconds 1.5',
    'meterwright_commands_routed_total{where="local"} 7',
    'meterwright_commands_routed_total{where="remote"} 8',
    'meterwright_command_batches_total 2',
    'meterwright_commands_bounced_total 1',
    'meterwright_commands_away 3',
    'meterwright_served_commands_total 9',
    'meterwright_served_seconds_total 2.5',
    'meterwright_served_in_flight 4',
  ]);
});

test('a node that has not looked at its cluster yet tells the rest', async (t) => {
  const away = cluster({
    health: () => ({ isReady: false, problem: 'away', serving: 0, isDrained: false }),
    status: () => {
      throw new MeterwrightError('cluster_away', 'cluster: not yet', { retry: 'later' });
    },
    road: () => undefined,
  });
  const all = await text(away);
  has(t, all, ['meterwright_cluster_joined 0', 'meterwright_commands_waiting 4']);
  t.notRegex(all, /cluster_nodes|routed/);
});

test('neither ids nor the words of failures are told', async (t) => {
  t.notRegex(await text(cluster()), /SECRET/);
});

test('every metric is in the operator’s page', async (t) => {
  const page = readFileSync(join(import.meta.dirname, '..', '..', '..', 'docs', 'operating.md'), 'utf8');
  const all = [...(await createMetrics(parts(cluster()))()), ...createProcessMetrics().collect()];
  for (const { name } of all) t.regex(page, new RegExp(`\`${name.replace(/^meterwright_/, '')}[\`{]`), name);
});

test('every name is told once, and all are well formed', async (t) => {
  const metrics = await createMetrics(parts(cluster()))();
  const names = metrics.map(({ name }) => name);
  t.is(new Set(names).size, names.length);
  for (const { name, type, help } of metrics) {
    t.regex(name, /^(?:meterwright|process|nodejs)_[a-z0-9_]+$/);
    t.is(name.endsWith('_total'), type === 'counter', name);
    t.regex(help, /\.$/);
  }
});

test('live sockets are counted once the front door is open', async (t) => {
  const live = (): object => ({ sockets: 3, subscriptions: 5, groups: 2, slow: 1, events: 7 });
  const all = await text({ live });
  for (const line of ['live_sockets 3', 'live_subscriptions 5', 'live_slow_sockets 1', 'live_events_total 7'])
    t.true(all.includes(`\nmeterwright_${line}\n`), line);
});
