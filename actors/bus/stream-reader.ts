/**
 * Reads the event stream: where it begins and ends, what comes, and what came before. Nothing is acknowledged and nothing is kept at
 * the server beyond the reading itself. Nothing here needs more than NATS 2.9.
 */
import { type Consumer, type ConsumerMessages, type JsMsg, jetstream, jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from 'nats';
import { EVENT_STREAM } from './options.ts';

/** One stored event. */
export interface StreamMessage {
  readonly seq: number;
  readonly subject: string;
  readonly data: Uint8Array;
}

/** Where the stream stands. */
export interface StreamBounds {
  /** When it was made, as the server says it: another stream of the same name has another. */
  readonly created: string;
  /** Lowest sequence that is kept; `lastSeq + 1` while nothing is. */
  readonly firstSeq: number;
  /** Highest sequence ever given. */
  readonly lastSeq: number;
}

export interface Reading {
  /** Resolves at its end: stopped, or broken off (then with why). */
  readonly ended: Promise<Error | undefined>;
  stop(): void;
}

const ASK_MS = 2_000;
/** Messages asked for at once. */
const AHEAD = 500;
/** How often the server says that it is there while it has nothing to tell. Two in a row are waited for. */
const HEARTBEAT_MS = 1_000;
const CONSUME = { max_messages: AHEAD, idle_heartbeat: HEARTBEAT_MS } as const;

/** Rejects with the library's error while nobody answers. */
export async function boundsOf(nc: NatsConnection): Promise<StreamBounds> {
  const manager = await jetstreamManager(nc, { checkAPI: false, timeout: ASK_MS });
  const { created, state } = await manager.streams.info(EVENT_STREAM);
  return { created: String(created), firstSeq: state.first_seq, lastSeq: state.last_seq };
}

/** Payload of the message at a place; undefined when nothing lies there. */
export async function payloadAt(nc: NatsConnection, seq: number): Promise<Uint8Array | undefined> {
  const manager = await jetstreamManager(nc, { checkAPI: false, timeout: ASK_MS });
  return (await manager.streams.getMessage(EVENT_STREAM, { seq }))?.data;
}

/** Everything from `fromSeq` on, and what comes, in order. */
export async function followStream(nc: NatsConnection, fromSeq: number, onMessage: (message: StreamMessage) => void): Promise<Reading> {
  const consumer = await jetstream(nc, { timeout: ASK_MS }).consumers.get(EVENT_STREAM, { opt_start_seq: fromSeq });
  const messages = await consumer.consume({ ...CONSUME, callback: (message) => onMessage(message) });
  const ended = messages.closed().then((result) => (result instanceof Error ? result : undefined));
  let stopped = false;
  void watch(messages, consumer).catch(() => {});
  return {
    ended,
    stop() {
      if (stopped) return;
      stopped = true;
      messages.stop();
      forget(consumer, nc);
    },
  };
}

/**
 * What the library cannot mend by itself ends the reading; whoever reads begins another. A reading is kept by one server of a cluster:
 * when that dies, and the connection is to another, nothing tells of it, and the library waits for that server.
 */
async function watch(messages: ConsumerMessages, consumer: Consumer): Promise<void> {
  const end = (why: string, cause?: unknown): void => messages.stop(new Error(`the event stream cannot be read: ${why}`, { cause }));
  for await (const { type } of messages.status()) {
    if (type === 'stream_not_found' || type === 'no_responders') end(type);
    // Whoever takes slowly hears no heartbeat either: the reading itself is asked for.
    if (type === 'heartbeats_missed') consumer.info().catch((error: unknown) => end('the server that keeps the reading does not answer', error));
  }
}

/**
 * What the stream holds from `fromSeq` on under a subject, up to its end as it is at the time. Read only as fast as it is taken.
 * Ends early, by an exception, when `signal` fires.
 */
export async function* readStream(nc: NatsConnection, fromSeq: number, subject: string, signal: AbortSignal): AsyncGenerator<StreamMessage> {
  signal.throwIfAborted();
  const consumer = await jetstream(nc, { timeout: ASK_MS }).consumers.get(EVENT_STREAM, { opt_start_seq: fromSeq, filter_subjects: subject });
  try {
    if ((await consumer.info()).num_pending === 0) return;
    const messages = await consumer.consume(CONSUME);
    void watch(messages, consumer).catch(() => {});
    const stop = (): void => void messages.close();
    signal.addEventListener('abort', stop, { once: true });
    try {
      for await (const message of messages) {
        signal.throwIfAborted();
        yield message;
        if (isLast(message)) return;
      }
      signal.throwIfAborted();
      throw new Error('the event stream cannot be read: the reading ended');
    } finally {
      signal.removeEventListener('abort', stop);
      messages.stop();
    }
  } finally {
    forget(consumer, nc);
  }
}

const isLast = (message: JsMsg): boolean => message.info.pending === 0;

/** It ends by itself in time; sooner is kinder. */
function forget(consumer: Consumer, nc: NatsConnection): void {
  if (!nc.isClosed()) consumer.delete().catch(() => {});
}
