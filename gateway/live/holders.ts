/** Which sockets live on which credential: they end with it, and one credential has only so many. */
import type { Grant } from '../../actors/access/index.ts';
import type { LiveSocket } from './socket.ts';

/** Ends what was open on the strength of a grant (`Access.hold`, `Identity.hold`). */
export type Hold = (grant: Grant, onEnd: () => void) => () => void;

interface Holder {
  readonly sockets: Set<LiveSocket>;
  letGo: () => void;
}

export class Holders {
  readonly #hold: Hold;
  readonly #onEnd: (sockets: readonly LiveSocket[]) => void;
  readonly #byGrant = new Map<Grant, Holder>();
  readonly #counts = new Map<string, number>();

  constructor(hold: Hold, onEnd: (sockets: readonly LiveSocket[]) => void) {
    this.#hold = hold;
    this.#onEnd = onEnd;
  }

  /** How many sockets a credential has, whichever grant they came by. */
  count(grant: Grant): number {
    return this.#counts.get(nameOf(grant)) ?? 0;
  }

  enter(grant: Grant, socket: LiveSocket): void {
    this.#counts.set(nameOf(grant), this.count(grant) + 1);
    const known = this.#byGrant.get(grant);
    if (known) {
      known.sockets.add(socket);
      return;
    }
    const holder: Holder = { sockets: new Set([socket]), letGo: () => {} };
    this.#byGrant.set(grant, holder);
    holder.letGo = this.#hold(grant, () => {
      this.#byGrant.delete(grant);
      this.#onEnd([...holder.sockets]);
    });
  }

  leave(grant: Grant, socket: LiveSocket): void {
    const name = nameOf(grant);
    const left = this.count(grant) - 1;
    if (left > 0) this.#counts.set(name, left);
    else this.#counts.delete(name);
    const holder = this.#byGrant.get(grant);
    holder?.sockets.delete(socket);
    if (holder?.sockets.size !== 0) return;
    this.#byGrant.delete(grant);
    holder.letGo();
  }
}

const nameOf = (grant: Grant): string => `${grant.kind}:${grant.id}`;
