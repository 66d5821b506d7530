import type { ActorDoc, DueReminder, PageQuery, Store } from '../../../actors/store/store.ts';
import { ALL_SHARDS, appointmentId, commitOne, create, doc, NOW, update } from '../../support/store/documents.ts';
import { type OpenStore, storeTest } from './contract-harness.ts';

const DAY = 86_400_000;

/** All pages of a query, joined. */
async function pages(store: Store, query: PageQuery, between?: () => Promise<unknown>): Promise<ActorDoc[]> {
  const items: ActorDoc[] = [];
  let cursor: string | undefined;
  do {
    const page = await store.page({ ...query, ...(cursor === undefined ? {} : { cursor }) });
    if (page.items.length > query.limit) throw new Error('a page is longer than its limit');
    items.push(...page.items);
    cursor = page.cursor;
    if (cursor !== undefined) await between?.();
  } while (cursor !== undefined);
  return items;
}

const ids = (docs: readonly ActorDoc[]): string[] => docs.map(({ id }) => id);

/** The counters of the shards, added up by hand. */
async function summed(store: Store): Promise<unknown[]> {
  const sums = new Map<string, number>();
  for (const { shard: _, count, ...of } of await store.counts(ALL_SHARDS)) {
    const name = JSON.stringify([of.kind, of.state, of.day, of.reason]);
    sums.set(name, (sums.get(name) ?? 0) + count);
  }
  return [...sums].map(([name, count]) => [name, count]).sort();
}

async function totals(store: Store): Promise<unknown[]> {
  return (await store.totals()).map(({ kind, state, day, reason, count }) => [JSON.stringify([kind, state, day, reason]), count]).sort();
}

export function findContract(open: OpenStore): void {
  storeTest(open, 'totals are the counters of all shards added up, whatever is committed before, between and while they are read', async (t, store, opened) => {
    t.deepEqual(await totals(store), []);
    const docs = Array.from({ length: 40 }, (_, n) =>
      doc(n, { shard: n % 4, state: n % 3 === 0 ? 'FAILED' : 'SUCCESS', reason: n % 3 === 0 ? 'a, "b"' : '', since: NOW - (n % 5) * DAY }),
    );
    await store.commit(docs.slice(0, 20).map((made) => [create(made)]));
    t.is((await totals(store)).length, (await summed(store)).length);
    t.deepEqual(await totals(store), await summed(store));
    const [, during] = await Promise.all([store.commit(docs.slice(20).map((made) => [create(made)])), store.totals()]);
    t.true(during.length > 0);
    for (const made of docs.slice(0, 10)) await commitOne(store, update(made, { state: 'OTHER', since: NOW }));
    await commitOne(store, { ...update(docs[15] as ActorDoc), remove: true });
    t.deepEqual(await totals(store), await summed(store));
    const again = await opened.reopen?.();
    if (again) t.deepEqual(await totals(again), await summed(again));
  });

  storeTest(open, 'find gives the oldest first, at most as many as asked', async (t, store) => {
    const docs = [5, 3, 9, 1, 7].map((n) => doc(n, { indexes: { mpan: ['SUPX:1'] } }));
    await store.commit(docs.map((made) => [create(made)]));
    t.deepEqual(await store.find('mpan', 'SUPX:1'), [1, 3, 5, 7, 9].map(appointmentId));
    t.deepEqual(await store.find('mpan', 'SUPX:1', 2), [1, 3].map(appointmentId));
    t.deepEqual(await store.find('mpan', 'SUPX:12'), []);
    t.deepEqual(await store.find('mpan', 'SUPX:'), []);
    t.deepEqual(await store.find('sur', 'SUPX:1'), []);
  });

  storeTest(open, 'values of an index may be long, of any script, and begin alike', async (t, store) => {
    const values = ['é'.repeat(1_000), `${'é'.repeat(1_000)}!`, '電', 'a\u0000b', 'a', 'ab', ''];
    await store.commit(values.map((value, n) => [create(doc(n, { indexes: { requestReference: [value] } }))]));
    for (const [n, value] of values.entries()) t.deepEqual(await store.find('requestReference', value), [appointmentId(n)]);
  });

  storeTest(open, 'ids need not end in a UUID', async (t, store) => {
    const odd = ['mpan:SUPX:1234567890123', 'dtn:SUPX', 'alert:é:ü', `action:${'X'.repeat(200)}`, 'appointment:01970000-0000-7000-8000-00000000000G'] as const;
    await store.commit(odd.map((id, n) => [create(doc(n, { id, indexes: { mpid: ['M'] } }))]));
    t.deepEqual(await store.find('mpid', 'M'), odd);
    t.deepEqual(ids((await store.get(odd)) as ActorDoc[]), odd);
  });

  storeTest(open, 'pages by cursor give each document once, in both orders', async (t, store) => {
    const docs = Array.from({ length: 23 }, (_, n) => doc(n, { createdAt: NOW + Math.floor(n / 3) }));
    await store.commit(docs.toReversed().map((made) => [create(made)]));
    const query = { index: 'kind', value: 'appointment', limit: 5 } as const;
    t.deepEqual(await pages(store, query), docs);
    t.deepEqual(await pages(store, { ...query, order: 'desc' }), docs.toReversed());
    t.deepEqual(await pages(store, { ...query, limit: 23 }), docs);
    t.is((await store.page({ ...query, limit: 23 })).cursor, undefined);
  });

  storeTest(open, 'a page is bounded by from and, exclusively, by to', async (t, store) => {
    const docs = Array.from({ length: 10 }, (_, n) => doc(n, { indexes: { mpidStatus: ['SUPX|Pending'] } }));
    await store.commit(docs.map((made) => [create(made)]));
    const query = { index: 'mpidStatus', value: 'SUPX|Pending', from: NOW + 2, to: NOW + 7, limit: 3 } as const;
    t.deepEqual(await pages(store, query), docs.slice(2, 7));
    t.deepEqual(await pages(store, { ...query, order: 'desc' }), docs.slice(2, 7).toReversed());
    t.deepEqual(await pages(store, { index: query.index, value: query.value, to: NOW, limit: 3 }), []);
    t.is(await store.count(query), 5);
    t.is(await store.count({ index: query.index, value: query.value }), 10);
    t.is(await store.count({ index: query.index, value: 'SUPX|Success' }), 0);
  });

  storeTest(open, 'documents of a state are in the order in which they entered it', async (t, store) => {
    const docs = Array.from({ length: 6 }, (_, n) => doc(n));
    await store.commit(docs.map((made) => [create(made)]));
    for (const n of [4, 1, 3]) await commitOne(store, update(docs[n]!, { state: 'WAITING', since: NOW + 1_000 - n }));
    const query = { index: 'state', value: 'appointment|WAITING', limit: 2 } as const;
    t.deepEqual(ids(await pages(store, query)), [4, 3, 1].map(appointmentId));
    t.deepEqual(ids(await pages(store, { ...query, value: 'appointment|SUBMITTING' })), [0, 2, 5].map(appointmentId));
    t.deepEqual(ids(await pages(store, { ...query, from: NOW + 997, to: NOW + 999 })), [appointmentId(3)]);
    t.is(await store.count({ index: 'state', value: 'appointment|WAITING' }), 3);
  });

  storeTest(open, 'a cursor stays right while documents come and go', async (t, store) => {
    const docs = Array.from({ length: 20 }, (_, n) => doc(n * 10));
    await store.commit(docs.map((made) => [create(made)]));
    let fresh = 1;
    const change = async (): Promise<void> => {
      await store.commit([[create(doc(fresh)), create(doc(1_000 + fresh))].slice(0, 1), [create(doc(500 + fresh))]]);
      fresh += 1;
    };
    const seen = await pages(store, { index: 'kind', value: 'appointment', limit: 3 }, change);
    t.is(new Set(ids(seen)).size, seen.length);
    for (const made of docs) t.true(seen.some(({ id }) => id === made.id));
  });

  storeTest(open, 'a cursor that no page gave is refused', async (t, store) => {
    await t.throwsAsync(store.page({ index: 'kind', value: 'x', limit: 1, cursor: '%' }), { code: 'cursor_invalid' });
  });

  storeTest(open, 'counters follow state, reason and day, per shard', async (t, store) => {
    const [a, b, c] = [doc(1), doc(5), doc(2)];
    await store.commit([[create(a)], [create(b)], [create(c)]]);
    const submitting = { kind: 'appointment', state: 'SUBMITTING', day: '2025-06-15', reason: '' };
    const sorted = async (shards: number[]): Promise<unknown[]> => (await store.counts(shards)).toSorted((x, y) => (x.state < y.state ? -1 : 1));
    t.deepEqual(await sorted([1]), [{ shard: 1, ...submitting, count: 2 }]);
    await commitOne(store, update(a, { state: 'FAILED', since: NOW + DAY, reason: 'E1' }));
    t.deepEqual(await sorted([1]), [
      { shard: 1, kind: 'appointment', state: 'FAILED', day: '2025-06-16', reason: 'E1', count: 1 },
      { shard: 1, ...submitting, count: 1 },
    ]);
    t.deepEqual(await sorted([2]), [{ shard: 2, ...submitting, count: 1 }]);
    await commitOne(store, { doc: b, expectedVersion: 1, remove: true });
    t.is((await sorted([1])).length, 1);
  });

  storeTest(open, 'a recount of right counters changes nothing, also while documents move', async (t, store) => {
    let docs = Array.from({ length: 400 }, (_, n) => doc(n));
    await store.commit(docs.map((made) => [create(made)]));
    const moving = async (): Promise<void> => {
      for (let round = 0; round < 6; round++) {
        const ops = docs.map((made) => update(made, { state: `S${(round + made.version) % 3}` }));
        await store.commit(ops.map((op) => [op]));
        docs = ops.map((op) => op.doc);
      }
    };
    const [wrong] = await Promise.all([Promise.all(ALL_SHARDS.map((shard) => store.recount(shard))), moving()]);
    t.deepEqual(wrong, [0, 0, 0, 0]);
    t.is(
      (await store.counts(ALL_SHARDS)).reduce((sum, { count }) => sum + count, 0),
      400,
    );
    t.deepEqual(await Promise.all(ALL_SHARDS.map((shard) => store.recount(shard))), [0, 0, 0, 0]);
  });

  storeTest(open, 'due lists what fires until then, earliest first, of the shards asked for', async (t, store) => {
    const docs = [3, 1, 2, 0].map((n) => doc(n, { reminders: [{ name: 'fail', dueAt: NOW + n * 10 }] }));
    await store.commit(docs.map((made) => [create(made)]));
    const fireAts = async (shards: number[], until: number, limit = 10): Promise<number[]> =>
      (await store.due({ shards, until, limit })).map(({ fireAt }) => fireAt - NOW);
    t.deepEqual(await fireAts(ALL_SHARDS, NOW + 20), [0, 10, 20]);
    t.deepEqual(await fireAts([1, 3], NOW + 99), [10, 30]);
    t.deepEqual(await fireAts(ALL_SHARDS, NOW + 99, 2), [0, 10]);
    t.deepEqual(await fireAts(ALL_SHARDS, NOW - 1), []);
    t.deepEqual((await store.due({ shards: [2], until: NOW + 20, limit: 1 }))[0], {
      actor: appointmentId(2),
      key: 'mpan-2',
      shard: 2,
      name: 'fail',
      dueAt: NOW + 20,
      fireAt: NOW + 20,
    });
  });

  storeTest(open, 'due goes on after the reminder it is given, through equal instants', async (t, store) => {
    const docs = Array.from({ length: 9 }, (_, n) =>
      doc(n, {
        reminders: [
          { name: 'a', dueAt: NOW },
          { name: 'b', dueAt: NOW + (n % 2) },
        ],
      }),
    );
    await store.commit(docs.map((made) => [create(made)]));
    const seen: DueReminder[] = [];
    for (;;) {
      const after = seen.at(-1);
      const found = await store.due({ shards: ALL_SHARDS, until: NOW + 5, limit: 4, ...(after ? { after } : {}) });
      seen.push(...found);
      if (found.length < 4) break;
    }
    t.is(seen.length, 18);
    t.is(new Set(seen.map(({ actor, name }) => `${actor} ${name}`)).size, 18);
    t.deepEqual(
      seen.map(({ fireAt }) => fireAt),
      seen.map(({ fireAt }) => fireAt).toSorted((a, b) => a - b),
    );
  });

  storeTest(open, 'reminders behind a gate are listed only for that gate', async (t, store) => {
    const made = doc(1, {
      reminders: [
        { name: 'warn', dueAt: NOW },
        { name: 'fail', dueAt: NOW, gate: 'dip' },
      ],
    });
    await commitOne(store, create(made));
    const names = async (gate?: 'dip'): Promise<string[]> =>
      (await store.due({ shards: ALL_SHARDS, until: NOW, limit: 9, ...(gate ? { gate } : {}) })).map(({ name }) => name);
    t.deepEqual(await names(), ['warn']);
    t.deepEqual(await names('dip'), ['fail']);
  });

  storeTest(open, 'a reminder that failed is due at its retry; a forgotten or moved one leaves its old place', async (t, store) => {
    const made = doc(1, {
      reminders: [
        { name: 'a', dueAt: NOW },
        { name: 'b', dueAt: NOW },
        { name: 'c', dueAt: NOW },
      ],
    });
    await commitOne(store, create(made));
    await commitOne(
      store,
      update(made, {
        reminders: [
          { name: 'a', dueAt: NOW, retryAt: NOW + 30 },
          { name: 'c', dueAt: NOW + 10, gate: 'dip' },
        ],
      }),
    );
    t.deepEqual(await store.due({ shards: ALL_SHARDS, until: NOW + 29, limit: 9 }), []);
    const [a] = await store.due({ shards: ALL_SHARDS, until: NOW + 30, limit: 9 });
    t.is(a?.dueAt, NOW);
    t.is(a?.fireAt, NOW + 30);
    t.is((await store.due({ shards: ALL_SHARDS, until: NOW + 30, limit: 9, gate: 'dip' }))[0]?.name, 'c');
  });
}
