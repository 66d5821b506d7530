/**
 * The smallest engine that the gateway's tests need: documents in a map, handlers run one after the other, everything
 * committed at once. What is tested with it is the gateway; the engine has tests of its own.
 */
import type { Command, Handler, Turn } from '../../../actors/engine/definition.ts';
import type { EngineFace, StoreReader } from '../../../actors/engine/face.ts';
import { RefusedError } from '../../../actors/errors/error.ts';
import type { ActorDoc, HistoryEntry, IndexName, PageQuery, Slot } from '../../../actors/store/store.ts';
import type { ActorId, Json } from '../../../machines/common/effects.ts';

export class TestFace implements EngineFace {
  readonly docs = new Map<ActorId, ActorDoc>();
  readonly slots = new Map<string, Slot>();
  readonly histories = new Map<ActorId, readonly HistoryEntry[]>();
  readonly commands: Command[] = [];
  readonly handlers: Record<string, Handler> = {};
  now: () => number;
  /** Awaited before each command is run; throw to let it fail. */
  gate: (command: Command) => Promise<void> = async () => {};

  constructor(now: () => number) {
    this.now = now;
  }

  readonly store: StoreReader = {
    get: async (ids) => ids.map((id) => this.docs.get(id)),
    slot: async (name) => this.slots.get(name),
    find: async (index, value, limit = 1000) =>
      this.#matching(index, value)
        .slice(0, limit)
        .map((doc) => doc.id),
    page: async (query) => {
      const all = this.#listed(query);
      const sorted = query.order === 'desc' ? all.reverse() : all;
      const start = query.cursor === undefined ? 0 : Number(query.cursor);
      const items = sorted.slice(start, start + query.limit);
      return start + query.limit < sorted.length ? { items, cursor: String(start + query.limit) } : { items };
    },
    count: async (query) => this.#listed(query).length,
    counts: async () => [],
    totals: async () => [],
    history: async (actor) => this.histories.get(actor) ?? [],
    outboxSize: async () => 0,
    health: async () => ({ writable: true, text: 'ok' }),
  };

  async command<TReply>(command: Command): Promise<TReply> {
    this.commands.push(command);
    await this.gate(command);
    const handler = this.handlers[command.type];
    if (!handler) throw new RefusedError('unknown_command', `type: no handler for ${command.type}`);
    return (await handler(this.#turn(command.key), command.payload)) as TReply;
  }

  async inspect(actor: ActorId) {
    const doc = this.docs.get(actor);
    return doc && { doc, owed: [], queued: 0 };
  }

  /** Put a document as a commit would have. */
  seed(doc: Partial<ActorDoc> & { readonly id: ActorId; readonly kind: string }): ActorDoc {
    const now = this.now();
    const full: ActorDoc = {
      key: 'k',
      shard: 0,
      version: 1,
      commitId: 'c',
      epoch: 0,
      machineVersion: 1,
      snapshot: null,
      state: 's',
      since: now,
      createdAt: now,
      changedAt: now,
      indexes: {},
      slots: [],
      reminders: [],
      owed: [],
      applied: [],
      senders: {},
      ...doc,
    };
    this.docs.set(doc.id, full);
    return full;
  }

  #turn(key: string): Turn {
    const unused = (): never => {
      throw new Error('not in this test engine');
    };
    return {
      key,
      at: this.now(),
      get: async (id) => this.docs.get(id),
      snapshot: unused,
      find: async (index, value) => this.#matching(index, value),
      slot: async (name) => this.slots.get(name),
      create: async ({ id, kind, input, claim }) => {
        const taken = claim?.map(({ name }) => this.slots.get(name)).find((slot) => slot !== undefined);
        if (taken) return { kind: 'slot', slot: taken };
        for (const slot of claim ?? []) this.slots.set(slot.name, slot);
        return { kind: 'created', doc: this.seed({ id, kind, key, snapshot: { context: input } }) };
      },
      apply: unused,
      put: async ({ id, kind, state, indexes, record }) => {
        this.seed({ id, kind, key, state, indexes: indexes ?? {}, snapshot: record as Json });
      },
      remove: async (id) => {
        this.docs.delete(id);
      },
    };
  }

  #matching(index: IndexName | 'state', value: string): ActorDoc[] {
    const matches = (doc: ActorDoc): boolean => {
      if (index === 'kind') return doc.kind === value;
      if (index === 'state') return `${doc.kind}|${doc.state}` === value;
      return doc.indexes[index]?.includes(value) ?? false;
    };
    return [...this.docs.values()].filter(matches).sort((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1));
  }

  #listed(query: Omit<PageQuery, 'limit'>): ActorDoc[] {
    return this.#matching(query.index, query.value).filter(
      (doc) => (query.from === undefined || doc.createdAt >= query.from) && (query.to === undefined || doc.createdAt < query.to),
    );
  }
}
