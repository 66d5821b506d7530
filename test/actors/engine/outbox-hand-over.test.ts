import test from 'ava';
import { openMemoryStore } from '../../../actors/store/memory/memory-store.ts';
import { supervise } from '../../../actors/supervision/index.ts';
import { TestChannel, testPorts, toyWorld } from '../../support/engine.ts';
import { toyContext } from '../../support/toy.ts';

test('an effect that was done is not done again because its outcome could not be committed', async (t) => {
  let failing = false;
  const store = openMemoryStore({
    faults: {
      beforeWrite: () => {
        if (failing) throw new Error('no sync');
      },
    },
  });
  const out = new TestChannel('out', 'none', (effect) => {
    failing = true;
    return { kind: 'done', event: { type: 'sent', name: effect.name } };
  });
  const world = toyWorld({ store, out });
  await world.create('a');
  await world.apply('a', { type: 'send', name: 'x' });
  await world.settle();
  await world.clock.advance(3_000);
  await world.settle();
  failing = false;
  await world.clock.advance(3_000);
  await world.settle();
  t.deepEqual(out.names, ['x']);
  t.deepEqual(toyContext(await world.doc('a')).seen, ['send', 'sent']);
});

test('a channel that is started anew begins only when what the last one had under way has ended', async (t) => {
  const store = openMemoryStore();
  let failing = false;
  const outbox = store.outbox.bind(store);
  store.outbox = (query) => (failing ? Promise.reject(new Error('cannot be read')) : outbox(query));
  const held = Promise.withResolvers<void>();
  let atOnce = 0;
  let most = 0;
  let cut = false;
  const out = new TestChannel('out', 'key');
  out.perform = async (effect, _attempt, signal?: AbortSignal) => {
    signal?.addEventListener('abort', () => {
      cut = true;
    });
    out.performed.push(effect);
    most = Math.max(most, ++atOnce);
    await held.promise;
    atOnce--;
    return { kind: 'done' };
  };
  const world = toyWorld({ store, out, start: false, engine: { scanIntervalMs: 1_000 } });
  const supervision = supervise({ name: 'test', children: world.engine.children(), ports: testPorts(world.clock) });
  await world.settle();
  await world.create('a');
  await world.apply('a', { type: 'send', name: 'x' });
  await world.settle();
  failing = true;
  await world.clock.advance(1_000);
  await world.settle();
  failing = false;
  t.true(cut);
  await world.clock.advance(60_000);
  await world.settle();
  t.is(most, 1);
  held.resolve();
  await world.settle();
  await world.clock.advance(60_000);
  await world.settle();
  t.is(most, 1);
  t.is(await store.outboxSize('out'), 0);
  t.is(supervision.health().find((child) => child.id === 'channel:out')?.status, 'up');
});
