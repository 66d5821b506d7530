import test from 'ava';
import { type Condition, Watch } from '../../../ops/node/watch.ts';
import { FakeClock } from '../../support/fake-clock.ts';

function watched(look: Condition['look'], patienceMs = 0) {
  const clock = new FakeClock();
  const told: string[] = [];
  const alerts = { raise: (code: string) => void told.push(`raise ${code}`), clear: (code: string) => void told.push(`clear ${code}`) };
  return { watch: new Watch([{ code: 'disk_reserve', patienceMs, look }], alerts, clock), clock, told };
}

test('a condition is told when it begins and when it ends, not at every look', async (t) => {
  let text: string | null = 'full';
  const { watch, told } = watched(() => text);
  await watch.round();
  await watch.round();
  text = null;
  await watch.round();
  await watch.round();
  t.deepEqual(told, ['raise disk_reserve', 'clear disk_reserve']);
});

test('a condition that passes within its patience is not told', async (t) => {
  let text: string | null = null;
  const { watch, clock, told } = watched(() => text, 60_000);
  await watch.round();
  told.length = 0;
  text = 'full';
  await watch.round();
  await clock.advance(59_000);
  await watch.round();
  text = null;
  await watch.round();
  t.deepEqual(told, []);
});

test('the first look clears what an earlier run left raised', async (t) => {
  const { watch, told } = watched(() => null);
  await watch.round();
  await watch.round();
  t.deepEqual(told, ['clear disk_reserve']);
});
