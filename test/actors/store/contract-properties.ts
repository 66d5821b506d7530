import type { ActorDoc, CommitOp, CommitOutcome, DueReminder, Effect, Reminder, Store } from '../../../actors/store/store.ts';
import fc from '../../support/fc.ts';
import { ALL_SHARDS, appointmentId, doc, effect, NOW, ref, slot } from '../../support/store/documents.ts';
import { ModelStore } from '../../support/store/model.ts';
import { type OpenStore, storeTest } from './contract-harness.ts';

const IDS = 5;
const SLOTS = ['s0', 's1', 's2'];
const VALUES = ['a', 'b', 'c'];
const STATES = ['OPEN', 'WAIT', 'DONE'];
const DAY = 86_400_000;

const reminders = fc.uniqueArray(
  fc.record({
    name: fc.constantFrom('r0', 'r1', 'r2'),
    dueAt: fc.integer({ min: 0, max: 5 }).map((n) => NOW + n),
    gated: fc.boolean(),
    retry: fc.option(fc.integer({ min: 0, max: 5 })),
  }),
  { selector: ({ name }) => name, maxLength: 3 },
);

const change = fc.record({
  n: fc.nat(IDS - 1),
  action: fc.constantFrom('write', 'write', 'write', 'write', 'remove', 'stale'),
  giveBefore: fc.boolean(),
  epoch: fc.constantFrom(0, 0, 0, 0, 1),
  state: fc.constantFrom(...STATES),
  day: fc.nat(2),
  reason: fc.constantFrom(undefined, 'why'),
  sur: fc.uniqueArray(fc.constantFrom(...VALUES), { maxLength: 2 }),
  reminders,
  claim: fc.uniqueArray(fc.constantFrom(...SLOTS), { maxLength: 2 }),
  expiry: fc.option(fc.nat(3)),
  release: fc.uniqueArray(fc.constantFrom(...SLOTS), { maxLength: 1 }),
  expire: fc.uniqueArray(fc.constantFrom(...SLOTS), { maxLength: 1 }),
  effects: fc.array(fc.record({ channel: fc.constantFrom('dip', 'bus'), at: fc.nat(2) }), { maxLength: 2 }),
  settle: fc.nat(3),
  history: fc.boolean(),
});
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;

const command = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant('commit' as const),
      groups: fc.array(fc.array(change, { minLength: 1, maxLength: 2 }), { minLength: 1, maxLength: 5 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('settle' as const), skip: fc.nat(3), channel: fc.constantFrom('dip', 'bus') }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('sweep' as const), at: fc.nat(3) }) },
);

const RUNS = 80;
const PARTS = 2;
let serial = 0;

/**
 * An op as the engine would make it from what is stored, or from a view that is out of date.
 * @param unmade documents of groups that failed: who builds on them may be wrong of the version, and never says `before`
 */
function toOp(c: Change, docs: Map<string, ActorDoc>, unmade: ReadonlySet<ActorDoc>, model: ModelStore): CommitOp {
  const id = appointmentId(c.n);
  const before = docs.get(id);
  const version = (before?.version ?? 0) + (c.action === 'stale' ? 1 : 0);
  const base = doc(c.n, {
    version: version + 1,
    commitId: `c${serial++}`,
    epoch: c.epoch,
    state: c.state,
    since: NOW + c.day * DAY,
    createdAt: before?.createdAt ?? NOW + (c.n % 2),
    indexes: { sur: c.sur, mpid: ['M'] },
    reminders: c.reminders.map(
      ({ name, dueAt, gated, retry }): Reminder => ({ name, dueAt, ...(gated ? { gate: 'dip' } : {}), ...(retry === null ? {} : { retryAt: NOW + retry }) }),
    ),
    ...(c.reason === undefined ? {} : { reason: c.reason }),
  });
  const owed = [...model.outbox('dip'), ...model.outbox('bus')].filter((one) => one.actor === id);
  return {
    doc: base,
    expectedVersion: version,
    ...(c.giveBefore && before && !unmade.has(before) ? { before } : {}),
    claim: c.claim.map((name) => slot(name, base, { value: version, ...(c.expiry === null ? {} : { expiresAt: NOW + c.expiry }) })),
    release: c.release.filter((name) => !c.claim.includes(name)),
    expire: c.expire.filter((name) => !c.claim.includes(name) && !c.release.includes(name)).map((name) => ({ name, at: NOW + 2 })),
    // A removed document's effects outlive it: one made again never repeats them.
    effects: c.effects.map(({ channel, at }): Effect => effect(base, serial++ % 65_536, { channel, createdAt: NOW + at })),
    settle: owed.slice(0, c.settle).map(ref),
    history: c.history ? [{ version: base.version, at: NOW, event: 'e', from: null, to: c.state }] : [],
    ...(c.action === 'remove' && version > 0 ? { remove: true as const } : {}),
  };
}

const byKey = (a: DueReminder, b: DueReminder): number => a.fireAt - b.fireAt || (a.actor + a.name < b.actor + b.name ? -1 : 1);

/** Everything that can be asked of a store. */
async function dump(store: Store): Promise<unknown> {
  const every = <T>(list: readonly T[], ask: (one: T) => Promise<unknown>): Promise<unknown[]> => Promise.all(list.map(ask));
  const all = Array.from({ length: IDS }, (_, n) => appointmentId(n));
  return {
    docs: await store.get(all),
    slots: await every(SLOTS, (name) => store.slot(name)),
    sur: await every(VALUES, (value) => store.find('sur', value)),
    mpid: (await store.page({ index: 'mpid', value: 'M', limit: 100 })).items.map(({ id }) => id),
    kind: (await store.page({ index: 'kind', value: 'appointment', limit: 100, order: 'desc' })).items.map(({ id }) => id),
    states: await every(STATES, async (state) => (await store.page({ index: 'state', value: `appointment|${state}`, limit: 100 })).items.map(({ id }) => id)),
    counts: (await store.counts(ALL_SHARDS)).map((count) => JSON.stringify(Object.values(count))).sort(),
    due: (await store.due({ shards: ALL_SHARDS, until: NOW + 4, limit: 100 })).toSorted(byKey),
    gated: (await store.due({ shards: ALL_SHARDS, until: NOW + 4, limit: 100, gate: 'dip' })).toSorted(byKey),
    outbox: await every(['dip', 'bus'], async (channel) => (await store.outbox({ channel, shards: ALL_SHARDS, limit: 100 })).items),
    sizes: await every(['dip', 'bus'], (channel) => store.outboxSize(channel)),
    history: await every(all, (id) => store.history(id)),
    wrong: await every(ALL_SHARDS, (shard) => store.recount(shard)),
  };
}

function dumpModel(model: ModelStore): unknown {
  const all = Array.from({ length: IDS }, (_, n) => appointmentId(n));
  const ids = (docs: ActorDoc[]): string[] => docs.map(({ id }) => id);
  return {
    docs: all.map((id) => model.get(id)),
    slots: SLOTS.map((name) => model.slot(name)),
    sur: VALUES.map((value) => ids(model.find('sur', value))),
    mpid: ids(model.find('mpid', 'M')),
    kind: ids(model.find('kind', 'appointment')).toReversed(),
    states: STATES.map((state) => ids(model.find('state', `appointment|${state}`))),
    counts: model
      .counts()
      .map(({ shard, kind, state, day, reason, count }) => JSON.stringify([shard, kind, state, day, reason, count]))
      .sort(),
    due: model.due(NOW + 4, undefined).toSorted(byKey),
    gated: model.due(NOW + 4, 'dip').toSorted(byKey),
    outbox: ['dip', 'bus'].map((channel) => model.outbox(channel)),
    sizes: ['dip', 'bus'].map((channel) => model.outbox(channel).length),
    history: all.map((id) => model.history(id)),
    wrong: ALL_SHARDS.map(() => 0),
  };
}

export function propertyContract(open: OpenStore): void {
  // Side by side: most of a run is waiting where the store is a server.
  for (let part = 1; part <= PARTS; part++) {
    storeTest(open, `any sequence of ops gives what the plainest store would give (${part} of ${PARTS})`, async (t, { atomicGroups: isEmbedded }) => {
      await fc.assert(
        fc.asyncProperty(fc.array(command, { minLength: 1, maxLength: 8 }), async (commands) => {
          const { store, dispose } = await open();
          try {
            const model = new ModelStore();
            for (const step of commands) await runStep(t.deepEqual.bind(t), step, store, model);
            t.deepEqual(await dump(store), dumpModel(model));
          } finally {
            await dispose();
          }
        }),
        // A store that is a server away would be hours at making a failing case smaller: its seed and path repeat it.
        { numRuns: RUNS / PARTS, endOnFailure: !isEmbedded },
      );
    });
  }
}

type Command = typeof command extends fc.Arbitrary<infer T> ? T : never;

async function runStep(equal: (a: unknown, b: unknown) => void, step: Command, store: Store, model: ModelStore): Promise<void> {
  if (step.type === 'commit') {
    const docs = new Map(model.docs().map((one) => [one.id as string, one]));
    const unmade = new Set<ActorDoc>();
    const expected: CommitOutcome[] = [];
    // Groups of one call may touch the same documents: each is made as if those before it held.
    const groups = step.groups.map((changes) => {
      const group = (store.atomicGroups ? changes : changes.slice(0, 1)).map((c) => {
        const op = toOp(c, docs, unmade, model);
        if (op.remove) docs.delete(op.doc.id);
        else docs.set(op.doc.id, op.doc);
        return op;
      });
      const outcomes = model.commit([group]);
      if (outcomes[0]?.kind !== 'ok') for (const { doc } of group) unmade.add(doc);
      expected.push(...outcomes);
      return group;
    });
    equal(await store.commit(groups), expected);
  } else if (step.type === 'settle') {
    const refs = model
      .outbox(step.channel)
      .slice(step.skip, step.skip + 2)
      .map(ref);
    await store.settle(refs);
    model.settle(refs);
  } else {
    await store.sweep(NOW + step.at, 100);
    model.sweep(NOW + step.at);
  }
}
