import test from 'ava';
import { CredentialCache } from '../../../actors/access/credential-cache.ts';

test('it keeps no more than its bound, and what was used last', (t) => {
  const cache = new CredentialCache<number>(100);
  for (let n = 0; n < 1_000; n++) {
    cache.set(String(n), n);
    cache.get('0');
    t.true([...cache.entries()].length <= 100);
  }
  t.is(cache.get('0'), 0, 'used all the time');
  t.is(cache.get('999'), 999);
  t.is(cache.get('500'), undefined);
});

test('what is replaced or deleted never comes back from the older generation', (t) => {
  const cache = new CredentialCache<string>(8);
  for (const name of ['a', 'b', 'c', 'd']) cache.set(name, 'of before');
  cache.set('a', 'new');
  t.is(cache.get('a'), 'new');
  cache.get('b');
  cache.delete('a');
  cache.delete('b');
  t.is(cache.get('a'), undefined);
  t.is(cache.get('b'), undefined);
  cache.set('c', 'new');
  t.is([...cache.entries()].find(([name]) => name === 'c')?.[1], 'new', 'the one in force first');
});

test('a bound of 0 keeps nothing', (t) => {
  const cache = new CredentialCache<number>(0);
  cache.set('a', 1);
  t.is(cache.get('a'), undefined);
});
