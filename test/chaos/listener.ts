/** Another system that follows `MW_EVENTS` all the time, over the death of servers, and writes down what it is told in its order. */
import { setTimeout as pause } from 'node:timers/promises';
import { DeliverPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from 'nats';
import type { EventSeen } from './evidence.ts';

const STREAM = 'MW_EVENTS';
const AGAIN_MS = 200;
const LOOK_MS = 100;
const DRAIN_MS = 30_000;

export class Listener {
  readonly events: EventSeen[] = [];
  readonly #url: string;
  #connection: NatsConnection | undefined;
  #stopped = false;
  #lastSeq = 0;
  #following: Promise<void> | undefined;

  /** @param url all servers, without any proxy */
  constructor(url: string) {
    this.#url = url;
  }

  async start(): Promise<void> {
    this.#connection = await connect({ servers: this.#url.split(','), maxReconnectAttempts: -1, reconnectTimeWait: 200 });
    this.#following = this.#follow(this.#connection);
  }

  /** Waits until it has everything that the stream holds now. @returns what is wrong with what it has, if anything */
  async drain(): Promise<string | undefined> {
    const end = performance.now() + DRAIN_MS;
    let state: { messages: number; last_seq: number } | undefined;
    while (performance.now() < end && this.#connection) {
      try {
        state = (await (await jetstreamManager(this.#connection, { checkAPI: false })).streams.info(STREAM)).state;
        if (this.#lastSeq >= state.last_seq) break;
      } catch {
        // No leader now; there will be one.
      }
      await pause(LOOK_MS);
    }
    if (!state || this.#lastSeq < state.last_seq) return `events: at ${this.#lastSeq} of ${state?.last_seq ?? 'unknown'} after ${DRAIN_MS} ms`;
    return this.events.length === state.messages ? undefined : `events: ${this.events.length} were told, the stream has ${state.messages}`;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#connection?.close();
    await this.#following;
  }

  async #follow(connection: NatsConnection): Promise<void> {
    while (!this.#stopped) {
      try {
        const options =
          this.#lastSeq === 0 ? { deliver_policy: DeliverPolicy.All } : { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: this.#lastSeq + 1 };
        const consumer = await jetstream(connection).consumers.get(STREAM, options);
        const messages = await consumer.consume({ idle_heartbeat: 1_000, expires: 5_000 });
        for await (const message of messages) {
          // An ordered consumer that begins anew may repeat.
          if (message.seq <= this.#lastSeq) continue;
          this.#lastSeq = message.seq;
          this.events.push({ seq: message.seq, subject: message.subject, id: (message.json() as { id: string }).id });
        }
      } catch {
        // The stream is not there yet, or nobody leads it.
      }
      if (!this.#stopped) await pause(AGAIN_MS);
    }
  }
}
