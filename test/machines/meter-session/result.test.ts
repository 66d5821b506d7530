import test from 'ava';
import { failureOf } from '../../../machines/meter-session/result.ts';

test('a failure names its stage once, also where the reason does', (t) => {
  t.is(failureOf({ class: 'link', message: 'no answer' }, 'clock').text, 'clock: no answer');
  t.is(failureOf({ class: 'login', message: 'log-in: password refused' }, 'log-in').text, 'log-in: password refused');
  t.is(failureOf({ class: 'meter', message: 'clock: read-write-denied' }, 'set').text, 'set: clock: read-write-denied');
});

test('a failure is one line of bounded length, and of class engine where nobody said which', (t) => {
  t.deepEqual(failureOf({ class: 'nothing known', message: 'a\r\nb\u0000c' }, 'serial'), { stage: 'serial', class: 'engine', text: 'serial: a b c' });
  t.true(failureOf({ class: 'link', message: 'x'.repeat(5_000) }, 'clock').text.length < 250);
  t.is(failureOf(undefined, 'open').text, 'open: failed without a reason');
});
