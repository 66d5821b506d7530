/**
 * One stretch of time with NATS after the other: from the connection to its loss.
 *
 *   away ──connected──► opening (buckets, identity, both watches) ──► open ──lost, silent, a watch ended or fell behind──► away
 *                          └── refused for good: fatal
 *
 * What was seen in one session means nothing in the next: in between the buckets may have been lost, or restored.
 */
import type { Clock, Log, Random, Timer } from '../engine/ports.ts';
import { MeterwrightError } from '../errors/error.ts';
import { type ClusterIdentity, checkIdentity } from './identity.ts';
import { Bucket, type BucketWatch, bucketNames, textOf } from './kv.ts';
import type { NatsSource } from './subscriptions.ts';

/** The event bus, as far as the cluster needs it. */
export interface ClusterNats extends NatsSource {
  /** Why it is away. */
  readonly problem?: string | null;
}

export interface Session {
  readonly nodes: Bucket;
  readonly shards: Bucket;
  readonly nodeWatch: BucketWatch;
  readonly shardWatch: BucketWatch;
}

export interface SessionsOptions {
  readonly nats: ClusterNats;
  /** First token of the subjects; the buckets are named after it. */
  readonly prefix: string;
  readonly replicas: number;
  readonly leaseMs: number;
  readonly identity: ClusterIdentity;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  onOpen(session: Session): void;
  onEnd(reason: string): void;
  /** It can never work like this. */
  onFatal(error: MeterwrightError): void;
}

export class Sessions {
  readonly #options: SessionsOptions;
  readonly #unwatch: () => void;
  #problem: string | null = 'not connected yet';
  #session: Session | undefined;
  /** Ends what is under way: opening, the session, a pause. */
  #interrupt: (reason: string) => void = () => {};
  #behindSince: number | undefined;
  #attempts = 0;
  #isStopped = false;
  readonly #living: Promise<void>;

  constructor(options: SessionsOptions) {
    this.#options = options;
    this.#unwatch = options.nats.onChange((connected) => this.#interrupt(connected ? 'NATS is back' : 'NATS is away'));
    this.#living = this.#live();
  }

  /** Why there is no session; null while there is one. */
  get problem(): string | null {
    return this.#session ? null : (this.#options.nats.problem ?? this.#problem);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#unwatch();
    this.#interrupt('stopped');
    await this.#living;
  }

  /** A bucket that does not answer, or a watch that does not show what is known to be there: another session. */
  tick(): void {
    const session = this.#session;
    if (!session) return;
    const { clock, leaseMs } = this.#options;
    const answers = [session.nodes.tick(), session.shards.tick()];
    if (answers.includes(false)) this.#interrupt('JetStream does not answer');
    if (!session.nodes.isBehind && !session.shards.isBehind) this.#behindSince = undefined;
    else if (this.#behindSince === undefined) this.#behindSince = clock.monotonic();
    else if (clock.monotonic() - this.#behindSince >= leaseMs) this.#interrupt('what NATS shows has fallen behind');
  }

  async #live(): Promise<void> {
    while (!this.#isStopped) {
      const interrupted = new Promise<string>((resolve) => {
        this.#interrupt = resolve;
      });
      try {
        this.#problem = await this.#one(interrupted);
      } catch (error) {
        if (error instanceof MeterwrightError && error.retry === 'never') {
          this.#options.onFatal(error);
          return;
        }
        if (this.#problem !== textOf(error)) this.#options.log.warn({ reason: textOf(error) }, 'the cluster’s buckets cannot be used');
        this.#problem = textOf(error);
      }
      if (!this.#isStopped) await this.#pause();
    }
  }

  /** Resolves with why it ended. */
  async #one(interrupted: Promise<string>): Promise<string> {
    const nc = this.#options.nats.connection;
    if (!nc) return interrupted;
    const opening = this.#open(nc);
    const session = await Promise.race([opening, interrupted]);
    if (typeof session === 'string') {
      opening.then(close, () => {});
      return session;
    }
    this.#session = session;
    this.#attempts = 0;
    this.#behindSince = undefined;
    this.#options.onOpen(session);
    const reason = await Promise.race([interrupted, session.nodeWatch.ended, session.shardWatch.ended]);
    this.#session = undefined;
    close(session);
    this.#options.onEnd(reason);
    return reason;
  }

  async #open(nc: NonNullable<ClusterNats['connection']>): Promise<Session> {
    const { prefix, replicas, leaseMs, clock, identity } = this.#options;
    const names = bucketNames(prefix);
    // A question that meets no leader is lost, so it is soon asked again; but now and then with patience, for a server that is slow.
    const openTimeoutMs = this.#attempts++ % 4 === 3 ? 2_000 : 500;
    const options = { replicas, leaseMs, clock, openTimeoutMs };
    const [nodes, shards] = await Promise.all([
      during('opening the bucket of nodes', Bucket.open(nc, names.nodes, options)),
      during('opening the bucket of shards', Bucket.open(nc, names.shards, options)),
    ]);
    await checkIdentity(nodes, identity, prefix);
    const [nodeWatch, shardWatch] = await Promise.all([during('watching the nodes', nodes.watch()), during('watching the shards', shards.watch())]);
    return { nodes, shards, nodeWatch, shardWatch };
  }

  /** So that a refusal is not met at full speed, nor by all nodes at once; cut short by every change of the connection. */
  async #pause(): Promise<void> {
    const { clock, random, leaseMs, nats } = this.#options;
    if (!nats.connection) return;
    let timer: Timer | undefined;
    await new Promise<void>((resolve) => {
      timer = clock.after((leaseMs / 12) * (1 + random.next()), resolve);
      this.#interrupt = () => resolve();
    });
    timer?.cancel();
  }
}

function close({ nodeWatch, shardWatch }: Session): void {
  nodeWatch.stop();
  shardWatch.stop();
}

/** With what it was that failed. */
async function during<T>(what: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw new Error(`${what}: ${textOf(error)}`, { cause: error });
  }
}
