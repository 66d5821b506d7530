/**
 * The node that has the lines: lends them to the owners of addresses, runs their sessions, and keeps each end until its owner has it.
 *
 *   wish ─► waiting ─► granted ─start─► running ─► ended ─done─► forgotten
 *              └──────────┴── no word of the owner, or it wants it no longer ──► forgotten
 *
 * Keeps E1, E2 and E4 of `contract.ts`.
 */
import type { ClockReading, Intent, SessionProgress } from '../../../machines/meter-session/index.ts';
import type { NodeId } from '../../cluster/contract.ts';
import type { NodeCalls } from '../../cluster/node-calls.ts';
import type { Clock, Log, Timer } from '../../engine/ports.ts';
import type { LinePool } from '../../line/index.ts';
import { PortError } from '../failure.ts';
import type { SessionRegistry, SessionView } from '../registry.ts';
import type { SessionEnd, SessionRunner } from '../runner.ts';
import {
  type AwayLimits,
  type BeatAnswer,
  type BeatItem,
  CALLS,
  type EndAnswer,
  type EndWish,
  type LeaseAnswer,
  type LeaseState,
  type LeaseWish,
  type StartAnswer,
  type StartWish,
  type VacateAnswer,
  type VacateWish,
} from './contract.ts';

export interface AwayHostSetup {
  readonly node: NodeId;
  readonly clock: Clock;
  readonly log: Log;
  readonly calls: Pick<NodeCalls, 'call' | 'register'>;
  readonly pool: Pick<LinePool, 'reserve' | 'unreserve' | 'isFull' | 'load'>;
  /** With `sessions` as its registry. */
  readonly runner: Pick<SessionRunner, 'run'>;
  /** Those that run here for owners of addresses, this node among them. */
  readonly sessions: SessionRegistry;
  readonly limits: AwayLimits;
  /** Longest wait of a session for the commit of its intent, milliseconds. */
  readonly intendMs: number;
}

interface Lent {
  readonly wish: LeaseWish;
  readonly owner: NodeId;
  readonly waiting: AbortController;
  state: LeaseState;
  /** Monotonic instant of the owner's last word. */
  heardAt: number;
  /** Nobody wants its end. */
  unwanted: boolean;
  isSilent: boolean;
  /** Gives up waiting for the owner's word on an intent: nothing is written then. */
  refuseIntent: (() => void) | undefined;
  end: SessionEnd | undefined;
}

export class AwayHost {
  readonly #setup: AwayHostSetup;
  readonly #lent = new Map<string, Lent>();
  /** Those that have not ended. */
  readonly #byKey = new Map<string, Lent>();
  #timer: Timer | undefined;
  #stopping = false;

  constructor(setup: AwayHostSetup) {
    this.#setup = setup;
    const { calls } = setup;
    calls.register(CALLS.vacate, async (payload) => this.#vacate(payload as VacateWish));
    calls.register(CALLS.lease, async (payload, from) => this.#lease(payload as LeaseWish, from));
    calls.register(CALLS.start, async (payload) => this.#start(payload as StartWish));
    calls.register(CALLS.beat, async (payload) => this.#beat(payload as readonly BeatItem[]));
    calls.register(CALLS.end, async (payload) => this.#end(payload as EndWish));
  }

  /** What is lent, waited for or kept. */
  get size(): number {
    return this.#lent.size;
  }

  start(): void {
    this.#timer = this.#setup.clock.after(this.#setup.limits.beatMs, () => this.#look());
  }

  /** Nothing is lent any more; sessions end in order, within the grace, then they are cut. Their owners have a moment to fetch the ends. */
  async stop(graceMs: number): Promise<void> {
    const { sessions, clock, limits } = this.#setup;
    this.#stopping = true;
    for (const lent of [...this.#lent.values()]) if (lent.state === 'waiting' || lent.state === 'granted') this.#forget(lent);
    sessions.haltAll('stopping');
    const grace = clock.after(graceMs, () => {
      for (const { requestId } of sessions.list()) sessions.cut(requestId);
    });
    await sessions.idle();
    grace.cancel();
    for (let waitedMs = 0; this.#lent.size > 0 && waitedMs < limits.cutMs; waitedMs += STOP_LOOK_MS) await this.#pause(STOP_LOOK_MS);
    this.#timer?.cancel();
  }

  #vacate({ key }: VacateWish): VacateAnswer {
    return { busy: this.#isTaken(key, undefined) };
  }

  /** A session of that address lives here; it is told to end. One that has not begun gives way. */
  #isTaken(key: string, by: string | undefined): boolean {
    const lent = this.#byKey.get(key);
    if (!lent || lent.wish.id === by) return false;
    if (lent.state === 'running') {
      this.#endEarly(lent);
      return true;
    }
    this.#forget(lent);
    return false;
  }

  #lease(wish: LeaseWish, owner: NodeId): LeaseAnswer {
    const { pool, clock } = this.#setup;
    const known = this.#lent.get(wish.id);
    if (known) {
      known.heardAt = clock.monotonic();
      return { kind: known.state === 'granted' ? 'granted' : 'waiting' };
    }
    if (this.#stopping || pool.load(wish.group).lines === 0) return { kind: 'none' };
    if (this.#isTaken(wish.key, wish.id)) return { kind: 'busy' };
    if (pool.isFull(wish.group)) return { kind: 'full' };
    const lent: Lent = {
      wish,
      owner,
      waiting: new AbortController(),
      state: 'waiting',
      heardAt: clock.monotonic(),
      unwanted: false,
      isSilent: false,
      refuseIntent: undefined,
      end: undefined,
    };
    this.#lent.set(wish.id, lent);
    this.#byKey.set(wish.key, lent);
    void this.#wait(lent);
    return { kind: 'waiting' };
  }

  /** Never rejects. */
  async #wait(lent: Lent): Promise<void> {
    const { group, priority, requestId } = lent.wish;
    try {
      await this.#setup.pool.reserve({ group, owner: lineOwner(requestId), priority }, lent.waiting.signal);
    } catch {
      // It waited too long, or is wanted no longer: its owner hears that it is gone, and asks anew.
      this.#forget(lent);
      return;
    }
    lent.state = 'granted';
    this.#tell(lent);
  }

  #start({ id, order }: StartWish): StartAnswer {
    const lent = this.#lent.get(id);
    if (!lent || lent.state === 'waiting') return { kind: 'gone' };
    lent.heardAt = this.#setup.clock.monotonic();
    if (lent.state !== 'granted') return { kind: 'started' };
    lent.state = 'running';
    const running = this.#setup.runner.run(order, {
      progress: (progress, view) => this.#progress(lent, progress, view),
      intend: (before) => this.#intend(lent, before),
      // Looked at here too: whoever stood still has not looked yet.
      mayWrite: () => !lent.isSilent && this.#setup.clock.monotonic() - lent.heardAt <= this.#setup.limits.silentMs,
    });
    void running.then((end) => this.#ended(lent, end));
    return { kind: 'started' };
  }

  #progress(lent: Lent, progress: SessionProgress, view: SessionView): void {
    const { calls, limits, log } = this.#setup;
    // Its stages are for those who look on; what matters of them comes with its end.
    calls
      .call(lent.owner, CALLS.progress, { id: lent.wish.id, progress, view }, { timeoutMs: limits.callMs })
      .catch((error: unknown) => log.debug({ err: error, action: lent.wish.requestId }, 'the owner of a session did not hear of its progress'));
  }

  async #intend(lent: Lent, before: ClockReading): Promise<Intent> {
    const { calls, intendMs } = this.#setup;
    const refused = Promise.withResolvers<never>();
    lent.refuseIntent = () => refused.reject(new Error('the owner is not heard, or is another one now'));
    try {
      const asked = calls.call<Intent>(lent.owner, CALLS.intend, { id: lent.wish.id, before }, { timeoutMs: intendMs });
      return await Promise.race([asked, refused.promise]);
    } catch (error) {
      throw new PortError('engine', 'the intent to write could not be committed by the owner of the address', { cause: error });
    } finally {
      lent.refuseIntent = undefined;
    }
  }

  #ended(lent: Lent, end: SessionEnd): void {
    const { clock, pool, limits, log } = this.#setup;
    pool.unreserve(lineOwner(lent.wish.requestId));
    lent.state = 'ended';
    lent.end = end;
    // From now on it is kept for so long, whether or not the owner was heard lately.
    lent.heardAt = clock.monotonic();
    if (this.#byKey.get(lent.wish.key) === lent) this.#byKey.delete(lent.wish.key);
    if (lent.unwanted) {
      this.#lent.delete(lent.wish.id);
      return;
    }
    this.#tell(lent);
    if (this.#lent.size <= limits.maxKept) return;
    for (const [id, { state }] of this.#lent) {
      if (state !== 'ended') continue;
      log.warn({ lease: id }, 'the end of a session is dropped: too many wait for their owners');
      this.#lent.delete(id);
      return;
    }
  }

  #beat(items: readonly BeatItem[]): BeatAnswer {
    const now = this.#setup.clock.monotonic();
    const { sessions } = this.#setup;
    return {
      states: items.map(({ id, halt, cut, done }) => {
        const lent = this.#lent.get(id);
        if (!lent) return { id, state: 'gone' as const };
        lent.heardAt = now;
        if (done) this.#done(lent);
        const { requestId } = lent.wish;
        if (lent.state !== 'running') return { id, state: done ? ('gone' as const) : lent.state };
        if (halt) sessions.halt(requestId, halt);
        if (cut) sessions.cut(requestId);
        const view = sessions.find(requestId);
        return { id, state: lent.state, ...(view ? { octetsIn: view.octetsIn, octetsOut: view.octetsOut } : {}) };
      }),
    };
  }

  /** The owner is through with it. A session that it gave up ends in order. */
  #done(lent: Lent): void {
    lent.unwanted = true;
    if (lent.state === 'running') this.#endEarly(lent);
    else this.#forget(lent);
  }

  #end({ id, bare }: EndWish): EndAnswer {
    const end = this.#lent.get(id)?.end;
    if (!end) return { end: null };
    const { trace, ...rest } = end;
    return { end: bare || trace === undefined ? rest : { ...rest, trace } };
  }

  /** Looks for owners that fell silent. */
  #look(): void {
    const { clock, limits, log } = this.#setup;
    const now = clock.monotonic();
    for (const lent of [...this.#lent.values()]) {
      const silentMs = now - lent.heardAt;
      if (lent.state === 'ended') {
        if (silentMs > limits.keepMs) this.#forget(lent);
      } else if (silentMs > limits.silentMs) {
        if (lent.state !== 'running') this.#forget(lent);
        else if (!lent.isSilent) {
          lent.isSilent = true;
          this.#endEarly(lent);
          log.warn({ action: lent.wish.requestId, owner: lent.owner, silentMs: Math.round(silentMs) }, 'a session ends: its owner is not heard');
        }
      }
    }
    this.#timer = clock.after(limits.beatMs, () => this.#look());
  }

  /** In order, and before it writes: an owner that could allow that is not there. */
  #endEarly(lent: Lent): void {
    this.#setup.sessions.halt(lent.wish.requestId, 'stopping');
    lent.refuseIntent?.();
  }

  /** Of one that does not run. */
  #forget(lent: Lent): void {
    const { pool } = this.#setup;
    const { state } = lent;
    lent.state = 'gone';
    this.#lent.delete(lent.wish.id);
    if (this.#byKey.get(lent.wish.key) === lent) this.#byKey.delete(lent.wish.key);
    if (state === 'waiting') lent.waiting.abort();
    if (state === 'granted') pool.unreserve(lineOwner(lent.wish.requestId));
    if (state === 'waiting' || state === 'granted') this.#tell(lent);
  }

  /** At once; whoever does not hear it learns it with the next beat. */
  #tell({ wish: { id, requestId }, owner, state }: Lent): void {
    const { calls, limits, log } = this.#setup;
    calls
      .call(owner, CALLS.word, { id, state }, { timeoutMs: limits.callMs })
      .catch((error: unknown) => log.debug({ err: error, action: requestId }, 'the owner of a session did not hear of its state'));
  }

  #pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => void this.#setup.clock.after(delayMs, resolve));
  }
}

const STOP_LOOK_MS = 50;

/** As the session's requests for links name it. */
const lineOwner = (requestId: number): string => `action:${requestId}`;
