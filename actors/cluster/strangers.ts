/**
 * Messages of another cluster on our subjects: a second installation that was given the same `nats.prefix`. Leases refuse it, but its
 * nodes speak and listen before they have looked; so every message between nodes names its cluster, and nobody does what a stranger says.
 */
import type { Log } from '../engine/ports.ts';
import { MeterwrightError } from '../errors/error.ts';

export interface StrangersSetup {
  /** Of this cluster. Absent: of none, and whoever speaks is one of ours. */
  readonly clusterId?: string;
  /** `nats.prefix`. */
  readonly prefix: string;
  readonly log: Log;
}

const MAX_NAME = 64;
/** Clusters that are named in the log; each once. */
const MAX_TOLD = 100;

export class Strangers {
  readonly #setup: StrangersSetup;
  readonly #told = new Set<string>();

  constructor(setup: StrangersSetup) {
    this.#setup = setup;
  }

  /** What every message of ours says of itself; `JSON.stringify` leaves it out where there is none. */
  get clusterId(): string | undefined {
    return this.#setup.clusterId;
  }

  /**
   * Why a message is not for us; undefined for one of ours. Versions before this one named no cluster: what they say is taken.
   * @param cluster as the message names it @param from its node, for the log
   */
  refusal(cluster: unknown, from: unknown): MeterwrightError | undefined {
    const { clusterId, prefix } = this.#setup;
    if (clusterId === undefined || cluster === undefined || cluster === clusterId) return undefined;
    const other = String(cluster).slice(0, MAX_NAME);
    const text = `nats.prefix: must belong to one cluster: ${prefix} is used by ${clusterId} and by ${other}; give one of them another`;
    const error = new MeterwrightError('cluster_foreign', text, { retry: 'later', details: { own: clusterId, found: other } });
    this.#tell(other, error, { from: String(from).slice(0, MAX_NAME) });
    return error;
  }

  /** One of them answered that what we say is not for it; one of ours may answer yet. */
  answered(error: MeterwrightError): void {
    this.#tell(String(error.details.own ?? '').slice(0, MAX_NAME), error, {});
  }

  #tell(other: string, error: MeterwrightError, fields: object): void {
    if (this.#told.has(other) || this.#told.size >= MAX_TOLD) return;
    this.#told.add(other);
    this.#setup.log.warn({ ...fields, code: error.code, reason: error.message }, 'another cluster is on our subjects; it is not listened to');
  }
}

/** Whether a message was refused because it came from another cluster. */
export function isForeign(error: MeterwrightError): boolean {
  return error.code === 'cluster_foreign';
}
