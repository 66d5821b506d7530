/**
 * The event bus over NATS JetStream. It is never waited for: while it is away, `publish` rejects, everything else goes on, and
 * it comes back by itself (architecture, section 4).
 *
 *     connecting ──► preparing (server, stream, what it lost) ──► connected
 *         ▲               ▲        └── refused: pause ─┐            │ lost
 *         │               └────────────────────────────┘◄───────────┘
 *         └── closed for good by the library: a new connection
 */
import { type ConnectionOptions, connect, errors, type NatsConnection } from 'nats';
import type { Bus, BusEvent, Ports, Timer } from '../engine/ports.ts';
import { checkKv, checkServer } from './capabilities.ts';
import { connectionOptions, listenerConnectionOptions } from './connection.ts';
import { checkListener } from './listener.ts';
import { type NatsOptions, reconnectDelayMs } from './options.ts';
import type { Lost } from './owed.ts';
import { BusError, Publisher } from './publisher.ts';
import { ensureStream } from './stream.ts';
import { type BusMemory, StreamMemory } from './stream-memory.ts';

/** The connection itself, whether or not the event stream can be used. */
export interface NatsLink {
  readonly connected: boolean;
  readonly connection: NatsConnection | undefined;
  /** Why there is none. */
  readonly problem: string | null;
  /** Called at every change of `connected`; returns how to stop listening. */
  onChange(listener: (connected: boolean) => void): () => void;
}

export interface OpenBus extends Bus {
  /** Why it is away, for the readiness check; null while it is connected. */
  readonly problem: string | null;
  /** The connection while the stream can be used. */
  readonly connection: NatsConnection | undefined;
  /** For what needs NATS and not the event stream: leases and commands go on while that one has no leader. */
  readonly link: NatsLink;
  /** What the listener of the settings may do and should not, or cannot do and should; null while nothing is known against it. */
  readonly listenerProblem: string | null;
  /** Another node found that the stream lost something. Returns of which of those shards this one has told again since. */
  lostElsewhere(lost: Lost): readonly number[];
  /** Hand over what is written, and close. What is unanswered is rejected. */
  close(): Promise<void>;
}

export interface BusExtras {
  /** Absent: what the stream loses is not told again. */
  readonly memory?: BusMemory;
  /** Leases and nodes are kept there too: the server must let us have their buckets. */
  readonly kv?: boolean;
  /** How often the server is pinged, milliseconds; after two that it did not answer the connection counts as lost. Default 120,000. */
  readonly pingMs?: number;
}

/** Resolves at once, connected or not. Rejects with `NatsSettingsError` for options that can never work, and only then. */
export async function openBus(options: NatsOptions, ports: Ports, extras: BusExtras = {}): Promise<OpenBus> {
  const targets = { own: connectionOptions(options), listener: listenerConnectionOptions(options) };
  const bus = new NatsBus(options, ports, targets, extras);
  bus.begin();
  return bus;
}

/** A process that stood still finds one unanswered, whatever the server did. */
const UNANSWERED_PINGS = 2;

class NatsBus implements OpenBus {
  readonly #options: NatsOptions;
  readonly #ports: Ports;
  readonly #targets: { readonly own: ConnectionOptions; readonly listener: ConnectionOptions | undefined };
  /** To be checked once: rights seldom change, and while a cluster elects a leader leases must not wait for the answer. */
  #isKvUnchecked: boolean;
  readonly #pingMs: number | undefined;
  readonly link: NatsLink;
  readonly #linkListeners = new Set<(connected: boolean) => void>();
  #isLinked = false;
  readonly #memory: StreamMemory | undefined;
  readonly #listeners = new Set<(connected: boolean) => void>();
  #nc: NatsConnection | undefined;
  #publisher: Publisher | undefined;
  #connected = false;
  #problem: string | null = 'not connected yet';
  #listenerProblem: string | null = null;
  #looking: Promise<void> | undefined;
  #closed = false;
  /** Rises with every loss, so that a preparation that was overtaken is not believed. */
  #epoch = 0;
  #attempts = 0;
  #pause: { timer: Timer; wake: () => void } | undefined;
  #working: Promise<void> = Promise.resolve();

  constructor(options: NatsOptions, ports: Ports, targets: { own: ConnectionOptions; listener: ConnectionOptions | undefined }, extras: BusExtras) {
    this.#options = options;
    this.#ports = ports;
    this.#targets = targets;
    this.#isKvUnchecked = extras.kv ?? false;
    this.#pingMs = extras.pingMs;
    this.#memory = extras.memory && new StreamMemory(options, ports, extras.memory);
    this.link = this.#makeLink();
  }

  begin(): void {
    this.#working = this.#live();
  }

  get connected(): boolean {
    return this.#connected;
  }

  get problem(): string | null {
    return this.#problem;
  }

  get listenerProblem(): string | null {
    return this.#listenerProblem;
  }

  get connection(): NatsConnection | undefined {
    return this.#connected ? this.#nc : undefined;
  }

  #makeLink(): NatsLink {
    const bus = this;
    return {
      get connected() {
        return bus.#isLinked;
      },
      get connection() {
        return bus.#isLinked ? bus.#nc : undefined;
      },
      get problem() {
        return bus.#isLinked ? null : bus.#problem;
      },
      onChange(listener) {
        bus.#linkListeners.add(listener);
        return () => bus.#linkListeners.delete(listener);
      },
    };
  }

  onChange(listener: (connected: boolean) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  publish(event: BusEvent): Promise<void> {
    if (!this.#connected || !this.#publisher) return Promise.reject(new BusError('bus_away', `bus: ${this.#problem ?? 'not connected'}`));
    if (event.shard !== undefined && this.#memory?.owes(event.shard))
      return Promise.reject(new BusError('bus_busy', `bus: what the stream lost of shard ${event.shard} is announced first`));
    return this.#publisher.publish(event);
  }

  lostElsewhere(lost: Lost): readonly number[] {
    return this.#memory?.lostElsewhere(lost) ?? [];
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#memory?.close();
    this.#lost('closed');
    this.#setLink(false);
    this.#pause?.timer.cancel();
    this.#pause?.wake();
    await this.#nc?.close().catch(() => {});
    await this.#working;
    await this.#looking;
    this.#listeners.clear();
    this.#linkListeners.clear();
  }

  /** One connection after the other, for ever. The library reconnects by itself; a new one is needed only when it gave up. */
  async #live(): Promise<void> {
    while (!this.#closed) {
      try {
        const nc = await connect({
          ...this.#targets.own,
          name: 'meterwright',
          maxReconnectAttempts: -1,
          ...(this.#pingMs === undefined ? {} : { pingInterval: this.#pingMs, maxPingOut: UNANSWERED_PINGS }),
          // A wrong password may be put right while we run.
          ignoreAuthErrorAbort: true,
          reconnectDelayHandler: () => this.#nextDelayMs(),
        });
        await this.#use(nc);
      } catch (error) {
        this.#note(error);
      }
      if (!this.#closed) await this.#sleep(this.#nextDelayMs());
    }
  }

  async #use(nc: NatsConnection): Promise<void> {
    if (this.#closed) return nc.close();
    this.#nc = nc;
    this.#publisher = new Publisher(nc, this.#ports.clock, this.#options, {
      onNoStream: () => this.#reprepare('the event stream is gone, or has no leader'),
      onStored: (event, answer) => this.#memory?.stored(event, answer),
    });
    const closed = nc.closed();
    const watched = this.#watch(nc);
    const prepared = this.#prepare(nc);
    const error = await closed;
    this.#lost(error ? error.message : 'closed');
    this.#setLink(false);
    await Promise.all([watched, prepared]);
    this.#nc = undefined;
    this.#publisher = undefined;
  }

  async #watch(nc: NatsConnection): Promise<void> {
    const preparing: Promise<void>[] = [];
    for await (const status of nc.status()) {
      if (status.type === 'disconnect' || status.type === 'staleConnection') {
        this.#lost('the server is away');
        this.#setLink(false);
      } else if (status.type === 'reconnect') preparing.push(this.#prepare(nc));
      else if (status.type === 'error') this.#ports.log.warn({ reason: status.error.message }, 'the NATS server refused something');
    }
    await Promise.all(preparing);
  }

  /** Check the server and the stream until both are well and the stream has what it had; then the bus is connected. */
  async #prepare(nc: NatsConnection): Promise<void> {
    const epoch = ++this.#epoch;
    while (!this.#closed && !nc.isClosed() && epoch === this.#epoch) {
      try {
        checkServer(nc);
        if (this.#isKvUnchecked) await checkKv(nc, this.#options.ackTimeoutMs);
        if (epoch !== this.#epoch || this.#closed) return;
        this.#isKvUnchecked = false;
        this.#setLink(true);
        const facts = await ensureStream(nc, this.#options, this.#ports.log);
        const isCurrent = (): boolean => epoch === this.#epoch && !this.#closed;
        await this.#memory?.attach(nc, facts, (event) => this.#publisherOf(nc, isCurrent).publish(event), isCurrent);
        if (epoch !== this.#epoch || this.#closed) return;
        this.#attempts = 0;
        this.#problem = null;
        this.#set(true);
        this.#lookAtListener();
        return;
      } catch (error) {
        if (epoch !== this.#epoch) return;
        this.#note(error);
        await this.#sleep(this.#nextDelayMs());
      }
    }
  }

  #publisherOf(nc: NatsConnection, isCurrent: () => boolean): Publisher {
    if (!isCurrent() || nc !== this.#nc || !this.#publisher) throw new BusError('bus_away', 'bus: the connection is gone');
    return this.#publisher;
  }

  /** Beside everything else: nothing waits for it. */
  #lookAtListener(): void {
    const target = this.#targets.listener;
    if (!target || this.#looking) return;
    const look = async (): Promise<void> => {
      const problem = await checkListener(target, this.#options);
      if (problem !== null && problem !== this.#listenerProblem) this.#ports.log.warn({ reason: problem }, 'the rights of the NATS listener are not right');
      this.#listenerProblem = problem;
    };
    this.#looking = look().finally(() => {
      this.#looking = undefined;
    });
  }

  #reprepare(reason: string): void {
    const nc = this.#nc;
    if (!nc || !this.#connected) return;
    this.#lost(reason);
    void this.#prepare(nc);
  }

  #lost(reason: string): void {
    this.#epoch++;
    this.#problem = reason;
    if (!this.#closed) this.#memory?.detach();
    this.#set(false);
    this.#publisher?.abandon(reason);
  }

  #set(connected: boolean): void {
    if (this.#connected === connected) return;
    this.#connected = connected;
    this.#ports.log.info({ connected, reason: this.#problem }, connected ? 'the event bus is connected' : 'the event bus is away');
    for (const listener of [...this.#listeners]) listener(connected);
  }

  #setLink(connected: boolean): void {
    if (this.#isLinked === connected) return;
    this.#isLinked = connected;
    for (const listener of [...this.#linkListeners]) listener(connected);
  }

  #note(error: unknown): void {
    const text = wordsOf(error, this.#options);
    if (text !== this.#problem) this.#ports.log.warn({ reason: text }, 'the event bus cannot be used');
    this.#problem = text;
  }

  #nextDelayMs(): number {
    this.#attempts++;
    return reconnectDelayMs(this.#options, this.#attempts, this.#ports.random.next());
  }

  #sleep(delayMs: number): Promise<void> {
    if (this.#closed) return Promise.resolve();
    return new Promise((wake) => {
      this.#pause = { wake, timer: this.#ports.clock.after(delayMs, wake) };
    });
  }
}

function wordsOf(error: unknown, { connectTimeoutMs }: NatsOptions): string {
  // Of a connection: questions to the server have their own words for it.
  if (error instanceof errors.TimeoutError) return `nats.url: no greeting within ${connectTimeoutMs} ms; with TLS, the server may want a certificate of ours`;
  return error instanceof Error ? error.message : String(error);
}
