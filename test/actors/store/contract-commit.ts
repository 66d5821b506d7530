import type { StoreError } from '../../../actors/errors/error.ts';
import type { ActorDoc, CommitOutcome } from '../../../actors/store/store.ts';
import { ALL_SHARDS, appointmentId, commitOne, create, doc, effect, NOW, next, slot, update } from '../../support/store/documents.ts';
import { type OpenStore, storeTest } from './contract-harness.ts';

const ok: CommitOutcome = { kind: 'ok' };

export function commitContract(open: OpenStore): void {
  storeTest(open, 'a committed document is read back as it was', async (t, store) => {
    const made = doc(1, {
      reason: 'x',
      snapshot: { text: 'Zürich “½” 🔌 \u0000 \ud800', nested: [null, true, 1.5, { a: 'b' }] },
      indexes: { mpan: ['SUPX:é'] },
      parked: { reason: 'why', since: NOW, by: 'op' },
    });
    t.deepEqual(await commitOne(store, create(made)), ok);
    t.deepEqual(await store.get([made.id]), [made]);
  });

  storeTest(open, 'get answers in the order of the ids, undefined where there is none', async (t, store) => {
    const [a, b] = [doc(1), doc(2)];
    await store.commit([[create(a)], [create(b)]]);
    t.deepEqual(await store.get([b.id, appointmentId(9), a.id]), [b, undefined, a]);
    t.deepEqual(await store.get([]), []);
  });

  storeTest(open, 'a body of a mebibyte, non-ASCII, is kept to the letter', async (t, store) => {
    const body = 'ÄÖ🔌x'.repeat(210_000);
    const made = doc(1, { snapshot: { body } });
    await commitOne(store, create(made, { effects: [effect(made, 0, { body })] }));
    t.is((((await store.get([made.id]))[0] as ActorDoc).snapshot as { body: string }).body, body);
    t.is((await store.outbox({ channel: 'dip', shards: ALL_SHARDS, limit: 1 })).items[0]?.body, body);
  });

  storeTest(open, 'S1: what was acknowledged is there after the store is opened again', async (t, store, { reopen }) => {
    const docs = Array.from({ length: 50 }, (_, n) => doc(n, { indexes: { mpid: ['SUPX'] }, reminders: [{ name: 'fail', dueAt: NOW }] }));
    const outcomes = await store.commit(
      docs.map((made) => [
        create(made, { claim: [slot(`s${made.id}`, made)], effects: [effect(made, 0)], history: [{ version: 1, at: NOW, event: 'e', from: null, to: 'x' }] }),
      ]),
    );
    t.true(outcomes.every(({ kind }) => kind === 'ok'));
    if (!reopen) return;
    const again = await reopen();
    t.deepEqual(await again.get(docs.map(({ id }) => id)), docs);
    t.is((await again.find('mpid', 'SUPX')).length, 50);
    t.is((await again.due({ shards: ALL_SHARDS, until: NOW, limit: 100 })).length, 50);
    t.is(await again.outboxSize('dip'), 50);
    t.is((await again.slot(`s${docs[7]?.id}`))?.owner, docs[7]?.id);
    t.is((await again.history(docs[7]!.id)).length, 1);
    t.is(
      (await again.counts(ALL_SHARDS)).reduce((sum, { count }) => sum + count, 0),
      50,
    );
  });

  storeTest(open, 'S2: an op that does not hold leaves nothing behind', async (t, store) => {
    const holder = doc(1);
    await commitOne(store, create(holder, { claim: [slot('taken', holder)] }));
    const made = doc(2, { indexes: { sur: ['S'] }, reminders: [{ name: 'x', dueAt: NOW }] });
    const outcome = await commitOne(
      store,
      create(made, {
        claim: [slot('free', made), slot('taken', made)],
        effects: [effect(made, 0)],
        history: [{ version: 1, at: NOW, event: 'e', from: null, to: 'x' }],
      }),
    );
    t.is(outcome.kind, 'slot');
    t.deepEqual(await store.get([made.id]), [undefined]);
    t.is(await store.slot('free'), undefined);
    t.deepEqual(await store.find('sur', 'S'), []);
    t.deepEqual(await store.due({ shards: ALL_SHARDS, until: NOW, limit: 9 }), []);
    t.is(await store.outboxSize('dip'), 0);
    t.deepEqual(await store.history(made.id), []);
    t.is(
      (await store.counts(ALL_SHARDS)).reduce((sum, { count }) => sum + count, 0),
      1,
    );
  });

  storeTest(open, 'a call with a document that cannot be stored is refused whole, naming the groups to blame', async (t, store) => {
    const good = doc(1);
    const bad = doc(2, { state: 'x'.repeat(300) });
    const error = await t.throwsAsync<StoreError>(store.commit([[create(good)], [create(bad)], [create(doc(3)), create(bad)]]), { code: 'document_invalid' });
    t.deepEqual(error?.details.groups, [1, 2]);
    t.deepEqual(await store.get([good.id]), [undefined]);
  });

  storeTest(open, 'S3: a create of what exists is refused with the stored version', async (t, store) => {
    const made = doc(1);
    await commitOne(store, create(made));
    await commitOne(store, update(made));
    t.deepEqual(await commitOne(store, create(made)), { kind: 'version', storedVersion: 2 });
  });

  storeTest(open, 'S3: an update of another version, or of nothing, is refused', async (t, store) => {
    const made = doc(1);
    t.deepEqual(await commitOne(store, update(made)), { kind: 'version', storedVersion: 0 });
    await commitOne(store, create(made));
    t.deepEqual(await commitOne(store, update(next(made))), { kind: 'version', storedVersion: 1 });
    t.deepEqual((await store.get([made.id]))[0], made);
  });

  storeTest(open, 'S3: an op of a lower epoch than the stored is refused, an equal or higher one is not', async (t, store) => {
    const made = doc(1, { epoch: 5 });
    await commitOne(store, create(made));
    t.deepEqual(await commitOne(store, update(made, { epoch: 4 })), { kind: 'epoch', storedEpoch: 5 });
    t.deepEqual(await commitOne(store, update(made, { epoch: 5 })), ok);
    t.deepEqual(await commitOne(store, update(next(made), { epoch: 6 })), ok);
    t.is((await store.get([made.id]))[0]?.epoch, 6);
  });

  storeTest(open, 'S3: of many that race for one version, one wins', async (t, store) => {
    const made = doc(1);
    await commitOne(store, create(made));
    const racers = Array.from({ length: 40 }, (_, i) => store.commit([[update(made, { commitId: `racer-${i}` })]]));
    const outcomes = (await Promise.all(racers)).map(([outcome]) => outcome!);
    t.is(outcomes.filter(({ kind }) => kind === 'ok').length, 1);
    t.is(outcomes.filter((outcome) => outcome.kind === 'version' && outcome.storedVersion === 2).length, 39);
    const winner = outcomes.findIndex(({ kind }) => kind === 'ok');
    t.is((await store.get([made.id]))[0]?.commitId, `racer-${winner}`);
  });

  storeTest(open, 'one commit call has mixed outcomes, each in its place', async (t, store) => {
    const [a, b, c] = [doc(1), doc(2), doc(3)];
    await commitOne(store, create(a, { claim: [slot('s', a)] }));
    const outcomes = await store.commit([[create(b)], [create(a)], [create(c, { claim: [slot('s', c)] })], [update(a)]]);
    t.deepEqual(
      outcomes.map(({ kind }) => kind),
      ['ok', 'version', 'slot', 'ok'],
    );
    t.deepEqual(await store.get([a.id, b.id, c.id]), [next(a), b, undefined]);
  });

  storeTest(open, 'no groups, and a group without ops, are answered', async (t, store) => {
    t.deepEqual(await store.commit([]), []);
    t.deepEqual(await store.commit([[]]), [ok]);
  });

  storeTest(open, 'an atomic group is applied whole or not at all', async (t, store) => {
    t.pass();
    if (!store.atomicGroups) return;
    const [a, b] = [doc(1), doc(2)];
    await commitOne(store, create(b));
    const outcomes = await store.commit([[create(a, { claim: [slot('s', a)] }), create(b)]]);
    t.deepEqual(outcomes, [{ kind: 'version', storedVersion: 1 }]);
    t.deepEqual(await store.get([a.id]), [undefined]);
    t.is(await store.slot('s'), undefined);
    t.deepEqual(await store.commit([[create(a), update(b)]]), [ok]);
    t.deepEqual(await store.get([a.id, b.id]), [a, next(b)]);
  });

  storeTest(open, 'a later op of an atomic group sees the earlier', async (t, store) => {
    t.pass();
    if (!store.atomicGroups) return;
    const made = doc(1, { indexes: { sur: ['A'] } });
    const outcomes = await store.commit([[create(made), update(made, { indexes: { sur: ['B'] } })]]);
    t.deepEqual(outcomes, [ok]);
    t.deepEqual(await store.find('sur', 'A'), []);
    t.deepEqual(await store.find('sur', 'B'), [made.id]);
    t.is((await store.get([made.id]))[0]?.version, 2);
  });

  storeTest(open, 'a commit may carry several steps', async (t, store) => {
    const made = doc(1);
    await commitOne(store, create(made));
    t.deepEqual(await commitOne(store, { doc: next(made, { version: 4 }), expectedVersion: 1, before: made }), ok);
    t.is((await store.get([made.id]))[0]?.version, 4);
  });

  storeTest(open, 'index differences are right whether the document before is given or not', async (t, store) => {
    const made = doc(1, { indexes: { sur: ['A', 'B'], mpan: ['M'] } });
    await commitOne(store, create(made));
    const second = next(made, { indexes: { sur: ['B', 'C'] } });
    await commitOne(store, { doc: second, expectedVersion: 1 });
    const found = async (): Promise<unknown> => [
      (await store.find('sur', 'A')).length,
      (await store.find('sur', 'B')).length,
      (await store.find('sur', 'C')).length,
      (await store.find('mpan', 'M')).length,
    ];
    t.deepEqual(await found(), [0, 1, 1, 0]);
    await commitOne(store, update(second, { indexes: { mpan: ['M'] } }));
    t.deepEqual(await found(), [0, 0, 0, 1]);
  });

  storeTest(open, 'a removed document is gone with its indexes, reminders, counts and history', async (t, store) => {
    const made = doc(1, { indexes: { sur: ['S'] }, reminders: [{ name: 'x', dueAt: NOW }] });
    await commitOne(store, create(made, { history: [{ version: 1, at: NOW, event: 'e', from: null, to: 'x' }] }));
    t.deepEqual(await commitOne(store, { doc: made, expectedVersion: 7, remove: true }), { kind: 'version', storedVersion: 1 });
    t.deepEqual(await commitOne(store, { doc: made, expectedVersion: 1, remove: true }), ok);
    t.deepEqual(await store.get([made.id]), [undefined]);
    t.deepEqual(await store.find('sur', 'S'), []);
    t.deepEqual((await store.page({ index: 'kind', value: 'appointment', limit: 9 })).items, []);
    t.deepEqual(await store.due({ shards: ALL_SHARDS, until: NOW, limit: 9 }), []);
    t.deepEqual(await store.counts(ALL_SHARDS), []);
    await store.sweep(NOW, 1_000);
    t.deepEqual(await store.history(made.id), []);
    t.deepEqual(await commitOne(store, create(made)), ok);
  });

  storeTest(open, 'history is listed from a version on, bounded, in order', async (t, store) => {
    let current = doc(1);
    const entry = (version: number): { version: number; at: number; event: string; from: string; to: string; details: { v: number } } => ({
      version,
      at: NOW + version,
      event: 'step',
      from: 'A',
      to: 'B',
      details: { v: version },
    });
    await commitOne(store, create(current, { history: [entry(1)] }));
    for (let version = 2; version <= 12; version += 2) {
      const step = next(current, { version: version + 1 });
      await commitOne(store, { doc: step, expectedVersion: current.version, before: current, history: [entry(version), entry(version + 1)] });
      current = step;
    }
    t.deepEqual(
      (await store.history(current.id)).map(({ version }) => version),
      Array.from({ length: 13 }, (_, i) => i + 1),
    );
    t.deepEqual(await store.history(current.id, { after: 3, limit: 2 }), [entry(4), entry(5)]);
    t.deepEqual(await store.history(current.id, { after: 13 }), []);
  });

  storeTest(open, 'history of one actor is not mixed with that of one whose id begins alike', async (t, store) => {
    const [short, long] = [doc(1, { id: 'dtn:SUP' }), doc(2, { id: 'dtn:SUPX' })];
    const entry = { version: 1, at: NOW, event: 'e', from: null, to: 'x' };
    await store.commit([[create(short, { history: [entry] })], [create(long, { history: [entry] })]]);
    t.is((await store.history(short.id)).length, 1);
    await commitOne(store, { doc: short, expectedVersion: 1, remove: true });
    t.is((await store.history(long.id)).length, 1);
  });

  storeTest(open, 'meta values are kept by name', async (t, store, { reopen }) => {
    t.is(await store.getMeta('shards'), undefined);
    await store.putMeta('shards', 64);
    await store.putMeta('alive', { at: NOW });
    await store.putMeta('shards', 32);
    t.is(await store.getMeta('shards'), 32);
    const again = reopen ? await reopen() : store;
    t.deepEqual(await again.getMeta('alive'), { at: NOW });
  });

  storeTest(open, 'what is written and what is asked for after close is refused, what was asked for before is done', async (t, store, { reopen }) => {
    const made = doc(1);
    const before = store.commit([[create(made)]]);
    const closing = store.close();
    t.deepEqual(await before, [ok]);
    await closing;
    await t.throwsAsync(store.commit([[create(doc(2))]]), { code: 'store_closed' });
    await t.throwsAsync(store.get([made.id]), { code: 'store_closed' });
    t.false((await store.health()).writable);
    await store.close();
    if (reopen) t.deepEqual(await (await reopen()).get([made.id]), [made]);
  });

  storeTest(open, 'a healthy store says so', async (t, store) => {
    t.true((await store.health()).writable);
  });
}
