/** What the load generator is told, and what it reports. It runs as a process of its own, see `main.ts`. */
import { fork } from 'node:child_process';
import { join } from 'node:path';
import { owned } from '../process/cleanup.ts';
import type { RequestJob } from './forms.ts';

export interface LoadJob extends RequestJob {
  readonly port: number;
  /** One request for each, in this order; what they are, says the form. */
  readonly subjects: readonly string[];
  readonly connections: number;
  /** `closed`: each connection sends its next request when the last was answered. `open`: at a rate, whether answered or not. */
  readonly pace: { readonly kind: 'closed' } | { readonly kind: 'open'; readonly perSecond: number };
  /** Closed only: at first so many requests may leave, more as `Load.allow` says. Absent: no bound. */
  readonly allowed?: number;
}

export interface LoadResult {
  readonly accepted: number;
  /** Answers other than 200 and 202, by status. What was answered 429 or 503 was sent again. */
  readonly others: Readonly<Record<string, number>>;
  readonly elapsedMs: number;
  readonly perSecond: number;
  /** Of accepted ones. With an open pace from the instant at which the request was due, so a stall counts for all that it held up. */
  readonly latencyMs: { readonly p50: number; readonly p95: number; readonly p99: number; readonly max: number };
}

export interface Load {
  readonly pid: number;
  /** The connections are open; nothing has been sent. */
  readonly ready: Promise<void>;
  start(): void;
  /** Let so many requests leave in all. */
  allow(count: number): void;
  readonly result: Promise<LoadResult>;
}

export type ToLoad = { readonly type: 'job'; readonly job: LoadJob } | { readonly type: 'start' } | { readonly type: 'allow'; readonly count: number };
export type FromLoad = { readonly type: 'ready' } | { readonly type: 'result'; readonly result: LoadResult };

export function openLoad(job: LoadJob): Load {
  const child = fork(join(import.meta.dirname, 'main.ts'), { serialization: 'advanced', execArgv: process.execArgv });
  owned(child);
  const tell = (message: ToLoad): void => {
    // One that has just ended takes no more; how it ended is told by its result or its exit.
    if (child.connected) child.send(message, () => {});
  };
  let isReady: () => void = () => {};
  const ready = new Promise<void>((resolve) => {
    isReady = resolve;
  });
  const result = new Promise<LoadResult>((resolve, reject) => {
    child.on('message', (message) => {
      const said = message as FromLoad;
      if (said.type === 'ready') isReady();
      else resolve(said.result);
    });
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`load generator: ended with code ${code}`)));
  });
  tell({ type: 'job', job });
  return { pid: child.pid ?? 0, ready, start: () => tell({ type: 'start' }), allow: (count) => tell({ type: 'allow', count }), result };
}

/** From start to result. */
export async function runLoad(job: LoadJob): Promise<LoadResult> {
  const load = openLoad(job);
  await Promise.race([load.ready, load.result]);
  load.start();
  return load.result;
}
