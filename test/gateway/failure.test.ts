import test from 'ava';
import { MeterwrightError, NotOwnerError, OverloadedError, RefusedError, StoreError } from '../../actors/errors/error.ts';
import { toFailure } from '../../gateway/http/index.ts';

test('an overloaded service says that nothing was changed, and when to come back', (t) => {
  const failure = toFailure(new OverloadedError('mailboxes: full', 2_500));
  t.like(failure, { status: 503, code: 'overloaded', text: 'The service is at its limit; nothing was changed' });
});

test('an unknown outcome is not told as if nothing was changed', (t) => {
  const failure = toFailure(new OverloadedError('shard: no owner answered', 1_000, { outcome: 'unknown' }));
  t.is(failure?.status, 503);
  t.regex(failure?.text ?? '', /may still be done/);
});

for (const [error, status] of [
  [new NotOwnerError(3), 503],
  [new MeterwrightError('message_newer', 'version: newer', { retry: 'later' }), 503],
  [new StoreError('disk_full', 'store: full'), 503],
  [new RefusedError('command_too_large', 'payload: too large'), 413],
  [new RefusedError('no_such_actor', 'actor: none'), 404],
  [new RefusedError('not_pending', 'actor: has ended'), 409],
  [new RefusedError('invalid_value', 'member: rule'), 422],
] as const) {
  test(`${error.code} is answered with ${status}`, (t) => {
    t.is(toFailure(error)?.status, status);
  });
}

test('what is not expected is a bug', (t) => {
  t.is(toFailure(new TypeError('x')), undefined);
  t.is(toFailure(new MeterwrightError('internal', 'a bug on another node')), undefined);
});
