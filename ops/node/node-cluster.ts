/** One node's part in the cluster, with what this process makes of it: events of the node, alerts, who leads, nodes that drain. */
import { Check } from 'typebox/value';
import { type Lost, LostSchema, type OpenBus } from '../../actors/bus/index.ts';
import type { ClusterEvent, NodeId } from '../../actors/cluster/index.ts';
import { shardOf } from '../../actors/engine/shard.ts';
import { MeterwrightError } from '../../actors/errors/error.ts';
import type { SupervisorEvent } from '../../machines/supervisor/index.ts';
import { type ClusterHouse, type ClusterSetup, openCluster } from './cluster.ts';
import type { HouseAlerts } from './house-alerts.ts';
import { createNodeEvents } from './node-events.ts';

export interface NodeClusterSetup extends Omit<ClusterSetup, 'bus' | 'onEvent' | 'onParked' | 'onUnparked' | 'onShard'> {
  readonly bus: OpenBus;
  /** `source` of events. */
  readonly source: string;
  /** Key whose owner leads. */
  readonly leaderKey: string;
  readonly alerts: HouseAlerts & { clearOf(node: string): Promise<void> };
  /** A node has come, or gone. */
  nodesChanged(): void;
  /** This node does what one does for all, or does not any more. */
  lead(leads: boolean): void;
}

export interface NodeCluster extends ClusterHouse {
  leads(): boolean;
  /** Have a node, this one or another, give its shards away. Rejects with `node_away`. */
  drainNode(node: NodeId, by: string, reason: string): Promise<void>;
  /** Ask all other nodes to announce again what of it they serve. Resolves with the shards of which they have; never rejects. */
  toldElsewhere(lost: Lost): Promise<readonly number[]>;
  /** What happens in the supervision tree is told as events of the node. */
  supervised(event: SupervisorEvent): void;
  /** Events of nodes and shards that were told since the start, by type. */
  told(): ReadonlyMap<ClusterEvent['type'], number>;
}

const DRAIN = 'drain';
const LOST = 'bus.lost';

export function openNodeCluster(setup: NodeClusterSetup): NodeCluster {
  const { node, ports, nats, bus, alerts, identity } = setup;
  const leaderShard = shardOf(setup.leaderKey, identity.shards);
  let leads = false;
  const events = createNodeEvents({ bus, clock: ports.clock, log: ports.log, prefix: nats.prefix, source: setup.source, node, life: ports.ids.uuid() });
  const told = new Map<ClusterEvent['type'], number>();
  const house = openCluster({
    ...setup,
    onEvent: ({ type, node: of, ...data }) => {
      told.set(type, (told.get(type) ?? 0) + 1);
      events.tell(type, { ...data }, of);
      if (type === 'joined' || type === 'left') setup.nodesChanged();
      if (type === 'left' && of !== node) void alerts.clearOf(of).catch((error: unknown) => ports.log.warn({ err: error }, 'alerts of a node that left stay'));
    },
    onParked: (shard, reason) => alerts.raise('shard_parked', `shard ${shard}: ${reason}`),
    onUnparked: () => {
      if (!house.status().shards.some(({ parked }) => parked !== null)) alerts.clear('shard_parked');
    },
    onShard: (shard, served) => {
      if (shard !== leaderShard || served === leads) return;
      leads = served;
      setup.lead(served);
    },
  });
  house.calls.register(DRAIN, async (payload, from) => {
    const { by, reason } = payload as { readonly by: string; readonly reason: string };
    ports.log.warn({ by, reason, from }, 'this node gives its shards away');
    house.drain().catch((error: unknown) => ports.log.error({ err: error }, 'the shards of this node could not be given away'));
    return null;
  });
  house.calls.register(LOST, async (payload) => {
    if (Check(LostSchema, payload)) return bus.lostElsewhere(payload);
    throw new MeterwrightError('message_invalid', 'lost: must name from, to and shards');
  });
  return {
    ...house,
    leads: () => leads,
    told: () => told,
    drainNode: async (of, by, reason) => {
      await house.calls.call(of, DRAIN, { by, reason });
    },
    toldElsewhere: async (lost) => {
      const answers = await house.calls.callAll<unknown>(LOST, lost);
      return answers.flatMap((one) => (one.node !== node && one.kind === 'ok' && Array.isArray(one.reply) ? one.reply.filter(Number.isInteger) : []));
    },
    supervised(event) {
      if (event.type === 'child.failed') events.tell('restarted', { child: event.id, reason: event.error });
    },
    close() {
      events.stop();
      house.close();
    },
  };
}
