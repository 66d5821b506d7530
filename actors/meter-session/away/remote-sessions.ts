/**
 * Runs sessions where their lines are: the face of `SessionRunner` for the owner of an address.
 *
 *   order ─► a line was had (leases) ─► its node: start ─► progress, intend, end come back here
 *         └► TCP ─► the runner of this node
 *
 * Invariants
 * - S1 `run` resolves, whatever becomes of the other node: what is not heard of any more counts as lost (E3).
 * - S2 A session that is lost after its intent was committed is not ended here: it is cut off, so that its action begins again and reads first.
 * - S3 Only the node that has the lease is answered, and only while the session is live here.
 */
import type { Intent, SessionFailure, SessionProgress } from '../../../machines/meter-session/index.ts';
import type { NodeId } from '../../cluster/contract.ts';
import type { NodeCalls } from '../../cluster/node-calls.ts';
import type { Clock, Log } from '../../engine/ports.ts';
import { MeterwrightError } from '../../errors/error.ts';
import type { HaltReason, SessionRegistry, SessionView } from '../registry.ts';
import type { SessionEnd, SessionOrder, SessionRunner, SessionWatcher } from '../runner.ts';
import { sleep } from '../sleep.ts';
import { type AwayLimits, CALLS, type EndAnswer, type IntendWish, type LeaseId, type ProgressWord, type StartAnswer } from './contract.ts';
import type { LineLease, LineLeases } from './leases.ts';

export interface RemoteSessionsSetup {
  readonly clock: Clock;
  readonly log: Log;
  readonly calls: Pick<NodeCalls, 'call' | 'register'>;
  readonly leases: LineLeases;
  /** Runs what needs no line. */
  readonly local: Pick<SessionRunner, 'run'>;
  /** Of this node: those that run elsewhere are in it too. */
  readonly registry: SessionRegistry;
  readonly limits: AwayLimits;
  /** Longest that a session takes, and that a write may take after its intent, milliseconds. */
  readonly wholeMs: number;
  readonly writeMs: number;
}

/** A session that runs elsewhere, as it is known here. */
interface Live {
  readonly order: SessionOrder;
  readonly watcher: SessionWatcher;
  readonly lease: LineLease;
  readonly startedAt: number;
  view: SessionView;
  last: SessionProgress | undefined;
  /** A write was allowed. */
  intended: boolean;
  halted: HaltReason | undefined;
  readonly over: PromiseWithResolvers<'ended' | 'lost' | 'gone'>;
}

export class RemoteSessions {
  readonly #setup: RemoteSessionsSetup;
  readonly #live = new Map<LeaseId, Live>();

  constructor(setup: RemoteSessionsSetup) {
    this.#setup = setup;
    setup.calls.register(CALLS.progress, async (payload, from) => this.#progress(payload as ProgressWord, from));
    setup.calls.register(CALLS.intend, (payload, from) => this.#intend(payload as IntendWish, from));
  }

  /** Never rejects. */
  async run(order: SessionOrder, watcher: SessionWatcher): Promise<SessionEnd> {
    const { leases, local, registry } = this.#setup;
    const { canonicalAddress } = order.target;
    if (canonicalAddress.startsWith('tcp:')) return await local.run(order, watcher);
    const lease = leases.find(order.requestId);
    if (!lease) return noLine(canonicalAddress);
    if (registry.find(order.requestId)) return failed('engine', `session: action ${order.requestId} has one already`);
    const live = this.#begin(order, watcher, lease);
    const end = await this.#held(live);
    this.#live.delete(lease.id);
    registry.remove(order.requestId, end.result.outcome);
    return end;
  }

  #begin(order: SessionOrder, watcher: SessionWatcher, lease: LineLease): Live {
    const { clock, registry, leases } = this.#setup;
    const startedAt = clock.now();
    const { requestId, attempt, task, priority, target } = order;
    const { meterType, remoteAddress } = target;
    const view: SessionView = {
      requestId,
      attempt,
      meterType,
      remoteAddress,
      task,
      priority,
      stage: 'open',
      stageSince: startedAt,
      startedAt,
      octetsIn: 0,
      octetsOut: 0,
      node: lease.node,
    };
    const live: Live = { order, watcher, lease, startedAt, view, last: undefined, intended: false, halted: undefined, over: Promise.withResolvers() };
    this.#live.set(lease.id, live);
    registry.add(requestId, {
      view: () => ({ ...live.view, octetsIn: Math.max(live.view.octetsIn, lease.octets.in), octetsOut: Math.max(live.view.octetsOut, lease.octets.out) }),
      halt: (reason) => {
        live.halted ??= reason;
        lease.halt ??= reason;
        leases.tell(lease);
      },
      cut: () => this.#cut(live),
    });
    return live;
  }

  /** Until it is over in one way or the other. */
  async #held(live: Live): Promise<SessionEnd> {
    const { clock, log, wholeMs, limits } = this.#setup;
    const { lease, over } = live;
    const look = (): void => {
      if (lease.state === 'ended' || lease.state === 'gone' || lease.state === 'lost') over.resolve(lease.state);
    };
    const unwatch = lease.onState(look);
    look();
    const overdue = clock.after(wholeMs + limits.lostMs, () => this.#cut(live));
    const starting = new AbortController();
    void this.#start(live, starting.signal);
    const how = await over.promise;
    unwatch();
    overdue.cancel();
    starting.abort();
    const end = how === 'ended' ? await this.#fetch(live) : undefined;
    if (end) return end;
    log.warn({ action: live.order.requestId, node: lease.node, intended: live.intended }, 'a session was lost with the node that has its line');
    return this.#lost(live);
  }

  /** Told to start until that is heard, or it is over. Never rejects. */
  async #start({ order, lease }: Live, signal: AbortSignal): Promise<void> {
    const { calls, clock, limits, leases } = this.#setup;
    while (!signal.aborted) {
      try {
        const { kind } = await calls.call<StartAnswer>(lease.node, CALLS.start, { id: lease.id, order }, { timeoutMs: limits.callMs });
        leases.heard(lease.node);
        lease.become(kind === 'started' ? 'running' : 'gone');
        return;
      } catch {
        await sleep(clock, limits.retryMs, signal);
      }
    }
  }

  /** What became of it; nothing where its node is lost before it could say. */
  async #fetch({ lease, order }: Live): Promise<SessionEnd | undefined> {
    const { calls, clock, limits, log } = this.#setup;
    const never = new AbortController().signal;
    let bare = false;
    const until = clock.monotonic() + limits.lostMs;
    while (clock.monotonic() < until) {
      try {
        const { end } = await calls.call<EndAnswer>(lease.node, CALLS.end, { id: lease.id, ...(bare ? { bare } : {}) }, { timeoutMs: limits.callMs });
        return end ?? undefined;
      } catch (error) {
        if (error instanceof MeterwrightError && error.code === 'reply_too_large') {
          log.warn({ action: order.requestId }, 'the octets of a session are more than a message between nodes takes, and are left out');
          bare = true;
        } else await sleep(clock, limits.retryMs, never);
      }
    }
    return undefined;
  }

  /** It ends at once; where its node does not say so soon, without it. */
  #cut(live: Live): void {
    const { clock, leases, limits } = this.#setup;
    live.lease.isCut = true;
    leases.tell(live.lease);
    clock.after(limits.cutMs, () => live.over.resolve('lost'));
  }

  #progress({ id, progress, view }: ProgressWord, from: NodeId): null {
    const live = this.#liveAt(id, from);
    live.last = progress;
    live.view = { ...view, node: from };
    live.watcher.progress(progress, live.view);
    return null;
  }

  async #intend({ id, before }: IntendWish, from: NodeId): Promise<Intent> {
    const { clock, writeMs } = this.#setup;
    const live = this.#liveAt(id, from);
    const intent = await live.watcher.intend(before);
    // It was given up while that was committed: the answer would be for nobody, and no write may follow.
    this.#liveAt(id, from);
    if (intent.kind === 'go') {
      live.intended = true;
      live.lease.notLostBefore = clock.monotonic() + writeMs;
    }
    return intent;
  }

  #liveAt(id: LeaseId, from: NodeId): Live {
    const live = this.#live.get(id);
    if (live?.lease.node !== from) throw new MeterwrightError('session_gone', 'session: it is not held by this node (any more)');
    this.#setup.leases.heard(from);
    return live;
  }

  #lost({ last, intended, halted, lease }: Live): SessionEnd {
    const stage = last?.stage ?? 'open';
    const { in: octetsIn, out: octetsOut } = lease.octets;
    const text = `${stage}: the link was lost with node ${lease.node}, which has the line`;
    // Ended by nobody's wish, and what it did is not known: taken up again, as after the loss of this process.
    const uncertain = intended || halted === 'stopping';
    const failure: SessionFailure = { stage, class: uncertain ? 'engine' : 'transport', text };
    return {
      result: {
        outcome: 'error',
        failure,
        wrote: false,
        notes: [],
        octetsIn,
        octetsOut,
        ...(last?.connectionStartAt === undefined ? {} : { connectionStartAt: last.connectionStartAt }),
        ...(last?.serialNumber === undefined ? {} : { serialNumber: last.serialNumber }),
        ...(last?.before === undefined ? {} : { before: last.before }),
      },
      halted: uncertain ? 'stopping' : (halted ?? null),
      ...(intended ? { lost: true } : {}),
    };
  }
}

function noLine(canonicalAddress: string): SessionEnd {
  const what = canonicalAddress.startsWith('paknet:') ? 'PAKNET pad' : 'modem line';
  return failed('transport', `open: there is no ${what} in the cluster that reaches this address`);
}

/** Nothing was opened. */
function failed(failureClass: SessionFailure['class'], text: string): SessionEnd {
  return {
    result: { outcome: 'error', failure: { stage: 'open', class: failureClass, text }, wrote: false, notes: [], octetsIn: 0, octetsOut: 0 },
    halted: null,
  };
}
