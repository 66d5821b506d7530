import type { CommitOutcome } from '../../../actors/store/store.ts';
import { commitOne, create, doc, NOW, next, slot, update } from '../../support/store/documents.ts';
import { type OpenStore, storeTest } from './contract-harness.ts';

const ok: CommitOutcome = { kind: 'ok' };

export function slotContract(open: OpenStore): void {
  storeTest(open, 'S4: a taken slot is refused, and shown with its content', async (t, store) => {
    const [a, b] = [doc(1), doc(2)];
    const held = slot('idem:1', a, { value: { hash: 'h', response: { id: 'é' } } });
    await commitOne(store, create(a, { claim: [held] }));
    t.deepEqual(await store.slot('idem:1'), held);
    t.deepEqual(await commitOne(store, create(b, { claim: [slot('idem:1', b)] })), { kind: 'slot', slot: held });
  });

  storeTest(open, 'S4: of many that race for one slot, in one call or in many, one wins', async (t, store) => {
    const ops = Array.from({ length: 60 }, (_, n) => create(doc(n), { claim: [slot('active:1', doc(n))] }));
    const calls = [store.commit(ops.slice(0, 30).map((op) => [op])), ...ops.slice(30).map((op) => store.commit([[op]]))];
    const outcomes = (await Promise.all(calls)).flat();
    const winners = ops.filter((_, i) => outcomes[i]?.kind === 'ok');
    t.is(winners.length, 1);
    t.is((await store.slot('active:1'))?.owner, winners[0]?.doc.id);
    t.true(outcomes.every((outcome) => outcome.kind === 'ok' || (outcome.kind === 'slot' && outcome.slot.owner === winners[0]?.doc.id)));
  });

  storeTest(open, 'a claim by the owner holds again', async (t, store) => {
    const made = doc(1);
    await commitOne(store, create(made, { claim: [slot('s', made, { value: 1 })] }));
    t.deepEqual(await commitOne(store, update(made, {}, { claim: [slot('s', made, { value: 2 })] })), ok);
    t.deepEqual(await store.slot('s'), slot('s', made, { value: 2 }));
  });

  storeTest(open, 'a released slot is free at once, in the same call too', async (t, store) => {
    const [a, b] = [doc(1), doc(2)];
    await commitOne(store, create(a, { claim: [slot('s', a)] }));
    const outcomes = await store.commit([[update(a, {}, { release: ['s'] })]]);
    t.deepEqual(outcomes, [ok]);
    t.is(await store.slot('s'), undefined);
    t.deepEqual(await commitOne(store, create(b, { claim: [slot('s', b)] })), ok);
  });

  storeTest(open, 'only its owner releases or ends a slot', async (t, store) => {
    const [a, b] = [doc(1), doc(2)];
    await store.commit([[create(a, { claim: [slot('s', a)] })], [create(b)]]);
    await commitOne(store, update(b, {}, { release: ['s'], expire: [{ name: 's', at: NOW - 1 }] }));
    t.deepEqual(await store.slot('s'), slot('s', a));
  });

  storeTest(open, 'a slot with an end outlives its document, until a sweep after that end', async (t, store) => {
    const [a, b] = [doc(1), doc(2)];
    await commitOne(store, create(a, { claim: [slot('idem', a), slot('active', a)] }));
    await commitOne(store, update(a, {}, { expire: [{ name: 'idem', at: NOW + 100 }], release: ['active'] }));
    await commitOne(store, { doc: next(a), expectedVersion: 2, remove: true });
    t.is((await store.slot('idem'))?.expiresAt, NOW + 100);
    await store.sweep(NOW + 99, 100);
    t.is((await commitOne(store, create(b, { claim: [slot('idem', b)] }))).kind, 'slot');
    t.true((await store.sweep(NOW + 100, 100)) >= 1);
    t.is(await store.slot('idem'), undefined);
    t.deepEqual(await commitOne(store, create(b, { claim: [slot('idem', b)] })), ok);
  });

  storeTest(open, 'a sweep is bounded, and tells how much it dropped', async (t, store) => {
    const docs = Array.from({ length: 10 }, (_, n) => doc(n));
    await store.commit(docs.map((made, n) => [create(made, { claim: [slot(`s${n}`, made, { expiresAt: NOW + n })] })]));
    t.is(await store.sweep(NOW + 7, 5), 5);
    t.is(await store.sweep(NOW + 7, 5), 3);
    t.is(await store.sweep(NOW + 7, 5), 0);
    t.is((await store.slot('s8'))?.owner, docs[8]?.id);
  });

  storeTest(open, 'a slot that was given another end is swept by that one', async (t, store) => {
    const made = doc(1);
    await commitOne(store, create(made, { claim: [slot('s', made, { expiresAt: NOW })] }));
    await commitOne(store, update(made, {}, { expire: [{ name: 's', at: NOW + 50 }] }));
    t.is(await store.sweep(NOW + 49, 10), 0);
    t.is((await store.slot('s'))?.expiresAt, NOW + 50);
    t.is(await store.sweep(NOW + 50, 10), 1);
  });

  storeTest(open, 'names of slots may be long and of any script', async (t, store) => {
    const made = doc(1);
    const names = ['é'.repeat(2_000), `${'é'.repeat(2_000)}x`, '🔌', 'a\u0000b', 'a'];
    await commitOne(store, create(made, { claim: names.map((name) => slot(name, made)) }));
    for (const name of names) t.is((await store.slot(name))?.name, name);
    t.is(await store.slot('é'.repeat(1_999)), undefined);
  });
}
