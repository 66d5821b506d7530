import test from 'ava';
import { createAlertDefinition } from '../../../actors/alert/index.ts';
import { RefusedError } from '../../../actors/errors/error.ts';
import { MemoryDisk, openMemoryStore } from '../../../actors/store/memory/memory-store.ts';
import { type ToyWorld, type ToyWorldOptions, toyWorld } from '../../support/engine.ts';
import { toyContext, toyDefinition } from '../../support/toy.ts';

test('a command is answered after its commit, and the store has it', async (t) => {
  const world = toyWorld({ store: openMemoryStore() });
  await world.create('a');
  await world.apply('a', { type: 'add', amount: 3 });
  const doc = await world.doc('a');
  t.is(toyContext(doc).total, 3);
  t.is(doc?.version, 2);
});

test('messages of one key are handled in the order of their arrival', async (t) => {
  const world = toyWorld({ store: openMemoryStore() });
  await world.create('a');
  await Promise.all(Array.from({ length: 200 }, (_, i) => world.apply('a', { type: i % 2 === 0 ? 'add' : 'sent', amount: 1, name: String(i) })));
  const { total, seen } = toyContext(await world.doc('a'));
  t.is(total, 100);
  t.deepEqual(
    seen,
    Array.from({ length: 200 }, (_, i) => (i % 2 === 0 ? 'add' : 'sent')),
  );
});

test('a message whose id was applied changes nothing', async (t) => {
  const world = toyWorld({ store: openMemoryStore() });
  await world.create('a');
  await world.apply('a', { type: 'add', amount: 1 }, { ids: ['m1'] });
  const again = (await world.apply('a', { type: 'add', amount: 1 }, { ids: ['other', 'm1'] })) as { kind: string };
  t.is(again.kind, 'duplicate');
  t.is(toyContext(await world.doc('a')).total, 1);
});

test('a command that throws changes nothing, and its neighbours in the turn stand', async (t) => {
  const world = toyWorld({ store: openMemoryStore() });
  await world.create('a');
  const results = await Promise.allSettled([
    world.apply('a', { type: 'add', amount: 1 }),
    world.apply('a', { type: 'boom' }),
    world.apply('a', { type: 'add', amount: 1 }),
  ]);
  t.deepEqual(
    results.map((result) => result.status),
    ['fulfilled', 'rejected', 'fulfilled'],
  );
  t.is(toyContext(await world.doc('a')).total, 2);
});

test('a durable message that throws goes to quarantine and can be driven again', async (t) => {
  const store = openMemoryStore();
  const world = toyWorld({ store });
  await world.create('a');
  const reply = (await world.apply('a', { type: 'boom' }, { origin: 'durable' })) as { kind: string };
  t.is(reply.kind, 'quarantined');
  const { items } = await store.page({ index: 'state', value: 'quarantine|held', limit: 10 });
  t.is(items.length, 1);
  const id = items[0]!.id;
  const drive = (engine: typeof world.engine): Promise<unknown> =>
    engine.command({ key: 'a', type: 'engine.redrive', payload: { id, by: 'op' }, origin: 'caller', id: 'r' });
  await t.throwsAsync(drive(world.engine), { message: /pure step that throws/ });
  await world.engine.stop();
  const mended = toyWorld({ store, definition: toyDefinition(), handlers: { 'toy.apply': async (turn) => turn.apply('toy:a', { type: 'add', amount: 5 }) } });
  await drive(mended.engine);
  t.is(toyContext(await mended.doc('a')).total, 5);
  t.is((await store.get([id]))[0]?.state, 'redriven');
  await t.throwsAsync(drive(mended.engine), { instanceOf: RefusedError });
});

test('a slot that another actor holds refuses the creation', async (t) => {
  const world = toyWorld({
    store: openMemoryStore(),
    handlers: {
      claim: (turn, payload) =>
        turn.create({ id: payload as `toy:${string}`, kind: 'toy', input: { start: 0 }, claim: [{ name: 'the-one', owner: payload as `toy:${string}` }] }),
    },
  });
  const claim = (key: string): Promise<{ kind: string }> => world.engine.command({ key, type: 'claim', payload: `toy:${key}`, origin: 'caller', id: key });
  const outcomes = await Promise.all(['a', 'b', 'c', 'd'].map(claim));
  t.deepEqual(outcomes.map((outcome) => outcome.kind).sort(), ['created', 'slot', 'slot', 'slot']);
});

test('a tell to an actor of the same key is applied before the reply', async (t) => {
  const world = toyWorld({ store: openMemoryStore() });
  await world.create('a', 'k');
  await world.apply('a', { type: 'pass-on', to: 'toy:b', key: 'k', amount: 7 }, { key: 'k' });
  t.is(toyContext(await world.doc('b')).total, 7);
});

test('a tell to an actor of the same key is applied before the reply without atomic groups too', async (t) => {
  const world = toyWorld({ store: openMemoryStore({ atomicGroups: false }) });
  await world.create('a', 'k');
  await world.apply('a', { type: 'pass-on', to: 'toy:b', key: 'k', amount: 7 }, { key: 'k' });
  t.is(toyContext(await world.doc('b')).total, 7);
  await world.settle();
  t.is(await world.store.outboxSize('tell'), 0);
  t.is(toyContext(await world.doc('b')).total, 7);
});

/** What actor `a` of key `k` tells is committed and not applied; the next engine's pumps do not run yet. */
async function cutBeforeTell(say: (world: ToyWorld) => Promise<unknown>): Promise<ToyWorld> {
  const disk = new MemoryDisk();
  const open = (crash?: ToyWorldOptions['crash']): ToyWorld =>
    toyWorld({
      store: openMemoryStore({ disk, atomicGroups: false }),
      definitions: [createAlertDefinition({ subjectPrefix: 'mw' })],
      start: false,
      ...(crash ? { crash } : {}),
    });
  const { promise: reached, resolve } = Promise.withResolvers<void>();
  const crashed = open((point) => {
    if (point !== 'before-tell') return 'go';
    resolve();
    return 'stop';
  });
  await crashed.create('a', 'k');
  void say(crashed);
  await reached;
  crashed.engine.abandon();
  return open();
}

const passOn = (amount: number) => ({ type: 'pass-on', to: 'toy:b', key: 'k', amount });
const operate = ({ engine }: ToyWorld, type: string): Promise<unknown> =>
  engine.command({ key: 'k', type, payload: { actor: 'toy:a', by: 'me', reason: 'why' }, origin: 'caller', id: type });

test('without atomic groups a tell that a crash left unapplied is not overtaken by the next one', async (t) => {
  const world = await cutBeforeTell((crashed) => crashed.apply('a', passOn(7), { key: 'k' }));
  t.is((await world.store.get(['toy:b']))[0], undefined);
  await world.apply('a', passOn(5), { key: 'k' });
  t.is(toyContext(await world.doc('b')).total, 12);
  world.engine.start();
  await world.settle();
  t.is(toyContext(await world.doc('b')).total, 12);
});

test('without atomic groups an alert whose raising a crash left unapplied is cleared with what it is about', async (t) => {
  const world = await cutBeforeTell((crashed) => operate(crashed, 'engine.park'));
  t.is((await world.store.get(['alert:actor_parked:toy:a']))[0], undefined);
  await operate(world, 'engine.unpark');
  world.engine.start();
  await world.settle();
  t.is((await world.store.get(['alert:actor_parked:toy:a']))[0]?.state, 'cleared');
});

test('a tell to an actor of another key arrives once', async (t) => {
  const world = toyWorld({ store: openMemoryStore() });
  await world.create('a');
  for (let i = 0; i < 20; i++) await world.apply('a', { type: 'pass-on', to: 'toy:b', key: 'other', amount: 1 });
  await world.settle();
  t.is(toyContext(await world.doc('b')).total, 20);
  t.is(await world.store.outboxSize('tell'), 0);
});

test('an actor with a newer snapshot is parked, and what comes for it waits in order', async (t) => {
  const store = openMemoryStore();
  const newer = toyWorld({ store, definition: toyDefinition({ machineVersion: 2 }) });
  await newer.create('a');
  await newer.engine.stop();
  const older = toyWorld({ store });
  const reply = (await older.apply('a', { type: 'add', amount: 1 }, { ids: ['m1'] })) as { kind: string };
  t.is(reply.kind, 'held');
  await older.apply('a', { type: 'sent', name: 'x' }, { ids: ['m2'] });
  t.is(((await older.apply('a', { type: 'add', amount: 1 }, { ids: ['m1'] })) as { kind: string }).kind, 'duplicate');
  await older.engine.stop();
  const again = toyWorld({ store, definition: toyDefinition({ machineVersion: 2 }) });
  await again.engine.command({ key: 'a', type: 'engine.unpark', payload: { actor: 'toy:a', by: 'op', reason: 'new version runs' }, origin: 'caller', id: 'u' });
  const doc = await again.doc('a');
  t.deepEqual(toyContext(doc).seen, ['add', 'sent']);
  t.is(doc?.parked, undefined);
});

test('more waits in the mailboxes than allowed: the caller is told to come back', async (t) => {
  const world = toyWorld({ store: openMemoryStore(), engine: { maxQueued: 10 } });
  await world.create('a');
  const results = await Promise.allSettled(Array.from({ length: 30 }, () => world.apply('a', { type: 'add', amount: 1 })));
  const refused = results.filter((result) => result.status === 'rejected');
  t.true(refused.length > 0);
  t.true(refused.every((result) => (result as PromiseRejectedResult).reason.code === 'overloaded'));
  t.is(toyContext(await world.doc('a')).total, results.length - refused.length);
});

test('a snapshot of an older version is lifted by its migration', async (t) => {
  const store = openMemoryStore();
  const old = toyWorld({ store });
  await old.create('a');
  await old.engine.stop();
  const lifted = toyDefinition({
    machineVersion: 2,
    migrate: (snapshot) => {
      const { context, ...rest } = snapshot as unknown as { context: { total: number; seen: string[] } };
      return { ...rest, context: { ...context, total: 100 } };
    },
  });
  const world = toyWorld({ store, definition: lifted });
  await world.apply('a', { type: 'add', amount: 1 });
  const doc = await world.doc('a');
  t.is(toyContext(doc).total, 101);
  t.is(doc?.machineVersion, 2);
});

test('a tell whose receiver throws goes to quarantine, and the step of its sender stands', async (t) => {
  const store = openMemoryStore();
  const world = toyWorld({ store, definition: toyDefinition({ inputFromTell: undefined as never }) });
  await world.create('a', 'k');
  await world.apply('a', { type: 'add', amount: 1 }, { key: 'k' });
  await world.apply('a', { type: 'pass-on', to: 'toy:nobody', key: 'k', amount: 7 }, { key: 'k' });
  t.is((await world.doc('a'))?.version, 3);
  const { items } = await store.page({ index: 'state', value: 'quarantine|held', limit: 10 });
  t.is(items.length, 1);
});

test('at the reserve of disk space new work is refused, and what is in hand goes on in the same moment', async (t) => {
  let writable = true;
  const world = toyWorld({ store: openMemoryStore({ health: () => ({ writable, text: writable ? 'ok' : 'reserve reached' }) }) });
  await world.create('a');
  writable = false;
  const [created, applied, told] = await Promise.allSettled([
    world.create('b'),
    world.apply('a', { type: 'add', amount: 1 }),
    world.apply('a', { type: 'pass-on', to: 'toy:c', key: 'c', amount: 1 }),
  ]);
  t.is(created.status === 'rejected' && created.reason.code, 'disk_reserve');
  t.is(applied.status, 'fulfilled');
  t.is(told.status, 'fulfilled');
  await world.settle();
  t.is(toyContext(await world.doc('c')).total, 1);
  writable = true;
  await world.create('b');
  t.is((await world.doc('b'))?.version, 1);
});

test('a step that claims the slot of another actor is refused, or put aside when its message is durable', async (t) => {
  const store = openMemoryStore();
  const definition = toyDefinition({
    slotsOf: (snapshot: { value: unknown }, doc) => (snapshot.value === 'done' ? { claim: [{ name: 'only-one-is-done', owner: doc.id }] } : {}),
  });
  const world = toyWorld({ store, definition });
  for (const name of ['a', 'b', 'c']) await world.create(name);
  await world.apply('a', { type: 'finish' });
  await t.throwsAsync(world.apply('b', { type: 'finish' }), { code: 'slot_taken' });
  const reply = (await world.apply('c', { type: 'finish' }, { origin: 'durable' })) as { kind: string };
  t.is(reply.kind, 'quarantined');
  t.is((await world.doc('b'))?.state, 'open');
  t.is((await world.doc('c'))?.state, 'open');
});
