/** `mw cluster`: nodes, shards, owners, epochs, moves. `mw drain NODE`: a node gives its shards away before it is stopped. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClusterStatus, ShardStatus } from '../../../actors/cluster/index.ts';
import { type CommandCall, type CommandSpec, needed, UsageError } from '../command.ts';
import { instant, print, printJson, table } from '../output.ts';

const PATH = '/ops/v1/cluster';
const LOOK_MS = 500;
const DEFAULT_WAIT_S = 120;

export const cluster: CommandSpec = {
  name: 'cluster',
  about: 'Shows the nodes of the cluster and who owns its shards, as the node that is asked sees it.',
  usage: '[--shards]',
  help: '--shards       each shard: owner, epoch, who should have it and why it moves',
  options: { shards: { type: 'boolean' } },
  words: [0, 0],
  run: async (call) => {
    const status = await look(call);
    if (call.json) printJson(status);
    else show(status, call.flags.shards === true);
    return status.problem === null ? 0 : 1;
  },
};

export const drain: CommandSpec = {
  name: 'drain',
  about:
    'Has a node give its shards to the others and take no more, so that it can be stopped without anybody noticing. It takes shards again after its next start.',
  usage: 'NODE --reason TEXT [--wait SECONDS]',
  help: `--wait SECONDS how long to wait until nothing is left there (default ${DEFAULT_WAIT_S}); 0 does not wait. Exit 1 when shards are left`,
  options: { reason: { type: 'string' }, wait: { type: 'string' } },
  words: [1, 1],
  run: async (call) => {
    const [node = ''] = call.words;
    const waitMs = Number(call.flags.wait ?? DEFAULT_WAIT_S) * 1_000;
    if (!(waitMs >= 0)) throw new UsageError('--wait: must be a number of seconds');
    await call.target.need(`${PATH}/nodes/${encodeURIComponent(node)}/drain`, { method: 'POST', body: { reason: needed(call, 'reason') }, as: 'operator' });
    const left = waitMs === 0 ? undefined : await untilEmpty(call, node, waitMs);
    if (call.json) printJson({ node, left: left ?? null });
    else print(left === undefined ? `${node} is giving its shards away` : left === 0 ? `${node} has no shards any more` : `${node} still has ${left} shards`);
    return left === undefined || left === 0 ? 0 : 1;
  },
};

const look = (call: CommandCall): Promise<ClusterStatus> => call.target.need<ClusterStatus>(PATH, { as: 'operator' });

async function untilEmpty(call: CommandCall, node: string, waitMs: number): Promise<number> {
  const until = performance.now() + waitMs;
  for (;;) {
    const left = (await look(call)).shards.filter(({ owner }) => owner === node).length;
    if (left === 0 || performance.now() >= until) return left;
    await sleep(LOOK_MS);
  }
}

function show(status: ClusterStatus, withShards: boolean): void {
  const rows = status.nodes.map((node) => [
    node.id + (node.id === status.node ? ' *' : ''),
    node.isAlive ? node.state : 'silent',
    node.shards,
    node.failed.length === 0 ? '' : node.failed.map(({ shard }) => shard).join(', '),
    instant(node.startedAt),
    node.version,
    node.url,
  ]);
  print(table(['node', 'state', 'shards', 'could not open', 'started', 'version', 'address'], rows));
  const ownerless = status.shards.filter(({ owner }) => owner === null);
  const moving = status.shards.filter(({ move }) => move !== null);
  const parked = status.shards.filter((shard) => shard.parked !== null);
  print(`${status.shards.length} shards, ${ownerless.length} without an owner, ${moving.length} to move, ${parked.length} parked`);
  if (status.problem !== null) print(`this node has no part in the cluster: ${status.problem}`);
  if (status.clockOffMs !== 0) print(`this node's clock is ${status.clockOffMs} ms ahead of the NATS server's`);
  const listed = withShards ? status.shards : [...new Set([...ownerless, ...moving, ...parked])];
  if (listed.length > 0) print(`\n${table(['shard', 'owner', 'epoch', 'moves', 'here', 'parked'], listed.map(shardRow))}`);
}

function shardRow({ shard, owner, epoch, move, here, parked }: ShardStatus): (string | number | null)[] {
  const moves = move === null ? '' : `to ${move.to}: ${move.why}`;
  return [shard, owner, epoch, moves, here === null ? '' : `${here.standing}, valid ${here.validForMs} ms`, parked];
}
