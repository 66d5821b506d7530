/**
 * Takes commands of other nodes for the shards that this node serves, and answers each once it is committed.
 *
 *   <prefix>.cmd.<shard> ─► decode ─► remembered? ─► engine ─► answers of one turn of the event loop in one message
 *
 * Invariants
 * - V1 Whoever asks for a shard hears something at once when it is not served here: `not_owner`, or nobody is subscribed at all.
 * - V2 A command that is said again within the memory is not run again; all who said it get the one answer.
 * - V3 What is under way for others is bounded; beyond, they hear `overloaded`. What engines tell each other has its own bound.
 * - V4 What another cluster says on our subjects is not run.
 * - V5 Nothing that arrives ends the process: bytes that cannot be read are answered with a typed error.
 */
import type { Msg } from 'nats';
import type { ActorId } from '../../machines/common/effects.ts';
import type { Command } from '../engine/definition.ts';
import type { EngineFace } from '../engine/face.ts';
import type { Ports } from '../engine/ports.ts';
import { MeterwrightError, NotOwnerError, OverloadedError } from '../errors/error.ts';
import { Answering } from './answering.ts';
import { FRAME_BYTES, SERVER_LIMITS, type ServerLimits } from './command-limits.ts';
import { CommandMemory } from './command-memory.ts';
import { commandSubject, decodeBatch, encodeFailure, encodeRefusal, encodeReply, type WireCommand } from './command-wire.ts';
import { isForeign, Strangers } from './strangers.ts';
import { type NatsSource, Subscriptions } from './subscriptions.ts';

/** The engine of this node, as routers and servers of commands need it. */
export interface RoutedEngine extends EngineFace {
  /** A command of an engine itself (a tell): always taken, unless the shard is not served. */
  take(command: Command): Promise<unknown>;
}

export interface CommandServerSetup {
  /** `nats.prefix`. */
  readonly prefix: string;
  readonly shards: number;
  /** Of this cluster; absent: whoever speaks is one of it. */
  readonly clusterId?: string;
  readonly nats: NatsSource;
  readonly engine: RoutedEngine;
  readonly ports: Pick<Ports, 'clock' | 'log'>;
  readonly limits?: Partial<ServerLimits>;
}

/** What it did since the start, for the services protocol and metrics. */
export interface CommandServerStats {
  readonly requests: number;
  readonly commands: number;
  readonly repeated: number;
  readonly errors: number;
  readonly lastError: string;
  /** Sum over all commands, from arrival to answer, milliseconds. */
  readonly processingMs: number;
  readonly inFlight: number;
}

/** Answered by the server itself: looks, and changes nothing. Payload `{actor}`; reply as `EngineFace.inspect`. */
export const INSPECT = 'engine.inspect';

/** Gives a command to the engine of this node; rejects, and never throws. */
export function handOver(engine: RoutedEngine, command: Command, take: boolean): Promise<unknown> {
  try {
    if (command.type === INSPECT) return engine.inspect((command.payload as { readonly actor: ActorId }).actor);
    return take ? engine.take(command) : engine.command(command);
  } catch (error) {
    return Promise.reject(error);
  }
}

export class CommandServer {
  readonly #setup: CommandServerSetup;
  readonly #limits: ServerLimits;
  readonly #subscriptions: Subscriptions;
  readonly #memory: CommandMemory;
  readonly #answering: Answering;
  readonly #strangers: Strangers;
  /** Shards that are served, each with how to stop listening. */
  readonly #served = new Map<number, () => void>();
  #inFlight = 0;
  #taken = 0;
  #requests = 0;
  #commands = 0;
  #repeated = 0;
  #errors = 0;
  #lastError = '';
  #processingMs = 0;

  constructor(setup: CommandServerSetup) {
    this.#setup = setup;
    this.#limits = { ...SERVER_LIMITS, ...setup.limits };
    this.#subscriptions = new Subscriptions(setup.nats, setup.ports.log);
    this.#strangers = new Strangers({ prefix: setup.prefix, log: setup.ports.log, ...(setup.clusterId === undefined ? {} : { clusterId: setup.clusterId }) });
    this.#memory = new CommandMemory(this.#limits, () => setup.ports.clock.monotonic());
    this.#answering = new Answering(
      setup.ports.clock,
      (to, bytes) => this.#publish(to, bytes),
      () => this.#answerBytes(),
    );
  }

  /** From now on commands of this shard are taken. */
  serve(shard: number): void {
    if (this.#served.has(shard)) return;
    this.#served.set(
      shard,
      this.#subscriptions.listen(commandSubject(this.#setup.prefix, shard), (message) => this.#arrived(shard, message)),
    );
  }

  /** From now on they hear `not_owner`; what is under way is still answered. */
  unserve(shard: number): void {
    const stop = this.#served.get(shard);
    this.#served.delete(shard);
    stop?.();
  }

  get stats(): CommandServerStats {
    return {
      requests: this.#requests,
      commands: this.#commands,
      repeated: this.#repeated,
      errors: this.#errors,
      lastError: this.#lastError,
      processingMs: this.#processingMs,
      inFlight: this.#inFlight + this.#taken,
    };
  }

  close(): void {
    for (const shard of [...this.#served.keys()]) this.unserve(shard);
    this.#subscriptions.close();
  }

  #arrived(shard: number, message: Msg): void {
    const { reply } = message;
    // Nobody waits: it is not from a router.
    if (!reply) return;
    this.#requests++;
    const decoded = decodeBatch(message.data);
    if (decoded.kind === 'error') {
      this.#refuse(reply, decoded.error);
      return;
    }
    const { value: batch } = decoded;
    const refusal = this.#strangers.refusal(batch.cluster, batch.from);
    if (refusal) {
      this.#refuse(reply, refusal);
      return;
    }
    if (batch.shards !== this.#setup.shards || batch.shard !== shard) {
      const text = `shards: must be ${this.#setup.shards} on all nodes, is ${batch.shards} on ${batch.from.slice(0, 64)}`;
      this.#refuse(reply, new MeterwrightError('message_invalid', text));
      return;
    }
    if (!this.#served.has(shard)) {
      this.#refuse(reply, new NotOwnerError(shard));
      return;
    }
    const answers = this.#answering.open(reply);
    batch.commands.forEach((command, index) => {
      this.#one(command, (answer) => answers.add(index, answer));
    });
  }

  #one(command: WireCommand, answer: (text: string) => void): void {
    this.#commands++;
    if (command.type === INSPECT) {
      this.#run(command, answer);
      return;
    }
    const name = this.#memory.nameOf(command);
    const seen = this.#memory.begin(name, answer);
    if (seen.kind === 'new') {
      this.#run(command, (text, keep) => {
        answer(text);
        this.#memory.end(name, text, keep);
      });
      return;
    }
    this.#repeated++;
    if (seen.kind === 'answered') answer(seen.answer);
  }

  #run(command: WireCommand, end: (text: string, keep: boolean) => void): void {
    const { inFlight, retryAfterMs } = this.#limits;
    const under = command.take ? this.#taken : this.#inFlight;
    if (under >= inFlight) {
      end(this.#failed(command, new OverloadedError(`commands: ${under} of other nodes are under way already`, retryAfterMs)), false);
      return;
    }
    const { clock } = this.#setup.ports;
    const since = clock.monotonic();
    this.#count(command, 1);
    const over = (): void => {
      this.#count(command, -1);
      this.#processingMs += clock.monotonic() - since;
    };
    // In the order of the batch, and in the same turn of the event loop for all of it: that is the order per key.
    handOver(this.#setup.engine, command, command.take === true).then(
      (reply) => {
        over();
        end(this.#replied(command, reply), true);
      },
      (error: unknown) => {
        over();
        // A repetition of what the rules refuse would end the same; all else may be well by then.
        end(this.#failed(command, error), error instanceof MeterwrightError && error.retry === 'never');
      },
    );
  }

  #replied(command: WireCommand, reply: unknown): string {
    const most = this.#answerBytes();
    try {
      const text = encodeReply(reply);
      if (text.length * 3 <= most || Buffer.byteLength(text) <= most) return text;
    } catch (error) {
      return this.#failed(command, error);
    }
    const rule = `reply: has more than ${most} bytes; the command was done`;
    return this.#failed(command, new MeterwrightError('reply_too_large', rule, { details: { type: command.type } }));
  }

  #failed({ type, id }: WireCommand, error: unknown): string {
    if (!(error instanceof MeterwrightError)) this.#setup.ports.log.error({ err: error, command: type, id }, 'a command of another node failed unexpectedly');
    this.#noteError(error);
    return encodeFailure(error);
  }

  #refuse(to: string, error: MeterwrightError): void {
    if (error.code !== 'not_owner' && !isForeign(error)) this.#setup.ports.log.warn({ err: error }, 'a message for a shard was refused');
    this.#noteError(error);
    this.#publish(to, encodeRefusal(error));
  }

  #noteError(error: unknown): void {
    this.#errors++;
    this.#lastError = error instanceof MeterwrightError ? error.code : 'internal';
  }

  #count({ take }: WireCommand, by: 1 | -1): void {
    if (take) this.#taken += by;
    else this.#inFlight += by;
  }

  #answerBytes(): number {
    return Math.min(this.#limits.messageBytes, this.#subscriptions.connection?.info?.max_payload ?? this.#limits.messageBytes) - FRAME_BYTES;
  }

  #publish(to: string, bytes: Buffer): void {
    try {
      this.#subscriptions.connection?.publish(to, bytes);
    } catch (error) {
      // Whoever waits hears of its deadline.
      this.#setup.ports.log.warn({ err: error }, 'an answer to another node could not be sent');
    }
  }
}
