/** Who may deliver now. */
import test from 'ava';
import { Places } from '../../../actors/webhook/places.ts';

const never = new AbortController().signal;

test('so many of one receiver and so many in all; receivers take turns', async (t) => {
  const places = new Places(2, 3);
  const entered: string[] = [];
  const leave: (() => void)[] = [];
  for (const name of ['slow', 'slow', 'slow', 'slow', 'quick', 'quick', 'other']) {
    void places.enter(name, never).then((how) => {
      entered.push(name);
      leave.push(how!);
    });
  }
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  await settle();
  t.deepEqual(entered, ['slow', 'slow', 'quick']);
  leave[2]?.();
  await settle();
  t.deepEqual(entered.slice(3), ['quick']);
  leave[3]?.();
  await settle();
  t.deepEqual(entered.slice(4), ['other']);
  leave[0]?.();
  await settle();
  t.deepEqual(entered.slice(5), ['slow']);
  t.is(places.running, 3);
});

test('who gives up waiting takes no place', async (t) => {
  const places = new Places(1, 1);
  const stop = new AbortController();
  const first = await places.enter('a', never);
  const second = places.enter('a', stop.signal);
  const third = places.enter('b', never);
  stop.abort();
  t.is(await second, undefined);
  first?.();
  t.is(typeof (await third), 'function');
  t.is(await places.enter('a', stop.signal), undefined);
});
