import test from 'ava';
import { Acknowledged } from '../../../actors/bus/acknowledged.ts';

const NOW = Date.UTC(2026, 2, 24, 12);
const KEEP_MS = 60_000;

const event = (id: string, at: number) => ({ subject: 's', id, payload: '', at });
const answer = (text: string): Uint8Array => Buffer.from(text);

test('the last place is what the stream answered last, in the words of any server', (t) => {
  const acknowledged = new Acknowledged(KEEP_MS);
  t.is(acknowledged.last, undefined);
  acknowledged.note(event('a/1/0', NOW), answer('{"stream":"MW_EVENTS", "seq":7}'), NOW);
  t.deepEqual(acknowledged.last, { seq: 7, id: 'a/1/0' });
  acknowledged.note(event('a/2/0', NOW), answer('{"stream":"MW_EVENTS","domain":"hub","seq":1234567,"duplicate":true}'), NOW);
  t.deepEqual(acknowledged.last, { seq: 1_234_567, id: 'a/2/0' });
  acknowledged.forget();
  t.is(acknowledged.last, undefined);
});

test('the oldest event is looked for among those acknowledged lately, however old their steps are', (t) => {
  const acknowledged = new Acknowledged(KEEP_MS);
  acknowledged.note(event('a', NOW - 9_000_000), answer(''), NOW);
  acknowledged.note(event('b', NOW - 5_000_000), answer(''), NOW + 30_000);
  acknowledged.note(event('c', NOW + 30_000), answer(''), NOW + 30_001);
  t.is(acknowledged.oldest(NOW + 31_000), NOW - 9_000_000);
  t.is(acknowledged.oldest(NOW + 70_000), NOW - 5_000_000);
  t.is(acknowledged.oldest(NOW + 500_000), NOW + 500_000);
});

test('a clock that was set back does not make events forgotten', (t) => {
  const acknowledged = new Acknowledged(KEEP_MS);
  acknowledged.note(event('a', NOW), answer(''), NOW);
  acknowledged.note(event('b', NOW - 3_600_000), answer(''), NOW - 3_600_000);
  t.is(acknowledged.oldest(NOW - 3_599_000), NOW - 3_600_000);
});
