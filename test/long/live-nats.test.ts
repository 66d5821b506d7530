/** Live sockets while the servers of a NATS cluster die, one after the other: events go on, none is missing, none comes twice. */
import { isUnmigrated, seededMpan } from '../../ops/sim/market/seed.ts';
import { startNatsCluster } from '../support/nats-cluster.ts';
import { clusterTest, startCluster } from '../support/process/cluster.ts';
import { readEvents } from '../support/process/events.ts';
import { appointment, BRISK, until } from '../support/process/index.ts';
import { Watcher } from '../support/process/live.ts';

const MPID = 'SUPX';
const STREAMS = ['MW_EVENTS', 'KV_MW_SHARDS', 'KV_MW_NODES'];

clusterTest('while the NATS servers that lead the stream die, clients at all nodes hear every event once, without a gap', async (t) => {
  t.timeout(240_000);
  const nats = await startNatsCluster();
  t.teardown(() => nats.close());
  const settings = { ...BRISK, nats: { url: nats.url, stream: { replicas: 3 } }, dip: { retry: { capMs: 1_000 } } };
  const installation = await startCluster(t, { settings, seedMpans: 2_000 });
  const key = installation.program.connect.demo?.apiKey ?? '';
  const watchers = installation.nodes.map((node) => new Watcher(t, () => node, key, { mpid: MPID }));
  await Promise.all(watchers.map((watcher) => watcher.begun()));
  const ids: string[] = [];
  let stopped = false;
  const work = (async () => {
    for (let index = 0; !stopped; index++) {
      if (isUnmigrated(index)) continue;
      const mpan = seededMpan(index);
      const answer = await until(
        `${mpan} is taken`,
        async () => {
          const answer = await installation.supplier.post(appointment(mpan), `key-${mpan}`);
          return answer.status !== 503 && answer;
        },
        60_000,
      );
      if (answer.status !== 202) throw new Error(`${answer.status} ${answer.text}`);
      ids.push(answer.json.request_id);
    }
  })();
  for (const stream of ['MW_EVENTS', 'KV_MW_SHARDS', 'MW_EVENTS']) {
    // Whoever lost one server waits for it before the next goes: two at once are more than three servers bear.
    for (const each of STREAMS) await nats.settled(each);
    const leader = await nats.leaderOf(stream);
    const [{ events }] = watchers as [Watcher];
    const enough = events.length + 30;
    const at = performance.now();
    await nats.kill(leader);
    await until('events go on', () => events.length >= enough, 60_000);
    t.log(`${stream}: events went on after ${Math.round(performance.now() - at)} ms`);
    await nats.restart(leader);
  }
  await nats.settled('MW_EVENTS');
  stopped = true;
  await work;
  for (const id of ids) await installation.supplier.ended(id, 60_000);
  const seen = await until('all are told', async () => {
    const all = await readEvents(nats.url, installation.dataDir);
    const ended = new Set(all.filter(({ data }) => data.status === 'Success').map(({ subject }) => subject));
    return ids.every((id) => ended.has(`appointment:${id}`)) && all;
  });
  // What is missing then is told below.
  await until('all have heard all', () => watchers.every((watcher) => watcher.missing(seen, MPID).length === 0)).catch(() => {});
  for (const watcher of watchers) {
    t.deepEqual(watcher.missing(seen, MPID), []);
    t.deepEqual(watcher.twice, []);
    t.deepEqual(watcher.faults, []);
    t.deepEqual(watcher.gaps, []);
    t.deepEqual(watcher.codes, []);
  }
  t.log(`${ids.length} processes, ${watchers[0]?.events.length} events`);
});
