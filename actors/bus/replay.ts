/** `mw events replay`: what history announced is told once more on core NATS, beside the stream, for whoever lost it (interfaces 5). */
import { headers, type NatsConnection } from 'nats';
import type { EpochMs } from '../../machines/common/effects.ts';
import type { BusEvent } from '../engine/ports.ts';
import type { Store } from '../store/store.ts';
import type { OpenBus } from './bus.ts';
import type { AnnouncementData } from './channel.ts';
import { BusError } from './publisher.ts';
import { saidAgain } from './said.ts';

export interface ReplayParts {
  readonly bus: Pick<OpenBus, 'connection' | 'connected' | 'onChange'>;
  readonly store: Pick<Store, 'announced'>;
  readonly source: string;
  /** First token of every subject. */
  readonly prefix: string;
}

export interface ReplayQuery {
  readonly from: EpochMs;
  /** Exclusive. */
  readonly to: EpochMs;
  /** Only events of this supplier. */
  readonly mpid?: string | undefined;
}

/** How far a replay is. */
export interface ReplayProgress {
  /** Published so far. */
  readonly events: number;
  /** Instant of the last step, null before the first. */
  readonly upTo: EpochMs | null;
}

const PAGE = 500;

/**
 * Publishes to `<prefix>.replay.<the subject behind <prefix>.evt>`, each actor's events in order, ids and payloads as at first. Says how
 * far it is after every page. An event may come twice.
 * @throws BusError `bus_away` when NATS is away or goes away meanwhile
 */
export async function* replay(parts: ReplayParts, query: ReplayQuery, signal?: AbortSignal): AsyncGenerator<ReplayProgress> {
  const { from, to, mpid } = query;
  let progress: ReplayProgress = { events: 0, upTo: null };
  let cursor: string | undefined;
  do {
    signal?.throwIfAborted();
    const page = await parts.store.announced({ from, to, limit: PAGE, ...(cursor === undefined ? {} : { cursor }) });
    const nc = parts.bus.connection;
    if (!nc) throw away();
    let { events, upTo } = progress;
    for (const step of page.items) {
      const { said = [], at } = step.entry;
      for (const [n, event] of saidAgain(step, parts.source).entries()) {
        if (mpid !== undefined && (said[n] as AnnouncementData | undefined)?.data.mpid !== mpid) continue;
        tell(nc, event, parts.prefix);
        events++;
      }
      upTo = at;
    }
    await flushed(nc, parts.bus);
    progress = { events, upTo };
    yield progress;
    cursor = page.cursor;
  } while (cursor !== undefined);
}

function tell(nc: NatsConnection, { subject, id, payload }: BusEvent, prefix: string): void {
  const marked = headers();
  marked.set('Nats-Msg-Id', id);
  nc.publish(`${prefix}.replay.${subject.slice(`${prefix}.evt.`.length)}`, payload, { headers: marked });
}

/** The server has it all. A connection that goes away meanwhile would hold what is unsent until it is back. */
async function flushed(nc: NatsConnection, bus: ReplayParts['bus']): Promise<void> {
  let stop = (): void => {};
  const lost = new Promise<never>((_resolve, reject) => {
    stop = bus.onChange((connected) => {
      if (!connected) reject(away());
    });
    if (!bus.connected) reject(away());
  });
  try {
    await Promise.race([nc.flush(), lost]);
  } finally {
    stop();
  }
}

function away(): BusError {
  return new BusError('bus_away', 'bus: NATS is away; what was not told yet is not told');
}
