/**
 * Commits: groups of one call that touch nothing in common go as one bulk; those that do go one after the other, as if
 * each were alone.
 *
 * Invariants
 * - W1 What a group holds is applied in order; the first op that does not hold ends it (`atomicGroups` is false).
 * - W2 Nothing is told before every op of the group has its outcome from the server (see `settling.ts`).
 * - W3 Within this process nothing else writes to what a group touches, and nothing claims its slots, while it is on its way (see `turns.ts`).
 * - W4 Nothing is read before it is written, unless the caller did not say what was there.
 */
import type { ActorId } from '../../../machines/common/effects.ts';
import { StoreError } from '../../errors/error.ts';
import type { StoreFaults } from '../faults.ts';
import type { ActorDoc, CommitGroup, CommitOutcome } from '../store.ts';
import { settleChain } from './chain.ts';
import type { Collections } from './collections.ts';
import type { Counters } from './counters.ts';
import { DOC_FIELDS, decodeDoc } from './encode.ts';
import { toStoreError } from './errors.ts';
import type { StoredActor } from './layout.ts';
import { type PreparedGroup, type PreparedOp, prepareCall, type Riders } from './prepare.ts';
import { OK, type OpOutcome, type SettlingWorld } from './read-back.ts';
import type { Settles } from './settles.ts';
import { settleOps } from './settling.ts';
import type { Tails } from './tails.ts';
import type { Turns } from './turns.ts';

export interface WriterWorld {
  readonly collections: Collections;
  readonly settling: Omit<SettlingWorld, 'beforeRevival'>;
  readonly counters: Counters;
  readonly settles: Settles;
  readonly tails: Tails;
  readonly turns: Turns;
  readonly faults: StoreFaults;
}

/** A group on its way. */
interface Course {
  readonly ops: PreparedGroup;
  outcome: OpOutcome | undefined;
}

export class Writer {
  readonly #world: WriterWorld;
  readonly #settling: SettlingWorld;
  /** Outcomes of groups whose call failed for the fault of others: the caller sends them again. */
  readonly #known = new WeakMap<CommitGroup, CommitOutcome>();
  readonly #riders: Riders;
  readonly #underWay = new Set<Promise<unknown>>();

  constructor(world: WriterWorld) {
    this.#world = world;
    this.#settling = { ...world.settling, beforeRevival: ({ op }) => world.tails.drop([op.doc.id]) };
    this.#riders = { marksOf: (actor) => world.settles.of(actor), copiedOf: (doc) => world.tails.copiedOf(doc) };
  }

  commit(groups: readonly CommitGroup[]): Promise<readonly CommitOutcome[]> {
    const work = this.#commit(groups);
    this.#underWay.add(work);
    const done = (): void => void this.#underWay.delete(work);
    work.then(done, done);
    return work;
  }

  /** Resolves when all commits that are under way now have ended. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#underWay);
  }

  async #commit(groups: readonly CommitGroup[]): Promise<readonly CommitOutcome[]> {
    const courses: Course[] = prepareCall(groups, this.#riders).map((ops, i) => ({
      ops,
      outcome: this.#remembered(groups[i]) ?? (ops.length === 0 ? OK : undefined),
    }));
    const { faults } = this.#world;
    try {
      await faults.beforeWrite?.({ ops: groups.reduce((sum, group) => sum + group.length, 0) });
      for (let open = courses.filter(isOpen); open.length > 0; open = open.filter(isOpen)) await this.#wave(free(open));
      await faults.beforeAcknowledge?.();
    } catch (error) {
      throw toStoreError('commit_failed', 'the commit failed', error);
    }
    return this.#answer(groups, courses);
  }

  #remembered(group: CommitGroup | undefined): CommitOutcome | undefined {
    return group && this.#known.get(group);
  }

  /** Groups of one op share a bulk; each of several is a chain of its own. */
  async #wave(courses: readonly Course[]): Promise<void> {
    const turn = await this.#world.turns.take(courses.flatMap(({ ops }) => ops.flatMap(touched)));
    try {
      await this.#write(courses);
    } finally {
      turn.end();
    }
  }

  async #write(courses: readonly Course[]): Promise<void> {
    const before = await this.#unsaid(courses.flatMap(({ ops }) => ops));
    const singles = courses.filter(({ ops }) => ops.length === 1);
    const chains = courses.filter(({ ops }) => ops.length > 1);
    await Promise.all([this.#singles(singles, before), ...chains.map((course) => this.#chain(course, before))]);
  }

  async #singles(courses: readonly Course[], before: Map<ActorId, ActorDoc>): Promise<void> {
    const ops = courses.map((course) => course.ops[0] as PreparedOp);
    const outcomes = await settleOps(this.#settling, ops);
    for (const [i, course] of courses.entries()) course.outcome = outcomes[i];
    await this.#follow(
      ops.filter((_, i) => outcomes[i]?.kind === 'ok'),
      before,
    );
  }

  async #chain(course: Course, before: Map<ActorId, ActorDoc>): Promise<void> {
    const { applied, outcome } = await settleChain(this.#settling, course.ops);
    course.outcome = outcome;
    await this.#follow(course.ops.slice(0, applied), before);
  }

  /** What applied ops bring about beside their documents. */
  async #follow(applied: readonly PreparedOp[], before: Map<ActorId, ActorDoc>): Promise<void> {
    const { counters, settles, tails } = this.#world;
    for (const prepared of applied) {
      const { op } = prepared;
      counters.moved(op.before ?? before.get(op.doc.id), op.remove ? undefined : op.doc);
      before.set(op.doc.id, op.doc);
      settles.written(op.doc.id, prepared.settled);
      if (op.settle) settles.add(op.settle.filter(({ actor }) => actor !== op.doc.id));
      tails.grew(prepared);
    }
    const removed = applied.filter(({ op }) => op.remove);
    if (removed.length > 0) await this.#clear(removed);
  }

  /** Documents as they were, where the caller does not say: only counters need them. */
  async #unsaid(ops: readonly PreparedOp[]): Promise<Map<ActorId, ActorDoc>> {
    const asked = ops.filter(({ op }) => op.expectedVersion > 0 && !op.before);
    const found = new Map<ActorId, ActorDoc>();
    if (asked.length === 0) return found;
    const { actors } = this.#world.collections;
    const ids = asked.map(({ op }) => op.doc.id);
    const stored = await actors
      .find({ _id: { $in: ids } })
      .project<StoredActor>(DOC_FIELDS)
      .toArray();
    for (const doc of stored.flatMap((one) => decodeDoc(one) ?? [])) found.set(doc.id, doc);
    return found;
  }

  /** History goes, and then the document itself unless it holds slots or effects. */
  async #clear(removed: readonly PreparedOp[]): Promise<void> {
    const { collections, tails } = this.#world;
    await tails.drop(removed.map(({ op }) => op.doc.id));
    const filter = { c: { $in: removed.map(({ write }) => write) }, _id: { $in: removed.map(({ op }) => op.doc.id) } };
    await collections.actors.deleteMany({ ...filter, gone: 1, ...HOLDS_NOTHING } as object);
  }

  #answer(groups: readonly CommitGroup[], courses: readonly Course[]): CommitOutcome[] {
    const outcomes: CommitOutcome[] = [];
    const refused: number[] = [];
    let text = '';
    for (const [i, { outcome = OK }] of courses.entries()) {
      if (outcome.kind === 'refused') {
        refused.push(i);
        text ||= outcome.text;
      } else outcomes.push(outcome);
    }
    if (refused.length === 0) return outcomes;
    for (const [i, { outcome = OK }] of courses.entries()) {
      const group = groups[i];
      if (group && outcome.kind !== 'refused') this.#known.set(group, outcome);
    }
    throw new StoreError('document_invalid', `mongodb: the server does not take the document: ${text}`, { retry: 'never', details: { groups: refused } });
  }
}

/** A removed document that can go altogether. */
export const HOLDS_NOTHING = { sl: { $exists: false }, u: { $exists: false } } as const;

const isOpen = (course: Course): boolean => course.outcome === undefined;

/** Those that touch nothing that one before them touches. */
function free(open: readonly Course[]): Course[] {
  const taken = new Set<string>();
  const chosen: Course[] = [];
  for (const course of open) {
    const touches = course.ops.flatMap(touched);
    if (!touches.some((one) => taken.has(one))) chosen.push(course);
    for (const one of touches) taken.add(one);
  }
  return chosen;
}

/** Documents and slots apart: no id begins with a blank. */
function touched({ op, slots }: PreparedOp): string[] {
  return [op.doc.id, ...slots.map((slot) => ` ${slot}`)];
}
