import { randomBytes } from 'node:crypto';
import test from 'ava';
import { createSealer } from '../../../actors/secrets/index.ts';

const random = { bytes: (count: number) => randomBytes(count) };
const KEY = new Uint8Array(32).fill(7);

test('what was sealed opens again, text and octets', (t) => {
  const sealer = createSealer(KEY, random);
  t.is(sealer.openText(sealer.seal('pässword', 'action:1'), 'action:1'), 'pässword');
  t.deepEqual([...sealer.open(sealer.seal(Uint8Array.of(0, 255, 1), 'x'), 'x')], [0, 255, 1]);
  t.is(sealer.openText(sealer.seal('', 'x'), 'x'), '');
});

test('a seal is base64url, without the content, and never the same twice', (t) => {
  const sealer = createSealer(KEY, random);
  const one = sealer.seal('12345678', 'a');
  t.regex(one, /^[A-Za-z0-9_-]+$/);
  t.not(one, sealer.seal('12345678', 'a'));
  t.false(Buffer.from(one, 'base64url').includes('12345678'));
});

test('another purpose, another key and a changed octet open nothing, and the error shows nothing', (t) => {
  const sealer = createSealer(KEY, random);
  const sealed = sealer.seal('s3cret-content', 'action:1');
  const octets = Buffer.from(sealed, 'base64url');
  octets[20] = (octets[20] ?? 0) ^ 1;
  const other = createSealer(new Uint8Array(32).fill(8), random);
  for (const attempt of [
    () => sealer.open(sealed, 'action:2'),
    () => other.open(sealed, 'action:1'),
    () => sealer.open(octets.toString('base64url'), 'action:1'),
    () => sealer.open('', 'action:1'),
    () => sealer.open('AAAA', 'action:1'),
  ]) {
    const error = t.throws(attempt, { code: 'seal_broken' });
    t.false(JSON.stringify([error.message, error]).includes('s3cret'));
  }
});

test('a key of another length is refused by its length alone', (t) => {
  t.throws(() => createSealer(new Uint8Array(16), random), { code: 'seal_key_invalid', message: /32 octets, not 16/ });
});
