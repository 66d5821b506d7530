/** NATS servers of a bench: one, or a cluster of three of which any can be killed and started again. They end with the bench. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { clusterQuestions } from '../../nats/ask-cluster.ts';
import { locateNatsServer } from '../../nats/index.ts';
import { freeBlock } from '../../node/free-ports.ts';
import { owned } from '../process/cleanup.ts';

export interface Traffic {
  /** Messages that clients sent to the servers, and that those sent to clients. */
  readonly in: number;
  readonly out: number;
  readonly inBytes: number;
  readonly outBytes: number;
}

export interface Nats {
  /** All servers, with commas between. */
  readonly url: string;
  readonly size: number;
  pids(): readonly number[];
  /** Name of the server that leads a stream; waits until one does. */
  leaderOf(stream: string): Promise<string>;
  /** Waits until all copies of a stream run and have caught up. */
  settled(stream: string): Promise<void>;
  kill9(name: string): Promise<void>;
  /** On its old ports and store. */
  restart(name: string): Promise<void>;
  /** Of all servers since their start. */
  traffic(): Promise<Traffic>;
  stop(): Promise<void>;
}

interface Member {
  readonly name: string;
  readonly port: number;
  readonly monitor: number;
  readonly file: string;
  child: ChildProcess | undefined;
  ended: Promise<void>;
}

const POLL_MS = 50;
const ASK_MS = 500;
const STREAM_NOT_FOUND = 10_059;

/** @param folder where their files go; whoever made it removes it */
export async function startNats(size: 1 | 3, folder: string): Promise<Nats> {
  const first = await freeBlock(size * 3);
  const routes = Array.from({ length: size }, (_, place) => `nats://127.0.0.1:${first + size + place}`);
  const members = Array.from({ length: size }, (_, place): Member => {
    const name = `nats${place + 1}`;
    const port = first + place;
    const monitor = first + 2 * size + place;
    const file = join(folder, `${name}.conf`);
    mkdirSync(join(folder, name), { recursive: true });
    const together = `cluster { name: bench, listen: "127.0.0.1:${first + size + place}", no_advertise: true, routes: ${JSON.stringify(routes)} }`;
    writeFileSync(
      file,
      `server_name: ${name}
host: 127.0.0.1
port: ${port}
http: "127.0.0.1:${monitor}"
jetstream { store_dir: ${JSON.stringify(join(folder, name))} }
${size > 1 ? together : ''}
`,
    );
    return { name, port, monitor, file, child: undefined, ended: Promise.resolve() };
  });
  const up = (): Member[] => members.filter(({ child }) => child && child.exitCode === null && child.signalCode === null);
  const named = (name: string): Member => {
    const found = members.find((one) => one.name === name);
    if (!found) throw new Error(`nats: no server ${name}`);
    return found;
  };

  const { asked } = clusterQuestions(
    () => up().map(({ port }) => `127.0.0.1:${port}`),
    ASK_MS,
    () => pause(POLL_MS),
  );

  const nats: Nats = {
    url: members.map(({ port }) => `nats://127.0.0.1:${port}`).join(','),
    size,
    pids: () => up().map(({ child }) => child?.pid ?? 0),
    leaderOf: (stream) =>
      asked(async (manager) => {
        const leader = (await manager.streams.info(stream)).cluster?.leader;
        return up().some(({ name }) => name === leader) ? leader : undefined;
      }),
    settled: async (stream) => {
      await asked(async (manager) => {
        const { cluster, config } = await manager.streams.info(stream);
        const current = (cluster?.replicas ?? []).filter((one) => one.current && !one.offline);
        return cluster?.leader && current.length === config.num_replicas - 1 ? true : undefined;
      });
    },
    async kill9(name) {
      const { child, ended } = named(name);
      child?.kill('SIGKILL');
      await ended;
    },
    restart: (name) => launch(named(name)),
    async traffic() {
      let sum: Traffic = { in: 0, out: 0, inBytes: 0, outBytes: 0 };
      for (const { monitor } of up()) {
        const one = (await (await fetch(`http://127.0.0.1:${monitor}/varz`)).json()) as Record<'in_msgs' | 'out_msgs' | 'in_bytes' | 'out_bytes', number>;
        sum = { in: sum.in + one.in_msgs, out: sum.out + one.out_msgs, inBytes: sum.inBytes + one.in_bytes, outBytes: sum.outBytes + one.out_bytes };
      }
      return sum;
    },
    async stop() {
      await Promise.all(up().map(({ name }) => nats.kill9(name)));
    },
  };
  try {
    await Promise.all(members.map(launch));
    // Any answer of the leader will do; that there is no such stream is one.
    await asked((manager) => manager.streams.info('NONE').catch((error: { code?: number }) => (error.code === STREAM_NOT_FOUND ? true : undefined)));
  } catch (error) {
    await nats.stop();
    throw error;
  }
  return nats;
}

async function launch(member: Member): Promise<void> {
  const child = spawn(locateNatsServer(), ['-c', member.file], { stdio: ['ignore', 'ignore', 'pipe'] });
  member.child = child;
  member.ended = owned(child);
  let log = '';
  await new Promise<void>((resolve, reject) => {
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      if (log.length < 4_000) log += text;
      if (text.includes('Server is ready')) resolve();
    });
    once(child, 'exit').then(() => reject(new Error(`nats-server ended:\n${log}`)), reject);
  });
}
