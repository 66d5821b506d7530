/** The stream `MW_EVENTS`: made when missing, its limits set to ours when they are others (interfaces 5). Nothing here needs more than NATS 2.9. */
import { DiscardPolicy, JetStreamApiError, jetstreamManager, RetentionPolicy, StorageType, type StreamConfig } from '@nats-io/jetstream';
import type { NatsConnection } from 'nats';
import type { Log } from '../engine/ports.ts';
import { MeterwrightError } from '../errors/error.ts';
import { EVENT_STREAM, type NatsOptions } from './options.ts';

const DAY_NS = 86_400_000_000_000;
const MS_NS = 1_000_000;
const NOT_FOUND = 10_059;
const NO_ROOM = 10_047;
const SMALLEST = 1_048_576;

type Wanted = Pick<StreamConfig, 'subjects' | 'max_age' | 'max_bytes' | 'duplicate_window' | 'num_replicas' | 'discard'>;

function wantedOf(options: NatsOptions, maxBytes: number): Wanted {
  const { maxAgeDays, duplicateWindowMs, replicas } = options.stream;
  const max_age = Math.round(maxAgeDays * DAY_NS);
  return {
    subjects: [`${options.prefix}.evt.>`],
    max_age,
    max_bytes: maxBytes,
    // The server refuses a window longer than the age.
    duplicate_window: Math.min(duplicateWindowMs * MS_NS, max_age),
    num_replicas: replicas,
    discard: DiscardPolicy.Old,
  };
}

function differs(config: StreamConfig, wanted: Wanted): boolean {
  return (Object.keys(wanted) as (keyof Wanted)[]).some((name) => JSON.stringify(config[name]) !== JSON.stringify(wanted[name]));
}

function isApi(error: unknown, code: number): boolean {
  return error instanceof JetStreamApiError && error.code === code;
}

/** Refuses a server that is too old, by name of what it needs. */
export function checkServer(nc: NatsConnection): void {
  const version = nc.info?.version ?? '0.0.0';
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major < 2 || (major === 2 && minor < 9))
    throw new MeterwrightError('nats_too_old', `nats.url: the server must be NATS 2.9 or later: ${version}`, { retry: 'later' });
  if (nc.info?.jetstream !== true) throw new MeterwrightError('nats_without_jetstream', 'nats.url: the server must have JetStream enabled', { retry: 'later' });
}

/**
 * See that the stream is there with the limits of the options. A server that has no room for `maxBytes` gets what it can
 * hold, halved until it fits. Rejects when the server does not answer or refuses for another reason.
 */
export async function ensureStream(nc: NatsConnection, options: NatsOptions, log: Log): Promise<void> {
  const manager = await jetstreamManager(nc, { checkAPI: false, timeout: options.ackTimeoutMs });
  const current = await manager.streams.info(EVENT_STREAM).catch((error: unknown) => {
    if (isApi(error, NOT_FOUND)) return undefined;
    throw error;
  });
  for (let maxBytes = options.stream.maxBytes; ; maxBytes = Math.floor(maxBytes / 2)) {
    const wanted = wantedOf(options, maxBytes);
    if (current && !differs(current.config, wanted)) return;
    try {
      if (current) await manager.streams.update(EVENT_STREAM, { ...current.config, ...wanted });
      else await manager.streams.add({ name: EVENT_STREAM, storage: StorageType.File, retention: RetentionPolicy.Limits, ...wanted });
      if (maxBytes < options.stream.maxBytes)
        log.warn(
          { stream: EVENT_STREAM, wanted: options.stream.maxBytes, got: maxBytes },
          'the NATS server has no room for all the bytes that the event stream may have',
        );
      return;
    } catch (error) {
      if (!isApi(error, NO_ROOM) || maxBytes / 2 < SMALLEST) throw error;
    }
  }
}
