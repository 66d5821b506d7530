/**
 * What this process tells at `/metrics` of its work. Every name begins with `meterwright_`, but those that all processes have
 * (`process-metrics.ts`). Labels are states, channels, outcomes and names of the settings; nothing of a supplier, a meter point or a meter.
 */
import type { OpenBus } from '../../actors/bus/index.ts';
import type { ClusterEvent, ClusterHealth, ClusterStatus } from '../../actors/cluster/index.ts';
import type { Engine } from '../../actors/engine/index.ts';
import { MeterwrightError } from '../../actors/errors/error.ts';
import type { LineView } from '../../actors/line/index.ts';
import type { SessionCounts } from '../../actors/meter-session/index.ts';
import type { Store } from '../../actors/store/index.ts';
import type { LiveStats } from '../../gateway/live/index.ts';
import type { HealthReport } from '../../gateway/ops/health.ts';
import type { Metric, MetricsSource, Sample } from '../../gateway/ops/metrics.ts';
import type { RoadStats } from './cluster.ts';
import type { ProcessMetrics } from './process-metrics.ts';

export interface MetricsParts {
  readonly version: string;
  /** Name of this node. */
  readonly node: string;
  readonly engine: Pick<Engine, 'queued' | 'activity' | 'backlog' | 'shards'>;
  readonly store: Pick<Store, 'health'>;
  readonly bus: Pick<OpenBus, 'connected'>;
  readonly meters: { readonly sessions: { readonly counts: SessionCounts }; readonly lines: { lines(): readonly LineView[] } };
  readonly health: () => Promise<HealthReport>;
  readonly actors: () => Promise<readonly Sample[]>;
  readonly process: ProcessMetrics;
  /** Undefined before the front door is open. */
  readonly live: () => LiveStats | undefined;
  /** Absent: no webhooks. */
  readonly webhooks?: WebhookSource;
  /** Absent: this process is alone. */
  readonly cluster?: ClusterSource;
}

export interface WebhookSource {
  readonly outcomes: ReadonlyMap<string, number>;
  readonly underWay: number;
  /** Undone deliveries of the whole installation. */
  owed(): Promise<number>;
}

export interface ClusterSource {
  health(): ClusterHealth;
  /** Throws before this node has looked at the cluster. */
  status(): ClusterStatus;
  /** Undefined before the engine is made. */
  road(): RoadStats | undefined;
  /** Events of nodes and shards that this node told, by type. */
  told(): ReadonlyMap<ClusterEvent['type'], number>;
}

const HEALTH = { ok: 0, degraded: 1, down: 2 } as const;
const ENDED = ['success', 'partial', 'error', 'cancelled', 'failed'] as const;

const gauge = (name: string, help: string, ...samples: readonly Sample[]): Metric => ({ name: `meterwright_${name}`, help, type: 'gauge', samples });
const counter = (name: string, help: string, ...samples: readonly Sample[]): Metric => ({
  name: `meterwright_${name}_total`,
  help,
  type: 'counter',
  samples,
});
const one = (value: number | boolean): Sample => ({ value: Number(value) });

export function createMetrics(parts: MetricsParts): MetricsSource {
  const { engine, bus, meters, cluster } = parts;
  return async () => {
    const [report, store, actors] = await Promise.all([parts.health(), parts.store.health(), parts.actors()]);
    return [
      gauge('info', 'Version and name of this node; always 1.', { labels: { version: parts.version, node: parts.node }, value: 1 }),
      ...healthMetrics(report),
      ...engineMetrics(engine),
      gauge('store_writable', 'Whether the store takes work.', one(store.writable)),
      gauge('store_free_bytes', 'Free space of its file system.', ...(store.freeBytes === undefined ? [] : [one(store.freeBytes)])),
      gauge('actors', 'Actors of the shards served here, by kind and state, counted every ten seconds at most.', ...actors),
      gauge('nats_connected', 'Whether events can be told.', one(bus.connected)),
      ...meterMetrics(meters),
      ...liveMetrics(parts.live()),
      ...(cluster ? clusterMetrics(cluster) : []),
      ...(parts.webhooks ? await webhookMetrics(parts.webhooks) : []),
      ...parts.process.collect(),
    ];
  };
}

function healthMetrics({ checks }: HealthReport): readonly Metric[] {
  const samples = Object.entries(checks).map(([check, { status }]) => ({ labels: { check }, value: HEALTH[status] }));
  return [gauge('health', 'Checks of readiness: 0 ok, 1 degraded, 2 down.', ...samples)];
}

function engineMetrics(engine: MetricsParts['engine']): readonly Metric[] {
  const channels = engine.backlog();
  const ofChannels = (value: (channel: (typeof channels)[number]) => number): readonly Sample[] =>
    channels.map((channel) => ({ labels: { channel: channel.channel }, value: value(channel) }));
  const effects = channels.reduce((sum, { handled }) => sum + handled, 0);
  return [
    gauge('commands_waiting', 'Commands in mailboxes.', one(engine.queued)),
    counter('commands_handled', 'Commands whose turn has ended.', one(engine.activity - effects)),
    gauge('outbox_in_memory', 'Undone effects in memory.', ...ofChannels(({ inMemory }) => inMemory)),
    gauge('outbox_behind', 'Whether more of them wait in the store.', ...ofChannels(({ behind }) => Number(behind))),
    counter('outbox_handled', 'Effects that were handed over.', ...ofChannels(({ handled }) => handled)),
    gauge('shards_served', 'Shards in service here.', one(engine.shards.length)),
  ];
}

function meterMetrics({ sessions, lines }: MetricsParts['meters']): readonly Metric[] {
  const { counts } = sessions;
  const all = lines.lines();
  return [
    gauge('sessions_running', 'Sessions with meters that run here.', one(counts.running)),
    counter('sessions_ended', 'Sessions with meters by what became of them.', ...ENDED.map((outcome) => ({ labels: { outcome }, value: counts[outcome] }))),
    gauge('lines', 'Modem lines by group and state.', ...tally(all, ({ group, state }) => ({ group, state }))),
    counter(
      'line_calls',
      'Calls that were tried, by group.',
      ...tally(
        all,
        ({ group }) => ({ group }),
        ({ calls }) => calls,
      ),
    ),
    counter(
      'line_connected',
      'Calls that connected, by group.',
      ...tally(
        all,
        ({ group }) => ({ group }),
        ({ connected }) => connected,
      ),
    ),
    counter(
      'line_failures',
      'Calls that failed because of the line itself, by group.',
      ...tally(
        all,
        ({ group }) => ({ group }),
        ({ failures }) => failures,
      ),
    ),
  ];
}

async function webhookMetrics({ outcomes, underWay, owed }: WebhookSource): Promise<readonly Metric[]> {
  return [
    counter(
      'webhook_deliveries',
      'Tries to tell suppliers of the end of a process, by what became of them.',
      ...byLabel('outcome', Object.fromEntries(outcomes)),
    ),
    gauge('webhook_under_way', 'Deliveries that are with their receivers now.', one(underWay)),
    gauge('webhook_owed', 'Deliveries of the whole installation that are not done.', one(await owed())),
  ];
}

function liveMetrics(live: LiveStats | undefined): readonly Metric[] {
  if (!live) return [];
  return [
    gauge('live_sockets', 'Live sockets that are open here.', one(live.sockets)),
    gauge('live_subscriptions', 'Subscriptions of live sockets.', one(live.subscriptions)),
    gauge('live_slow_sockets', 'Live sockets whose readers are slow.', one(live.slow)),
    counter('live_events', 'Events of the stream that were read for live sockets.', one(live.events)),
  ];
}

function clusterMetrics(cluster: ClusterSource): readonly Metric[] {
  const { isReady } = cluster.health();
  const told = [...cluster.told()].map(([type, value]) => ({ labels: { type }, value }));
  return [
    gauge('cluster_joined', 'Whether this node has its part in the cluster.', one(isReady)),
    counter('cluster_events', 'Events of nodes and shards that this node told; `shard-acquired` is a new epoch each time.', ...told),
    ...statusMetrics(statusOf(cluster)),
    ...roadMetrics(cluster.road()),
  ];
}

function statusMetrics(status: ClusterStatus | undefined): readonly Metric[] {
  if (!status) return [];
  const { nodes, shards, clockOffMs } = status;
  const states = { owned: 0, ownerless: 0, moving: 0, parked: 0 };
  for (const { owner, move, parked } of shards) {
    if (owner === null) states.ownerless++;
    else states.owned++;
    if (move !== null) states.moving++;
    if (parked !== null) states.parked++;
  }
  return [
    gauge('cluster_nodes', 'Nodes by state, as this one sees them.', ...tally(nodes, ({ isAlive, state }) => ({ state: isAlive ? state : 'silent' }))),
    gauge('cluster_shards', 'Shards by state; one that moves or is parked counts there too.', ...byState(states)),
    gauge('cluster_epochs', 'Sum of the epochs of all shards; it rises with every change of an owner.', one(sum(shards, ({ epoch }) => epoch))),
    gauge('cluster_clock_off_seconds', 'How far this clock is ahead of the NATS server’s; 0 while it is little.', one(clockOffMs / 1_000)),
  ];
}

function roadMetrics(road: RoadStats | undefined): readonly Metric[] {
  if (!road) return [];
  const { router, server } = road;
  return [
    counter('commands_routed', 'Commands by where they were run.', ...byLabel('where', { local: router.local, remote: router.remote })),
    counter('command_batches', 'Messages in which commands left for other nodes.', one(router.batches)),
    counter('commands_bounced', 'Commands that were said again because nobody ran them.', one(router.bounced)),
    gauge('commands_away', 'Commands that wait for other nodes.', one(router.waiting)),
    counter('served_commands', 'Commands of other nodes that were taken.', one(server.commands)),
    counter('served_repeated', 'Those of them that were known and not run again.', one(server.repeated)),
    counter('served_errors', 'Those of them that were refused or failed.', one(server.errors)),
    counter('served_seconds', 'Time from their arrival to their answer, summed.', one(server.processingMs / 1_000)),
    gauge('served_in_flight', 'Commands of other nodes under way here.', one(server.inFlight)),
  ];
}

function statusOf(cluster: ClusterSource): ClusterStatus | undefined {
  try {
    return cluster.status();
  } catch (error) {
    if (error instanceof MeterwrightError && error.retry === 'later') return undefined;
    throw error;
  }
}

/** Sums by labels; without `value` it counts. */
function tally<T>(items: readonly T[], labelsOf: (item: T) => Readonly<Record<string, string>>, value: (item: T) => number = () => 1): readonly Sample[] {
  const sums = new Map<string, { readonly labels: Readonly<Record<string, string>>; value: number }>();
  for (const item of items) {
    const labels = labelsOf(item);
    const key = JSON.stringify(labels);
    const sample = sums.get(key) ?? { labels, value: 0 };
    sample.value += value(item);
    sums.set(key, sample);
  }
  return [...sums.values()];
}

const sum = <T>(items: readonly T[], value: (item: T) => number): number => items.reduce((total, item) => total + value(item), 0);

const byLabel = (label: string, values: Readonly<Record<string, number>>): readonly Sample[] =>
  Object.entries(values).map(([name, value]) => ({ labels: { [label]: name }, value }));

const byState = (values: Readonly<Record<string, number>>): readonly Sample[] => byLabel('state', values);
