/** The engine on a store whose groups are not atomic, and that answers over a network. */
import { openMongoStore } from '../../../actors/store/mongodb/index.ts';
import type { Store } from '../../../actors/store/store.ts';
import { seeded } from '../../crash/walks.ts';
import { liveAsCrowd } from '../../support/crash/crowd.ts';
import { toyWorld } from '../../support/engine.ts';
import { mongodbTest, openMongodb } from '../../support/mongodb.ts';
import { toyContext } from '../../support/toy.ts';

/** Resolves when nothing is owed any more. */
async function nothingOwed(store: Store): Promise<void> {
  for (const channel of ['tell', 'out', 'events']) while ((await store.outboxSize(channel)) > 0);
}

mongodbTest('tells to the same key are applied before the reply, those to other keys arrive once, in order', async (t) => {
  const { store, dispose } = await openMongodb();
  const world = toyWorld({ store });
  await world.create('a', 'k');
  await world.apply('a', { type: 'pass-on', to: 'toy:b', key: 'k', amount: 7 }, { key: 'k' });
  t.is(toyContext(await world.doc('b')).total, 7);
  for (let i = 0; i < 10; i++) await world.apply('a', { type: 'pass-on', to: 'toy:c', key: 'other', amount: 1 }, { key: 'k' });
  await nothingOwed(store);
  t.is(toyContext(await world.doc('c')).total, 10);
  t.is(toyContext(await world.doc('b')).total, 7);
  await world.engine.stop();
  await dispose();
});

mongodbTest('an actor that another process changed is loaded again, and the message is applied once', async (t) => {
  const { store, options, dispose } = await openMongodb();
  const beside = await openMongoStore(options);
  const [here, there] = [toyWorld({ store }), toyWorld({ store: beside })];
  await here.create('a');
  await there.apply('a', { type: 'add', amount: 5 }, { ids: ['m1'] });
  await here.apply('a', { type: 'add', amount: 3 }, { ids: ['m2'] });
  await here.apply('a', { type: 'add', amount: 5 }, { ids: ['m1'] });
  t.is(toyContext((await store.get(['toy:a']))[0]).total, 8);
  await here.engine.stop();
  await there.engine.stop();
  await beside.close();
  await dispose();
});

mongodbTest('a crowd of actors whose turns are cut between the ops of their groups comes to the same', async (t) => {
  const opened = await openMongodb();
  const { faults, tally } = await liveAsCrowd(seeded(3), 6, () => openMongoStore(opened.options));
  t.deepEqual(faults, []);
  t.true(tally.groups > 0);
  await opened.dispose();
});
