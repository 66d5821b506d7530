/**
 * Which node has which lines, as each of them says: asked every few seconds, and at once when a node comes or goes. A node that does not
 * answer drops out after a few questions.
 *
 * - I1 What is known is bounded: live nodes, and of each so many groups and routes.
 * - I2 Every node that knows the same nodes routes an address to the same group.
 */

import type { NodeId } from '../../cluster/contract.ts';
import type { NodeCalls } from '../../cluster/node-calls.ts';
import type { Clock, Log, Timer } from '../../engine/ports.ts';
import { classOfGroup, clusterRoutes, groupDifferences, linesByClass, type NodeGroups, parseNodeGroups } from '../../line/cluster-groups.ts';
import type { GroupLoad, RoutedAddress } from '../../line/index.ts';
import { type AwayLimits, CALLS } from './contract.ts';

export interface LineDirectorySetup {
  readonly node: NodeId;
  readonly calls: Pick<NodeCalls, 'callAll' | 'register'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits: Pick<AwayLimits, 'groupsMs' | 'callMs' | 'lostMs' | 'maxGroups'>;
  /** Of this node; asked anew each time. */
  readonly own: () => NodeGroups;
}

interface Known {
  readonly said: NodeGroups;
  /** Monotonic instant. */
  readonly at: number;
}

/** One node with lines of a class. */
export interface ClassNode {
  readonly node: NodeId;
  readonly load: GroupLoad;
}

export class LineDirectory {
  readonly #setup: LineDirectorySetup;
  readonly #nodes = new Map<NodeId, Known>();
  /** Nodes that dropped out lately: sessions may still live there. */
  readonly #gone = new Map<NodeId, Known>();
  readonly #listeners = new Set<() => void>();
  #routes: (address: RoutedAddress) => string;
  #lines: ReadonlyMap<string, number> = new Map();
  #timer: Timer | undefined;
  #stopped = false;
  #asking: Promise<void> | undefined;
  #again = false;
  #looked = false;
  /** Lines and routes as they were told last. */
  #shape = '';
  /** Groups that differ from node to node, as they were told last. */
  #differences: readonly string[] = [];

  constructor(setup: LineDirectorySetup) {
    this.#setup = setup;
    setup.calls.register(CALLS.groups, async () => setup.own());
    this.#routes = clusterRoutes([setup.own()]);
    this.#noteOwn();
    this.#know();
  }

  /** Looks at all nodes, and goes on doing so. Never rejects. */
  start(): Promise<void> {
    return this.look();
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  /** Every other live node was asked once. */
  get isComplete(): boolean {
    return this.#looked;
  }

  /** Group of lines that reaches an address, by the routes of all nodes. */
  groupOf(address: RoutedAddress): string {
    return this.#routes(address);
  }

  /** Lines of each class in the whole cluster. */
  get lines(): ReadonlyMap<string, number> {
    return this.#lines;
  }

  /** Nodes that have lines of the class, this one first. */
  nodesOf(className: string): readonly ClassNode[] {
    this.#noteOwn();
    const own = this.#setup.node;
    return [...this.#nodes]
      .flatMap(([node, { said }]) => said.groups.filter((load) => classOfGroup(load) === className).map((load) => ({ node, load })))
      .sort((a, b) => Number(b.node === own) - Number(a.node === own));
  }

  /** Nodes on which a session over lines of the class may live, also those that dropped out a moment ago. */
  holdersOf(className: string): readonly NodeId[] {
    const now = this.#setup.clock.monotonic();
    const gone = [...this.#gone].filter(
      ([, { said, at }]) => now - at <= this.#setup.limits.lostMs && said.groups.some((load) => classOfGroup(load) === className),
    );
    return [...this.nodesOf(className).map(({ node }) => node), ...gone.map(([node]) => node)];
  }

  /** Called when lines or routes have changed; returns how to stop listening. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** It does not answer: nobody is sent there until it does. */
  forget(node: NodeId): void {
    if (node === this.#setup.node || !this.#nodes.has(node)) return;
    this.#drop(node);
    this.#know();
    void this.look();
  }

  /** Ask all nodes now. */
  look(): Promise<void> {
    if (this.#stopped) return Promise.resolve();
    this.#again = this.#asking !== undefined;
    this.#timer?.cancel();
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined;
      if (this.#stopped) return;
      if (this.#again) void this.look();
      else this.#timer = this.#setup.clock.after(this.#setup.limits.groupsMs, () => void this.look());
    });
    return this.#asking;
  }

  async #ask(): Promise<void> {
    const { calls, clock, limits, node: own, log } = this.#setup;
    const results = await calls.callAll<unknown>(CALLS.groups, null, { timeoutMs: limits.callMs });
    const now = clock.monotonic();
    const live = new Set(results.map(({ node }) => node));
    for (const result of results) {
      if (result.node === own || result.kind === 'error') continue;
      const said = parseNodeGroups(result.reply, limits.maxGroups);
      if (said) {
        this.#nodes.set(result.node, { said, at: now });
        this.#gone.delete(result.node);
      } else log.warn({ node: result.node }, 'what a node says of its lines cannot be read');
    }
    for (const [node, { at }] of [...this.#nodes]) {
      if (node !== own && (!live.has(node) || now - at > limits.lostMs)) this.#drop(node);
    }
    for (const [node, { at }] of [...this.#gone]) if (now - at > limits.lostMs) this.#gone.delete(node);
    this.#noteOwn();
    this.#looked = true;
    this.#know();
  }

  #drop(node: NodeId): void {
    const known = this.#nodes.get(node);
    this.#nodes.delete(node);
    if (known) this.#gone.set(node, known);
  }

  #noteOwn(): void {
    this.#nodes.set(this.#setup.node, { said: this.#setup.own(), at: this.#setup.clock.monotonic() });
  }

  /** Said once, and again when it was mended meanwhile. */
  #compare(): void {
    const before = this.#differences;
    this.#differences = groupDifferences([...this.#nodes].flatMap(([node, { said }]) => said.groups.map((group) => ({ ...group, node }))));
    for (const difference of this.#differences)
      if (!before.includes(difference))
        this.#setup.log.warn({ difference }, 'lines of one group differ from node to node; they stand in for each other all the same');
  }

  #know(): void {
    const inOrder = [...this.#nodes].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, { said }]) => said);
    this.#compare();
    const before = this.#shape;
    this.#routes = clusterRoutes(inOrder);
    this.#lines = linesByClass(inOrder);
    this.#shape = JSON.stringify([[...this.#lines], inOrder.map(({ routes }) => routes)]);
    if (this.#shape !== before) for (const listener of [...this.#listeners]) listener();
  }
}
