/**
 * The engine of one process: mailboxes, turns, group commit, and what leaves after it.
 *
 *   command ─► mailbox ─► turn ─► committer ─► store
 *                ▲                    │ after the commit
 *                │                    ├─► reply
 *                │                    ├─► reminders ──────────┐
 *                │                    └─► outbox pumps ─► channels
 *                └──── outcomes, tells, fired reminders ◄─────┘
 *
 * It knows neither markets nor meters: domains come as definitions, handlers and channels.
 */
import type { ActorId } from '../../machines/common/effects.ts';
import { MeterwrightError, NotOwnerError } from '../errors/error.ts';
import type { ActorDoc, Effect, Reminder, Store } from '../store/store.ts';
import { type BuiltinWorld, builtinHandlers } from './builtins.ts';
import { DocCache } from './cache.ts';
import { Committer } from './committer.ts';
import type { Channel, Command, EffectResult } from './definition.ts';
import type { ActorInspection, EngineFace, OwedInspection, StoreReader } from './face.ts';
import { Mailboxes } from './mailboxes.ts';
import type { EngineOptions } from './options.ts';
import { OutboxPump } from './outbox-pump.ts';
import { type Leases, OwnShards } from './own-shards.ts';
import type { Ports } from './ports.ts';
import type { Registry } from './registry.ts';
import { Reminders } from './reminders.ts';
import { SettleBatch } from './settle-batch.ts';
import { shardOf } from './shard.ts';
import { EVENTS_CHANNEL, TELL_CHANNEL } from './step.ts';
import { tellChannel } from './tell-channel.ts';
import type { KeyTurn } from './turn.ts';
import { type CrashPoint, type RunnerWorld, refOf, runTurn } from './turn-runner.ts';

export interface EngineParts {
  readonly options: EngineOptions;
  readonly ports: Ports;
  readonly store: Store;
  readonly registry: Registry;
  readonly channels: readonly Channel[];
  /** Who may write which shard. Absent: this engine is alone and has them all. */
  readonly leases?: Leases;
  /** Takes tells to keys that may live elsewhere. Absent: they all live here. */
  readonly route?: (command: Command) => Promise<unknown>;
  /** For crash tests: called at every point where the process may die; `stop` ends the work of that key for ever. */
  readonly crash?: (point: CrashPoint, key: string, what: string) => 'go' | 'stop';
  /** Broken infrastructure: the supervisor decides what to restart. */
  readonly onFailure?: (part: string, error: unknown) => void;
}

/** A running part. `done` rejects when it failed. */
export interface EnginePart {
  readonly done: Promise<void>;
  stop(): Promise<void>;
}

/** A part as a supervisor wants it. */
export interface EngineChild {
  readonly id: string;
  start(): Promise<EnginePart>;
}

export class Engine implements EngineFace {
  readonly store: StoreReader;
  readonly #parts: EngineParts;
  readonly #store: Store;
  readonly #ports: Ports;
  readonly #cache: DocCache;
  readonly #committer: Committer;
  readonly #mailboxes: Mailboxes;
  readonly #pumps = new Map<string, OutboxPump>();
  readonly #channels: readonly Channel[];
  #timed: Reminders;
  #gated: Reminders;
  #gateOpen = true;
  readonly #settle: SettleBatch;
  readonly #builtins: ReadonlyMap<string, (turn: KeyTurn, payload: unknown) => Promise<unknown>>;
  readonly #own: OwnShards;
  #shardsFailed: ((error: unknown) => void) | undefined;

  constructor(parts: EngineParts) {
    const { options, ports, store } = parts;
    this.#parts = parts;
    this.#store = store;
    this.store = store;
    this.#ports = ports;
    this.#cache = new DocCache(options.cacheEntries);
    this.#committer = new Committer(store, ports.clock, options.maxCommitGroups);
    this.#own = new OwnShards(options.shards, parts.leases);
    const world: BuiltinWorld = { reminderRetryMs: options.reminderRetryMs, handler: (type) => this.#handler(type) };
    this.#builtins = builtinHandlers(world);
    const runner = this.#runnerWorld();
    this.#mailboxes = new Mailboxes(options, (key, batch) => runTurn(runner, key, batch));
    this.#settle = new SettleBatch(store, ports.clock, (error) => this.#failed('settle', error));
    this.#channels = [tellChannel(parts.route ?? ((command) => this.#mailboxes.take(command))), ...parts.channels];
    for (const channel of this.#channels) this.#pumps.set(channel.name, this.#pumpFor(channel));
    this.#timed = new Reminders(this.#remindersWorld());
    this.#gated = new Reminders(this.#remindersWorld('dip'), 'dip');
  }

  /** Begin to look for undone work. @param gateOpen whether deadlines that wait for the DIP may fire already. */
  start(gateOpen = true): void {
    this.#gateOpen = gateOpen;
    for (const pump of this.#pumps.values()) pump.start();
    this.#timed.start();
    this.#gated.start(gateOpen);
  }

  /** Deadlines of what waits for the DIP: held (false) or free (true). */
  setDipGate(open: boolean): void {
    this.#gateOpen = open;
    this.#gated.setOpen(open);
  }

  /** The parts that a supervisor starts, and starts anew when they fail; instead of `start`. */
  children(): readonly EngineChild[] {
    const channels = this.#channels.map((channel): EngineChild => ({ id: `channel:${channel.name}`, start: async () => this.#startPump(channel) }));
    const shards: EngineChild = { id: 'shards', start: () => this.#startShards() };
    return [
      shards,
      ...channels,
      { id: 'reminders', start: async () => this.#startReminders() },
      { id: 'reminders:dip', start: async () => this.#startReminders('dip') },
    ];
  }

  #startPump(channel: Channel): EnginePart {
    const pump = this.#pumpFor(channel);
    this.#pumps.set(channel.name, pump);
    pump.start();
    return { done: pump.done, stop: () => pump.stop(true) };
  }

  #startReminders(gate?: 'dip'): EnginePart {
    const reminders = new Reminders(this.#remindersWorld(gate), gate);
    if (gate) this.#gated = reminders;
    else this.#timed = reminders;
    reminders.start(gate ? this.#gateOpen : true);
    return { done: reminders.done, stop: () => reminders.stop() };
  }

  /** All shards of this process, as one part: while the store fails they take nothing from callers. */
  async #startShards(): Promise<EnginePart> {
    await this.#store.getMeta('shards');
    const end = Promise.withResolvers<void>();
    this.#shardsFailed = (error) => {
      this.#shardsFailed = undefined;
      this.#cache.clear();
      this.#mailboxes.refuse('shards: the store failed; they are being opened again');
      end.reject(error);
    };
    this.#mailboxes.refuse(undefined);
    return {
      done: end.promise,
      stop: async () => {
        this.#shardsFailed = undefined;
        end.resolve();
      },
    };
  }

  command<TReply>(command: Command): Promise<TReply> {
    return (this.#elsewhere(command) ?? this.#mailboxes.submit(command)) as Promise<TReply>;
  }

  /** A tell from another key's actor, on this node or another: bounded where it comes from, and always taken. */
  take(command: Command): Promise<unknown> {
    return this.#elsewhere(command) ?? this.#mailboxes.take(command);
  }

  /**
   * What an effect under way has to say of its own key before its end: taken as that end will be, also while its shard is being given
   * away or the engine stops. Rejects with `NotOwnerError` once the shard is not ours.
   */
  takeUnderWay<TReply>(command: Command): Promise<TReply> {
    if (!this.owns(command.key)) return Promise.reject(new NotOwnerError(this.shardOf(command.key)));
    return this.#mailboxes.take(command) as Promise<TReply>;
  }

  /** Whether a key is ours to write for at this very instant, also while its shard is being given away. */
  owns(key: string): boolean {
    return this.#own.epochOf(this.shardOf(key)) !== undefined;
  }

  #elsewhere({ key }: Command): Promise<never> | undefined {
    if (!this.#parts.leases) return undefined;
    const shard = this.shardOf(key);
    return this.#own.serves(shard) ? undefined : Promise.reject(new NotOwnerError(shard));
  }

  shardOf(key: string): number {
    return shardOf(key, this.#parts.options.shards);
  }

  /** Whether callers of that shard are heard here. */
  serves(shard: number): boolean {
    return this.#own.serves(shard);
  }

  /** Shards that are in service here. */
  get shards(): readonly number[] {
    return this.#own.list;
  }

  /** Bring a shard into service under a lease that is ours: what memory held of it is forgotten, undone work is looked for. */
  openShard(shard: number): void {
    this.#cache.dropShard(shard);
    this.#own.open(shard);
    this.#lookAgain();
    this.#timed.lookAgain();
    this.#gated.lookAgain();
  }

  /**
   * Take a shard out of service in order: callers hear `not_owner`, effects that take long are told to end, what is under way ends
   * and is committed. The signal cuts effects that do not end. Our lease must hold until this has resolved.
   */
  async closeShard(shard: number, signal: AbortSignal): Promise<void> {
    this.#own.closing(shard);
    const cut = (): void => this.#cut(shard);
    signal.addEventListener('abort', cut, { once: true });
    const effects = Promise.all(this.#forget(shard));
    for (const pump of this.#pumps.values()) pump.leave(shard);
    if (signal.aborted) cut();
    await effects;
    signal.removeEventListener('abort', cut);
    await this.#mailboxes.settled((key) => this.shardOf(key) === shard);
    await this.#settle.flush();
    this.#own.drop(shard);
    this.#cache.dropShard(shard);
  }

  /** The lease is gone: nothing more is written, and what is under way is cut. */
  loseShard(shard: number): void {
    this.#own.drop(shard);
    void this.#forget(shard);
    this.#cut(shard);
    this.#cache.dropShard(shard);
  }

  #forget(shard: number): Promise<void>[] {
    this.#timed.drop(shard);
    this.#gated.drop(shard);
    return [...this.#pumps.values()].map((pump) => pump.drop(shard));
  }

  #cut(shard: number): void {
    for (const pump of this.#pumps.values()) pump.cut(shard);
  }

  /** Refuse new work from callers with this text (disk reserve, stopping); undefined opens again. */
  refuse(text: string | undefined): void {
    this.#mailboxes.refuse(text);
  }

  get queued(): number {
    return this.#mailboxes.queued;
  }

  async inspect(actor: ActorId): Promise<ActorInspection | undefined> {
    const doc = await this.#load(actor);
    if (!doc) return undefined;
    const owed: OwedInspection[] = doc.owed.map(
      (effect) =>
        this.#pumps.get(effect.channel)?.inspect(effect.key) ?? {
          key: effect.key,
          channel: effect.channel,
          name: effect.name,
          attempts: 0,
          nextAttemptAt: null,
          lastError: null,
        },
    );
    return { doc, owed, queued: this.#mailboxes.queuedFor(doc.key) };
  }

  /** Rises with everything that happens; for tests that wait until nothing moves. */
  get activity(): number {
    return this.#mailboxes.handled + [...this.#pumps.values()].reduce((sum, pump) => sum + pump.handled, 0);
  }

  /** Whether something is on its way to the store. */
  get committing(): boolean {
    return this.#committer.busy;
  }

  /** How much of a channel's undone work is in memory; `behind` means that more waits in the store. */
  backlog(): readonly { channel: string; inMemory: number; behind: boolean; handled: number }[] {
    return [...this.#pumps].map(([channel, pump]) => ({ channel, inMemory: pump.size, behind: pump.behind, handled: pump.handled }));
  }

  /**
   * Stop gracefully: callers are refused, pumps and reminders hand out nothing new, what is under way ends and is committed.
   * The store stays open.
   */
  async stop(): Promise<void> {
    this.#mailboxes.refuse('engine: is stopping');
    await Promise.all([this.#timed.stop(), this.#gated.stop(), ...[...this.#pumps.values()].map((pump) => pump.stop(true))]);
    await this.#mailboxes.settled();
    await this.#committer.settled();
    await this.#settle.flush();
  }

  /** Drop everything in memory without finishing anything, as a crash would. The store stays open. */
  abandon(): void {
    this.#mailboxes.refuse('engine: abandoned');
    for (const pump of this.#pumps.values()) pump.abandon();
    this.#timed.abandon();
    this.#gated.abandon();
  }

  #handler(type: string): ((turn: KeyTurn, payload: unknown) => Promise<unknown>) | undefined {
    return this.#builtins.get(type) ?? this.#parts.registry.handler(type);
  }

  async #load(id: ActorId): Promise<ActorDoc | undefined> {
    const cached = this.#cache.get(id);
    if (cached) return cached;
    const [doc] = await this.#store.get([id]);
    // A commit may have overtaken this read.
    const newer = this.#cache.get(id);
    if (newer && newer.version >= (doc?.version ?? 0)) return newer;
    if (doc && this.#own.serves(doc.shard)) this.#cache.set(doc);
    return doc;
  }

  #runnerWorld(): RunnerWorld {
    const { registry, options } = this.#parts;
    return {
      registry,
      store: this.#store,
      load: (id) => this.#load(id),
      live: (doc) => this.#cache.live(doc),
      shardOf: (key) => this.shardOf(key),
      epochOf: (shard) => this.#own.epochOf(shard),
      overtaken: (shard, storedEpoch) => this.#own.overtaken(shard, storedEpoch),
      maxHeld: options.maxHeld,
      inlineTells: this.#store.atomicGroups,
      ports: this.#ports,
      committer: this.#committer,
      cache: this.#cache,
      told: new WeakSet(),
      undone: (actor, channel) => this.#store.undone(actor, channel),
      pass: (point, key, what) => this.#pass(point, key, what),
      unparked: () => this.#lookAgain(),
      nudged: (doc) => {
        for (const pump of this.#pumps.values()) pump.hurry(doc).catch((error: unknown) => this.#failed(`channel:${pump.channel.name}`, error));
      },
      leaving: (effects, reminders) => this.#leaving(effects, reminders),
      handler: (type) => this.#handler(type),
      failed: (error) => {
        this.#failed('shards', error);
        this.#shardsFailed?.(error);
      },
    };
  }

  #leaving(effects: readonly Effect[], reminders: readonly { readonly doc: ActorDoc; readonly reminder: Reminder }[]): void {
    for (const effect of effects) this.#pumps.get(effect.channel)?.offer(effect);
    for (const { doc, reminder } of reminders) (reminder.gate === 'dip' ? this.#gated : this.#timed).offer(doc, reminder);
  }

  #pumpFor(channel: Channel): OutboxPump {
    const { options } = this.#parts;
    const tracked = channel.name !== EVENTS_CHANNEL && channel.name !== TELL_CHANNEL;
    return new OutboxPump(channel, {
      ports: this.#ports,
      // Twice what is under way: the next are in memory when a place gets free, and need no scan.
      memory: Math.max(options.outboxMemory, 2 * channel.capacity),
      scanIntervalMs: options.scanIntervalMs,
      serves: (shard) => this.#own.serves(shard),
      scan: async (cursor, limit) => {
        const shards = this.#own.list;
        if (shards.length === 0) return { items: [] };
        return this.#store.outbox({ channel: channel.name, shards, limit, ...(cursor === undefined ? {} : { cursor }) });
      },
      undone: (actor) => this.#store.undone(actor, channel.name),
      due: async (effect) => {
        if (!tracked) return 'go';
        const doc = await this.#load(effect.actor);
        if (!doc?.owed.some((owed) => owed.key === effect.key)) return 'withdrawn';
        return doc.parked ? 'parked' : 'go';
      },
      finish: (effect, result) => this.#finish(effect, result, tracked),
      park: async (effect, text) => {
        const payload = { actor: effect.actor, by: 'engine', reason: text };
        await this.#mailboxes.take({ key: effect.routingKey, type: 'engine.park', payload, origin: 'caller', id: effect.key });
      },
      pass: (point, key, what) => this.#pass(point, key, what),
      onError: (error) => this.#failed(`channel:${channel.name}`, error),
    });
  }

  async #finish(effect: Effect, result: EffectResult & { kind: 'done' }, tracked: boolean): Promise<void> {
    if (!tracked) return this.#settle.add(refOf(effect));
    const payload = { actor: effect.actor, ref: refOf(effect), event: result.event ?? null };
    await this.#mailboxes.take({ key: effect.routingKey, type: 'engine.outcome', payload, origin: 'durable', id: effect.key });
  }

  #remindersWorld(gate?: 'dip'): ConstructorParameters<typeof Reminders>[0] {
    const { options } = this.#parts;
    return {
      ports: this.#ports,
      windowMs: options.reminderWindowMs,
      entries: options.reminderEntries,
      inFlight: options.reminderInFlight,
      scanIntervalMs: options.scanIntervalMs,
      serves: (shard) => this.#own.serves(shard),
      due: async (query) => {
        const shards = this.#own.list;
        return shards.length === 0 ? [] : this.#store.due({ shards, ...query, ...(gate ? { gate } : {}) });
      },
      fire: async ({ actor, key, name, dueAt }) => {
        await this.#mailboxes.take({ key, type: 'engine.reminder', payload: { actor, name, dueAt }, origin: 'durable', id: `${actor}/${name}/${dueAt}` });
      },
      onError: (error) => this.#failed(gate ? 'reminders:dip' : 'reminders', error),
    };
  }

  #lookAgain(): void {
    for (const pump of this.#pumps.values()) pump.lookAgain();
  }

  #failed(part: string, error: unknown): void {
    const expected = error instanceof MeterwrightError && error.retry !== 'never';
    this.#ports.log[expected ? 'warn' : 'error']({ err: error, part }, 'a part of the engine failed');
    this.#parts.onFailure?.(part, error);
  }

  #pass(point: CrashPoint, key: string, what: string): Promise<void> | undefined {
    return this.#parts.crash?.(point, key, what) === 'stop' ? new Promise<never>(() => {}) : undefined;
  }
}
