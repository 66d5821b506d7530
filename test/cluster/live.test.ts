/** Live sockets on three engines: whoever comes back, wherever, goes on where he was; and nobody hears of another. */
import test, { type ExecutionContext } from 'ava';
import { isUnmigrated, mpanLine, seededMpan } from '../../ops/sim/market/seed.ts';
import { LiveSocket } from '../support/live/socket.ts';
import { type NatsServer, startNats } from '../support/nats.ts';
import { clusterTest, hasServer, startCluster } from '../support/process/cluster.ts';
import { readEvents, type SeenEvent } from '../support/process/events.ts';
import { appointment, BRISK, type EngineProcess, type Installation, Supplier, until } from '../support/process/index.ts';
import { liveUrl, Watcher } from '../support/process/live.ts';

const MPID = 'SUPX';
const NEIGHBOUR = { mpid: 'SUPY', dipId: '2300000023' } as const;
const CLIENTS = 50;
/** Between two clients that come. */
const JOIN_MS = 200;
const SEEDED = 2_000;
/** Long enough that a node that goes has processes in every state of waiting. */
const OUTCOME_MS = 600;

let nats: NatsServer;
let installation: Installation;
let nodes: readonly [EngineProcess, EngineProcess, EngineProcess];
let key = '';
test.before(async () => {
  if (!hasServer) return;
  // Of its own: it stays while every node is started again.
  nats = await startNats();
  const settings = {
    ...BRISK,
    nats: { url: nats.url },
    sim: { ...BRISK.sim, initialMs: OUTCOME_MS / 3, outcomeMs: OUTCOME_MS, activeMs: OUTCOME_MS + 100 },
    dip: { retry: { capMs: 1_000 }, suppliers: [{ mpid: MPID, dipId: '2300000012' }, NEIGHBOUR] },
  };
  installation = await startCluster(undefined, { settings, seedMpans: SEEDED });
  const [first, second, third] = installation.nodes;
  if (!first || !second || !third) throw new Error('three nodes were asked for');
  nodes = [first, second, third];
  key = installation.program.connect.demo?.apiKey ?? '';
});
test.after.always(async () => {
  await installation?.remove();
  await nats?.close();
});

const stream = (): Promise<readonly SeenEvent[]> => readEvents(nats.url, installation.dataDir);
const door = (from = 0): EngineProcess => {
  const found = [0, 1, 2].map((step) => nodes[(from + step) % 3]).find((node) => node?.isRunning);
  if (!found) throw new Error('no engine runs');
  return found;
};

/** Appointments through every node that runs, `lanes` at once, until `stop`; whoever is told to come again does. */
function flow(from: number, lanes: number): { readonly ids: string[]; stop(): Promise<readonly string[]> } {
  const ids: string[] = [];
  let stopped = false;
  const one = async (index: number): Promise<string> => {
    const mpan = seededMpan(index);
    const answer = await until(
      `${mpan} is taken`,
      async () => {
        const answer = await installation.supplierAt(door(index)).post(appointment(mpan), `key-${mpan}`);
        return answer.status !== 503 && answer;
      },
      30_000,
    );
    if (answer.status !== 202) throw new Error(`${mpan}: ${answer.status} ${answer.text}`);
    return answer.json.request_id;
  };
  let next = from;
  const lane = async (): Promise<void> => {
    while (!stopped) {
      const index = next++;
      if (!isUnmigrated(index)) ids.push(await one(index));
    }
  };
  const running = Promise.all(Array.from({ length: lanes }, lane));
  return {
    ids,
    async stop() {
      stopped = true;
      await running;
      return ids;
    },
  };
}

/** Everything has ended, and everybody has heard everything, once. */
async function heardAll(t: ExecutionContext, ids: readonly string[], watchers: readonly Watcher[]): Promise<void> {
  for (const id of ids) await installation.supplier.ended(id, 30_000);
  // What is announced last comes out of the outbox a little later than the end is told.
  const last = await until('the events are all told', async () => {
    const seen = await stream();
    const told = new Set(seen.filter(({ data }) => data.status === 'Success' || data.status === 'Failed').map(({ subject }) => subject));
    return ids.every((id) => told.has(`appointment:${id}`)) && seen;
  });
  // What is missing then is told below.
  await until('all have heard all', () => watchers.every((watcher) => watcher.missing(last, MPID).length === 0)).catch(() => {});
  const states = new Map<string, string>();
  for (const id of ids) states.set(`appointment:${id}`, (await installation.operator.why(`appointment:${id}`)).state);
  for (const watcher of watchers) {
    t.deepEqual(watcher.missing(last, MPID), []);
    t.deepEqual(watcher.twice, []);
    t.deepEqual(watcher.faults, []);
    t.deepEqual(watcher.gaps, []);
    for (const [actor, state] of states) t.is(watcher.stateOf(actor), state, actor);
  }
}

clusterTest('a client whose node is killed goes on at another, and stays there while an owner of shards is killed: it hears everything once', async (t) => {
  t.timeout(60_000);
  const early = await installation.supplier.appoint(seededMpan(0));
  let at: EngineProcess = nodes[1];
  const watcher = await new Watcher(t, () => at, key, { mpid: MPID }).begun();
  const work = flow(1, 3);
  // Whoever comes in the midst of it begins with what is: from there on he, too, hears everything.
  const joined: Watcher[] = [];
  const joining = setInterval(() => joined.push(new Watcher(t, () => door(joined.length), key, { mpid: MPID })), JOIN_MS);
  t.teardown(() => clearInterval(joining));
  const heardMore = (count: number): Promise<unknown> => {
    const enough = watcher.events.length + count;
    return until(`${count} events more were heard`, () => watcher.events.length >= enough, 30_000);
  };
  const takenOver = (name: string): Promise<unknown> =>
    until(`the shards of ${name} are taken over`, async () =>
      (await installation.clusterAt(nodes[0])).shards.every(({ owner, move }) => owner !== name && move === null),
    );
  await heardMore(40);
  at = nodes[0];
  await nodes[1].kill9();
  await until('it is at another node', () => watcher.places.at(-1) === liveUrl(nodes[0]));
  await takenOver('n2');
  await heardMore(40);
  await nodes[2].kill9();
  await takenOver('n3');
  await heardMore(40);
  clearInterval(joining);
  const ids = await work.stop();
  await Promise.all(joined.map((one) => one.begun()));
  await heardAll(t, [early, ...ids], [watcher, ...joined]);
  t.deepEqual(watcher.places.length, 2, 'the end of an owner is nothing to whoever is elsewhere');
  t.log(`${ids.length} processes, ${watcher.events.length} events, ${joined.length} came in the midst`);
  await Promise.all([nodes[1].start(), nodes[2].start()]);
  await installation.settled();
});

clusterTest('all nodes are started again, one after the other: their clients hear 1001, go on at the others, and miss nothing', async (t) => {
  t.timeout(100_000);
  const watchers = Array.from({ length: CLIENTS }, (_, index) => new Watcher(t, () => door(index), key, { mpid: MPID }));
  await Promise.all(watchers.map((watcher) => watcher.begun()));
  const work = flow(600, 1);
  for (const node of [nodes[1], nodes[2], nodes[0]]) {
    const url = liveUrl(node);
    const there = watchers.filter(({ places }) => places.at(-1) === url);
    const ended = await node.stop();
    t.is(ended.code, 0, ended.stderr);
    t.true(there.length > 0);
    await until('its clients are elsewhere', () => there.every(({ places, state }) => state === 'ready' && places.at(-1) !== url));
    await node.start();
    await installation.settled();
  }
  const ids = await work.stop();
  const codes = watchers.flatMap((watcher) => watcher.codes);
  t.true(codes.length >= CLIENTS);
  t.deepEqual([...new Set(codes)], [1001]);
  await heardAll(t, ids, watchers);
  t.log(`${ids.length} processes, ${watchers.reduce((sum, { events }) => sum + events.length, 0)} events heard, ${codes.length} moves`);
});

/** What one supplier has, does and hears. */
interface Side {
  readonly mpid: string;
  readonly key: string;
  /** Its own, and the one that both have. */
  readonly mpans: readonly [string, string];
  /** One at each node. */
  readonly sockets: readonly LiveSocket[];
  /** Of the processes of its two meter points. */
  ids: readonly string[];
}

async function sideOf(t: ExecutionContext, mpid: string, shown: string, mpans: Side['mpans']): Promise<Side> {
  const sockets = await Promise.all(nodes.map((node) => LiveSocket.open(t, liveUrl(node), { key: shown })));
  for (const socket of sockets) {
    await socket.next('ready');
    socket.subscribe('mine', { mpid });
    socket.subscribe('shared', { mpan: mpans[1] });
    for (const _ of ['mine', 'shared']) await socket.next('snapshot');
  }
  return { mpid, key: shown, mpans, sockets, ids: [] };
}

const plantedBy = ({ mpid, mpans, ids }: Side): readonly string[] => [mpid, mpans[0], ...ids];
/** Subscriptions that hear of everything that is its own. */
const WHOLE = ['mine', 'shared', 'past', 'past-shared', 'request'];

clusterTest('of two suppliers on three nodes neither hears of the other, not even of a meter point that both have', async (t) => {
  const { adminToken = '' } = installation.program.connect.demo ?? {};
  const shared = 1_951;
  const imported = await fetch(`${nodes[1].program.connect.httpUrl}/ops/v1/imports/mpans?format=jsonl&mpid=${NEIGHBOUR.mpid}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/jsonl' },
    body: [SEEDED, shared].map((index) => JSON.stringify({ ...mpanLine(index), mpid: NEIGHBOUR.mpid })).join('\n'),
  });
  t.is(imported.status, 200, await imported.text());
  const made = await installation.operatorAt(nodes[2]).post<{ key: string }>('/ops/v1/keys', { mpids: [NEIGHBOUR.mpid], label: 'neighbour' });
  t.is(made.status, 201, made.text);
  const ours = await sideOf(t, MPID, key, [seededMpan(1_950), seededMpan(shared)]);
  const theirs = await sideOf(t, NEIGHBOUR.mpid, made.json.key, [seededMpan(SEEDED), seededMpan(shared)]);
  const supplierOf = (side: Side): Supplier => new Supplier(() => door().program.connect.httpUrl ?? '', side.mpid, side.key);
  for (const side of [ours, theirs]) side.ids = await Promise.all(side.mpans.map((mpan) => supplierOf(side).appoint(mpan)));

  for (const [side, other] of [
    [ours, theirs],
    [theirs, ours],
  ] as const) {
    const refused = {
      mpid: { mpid: other.mpid },
      mpan: { mpan: other.mpans[0] },
      theirs: { requestId: other.ids[1] },
      all: { all: true },
      node: { node: 'n1' },
    };
    for (const socket of side.sockets) {
      for (const [sub, filter] of Object.entries(refused)) socket.subscribe(sub, filter);
      // What was, from the beginning of the stream.
      socket.subscribe('past', { mpid: side.mpid }, 0);
      socket.subscribe('past-shared', { mpan: side.mpans[1] }, 0);
      socket.subscribe('request', { requestId: side.ids[1] });
    }
    for (const id of side.ids) await supplierOf(side).ended(id);
  }
  for (const [side, other] of [
    [ours, theirs],
    [theirs, ours],
  ] as const)
    for (const socket of side.sockets) {
      const told = (sub: string): boolean =>
        [...socket.of('event'), ...socket.of('snapshot').flatMap(({ sub, items }) => items.map((item: object) => ({ ...item, sub })))].some(
          (one) => one.sub === sub && one.actor === `appointment:${side.ids[1]}` && one.data.status === 'Success',
        );
      await until(`${side.mpid} hears of its own`, () => WHOLE.every(told));
      const errors = socket.of('error').map(({ sub, code }) => `${sub} ${code}`);
      t.deepEqual(
        errors.sort(),
        ['all', 'mpan', 'mpid', 'node', 'theirs'].map((sub) => `${sub} filter_refused`),
      );
      const frames = socket.frames.map((frame) => JSON.stringify(frame));
      for (const word of plantedBy(other))
        t.deepEqual(
          frames.filter((frame) => frame.includes(word)),
          [],
          `${side.mpid} sees ${word}`,
        );
    }
});

clusterTest('nothing was left in quarantine', async (t) => {
  t.deepEqual(await installation.operator.quarantine(), []);
});
