/**
 * Brings a set of ops that do not touch each other to an outcome each.
 *
 *   ops ──bulk──► answered, all matched ──────────────────────────────► ok
 *          ▲         │ short, duplicates, conflicts
 *          │         └─► read {v, c, e} and slots back ─► ours? version? epoch? slot? ─► outcome
 *          │ unknown (network, time-out, concern)             │ none of these: it goes again
 *          └── barrier ◄─── pause ◄───────────────────────────┘
 *
 * Invariants
 * - B1 An op is told an outcome only when the server has answered for it, or when it was read back behind a barrier: a write
 *      acknowledged by a majority after it, so that what is read cannot be rolled back.
 * - B2 What is in doubt is sent again under the same write id. Compare-and-set lets one of both through, so an earlier try
 *      that arrives late does no harm.
 * - B3 A document that carries an op's write id says that this op was applied.
 */
import { StoreError } from '../../errors/error.ts';
import { type BulkResult, runBulk } from './bulk.ts';
import { compareText } from './merge.ts';
import type { PreparedOp } from './prepare.ts';
import { conflictOf, Doubt, headsOf, OK, type OpOutcome, outcomeOf, type SettlingWorld, slotsOf } from './read-back.ts';
import { type ActorWrite, insertOf, reviveOf, updateOf } from './update.ts';

interface Task {
  readonly prepared: PreparedOp;
  readonly write: ActorWrite;
  tries: number;
}

type Answer = BulkResult & { kind: 'answered' };

/** Tries of one op whose server answers and yet neither applies it nor has a reason not to. */
const MAX_TRIES = 20;

const MAX_BULK = 200;

/** Outcomes in the order of `ops`. @throws StoreError `commit_failed` (the outcome is not known), `store_closed` */
export async function settleOps(world: SettlingWorld, ops: readonly PreparedOp[]): Promise<OpOutcome[]> {
  const outcomes = new Map<PreparedOp, OpOutcome>();
  // The driver sends the kinds of a mixed bulk one after the other, each with its own wait for the disk.
  const [creates, changes] = [ops.filter(isCreate), ops.filter((one) => !isCreate(one))];
  const parts = [...bulksOf(creates), ...bulksOf(changes)];
  await Promise.all(parts.map((part) => settlePart(world, part, outcomes)));
  return ops.map((one) => outcomes.get(one) ?? OK);
}

/** Of bounded size, each in the order of ids: bulks that meet on the server lock in the same order, and none waits for one that waits for it. */
function bulksOf(ops: readonly PreparedOp[]): PreparedOp[][] {
  const sorted = [...ops].sort((a, b) => compareText(a.op.doc.id, b.op.doc.id));
  return Array.from({ length: Math.ceil(sorted.length / MAX_BULK) }, (_, i) => sorted.slice(i * MAX_BULK, (i + 1) * MAX_BULK));
}

const isCreate = ({ op }: PreparedOp): boolean => op.expectedVersion === 0;

async function settlePart(world: SettlingWorld, part: readonly PreparedOp[], outcomes: Map<PreparedOp, OpOutcome>): Promise<void> {
  let open: Task[] = part.map((prepared) => ({ prepared, write: isCreate(prepared) ? insertOf(prepared) : updateOf(prepared), tries: 0 }));
  const doubt = new Doubt(world);
  while (open.length > 0) {
    const sent = open;
    const writes = sent.map(({ write }) => write);
    const result = await world.lanes.run(() => runBulk(world.collections.actors, writes, false));
    if (result.kind === 'unknown') {
      open = await doubt.clear(result.cause, sent.length, () => readBack(world, sent, outcomes));
      continue;
    }
    open = await judge(world, sent, result, outcomes);
    for (const task of open)
      if (++task.tries > MAX_TRIES) throw new StoreError('commit_failed', `mongodb: ${task.prepared.op.doc.id} is neither applied nor refused`);
  }
}

/** After an answer: what it says for certain is an outcome, the rest is read back. Returns what has to go again. */
async function judge(world: SettlingWorld, open: readonly Task[], { failed, short }: Answer, outcomes: Map<PreparedOp, OpOutcome>): Promise<Task[]> {
  const suspects: Task[] = [];
  for (const [i, task] of open.entries()) {
    const failure = failed.get(i);
    if (failure && !failure.duplicate && !failure.conflict) outcomes.set(task.prepared, { kind: 'refused', text: failure.text });
    else if (failure || (short && 'updateOne' in task.write)) suspects.push(task);
    else outcomes.set(task.prepared, OK);
  }
  return suspects.length === 0 ? [] : readBack(world, suspects, outcomes);
}

async function readBack(world: SettlingWorld, suspects: readonly Task[], outcomes: Map<PreparedOp, OpOutcome>): Promise<Task[]> {
  const heads = await headsOf(
    world.collections,
    suspects.map(({ prepared }) => prepared),
  );
  const unexplained: Task[] = [];
  for (const task of suspects) {
    const outcome = outcomeOf(task.prepared, heads.get(task.prepared.op.doc.id));
    if (outcome) outcomes.set(task.prepared, outcome);
    else unexplained.push(task);
  }
  const again: Task[] = [];
  const held = await slotsOf(
    world.collections.actors,
    unexplained.map(({ prepared }) => prepared),
  );
  for (const task of unexplained) {
    const conflict = conflictOf(task.prepared, held);
    const head = heads.get(task.prepared.op.doc.id);
    if (conflict) outcomes.set(task.prepared, conflict);
    else if (head?.gone) {
      await world.beforeRevival(task.prepared);
      again.push({ ...task, write: reviveOf(task.prepared, head.c) });
    } else again.push(task);
  }
  return again;
}
