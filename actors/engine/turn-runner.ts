/**
 * Runs one turn of one key to its end: handlers, commit, and only then replies and hand-over of what leaves.
 *
 * Invariants
 * - R1 No reply before the commit that carries its effects; a failed commit fails every reply of the turn.
 * - R2 A message that throws changes nothing, and the others of the turn stand. From a durable origin it is kept in quarantine, in the same commit.
 * - R3 A compare-and-set that misses drops what memory held; the messages are applied again, one by one, to what the store has.
 * - R4 Nothing is read for a reply, and nothing is written, without an epoch of the shard that is valid now.
 * - R5 Without atomic groups, tells of one actor to others of its key are applied in the order of its versions: those that an
 *      earlier life of the engine committed and did not apply come before fresh ones.
 */
import type { ActorId } from '../../machines/common/effects.ts';
import { MeterwrightError, NotOwnerError, RefusedError, StoreError } from '../errors/error.ts';
import type { ActorDoc, CommitOp, CommitOutcome, Effect, EffectRef, Reminder } from '../store/store.ts';
import type { DocCache } from './cache.ts';
import type { Committer } from './committer.ts';
import type { Command } from './definition.ts';
import { NUDGE } from './parking.ts';
import type { Ports } from './ports.ts';
import { quarantineRecord } from './quarantine.ts';
import { TELL_CHANNEL } from './step.ts';
import { tellKey } from './tell-channel.ts';
import { KeyTurn, type TurnWorld } from './turn.ts';

/** A command with whoever waits for it. */
export interface Pending {
  readonly command: Command;
  readonly resolve: (reply: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** Where the crash tests may stop the world. */
export type CrashPoint = 'before-commit' | 'after-commit' | 'before-tell' | 'after-tell' | 'before-effect' | 'after-effect';

export interface RunnerWorld extends TurnWorld {
  readonly ports: Ports;
  readonly committer: Committer;
  readonly cache: DocCache;
  /** Documents, as memory holds them, whose tells to others of their key are all applied. */
  readonly told: WeakSet<ActorDoc>;
  undone(actor: ActorId, channel: string): Promise<readonly Effect[]>;
  /** Under which epoch a shard may be written now; undefined: not by us. */
  epochOf(shard: number): number | undefined;
  /** The store has a higher epoch than ours. */
  overtaken(shard: number, storedEpoch: number): void;
  /** Where a crash test may stop this key's world: the promise then never settles. */
  pass(point: CrashPoint, key: string, what: string): Promise<void> | undefined;
  /** The store did not take a commit, and not because it keeps a reserve. */
  failed(error: unknown): void;
  /** An actor is back in service: what it owes is looked for at once. */
  unparked(): void;
  /** What an actor owes is not to wait out its pauses. */
  nudged(doc: ActorDoc): void;
  /** What was committed and now leaves. */
  leaving(effects: readonly Effect[], reminders: readonly { readonly doc: ActorDoc; readonly reminder: Reminder }[]): void;
  handler(type: string): ((turn: KeyTurn, payload: unknown) => Promise<unknown>) | undefined;
}

interface Result {
  readonly pending: Pending;
  readonly reply?: unknown;
  readonly error?: unknown;
}

const MAX_ATTEMPTS = 5;
/** Commits that fail for a reason of their own: the store is well. */
const BLAMELESS: ReadonlySet<string> = new Set(['disk_reserve', 'document_invalid']);

export async function runTurn(world: RunnerWorld, key: string, batch: readonly Pending[]): Promise<void> {
  let left = await attemptTurn(world, key, batch);
  for (let attempt = 2; left.length > 0 && attempt <= MAX_ATTEMPTS; attempt++) {
    const again: Missed[] = [];
    for (const { pending } of left) again.push(...(await attemptTurn(world, key, [pending])));
    left = again;
  }
  for (const { pending, refusal } of left) {
    if (refusal) await attemptTurn(world, key, [pending], refusal);
    else pending.reject(new StoreError('contended', `key: ${key} changed under every one of ${MAX_ATTEMPTS} attempts`));
  }
}

/** A message whose commit did not hold; `refusal` when trying alone cannot help, if that comes out again. */
interface Missed {
  readonly pending: Pending;
  readonly refusal?: RefusedError;
}

/** One try. Returns the messages to try again. With a refusal the first step throws it: the message cannot be applied. */
async function attemptTurn(world: RunnerWorld, key: string, batch: readonly Pending[], refusal?: RefusedError): Promise<readonly Missed[]> {
  const shard = world.shardOf(key);
  if (world.epochOf(shard) === undefined) return refuseAll(batch, shard);
  const turn = new KeyTurn(world, key, world.ports.clock.now());
  turn.refusal = refusal;
  const results: Result[] = [];
  for (const pending of batch) results.push(await runOne(world, turn, pending));
  const epoch = world.epochOf(shard);
  if (epoch === undefined) return refuseAll(batch, shard);
  const ops = turn.set.ops(() => world.ports.ids.uuid(), epoch);
  if (ops.length === 0) {
    answer(results);
    return [];
  }
  let outcome: CommitOutcome;
  try {
    await world.pass('before-commit', key, key);
    outcome = await world.committer.commit(ops);
    await world.pass('after-commit', key, key);
  } catch (error) {
    for (const op of ops) world.cache.drop(op.doc.id);
    const failure = error instanceof MeterwrightError ? error : new StoreError('commit_failed', 'store: the commit failed', { cause: error });
    if (failure.code === 'document_invalid' && !refusal) return missed(batch, new RefusedError(failure.code, failure.message, { cause: failure }));
    for (const { pending } of results) pending.reject(failure);
    if (!BLAMELESS.has(failure.code)) world.failed(failure);
    return [];
  }
  if (outcome.kind !== 'ok') {
    for (const op of ops) world.cache.drop(op.doc.id);
    if (outcome.kind === 'epoch') {
      world.overtaken(shard, outcome.storedEpoch);
      return refuseAll(batch, shard);
    }
    const taken = outcome.kind === 'slot' ? outcome.slot : undefined;
    return missed(batch, taken && new RefusedError('slot_taken', `slot: ${taken.name} belongs to ${taken.owner}`));
  }
  remember(world, turn, ops);
  if (!world.inlineTells) await applyCarried(world, key, turn, ops);
  hand(world, ops);
  answer(results);
  return [];
}

function refuseAll(batch: readonly Pending[], shard: number): readonly Missed[] {
  const error = new NotOwnerError(shard);
  for (const { reject } of batch) reject(error);
  return [];
}

function missed(batch: readonly Pending[], refusal: RefusedError | undefined): readonly Missed[] {
  return batch.map((pending) => (refusal ? { pending, refusal } : { pending }));
}

async function runOne(world: RunnerWorld, turn: KeyTurn, pending: Pending): Promise<Result> {
  const { command } = pending;
  const handler = world.handler(command.type);
  if (!handler) return { pending, error: new MeterwrightError('unknown_command', `type: no handler for ${command.type}`) };
  turn.origin = command.origin;
  try {
    const reply = await handler(turn, command.payload);
    turn.set.keep();
    return { pending, reply };
  } catch (error) {
    turn.set.undo();
    const known = error instanceof MeterwrightError;
    if (command.origin === 'caller' || (known && error.retry !== 'never')) return { pending, error };
    world.ports.log.error({ err: error, key: turn.key, command: command.type, id: command.id }, 'a message was put in quarantine');
    await quarantineRecord(turn, command, error);
    turn.set.keep();
    return { pending, reply: { kind: 'quarantined' } };
  }
}

function remember(world: RunnerWorld, turn: KeyTurn, ops: readonly CommitOp[]): void {
  for (const op of ops) {
    if (op.remove) world.cache.drop(op.doc.id);
    else world.cache.set(op.doc, turn.set.get(op.doc.id)?.live);
  }
}

/** Without atomic groups: same-key tells are applied right after the commit, before anybody hears of it. */
async function applyCarried(world: RunnerWorld, key: string, turn: KeyTurn, ops: readonly CommitOp[]): Promise<void> {
  const told = new Set(turn.set.tells.map(tellKey));
  for (const op of ops) {
    const fresh = (op.effects ?? []).filter((effect) => told.has(effect.key));
    const isUpToDate = op.expectedVersion === 0 || (op.before !== undefined && world.told.has(op.before));
    if (fresh.length === 0 ? isUpToDate : await applyInOrder(world, key, isUpToDate ? fresh : await undoneTells(world, key, op, fresh))) world.told.add(op.doc);
  }
}

/** What of an actor's tells to its key is undone, the earliest first. A receiver takes what is older than what it had for a repetition. */
async function undoneTells(world: RunnerWorld, key: string, { doc }: CommitOp, fresh: readonly Effect[]): Promise<readonly Effect[]> {
  try {
    const undone = await world.undone(doc.id, TELL_CHANNEL);
    return undone.filter((effect) => effect.version <= doc.version && (effect.data as { readonly key?: string }).key === key);
  } catch (error) {
    world.ports.log.warn({ err: error, actor: doc.id, tells: fresh.length }, 'tells are left to the outbox');
    return [];
  }
}

/** False: one could not be applied; it and those behind it stay in the outbox, which keeps their order. */
async function applyInOrder(world: RunnerWorld, key: string, effects: readonly Effect[]): Promise<boolean> {
  for (const effect of effects) {
    await world.pass('before-tell', key, effect.key);
    if (!(await applyTell(world, key, effect))) return false;
    await world.pass('after-tell', key, effect.key);
  }
  return effects.length > 0;
}

function applyTell(world: RunnerWorld, key: string, effect: Effect): Promise<boolean> {
  return new Promise((resolve) => {
    const command: Command = { key, type: 'engine.tell', payload: { effect }, origin: 'durable', id: effect.key };
    void attemptTurn(world, key, [{ command, resolve: () => resolve(true), reject: () => resolve(false) }]).then((again) => {
      if (again.length > 0) resolve(false);
    });
  });
}

function hand(world: RunnerWorld, ops: readonly CommitOp[]): void {
  const effects: Effect[] = [];
  const reminders: { doc: ActorDoc; reminder: Reminder }[] = [];
  for (const op of ops) {
    if (op.before?.parked && !op.doc.parked) world.unparked();
    if (op.history?.some(({ event }) => event === NUDGE)) world.nudged(op.doc);
    if (op.effects) effects.push(...op.effects);
    for (const reminder of op.doc.reminders) {
      const old = op.before?.reminders.find((known) => known.name === reminder.name && known.dueAt === reminder.dueAt && known.retryAt === reminder.retryAt);
      if (!old) reminders.push({ doc: op.doc, reminder });
    }
  }
  if (effects.length > 0 || reminders.length > 0) world.leaving(effects, reminders);
}

function answer(results: readonly Result[]): void {
  for (const { pending, reply, error } of results) {
    if (error === undefined) pending.resolve(reply);
    else pending.reject(error);
  }
}

/** The reference by which an effect is settled. */
export function refOf(effect: Effect): EffectRef {
  return {
    key: effect.key,
    actor: effect.actor,
    shard: effect.shard,
    channel: effect.channel,
    version: effect.version,
    n: effect.n,
    createdAt: effect.createdAt,
  };
}
