/** A real NATS server for one test: random port, own store, JetStream on. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { locateNatsServer } from '../../ops/nats/locate.ts';

export interface NatsServer {
  readonly url: string;
  readonly port: number;
  /** Configuration, and the store in `jetstream`. */
  readonly folder: string;
  /** End the process; the store stays. `SIGKILL` is the unclean end. */
  kill(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  /** It stands still, with every connection open, until `thaw`. */
  freeze(): void;
  thaw(): void;
  /** Start again on the same port and store. */
  restart(): Promise<void>;
  /** End it and delete its store. */
  close(): Promise<void>;
}

export interface NatsServerOptions {
  /** Further lines of the server's configuration. */
  readonly config?: string;
  /** The server's program; by default the one that set-up found. */
  readonly program?: string;
  /** False: off. Text: further lines of its block. */
  readonly jetstream?: false | string;
}

export async function startNats(options: NatsServerOptions = {}): Promise<NatsServer> {
  const folder = await mkdtemp(join(tmpdir(), 'mw-nats-'));
  let child: ChildProcess | undefined;
  let port = -1;
  const launch = async (): Promise<void> => {
    const jetstream = options.jetstream === false ? '' : `jetstream {\n store_dir: ${JSON.stringify(folder)}\n${options.jetstream ?? ''}\n}\n`;
    const file = join(folder, 'server.conf');
    await writeFile(file, `host: 127.0.0.1\nport: ${port}\nports_file_dir: ${JSON.stringify(folder)}\n${jetstream}${options.config ?? ''}\n`);
    child = spawn(options.program ?? locateNatsServer(), ['-c', file], { stdio: ['ignore', 'ignore', 'pipe'] });
    const log: string[] = [];
    await new Promise<void>((resolve, reject) => {
      child?.stderr?.setEncoding('utf8').on('data', (text: string) => {
        log.push(text);
        if (text.includes('Server is ready')) resolve();
      });
      child?.once('exit', () => reject(new Error(`nats-server ended:\n${log.join('')}`)));
      child?.once('error', reject);
    });
    if (port < 0) port = await portOf(folder, child.pid ?? 0);
  };
  await launch();
  const kill = async (signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> => {
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  };
  return {
    get url() {
      return `nats://127.0.0.1:${port}`;
    },
    folder,
    get port() {
      return port;
    },
    kill,
    freeze: () => void child?.kill('SIGSTOP'),
    thaw: () => void child?.kill('SIGCONT'),
    restart: launch,
    async close() {
      await kill('SIGKILL');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The server writes its ports beside its store a moment after it is ready. */
async function portOf(folder: string, pid: number): Promise<number> {
  for (;;) {
    const text = await readFile(join(folder, `nats-server_${pid}.ports`), 'utf8').catch(() => '');
    const found = /"(?:nats|tls):\/\/[^"]*:(\d+)"/.exec(text);
    if (found) return Number(found[1]);
    await sleep(5);
  }
}
