/** Cancel in every state (mts-actions-api 4), and the overnight window (5). */
import test from 'ava';
import { mayWrite } from '../../../machines/time-update/index.ts';
import { ActionWorld, done, failedBy, reading, request, result, unknownWrite } from '../../support/machines/time-update-world.ts';

const overnight = () => new ActionWorld(request({ immediate: false }));

for (const [title, world] of [
  ['waiting', overnight],
  ['queued', () => new ActionWorld()],
  ['paused', () => new ActionWorld().start().end(failedBy('transport'))],
] as const) {
  test(`${title}: a cancel ends it at once, and nothing is owed any more`, (t) => {
    const w = world().cancel('operator');
    t.is(w.state, 'done');
    t.is(w.status.result, 'ERROR: cancelled');
    t.is(w.context.cancelledBy, 'operator');
    t.deepEqual(w.owed, []);
    t.is(w.reminders.size, 0);
    t.is(w.heard.at(-1), 'cancelled');
  });
}

test('running, before the write: the session is told, and its end says that it is cancelled', (t) => {
  const w = new ActionWorld().start().cancel();
  t.is(w.state, 'running');
  t.deepEqual(w.cancels, [1]);
  w.end(result('cancelled', { before: reading(-203) }));
  t.is(w.status.result, 'ERROR: cancelled');
  t.is(w.status.meterTimeOffset, '-203s');
});

test('a second cancel asks nothing more', (t) => {
  t.deepEqual(new ActionWorld().start().cancel().cancel().cancels, [1]);
});

test('a cancel that came first forbids the write', (t) => {
  const w = new ActionWorld().start().cancel().intend();
  t.false(mayWrite(w.context, 1));
  t.is(w.context.write, null);
});

test('an intent that came first allows the write of its attempt, and of no other', (t) => {
  const w = new ActionWorld().start().intend();
  t.true(mayWrite(w.context, 1));
  t.false(mayWrite(w.context, 2));
  t.false(mayWrite(w.start().context, 1));
  t.false(mayWrite(w.context, 2));
});

test('from the write on a cancel changes nothing: its result stands', (t) => {
  const w = new ActionWorld().start().intend();
  const { context } = w;
  w.cancel();
  t.deepEqual(w.context, context);
  t.deepEqual(w.cancels, []);
  t.is(w.end(done()).status.result, 'SUCCESS');
});

test('a session that finished all the same before the cancel reached it: its result stands', (t) => {
  t.is(
    new ActionWorld()
      .start()
      .cancel()
      .end(result('success', { before: reading(3) })).status.result,
    'SUCCESS',
  );
});

test('a session that failed by itself after a cancel reads as cancelled, and is not tried again', (t) => {
  const w = new ActionWorld().start().cancel().end(failedBy('transport'));
  t.is(w.state, 'done');
  t.is(w.status.result, 'ERROR: cancelled');
});

test('a session that is lost after a cancel, nothing written: cancelled', (t) => {
  const w = new ActionWorld().start().cancel().start();
  t.is(w.status.result, 'ERROR: cancelled');
  t.deepEqual(w.owed, []);
});

test('lost after the intent, then cancelled while the next attempt runs: it reads on and writes no more, and tells what it read', (t) => {
  const w = new ActionWorld().start().intend().start().cancel();
  t.deepEqual(w.cancels, []);
  t.false(mayWrite(w.intend().context, 2));
  w.end(result('cancelled', { before: reading(-203) }));
  t.is(w.status.result, 'PARTIAL SUCCESS');
  t.is(w.status.meterTimeOffset, '-203s');
  t.is(w.status.meterTimeOffsetPostUpdate, '-203s');
});

test('lost after the intent, then cancelled, and the next attempt finds the clock right: success', (t) => {
  const w = new ActionWorld().start().intend().start().cancel();
  w.end(result('success', { before: reading(0) }));
  t.is(w.status.result, 'SUCCESS');
  t.is(w.status.meterTimeOffsetPostUpdate, '+0s');
});

test('lost again after such a cancel: the next session only reads', (t) => {
  t.is(new ActionWorld().start().intend().start().cancel().start().context.task, 'verify');
});

/** A write may have left; the action is between two sessions. */
const unsure = (): ActionWorld => new ActionWorld().start().intend().start().end(failedBy('transport'));

for (const [title, world] of [
  ['paused after a write that left', () => new ActionWorld().start().intend().end(unknownWrite())],
  ['paused after a write that may have left', unsure],
  ['queued after a write that left', () => new ActionWorld().start().intend().end(unknownWrite()).fire()],
  ['queued after a write that may have left', () => unsure().fire()],
] as const) {
  const cancelled = () => {
    const w = world().cancel('operator').cancel('another');
    return w.state === 'paused' ? w.fire() : w;
  };

  test(`${title}: a cancel leaves one session more, which only reads, and its result stands`, (t) => {
    const w = cancelled();
    t.is(w.context.end, null);
    t.is(w.context.cancelledBy, 'operator');
    t.is(w.owed.length, 1);
    w.start();
    t.is(w.context.task, 'verify');
    t.false(mayWrite(w.intend().context, w.context.attempt));
    w.end(result('success', { after: reading(0) }));
    t.is(w.status.result, 'SUCCESS');
    t.is(w.status.meterTimeOffset, '-203s');
    t.is(w.status.meterTimeOffsetPostUpdate, '+0s');
  });

  test(`${title}: when the session after the cancel cannot read either, the result says that the write was not verified`, (t) => {
    const w = cancelled().start().end(failedBy('transport'));
    t.is(w.state, 'done');
    t.is(w.status.result, 'PARTIAL SUCCESS');
    t.is(w.status.meterTimeOffsetPostUpdate, 'ERROR: clock: transport trouble');
    t.regex(w.context.end?.notes.join() ?? '', /^a write (may have )?left for the meter and was not verified$/);
  });
}

test('a session that only verifies finishes in spite of a cancel', (t) => {
  const w = new ActionWorld().attempt(unknownWrite()).start().cancel();
  t.deepEqual(w.cancels, []);
  t.is(w.end(result('success', { after: reading(0) })).status.result, 'SUCCESS');
});

test('a missed window waits for the next one, and each window counts once', (t) => {
  const w = overnight().give({ type: 'window.missed', window: '2026-03-24' }).give({ type: 'window.missed', window: '2026-03-24' });
  t.is(w.state, 'waiting');
  t.is(w.context.windowsMissed, 1);
});

test('the third missed window ends it in an error', (t) => {
  const w = overnight();
  for (const window of ['a', 'b', 'c']) w.give({ type: 'window.missed', window });
  t.is(w.state, 'done');
  t.is(w.status.result, 'ERROR: it could not be started in 3 overnight windows');
  t.is(w.status.meterTimeOffset, 'ERROR: it could not be started in 3 overnight windows');
});

test('the count of windows is a setting', (t) => {
  t.is(new ActionWorld(request({ immediate: false }), { windows: 1 }).give({ type: 'window.missed', window: 'a' }).state, 'done');
});

test('released but not started when the window closes: it goes back and owes nothing', (t) => {
  const w = overnight().give({ type: 'released' }).give({ type: 'window.missed', window: 'a' });
  t.is(w.state, 'waiting');
  t.deepEqual(w.owed, []);
  w.give({ type: 'released' });
  t.is(w.owed.length, 1);
});

test('a window that closes does not concern an immediate action, nor one that has started', (t) => {
  t.is(new ActionWorld().give({ type: 'window.missed', window: 'a' }).state, 'queued');
  const w = overnight().give({ type: 'released' }).attempt(failedBy('transport')).give({ type: 'window.missed', window: 'a' });
  t.is(w.state, 'queued');
  t.is(w.context.windowsMissed, 0);
});
