/** All groups of this node, and which of them an event concerns. */
import { Group } from './group.ts';
import type { Facts, Scope } from './scope.ts';

export class Groups {
  readonly #groups = new Map<string, Group>();
  /** By filter and value: `mpid|SUPX`. */
  readonly #index = new Map<string, Set<Group>>();
  #made = 0;

  get size(): number {
    return this.#groups.size;
  }

  all(): Iterable<Group> {
    return this.#groups.values();
  }

  /** One more subscription of it. */
  enter(scope: Scope, name: string): Group {
    const key = `${scope.key}|${name}`;
    let group = this.#groups.get(key);
    if (!group) {
      group = new Group(scope, name, `g${(++this.#made).toString(36)}`);
      this.#groups.set(key, group);
      const place = `${scope.name}|${scope.value}`;
      const others = this.#index.get(place);
      if (others) others.add(group);
      else this.#index.set(place, new Set([group]));
    }
    group.uses++;
    return group;
  }

  /** One subscription less. */
  leave(group: Group): void {
    if (--group.uses > 0) return;
    const { scope, name } = group;
    this.#groups.delete(`${scope.key}|${name}`);
    const place = `${scope.name}|${scope.value}`;
    const others = this.#index.get(place);
    others?.delete(group);
    if (others?.size === 0) this.#index.delete(place);
  }

  /** Each group that may hear of it, once. */
  each(facts: Facts, run: (group: Group) => void): void {
    const { domain, mpid, mpan, requestId, serialNumber, remoteAddress, node } = facts;
    this.#at('all|true', facts, run);
    if (mpid !== undefined) this.#at(`mpid|${mpid}`, facts, run);
    if (mpan !== undefined) this.#at(`mpan|${mpan}`, facts, run);
    if (requestId !== undefined) this.#at(`requestId|${requestId}`, facts, run);
    if (node !== undefined) this.#at(`node|${node}`, facts, run);
    if (domain !== 'meter-action') return;
    if (requestId !== undefined) this.#at(`action|${requestId}`, facts, run);
    if (serialNumber !== undefined) this.#at(`meter|${serialNumber}`, facts, run);
    if (remoteAddress !== undefined && remoteAddress !== serialNumber) this.#at(`meter|${remoteAddress}`, facts, run);
  }

  #at(place: string, facts: Facts, run: (group: Group) => void): void {
    const groups = this.#index.get(place);
    if (groups) for (const group of groups) if (group.scope.allows(facts)) run(group);
  }
}
