/**
 * Brings the ops of one group to an outcome: in order, up to the first that does not hold, in one ordered bulk.
 *
 * A compare-and-set that misses is no error, so an ordered bulk would go on behind it. Here it is made one: the update's
 * pipeline fails unless the stored version and epoch are those that are expected.
 *
 *   op 1 ─► op 2 ─► op 3 ✗ fails ┊ op 4   op 5        not reached
 *   applied         outcome
 *
 * Invariants as in `settling.ts`, and
 * - C1 An op is applied only when all before it are. So the last op whose write id is found tells of all before it.
 */
import { runBulk, type WriteFailure } from './bulk.ts';
import type { PreparedOp } from './prepare.ts';
import { conflictOf, Doubt, headsOf, OK, type OpOutcome, outcomeOf, type SettlingWorld, slotsOf } from './read-back.ts';
import { settleOps } from './settling.ts';
import { guardedOf, insertOf } from './update.ts';

export interface ChainResult {
  /** How many ops hold, from the first on. */
  readonly applied: number;
  /** `ok`, or why the one behind them does not hold. */
  readonly outcome: OpOutcome;
}

/** @throws StoreError `commit_failed` (the outcome is not known), `store_closed` */
export async function settleChain(world: SettlingWorld, ops: readonly PreparedOp[]): Promise<ChainResult> {
  const writes = ops.map((prepared) => (prepared.op.expectedVersion === 0 ? insertOf(prepared) : guardedOf(prepared)));
  const doubt = new Doubt(world);
  let done = 0;
  while (done < ops.length) {
    const rest = writes.slice(done);
    const result = await world.lanes.run(() => runBulk(world.collections.actors, rest, true));
    if (result.kind === 'unknown') {
      const from = done;
      done = await doubt.clear(result.cause, ops.length - from, () => appliedUpTo(world, ops, from));
      continue;
    }
    const [failure] = result.failed;
    if (!failure) return { applied: ops.length, outcome: OK };
    const [place, why] = failure;
    const failed = done + place;
    done = await appliedUpTo(world, ops, failed);
    if (done > failed) continue;
    const outcome = await outcomeOfOne(world, ops[failed] as PreparedOp, why);
    if (outcome.kind !== 'ok') return { applied: failed, outcome };
    done = failed + 1;
  }
  return { applied: ops.length, outcome: OK };
}

/** The first place from `from` on whose op is not known to be applied. */
async function appliedUpTo(world: SettlingWorld, ops: readonly PreparedOp[], from: number): Promise<number> {
  const heads = await headsOf(world.collections, ops.slice(from));
  const last = ops.findLastIndex(({ op, write }, i) => i >= from && heads.get(op.doc.id)?.c.equals(write));
  return last < 0 ? from : last + 1;
}

async function outcomeOfOne(world: SettlingWorld, prepared: PreparedOp, why: WriteFailure): Promise<OpOutcome> {
  const head = (await headsOf(world.collections, [prepared])).get(prepared.op.doc.id);
  const outcome = outcomeOf(prepared, head) ?? conflictOf(prepared, await slotsOf(world.collections.actors, [prepared]));
  if (outcome) return outcome;
  if (!why.duplicate && !why.conflict) return { kind: 'refused', text: why.text };
  // Whatever was in the way has gone, or it is what is left of a removed document.
  const [alone] = await settleOps(world, [prepared]);
  return alone ?? OK;
}
