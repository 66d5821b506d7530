/**
 * Small questions of one node to another by name, and words to all of them: revoked keys, lists of sessions and lines, what is asked of
 * a modem that another node has. Not for what changes actors: that goes to the owner of their shard.
 *
 *   <prefix>.cmd.node.<node>   request {"cluster","from","method","payload"} ─► {"reply"} or {"refused": error}, in the frame of all messages
 *   <prefix>.cmd.all.<topic>   {"cluster","from","payload"}, to whoever hears it: a node that is cut off does not, and asks when it is back
 */
import type { Msg } from 'nats';
import type { Json } from '../../machines/common/effects.ts';
import type { Ports } from '../engine/ports.ts';
import { MeterwrightError, OverloadedError } from '../errors/error.ts';
import { encodeRefusal } from './command-wire.ts';
import type { NodeId, Voice } from './contract.ts';
import { Questions } from './questions.ts';
import { isForeign, Strangers } from './strangers.ts';
import { type NatsSource, Subscriptions } from './subscriptions.ts';
import { fromWireError } from './wire-errors.ts';
import { decodeFrame, encodeFrame, frameError } from './wire-frame.ts';

export interface NodeCallsSetup {
  /** This node. */
  readonly node: NodeId;
  /** `nats.prefix`, `nats.inboxPrefix`. */
  readonly prefix: string;
  readonly inboxPrefix: string;
  /** Of this cluster; absent: whoever speaks is one of it. */
  readonly clusterId?: string;
  readonly nats: NatsSource;
  readonly ports: Pick<Ports, 'clock' | 'log'>;
  /** All live nodes, this one included. */
  readonly nodes: () => readonly NodeId[];
  /** Questions of other nodes under way here at once; beyond, they hear `overloaded`. Default 256. */
  readonly maxInFlight?: number;
}

/** @param from the node that asks. What it returns is plain JSON; a throw goes back as the error that it is. */
export type CallHandler = (payload: unknown, from: NodeId) => Promise<unknown>;

export interface CallOptions {
  /** Longest wait, milliseconds. Default 2,000. */
  readonly timeoutMs?: number;
}

export type CallResult<T> =
  | { readonly node: NodeId; readonly kind: 'ok'; readonly reply: T }
  | { readonly node: NodeId; readonly kind: 'error'; readonly error: MeterwrightError };

export interface NodeCallsStats {
  readonly requests: number;
  readonly errors: number;
  readonly lastError: string;
  readonly processingMs: number;
}

const TIMEOUT_MS = 2_000;
const MAX_IN_FLIGHT = 256;
const RETRY_AFTER_MS = 1_000;
/** Octets of an answer that may be the refusal of a stranger. */
const MAX_REFUSAL = 4_096;
const TOPIC = /^[A-Za-z0-9_-]{1,64}$/;

/** As it came, from whomever. */
interface Said {
  readonly cluster?: unknown;
  readonly from?: unknown;
  readonly method?: unknown;
  readonly payload?: unknown;
}

export class NodeCalls {
  readonly #setup: NodeCallsSetup;
  readonly #subscriptions: Subscriptions;
  readonly #questions: Questions;
  readonly #strangers: Strangers;
  readonly #handlers = new Map<string, CallHandler>();
  #inFlight = 0;
  #requests = 0;
  #errors = 0;
  #lastError = '';
  #processingMs = 0;

  constructor(setup: NodeCallsSetup) {
    this.#setup = setup;
    this.#subscriptions = new Subscriptions(setup.nats, setup.ports.log);
    const { nats, prefix, inboxPrefix, clusterId, ports } = setup;
    this.#strangers = new Strangers({ prefix, log: ports.log, ...(clusterId === undefined ? {} : { clusterId }) });
    this.#questions = new Questions({ nats, inboxPrefix, clock: ports.clock, log: ports.log });
    this.#subscriptions.listen(`${setup.prefix}.cmd.node.${setup.node}`, (message) => this.#asked(message));
  }

  /** What this node answers. One handler per method. */
  register(method: string, handler: CallHandler): void {
    if (this.#handlers.has(method)) throw new TypeError(`method: is registered already: ${method}`);
    this.#handlers.set(method, handler);
  }

  /**
   * Ask one node; this one is asked directly. Rejects with what its handler threw, `node_away` when it is not there, `answer_timeout`
   * when it does not answer in time, `overloaded` when it has too much to do.
   */
  async call<T>(node: NodeId, method: string, payload: unknown, { timeoutMs = TIMEOUT_MS }: CallOptions = {}): Promise<T> {
    if (node === this.#setup.node) return (await this.#handle(method, payload, node)) as T;
    const question = this.#said({ method, payload });
    const stranger = (data: Uint8Array): MeterwrightError | undefined => this.#strangerIn(data);
    return replyOf(await this.#questions.ask(node, `${this.#setup.prefix}.cmd.node.${node}`, question, timeoutMs, stranger)) as T;
  }

  /** Ask all live nodes at once, this one too. Never rejects: each has its own end. */
  callAll<T>(method: string, payload: unknown, options: CallOptions = {}): Promise<readonly CallResult<T>[]> {
    const one = async (node: NodeId): Promise<CallResult<T>> => {
      try {
        return { node, kind: 'ok', reply: await this.call<T>(node, method, payload, options) };
      } catch (error) {
        const known = error instanceof MeterwrightError ? error : new MeterwrightError('internal', 'call: a bug; see the log', { cause: error });
        if (known !== error) this.#setup.ports.log.error({ err: error, method }, 'a call between nodes failed unexpectedly');
        return { node, kind: 'error', error: known };
      }
    };
    return Promise.all([...new Set(this.#setup.nodes())].map(one));
  }

  /** Tell all other nodes. Nobody answers; false: NATS is away, and nobody heard it. */
  broadcast(topic: string, payload: unknown): boolean {
    const subject = this.#topicSubject(topic);
    const nc = this.#subscriptions.connection;
    if (!nc) return false;
    try {
      nc.publish(subject, this.#said({ payload }));
      return true;
    } catch (error) {
      this.#setup.ports.log.warn({ err: error, topic }, 'other nodes could not be told');
      return false;
    }
  }

  /** Hear what other nodes tell all. Returns how to stop. */
  onBroadcast(topic: string, listener: (payload: unknown, from: NodeId) => void): () => void {
    return this.#subscriptions.listen(this.#topicSubject(topic), (message) => {
      const frame = decodeFrame(message.data);
      if (frame.kind !== 'ok') {
        this.#setup.ports.log.warn({ err: frameError(frame), topic }, 'what another node told all cannot be read');
        return;
      }
      const { cluster, from, payload } = (frame.value ?? {}) as Said;
      if (this.#strangers.refusal(cluster, from)) return;
      if (typeof from === 'string' && from !== this.#setup.node) listener(payload, from);
    });
  }

  /** The same words, as the parts of the house know them. */
  get voice(): Voice {
    return {
      tell: (topic, payload) => void this.broadcast(topic, payload),
      on: (topic, listener) => this.onBroadcast(topic, (payload, from) => listener(payload as Json, from)),
    };
  }

  get stats(): NodeCallsStats {
    return { requests: this.#requests, errors: this.#errors, lastError: this.#lastError, processingMs: this.#processingMs };
  }

  close(): void {
    this.#questions.close();
    this.#subscriptions.close();
  }

  #said(words: { readonly method?: string; readonly payload: unknown }): Buffer {
    return encodeFrame(JSON.stringify({ cluster: this.#strangers.clusterId, from: this.#setup.node, ...words }));
  }

  /** A refusal by a node of another cluster that has the same name; the one that was asked may answer yet. */
  #strangerIn(data: Uint8Array): MeterwrightError | undefined {
    // An answer that is long is none.
    if (data.length > MAX_REFUSAL) return undefined;
    const frame = decodeFrame(data);
    const refused = frame.kind === 'ok' ? (frame.value as { readonly refused?: unknown } | null)?.refused : undefined;
    const error = refused === undefined ? undefined : fromWireError(refused);
    if (!error || !isForeign(error)) return undefined;
    this.#strangers.answered(error);
    return error;
  }

  #topicSubject(topic: string): string {
    if (!TOPIC.test(topic)) throw new TypeError(`topic: must be letters, digits, _ or -: ${topic}`);
    return `${this.#setup.prefix}.cmd.all.${topic}`;
  }

  #asked(message: Msg): void {
    const { reply } = message;
    if (!reply) return;
    this.#requests++;
    const { clock } = this.#setup.ports;
    const since = clock.monotonic();
    this.#inFlight++;
    this.#answer(message.data).then((answer) => {
      this.#inFlight--;
      this.#processingMs += clock.monotonic() - since;
      this.#send(reply, answer);
    });
  }

  async #answer(data: Uint8Array): Promise<Buffer> {
    try {
      const frame = decodeFrame(data);
      if (frame.kind !== 'ok') throw frameError(frame);
      const { cluster, from, method, payload } = (frame.value ?? {}) as Said;
      const refusal = this.#strangers.refusal(cluster, from);
      if (refusal) throw refusal;
      if (typeof from !== 'string' || typeof method !== 'string') throw frameError({ kind: 'invalid', rule: 'must name node and method' });
      const most = this.#setup.maxInFlight ?? MAX_IN_FLIGHT;
      if (this.#inFlight > most) throw new OverloadedError(`calls: ${most} of other nodes are under way already`, RETRY_AFTER_MS);
      const reply = await this.#handle(method, payload, from);
      const answer = encodeFrame(JSON.stringify({ reply }));
      if (answer.length <= (this.#subscriptions.connection?.info?.max_payload ?? answer.length)) return answer;
      throw new MeterwrightError('reply_too_large', `reply: ${answer.length} bytes are more than a message takes`, { details: { method } });
    } catch (error) {
      this.#errors++;
      this.#lastError = error instanceof MeterwrightError ? error.code : 'internal';
      if (!(error instanceof MeterwrightError)) this.#setup.ports.log.error({ err: error }, 'a call of another node failed unexpectedly');
      return encodeRefusal(error);
    }
  }

  #handle(method: string, payload: unknown, from: NodeId): Promise<unknown> {
    const handler = this.#handlers.get(method);
    if (!handler) return Promise.reject(new MeterwrightError('unknown_method', `method: this node does not know it: ${method.slice(0, 64)}`));
    return handler(payload, from);
  }

  #send(to: string, answer: Buffer): void {
    try {
      this.#subscriptions.connection?.publish(to, answer);
    } catch (error) {
      this.#setup.ports.log.warn({ err: error }, 'an answer to another node could not be sent');
    }
  }
}

function replyOf(data: Uint8Array): unknown {
  const frame = decodeFrame(data);
  if (frame.kind !== 'ok') throw frameError(frame);
  const answer = (frame.value ?? {}) as { readonly reply?: unknown; readonly refused?: unknown };
  if (answer.refused !== undefined) throw fromWireError(answer.refused);
  return answer.reply;
}
