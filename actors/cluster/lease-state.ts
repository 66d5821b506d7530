/**
 * One shard's lease as one node sees it: events in, writes and news out. Pure; every instant is one of the own monotonic clock.
 *
 *        claim            written               lapsed, or a foreign revision
 *   none ─────► asking ───────────► held ──────────────────────────────────────► none (lose)
 *     ▲            │ refused         │ ▲ renewal, raise: written
 *     └────────────┘                 └─┘
 *     ▲                              │ release
 *     └────────── releasing ◄────────┘
 *
 * Invariants
 * - Z1 A lease is valid until `leaseMs` after the instant at which the last write that NATS took was sent, and not a moment longer.
 * - Z2 Every write names the revision that it replaces; whoever wrote meanwhile makes it fail.
 * - Z3 An answer that never came extends nothing; what the watch shows, or the leader says, tells whether it was stored.
 * - Z4 A lease that another holds is free when no new revision of it was seen here for `leaseMs`.
 * - Z5 Copies of the stream may differ after a crash of its leader: what the leader says counts, also with a lower revision.
 */
import type { LeaseRecord, NodeId } from './contract.ts';

export interface LeaseSelf {
  readonly node: NodeId;
  readonly incarnation: string;
  readonly leaseMs: number;
}

/** What the bucket showed last. `record` is null where there is none; `revision` is 0 when there never was one. */
export interface Seen {
  readonly record: LeaseRecord | null;
  readonly revision: number;
  /** When this revision was first seen in this session with NATS. */
  readonly at: number;
}

interface Write {
  readonly op: number;
  /** Revision that it replaces. */
  readonly base: number;
  readonly sentAt: number;
  readonly epoch: number;
  readonly beat: number;
}

export type Mine =
  | { readonly kind: 'none' }
  | { readonly kind: 'asking'; readonly write: Write }
  | {
      readonly kind: 'held';
      readonly epoch: number;
      readonly beat: number;
      readonly validUntil: number;
      /** Revision that the next write replaces; undefined while NATS is away, or while another than ours may stand there. */
      readonly revision: number | undefined;
      readonly writing: Write | null;
      /** Sent, and never answered: it may stand in the bucket. */
      readonly unanswered: Write | null;
      readonly renewedAt: number;
      /** Not to be used until its epoch was raised. */
      readonly suspended: boolean;
    }
  | { readonly kind: 'releasing'; readonly op: number };

export interface LeaseState {
  /** Undefined until the watch of this session has shown all there is. */
  readonly seen: Seen | undefined;
  readonly mine: Mine;
}

export type LeaseEvent =
  /** NATS is away: what was seen means nothing any more. */
  | { readonly type: 'away' }
  | { readonly type: 'seen'; readonly at: number; readonly record: LeaseRecord | null; readonly revision: number }
  /** What the leader of the stream says that stands there; it holds whatever the watch showed. */
  | { readonly type: 'word'; readonly at: number; readonly record: LeaseRecord | null; readonly revision: number }
  /** `epoch` is above everything that the store and the lease know, and the store has it. */
  | { readonly type: 'claim'; readonly at: number; readonly op: number; readonly epoch: number }
  | { readonly type: 'raise'; readonly at: number; readonly op: number; readonly epoch: number }
  | { readonly type: 'suspend' }
  | { readonly type: 'release'; readonly op: number }
  /** Renew when it is time; notice that it is too late. */
  | { readonly type: 'tick'; readonly at: number; readonly op: number }
  | { readonly type: 'written'; readonly at: number; readonly op: number; readonly revision: number }
  | { readonly type: 'refused'; readonly op: number }
  | { readonly type: 'unanswered'; readonly op: number };

export type LeaseEffect =
  /** Answered by `written`, `refused` or `unanswered` with the same `op`. */
  | { readonly type: 'write'; readonly op: number; readonly record: LeaseRecord; readonly revision: number }
  | { readonly type: 'acquired'; readonly epoch: number }
  | { readonly type: 'lost'; readonly epoch: number; readonly reason: 'lapsed' | 'taken' };

export interface LeaseStep {
  readonly state: LeaseState;
  readonly effects: readonly LeaseEffect[];
}

type Held = Extract<Mine, { kind: 'held' }>;
const NONE: Mine = { kind: 'none' };
const NOTHING: readonly LeaseEffect[] = [];

export const FREE: LeaseState = { seen: undefined, mine: NONE };

/** Epoch under which the shard may be written at that instant. */
export function epochAt({ mine }: LeaseState, at: number): number | undefined {
  return mine.kind === 'held' && !mine.suspended && at < mine.validUntil ? mine.epoch : undefined;
}

/** Whether its owner has said so within the lease time, as this session with NATS saw it; or it is ours and valid. */
export function isServedAt(self: LeaseSelf, state: LeaseState, { since }: SessionView, at: number): boolean {
  const { seen } = state;
  if (epochAt(state, at) !== undefined) return true;
  if (state.mine.kind !== 'none' || !seen?.record?.node || isOwn(self, seen.record)) return false;
  return seen.at > since && at < seen.at + self.leaseMs;
}

/** Whether the record was written by this life of this node. */
export function isOwn(self: LeaseSelf, record: LeaseRecord | null): boolean {
  return record?.node === self.node && record.incarnation === self.incarnation;
}

/** How a session with NATS stands, for the question who may claim. */
export interface SessionView {
  /** When all records had been seen. */
  readonly since: number;
  /** Time that former owners have to themselves: above 0 when NATS was away before. */
  readonly settleMs: number;
}

/** From which instant on this node may claim the shard; undefined while it has it, or knows nothing. */
export function claimableAt(self: LeaseSelf, { seen, mine }: LeaseState, { since, settleMs }: SessionView): number | undefined {
  if (mine.kind !== 'none' || !seen) return undefined;
  const { record, at } = seen;
  // A bucket that was lost, or lost its last writes, may hide an owner.
  if (!record) return since + self.leaseMs + settleMs;
  if (isOwn(self, record)) return since;
  if (record.node === null) return settleMs > 0 ? since + self.leaseMs : since;
  if (at > since || record.node === self.node) return Math.max(at, since) + self.leaseMs;
  // Silent since NATS is back: its owner has time to come back first.
  return since + self.leaseMs + settleMs;
}

/** What an event changes, and what is to be done. */
export function step(self: LeaseSelf, state: LeaseState, event: LeaseEvent): LeaseStep {
  switch (event.type) {
    case 'away':
      return { state: { seen: undefined, mine: withoutNats(state.mine) }, effects: NOTHING };
    case 'seen':
      return seen(self, state, event);
    case 'word':
      return word(self, state, event);
    case 'claim':
      return claim(self, state, event);
    case 'raise':
      return raise(self, state, event);
    case 'suspend':
      return state.mine.kind === 'held' ? just({ ...state, mine: { ...state.mine, suspended: true } }) : just(state);
    case 'release':
      return release(self, state, event.op);
    case 'tick':
      return tick(self, state, event);
    case 'written':
      return written(self, state, event.op, event.revision, event.at);
    case 'refused':
      return unwritten(state, event.op, false);
    case 'unanswered':
      return unwritten(state, event.op, true);
  }
}

function just(state: LeaseState): LeaseStep {
  return { state, effects: NOTHING };
}

function withoutNats(mine: Mine): Mine {
  if (mine.kind !== 'held') return NONE;
  return { ...mine, revision: undefined, writing: null, unanswered: mine.writing ? silent(mine.writing) : mine.unanswered };
}

/** Its answer is not waited for any more, only its trace in the bucket. */
function silent(write: Write): Write {
  return { ...write, op: 0 };
}

function seen(self: LeaseSelf, state: LeaseState, { at, record, revision }: Extract<LeaseEvent, { type: 'seen' }>): LeaseStep {
  if (state.seen && revision <= state.seen.revision) return just(state);
  const next = { ...state, seen: { record, revision, at } };
  const { mine } = state;
  if (mine.kind === 'asking') return isOwn(self, record) && record?.epoch === mine.write.epoch ? written(self, next, mine.write.op, revision, at) : just(next);
  if (mine.kind !== 'held') return just(next);
  const write = [mine.writing, mine.unanswered].find((one) => one && isOwn(self, record) && record?.epoch === one.epoch && record.beat === one.beat);
  if (write) return keep(self, next, mine, write, revision, at);
  // A copy of the stream may number it otherwise than the leader, who has answered this write.
  if (record && isOwn(self, record))
    return just(mine.revision !== undefined && record.beat <= mine.beat ? next : { ...next, mine: onwards(mine, record, revision) });
  // An empty bucket: it was lost with its NATS. Ours until it lapses, and to be claimed again.
  if (revision === 0) return just({ ...next, mine: { ...mine, revision: 0 } });
  if (mine.revision !== undefined && revision <= mine.revision) return just(next);
  return lost(next, mine, 'taken');
}

/** While a write is on its way its answer tells more. */
function word(self: LeaseSelf, state: LeaseState, { at, record, revision }: Extract<LeaseEvent, { type: 'word' }>): LeaseStep {
  const { mine } = state;
  if (!state.seen || mine.kind === 'asking' || mine.kind === 'releasing' || (mine.kind === 'held' && mine.writing)) return just(state);
  // The same beat is the same write, however a copy of the stream numbers it: its owner was silent all the same.
  const next = { ...state, seen: { record, revision, at: isSame(state.seen.record, record) ? state.seen.at : at } };
  if (mine.kind === 'none') return just(next);
  if (record && isOwn(self, record)) {
    const { unanswered } = mine;
    const going: Held = { ...onwards(mine, record, revision), renewedAt: Number.NEGATIVE_INFINITY };
    return unanswered && record.epoch === unanswered.epoch && record.beat === unanswered.beat
      ? keep(self, next, going, unanswered, revision, at)
      : just({ ...next, mine: going });
  }
  return revision === 0 ? just({ ...next, mine: { ...mine, revision: 0 } }) : lost(next, mine, 'taken');
}

function isSame(one: LeaseRecord | null, other: LeaseRecord | null): boolean {
  if (!one || !other) return one === other;
  return one.node === other.node && one.incarnation === other.incarnation && one.epoch === other.epoch && one.beat === other.beat;
}

/** The next write replaces this record of ours. */
function onwards(mine: Held, { epoch, beat }: LeaseRecord, revision: number): Held {
  return { ...mine, revision, epoch: Math.max(mine.epoch, epoch), beat: Math.max(mine.beat, beat) };
}

/** Another than that of a write which was not answered, so that their traces differ. */
function nextBeat({ beat, unanswered }: Held): number {
  return Math.max(beat, unanswered?.beat ?? 0) + 1;
}

function claim(self: LeaseSelf, state: LeaseState, { at, op, epoch }: Extract<LeaseEvent, { type: 'claim' }>): LeaseStep {
  if (state.mine.kind !== 'none' || !state.seen) return just(state);
  const { record, revision } = state.seen;
  const write: Write = { op, base: revision, sentAt: at, epoch, beat: (record?.beat ?? 0) + 1 };
  const previous = isOwn(self, record) ? (record?.previous ?? null) : (record?.node ?? record?.previous ?? null);
  return { state: { ...state, mine: { kind: 'asking', write } }, effects: [writeOf(self, write, previous)] };
}

function raise(self: LeaseSelf, state: LeaseState, { at, op, epoch }: Extract<LeaseEvent, { type: 'raise' }>): LeaseStep {
  const { mine } = state;
  if (mine.kind !== 'held' || mine.revision === undefined || mine.writing || epoch <= mine.epoch) return just(state);
  const write: Write = { op, base: mine.revision, sentAt: at, epoch, beat: nextBeat(mine) };
  return { state: { ...state, mine: { ...mine, writing: write } }, effects: [writeOf(self, write, state.seen?.record?.previous ?? null)] };
}

function release(self: LeaseSelf, state: LeaseState, op: number): LeaseStep {
  const { mine, seen: last } = state;
  // A record of ours without a lease: an answer that came too late, or never.
  const stray =
    mine.kind === 'none' && last?.record && isOwn(self, last.record)
      ? { epoch: last.record.epoch, beat: last.record.beat, revision: last.revision }
      : undefined;
  const held = mine.kind === 'held' && !mine.writing ? mine : undefined;
  const from = held ? { ...held, beat: nextBeat(held) - 1 } : stray;
  if (!from) return just(state);
  if (from.revision === undefined || from.revision === 0) return just({ ...state, mine: NONE });
  const record: LeaseRecord = { node: null, incarnation: null, epoch: from.epoch, previous: self.node, beat: from.beat + 1 };
  return { state: { ...state, mine: { kind: 'releasing', op } }, effects: [{ type: 'write', op, record, revision: from.revision }] };
}

function tick(self: LeaseSelf, state: LeaseState, { at, op }: Extract<LeaseEvent, { type: 'tick' }>): LeaseStep {
  const { mine } = state;
  if (mine.kind !== 'held') return just(state);
  if (at >= mine.validUntil) return lost(state, mine, 'lapsed');
  // Revision 0: only a raise may make the record anew.
  if (!mine.revision || mine.writing || at - mine.renewedAt < self.leaseMs / 3) return just(state);
  const write: Write = { op, base: mine.revision, sentAt: at, epoch: mine.epoch, beat: nextBeat(mine) };
  const previous = state.seen?.record?.previous ?? null;
  return { state: { ...state, mine: { ...mine, writing: write, renewedAt: at } }, effects: [writeOf(self, write, previous)] };
}

function written(self: LeaseSelf, state: LeaseState, op: number, revision: number, at: number): LeaseStep {
  const { mine } = state;
  if (mine.kind === 'releasing' && mine.op === op) return just({ ...state, mine: NONE });
  if (mine.kind === 'held') {
    return mine.writing?.op === op ? keep(self, state, mine, mine.writing, revision, at) : just(state);
  }
  if (mine.kind !== 'asking' || mine.write.op !== op) return just(state);
  const { sentAt, epoch, beat } = mine.write;
  const validUntil = sentAt + self.leaseMs;
  if (at >= validUntil) return just({ ...state, mine: NONE });
  const held: Held = { kind: 'held', epoch, beat, validUntil, revision, writing: null, unanswered: null, renewedAt: sentAt, suspended: false };
  return { state: { ...state, mine: held }, effects: [{ type: 'acquired', epoch }] };
}

/** One of our writes stands in the bucket. */
function keep(self: LeaseSelf, state: LeaseState, mine: Held, write: Write, revision: number, at: number): LeaseStep {
  const validUntil = Math.max(mine.validUntil, write.sentAt + self.leaseMs);
  const raised = write.epoch > mine.epoch;
  const next: Held = {
    ...mine,
    revision: Math.max(revision, mine.revision ?? 0),
    validUntil,
    epoch: Math.max(mine.epoch, write.epoch),
    beat: Math.max(mine.beat, write.beat),
    writing: mine.writing === write ? null : mine.writing,
    // Whatever was sent before it either stands below it or never will.
    unanswered: null,
    suspended: mine.suspended && !raised,
  };
  return at >= validUntil ? lost(state, next, 'lapsed') : just({ ...state, mine: next });
}

function unwritten(state: LeaseState, op: number, mayStand: boolean): LeaseStep {
  const { mine } = state;
  if (mine.kind === 'asking' && mine.write.op === op) return just({ ...state, mine: NONE });
  if (mine.kind === 'releasing' && mine.op === op) return just({ ...state, mine: NONE });
  if (mine.kind !== 'held' || mine.writing?.op !== op) return just(state);
  if (mayStand) return just({ ...state, mine: { ...mine, writing: null, unanswered: silent(mine.writing) } });
  // What stands there the leader says, or the watch; until then it is ours as long as it is valid, and nothing more is written.
  const revision = mine.revision !== undefined && mine.revision > mine.writing.base ? mine.revision : undefined;
  return just({ ...state, mine: { ...mine, writing: null, revision } });
}

function lost(state: LeaseState, mine: Held, reason: 'lapsed' | 'taken'): LeaseStep {
  return { state: { ...state, mine: NONE }, effects: [{ type: 'lost', epoch: mine.epoch, reason }] };
}

function writeOf(self: LeaseSelf, write: Write, previous: NodeId | null): LeaseEffect {
  return {
    type: 'write',
    op: write.op,
    revision: write.base,
    record: { node: self.node, incarnation: self.incarnation, epoch: write.epoch, previous, beat: write.beat },
  };
}
