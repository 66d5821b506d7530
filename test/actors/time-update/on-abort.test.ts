import test from 'ava';
import { onAbort } from '../../../actors/time-update/on-abort.ts';

test('everybody who still listens is called once', (t) => {
  const end = new AbortController();
  const called: string[] = [];
  onAbort(end.signal, () => called.push('a'));
  const stop = onAbort(end.signal, () => called.push('b'));
  onAbort(end.signal, () => called.push('c'));
  stop();
  end.abort();
  end.abort();
  t.deepEqual(called, ['a', 'c']);
});

test('a function that listens twice is called twice, and stops once', (t) => {
  const end = new AbortController();
  let calls = 0;
  const run = () => {
    calls++;
  };
  onAbort(end.signal, run)();
  onAbort(end.signal, run);
  onAbort(end.signal, run);
  end.abort();
  t.is(calls, 2);
});

test('signals are kept apart', (t) => {
  const [one, other] = [new AbortController(), new AbortController()];
  let calls = 0;
  onAbort(one.signal, () => {
    calls++;
  });
  onAbort(other.signal, () => {
    calls += 10;
  });
  other.abort();
  t.is(calls, 10);
});

test('a signal that has fired calls nobody any more', (t) => {
  const end = new AbortController();
  end.abort();
  onAbort(end.signal, () => t.fail());
  t.pass();
});
