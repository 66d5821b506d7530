/** Three real NATS servers in one cluster, on random ports, each with a store of its own; any of them can be killed and started again. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { JetStreamManager } from '@nats-io/jetstream';
import { clusterQuestions } from '../../ops/nats/ask-cluster.ts';
import { locateNatsServer } from '../../ops/nats/locate.ts';
import { freeBlock } from '../../ops/node/free-ports.ts';

export interface NatsCluster {
  /** All servers, with commas between. */
  readonly url: string;
  /** `n1` to `n3`. */
  readonly names: readonly string[];
  urlOf(name: string): string;
  isUp(name: string): boolean;
  kill(name: string, signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  /** Start it again on its ports and store; resolves when it listens. */
  restart(name: string): Promise<void>;
  /** The server that leads a stream; waits until one does. */
  leaderOf(stream: string): Promise<string>;
  /** Waits until all copies of a stream are on servers that run and have caught up. */
  settled(stream: string): Promise<void>;
  /** Ask the JetStream API through a connection of its own, closed afterwards. */
  ask<T>(question: (manager: JetStreamManager) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export interface NatsClusterOptions {
  readonly program?: string;
  readonly size?: number;
  /** Only so many are started; the others wait for `restart`. Fewer than a majority have no leader, and none is waited for. */
  readonly upAtFirst?: number;
  /** Further lines of every server's configuration. */
  readonly config?: string;
}

interface Member {
  readonly name: string;
  readonly port: number;
  readonly file: string;
  child: ChildProcess | undefined;
}

const POLL_MS = 50;

/** Resolves when the cluster has a leader that makes streams. */
export async function startNatsCluster({
  program = locateNatsServer(),
  size = 3,
  upAtFirst = size,
  config = '',
}: NatsClusterOptions = {}): Promise<NatsCluster> {
  const folder = await mkdtemp(join(tmpdir(), 'mw-nats-cluster-'));
  // They must know each other's ports before they start, and find them free when they are started again.
  const first = await freeBlock(size * 2);
  const ports = Array.from({ length: size * 2 }, (_, i) => first + i);
  const routes = ports.slice(size).map((port) => `nats://127.0.0.1:${port}`);
  const members: Member[] = [];
  for (let i = 0; i < size; i++) {
    const name = `n${i + 1}`;
    const file = join(folder, `${name}.conf`);
    await mkdir(join(folder, name));
    await writeFile(
      file,
      `server_name: ${name}
host: 127.0.0.1
port: ${ports[i]}
jetstream { store_dir: ${JSON.stringify(join(folder, name))} }
cluster { name: mw, listen: "127.0.0.1:${ports[size + i]}", no_advertise: true, routes: ${JSON.stringify(routes)} }
${config}
`,
    );
    members.push({ name, port: ports[i] ?? 0, file, child: undefined });
  }
  const member = (name: string): Member => {
    const found = members.find((one) => one.name === name);
    if (!found) throw new Error(`no server ${name}`);
    return found;
  };
  const isUp = ({ child }: Member): boolean => child !== undefined && child.exitCode === null && child.signalCode === null;
  const url = members.map(({ port }) => `nats://127.0.0.1:${port}`).join(',');

  const { ask, asked } = clusterQuestions(
    () => members.filter(isUp).map(({ port }) => `127.0.0.1:${port}`),
    500,
    () => sleep(POLL_MS),
  );

  const cluster: NatsCluster = {
    url,
    names: members.map(({ name }) => name),
    urlOf: (name) => `nats://127.0.0.1:${member(name).port}`,
    isUp: (name) => isUp(member(name)),
    async kill(name, signal = 'SIGKILL') {
      const { child } = member(name);
      if (!child || !isUp(member(name))) return;
      const ended = once(child, 'exit');
      child.kill(signal);
      await ended;
    },
    restart: (name) => launch(program, member(name)),
    leaderOf: (stream) =>
      asked(async (manager) => {
        const leader = (await manager.streams.info(stream)).cluster?.leader;
        return leader && isUp(member(leader)) ? leader : undefined;
      }),
    settled: async (stream) => {
      await asked(async (manager) => {
        const { cluster: state, config: wanted } = await manager.streams.info(stream);
        const copies = (state?.replicas ?? []).filter((one) => one.current && !one.offline);
        return state?.leader && copies.length === wanted.num_replicas - 1 ? true : undefined;
      });
    },
    ask,
    async close() {
      await Promise.all(members.map(({ name }) => cluster.kill(name)));
      await rm(folder, { recursive: true, force: true });
    },
  };
  try {
    await Promise.all(members.slice(0, upAtFirst).map((one) => launch(program, one)));
    if (upAtFirst <= size / 2) return cluster;
    // Any answer of the leader will do; that there is no such stream is one.
    await asked((manager) => manager.streams.info('NONE').catch((error: { code?: number }) => (error.code === 10_059 ? true : undefined)));
  } catch (error) {
    await cluster.close();
    throw error;
  }
  return cluster;
}

async function launch(program: string, member: Member): Promise<void> {
  const child = spawn(program, ['-c', member.file], { stdio: ['ignore', 'ignore', 'pipe'] });
  member.child = child;
  const log: string[] = [];
  await new Promise<void>((resolve, reject) => {
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      if (log.length < 200) log.push(text);
      if (text.includes('Server is ready')) resolve();
    });
    child.once('exit', () => reject(new Error(`nats-server ended:\n${log.join('')}`)));
    child.once('error', reject);
  });
}
