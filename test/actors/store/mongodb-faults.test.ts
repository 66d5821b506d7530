/** What the network does to the store on MongoDB, through a proxy that cuts, holds and delays. */
import type { ExecutionContext } from 'ava';
import { openMongoStore } from '../../../actors/store/mongodb/index.ts';
import type { MongodbOptions } from '../../../actors/store/options.ts';
import type { ActorDoc, CommitOp, CommitOutcome, Store } from '../../../actors/store/store.ts';
import { mongodbTest, mongodbUrl, openMongodb } from '../../support/mongodb.ts';
import { ALL_SHARDS, appointmentId, commitOne, create, doc, effect, NOW, next, slot, update } from '../../support/store/documents.ts';
import { startTcpProxy, type TcpProxy } from '../../support/tcp-proxy.ts';

const OK: CommitOutcome = { kind: 'ok' };

interface World {
  readonly store: Store;
  readonly proxy: TcpProxy;
  /** The same database, not through the proxy. */
  readonly beside: Store;
}

async function world(t: ExecutionContext, changes: Partial<MongodbOptions> = {}): Promise<World> {
  const target = new URL(await mongodbUrl());
  const proxy = await startTcpProxy({ host: target.hostname, port: Number(target.port || 27_017) });
  const beside = await openMongodb();
  const through = new URL(target);
  through.host = `${proxy.host}:${proxy.port}`;
  through.searchParams.set('directConnection', 'true');
  const store = await openMongoStore({ ...beside.options, url: through.href, operationTimeoutMs: 1_000, selectionTimeoutMs: 1_000, ...changes });
  t.teardown(async () => {
    proxy.restore();
    await store.close();
    await proxy.close();
    await beside.dispose();
  });
  return { store, proxy, beside: beside.store };
}

const full = (n: number, more: Partial<ActorDoc> = {}): ActorDoc => doc(n, { snapshot: { pad: 'x'.repeat(3_000) }, commitId: `c-${n}`, ...more });
const ops = (count: number, from = 0): CommitOp[] =>
  Array.from({ length: count }, (_, i) => {
    const made = full(from + i);
    return create(made, {
      claim: [slot(`s${from + i}`, made)],
      effects: [effect(made, 0)],
      history: [{ version: 1, at: NOW, event: 'e', from: null, to: 'x' }],
    });
  });

/** Every document is there once, whole. */
async function whole(t: ExecutionContext, store: Store, docs: readonly ActorDoc[]): Promise<void> {
  t.deepEqual(await store.get(docs.map(({ id }) => id)), docs);
  t.is(await store.outboxSize('dip'), docs.length);
  t.is((await store.page({ index: 'kind', value: 'appointment', limit: 1_000 })).items.length, docs.length);
}

mongodbTest('a connection that ends in the middle of a bulk on its way up: every op is settled, and is there once', async (t) => {
  const { store, proxy, beside } = await world(t);
  const creates = ops(60);
  const cut = proxy.limit('up', 100_000);
  const outcomes = await store.commit(creates.map((op) => [op]));
  await cut;
  t.deepEqual(
    outcomes,
    creates.map(() => OK),
  );
  await whole(
    t,
    beside,
    creates.map((op) => op.doc),
  );
  t.is(
    (await store.counts(ALL_SHARDS)).reduce((sum, { count }) => sum + count, 0),
    60,
  );
});

mongodbTest('an answer that never comes: what was applied is found by its write id, and is not applied again', async (t) => {
  const { store, proxy, beside } = await world(t);
  const creates = ops(20);
  await store.commit(creates.map((op) => [op]));
  proxy.hold('down');
  let told = false;
  const changes = creates.map(({ doc: made }) => update(made, { state: 'CHANGED', commitId: `u-${made.id}` }, { effects: [effect(next(made), 7)] }));
  const committed = store.commit(changes.map((op) => [op]));
  void committed.then(() => (told = true));
  await proxy.held('down', 1);
  // The server has done it: it can be seen beside the proxy.
  while ((await beside.get([creates[0]!.doc.id]))[0]?.state !== 'CHANGED');
  t.false(told);
  proxy.drop();
  proxy.restore();
  t.deepEqual(
    await committed,
    changes.map(() => OK),
  );
  t.deepEqual(
    await beside.get(changes.map((op) => op.doc.id)),
    changes.map((op) => op.doc),
  );
  t.is(await beside.outboxSize('dip'), 40);
});

mongodbTest('a server that stops taking a bulk in the middle: the connection times out, and the commit goes on when there is a server again', async (t) => {
  const { store, proxy, beside } = await world(t);
  await store.commit([[create(doc(999))]]);
  // Far more than the buffers between the two take: the driver's socket waits to be drained.
  const creates = Array.from({ length: 40 }, (_, n) => create(doc(n, { snapshot: { pad: 'x'.repeat(500_000) }, commitId: `c-${n}` })));
  proxy.stall();
  t.deepEqual(
    await store.commit(creates.map((op) => [op])),
    creates.map(() => OK),
  );
  t.is(await beside.count({ index: 'kind', value: 'appointment' }), 41);
});

mongodbTest('a stepped-down primary: cut, slow to come back, and a commit asked for meanwhile is settled when it does', async (t) => {
  const { store, proxy, beside } = await world(t);
  const before = ops(5);
  await store.commit(before.map((op) => [op]));
  proxy.cut();
  const during = ops(30, 100);
  const committed = store.commit(during.map((op) => [op]));
  while ((await store.health()).writable) await t.throwsAsync(store.get([appointmentId(1)]), { code: 'store_failed' });
  proxy.delay(30);
  proxy.restore();
  proxy.delay(30);
  t.deepEqual(
    await committed,
    during.map(() => OK),
  );
  await whole(
    t,
    beside,
    [...before, ...during].map((op) => op.doc),
  );
  t.true((await store.health()).writable);
});

mongodbTest('what another owner wrote while the outcome was in doubt stands, and the op is told so', async (t) => {
  const { store, proxy, beside } = await world(t);
  const made = full(1, { epoch: 1 });
  await commitOne(store, create(made));
  proxy.hold('up');
  const committed = commitOne(store, update(made, { commitId: 'stale' }));
  await proxy.held('up', 1_000);
  t.deepEqual(await commitOne(beside, update(made, { commitId: 'successor', epoch: 2 })), OK);
  proxy.drop();
  proxy.restore();
  t.deepEqual(await committed, { kind: 'epoch', storedEpoch: 2 });
  t.is((await beside.get([made.id]))[0]?.commitId, 'successor');
});

mongodbTest('an op that the server hears late, after it was settled by a second try, changes nothing', async (t) => {
  const { store, proxy, beside } = await world(t, { operationTimeoutMs: 300 });
  const made = full(1);
  await commitOne(store, create(made));
  proxy.strand();
  // The driver gives the silent connection up; the next one is heard at once.
  const late = update(made, { commitId: 'late' }, { effects: [effect(next(made), 0)] });
  t.deepEqual(await commitOne(store, late), OK);
  await commitOne(store, update(late.doc, { commitId: 'next' }));
  const heard = proxy.received('down');
  proxy.restore();
  while (proxy.received('down') === heard) await store.get([made.id]);
  t.is((await beside.get([made.id]))[0]?.commitId, 'next');
  t.is((await beside.outbox({ channel: 'dip', shards: ALL_SHARDS, limit: 9 })).items.length, 1);
});

mongodbTest('an outcome that cannot be found in time fails the commit, and the next one goes on', async (t) => {
  const { store, proxy } = await world(t, { settleTimeoutMs: 200, selectionTimeoutMs: 300 });
  proxy.cut();
  await t.throwsAsync(commitOne(store, create(full(1))), { code: 'commit_failed' });
  proxy.restore();
  t.deepEqual(await commitOne(store, create(full(2))), OK);
});

mongodbTest('one miss, one lower epoch and one taken slot among many are told apart, and the many hold', async (t) => {
  const { store } = await world(t);
  const creates = ops(200);
  t.true((await store.commit(creates.map((op) => [op]))).every(({ kind }) => kind === 'ok'));
  await commitOne(store, update(creates[50]!.doc, { commitId: 'other' }));
  await commitOne(store, update(creates[51]!.doc, { commitId: 'other', epoch: 9 }));
  const changes = creates.map(({ doc: made }, i) => update(made, { commitId: `u${i}`, state: 'CHANGED' }, i === 52 ? { claim: [slot('s3', made)] } : {}));
  const fresh = ops(100, 1_000).map((op, i) => (i === 7 ? { ...op, claim: [slot('s9', op.doc), slot('s8', op.doc)] } : op));
  const outcomes = await store.commit([...changes, ...fresh].map((op) => [op]));
  t.deepEqual(outcomes[50], { kind: 'version', storedVersion: 2 });
  t.deepEqual(outcomes[51], { kind: 'epoch', storedEpoch: 9 });
  t.deepEqual(outcomes[52], { kind: 'slot', slot: { name: 's3', owner: appointmentId(3) } });
  t.deepEqual(outcomes[207], { kind: 'slot', slot: { name: 's9', owner: appointmentId(9) } });
  t.is(outcomes.filter(({ kind }) => kind === 'ok').length, 296);
  t.is(await store.count({ index: 'state', value: 'appointment|CHANGED' }), 197);
});

mongodbTest('of two taken slots the idempotency slot is told of', async (t) => {
  const { store } = await world(t);
  const [holder, late] = [full(1), full(2)];
  await commitOne(store, create(holder, { claim: [slot('active:1', holder), slot('idem:1', holder, { value: { hash: 'h' } })] }));
  const outcome = await commitOne(store, create(late, { claim: [slot('active:1', late), slot('idem:1', late)] }));
  t.deepEqual(outcome, { kind: 'slot', slot: { name: 'idem:1', owner: holder.id, value: { hash: 'h' } } });
});

mongodbTest('marks of done effects survive a network that is away when they are written', async (t) => {
  const { store, proxy, beside } = await world(t);
  const creates = ops(3);
  await store.commit(creates.map((op) => [op]));
  proxy.cut();
  await store.settle(creates.map(({ effects }) => ({ ...effects![0]! })));
  proxy.restore();
  t.deepEqual((await store.outbox({ channel: 'dip', shards: ALL_SHARDS, limit: 9 })).items, []);
  await store.close();
  t.is(await beside.outboxSize('dip'), 0);
});

mongodbTest('a group of many ops whose connection ends in the middle is applied whole, in order, each op once', async (t) => {
  const { store, proxy, beside } = await world(t);
  const creates = ops(60);
  const changes = creates.slice(0, 20).map(({ doc: made }) => update(made, { commitId: `u-${made.id}`, state: 'CHANGED' }));
  const cut = proxy.limit('up', 100_000);
  t.deepEqual(await store.commit([[...creates, ...changes]]), [OK]);
  await cut;
  const docs = creates.map(({ doc: made }, i) => changes[i]?.doc ?? made);
  await whole(t, beside, docs);
  t.is(await store.count({ index: 'state', value: 'appointment|CHANGED' }), 20);
  t.is((await store.counts(ALL_SHARDS)).find(({ state, shard }) => state === 'CHANGED' && shard === 0)?.count, 5);
});

mongodbTest('a group of many ops whose answer never comes is not applied twice', async (t) => {
  const { store, proxy, beside } = await world(t);
  const creates = ops(10);
  await store.commit(creates.map((op) => [op]));
  const changes = creates.flatMap(({ doc: made }) => {
    const first = update(made, { commitId: `a-${made.id}` }, { effects: [effect(next(made), 1)] });
    return [first, update(first.doc, { commitId: `b-${made.id}` })];
  });
  proxy.hold('down');
  const committed = store.commit([changes]);
  await proxy.held('down', 1);
  while ((await beside.get([creates[9]!.doc.id]))[0]?.version !== 3);
  proxy.drop();
  proxy.restore();
  t.deepEqual(await committed, [OK]);
  t.deepEqual(
    (await beside.get(creates.map((op) => op.doc.id))).map((doc) => doc?.version),
    creates.map(() => 3),
  );
  t.is(await beside.outboxSize('dip'), 20);
});
