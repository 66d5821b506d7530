/** Core subscriptions that outlive a connection: the library renews them after a reconnect, this after a whole new connection. */
import type { Msg, NatsConnection, Subscription } from 'nats';
import type { Log } from '../engine/ports.ts';

/** The event bus, as far as this needs it. */
export interface NatsSource {
  /** While it can be used. */
  readonly connection: NatsConnection | undefined;
  onChange(listener: (connected: boolean) => void): () => void;
}

interface Listening {
  readonly subject: string;
  readonly handle: (message: Msg) => void;
  subscription: Subscription | undefined;
}

export class Subscriptions {
  readonly #source: NatsSource;
  readonly #log: Log;
  readonly #listening = new Set<Listening>();
  readonly #unwatch: () => void;
  #nc: NatsConnection | undefined;

  constructor(source: NatsSource, log: Log) {
    this.#source = source;
    this.#log = log;
    this.#unwatch = source.onChange((connected) => {
      if (connected) this.#attach();
    });
    this.#attach();
  }

  /** With everything subscribed on it; undefined while NATS is away. */
  get connection(): NatsConnection | undefined {
    const nc = this.#source.connection;
    if (nc !== this.#nc && nc !== undefined) this.#attach();
    return nc;
  }

  /**
   * Hear everything on a subject, now and after every reconnect. Returns how to stop; what is on its way here is still handed over, so
   * that nobody is left without an answer. `handle` may throw: it is logged.
   */
  listen(subject: string, handle: (message: Msg) => void): () => void {
    const listening: Listening = { subject, handle, subscription: undefined };
    this.#listening.add(listening);
    if (this.#nc && !this.#nc.isClosed()) this.#subscribe(this.#nc, listening);
    return () => {
      if (!this.#listening.delete(listening)) return;
      // Fails only where the connection is gone, and the subscription with it.
      if (listening.subscription?.isClosed() === false) listening.subscription.drain().catch(() => {});
    };
  }

  close(): void {
    this.#unwatch();
    for (const { subscription } of this.#listening) subscription?.unsubscribe();
    this.#listening.clear();
  }

  #attach(): void {
    const nc = this.#source.connection;
    if (!nc || nc === this.#nc) return;
    this.#nc = nc;
    for (const listening of this.#listening) this.#subscribe(nc, listening);
  }

  #subscribe(nc: NatsConnection, listening: Listening): void {
    listening.subscription = nc.subscribe(listening.subject, {
      callback: (error, message) => {
        if (error) {
          this.#log.warn({ reason: error.message, subject: listening.subject }, 'a subject cannot be listened to');
          return;
        }
        try {
          listening.handle(message);
        } catch (failure) {
          this.#log.error({ err: failure, subject: listening.subject }, 'a message between nodes was not handled');
        }
      },
    });
  }
}

/** The server's own word for: nobody is subscribed there. */
export function isNobody(message: Msg): boolean {
  return message.data.length === 0 && message.headers?.code === 503;
}
