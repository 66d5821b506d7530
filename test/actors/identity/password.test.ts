import { randomBytes } from 'node:crypto';
import test from 'ava';
import { checkPasswordForm, hashPassword, NOBODYS_HASH, PasswordQueue, verifyPassword } from '../../../actors/identity/password.ts';

const SECRETS = { bytes: (count: number) => randomBytes(count) };
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('a password is good by its own hash and pepper only; the hash names its cost and has a salt', async (t) => {
  const hash = await hashPassword('correct horse battery', 'pepper', SECRETS);
  t.regex(hash, /^scrypt\$15\$8\$3\$[A-Za-z0-9_-]{22}\$[A-Za-z0-9_-]{43}$/);
  t.true(await verifyPassword('correct horse battery', 'pepper', hash));
  t.false(await verifyPassword('correct horse batterx', 'pepper', hash));
  t.false(await verifyPassword('correct horse battery', 'other', hash));
  t.not(await hashPassword('correct horse battery', 'pepper', SECRETS), hash);
});

test('the hash of nobody has the usual cost and no password', async (t) => {
  t.regex(NOBODYS_HASH, /^scrypt\$15\$8\$3\$/);
  t.false(await verifyPassword('', 'pepper', NOBODYS_HASH));
});

test('what is no hash has no password', async (t) => {
  for (const text of ['', 'scrypt$', 'scrypt$15$8$3$x$y']) t.false(await verifyPassword('x', 'pepper', text));
});

test('a password has at least twelve characters and a bounded size', (t) => {
  t.throws(() => checkPasswordForm('elevenchars'), { message: 'password: must have at least 12 characters' });
  t.throws(() => checkPasswordForm('x'.repeat(1_025)), { message: 'password: must have at most 1024 bytes' });
  t.notThrows(() => checkPasswordForm('twelve chars'));
});

function gated(queue: PasswordQueue) {
  const gates: (() => void)[] = [];
  const state = { running: 0, most: 0 };
  const begin = (source: string): Promise<void> =>
    queue.run(source, async () => {
      state.most = Math.max(state.most, ++state.running);
      await new Promise<void>((resolve) => gates.push(resolve));
      state.running--;
    });
  return { gates, state, begin };
}

test('a few passwords are checked at once, some wait, the rest is told to come back', async (t) => {
  const { gates, state, begin } = gated(new PasswordQueue(2, 3));
  const taken = ['a', 'b', 'c', 'd', 'e'].map(begin);
  await t.throwsAsync(begin('f'), { code: 'overloaded' });
  for (let done = 0; done < 5; done++) {
    await turn();
    gates.shift()!();
  }
  await Promise.all(taken);
  t.is(state.most, 2);
});

test('one source has two at most in the queue, so it cannot fill it', async (t) => {
  const { gates, begin } = gated(new PasswordQueue(1, 10));
  const own = [begin('a'), begin('a')];
  await t.throwsAsync(begin('a'), { code: 'overloaded' });
  const other = begin('b');
  for (let done = 0; done < 3; done++) {
    await turn();
    gates.shift()!();
  }
  await Promise.all([...own, other]);
  const again = begin('a');
  await turn();
  gates.shift()!();
  await t.notThrowsAsync(again);
});

test('work that fails gives its place back', async (t) => {
  const queue = new PasswordQueue(1, 1);
  await t.throwsAsync(
    queue.run('a', async () => {
      throw new Error('no');
    }),
    { message: 'no' },
  );
  t.is(await queue.run('a', async () => 1), 1);
});
