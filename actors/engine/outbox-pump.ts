/**
 * Hands the undone effects of one channel to it, and sees that none is forgotten.
 *
 *   commit ──offer──► memory (bounded) ──► channel.perform ──► done: outcome or settle
 *                        ▲                        └─ retry ──► waits, then again
 *   store ──scan─────────┘  when memory overflowed, and from time to time for what got lost
 *
 * Invariants
 * - O1 An effect is in memory at most once: queued, under way or waiting for its retry.
 * - O2 With ordering, effects of one actor (or key) leave one at a time, in order of creation. While the store holds older
 *      ones than memory (`behind`), fresh ones are not taken from commits but from the scan, which reads in that order.
 *      One that sorts before what a pass of the scan has read is found by the next pass; until then its lane is left out.
 * - O3 An effect leaves memory only when it is settled, withdrawn, or the pump stops; then the scan finds it again. While more
 *      waits than memory holds, one that has to wait for its retry leaves too, with its lane, until its pause is over.
 * - O4 Nothing of a shard that is not served is in memory, but for what is under way when the shard goes.
 */
import type { ActorId } from '../../machines/common/effects.ts';
import { MeterwrightError } from '../errors/error.ts';
import type { ActorDoc, Effect } from '../store/store.ts';
import type { Channel, EffectResult } from './definition.ts';
import type { OwedInspection } from './face.ts';
import { type OutboxPage, OutboxPass } from './outbox-pass.ts';
import type { Ports, Timer } from './ports.ts';

export interface PumpWorld {
  readonly ports: Ports;
  readonly memory: number;
  readonly scanIntervalMs: number;
  scan(cursor: string | undefined, limit: number): Promise<OutboxPage>;
  /** What an actor owes this channel, the earliest first. */
  undone(actor: ActorId): Promise<readonly Effect[]>;
  /** Still owed, and its actor is not parked. */
  due(effect: Effect): Promise<'go' | 'withdrawn' | 'parked'>;
  /** Commit the outcome (or just settle). Rejects when the store or the engine could not: the effect stays. */
  finish(effect: Effect, result: Done): Promise<void>;
  /** An effect whose channel throws at every try: take its actor out of service, so that nothing passes it round. */
  park(effect: Effect, text: string): Promise<void>;
  pass(point: 'before-effect' | 'after-effect', key: string, what: string): Promise<void> | undefined;
  /** Whether the shard's work is ours to do. */
  serves(shard: number): boolean;
  onError(error: unknown): void;
}

type Done = EffectResult & { kind: 'done' };

interface Item {
  readonly effect: Effect;
  attempts: number;
  /** Times that the channel threw, which it never does for expected failures. */
  throws: number;
  /** What its channel said, when the commit of that failed: it is not done again. */
  done: Done | undefined;
  performing: boolean;
  retry: Timer | undefined;
  /** Those behind it in its lane go on while it waits. */
  aside: boolean;
  retryAt: number | null;
  lastError: string | null;
}

/** What of one shard is under way. */
interface UnderWay {
  count: number;
  readonly abort: AbortController;
  readonly leaving: AbortController;
  readonly ended: (() => void)[];
}

const SCAN_PAGE = 500;
/** After a pass that only looked for what got lost, this many times its length passes before the next: much that waits for long is not read all the time. */
const REST_PER_PASS = 20;
const LONGEST_REST_MS = 60_000;
/** Throws of its channel after which an effect's actor is parked. */
const MAX_THROWS = 3;
/** Pause after an unexpected failure of a channel or of the commit of an outcome. */
const UNEXPECTED_RETRY_MS = 1_000;

export class OutboxPump {
  readonly channel: Channel;
  readonly #world: PumpWorld;
  readonly #items = new Map<string, Item>();
  /** Ready to go, by ordering lane. */
  readonly #lanes = new Map<string, Item[]>();
  #ready: string[] = [];
  readonly #busyLanes = new Set<string>();
  #inFlight = 0;
  #handled = 0;
  #behind = true;
  #scanning = false;
  /** Time that pages of this pass have taken. */
  #lookedMs = 0;
  #restUntil = Number.NEGATIVE_INFINITY;
  readonly #pass = new OutboxPass();
  #timer: Timer | undefined;
  #stopped = true;
  readonly #underWay = new Map<number, UnderWay>();
  #idle: (() => void)[] = [];
  #unsubscribe: (() => void) | undefined;
  readonly #end = Promise.withResolvers<void>();

  constructor(channel: Channel, world: PumpWorld) {
    this.channel = channel;
    this.#world = world;
    // Whoever supervises looks at `done`; nobody has to.
    this.#end.promise.catch(() => {});
  }

  start(): void {
    this.#stopped = false;
    this.#behind = true;
    this.#pass.restart();
    this.#unsubscribe = this.channel.gate?.onChange((open) => {
      if (open) this.#retryAll();
    });
    void this.#scan();
    this.#planScan();
  }

  /** Rejects when the pump cannot go on (the store cannot be read): whoever supervises makes a new one. */
  get done(): Promise<void> {
    return this.#end.promise;
  }

  /** The next life must not do what this one still has under way: the failure is told when that has ended. */
  #crash(error: unknown): void {
    if (this.#stopped) return;
    void this.#wind(true).then(() => this.#end.reject(error));
  }

  /** No new hand-over; resolves when nothing is under way. `abort` cuts what is. */
  async stop(abort = false): Promise<void> {
    await this.#wind(abort);
    this.#end.resolve();
  }

  async #wind(abort: boolean): Promise<void> {
    this.abandon();
    if (abort) for (const shard of this.#underWay.keys()) this.cut(shard);
    if (this.#inFlight > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
    this.#items.clear();
    this.#lanes.clear();
    this.#ready = [];
    this.#busyLanes.clear();
  }

  /** Forget everything at once, as a crash would. */
  abandon(): void {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#unsubscribe?.();
    for (const item of this.#items.values()) item.retry?.cancel();
  }

  /** Forget a shard that is not served any more. Resolves when nothing of it is under way. */
  drop(shard: number): Promise<void> {
    for (const [key, item] of this.#items) if (item.effect.shard === shard) this.#forget(key, item);
    const underWay = this.#underWay.get(shard);
    return underWay ? new Promise((resolve) => underWay.ended.push(resolve)) : Promise.resolve();
  }

  /** The shard is about to be given away: what of it takes long is to end in order. */
  leave(shard: number): void {
    this.#underWay.get(shard)?.leaving.abort();
  }

  /** End what of a shard is under way. */
  cut(shard: number): void {
    const underWay = this.#underWay.get(shard);
    this.#underWay.delete(shard);
    underWay?.abort.abort();
    underWay?.leaving.abort();
  }

  /** What is under way stays until it ends; its lane stays busy. */
  #forget(key: string, item: Item): void {
    const lane = this.#laneOf(item.effect);
    this.#lanes.delete(lane);
    if (item.performing) return;
    this.#items.delete(key);
    if (!item.retry) return;
    item.retry.cancel();
    this.#busyLanes.delete(lane);
  }

  /** Effects just committed. */
  offer(effect: Effect): void {
    if (this.#stopped || !this.#world.serves(effect.shard) || this.#items.has(effect.key) || this.#pass.rests(this.#laneOf(effect))) return;
    if (!this.#behind && this.#items.size < this.#world.memory) this.#add(effect);
    else this.#leave(effect);
  }

  /** Leave it to the scan. */
  #leave(effect: Effect): void {
    if (!this.#behind) this.#pass.restart();
    this.#behind = true;
    this.#pass.leave(effect, this.#laneOf(effect));
  }

  /** Look in the store now (after an unpark, say). */
  lookAgain(): void {
    if (this.#stopped) return;
    this.#behind = true;
    this.#pass.restart();
    void this.#scan();
  }

  /** What an actor owes does not wait out its pause. What stands behind another's effect in its lane stays there. */
  async hurry({ id, key, owed }: Pick<ActorDoc, 'id' | 'key' | 'owed'>): Promise<void> {
    if (this.#stopped) return;
    for (const item of this.#items.values()) if (item.retry && item.effect.actor === id) this.#requeue(item);
    this.#pump();
    if (!this.#pass.wake([id, key, ...owed.map((one) => one.key)])) return;
    this.lookAgain();
    // The scan finds no room where memory is full of others that wait. A lane that is the actor's alone is taken in beside them.
    if (this.channel.ordering !== 'actor' && this.channel.ordering !== 'none') return;
    const undone = await this.#world.undone(id);
    if (!this.#stopped) this.#addAll(undone);
  }

  inspect(effectKey: string): OwedInspection | undefined {
    const item = this.#items.get(effectKey);
    if (!item) return undefined;
    const { effect, attempts, retryAt, lastError } = item;
    return { key: effect.key, channel: effect.channel, name: effect.name, attempts, nextAttemptAt: retryAt, lastError };
  }

  get size(): number {
    return this.#items.size;
  }

  /** Hand-overs begun and ended since the start. */
  get handled(): number {
    return this.#handled;
  }

  get behind(): boolean {
    return this.#behind;
  }

  #laneOf(effect: Effect): string {
    if (this.channel.ordering === 'actor') return effect.actor;
    if (this.channel.ordering === 'key') return effect.routingKey;
    // Within a shard: a shard that goes takes whole lanes with it.
    if (this.channel.ordering === 'lane') return `${effect.shard}|${this.channel.laneOf?.(effect) ?? ''}`;
    return effect.key;
  }

  /** What the store holds, but for what memory has already and what waits for another pass. */
  #addAll(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (this.#world.serves(effect.shard) && !this.#items.has(effect.key) && !this.#pass.skips(this.#laneOf(effect))) this.#add(effect);
    }
  }

  #add(effect: Effect): void {
    const item: Item = { effect, attempts: 0, throws: 0, done: undefined, performing: false, retry: undefined, aside: false, retryAt: null, lastError: null };
    this.#items.set(effect.key, item);
    const lane = this.#laneOf(effect);
    const waiting = this.#lanes.get(lane);
    if (waiting) waiting.push(item);
    else this.#lanes.set(lane, [item]);
    if (!this.#busyLanes.has(lane)) this.#ready.push(lane);
    this.#pump();
  }

  #pump(): void {
    const open = this.channel.gate?.open ?? true;
    let taken = 0;
    while (!this.#stopped && open && this.#inFlight < this.channel.capacity && taken < this.#ready.length) {
      const lane = this.#ready[taken++];
      if (lane === undefined || this.#busyLanes.has(lane)) continue;
      const item = this.#lanes.get(lane)?.shift();
      if (!item) continue;
      this.#busyLanes.add(lane);
      this.#inFlight++;
      this.#handled++;
      void this.#perform(item, lane);
    }
    if (taken > 0) this.#ready.splice(0, taken);
    if (this.#behind && this.#items.size < this.#world.memory / 2) void this.#scan();
  }

  async #perform(item: Item, lane: string): Promise<void> {
    const underWay = this.#begin(item);
    try {
      item.done ??= await this.#attempt(item, underWay);
      if (item.done) {
        await this.#world.finish(item.effect, item.done);
        this.#items.delete(item.effect.key);
      }
    } catch (error) {
      await this.#threw(item, error);
    }
    this.#inFlight--;
    this.#handled++;
    this.#ended(item, underWay);
    this.#release(lane, item);
    if (this.#stopped) {
      if (this.#inFlight === 0) for (const done of this.#idle.splice(0)) done();
      return;
    }
    this.#pump();
  }

  #begin(item: Item): UnderWay {
    item.performing = true;
    const { shard } = item.effect;
    let underWay = this.#underWay.get(shard);
    if (!underWay) {
      underWay = { count: 0, abort: new AbortController(), leaving: new AbortController(), ended: [] };
      this.#underWay.set(shard, underWay);
    }
    underWay.count++;
    return underWay;
  }

  /** Its shard may have gone meanwhile: then it is somebody else's, however it ended. */
  #ended(item: Item, underWay: UnderWay): void {
    const { key, shard } = item.effect;
    item.performing = false;
    if (!this.#stopped && !this.#world.serves(shard)) {
      item.retry?.cancel();
      item.retry = undefined;
      this.#items.delete(key);
    }
    if (--underWay.count > 0) return;
    if (this.#underWay.get(shard) === underWay) this.#underWay.delete(shard);
    for (const ended of underWay.ended) ended();
  }

  /** One try. Undefined: not wanted (any more), or to be tried again. */
  async #attempt(item: Item, { abort, leaving }: UnderWay): Promise<Done | undefined> {
    const { effect } = item;
    if ((await this.#world.due(effect)) !== 'go') {
      this.#items.delete(effect.key);
      return undefined;
    }
    item.attempts++;
    item.retryAt = null;
    await this.#world.pass('before-effect', effect.routingKey, effect.key);
    const result = await this.channel.perform(effect, item.attempts, abort.signal, leaving.signal);
    await this.#world.pass('after-effect', effect.routingKey, effect.key);
    if (result.kind === 'done') return result;
    this.#wait(item, result.delayMs, result.text, result.aside);
    return undefined;
  }

  async #threw(item: Item, error: unknown): Promise<void> {
    if (this.#stopped || !this.#world.serves(item.effect.shard)) return;
    this.#world.onError(error);
    const text = error instanceof Error ? error.message : String(error);
    const passes = error instanceof MeterwrightError && error.retry !== 'never';
    item.throws += passes ? 0 : 1;
    if (item.throws < MAX_THROWS) {
      this.#wait(item, UNEXPECTED_RETRY_MS, text);
      return;
    }
    try {
      await this.#world.park(item.effect, `channel ${this.channel.name} threw ${item.throws} times: ${text}`);
      this.#items.delete(item.effect.key);
    } catch (failure) {
      this.#world.onError(failure);
      this.#wait(item, UNEXPECTED_RETRY_MS, text);
    }
  }

  /** A lane whose head waits for its retry stays busy: nothing overtakes it, unless it stands aside. */
  #release(lane: string, item: Item): void {
    if (item.retry && this.channel.ordering !== 'none' && !item.aside) return;
    this.#busyLanes.delete(lane);
    const waiting = this.#lanes.get(lane);
    if (!waiting || waiting.length === 0) this.#lanes.delete(lane);
    else this.#ready.push(lane);
  }

  #wait(item: Item, delayMs: number, text: string, aside = false): void {
    if (this.#stopped) return;
    item.aside = aside;
    if (this.#crowded && item.done === undefined) {
      this.#rest(item, delayMs);
      return;
    }
    item.lastError = text;
    item.retryAt = this.#world.ports.clock.now() + delayMs;
    item.retry = this.#world.ports.clock.after(delayMs, () => this.#again(item));
  }

  /** Whether what only waits takes the room of what could leave. */
  get #crowded(): boolean {
    return this.#behind && this.#items.size >= this.#world.memory / 2 && (this.channel.gate?.open ?? true);
  }

  #rest({ effect }: Item, delayMs: number): void {
    const lane = this.#laneOf(effect);
    this.#pass.rest(lane, this.#world.ports.clock.monotonic() + delayMs);
    this.#items.delete(effect.key);
    for (const behind of this.#lanes.get(lane) ?? []) this.#items.delete(behind.effect.key);
    this.#lanes.delete(lane);
  }

  #again(item: Item): void {
    this.#requeue(item);
    this.#pump();
  }

  /** The way is open again: nothing waits out its pause. */
  #retryAll(): void {
    for (const item of this.#items.values()) if (item.retry) this.#requeue(item);
    if (this.#pass.wake()) this.lookAgain();
    this.#pump();
  }

  #requeue(item: Item): void {
    item.retry?.cancel();
    item.retry = undefined;
    item.retryAt = null;
    const lane = this.#laneOf(item.effect);
    if (!item.aside) this.#busyLanes.delete(lane);
    const waiting = this.#lanes.get(lane);
    if (waiting) waiting.unshift(item);
    else this.#lanes.set(lane, [item]);
    this.#ready.push(lane);
  }

  #planScan(): void {
    this.#timer = this.#world.ports.clock.after(this.#world.scanIntervalMs, () => {
      if (!this.#behind && this.#world.ports.clock.monotonic() >= this.#restUntil) {
        // A pass over everything undone: what a lost hand-over left behind is found here.
        this.#behind = this.#items.size < this.#world.memory / 2;
        this.#pass.restart();
      }
      if (this.#behind) void this.#scan();
      this.#planScan();
    });
  }

  async #scan(): Promise<void> {
    if (this.#scanning || this.#stopped) return;
    this.#scanning = true;
    try {
      while (!this.#stopped && this.#behind && this.#items.size < this.#world.memory) await this.#scanPage();
    } catch (error) {
      this.#world.onError(error);
      this.#crash(error);
    } finally {
      this.#scanning = false;
      this.#pass.failed();
    }
  }

  async #scanPage(): Promise<void> {
    const { clock } = this.#world.ports;
    const begunAt = clock.monotonic();
    const page = await this.#world.scan(this.#pass.begin(begunAt), SCAN_PAGE);
    const stand = this.#pass.take(page);
    this.#lookedMs += clock.monotonic() - begunAt;
    if (stand === undefined || this.#stopped) return;
    this.#addAll(page.items);
    if (stand !== 'more') this.#passEnded();
    if (stand === 'ended') this.#behind = false;
  }

  /** A pass has ended. */
  #passEnded(): void {
    this.#restUntil = this.#world.ports.clock.monotonic() + Math.min(LONGEST_REST_MS, this.#lookedMs * REST_PER_PASS);
    this.#lookedMs = 0;
  }
}
