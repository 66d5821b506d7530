/** What other systems were told, against what the store's history owes them. */
import type { Check, EventSeen } from '../evidence.ts';

interface Placed {
  readonly id: string;
  readonly actor: string;
  readonly version: number;
  readonly n: number;
}

export const eventsInOrder: Check = {
  rule: 'first appearances of the events of one actor come in order',
  find: ({ events }) => {
    const seen = new Set<string>();
    const last = new Map<string, Placed>();
    return events.flatMap((event) => {
      const placed = placeOf(event);
      if (!placed || seen.has(placed.id)) return [];
      seen.add(placed.id);
      const before = last.get(placed.actor);
      if (before && !isLater(placed, before)) return [`${placed.id}: appears first at ${event.seq}, after ${before.id}`];
      last.set(placed.actor, placed);
      return [];
    });
  },
};

export const eventsComplete: Check = {
  rule: 'every event that a step owes is in the stream, and no other',
  find: ({ events, owedEvents }) => {
    const seen = new Set(events.map(({ id }) => id));
    const owed = new Set(owedEvents.map(({ actor, version, n }) => `${actor}/${version}/${n}`));
    const known = new Set(owedEvents.map(({ actor }) => actor));
    return [
      ...[...owed].filter((id) => !seen.has(id)).map((id) => `${id}: is missing`),
      ...[...seen].filter((id) => known.has(actorOf(id)) && !owed.has(id)).map((id) => `${id}: was told, and no step owes it`),
    ];
  },
};

function actorOf(id: string): string {
  return id.split('/').slice(0, -2).join('/');
}

function placeOf({ id }: EventSeen): Placed | undefined {
  const [version, n] = id.split('/').slice(-2).map(Number);
  return version === undefined || n === undefined || Number.isNaN(version) || Number.isNaN(n) ? undefined : { id, actor: actorOf(id), version, n };
}

function isLater(one: Placed, other: Placed): boolean {
  return one.version > other.version || (one.version === other.version && one.n > other.n);
}
