/**
 * Carries batches of commands to whoever is subscribed to a shard, and brings the answers back, each to its place.
 *
 *     carry ──► PUB <prefix>.cmd.<shard>, reply = <inbox>.<number>
 *     under way[number] ◄── one subscription to <inbox>.* ◄── answers, a refusal, or the server's "nobody"
 *
 * One subscription and one map serve all: the library's own request makes a timer and a race of promises each, and takes one answer.
 */
import { createInbox, type Msg } from 'nats';
import type { Log } from '../engine/ports.ts';
import type { MeterwrightError } from '../errors/error.ts';
import { FRAME_BYTES } from './command-limits.ts';
import { commandSubject, decodeAnswers, encodeBatch } from './command-wire.ts';
import { isForeign, Strangers } from './strangers.ts';
import { isNobody, type NatsSource, Subscriptions } from './subscriptions.ts';

export interface CourierSetup {
  /** Of this node, for the log of the other. */
  readonly node: string;
  readonly prefix: string;
  /** `nats.inboxPrefix`. */
  readonly inboxPrefix: string;
  readonly shards: number;
  /** Of this cluster; absent: messages name none. */
  readonly clusterId?: string;
  readonly nats: NatsSource;
  readonly log: Log;
  readonly messageBytes: number;
}

/** Who sent a batch. Answers may come twice, and from two nodes, while a shard is handed over. */
export interface Parcel {
  readonly size: number;
  /** Monotonic; nobody waits any longer after it. */
  readonly deadlineAt: number;
  replied(index: number, reply: unknown): void;
  failed(index: number, error: MeterwrightError): void;
  /** The whole of it. */
  refused(error: MeterwrightError): void;
  /** Somebody of another cluster heard it, and did not run it. One of ours may have. */
  stranger(error: MeterwrightError): void;
  /** Nobody is subscribed: it reached no one. */
  nobody(): void;
}

interface UnderWay {
  readonly parcel: Parcel;
  left: number;
}

export class Courier {
  readonly #setup: CourierSetup;
  readonly #subscriptions: Subscriptions;
  readonly #strangers: Strangers;
  readonly #inbox: string;
  /** In the order of their deadlines. */
  readonly #underWay = new Map<string, UnderWay>();
  #next = 0;

  constructor(setup: CourierSetup) {
    this.#setup = setup;
    const { prefix, log, clusterId } = setup;
    this.#strangers = new Strangers({ prefix, log, ...(clusterId === undefined ? {} : { clusterId }) });
    this.#inbox = createInbox(setup.inboxPrefix);
    this.#subscriptions = new Subscriptions(setup.nats, setup.log);
    this.#subscriptions.listen(`${this.#inbox}.*`, (message) => this.#answered(message));
  }

  get connected(): boolean {
    return this.#subscriptions.connection !== undefined;
  }

  /** Bytes that the commands of one batch may take together, with a comma each. */
  get room(): number {
    const { messageBytes } = this.#setup;
    return Math.min(messageBytes, this.#subscriptions.connection?.info?.max_payload ?? messageBytes) - FRAME_BYTES;
  }

  /** False: it did not leave. */
  carry(shard: number, texts: readonly string[], parcel: Parcel): boolean {
    const { connection } = this.#subscriptions;
    if (!connection) return false;
    const { node, prefix, shards, log, clusterId: cluster } = this.#setup;
    const number = (this.#next++).toString(36);
    try {
      connection.publish(commandSubject(prefix, shard), encodeBatch({ cluster, from: node, shard, shards }, texts), { reply: `${this.#inbox}.${number}` });
    } catch (error) {
      log.warn({ err: error, shard }, 'commands for another node could not be sent');
      return false;
    }
    this.#underWay.set(number, { parcel, left: parcel.size });
    return true;
  }

  /** Forget what nobody waits for any longer. */
  forget(now: number): void {
    for (const [number, { parcel }] of this.#underWay) {
      if (parcel.deadlineAt > now) return;
      this.#underWay.delete(number);
    }
  }

  /** Forget everything: no answer will come. */
  abandon(): void {
    this.#underWay.clear();
  }

  close(): void {
    this.abandon();
    this.#subscriptions.close();
  }

  #answered(message: Msg): void {
    const number = message.subject.slice(this.#inbox.length + 1);
    const under = this.#underWay.get(number);
    if (!under) return;
    const { parcel } = under;
    if (isNobody(message)) {
      this.#underWay.delete(number);
      parcel.nobody();
      return;
    }
    const answers = decodeAnswers(message.data);
    if (answers.kind === 'refused' && isForeign(answers.error)) {
      this.#strangers.answered(answers.error);
      parcel.stranger(answers.error);
      return;
    }
    if (answers.kind === 'refused') {
      // While a shard is handed over somebody else may answer yet.
      if (answers.error.code !== 'not_owner') this.#underWay.delete(number);
      parcel.refused(answers.error);
      return;
    }
    for (const answer of answers.answers) {
      if (answer.error === undefined) parcel.replied(answer.index, answer.reply);
      else parcel.failed(answer.index, answer.error);
      if (answer.error?.code !== 'not_owner') under.left--;
    }
    if (under.left <= 0) this.#underWay.delete(number);
  }
}
