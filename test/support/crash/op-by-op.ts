/**
 * A store whose groups are not atomic, as a server's are, over one that keeps whatever it is given: ops of a group are applied one after
 * the other, and between any two of them the caller may have crashed. Marks of done effects are written with the next step of
 * their actor, or later: a crash loses some of them.
 *
 *   group   op 1 ─► op 2 ─┊─► op 3 ─► op 4
 *                         └ the caller has crashed: it never hears of it, and nothing further is applied
 */
import type { CommitGroup, CommitOp, CommitOutcome, Effect, EffectRef, Store } from '../../../actors/store/store.ts';

/** Asked between two ops of a group. `stop`: who made it is no more. @param key the group's routing key */
export type Between = (key: string) => 'go' | 'stop';

const OK: CommitOutcome = { kind: 'ok' };
const nameOf = ({ actor, key }: EffectRef): string => `${actor} ${key}`;

/** What of it counts. */
export interface OpByOpTally {
  /** Groups of more than one op. */
  groups: number;
  /** Groups of which only a part was applied. */
  parts: number;
  /** Calls that have not ended. */
  underWay: number;
}

export const newTally = (): OpByOpTally => ({ groups: 0, parts: 0, underWay: 0 });

export function opByOp(base: Store, between: Between, tally: OpByOpTally = newTally()): Store {
  const marks = new Map<string, EffectRef>();
  const marksOf = (actor: string): EffectRef[] => [...marks.values()].filter((ref) => ref.actor === actor);

  const apply = async (ops: readonly CommitOp[]): Promise<readonly CommitOutcome[]> => {
    const groups = ops.map((op): CommitGroup => {
      const own = (op.settle ?? []).filter(({ actor }) => actor === op.doc.id);
      return [{ ...op, settle: [...own, ...marksOf(op.doc.id)] }];
    });
    const outcomes = await base.commit(groups);
    for (const [i, op] of ops.entries()) {
      if (outcomes[i]?.kind !== 'ok') continue;
      for (const ref of marksOf(op.doc.id)) marks.delete(nameOf(ref));
      for (const ref of op.settle ?? []) if (ref.actor !== op.doc.id) marks.set(nameOf(ref), ref);
    }
    return outcomes;
  };

  const commit = async (groups: readonly CommitGroup[]): Promise<readonly CommitOutcome[]> => {
    const outcomes: CommitOutcome[] = groups.map(() => OK);
    tally.groups += groups.filter(({ length }) => length > 1).length;
    let open = groups.map((group, place) => ({ group, place })).filter(({ group }) => group.length > 0);
    for (let n = 0; open.length > 0; n++) {
      const done = await apply(open.map(({ group }) => group[n] as CommitOp));
      open = open.filter(({ group, place }, i) => {
        const outcome = done[i] ?? OK;
        outcomes[place] = outcome;
        if (outcome.kind !== 'ok' || n + 1 >= group.length) return false;
        if (between((group[0] as CommitOp).doc.key) === 'go') return true;
        // Whoever is told so is no more.
        tally.parts++;
        return false;
      });
    }
    return outcomes;
  };

  const own: Partial<Store> = {
    atomicGroups: false,
    commit,
    settle: async (refs) => {
      for (const ref of refs) marks.set(nameOf(ref), ref);
    },
    outbox: async (query) => {
      const page = await base.outbox(query);
      return { ...page, items: page.items.filter((effect: Effect) => !marks.has(nameOf(effect))) };
    },
    undone: async (actor, channel) => (await base.undone(actor, channel)).filter((effect) => !marks.has(nameOf(effect))),
    close: async () => {
      await base.settle([...marks.values()].filter((_, i) => i % 2 === 0));
      await base.close();
    },
  };
  return new Proxy(base, {
    get(target, name) {
      const from = name in own ? own : target;
      const value: unknown = Reflect.get(from, name);
      if (typeof value !== 'function') return value;
      return async (...given: unknown[]) => {
        tally.underWay++;
        try {
          return (await value.apply(from, given)) as unknown;
        } finally {
          tally.underWay--;
        }
      };
    },
  });
}
