/**
 * The NATS services protocol over plain subscriptions (its ADR-32): whoever asks `$SRV.PING`, `INFO` or `STATS`, with nothing behind it, the
 * service's name, or name and id, hears from every node what it is, what it answers, and how its parts are.
 */
import type { Msg } from 'nats';
import type { Json } from '../../machines/common/effects.ts';
import type { Ports } from '../engine/ports.ts';
import { type NatsSource, Subscriptions } from './subscriptions.ts';

export const SERVICE = 'meterwright';

/** Counts since the start. */
export interface EndpointStats {
  readonly requests: number;
  readonly errors: number;
  readonly lastError: string;
  /** Sum, milliseconds. */
  readonly processingMs: number;
}

export interface ServiceEndpoint {
  /** `commands`, `calls` … */
  readonly name: string;
  readonly subject: string;
  readonly stats: () => EndpointStats;
  /** What else there is to say: the supervision tree, say. Plain JSON. */
  readonly data?: () => Json;
}

export interface ServicesSetup {
  readonly nats: NatsSource;
  readonly ports: Pick<Ports, 'clock' | 'log'>;
  /** Unique among all instances: the incarnation of the node. A token of a subject. */
  readonly id: string;
  /** Of the program, as semver. */
  readonly version: string;
  readonly description: string;
  /** `node` and what else is known of the instance. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly endpoints: readonly ServiceEndpoint[];
}

type Verb = 'PING' | 'INFO' | 'STATS';

const VERBS: readonly Verb[] = ['PING', 'INFO', 'STATS'];
const NANOSECONDS = 1_000_000;

export class Services {
  readonly #setup: ServicesSetup;
  readonly #subscriptions: Subscriptions;
  readonly #started: string;

  constructor(setup: ServicesSetup) {
    this.#setup = setup;
    this.#started = new Date(setup.ports.clock.now()).toISOString();
    this.#subscriptions = new Subscriptions(setup.nats, setup.ports.log);
    for (const verb of VERBS) {
      for (const subject of [`$SRV.${verb}`, `$SRV.${verb}.${SERVICE}`, `$SRV.${verb}.${SERVICE}.${setup.id}`]) {
        this.#subscriptions.listen(subject, (message) => this.#answer(verb, message));
      }
    }
  }

  close(): void {
    this.#subscriptions.close();
  }

  #answer(verb: Verb, { reply }: Msg): void {
    if (reply) this.#subscriptions.connection?.publish(reply, JSON.stringify(this.#say(verb)));
  }

  #say(verb: Verb): object {
    const { id, version, metadata, description, endpoints } = this.#setup;
    const self = { name: SERVICE, id, version, metadata };
    switch (verb) {
      case 'PING':
        return { type: 'io.nats.micro.v1.ping_response', ...self };
      case 'INFO': {
        const listed = endpoints.map(({ name, subject }) => ({ name, subject, queue_group: '', metadata: null }));
        return { type: 'io.nats.micro.v1.info_response', ...self, description, endpoints: listed };
      }
      case 'STATS':
        return { type: 'io.nats.micro.v1.stats_response', ...self, started: this.#started, endpoints: endpoints.map(statsOf) };
    }
  }
}

function statsOf({ name, subject, stats, data }: ServiceEndpoint): object {
  const { requests, errors, lastError, processingMs } = stats();
  const processing = Math.round(processingMs * NANOSECONDS);
  return {
    name,
    subject,
    queue_group: '',
    num_requests: requests,
    num_errors: errors,
    last_error: lastError,
    processing_time: processing,
    average_processing_time: requests === 0 ? 0 : Math.round(processing / requests),
    ...(data === undefined ? {} : { data: data() }),
  };
}
