/** The groups of lines of several nodes, seen as one. Pure. */
import type { LinesOptions } from './options.ts';
import type { GroupLoad } from './pool.ts';
import { createRoutes, type RoutedAddress } from './routes.ts';

/** What one node has. */
export interface NodeGroups {
  readonly groups: readonly GroupLoad[];
  readonly routes: LinesOptions['routes'];
}

/** The class of slots of a group, as `actors/time-update/slot-classes.ts` names it. */
export const classOfGroup = ({ name, dialogue }: Pick<GroupLoad, 'name' | 'dialogue'>): string => `${dialogue === 'x28' ? 'pad' : 'modem'}:${name}`;

/** Lines of each class in all of them. */
export function linesByClass(nodes: Iterable<NodeGroups>): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { groups } of nodes) {
    for (const group of groups) {
      const name = classOfGroup(group);
      counts.set(name, (counts.get(name) ?? 0) + group.lines);
    }
  }
  return counts;
}

/**
 * Which group reaches an address. The routes of all nodes count, those of one after those of another: nodes that differ must agree on
 * the group all the same, so the order is that in which they are given, which is the same everywhere.
 */
export function clusterRoutes(nodes: readonly NodeGroups[]): (address: RoutedAddress) => string {
  return createRoutes(
    nodes.flatMap(({ routes }) => routes),
    nodes.flatMap(({ groups }) => groups.map(({ name, dialogue }) => ({ group: name, dialogue }))),
  );
}

/** Reads what another node says, of which every part may be wrong; at most `most` groups and routes. */
export function parseNodeGroups(value: unknown, most: number): NodeGroups | undefined {
  const { groups, routes } = (typeof value === 'object' && value !== null ? value : {}) as { readonly groups?: unknown; readonly routes?: unknown };
  if (!Array.isArray(groups) || !Array.isArray(routes)) return undefined;
  return {
    groups: groups.slice(0, most).filter(isLoad),
    routes: routes.slice(0, most).filter(isRoute),
  };
}

const NAME = /^[A-Za-z0-9_.-]{1,64}$/;
const isName = (value: unknown): value is string => typeof value === 'string' && NAME.test(value);
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

function isLoad(value: unknown): value is GroupLoad {
  const load = (value ?? {}) as Partial<Record<keyof GroupLoad, unknown>>;
  return isName(load.name) && (load.dialogue === 'at' || load.dialogue === 'x28') && isCount(load.lines) && isCount(load.free) && isCount(load.waiting);
}

function isRoute(value: unknown): value is LinesOptions['routes'][number] {
  const route = (value ?? {}) as { readonly numbers?: unknown; readonly group?: unknown };
  return typeof route.numbers === 'string' && /^[0-9?*]{1,32}$/.test(route.numbers) && isName(route.group);
}
