import test from 'ava';
import { openMemoryStore } from '../../../actors/store/memory/memory-store.ts';
import { supervise } from '../../../actors/supervision/index.ts';
import { TestChannel, testPorts, toyWorld } from '../../support/engine.ts';
import { toyContext } from '../../support/toy.ts';

test('a store that takes nothing for an hour ends nothing: work goes on when it does again', async (t) => {
  let failing = false;
  const store = openMemoryStore({
    faults: {
      beforeWrite: () => {
        if (failing) throw new Error('no space left');
      },
    },
  });
  const out = new TestChannel('out', 'none', (effect) => ({ kind: 'done', event: { type: 'sent', name: effect.name } }));
  const world = toyWorld({ store, out, start: false });
  const escalated: string[] = [];
  supervise({ name: 'test', children: world.engine.children(), ports: testPorts(world.clock), onEscalate: ({ id }) => escalated.push(id) });
  await world.settle();
  await world.create('a');
  await world.apply('a', { type: 'send', name: 'x' });
  failing = true;
  await world.settle();
  for (let i = 0; i < 720; i++) {
    await world.clock.advance(5_000);
    void world.apply('a', { type: 'add', amount: 0 }).catch(() => {});
  }
  await world.settle();
  failing = false;
  await world.clock.advance(120_000);
  await world.settle();
  t.deepEqual(escalated, []);
  t.deepEqual(toyContext(await world.doc('a')).seen, ['send', 'sent']);
});
