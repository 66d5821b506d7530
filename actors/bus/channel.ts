/** The channel `events`: announcements of actors leave as CloudEvents 1.0 (JSON, structured mode), each actor's in order (interfaces 5). */
import type { Json } from '../../machines/common/effects.ts';
import type { Channel } from '../engine/definition.ts';
import type { Bus, Ports } from '../engine/ports.ts';
import type { Effect } from '../store/store.ts';

export const EVENTS_CHANNEL = 'events';

/** `data` of an effect of this channel, as the engine writes it. */
export type AnnouncementData = { readonly subject: string; readonly type: string; readonly data: { readonly [member: string]: Json | undefined } };

export interface EventsChannelOptions {
  /** `source` of every event: who tells it, an absolute URI. */
  readonly source: string;
  /** Events handed to the bus at once. */
  readonly maxInFlight: number;
}

const RETRY_MIN_MS = 50;
const RETRY_MAX_MS = 5_000;

/** The payload of one announcement: the same bytes at every repetition. */
export function cloudEvent(effect: Pick<Effect, 'key' | 'actor' | 'createdAt' | 'data'>, source: string): string {
  const { type, data } = effect.data as AnnouncementData;
  return JSON.stringify({
    specversion: '1.0',
    id: effect.key,
    source,
    type,
    subject: effect.actor,
    time: new Date(effect.createdAt).toISOString(),
    datacontenttype: 'application/json',
    data,
  });
}

/** While the bus is away its gate is closed: nothing is tried, nothing waits in memory. */
export function createEventsChannel(bus: Bus, options: EventsChannelOptions, ports: Pick<Ports, 'random'>): Channel {
  return {
    name: EVENTS_CHANNEL,
    capacity: options.maxInFlight,
    ordering: 'actor',
    gate: {
      get open() {
        return bus.connected;
      },
      onChange: (listener) => bus.onChange(listener),
    },
    async perform(effect, attempt) {
      const { subject } = effect.data as AnnouncementData;
      try {
        await bus.publish({ subject, id: effect.key, payload: cloudEvent(effect, options.source), at: effect.createdAt, shard: effect.shard });
        return { kind: 'done' };
      } catch (error) {
        const ceiling = Math.min(RETRY_MAX_MS, RETRY_MIN_MS * 2 ** Math.min(attempt, 10));
        return { kind: 'retry', delayMs: Math.ceil(ceiling * (0.5 + ports.random.next() / 2)), text: error instanceof Error ? error.message : String(error) };
      }
    },
  };
}
