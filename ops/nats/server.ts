/**
 * The NATS server of our own: a child on loopback that outlives a killed engine and is adopted by the next one.
 *
 * I1  It is in `run.json` before anything connects to it; what runs there and answers is adopted, what does not answer is ended.
 * I2  It keeps its port from start to start, also after its own death, so that clients find it again.
 * I3  A server that was started an instant before the engine was killed, and is in no record, is found by its own pid file and ended.
 * I4  Its files lie in `data/nats`; passwords and configuration are mode 600.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, closeSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../../actors/engine/ports.ts';
import { readJson, writeWhole } from '../process/files.ts';
import { endProcess, gone, identify, isRunning, type ProcessIdentity } from '../process/identity.ts';
import type { RunFile } from '../process/run-file.ts';
import { ENGINE_INBOX_PREFIX, type NatsCredentials, natsConfig } from './config.ts';
import { natsCredentials } from './credentials.ts';
import { locateNatsServer, NatsServerError } from './locate.ts';

const NAME = 'nats';
const POLL_MS = 20;
const WATCH_MS = 500;
const LOG_TAIL = 2_000;

export interface NatsServerSetup {
  readonly dataDir: string;
  readonly runFile: RunFile;
  readonly log: Log;
  /** Port to listen on; 0 or absent: the one of the last start, else any free one. */
  readonly port?: number;
  /** How long it may take to recover its streams and listen. Default 30 s. */
  readonly readyTimeoutMs?: number;
  /** How long a graceful stop may take. Default 10 s. */
  readonly graceMs?: number;
  /** First and longest pause before a dead server is started again. Default 500 ms and 30 s. */
  readonly restartMs?: { readonly first: number; readonly longest: number };
  /** Size of everything in JetStream, bytes. Default 32 GiB, which the limits of the streams stay below. */
  readonly maxStoreBytes?: number;
}

export interface NatsServer {
  /** `nats://127.0.0.1:PORT`, without credentials. */
  readonly url: string;
  readonly credentials: NatsCredentials;
  /** What the engine's own connection must use for its inboxes. */
  readonly inboxPrefix: string;
  /** Whether it was there already, left by an earlier engine. */
  readonly adopted: boolean;
  readonly pid: number;
  /** Stops the server, unless it is to stay for the next engine. */
  stop(): Promise<void>;
}

interface Running {
  readonly who: ProcessIdentity;
  readonly port: number;
  readonly adopted: boolean;
}

/**
 * Starts the server, or adopts the one that runs. It is started again whenever it dies.
 * @throws NatsServerError when it does not become ready; nothing is then left running
 */
export async function startNatsServer(setup: NatsServerSetup): Promise<NatsServer> {
  const credentials = natsCredentials(setup.dataDir);
  await endUnrecorded(setup);
  let running = (await adopt(setup, credentials)) ?? (await launch(setup, credentials, setup.port || lastPort(setup.dataDir)));
  const { port, adopted } = running;
  let stopping = false;
  const stopped = new AbortController();

  const keep = async (): Promise<void> => {
    let pause = setup.restartMs?.first ?? 500;
    while (!stopping) {
      await sleep(WATCH_MS, undefined, { signal: stopped.signal, ref: false });
      if (isRunning(running.who)) continue;
      setup.log.warn({ serverPid: running.who.pid }, 'the NATS server is gone and is started again');
      try {
        // Its clients know this port: while another program holds it, it is tried again.
        running = await launchOn(setup, credentials, port);
        pause = setup.restartMs?.first ?? 500;
      } catch (error) {
        setup.log.error({ err: error, pauseMs: pause }, 'the NATS server could not be started again');
        await sleep(pause, undefined, { signal: stopped.signal, ref: false });
        pause = Math.min(pause * 2, setup.restartMs?.longest ?? 30_000);
      }
    }
  };
  const keeping = keep().catch(() => {}); // Only the abort of a stop comes here.

  return {
    url: `nats://127.0.0.1:${port}`,
    credentials,
    inboxPrefix: ENGINE_INBOX_PREFIX,
    adopted,
    get pid() {
      return running.who.pid;
    },
    stop: async () => {
      stopping = true;
      stopped.abort();
      await keeping;
      await endProcess(running.who, setup.graceMs ?? 10_000);
      setup.runFile.forget(NAME);
    },
  };
}

const folderOf = (dataDir: string): string => join(resolve(dataDir), 'nats');
const pidFileOf = (dataDir: string): string => join(folderOf(dataDir), 'server.pid');
const configFileOf = (dataDir: string): string => join(folderOf(dataDir), 'server.conf');
const portFile = (dataDir: string): string => join(folderOf(dataDir), 'port.json');

function lastPort(dataDir: string): number {
  const read = readJson(portFile(dataDir));
  return typeof read === 'number' && Number.isInteger(read) && read > 0 && read < 65_536 ? read : 0;
}

/** What must be the same for a running server to be ours to use. */
function fingerprint(credentials: NatsCredentials): string {
  return createHash('sha256').update(`${credentials.engine.password} ${credentials.listener.password}`).digest('hex').slice(0, 16);
}

async function endUnrecorded(setup: NatsServerSetup): Promise<void> {
  if (setup.runFile.find(NAME) !== undefined) return;
  const pid = readJson(pidFileOf(setup.dataDir));
  const who = typeof pid === 'number' ? identify(pid) : undefined;
  if (who === undefined || !commandLine(who.pid).includes(configFileOf(setup.dataDir))) return;
  setup.log.warn({ serverPid: who.pid }, 'a NATS server of this data folder is in no record and is ended');
  await endProcess(who, setup.graceMs ?? 10_000);
}

function commandLine(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

async function adopt(setup: NatsServerSetup, credentials: NatsCredentials): Promise<Running | undefined> {
  const child = setup.runFile.find(NAME);
  if (child === undefined) return undefined;
  const port = Number(child.facts.port);
  const fits = child.facts.fingerprint === fingerprint(credentials) && (!setup.port || setup.port === port);
  if (fits && (await answers(port, 2_000))) {
    setup.log.info({ serverPid: child.pid, port }, 'the NATS server of an earlier engine goes on');
    return { who: { pid: child.pid, started: child.started }, port, adopted: true };
  }
  await setup.runFile.end(NAME, setup.graceMs ?? 10_000);
  return undefined;
}

async function launch(setup: NatsServerSetup, credentials: NatsCredentials, port: number): Promise<Running> {
  try {
    return await launchOn(setup, credentials, port);
  } catch (error) {
    // A port that was remembered may have been taken by another program since. One that was asked for is not replaced.
    if (port === 0 || setup.port === port || !(error instanceof NatsServerError) || !/address already in use/.test(error.message)) throw error;
    return launchOn(setup, credentials, 0);
  }
}

async function launchOn(setup: NatsServerSetup, credentials: NatsCredentials, port: number): Promise<Running> {
  const folder = folderOf(setup.dataDir);
  const portsDir = join(folder, 'ports');
  const logFile = join(folder, 'server.log');
  rmSync(portsDir, { recursive: true, force: true });
  rmSync(logFile, { force: true });
  mkdirSync(portsDir, { recursive: true });
  chmodSync(folder, 0o700);
  const configFile = configFileOf(setup.dataDir);
  const layout = {
    storeDir: join(folder, 'store'),
    portsDir,
    logFile,
    pidFile: pidFileOf(setup.dataDir),
    maxStoreBytes: setup.maxStoreBytes ?? 34_359_738_368,
    maxPayloadBytes: 1_048_576,
  };
  writeWhole(configFile, natsConfig({ port: port === 0 ? -1 : port, credentials, ...layout }));

  // Detached: Ctrl-C in a terminal is for the engine, which stops the server last. Its output goes to its log file.
  // What it says before it has a log file, an error in its configuration, goes to a file too.
  const output = join(folder, 'output.log');
  const handle = openSync(output, 'w', 0o600);
  const child = spawn(locateNatsServer(), ['-c', configFile], { stdio: ['ignore', handle, handle], detached: true });
  closeSync(handle);
  let failure: Error | undefined;
  child.once('error', (error) => {
    failure = error;
  });
  child.unref();
  const who = child.pid === undefined ? undefined : identify(child.pid);
  if (child.pid === undefined || who === undefined) {
    await sleep(0);
    // On a busy machine it may have ended before it was looked at, a port that is taken being the reason.
    throw new NatsServerError(`the NATS server could not be started: ${failure?.message ?? `${tail(output)} ${tail(logFile)}`}`);
  }
  const note = (facts: Record<string, string>): void => setup.runFile.note({ name: NAME, ...who, facts: { fingerprint: fingerprint(credentials), ...facts } });
  note({});
  const until = performance.now() + (setup.readyTimeoutMs ?? 30_000);
  while (performance.now() < until && isRunning(who)) {
    const is = announcedPort(portsDir, who.pid);
    if (is !== undefined && (await answers(is, 1_000))) {
      note({ port: String(is) });
      writeWhole(portFile(setup.dataDir), `${is}\n`);
      setup.log.info({ serverPid: who.pid, port: is }, 'NATS server started');
      return { who, port: is, adopted: false };
    }
    await sleep(POLL_MS);
  }
  const why = isRunning(who) ? `it was not ready in ${setup.readyTimeoutMs ?? 30_000} ms` : `it ended: ${tail(output)} ${tail(logFile)}`;
  await setup.runFile.end(NAME, setup.graceMs ?? 10_000);
  await gone(who, 1_000);
  throw new NatsServerError(`the NATS server did not start: ${why}`);
}

/** The server writes where it listens into a file named after its pid, once it does. */
function announcedPort(portsDir: string, pid: number): number | undefined {
  const read = readJson(join(portsDir, `nats-server_${pid}.ports`)) as { nats?: readonly string[] } | undefined;
  const port = Number(/:(\d+)$/.exec(read?.nats?.[0] ?? '')?.[1]);
  return port > 0 ? port : undefined;
}

function tail(file: string): string {
  try {
    return readFileSync(file, 'utf8').slice(-LOG_TAIL).trim();
  } catch {
    return '';
  }
}

/** Whether a NATS server with JetStream greets us on this port. */
function answers(port: number, timeoutMs: number): Promise<boolean> {
  return new Promise((resolveAnswer) => {
    let text = '';
    const socket = connect({ host: '127.0.0.1', port });
    const settle = (good: boolean): void => {
      clearTimeout(timer);
      socket.destroy();
      resolveAnswer(good);
    };
    const timer = setTimeout(() => settle(false), timeoutMs);
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      if (text.includes('\r\n')) settle(/^INFO \{.*"jetstream":true/.test(text));
    });
    socket.on('error', () => settle(false));
    socket.on('close', () => settle(false));
  });
}
