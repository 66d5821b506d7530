/**
 * Tells the stream again what it may have lost, from history, before anything new is told.
 *
 * Invariants
 * - A1 Each actor's events go out one after the other, in order; so none appears for the first time behind a later one.
 * - A2 What is still owed to the stream is left to the outbox: an actor is told again only up to its first event that never got there.
 * - A3 Ids and bytes are the first ones, so the stream drops what it still has within its duplicate window.
 */
import type { ActorId, EpochMs } from '../../machines/common/effects.ts';
import type { BusEvent } from '../engine/ports.ts';
import type { AnnouncedStep, Store } from '../store/store.ts';
import { EVENTS_CHANNEL } from './channel.ts';
import { saidAgain } from './said.ts';

const PAGE = 500;

export interface AgainParts {
  readonly store: Pick<Store, 'announced' | 'outbox'>;
  /** Those of which it is to be told. */
  readonly shards: readonly number[];
  /** They are all there are. */
  readonly areAll: boolean;
  readonly source: string;
  publish(event: BusEvent): Promise<void>;
}

/** Tells how many events it published. Rejects with the first refusal: then it is begun anew. */
export async function announceAgain(parts: AgainParts, from: EpochMs, to: EpochMs): Promise<number> {
  const { shards, areAll } = parts;
  const unsent = await firstUnsent(parts);
  let told = 0;
  let cursor: string | undefined;
  do {
    const page = await parts.store.announced({ from, to, limit: PAGE, ...(areAll ? {} : { shards }), ...(cursor === undefined ? {} : { cursor }) });
    const lanes = lanesOf(page.items, unsent, parts.source);
    const ended = await Promise.allSettled(lanes.map((lane) => follow(lane, parts)));
    for (const one of ended) if (one.status === 'rejected') throw one.reason;
    told += lanes.reduce((sum, lane) => sum + lane.length, 0);
    cursor = page.cursor;
  } while (cursor !== undefined);
  return told;
}

async function follow(lane: readonly BusEvent[], { publish }: AgainParts): Promise<void> {
  for (const event of lane) await publish(event);
}

/** The steps' events by actor, without those that the outbox will bring. */
function lanesOf(steps: readonly AnnouncedStep[], unsent: ReadonlyMap<ActorId, string>, source: string): BusEvent[][] {
  const lanes = new Map<ActorId, BusEvent[]>();
  for (const step of steps) {
    const first = unsent.get(step.actor);
    for (const event of saidAgain(step, source)) {
      if (first !== undefined && !isBefore(event.id, first)) continue;
      const lane = lanes.get(step.actor);
      if (lane) lane.push(event);
      else lanes.set(step.actor, [event]);
    }
  }
  return [...lanes.values()];
}

/** By actor, the id of the first event that the stream has not acknowledged. One entry for each actor in the backlog. */
async function firstUnsent({ store, shards }: AgainParts): Promise<ReadonlyMap<ActorId, string>> {
  const first = new Map<ActorId, string>();
  let cursor: string | undefined;
  do {
    const page = await store.outbox({ channel: EVENTS_CHANNEL, shards, limit: PAGE, ...(cursor === undefined ? {} : { cursor }) });
    for (const { actor, key } of page.items) {
      const known = first.get(actor);
      if (known === undefined || isBefore(key, known)) first.set(actor, key);
    }
    cursor = page.cursor;
  } while (cursor !== undefined);
  return first;
}

/** Order of two events of one actor: by version, then by place in the step. */
function isBefore(id: string, other: string): boolean {
  const [version, n] = placeOf(id);
  const [otherVersion, otherN] = placeOf(other);
  return version < otherVersion || (version === otherVersion && n < otherN);
}

function placeOf(id: string): readonly [version: number, n: number] {
  const end = id.lastIndexOf('/');
  return [Number(id.slice(id.lastIndexOf('/', end - 1) + 1, end)), Number(id.slice(end + 1))];
}
