/** The groups of lines of several nodes, seen as one. Pure. */
import type { LineView } from './line.ts';
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

/** What lines speak, in words that people can compare: each way once, in order. */
export function speech(lines: readonly Pick<LineView, 'dialogue' | 'setup'>[]): readonly string[] {
  const ways = lines.map(({ dialogue, setup: { baud, commands } }) => `${dialogue} at ${baud} bits/s: ${commands.join(' ')}`.slice(0, MAX_WAY));
  return [...new Set(ways)].sort().slice(0, MAX_WAYS);
}

const MAX_WAYS = 8;
const MAX_WAY = 300;

/** A group of lines of one node. */
export interface GroupOfNode extends Pick<GroupLoad, 'name' | 'dialogue' | 'speaks'> {
  readonly node: string;
}

/**
 * Groups whose lines speak otherwise on one node than on another, one line for each. Lines of a group stand in for each other wherever they
 * are, so a meter would answer over some of them and not over others.
 */
export function groupDifferences(groups: readonly GroupOfNode[]): readonly string[] {
  const byName = new Map<string, GroupOfNode[]>();
  for (const group of groups) byName.set(group.name, [...(byName.get(group.name) ?? []), group]);
  return [...byName].flatMap(([name, found]) => {
    const [first, ...others] = found.sort((a, b) => (a.node < b.node ? -1 : 1));
    const other = first && others.find((one) => isOtherwise(first, one));
    return first && other ? [`group ${name}: ${first.node} has ${wordsOf(first)}; ${other.node} has ${wordsOf(other)}`] : [];
  });
}

/** Lines of many nodes as their groups. */
export function groupsOfNodes(lines: readonly (Pick<LineView, 'group' | 'dialogue' | 'setup'> & { readonly node: string })[]): readonly GroupOfNode[] {
  const found = new Map<string, (typeof lines)[number][]>();
  for (const line of lines) {
    const key = JSON.stringify([line.node, line.group]);
    found.set(key, [...(found.get(key) ?? []), line]);
  }
  return [...found.values()].flatMap((of) => (of[0] ? [{ node: of[0].node, name: of[0].group, dialogue: of[0].dialogue, speaks: speech(of) }] : []));
}

function isOtherwise(one: GroupOfNode, other: GroupOfNode): boolean {
  if (one.dialogue !== other.dialogue) return true;
  return one.speaks !== undefined && other.speaks !== undefined && JSON.stringify(one.speaks) !== JSON.stringify(other.speaks);
}

const wordsOf = ({ speaks, dialogue }: GroupOfNode): string => speaks?.join(', or ') ?? dialogue;

/** Reads what another node says, of which every part may be wrong; at most `most` groups and routes. */
export function parseNodeGroups(value: unknown, most: number): NodeGroups | undefined {
  const { groups, routes } = (typeof value === 'object' && value !== null ? value : {}) as { readonly groups?: unknown; readonly routes?: unknown };
  if (!Array.isArray(groups) || !Array.isArray(routes)) return undefined;
  return {
    groups: groups.slice(0, most).filter(isLoad).map(withSpeech),
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

/** What cannot be is as if it was not told. */
function withSpeech({ speaks, ...load }: GroupLoad): GroupLoad {
  const words: unknown = speaks;
  if (!Array.isArray(words) || words.length > MAX_WAYS || !words.every((way) => typeof way === 'string' && way.length <= MAX_WAY)) return load;
  return { ...load, speaks: words };
}

function isRoute(value: unknown): value is LinesOptions['routes'][number] {
  const route = (value ?? {}) as { readonly numbers?: unknown; readonly group?: unknown };
  return typeof route.numbers === 'string' && /^[0-9?*]{1,32}$/.test(route.numbers) && isName(route.group);
}
