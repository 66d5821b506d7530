/**
 * Who may open a session now: so many TCP sessions a node, one a modem line, at a paced rate, immediate ones first.
 *
 *   channel ─acquire─► [immediate] [reserved] [overnight] ─► go, as slots and pace allow ─► session ─release─► next
 *   puller  ─reserve─► counts as used until its action arrives
 *
 * Invariants
 * - L1 Running sessions and reservations of a class never exceed its limit, but for immediate ones where `immediateBeyond` lets them.
 * - L2 An immediate one is let go before any overnight one that has no slot yet.
 * - L3 What waits is bounded per class: beyond, the caller hears `full`.
 */
import type { Clock, Timer } from '../engine/ports.ts';
import { onAbort } from './on-abort.ts';

export interface SlotRequest {
  readonly requestId: number;
  /** Canonical remote address. */
  readonly key: string;
  /** `tcp`, `modem:<group>`, `pad:<group>`: see `slot-classes.ts`. */
  readonly class: string;
  readonly immediate: boolean;
}

export interface SlotsSetup {
  readonly clock: Clock;
  /** Sessions at once by class; a class that is not named has none. */
  readonly limits: Readonly<Record<string, number>>;
  /** Sessions opened in a second; 0: not paced. */
  readonly perSecond: number;
  /**
   * Immediate sessions that a class of lines lets go beyond its limit. Among many nodes the limit is the lines of all of them, and who
   * gets one first is decided by the node that has it. Default 0.
   */
  readonly immediateBeyond?: number;
  /** Requests that may wait in a class. */
  readonly maxWaiting: number;
  /** A reservation that nobody comes for lapses after this time. */
  readonly reservedMs: number;
}

interface Waiting {
  readonly request: SlotRequest;
  readonly settle: (answer: 'go' | 'aborted' | 'full') => void;
  over: boolean;
}

interface Class {
  running: number;
  readonly reserved: Map<number, { readonly key: string; readonly until: number }>;
  readonly immediate: Waiting[];
  /** Their slots are theirs already. */
  readonly owners: Waiting[];
  readonly overnight: Waiting[];
}

/** The pace may be taken in advance by so much: timers are not finer. */
const BURST_MS = 20;

export class Slots {
  readonly #setup: SlotsSetup;
  #limits: Readonly<Record<string, number>>;
  readonly #classes = new Map<string, Class>();
  readonly #running = new Map<number, SlotRequest>();
  readonly #keys = new Map<string, number>();
  readonly #listeners = new Set<(freed: SlotRequest) => void>();
  /** Monotonic instant up to which the pace is used up. */
  #pacedTo = Number.NEGATIVE_INFINITY;
  #timer: Timer | undefined;

  constructor(setup: SlotsSetup) {
    this.#setup = setup;
    this.#limits = setup.limits;
    this.#makeClasses();
  }

  /** Lines came or went. Whoever waits for lines that are gone hears `full`, and asks again. */
  setLimits(limits: Readonly<Record<string, number>>): void {
    this.#limits = limits;
    this.#makeClasses();
    for (const [name, { immediate, owners, overnight }] of this.#classes) {
      if (this.limit(name) === 0) for (const waiting of [...immediate.splice(0), ...owners.splice(0), ...overnight.splice(0)]) this.#refuse(waiting);
    }
    this.#pump();
  }

  get classes(): readonly string[] {
    return [...this.#classes.keys()];
  }

  limit(name: string): number {
    return this.#limits[name] ?? 0;
  }

  /** Sessions that run or are about to. */
  used(name: string): number {
    const found = this.#classes.get(name);
    return found ? found.running + found.owners.length + this.#reservations(found) : 0;
  }

  /** Slots that nobody has a claim to: what the puller may still let go. */
  free(name: string): number {
    const found = this.#classes.get(name);
    return found ? Math.max(0, this.limit(name) - this.used(name) - found.immediate.length - found.overnight.length) : 0;
  }

  /** Waiting for a slot. */
  waiting(name: string): number {
    const found = this.#classes.get(name);
    return found ? found.immediate.length + found.owners.length + found.overnight.length : 0;
  }

  /** A session of that address runs, waits, or is about to. */
  isBusy(key: string): boolean {
    return this.#keys.has(key);
  }

  /** The pace lets a session begin now. */
  get inPace(): boolean {
    return this.#inPace(this.#setup.clock.monotonic());
  }

  /** Keeps a slot for an action that is about to be let go. */
  reserve({ requestId, key, class: name }: SlotRequest): boolean {
    const found = this.#classes.get(name);
    if (!found || this.free(name) <= 0 || this.isBusy(key)) return false;
    found.reserved.set(requestId, { key, until: this.#setup.clock.monotonic() + this.#setup.reservedMs });
    this.#count(key, 1);
    return true;
  }

  /** It does not come after all. */
  unreserve({ requestId, class: name }: Pick<SlotRequest, 'requestId' | 'class'>): void {
    const found = this.#classes.get(name);
    const reservation = found?.reserved.get(requestId);
    if (!found || !reservation) return;
    found.reserved.delete(requestId);
    this.#count(reservation.key, -1);
    this.#pump();
  }

  /** Resolves with `go` once a session may be opened; then `release` must follow. `none`: there is no such class. */
  acquire(request: SlotRequest, signal: AbortSignal): Promise<'go' | 'full' | 'aborted' | 'none'> {
    const found = this.#classes.get(request.class);
    if (!found || this.limit(request.class) === 0) return Promise.resolve('none');
    if (signal.aborted) return Promise.resolve('aborted');
    const owner = this.#takeReservation(found, request.requestId);
    if (!owner && this.waiting(request.class) >= this.#setup.maxWaiting) return Promise.resolve('full');
    return new Promise((resolve) => {
      const waiting: Waiting = { request, over: false, settle: (answer) => finish(answer) };
      const finish = (answer: 'go' | 'aborted' | 'full'): void => {
        waiting.over = true;
        deafen();
        resolve(answer);
      };
      const stop = (): void => {
        this.#drop(found, waiting);
        finish('aborted');
      };
      const deafen = onAbort(signal, stop);
      if (!owner) this.#count(request.key, 1);
      if (owner) found.owners.push(waiting);
      else if (request.immediate) found.immediate.push(waiting);
      else found.overnight.push(waiting);
      this.#pump();
    });
  }

  /** The session ended. */
  release(requestId: number): void {
    const request = this.#running.get(requestId);
    const found = request && this.#classes.get(request.class);
    if (!request || !found) return;
    this.#running.delete(requestId);
    found.running--;
    this.#count(request.key, -1);
    this.#pump();
    for (const listener of [...this.#listeners]) listener(request);
  }

  /** Called when a session has ended; returns how to stop listening. */
  onFree(listener: (freed: SlotRequest) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  stop(): void {
    this.#timer?.cancel();
  }

  /** Lets go whom slots and pace allow. */
  #pump(): void {
    const now = this.#setup.clock.monotonic();
    for (const [name, found] of this.#classes) {
      for (;;) {
        const next = this.#next(name, found);
        if (!next) break;
        if (!this.#inPace(now)) {
          this.#later(now);
          return;
        }
        this.#start(found, next);
      }
    }
  }

  #next(name: string, found: Class): Waiting[] | undefined {
    const room = this.limit(name) - this.used(name) > 0;
    if ((room || this.#beyond(name)) && found.immediate.length > 0) return found.immediate;
    if (found.owners.length > 0) return found.owners;
    return room && found.overnight.length > 0 ? found.overnight : undefined;
  }

  #beyond(name: string): boolean {
    const { immediateBeyond = 0 } = this.#setup;
    return immediateBeyond > 0 && name !== 'tcp' && this.limit(name) > 0 && this.used(name) < this.limit(name) + immediateBeyond;
  }

  #refuse(waiting: Waiting): void {
    this.#count(waiting.request.key, -1);
    waiting.settle('full');
  }

  #makeClasses(): void {
    for (const name of Object.keys(this.#limits)) {
      if (!this.#classes.has(name)) this.#classes.set(name, { running: 0, reserved: new Map(), immediate: [], owners: [], overnight: [] });
    }
  }

  #start(found: Class, queue: Waiting[]): void {
    const next = queue.shift();
    if (!next || next.over) return;
    if (this.#setup.perSecond > 0) this.#pacedTo = Math.max(this.#pacedTo, this.#setup.clock.monotonic()) + 1_000 / this.#setup.perSecond;
    found.running++;
    this.#running.set(next.request.requestId, next.request);
    next.settle('go');
  }

  #inPace(now: number): boolean {
    return this.#setup.perSecond === 0 || this.#pacedTo <= now + BURST_MS;
  }

  #later(now: number): void {
    if (this.#timer) return;
    this.#timer = this.#setup.clock.after(Math.max(1, this.#pacedTo - now - BURST_MS / 2), () => {
      this.#timer = undefined;
      this.#pump();
    });
  }

  #drop(found: Class, waiting: Waiting): void {
    for (const queue of [found.immediate, found.owners, found.overnight]) {
      const at = queue.indexOf(waiting);
      if (at >= 0) queue.splice(at, 1);
    }
    this.#count(waiting.request.key, -1);
  }

  #takeReservation(found: Class, requestId: number): boolean {
    return found.reserved.delete(requestId);
  }

  /** Those of an action that never came are given back. */
  #reservations(found: Class): number {
    const now = this.#setup.clock.monotonic();
    for (const [requestId, { key, until }] of found.reserved) {
      // All last equally long, so the oldest come first.
      if (until > now) break;
      found.reserved.delete(requestId);
      this.#count(key, -1);
    }
    return found.reserved.size;
  }

  #count(key: string, by: 1 | -1): void {
    const now = (this.#keys.get(key) ?? 0) + by;
    if (now > 0) this.#keys.set(key, now);
    else this.#keys.delete(key);
  }
}
