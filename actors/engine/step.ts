/**
 * One step of one actor: document and event in, next document and everything it asked for out. Pure.
 *
 * Invariants
 * - T1 The version rises by exactly one per step.
 * - T2 Time never runs backwards within an actor: `at` is at least the document's `changedAt`.
 * - T3 Everything asked for has a place `n` in the step, so `<actor>/<version>/<n>` names it for ever.
 */
import type {
  ActorId,
  AnnounceParams,
  ClearAlertParams,
  EpochMs,
  ForgetParams,
  Json,
  RaiseAlertParams,
  RemindParams,
  TellParams,
  WithdrawParams,
} from '../../machines/common/effects.ts';
import type { ActorDoc, Effect, EffectRef, HistoryEntry, Reminder, Slot } from '../store/store.ts';
import type { MachineEvent, OwedByStep, StepDetails } from './definition.ts';
import type { Asked } from './inert-scope.ts';
import type { KnownKind } from './registry.ts';

/** Channel of events for other systems, and of tells to actors of other keys. */
export const EVENTS_CHANNEL = 'events';
export const TELL_CHANNEL = 'tell';

/** A tell on its way: `version` and `n` of the sender's step identify it. */
export interface Told {
  readonly from: ActorId;
  readonly version: number;
  readonly n: number;
  readonly to: ActorId;
  readonly key: string;
  readonly event: MachineEvent;
}

export interface StepResult {
  readonly doc: ActorDoc;
  readonly live: unknown;
  readonly effects: readonly Effect[];
  readonly settle: readonly EffectRef[];
  readonly tells: readonly Told[];
  readonly history: HistoryEntry;
  readonly claim: readonly Slot[];
  readonly release: readonly string[];
  readonly expire: readonly { readonly name: string; readonly at: EpochMs }[];
}

export interface StepInput {
  readonly known: KnownKind;
  /** For a new actor: the empty document made by `emptyDoc`. */
  readonly doc: ActorDoc;
  readonly live: unknown;
  readonly next: { readonly snapshot: unknown; readonly asked: readonly Asked[] };
  readonly event: MachineEvent;
  readonly ids: readonly string[];
}

/** The document of an actor before its first step. */
export function emptyDoc(id: ActorId, kind: string, key: string, shard: number, machineVersion: number, at: EpochMs): ActorDoc {
  return {
    id,
    kind,
    key,
    shard,
    version: 0,
    commitId: '',
    epoch: 0,
    machineVersion,
    snapshot: null,
    state: '',
    since: at,
    createdAt: at,
    changedAt: at,
    indexes: {},
    slots: [],
    reminders: [],
    owed: [],
    applied: [],
    senders: {},
  };
}

interface Gathered {
  reminders: Reminder[];
  owed: ActorDoc['owed'];
  effects: Effect[];
  settle: EffectRef[];
  tells: Told[];
  sent: Json[];
  /** Places of the step that are taken. */
  places: number;
}

/** Turn what the machine asked for into what the document must carry. */
function gather(input: StepInput, version: number, at: EpochMs, live: unknown): Gathered {
  const { doc, known } = input;
  const out: Gathered = { reminders: [...doc.reminders], owed: doc.owed, effects: [], settle: [], tells: [], sent: [], places: 0 };
  const base = { actor: doc.id, routingKey: doc.key, shard: doc.shard, version, createdAt: at };
  let n = 0;
  let said = 0;
  for (const asked of input.next.asked) {
    switch (asked.type) {
      case 'remind': {
        const { name, dueAt, gate } = asked.params as RemindParams;
        out.reminders = out.reminders.filter((reminder) => reminder.name !== name);
        out.reminders.push(gate ? { name, dueAt, gate } : { name, dueAt });
        break;
      }
      case 'forget': {
        const { name } = asked.params as ForgetParams;
        out.reminders = out.reminders.filter((reminder) => reminder.name !== name);
        break;
      }
      case 'withdraw': {
        const { name } = asked.params as WithdrawParams;
        withdraw(out, doc, name);
        break;
      }
      case 'tell': {
        const { to, key, event } = asked.params as TellParams;
        out.tells.push({ from: doc.id, version, n: n++, to, key, event: { ...event, at } });
        break;
      }
      case 'raiseAlert': {
        const { code, text, details } = asked.params as RaiseAlertParams;
        out.tells.push({
          from: doc.id,
          version,
          n: n++,
          to: `alert:${code}:${doc.id}`,
          key: doc.key,
          event: { type: 'raise', at, code, about: doc.id, text, details: details ?? null },
        });
        break;
      }
      case 'clearAlert': {
        const { code } = asked.params as ClearAlertParams;
        out.tells.push({ from: doc.id, version, n: n++, to: `alert:${code}:${doc.id}`, key: doc.key, event: { type: 'clear', at, code, about: doc.id } });
        break;
      }
      case 'announce': {
        const { what, data } = asked.params as AnnounceParams;
        const face = known.definition.announcement?.(live as never, doc);
        if (!face) throw new Error(`announce: kind ${doc.kind} says nothing of its announcements`);
        const payload: Json = { subject: `${face.subject}.${what}`, type: `${face.type}.${what}.v1`, data: { ...data, ...face.data, actorVersion: version } };
        // The event's id counts the announcements of the step, not all it asked for (architecture, section 4).
        out.effects.push({ ...base, n, key: `${doc.id}/${version}/${said++}`, channel: EVENTS_CHANNEL, name: what, data: payload });
        n++;
        break;
      }
      default: {
        const outside = known.definition.effects[asked.type];
        if (!outside) throw new Error(`effect: kind ${doc.kind} has no outside effect named ${asked.type}`);
        const made = outside.encode(asked.params as Json, { actor: doc.id, key: doc.key, version, n, at });
        const key = made.key ?? `${doc.id}/${version}/effect-${n}`;
        const effect: Effect = { ...base, n, key, channel: outside.channel, name: made.name, data: made.data };
        out.effects.push(made.body === undefined ? effect : { ...effect, body: made.body });
        out.owed = [...out.owed, { key, name: made.name, channel: outside.channel, version, n }];
        if (made.log !== undefined) out.sent.push(made.log);
        n++;
      }
    }
  }
  out.places = n;
  return out;
}

/** What follows from the step as a whole takes the last place of it. */
function withOwed(draft: ActorDoc, gathered: Gathered, owed: OwedByStep | undefined): ActorDoc {
  if (!owed) return draft;
  const { channel, name, data, body } = owed;
  const { id, key: routingKey, shard, version, changedAt } = draft;
  const n = gathered.places;
  const key = `${id}/${version}/effect-${n}`;
  gathered.effects.push({ key, actor: id, routingKey, shard, version, n, channel, name, createdAt: changedAt, data, ...optional('body', body) });
  return { ...draft, owed: [...draft.owed, { key, name, channel, version, n }] };
}

/** Give up effects of that name: those of earlier commits are settled, those of this very step never leave. */
function withdraw(out: Gathered, doc: ActorDoc, name: string): void {
  for (const owed of out.owed) {
    if (owed.name === name) out.settle.push({ key: owed.key, actor: doc.id, shard: doc.shard, channel: owed.channel, version: owed.version, n: owed.n });
  }
  out.owed = out.owed.filter((owed) => owed.name !== name);
  out.effects = out.effects.filter((effect) => effect.name !== name || effect.channel === EVENTS_CHANNEL);
}

const DAY_MS = 86_400_000;

/** Ids applied so far with this message's, within the retention of the kind. */
function appliedWith(
  doc: ActorDoc,
  ids: readonly string[],
  at: EpochMs,
  retention: { readonly days: number; readonly maxEntries: number } | undefined,
): ActorDoc['applied'] {
  if (ids.length === 0) return doc.applied;
  const all = [...doc.applied, ...ids.map((id) => [id, at] as const)];
  if (!retention) return all;
  const oldest = at - retention.days * DAY_MS;
  return all.filter(([, when]) => when >= oldest).slice(-retention.maxEntries);
}

/** Finish a step: the next document and all that leaves with it. */
export function finishStep(input: StepInput): StepResult {
  const { known, doc, event, ids } = input;
  const { reason: _reason, ...kept } = doc;
  const { definition, stepper } = known;
  const at = Math.max(event.at, doc.changedAt);
  const version = doc.version + 1;
  const live = input.next.snapshot;
  const gathered = gather(input, version, at, live);
  const state = definition.stateOf(live as never);
  const reason = definition.reasonOf?.(live as never);
  const draft: ActorDoc = {
    ...kept,
    version,
    machineVersion: definition.machineVersion,
    snapshot: stepper.persist(live),
    state,
    since: state === doc.state ? doc.since : at,
    changedAt: at,
    indexes: definition.indexesOf(live as never, doc),
    reminders: gathered.reminders,
    owed: gathered.owed,
    applied: appliedWith(doc, ids, at, definition.retention),
    ...(reason === undefined ? {} : { reason }),
  };
  const owing = withOwed(draft, gathered, definition.owes?.(draft, doc.state));
  const slots = definition.slotsOf?.(live as never, owing, at);
  const details: StepDetails = {
    ...(ids.length > 0 ? { ids } : {}),
    ...optional('event', definition.detailsOf?.(event)),
    ...(gathered.sent.length > 0 ? { sent: gathered.sent } : {}),
  };
  return {
    doc: slots ? { ...owing, slots: heldSlots(owing.slots, slots) } : owing,
    live,
    effects: gathered.effects,
    settle: gathered.settle,
    tells: gathered.tells,
    history: { version, at, event: event.type, from: doc.version === 0 ? null : doc.state, to: state, details: details as Json, ...saidOf(gathered.effects) },
    claim: slots?.claim ?? [],
    release: slots?.release ?? [],
    expire: slots?.expire ?? [],
  };
}

/** What other systems are told, kept so that it can be told again. */
function saidOf(effects: readonly Effect[]): Pick<HistoryEntry, 'said'> {
  const said = effects.filter(({ channel }) => channel === EVENTS_CHANNEL).map(({ data }) => data);
  return said.length === 0 ? {} : { said };
}

function optional<K extends string, V>(name: K, value: V | undefined): { [k in K]?: V } {
  return value === undefined ? {} : ({ [name]: value } as { [k in K]?: V });
}

/** Slots that the document lists as its own: released ones leave the list, so do those that only wait for their end. */
function heldSlots(
  held: readonly string[],
  change: { readonly release?: readonly string[]; readonly expire?: readonly { readonly name: string }[] },
): readonly string[] {
  const gone = new Set([...(change.release ?? []), ...(change.expire ?? []).map((entry) => entry.name)]);
  return gone.size === 0 ? held : held.filter((name) => !gone.has(name));
}
