/**
 * The event bus over NATS JetStream. It is never waited for: while it is away, `publish` rejects, everything else goes on, and
 * it comes back by itself (architecture, section 4).
 *
 *     connecting ──► preparing (version, stream) ──► connected
 *         ▲               ▲        └── refused: pause ─┐  │ lost
 *         │               └───────────────────────────┘◄─┘
 *         └── closed for good by the library: a new connection
 */
import { type ConnectionOptions, connect, type NatsConnection } from 'nats';
import type { Bus, BusEvent, Ports, Timer } from '../engine/ports.ts';
import { type NatsOptions, reconnectDelayMs, targetOf } from './options.ts';
import { BusError, Publisher } from './publisher.ts';
import { checkServer, ensureStream } from './stream.ts';

export interface OpenBus extends Bus {
  /** Why it is away, for the readiness check; null while it is connected. */
  readonly problem: string | null;
  /** The connection while there is one, for what else needs NATS. */
  readonly connection: NatsConnection | undefined;
  /** Hand over what is written, and close. What is unanswered is rejected. */
  close(): Promise<void>;
}

/** Resolves at once, connected or not. Rejects only for options that can never work. */
export async function openBus(options: NatsOptions, ports: Ports): Promise<OpenBus> {
  const target = targetOf(options);
  const bus = new NatsBus(options, ports, {
    servers: [...target.servers],
    ...(target.user === undefined ? {} : { user: target.user }),
    ...(target.pass === undefined ? {} : { pass: target.pass }),
    ...(target.token === undefined ? {} : { token: target.token }),
    ...(options.caFile === undefined ? {} : { tls: { caFile: options.caFile } }),
  });
  bus.begin();
  return bus;
}

class NatsBus implements OpenBus {
  readonly #options: NatsOptions;
  readonly #ports: Ports;
  readonly #target: ConnectionOptions;
  readonly #listeners = new Set<(connected: boolean) => void>();
  #nc: NatsConnection | undefined;
  #publisher: Publisher | undefined;
  #connected = false;
  #problem: string | null = 'not connected yet';
  #closed = false;
  /** Rises with every loss, so that a preparation that was overtaken is not believed. */
  #epoch = 0;
  #attempts = 0;
  #pause: { timer: Timer; wake: () => void } | undefined;
  #working: Promise<void> = Promise.resolve();

  constructor(options: NatsOptions, ports: Ports, target: ConnectionOptions) {
    this.#options = options;
    this.#ports = ports;
    this.#target = target;
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

  get connection(): NatsConnection | undefined {
    return this.#connected ? this.#nc : undefined;
  }

  onChange(listener: (connected: boolean) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  publish(event: BusEvent): Promise<void> {
    if (!this.#connected || !this.#publisher) return Promise.reject(new BusError('bus_away', `bus: ${this.#problem ?? 'not connected'}`));
    return this.#publisher.publish(event);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#lost('closed');
    this.#pause?.timer.cancel();
    this.#pause?.wake();
    await this.#nc?.close().catch(() => {});
    await this.#working;
    this.#listeners.clear();
  }

  /** One connection after the other, for ever. The library reconnects by itself; a new one is needed only when it gave up. */
  async #live(): Promise<void> {
    while (!this.#closed) {
      try {
        const nc = await connect({
          ...this.#target,
          name: 'meterwright',
          timeout: this.#options.connectTimeoutMs,
          maxReconnectAttempts: -1,
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
    this.#publisher = new Publisher(nc, this.#ports.clock, this.#options, () => this.#reprepare('the event stream is gone'));
    const closed = nc.closed();
    const watched = this.#watch(nc);
    const prepared = this.#prepare(nc);
    const error = await closed;
    this.#lost(error ? error.message : 'closed');
    await Promise.all([watched, prepared]);
    this.#nc = undefined;
    this.#publisher = undefined;
  }

  async #watch(nc: NatsConnection): Promise<void> {
    const preparing: Promise<void>[] = [];
    for await (const status of nc.status()) {
      if (status.type === 'disconnect' || status.type === 'staleConnection') this.#lost('the server is away');
      else if (status.type === 'reconnect') preparing.push(this.#prepare(nc));
      else if (status.type === 'error') this.#ports.log.warn({ reason: status.error.message }, 'the NATS server refused something');
    }
    await Promise.all(preparing);
  }

  /** Check the server and the stream until both are well; then the bus is connected. */
  async #prepare(nc: NatsConnection): Promise<void> {
    const epoch = ++this.#epoch;
    while (!this.#closed && !nc.isClosed() && epoch === this.#epoch) {
      try {
        checkServer(nc);
        await ensureStream(nc, this.#options, this.#ports.log);
        if (epoch !== this.#epoch || this.#closed) return;
        this.#attempts = 0;
        this.#problem = null;
        this.#set(true);
        return;
      } catch (error) {
        if (epoch !== this.#epoch) return;
        this.#note(error);
        await this.#sleep(this.#nextDelayMs());
      }
    }
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
    this.#set(false);
    this.#publisher?.abandon(reason);
  }

  #set(connected: boolean): void {
    if (this.#connected === connected) return;
    this.#connected = connected;
    this.#ports.log.info({ connected, reason: this.#problem }, connected ? 'the event bus is connected' : 'the event bus is away');
    for (const listener of [...this.#listeners]) listener(connected);
  }

  #note(error: unknown): void {
    const text = error instanceof Error ? error.message : String(error);
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
