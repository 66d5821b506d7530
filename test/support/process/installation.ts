/** One installation for a test: the engine that runs on a data folder of its own, or several that share a store, and what calls them. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import type { ClusterStatus } from '../../../actors/cluster/index.ts';
import { freePort } from '../../../ops/node/free-ports.ts';
import { EngineProcess, type StartOptions } from './engine-process.ts';
import { Market } from './market.ts';
import { Mts } from './mts.ts';
import { Operator } from './operator.ts';
import { type Ended, type Program, type Running, run } from './program.ts';
import { freshStore, NODES, type SharedStore } from './shared-store.ts';
import { Supplier } from './supplier.ts';
import { until } from './until.ts';

export interface InstallationOptions {
  /** The configuration file's content, by section. */
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly seedMpans?: number;
  readonly args?: readonly string[];
  /** Engine processes. Several share a store, and callers go from one to the next. Default: what the suite is run with. */
  readonly nodes?: number;
  /** MongoDB also for one. Needed for several where the suite is run with one. */
  readonly mongodb?: SharedStore;
  /** Program of the last node, in place of the engine's own. */
  readonly lastFile?: string;
}

/** A market that answers within a tenth of a second: tests wait for the engine, not for the simulator. Meters only where a test brings them. */
export const BRISK = { sim: { meters: false, initialMs: 20, outcomeMs: 50, activeMs: 80, lingerMs: 5 }, dtn: { flushMs: 300, receiptScanMs: 200 } };

const SETTLED_MS = 30_000;

export class Installation {
  /** Of the first engine, whose children the simulators are. */
  readonly dataDir: string;
  /** The first starts the simulators and NATS; the others join it. */
  readonly nodes: readonly EngineProcess[];
  readonly #isShared: boolean;
  #mongodb: SharedStore | undefined;
  #port = 0;
  #turn = 0;

  constructor(options: InstallationOptions = {}) {
    const { nodes = options.mongodb ? 1 : NODES } = options;
    this.#mongodb = options.mongodb;
    this.#isShared = nodes > 1 || options.mongodb !== undefined;
    this.dataDir = mkdtempSync(join(tmpdir(), 'mw-process-'));
    const file = join(this.dataDir, 'test-config.json');
    const settings: Readonly<Record<string, unknown>> = options.settings ?? BRISK;
    writeFileSync(file, JSON.stringify(this.#isShared ? { ...settings, cluster: { ...(settings.cluster as object), node: 'n1' } } : settings));
    const args = ['--config', file, '--seed-mpans', String(options.seedMpans ?? 200), ...(options.args ?? [])];
    this.nodes = Array.from({ length: nodes }, (_, index) => {
      if (index === 0)
        return new EngineProcess({ dataDir: this.dataDir, args: () => [...args, ...this.#storeArgs()], env: () => this.#storeEnv(), port: () => this.#port });
      return this.joining(`n${index + 1}`, index === nodes - 1 ? { file: options.lastFile } : {});
    });
  }

  /** Started, and removed when the test (or, in a `before` hook, the file) ends. */
  static async started(t: Pick<ExecutionContext, 'teardown'> | undefined, options: InstallationOptions = {}): Promise<Installation> {
    const installation = new Installation(options);
    t?.teardown(() => installation.remove());
    await installation.start();
    return installation;
  }

  /** One more process with the settings for joining; nobody starts it, nor calls it, but whoever made it, who also removes it. */
  joining(name: string, more: Partial<Pick<ConstructorParameters<typeof EngineProcess>[0], 'env' | 'file'>> = {}): EngineProcess {
    const env = (): Readonly<Record<string, string>> => ({ MW_CLUSTER_NODE: name, ...more.env?.() });
    return new EngineProcess({ ...more, dataDir: `${this.dataDir}-${name}`, args: () => ['--config', join(this.dataDir, 'join.json')], env });
  }

  #storeArgs(): readonly string[] {
    return this.#isShared ? ['--store', 'mongodb'] : [];
  }

  #storeEnv(): Readonly<Record<string, string>> {
    return this.#mongodb ? { MW_STORE_MONGODB_URL: this.#mongodb.url, MW_STORE_MONGODB_DATABASE: this.#mongodb.database } : {};
  }

  get #first(): EngineProcess {
    return this.nodes[0] as EngineProcess;
  }

  /** The first engine's. @throws when none was started */
  get program(): Program {
    return this.#first.program;
  }

  /** Each call goes to the next engine that runs. */
  readonly #door = (): EngineProcess => {
    for (let tried = 0; tried < this.nodes.length; tried++) {
      const node = this.nodes[this.#turn++ % this.nodes.length];
      if (node?.isRunning) return node;
    }
    throw new Error('no engine runs');
  };

  readonly #base = (): string => this.#door().program.connect.httpUrl ?? '';

  get supplier(): Supplier {
    const { demo } = this.program.connect;
    return new Supplier(this.#base, demo?.mpid ?? '', demo?.apiKey ?? '');
  }

  get operator(): Operator {
    return new Operator(this.#base, this.program.connect.demo?.adminToken ?? '');
  }

  get mts(): Mts {
    return new Mts(() => this.#door().program.connect, this.program.connect.demo?.mtsToken ?? '');
  }

  get market(): Market {
    return new Market(this.dataDir);
  }

  /** The same caller, at one engine alone. */
  supplierAt(node: EngineProcess): Supplier {
    const { demo } = this.program.connect;
    return new Supplier(() => node.program.connect.httpUrl ?? '', demo?.mpid ?? '', demo?.apiKey ?? '');
  }

  operatorAt(node: EngineProcess): Operator {
    return new Operator(() => node.program.connect.httpUrl ?? '', this.program.connect.demo?.adminToken ?? '');
  }

  mtsAt(node: EngineProcess): Mts {
    return new Mts(() => node.program.connect, this.program.connect.demo?.mtsToken ?? '');
  }

  /** Starts the first engine and does not wait until it is ready. */
  launch(options: StartOptions = {}): Running {
    return this.#first.launch(options);
  }

  /** All engines, until each has its share of the work. */
  async start(options: StartOptions = {}): Promise<Program> {
    if (this.#isShared) this.#mongodb ??= await freshStore();
    // Where the market calls is told to all nodes, so it stays.
    if (this.nodes.length > 1 && this.#port === 0) this.#port = await freePort();
    const program = await this.#first.start(options);
    const { env = {} } = options;
    await Promise.all(this.nodes.slice(1).map((node) => node.start({ env })));
    if (this.nodes.length > 1) await this.settled();
    return program;
  }

  /** Until the engines that run share all shards, and each says so. */
  async settled(boundMs = SETTLED_MS): Promise<void> {
    const running = this.nodes.filter((node) => node.isRunning);
    await until(
      'the shards are shared out',
      async () => {
        const seen = await Promise.all(running.map((node) => this.clusterAt(node)));
        return seen.every(({ problem, nodes, shards }) => {
          const alive = nodes.filter(({ isAlive }) => isAlive);
          return (
            problem === null && alive.length === running.length && shards.every(({ owner, move }) => move === null && alive.some(({ id }) => id === owner))
          );
        });
      },
      boundMs,
    );
  }

  async clusterAt(node: EngineProcess): Promise<ClusterStatus> {
    const { status, json, text } = await this.operatorAt(node).get<ClusterStatus>('/ops/v1/cluster');
    if (status !== 200) throw new Error(`cluster: ${status} ${text}`);
    return json;
  }

  /** What the engines logged as errors, the last lines of each. */
  get errors(): readonly string[] {
    return this.nodes.flatMap(({ errors }) => errors);
  }

  /** The power goes for all engines. */
  async kill9(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.kill9()));
  }

  /** As an operator would end it all: those that joined, then the first. How the first ended, or the first of the others that ended badly. */
  async stop(): Promise<Ended> {
    const [first, ...others] = [await this.#stopOthers(), await this.#first.stop()].flat().reverse();
    return others.find(({ code }) => code !== 0) ?? (first as Ended);
  }

  #stopOthers(): Promise<readonly Ended[]> {
    return Promise.all(
      this.nodes
        .slice(1)
        .filter((node) => node.isRunning)
        .map((node) => node.stop()),
    );
  }

  async restart(options: StartOptions = {}): Promise<Program> {
    await this.kill9();
    return this.start(options);
  }

  /** The command line against this installation. */
  mw(...args: readonly string[]): Promise<Ended> {
    return run('ops/cli/main.ts', [...args, '--data', this.dataDir]).ended;
  }

  /** Ends everything that was started here and deletes the folders. */
  async remove(): Promise<void> {
    await this.kill9();
    for (const node of this.nodes) await node.remove();
  }
}
