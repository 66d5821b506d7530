/** The channel that carries tells to actors of other keys. In order per sender; the receiver ignores what it had before. */
import type { Json } from '../../machines/common/effects.ts';
import type { ActorDoc, Effect } from '../store/store.ts';
import type { Channel, Command } from './definition.ts';
import { TELL_CHANNEL, type Told } from './step.ts';

/** Tells that travel at once. */
const CAPACITY = 1_000;
/** Pause before a tell whose commit failed is tried again. */
const RETRY_MS = 1_000;

/** @param take delivers a command of the engine itself. */
export function tellChannel(take: (command: Command) => Promise<unknown>): Channel {
  return {
    name: TELL_CHANNEL,
    capacity: CAPACITY,
    ordering: 'actor',
    perform: async (effect: Effect) => {
      const { key } = effect.data as { key: string };
      try {
        await take({ key, type: 'engine.tell', payload: { effect }, origin: 'durable', id: effect.key });
        return { kind: 'done' };
      } catch (error) {
        return { kind: 'retry', delayMs: RETRY_MS, text: error instanceof Error ? error.message : String(error) };
      }
    },
  };
}

/** Names a tell for ever. */
export function tellKey({ from, version, n }: Pick<Told, 'from' | 'version' | 'n'>): string {
  return `${from}/${version}/tell-${n}`;
}

/** A tell as the outbox carries it. */
export function tellEffect(told: Told, doc: ActorDoc): Effect {
  return {
    key: tellKey(told),
    actor: told.from,
    routingKey: doc.key,
    shard: doc.shard,
    version: told.version,
    n: told.n,
    channel: TELL_CHANNEL,
    name: told.event.type,
    createdAt: doc.changedAt,
    data: { to: told.to, key: told.key, event: told.event as unknown as Json },
  };
}
