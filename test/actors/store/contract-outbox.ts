import type { Effect, Store } from '../../../actors/store/store.ts';
import { ALL_SHARDS, commitOne, create, doc, effect, NOW, next, ref, update } from '../../support/store/documents.ts';
import { type OpenStore, storeTest } from './contract-harness.ts';

async function keys(store: Store, channel = 'dip', limit = 100): Promise<string[]> {
  return (await store.outbox({ channel, shards: ALL_SHARDS, limit })).items.map(({ key }) => key);
}

export function outboxContract(open: OpenStore): void {
  storeTest(open, 'S5: a committed effect is found, whole, until it is settled', async (t, store) => {
    const made = doc(1);
    const sent = effect(made, 0, { body: '{"é":1}', data: { a: [1, { b: null }] } });
    await commitOne(store, create(made, { effects: [sent] }));
    t.deepEqual((await store.outbox({ channel: 'dip', shards: ALL_SHARDS, limit: 9 })).items, [sent]);
    t.is(await store.outboxSize('dip'), 1);
    await store.settle([ref(sent)]);
    t.deepEqual(await keys(store), []);
    t.is(await store.outboxSize('dip'), 0);
    t.deepEqual(await keys(store), []);
  });

  storeTest(open, 'settling names the effect with or without its instant, once or again, and what is not there too', async (t, store) => {
    const made = doc(1);
    const effects = [0, 1, 2].map((n) => effect(made, n, { createdAt: NOW + 50 - n }));
    await commitOne(store, create(made, { effects, history: [{ version: 1, at: NOW + 50, event: 'e', from: null, to: 'x' }] }));
    await store.settle([ref(effects[0]!), { ...ref(effects[1]!), createdAt: NOW + 49 }]);
    await store.settle([ref(effects[0]!), ref(effect(made, 77))]);
    t.deepEqual(await keys(store), [effects[2]?.key]);
    await store.settle([ref(effects[2]!)]);
    t.is(await store.outboxSize('dip'), 0);
  });

  storeTest(open, 'what an actor left undone on a channel is told in order of version and place, without what others left or was settled', async (t, store) => {
    const made = doc(1);
    const [late, early] = [effect(made, 2, { createdAt: NOW }), effect(made, 0, { createdAt: NOW + 9 })];
    const elsewhere = effect(made, 3, { channel: 'bus' });
    const other = doc(2);
    await store.commit([[create(made, { effects: [late, effect(made, 1), early, elsewhere] })], [create(other, { effects: [effect(other, 0)] })]]);
    const after = next(made);
    await commitOne(store, update(made, {}, { effects: [effect(after, 0)] }));
    await store.settle([ref(effect(made, 1))]);
    t.deepEqual(
      (await store.undone(made.id, 'dip')).map(({ key }) => key),
      [early, late, effect(after, 0)].map(({ key }) => key),
    );
    t.deepEqual(await store.undone(doc(3).id, 'dip'), []);
  });

  storeTest(open, 'an effect is settled in the commit that its result brings, or not if that does not hold', async (t, store) => {
    const made = doc(1);
    const sent = effect(made, 0);
    await commitOne(store, create(made, { effects: [sent] }));
    await commitOne(store, { ...update(next(made)), settle: [ref(sent)] });
    t.is(await store.outboxSize('dip'), 1);
    const second = effect(next(made), 0, { createdAt: NOW + 5 });
    await commitOne(store, update(made, {}, { settle: [ref(sent)], effects: [second] }));
    t.deepEqual(await keys(store), [second.key]);
  });

  storeTest(open, 'effects of a channel are in order of creation, actor, version and place', async (t, store) => {
    const [a, b] = [doc(1), doc(2)];
    const at = (of: typeof a, version: number, n: number, createdAt: number): Effect => effect({ ...of, version }, n, { createdAt });
    const ordered = [at(b, 1, 0, NOW), at(a, 1, 0, NOW + 1), at(a, 1, 1, NOW + 1), at(a, 2, 0, NOW + 1), at(b, 2, 0, NOW + 1), at(a, 3, 0, NOW + 2)];
    await store.commit([
      [create(a, { effects: [ordered[5]!, ordered[3]!, ordered[2]!, ordered[1]!] })],
      [create(b, { effects: [ordered[4]!, ordered[0]!, effect(b, 9, { channel: 'bus' })] })],
    ]);
    t.deepEqual(
      await keys(store),
      ordered.map(({ key }) => key),
    );
    t.deepEqual((await keys(store, 'bus')).length, 1);
    t.deepEqual(await keys(store, 'di'), []);
  });

  storeTest(open, 'the outbox pages by cursor, of the shards asked for, while effects come and go', async (t, store) => {
    const docs = Array.from({ length: 20 }, (_, n) => doc(n));
    await store.commit(docs.map((made) => [create(made, { effects: [effect(made, 0)] })]));
    const seen: Effect[] = [];
    let cursor: string | undefined;
    do {
      const page = await store.outbox({ channel: 'dip', shards: [1, 2], limit: 3, ...(cursor === undefined ? {} : { cursor }) });
      t.true(page.items.length <= 3);
      seen.push(...page.items);
      await store.settle(page.items.map(ref));
      cursor = page.cursor;
    } while (cursor !== undefined);
    t.deepEqual(
      seen.map(({ actor }) => actor),
      docs.filter(({ shard }) => shard === 1 || shard === 2).map(({ id }) => id),
    );
    t.is(await store.outboxSize('dip'), 10);
  });

  storeTest(open, 'effects outlive a removed document', async (t, store) => {
    const made = doc(1);
    await commitOne(store, create(made, { effects: [effect(made, 0)] }));
    await commitOne(store, { doc: made, expectedVersion: 1, remove: true });
    t.is((await keys(store)).length, 1);
  });

  storeTest(open, 'what was settled before a commit that is acknowledged stays settled', async (t, store, { reopen }) => {
    const made = doc(1);
    await commitOne(store, create(made, { effects: [effect(made, 0), effect(made, 1)] }));
    await store.settle([ref(effect(made, 0))]);
    await commitOne(store, create(doc(2)));
    const again = reopen ? await reopen() : store;
    t.deepEqual(await keys(again), [effect(made, 1).key]);
  });
}
