/** NATS, the server under measure, its clients, and who tells the events: each a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from 'nats';
import { locateNatsServer } from '../../nats/index.ts';
import { freePort } from '../../node/free-ports.ts';
import { owned, temporary } from '../process/cleanup.ts';
import type { ReaderJob } from './reader.ts';
import type { ServerJob, ServerState } from './server.ts';

export interface Child<TJob> {
  readonly pid: number;
  /** One question, one answer; in order. */
  ask<T>(job: TJob): Promise<T>;
  stop(): Promise<void>;
}

async function start<TJob>(
  file: string,
  args: readonly string[],
  flags: readonly string[] = [],
): Promise<{ readonly child: Child<TJob>; readonly first: unknown }> {
  const child: ChildProcess = spawn(process.execPath, [...process.execArgv, ...flags, join(import.meta.dirname, file), ...args], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const ended = owned(child);
  const waiting: ((answer: unknown) => void)[] = [];
  child.on('message', (answer) => waiting.shift()?.(answer));
  const answer = <T>(): Promise<T> => new Promise((resolve) => waiting.push(resolve as (answer: unknown) => void));
  const first = await Promise.race([answer(), ended.then(() => Promise.reject(new Error(`${file}: ended before it was ready`)))]);
  return {
    first,
    child: {
      pid: child.pid ?? 0,
      ask<T>(job: TJob) {
        const answered = answer<T>();
        child.send(job as object);
        return answered;
      },
      async stop() {
        child.kill('SIGKILL');
        await ended;
      },
    },
  };
}

export interface Serving extends Child<object> {
  readonly port: number;
  state(): Promise<ServerState>;
}

export async function startServer(job: ServerJob): Promise<Serving> {
  const { child, first } = await start<object>('server.ts', [JSON.stringify(job)], ['--expose-gc']);
  return { ...child, port: (first as { readonly port: number }).port, state: () => child.ask({}) };
}

export async function startReader(): Promise<Child<ReaderJob>> {
  return (await start<ReaderJob>('reader.ts', [])).child;
}

export interface Teller {
  readonly url: string;
  /** All at once; resolves when the stream has them. */
  tell(events: readonly { readonly actor: string; readonly version: number; readonly data: object }[]): Promise<void>;
  stop(): Promise<void>;
}

const STREAM_BYTES = 1_073_741_824;

/** A NATS server with the stream, and a connection that publishes. */
export async function startTeller(): Promise<Teller> {
  const port = await freePort();
  const url = `nats://127.0.0.1:${port}`;
  const folder = mkdtempSync(join(tmpdir(), 'mw-bench-live-'));
  const remove = temporary(folder);
  const server = spawn(locateNatsServer(), ['-a', '127.0.0.1', '-p', String(port), '-js', '-sd', folder], { stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = owned(server);
  await new Promise<void>((resolve) => server.stderr?.on('data', (text) => String(text).includes('Server is ready') && resolve()));
  const nc = await connect({ servers: url });
  await (await jetstreamManager(nc)).streams.add({ name: 'MW_EVENTS', subjects: ['mw.evt.>'], max_bytes: STREAM_BYTES });
  const js = jetstream(nc);
  return {
    url,
    async tell(events) {
      await Promise.all(
        events.map(({ actor, version, data }) => {
          const { mpid = 'NONE' } = data as { readonly mpid?: string };
          const payload = {
            specversion: '1.0',
            id: `${actor}/${version}/0`,
            source: 'urn:bench',
            type: 'meterwright.appointment.accepted.v1',
            subject: actor,
            time: new Date().toISOString(),
            datacontenttype: 'application/json',
            data: { ...data, actorVersion: version },
          };
          return js.publish(`mw.evt.appointment.${mpid}.0.accepted`, JSON.stringify(payload), { timeout: 60_000 });
        }),
      );
    },
    async stop() {
      await nc.close();
      server.kill('SIGKILL');
      await ended;
      remove();
    },
  };
}

/** Data as an appointment's events have. */
export function appointmentData(mpid: string, mpan: string, more: object = {}): object {
  return {
    requestId: '0190e5a0-7c1e-7d9a-b5a0-1c2d3e4f5a6b',
    mpid,
    mpan,
    state: 'AWAIT_OUTCOME',
    status: 'Pending',
    scenario: 'COS',
    effectiveFrom: '2026-03-30',
    meteringServiceMpid: 'MOPX',
    test: false,
    ...more,
  };
}
