import test from 'ava';
import { realClock, realIds, realRandom } from '../../../ops/process/ports.ts';

test('ids are UUIDv7 and rise', (t) => {
  const ids = Array.from({ length: 5_000 }, () => realIds.uuid());
  t.regex(ids[0] ?? '', /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  t.deepEqual([...ids].sort(), ids);
  t.is(new Set(ids).size, ids.length);
});

test('a timer fires no earlier than asked; a cancelled one never; one beyond 31 bits not at once', async (t) => {
  const from = realClock.monotonic();
  const fired: string[] = [];
  const far = realClock.after(3_000_000_000, () => fired.push('far'));
  const cancelled = realClock.after(1, () => fired.push('cancelled'));
  cancelled.cancel();
  // Ours do not keep the process alive; this one does for as long as the test waits.
  const alive = setInterval(() => {}, 1_000);
  await new Promise<void>((resolve) => realClock.after(20, resolve));
  clearInterval(alive);
  far.cancel();
  t.deepEqual(fired, []);
  t.true(realClock.monotonic() - from >= 19);
});

test('what runs soon runs after the work at hand and before any timer', async (t) => {
  const order: string[] = [];
  await new Promise<void>((resolve) => {
    setTimeout(() => {
      setTimeout(() => {
        order.push('timer');
        resolve();
      }, 0);
      realClock.soon(() => order.push('soon'));
      queueMicrotask(() => order.push('work at hand'));
    }, 0);
  });
  t.deepEqual(order, ['work at hand', 'soon', 'timer']);
});

test('random numbers lie in [0, 1)', (t) => {
  for (let count = 0; count < 1_000; count += 1) {
    const value = realRandom.next();
    t.true(value >= 0 && value < 1);
  }
});
