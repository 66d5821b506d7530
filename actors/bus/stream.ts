/**
 * The stream `MW_EVENTS`: made when missing, its limits set to ours when they are others (interfaces 5). Nothing here needs more
 * than NATS 2.9.
 *
 *   look ─┬─ none ──────► make, with as many bytes as fit
 *         └─ other limits ► set them; copies that cannot be had now leave those that are
 */
import { DiscardPolicy, type JetStreamManager, jetstreamManager, RetentionPolicy, StorageType, type StreamConfig, type StreamInfo } from '@nats-io/jetstream';
import type { NatsConnection } from 'nats';
import type { Log } from '../engine/ports.ts';
import { API, isApi, lackOf, NatsLackError } from './capabilities.ts';
import { EVENT_STREAM, type NatsOptions } from './options.ts';

const DAY_NS = 86_400_000_000_000;
const MS_NS = 1_000_000;
const SMALLEST = 1_048_576;
/** While a cluster elects a leader nobody answers: ask often rather than wait long. */
const ASK_MS = 1_000;
/** A stream of three copies is made by three servers. */
const CHANGE_MS = 5_000;

type Wanted = Pick<StreamConfig, 'subjects' | 'max_age' | 'max_bytes' | 'duplicate_window' | 'num_replicas' | 'discard'>;

/** What of the stream tells whether it is the one that we know. */
export interface StreamFacts {
  /** When it was made, as the server says it. */
  readonly created: string;
  readonly firstSeq: number;
  readonly lastSeq: number;
}

function wantedOf(options: NatsOptions, maxBytes: number, replicas: number): Wanted {
  const { maxAgeDays, duplicateWindowMs } = options.stream;
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

/**
 * See that the stream is there with the limits of the options. A server that has no room for `maxBytes` gets what it can hold,
 * halved until it fits. Another number of copies is set where the cluster can hold it; where it cannot now, the stream goes on
 * with those that it has, and a warning says so. Rejects with `NatsLackError` where the reason is known, else with the library's error.
 */
export async function ensureStream(nc: NatsConnection, options: NatsOptions, log: Log): Promise<StreamFacts> {
  try {
    const asking = await jetstreamManager(nc, { checkAPI: false, timeout: Math.min(ASK_MS, options.ackTimeoutMs) });
    const current = await asking.streams.info(EVENT_STREAM).catch((error: unknown) => {
      if (isApi(error, API.notFound)) return undefined;
      throw error;
    });
    if (current?.cluster && !current.cluster.leader) throw new NatsLackError('nats_no_leader', 'nats.url: the event stream has no leader now');
    const changing = await jetstreamManager(nc, { checkAPI: false, timeout: CHANGE_MS });
    return factsOf(current ? await update(changing, current, options, log) : await create(changing, options, log));
  } catch (error) {
    throw lackOf(error);
  }
}

function factsOf({ created, state }: StreamInfo): StreamFacts {
  return { created: String(created), firstSeq: state.first_seq, lastSeq: state.last_seq };
}

async function create(manager: JetStreamManager, options: NatsOptions, log: Log): Promise<StreamInfo> {
  const make = (maxBytes: number): Promise<StreamInfo> =>
    manager.streams.add({
      name: EVENT_STREAM,
      storage: StorageType.File,
      retention: RetentionPolicy.Limits,
      ...wantedOf(options, maxBytes, options.stream.replicas),
    });
  return fitting(options, log, make);
}

async function update(manager: JetStreamManager, current: StreamInfo, options: NatsOptions, log: Log): Promise<StreamInfo> {
  const has = current.config.num_replicas;
  const { replicas } = options.stream;
  const set = (copies: number): Promise<StreamInfo> =>
    fitting(options, log, async (maxBytes) => {
      const wanted = wantedOf(options, maxBytes, copies);
      return differs(current.config, wanted) ? manager.streams.update(EVENT_STREAM, { ...current.config, ...wanted }) : current;
    });
  if (replicas === has) return set(has);
  try {
    const changed = await set(replicas);
    log.info({ stream: EVENT_STREAM, from: has, to: replicas }, 'the event stream is given another number of copies');
    return changed;
  } catch (error) {
    const lack = lackOf(error);
    if (!(lack instanceof NatsLackError) || (lack.code !== 'nats_not_clustered' && lack.code !== 'nats_no_peers')) throw error;
    log.warn({ stream: EVENT_STREAM, has, wanted: replicas, reason: lack.message }, 'the event stream goes on with the copies that it has');
    return set(has);
  }
}

/** Tries with all the bytes, then with half as many, while the server says that it has no room. */
async function fitting(options: NatsOptions, log: Log, run: (maxBytes: number) => Promise<StreamInfo>): Promise<StreamInfo> {
  const all = options.stream.maxBytes;
  for (let maxBytes = all; ; maxBytes = Math.floor(maxBytes / 2)) {
    try {
      const info = await run(maxBytes);
      if (maxBytes < all)
        log.warn({ stream: EVENT_STREAM, wanted: all, got: maxBytes }, 'the NATS server has no room for all the bytes that the event stream may have');
      return info;
    } catch (error) {
      if (!hasNoRoom(error) || maxBytes / 2 < SMALLEST) throw error;
    }
  }
}

/** A cluster says no more than that no server suits; later ones add why. */
function hasNoRoom(error: unknown): boolean {
  return isApi(error, API.noRoom) || (isApi(error, API.noPeers, API.storage) && /storage|resources/i.test(error.message));
}
