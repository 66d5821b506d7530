/** Sessions that are ended in order before they write, because their process stops or gives the shard away: they count for nothing. */
import test from 'ava';
import { countedAttempts, mayWrite } from '../../../machines/time-update/index.ts';
import { ActionWorld, done, failedBy, reading, request, result } from '../../support/machines/time-update-world.ts';

test('a session that is handed back leaves another one owed at once, and no attempt is spent', (t) => {
  const w = new ActionWorld(request(), { attempts: 1 }).start('a').handBack();
  t.is(w.state, 'queued');
  t.is(w.owed.length, 1);
  t.is(w.reminders.size, 0);
  t.is(countedAttempts(w.context), 0);
  w.start('b').end(done());
  t.is(w.status.result, 'SUCCESS');
  t.is(countedAttempts(w.context), 1);
  t.is(w.context.lost, 0);
  t.deepEqual(w.heard, ['queued', 'started', 'retried', 'connected', 'clock-read', 'clock-set', 'succeeded']);
});

test('however often it is handed back, an action has all its attempts', (t) => {
  const w = new ActionWorld();
  for (let n = 0; n < 10; n++) w.start().handBack();
  w.attempt(failedBy('transport')).attempt(failedBy('transport'));
  t.is(w.state, 'queued');
  w.attempt(failedBy('transport'));
  t.is(w.status.result, 'ERROR: clock: transport trouble');
});

test('each session has a number of its own: what is late of one that was handed back changes nothing', (t) => {
  const w = new ActionWorld().start().handBack().start();
  const { context } = w;
  t.is(context.attempt, 2);
  w.give({ type: 'session.progress', stage: 'decide', before: reading(9), attempt: 1 });
  w.give({ type: 'write.intended', before: reading(9), attempt: 1 });
  w.give({ type: 'session.handed-back', attempt: 1, octetsIn: 0, octetsOut: 0 });
  t.is(w.state, 'running');
  t.deepEqual(w.context, context);
});

test('an intent whose write did not leave before the session was handed back is forgotten', (t) => {
  const w = new ActionWorld().start().intend().handBack();
  t.is(w.context.write, null);
  w.start().end(failedBy('meter'));
  t.is(w.status.result, 'ERROR: clock: meter trouble');
});

test('a write of an earlier session that may have left is not forgotten by one that is handed back', (t) => {
  const w = new ActionWorld().start().intend().start().intend(-204).handBack().start();
  t.deepEqual(w.context.write, { first: 1, attempt: 1, sure: false });
  t.false(mayWrite(w.context, 3));
  w.end(result('success', { before: reading(1) }));
  t.is(w.status.meterTimeOffset, '-203s');
  t.is(w.status.meterTimeOffsetPostUpdate, '+1s');
});

test('handed back after a cancel, nothing written: cancelled', (t) => {
  const w = new ActionWorld().start().cancel().handBack();
  t.is(w.status.result, 'ERROR: cancelled');
  t.deepEqual(w.owed, []);
});

test('handed back after a cancel that followed a write that may have left: the next session only reads', (t) => {
  const w = new ActionWorld().start().intend().start().cancel().handBack();
  t.is(w.state, 'queued');
  t.is(w.owed[0]?.task, 'verify');
});

test('an overnight action that was handed back and is not begun again before its window ends waits for the next one', (t) => {
  const w = new ActionWorld(request({ immediate: false })).give({ type: 'released' }).start().handBack();
  w.give({ type: 'window.missed', window: 'a' });
  t.is(w.state, 'waiting');
  t.deepEqual(w.owed, []);
});

test('the octets of a session that was handed back are counted', (t) => {
  const w = new ActionWorld().start().handBack().start().end(done());
  t.is(w.context.octetsIn, 170);
  t.is(w.context.octetsOut, 80);
});
