/**
 * The turn of one routing key: loads actors, runs steps, applies same-key tells at once, and gathers what the commit must
 * carry. Performs nothing.
 *
 * Invariants
 * - K1 A message whose id was applied changes nothing.
 * - K2 A parked actor takes no step: its messages wait in order, its reminders and effects stay.
 * - K3 A tell is applied once: by its sender's version where it may be repeated, by the transaction where it cannot.
 */
import type { ActorId, EpochMs, Json } from '../../machines/common/effects.ts';
import { MeterwrightError, OverloadedError, RefusedError } from '../errors/error.ts';
import type { ActorDoc, Effect, EffectRef, HeldMessage, IndexName, Slot } from '../store/store.ts';
import type { Applied, Command, Created, CreateOptions, MachineEvent, Turn } from './definition.ts';
import { before, type Delivery, isRepeated } from './delivery.ts';
import type { StoreReader } from './face.ts';
import { NUDGE, nudgedDoc, parkedDoc, releasedDoc } from './parking.ts';
import { quarantineRecord } from './quarantine.ts';
import { type Registry, UnloadableError } from './registry.ts';
import { indexesOfDoc, sameIndexes } from './reindex.ts';
import { emptyDoc, finishStep, type StepResult, type Told } from './step.ts';
import { tellEffect } from './tell-channel.ts';
import { type Entry, untouched, WorkingSet } from './working-set.ts';

/** What a turn needs of its engine. */
export interface TurnWorld {
  readonly registry: Registry;
  readonly store: StoreReader;
  /** Through the cache. */
  load(id: ActorId): Promise<ActorDoc | undefined>;
  /** The live snapshot of a loaded document, when memory has it. */
  live(doc: ActorDoc): unknown;
  shardOf(key: string): number;
  readonly maxHeld: number;
  /** True: same-key tells go into the same commit. False: they are carried by the outbox and applied right after. */
  readonly inlineTells: boolean;
}

type Event = { readonly type: string; readonly [member: string]: unknown };

/** Tells among actors of one key that follow from one message; more is a loop between machines. */
const MAX_TELL_DEPTH = 16;

export class KeyTurn implements Turn {
  readonly key: string;
  readonly at: EpochMs;
  readonly set = new WorkingSet();
  /** Of the command at hand: what a caller asks for is new work, everything else is in hand. */
  origin: Command['origin'] = 'durable';
  /** Set: the first step throws it. */
  refusal: Error | undefined;
  readonly #world: TurnWorld;
  #depth = 0;

  constructor(world: TurnWorld, key: string, at: EpochMs) {
    this.#world = world;
    this.key = key;
    this.at = at;
  }

  async #entry(id: ActorId): Promise<Entry> {
    const seen = this.set.get(id);
    if (seen) return seen;
    const stored = await this.#world.load(id);
    const entry = untouched(stored, stored && this.#world.live(stored));
    // What was merely read belongs to every message of the turn; a layer may be dropped.
    return entry;
  }

  async get(id: ActorId): Promise<ActorDoc | undefined> {
    return (await this.#entry(id)).doc;
  }

  snapshot<T>(doc: ActorDoc): T {
    const entry = this.set.get(doc.id);
    if (entry?.live !== undefined && entry.doc === doc) return entry.live as T;
    return this.#world.registry.restore(doc) as T;
  }

  async find(index: Exclude<IndexName, 'kind'>, value: string): Promise<readonly ActorDoc[]> {
    const ids = new Set(await this.#world.store.find(index, value));
    for (const [id, entry] of this.set.visible()) if (entry.doc?.indexes[index]?.includes(value)) ids.add(id);
    const found: ActorDoc[] = [];
    for (const id of ids) {
      const doc = await this.get(id);
      if (doc?.indexes[index]?.includes(value)) found.push(doc);
    }
    return found;
  }

  async slot(name: string): Promise<Slot | undefined> {
    const here = this.set.slot(name);
    if (here === 'free') return undefined;
    return here ?? (await this.#world.store.slot(name));
  }

  async create(options: CreateOptions): Promise<Created> {
    const entry = await this.#entry(options.id);
    if (entry.doc) return { kind: 'exists', doc: entry.doc };
    const known = this.#world.registry.kind(options.kind);
    if (!known) throw new RefusedError('unknown_kind', `kind: unknown: ${options.kind}`);
    for (const claim of options.claim ?? []) {
      const held = await this.slot(claim.name);
      if (held && held.owner !== options.id) return { kind: 'slot', slot: held };
    }
    const { machineVersion } = known.definition;
    const doc = emptyDoc(options.id, options.kind, this.key, this.#world.shardOf(this.key), machineVersion, this.at);
    const event = { type: 'created', at: this.at, input: options.input };
    const next = known.stepper.initial(options.input);
    const result = finishStep({ known, doc, live: undefined, next, event, ids: options.ids ?? [] });
    this.#refuse();
    const claimed = (options.claim ?? []).map((slot) => slot.name);
    const made = await this.#take(entry, {
      ...result,
      doc: { ...result.doc, slots: [...claimed, ...result.doc.slots] },
      claim: [...(options.claim ?? []), ...result.claim],
    });
    return { kind: 'created', doc: made };
  }

  apply(id: ActorId, event: Event, ids?: readonly string[]): Promise<Applied> {
    return this.deliver(id, event, ids ? { ids } : {});
  }

  /** `apply` with everything that the engine itself knows of a message. */
  async deliver(id: ActorId, event: Event, delivery: Delivery): Promise<Applied> {
    this.#refuse();
    const entry = await this.#entry(id);
    const { doc } = entry;
    if (!doc) return { kind: 'missing' };
    if (isRepeated(doc, delivery)) return { kind: 'duplicate', doc: this.#settleOnly(entry, doc, delivery) };
    if (doc.parked) return this.#hold(entry, doc, event, delivery);
    const known = this.#world.registry.kind(doc.kind);
    const live = this.#liveOf(entry, doc);
    if (!known || live instanceof UnloadableError) {
      const parked = await this.park(id, live instanceof UnloadableError ? live.message : 'kind unknown', 'engine');
      return this.#hold(await this.#entry(id), parked, event, delivery);
    }
    const admitted = await known.definition.admit?.({ ...event, at: this.at }, this, doc);
    if (admitted === 'duplicate') return { kind: 'duplicate', doc: this.#settleOnly(entry, doc, delivery) };
    const stamped: MachineEvent = { ...(admitted ?? event), at: Math.max(this.at, doc.changedAt) };
    const base = before(doc, delivery);
    const next = known.stepper.next(live, stamped);
    const result = finishStep({ known, doc: base, live, next, event: stamped, ids: delivery.ids ?? [] });
    const settle = delivery.settle ? [...result.settle, delivery.settle] : result.settle;
    return { kind: 'applied', doc: await this.#take(entry, { ...result, settle }) };
  }

  #refuse(): void {
    const { refusal } = this;
    this.refusal = undefined;
    if (refusal) throw refusal;
  }

  #liveOf(entry: Entry, doc: ActorDoc): unknown {
    if (entry.live !== undefined) return entry.live;
    try {
      return this.#world.registry.restore(doc);
    } catch (error) {
      if (error instanceof UnloadableError) return error;
      throw error;
    }
  }

  /** Record a step's result and pass on what it told others. */
  async #take(entry: Entry, result: StepResult): Promise<ActorDoc> {
    const { earlier, settle } = unsettled(entry.effects, result.settle);
    const carried: Effect[] = [];
    const inline: Told[] = [];
    for (const told of result.tells) {
      if (told.key === this.key && this.#world.inlineTells) inline.push(told);
      else carried.push(this.#carry(told, result.doc));
    }
    this.set.set(result.doc.id, {
      ...this.#hand(entry),
      stored: entry.stored,
      doc: result.doc,
      live: result.live,
      effects: [...earlier, ...result.effects, ...carried],
      settle: [...entry.settle, ...settle],
      history: [...entry.history, result.history],
      claim: [...entry.claim, ...result.claim],
      release: [...entry.release, ...result.release],
      expire: [...entry.expire, ...result.expire],
    });
    for (const told of inline) await this.#pass(told, result.doc);
    return this.set.get(result.doc.id)?.doc ?? result.doc;
  }

  /** Whether a new document comes of work in hand: of a durable message, or of what another actor told. */
  #hand(entry: Entry): { readonly inHand?: boolean } {
    return entry.stored === undefined && (this.origin === 'durable' || this.#depth > 0 || entry.inHand === true) ? { inHand: true } : {};
  }

  /** A tell whose receiver throws is its receiver's trouble: it goes to quarantine, and the sender's step stands. */
  async #pass(told: Told, sender: ActorDoc): Promise<void> {
    const mark = this.set.mark();
    try {
      await this.tell(told.to, told.event, {});
    } catch (error) {
      if (error instanceof MeterwrightError && error.retry !== 'never') throw error;
      this.set.rollback(mark);
      const effect = tellEffect(told, sender);
      const command: Command = { key: this.key, type: 'engine.tell', payload: { effect }, origin: 'durable', id: effect.key };
      await quarantineRecord(this, command, error);
    }
  }

  #carry(told: Told, doc: ActorDoc): Effect {
    if (told.key === this.key) this.set.tell(told);
    return tellEffect(told, doc);
  }

  /** A tell: like `deliver`, but the actor is made when its kind knows how. */
  async tell(to: ActorId, event: MachineEvent, delivery: Delivery): Promise<Applied> {
    if (++this.#depth > MAX_TELL_DEPTH) throw new Error(`tell: more than ${MAX_TELL_DEPTH} tells follow from one message at ${to}`);
    try {
      if (!(await this.#entry(to)).doc) {
        const known = this.#world.registry.kindOfId(to);
        const input = known?.definition.inputFromTell?.(to, event);
        if (input === 'ignore') return { kind: 'missing' };
        if (!known || input === undefined) throw new RefusedError('no_such_actor', `to: nobody there and nobody to make: ${to}`);
        await this.create({ id: to, kind: known.definition.kind, input });
      }
      return await this.deliver(to, event, delivery);
    } finally {
      this.#depth--;
    }
  }

  /** An effect is done and has nothing to say. */
  async settle(id: ActorId, ref: EffectRef): Promise<string> {
    const entry = await this.#entry(id);
    if (entry.doc) this.#settleOnly(entry, entry.doc, { settle: ref });
    return 'settled';
  }

  /** Nothing to apply, but an effect to settle. */
  #settleOnly(entry: Entry, doc: ActorDoc, delivery: Delivery): ActorDoc {
    const { settle } = delivery;
    if (!settle) return doc;
    const next = { ...before(doc, delivery), version: doc.version + 1 };
    this.set.set(doc.id, { ...entry, doc: next, settle: [...entry.settle, settle] });
    return next;
  }

  #hold(entry: Entry, doc: ActorDoc, event: Event, delivery: Delivery): Applied {
    // A reminder stays where it is; it fires after the messages that came first.
    if (delivery.reminder) return { kind: 'held', doc };
    const held = doc.held ?? [];
    if (held.length >= this.#world.maxHeld) {
      throw new OverloadedError(`held: actor ${doc.id} is parked and ${held.length} messages wait already`, 60_000, { actor: doc.id });
    }
    const message = { ids: delivery.ids ?? [], at: this.at, event: event as unknown as Json };
    const base = before(doc, delivery);
    const next: ActorDoc = { ...base, version: doc.version + 1, held: [...held, message] };
    this.set.set(doc.id, { ...entry, doc: next, settle: delivery.settle ? [...entry.settle, delivery.settle] : entry.settle });
    return { kind: 'held', doc: next };
  }

  /** Give a document the index entries that its definition finds today. Parked ones too: nothing else of them changes. */
  async reindex(id: ActorId): Promise<'changed' | 'same'> {
    const entry = await this.#entry(id);
    const { doc } = entry;
    const indexes = doc && indexesOfDoc(this.#world.registry, doc);
    if (!doc || !indexes || sameIndexes(indexes, doc.indexes)) return 'same';
    this.set.set(id, { ...entry, doc: { ...doc, version: doc.version + 1, indexes } });
    return 'changed';
  }

  /** Take an actor out of service: see K2. */
  async park(id: ActorId, reason: string, by: string): Promise<ActorDoc> {
    const entry = await this.#entry(id);
    if (!entry.doc) throw new RefusedError('no_such_actor', `actor: does not exist: ${id}`);
    if (entry.doc.parked) return entry.doc;
    const doc = parkedDoc(entry.doc, { reason, since: this.at, by });
    const history = { version: doc.version, at: this.at, event: 'park', from: doc.state, to: doc.state, details: { reason, by } };
    this.set.set(id, { ...entry, doc, history: [...entry.history, history] });
    await this.raise('actor_parked', id, reason, id);
    return doc;
  }

  /** Put a parked actor back: messages that waited first, in order; overdue reminders follow. */
  async unpark(id: ActorId, reason: string, by: string): Promise<ActorDoc> {
    const entry = await this.#entry(id);
    if (!entry.doc?.parked) throw new RefusedError('not_parked', `actor: is not parked: ${id}`);
    this.#world.registry.restore(entry.doc);
    const { doc, held } = releasedDoc(entry.doc);
    const history = { version: doc.version, at: this.at, event: 'unpark', from: doc.state, to: doc.state, details: { reason, by } };
    this.set.set(id, { ...entry, doc, history: [...entry.history, history] });
    for (const [i, message] of held.entries()) await this.#deliverHeld(id, message, `${id}/${doc.version}/held/${i}`);
    await this.clear('actor_parked', id, id);
    return (await this.get(id)) ?? doc;
  }

  /** Nothing of an actor waits out its pause: reminders whose handling failed fire again, what it owes is tried at once. */
  async nudge(id: ActorId, reason: string, by: string): Promise<ActorDoc> {
    const entry = await this.#entry(id);
    if (!entry.doc) throw new RefusedError('no_such_actor', `actor: does not exist: ${id}`);
    if (entry.doc.parked) throw new RefusedError('parked', `actor: is parked: ${id}`);
    const doc = nudgedDoc(entry.doc);
    const history = { version: doc.version, at: this.at, event: NUDGE, from: doc.state, to: doc.state, details: { reason, by } };
    this.set.set(id, { ...entry, doc, history: [...entry.history, history] });
    return doc;
  }

  /** A message that waited and throws is put aside like any other; those behind it go on. */
  async #deliverHeld(actor: ActorId, { event, ids }: HeldMessage, id: string): Promise<void> {
    const mark = this.set.mark();
    try {
      await this.deliver(actor, event as unknown as Event, { ids });
    } catch (error) {
      if (error instanceof MeterwrightError && error.retry !== 'never') throw error;
      this.set.rollback(mark);
      await quarantineRecord(this, { key: this.key, type: 'engine.event', payload: { actor, event, ids }, origin: 'durable', id }, error);
    }
  }

  /** Handling a reminder failed: it stays, and is tried again later. */
  async postpone(id: ActorId, name: string, until: EpochMs, text: string): Promise<void> {
    const entry = await this.#entry(id);
    if (!entry.doc) return;
    const reminders = entry.doc.reminders.map((reminder) => (reminder.name === name ? { ...reminder, retryAt: until } : reminder));
    const doc: ActorDoc = { ...entry.doc, version: entry.doc.version + 1, reminders };
    this.set.set(id, { ...entry, doc });
    await this.raise('reminder_failed', id, text, id);
  }

  /** Raise an alert about something of this key. @param by the actor that this turn has just changed, whose commit carries the word */
  async raise(code: string, about: string, text: string, by?: ActorId): Promise<void> {
    if (!this.#world.registry.kind('alert')) return;
    await this.#alert(`alert:${code}:${about}`, { type: 'raise', at: this.at, code, about, text, details: null }, by);
  }

  /** Clear it, if it was ever raised. */
  async clear(code: string, about: string, by?: ActorId): Promise<void> {
    const to: ActorId = `alert:${code}:${about}`;
    // Without atomic groups the word that raises it may still be on its way.
    if (!this.#world.inlineTells || (await this.#entry(to)).doc) await this.#alert(to, { type: 'clear', at: this.at, code, about }, by);
  }

  /** Without atomic groups a commit may end between two documents: the word goes with the one that it is about. */
  async #alert(to: ActorId, event: MachineEvent, by: ActorId | undefined): Promise<void> {
    const entry = by === undefined ? undefined : this.set.get(by);
    if (this.#world.inlineTells || by === undefined || !entry?.doc) {
      await this.tell(to, event, {});
      return;
    }
    const version = entry.doc.version;
    const n = entry.effects.filter((effect) => effect.version === version).length;
    const told: Told = { from: by, version, n, to, key: this.key, event };
    this.set.set(by, { ...entry, effects: [...entry.effects, this.#carry(told, entry.doc)] });
  }

  async put(record: {
    readonly id: ActorId;
    readonly kind: string;
    readonly state: string;
    readonly indexes?: Partial<Record<IndexName, readonly string[]>>;
    readonly record: Json;
  }): Promise<void> {
    const entry = await this.#entry(record.id);
    const base = entry.doc ?? emptyDoc(record.id, record.kind, this.key, this.#world.shardOf(this.key), 1, this.at);
    const doc: ActorDoc = {
      ...base,
      version: base.version + 1,
      snapshot: record.record,
      state: record.state,
      since: record.state === base.state ? base.since : this.at,
      changedAt: this.at,
      indexes: record.indexes ?? {},
    };
    this.set.set(record.id, { ...entry, doc, ...this.#hand(entry) });
  }

  async remove(id: ActorId): Promise<void> {
    const entry = await this.#entry(id);
    if (entry.doc) this.set.set(id, { ...entry, doc: undefined });
  }
}

/** Effects of earlier steps of this turn that stay, and what is to be settled in the store: an effect that never got there just goes. */
function unsettled(effects: readonly Effect[], settle: readonly EffectRef[]): { readonly earlier: readonly Effect[]; readonly settle: readonly EffectRef[] } {
  if (effects.length === 0 || settle.length === 0) return { earlier: effects, settle };
  const settled = new Set(settle.map((ref) => ref.key));
  const unsaved = new Set(effects.map((effect) => effect.key));
  return { earlier: effects.filter((effect) => !settled.has(effect.key)), settle: settle.filter((ref) => !unsaved.has(ref.key)) };
}
