/** Two clusters on one prefix, before either knows of the other. */
import test, { type ExecutionContext } from 'ava';
import { connect, type NatsConnection } from 'nats';
import { decodeAnswers, encodeBatch, encodeCommand } from '../../../actors/cluster/command-wire.ts';
import { NodeCalls } from '../../../actors/cluster/node-calls.ts';
import { encodeFrame } from '../../../actors/cluster/wire-frame.ts';
import { MeterwrightError, OverloadedError } from '../../../actors/errors/error.ts';
import { startNats } from '../../support/nats.ts';
import { type KeptLog, keptLog, realPorts } from '../../support/real-ports.ts';
import { flushed, keysOf, note, openRoad, type RoadNode, SHARDS, TestSource } from './router-nodes.ts';

const [key] = keysOf(1, 1) as [string];

const road = (t: ExecutionContext, timeoutMs = 5_000) =>
  openRoad(t, { nodes: ['a', 'b', 'x'], clusterIds: { a: 'ours', b: 'ours', x: 'theirs' }, limits: { timeoutMs } });

const said = ({ log }: { readonly log: KeptLog }): string[] =>
  log.lines.filter(({ level, text }) => level === 'warn' && text.includes('another cluster')).map(({ fields }) => (fields as { reason: string }).reason);

test('a command of another cluster is not run, its sender hears why, and the log names both clusters once', async (t) => {
  const { nodes, plain } = await road(t);
  const b = nodes[1] as RoadNode;
  b.open(1);
  await flushed(b);
  const batch = encodeBatch({ cluster: 'theirs', from: 'x', shard: 1, shards: SHARDS }, [encodeCommand(note(key, 'no'), false)]);
  const nc = await plain();
  for (let n = 0; n < 3; n++) {
    const answer = decodeAnswers((await nc.request('mw.cmd.1', batch)).data);
    t.is(answer.kind === 'refused' && answer.error.code, 'cluster_foreign');
  }
  t.deepEqual(b.ran, []);
  t.is(said(b).length, 1);
  t.regex(said(b)[0] ?? '', /nats\.prefix: must belong to one cluster: mw is used by ours and by theirs/);
});

test('a command that both clusters hear is run by its own and answered by it', async (t) => {
  const { nodes } = await road(t);
  const [a, b, x] = nodes as [RoadNode, RoadNode, RoadNode];
  b.open(1);
  x.open(1);
  await flushed(b, x);
  const ids = Array.from({ length: 20 }, (_, n) => `m${n}`);
  for (const id of ids) t.is(await a.router.command(note(key, id)), id);
  t.deepEqual(b.ran, ids);
  t.deepEqual(x.ran, []);
});

test('a command that only another cluster hears ends as what may be tried again, and says why', async (t) => {
  const { nodes } = await road(t, 300);
  const [a, , x] = nodes as [RoadNode, RoadNode, RoadNode];
  x.open(1);
  await flushed(x);
  const error = await t.throwsAsync(a.router.command(note(key, 'no')), { instanceOf: OverloadedError });
  t.regex(error?.message ?? '', /nats\.prefix: must belong to one cluster/);
  t.deepEqual(x.ran, []);
  t.is(said(a).length, 1);
});

test('what a version before this one says, which names no cluster, is taken', async (t) => {
  const { nodes, plain } = await road(t);
  const b = nodes[1] as RoadNode;
  b.open(1);
  await flushed(b);
  const batch = encodeBatch({ from: 'a', shard: 1, shards: SHARDS }, [encodeCommand(note(key, 'old'), false)]);
  const answer = decodeAnswers((await (await plain()).request('mw.cmd.1', batch)).data);
  t.is(answer.kind, 'answers');
  t.deepEqual(b.ran, ['old']);
});

interface Caller {
  readonly calls: NodeCalls;
  readonly log: KeptLog;
  flushed(): Promise<void>;
}

async function callers(t: ExecutionContext): Promise<{ caller(node: string, clusterId: string): Promise<Caller>; plain: NatsConnection }> {
  const nats = await startNats({ jetstream: false });
  t.teardown(() => nats.close());
  const open = async (): Promise<NatsConnection> => {
    const nc = await connect({ servers: nats.url });
    t.teardown(() => nc.close());
    return nc;
  };
  return {
    plain: await open(),
    async caller(node, clusterId) {
      const nc = await open();
      const log = keptLog();
      const calls = new NodeCalls({
        node,
        clusterId,
        prefix: 'mw',
        inboxPrefix: '_INBOX',
        nats: new TestSource(nc),
        ports: realPorts({ log }),
        nodes: () => [node],
      });
      t.teardown(() => calls.close());
      calls.register('who', async () => clusterId);
      await nc.flush();
      return { calls, log, flushed: () => nc.flush() };
    },
  };
}

test('a question to a node whose name another cluster has too is answered by the one that was asked', async (t) => {
  const { caller } = await callers(t);
  await caller('b', 'theirs');
  const a = await caller('a', 'ours');
  await caller('b', 'ours');
  for (let n = 0; n < 10; n++) t.is(await a.calls.call('b', 'who', null), 'ours');
});

test('a question that only another cluster hears is refused as such', async (t) => {
  const { caller } = await callers(t);
  const x = await caller('b', 'theirs');
  const a = await caller('a', 'ours');
  const error = await t.throwsAsync(a.calls.call('b', 'who', null, { timeoutMs: 300 }), { instanceOf: MeterwrightError });
  t.is(error?.code, 'cluster_foreign');
  t.is(said(x).length, 1);
  t.is(said(a).length, 1);
});

test('words of another cluster to all are not heard', async (t) => {
  const { caller, plain } = await callers(t);
  const [a, x] = [await caller('a', 'ours'), await caller('x', 'theirs')];
  const heard: unknown[] = [];
  const last = Promise.withResolvers<void>();
  a.calls.onBroadcast('topic', (payload) => {
    heard.push(payload);
    if (payload === 'last') last.resolve();
  });
  await a.flushed();
  x.calls.voice.tell('topic', 'theirs');
  plain.publish('mw.cmd.all.topic', encodeFrame('{"cluster":"theirs","from":"y","payload":"theirs too"}'));
  plain.publish('mw.cmd.all.topic', encodeFrame('{"cluster":"ours","from":"b","payload":"last"}'));
  await last.promise;
  t.deepEqual(heard, ['last']);
  t.is(said(a).length, 1);
});
