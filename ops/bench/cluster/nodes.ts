/** Engines of one cluster, each the real program: the first brings the simulated market and its data, the others join by its `join.json`. */
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { ClusterStatus } from '../../../actors/cluster/index.ts';
import { freePort } from '../../node/free-ports.ts';
import { readJson } from '../../process/files.ts';
import { type EngineProcess, startEngine } from '../process/engine.ts';
import { withFolder } from '../process/folders.ts';
import { type Nats, startNats } from './nats.ts';
import { type SharedStore, startStore } from './store.ts';

type Sections = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

export interface ClusterSetup {
  readonly nodes: number;
  readonly nats: 1 | 3;
  readonly seedMpans: number;
  /** Sections of the first node's configuration; the others have them from it. */
  readonly config?: Sections;
  readonly flags?: readonly string[];
  readonly say: (text: string) => void;
  /** Where engines find the store, when not at its own address. */
  readonly through?: (storeUrl: string) => Promise<string>;
}

/** One node, now and after the next start. Its ports stay. */
export interface Node {
  readonly name: string;
  readonly httpPort: number;
  readonly isRunning: boolean;
  /** @throws Error while it does not run */
  readonly engine: EngineProcess;
  start(): Promise<void>;
  /** In order, as by SIGTERM. */
  stop(): Promise<void>;
  kill9(): Promise<void>;
}

export interface Cluster {
  readonly nodes: readonly Node[];
  readonly store: SharedStore;
  readonly nats: Nats;
  readonly apiKey: string;
  readonly adminToken: string;
  /** Of the simulated market. */
  readonly controlUrl: string;
  running(): readonly Node[];
  statusAt(node: Node): Promise<ClusterStatus>;
  /** Gives all shards of a node away, as `mw drain` does. Resolves when it has none. */
  drain(node: Node): Promise<void>;
  /** Until the nodes that run share all shards. */
  settled(): Promise<void>;
}

const POLL_MS = 100;
const SETTLED_MS = 120_000;
/** The market answers soon, but not before the engine knows that it took the request. */
const ANSWER_MS = 50;

/** Starts all, runs, and ends all whatever happens. */
export async function withCluster<T>(setup: ClusterSetup, run: (cluster: Cluster) => Promise<T>): Promise<T> {
  return withFolder(async (folder) => {
    const undo: (() => Promise<unknown>)[] = [];
    try {
      return await run(await build(setup, folder, undo));
    } finally {
      for (const step of undo.reverse()) await step().catch((error: unknown) => setup.say(`  could not be ended: ${String(error)}`));
    }
  });
}

async function build(setup: ClusterSetup, folder: string, undo: (() => Promise<unknown>)[]): Promise<Cluster> {
  const store = await startStore(setup.say);
  undo.push(() => store.stop());
  const nats = await startNats(setup.nats, join(folder, 'nats'));
  undo.push(() => nats.stop());
  const url = setup.through ? await setup.through(store.url) : store.url;
  const nodes: Node[] = [];
  undo.push(async () => {
    for (const node of [...nodes].reverse()) await node.kill9();
  });
  const firstDir = join(folder, 'n1');
  const firstPort = await freePort();
  const sections: Sections = {
    ...setup.config,
    cluster: { node: 'n1', ...setup.config?.cluster },
    nats: { stream: { replicas: setup.nats }, ...setup.config?.nats },
    sim: { initialMs: ANSWER_MS, outcomeMs: ANSWER_MS, activeMs: ANSWER_MS, retainFlows: 1_000, ...setup.config?.sim },
  };
  const first = await makeNode('n1', (httpPort) =>
    startEngine({
      dataDir: firstDir,
      httpPort,
      port: firstPort,
      config: sections,
      flags: ['--store', 'mongodb', '--nats', nats.url, '--seed-mpans', String(setup.seedMpans), ...(setup.flags ?? [])],
      env: { MW_STORE_MONGODB_URL: url, MW_STORE_MONGODB_DATABASE: store.database },
    }),
  );
  nodes.push(first);
  await first.start();
  for (let place = 2; place <= setup.nodes; place++) {
    const name = `n${place}`;
    const config = readJson(join(firstDir, 'join.json')) as Sections;
    nodes.push(await makeNode(name, (httpPort) => startEngine({ dataDir: join(folder, name), httpPort, config, env: { MW_CLUSTER_NODE: name } })));
  }
  await Promise.all(nodes.slice(1).map((node) => node.start()));
  const cluster = new RunningCluster(nodes, store, nats, first.engine);
  await cluster.settled();
  return cluster;
}

class RunningCluster implements Cluster {
  readonly nodes: readonly Node[];
  readonly store: SharedStore;
  readonly nats: Nats;
  readonly apiKey: string;
  readonly adminToken: string;
  readonly #first: EngineProcess;

  constructor(nodes: readonly Node[], store: SharedStore, nats: Nats, first: EngineProcess) {
    this.nodes = nodes;
    this.store = store;
    this.nats = nats;
    this.apiKey = first.apiKey;
    this.adminToken = first.adminToken;
    this.#first = first;
  }

  get controlUrl(): string {
    return this.#first.controlUrl;
  }

  running(): readonly Node[] {
    return this.nodes.filter(({ isRunning }) => isRunning);
  }

  async statusAt(node: Node): Promise<ClusterStatus> {
    const answer = await fetch(`http://127.0.0.1:${node.httpPort}/ops/v1/cluster`, { headers: { authorization: `Bearer ${this.adminToken}` } });
    if (!answer.ok) throw new Error(`cluster: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as ClusterStatus;
  }

  async drain(node: Node): Promise<void> {
    const asked = await fetch(`http://127.0.0.1:${node.httpPort}/ops/v1/cluster/nodes/${node.name}/drain`, {
      method: 'POST',
      headers: { authorization: `Bearer ${this.adminToken}`, 'content-type': 'application/json' },
      body: JSON.stringify({ reason: 'bench' }),
    });
    if (!asked.ok) throw new Error(`drain: ${asked.status} ${await asked.text()}`);
    await this.#until(`${node.name} has no shards`, async () => (await this.statusAt(node)).shards.every(({ owner }) => owner !== node.name));
  }

  async settled(): Promise<void> {
    await this.#until('the shards are shared out', async () => {
      const running = this.running();
      const seen = await Promise.all(running.map((node) => this.statusAt(node)));
      return seen.every(({ problem, nodes, shards }) => {
        const alive = nodes.filter(({ isAlive }) => isAlive).map(({ id }) => id);
        return problem === null && alive.length === running.length && shards.every(({ owner, move }) => move === null && owner && alive.includes(owner));
      });
    });
  }

  async #until(what: string, isSo: () => Promise<boolean>): Promise<void> {
    const end = performance.now() + SETTLED_MS;
    let last: unknown;
    while (performance.now() < end) {
      try {
        if (await isSo()) return;
      } catch (error) {
        last = error;
      }
      await pause(POLL_MS);
    }
    throw new Error(`cluster: waited too long until ${what}`, { cause: last });
  }
}

async function makeNode(name: string, launch: (httpPort: number) => Promise<EngineProcess>): Promise<Node> {
  const httpPort = await freePort();
  let running: EngineProcess | undefined;
  const end = async (how: 'stop' | 'kill9'): Promise<void> => {
    const ended = running;
    running = undefined;
    await ended?.[how]();
  };
  return {
    name,
    httpPort,
    get isRunning() {
      return running !== undefined;
    },
    get engine() {
      if (!running) throw new Error(`${name}: does not run`);
      return running;
    },
    async start() {
      running = await launch(httpPort);
    },
    stop: () => end('stop'),
    kill9: () => end('kill9'),
  };
}
