/** Sessions that are lost with their process, and events that come twice or late. */
import test from 'ava';
import { mayWrite } from '../../../machines/time-update/index.ts';
import { ActionWorld, done, failedBy, failure, reading, request, result, unknownWrite } from '../../support/machines/time-update-world.ts';

test('a second start while it runs is a further attempt after a lost one', (t) => {
  const w = new ActionWorld().start('a').start('b');
  t.is(w.state, 'running');
  t.is(w.context.attempt, 2);
  t.is(w.context.lost, 1);
  t.is(w.context.node, 'b');
  t.is(w.owed.length, 1);
  t.deepEqual(w.heard, ['queued', 'started', 'retried']);
});

test('lost attempts count: what fails after them is not tried again', (t) => {
  const w = new ActionWorld().start().start().start().end(failedBy('transport'));
  t.is(w.state, 'done');
  t.is(w.status.result, 'ERROR: clock: transport trouble');
});

test('a session that is lost too often ends the action', (t) => {
  const w = new ActionWorld().start().start().start().start();
  t.is(w.state, 'running');
  w.start();
  t.is(w.state, 'done');
  t.is(w.status.result, 'ERROR: the session was lost with its process 4 times');
  t.deepEqual(w.owed, []);
});

test('lost after the intent to write: the next attempt is a whole one, and its first reading is the one after the write', (t) => {
  const w = new ActionWorld().start().intend().start();
  t.is(w.context.task, 'time-update');
  w.end(result('success', { before: reading(1), serialNumber: '12345678' }));
  t.is(w.status.result, 'SUCCESS');
  t.is(w.status.meterTimeOffset, '-203s');
  t.is(w.status.meterTimeOffsetPostUpdate, '+1s');
});

test('lost after the intent, and the clock is still wrong: written again after that reading; before stays the first', (t) => {
  const w = new ActionWorld().start().intend().start().intend(-204);
  t.true(mayWrite(w.context, 2));
  w.end(result('success', { before: reading(-204), after: reading(0), wrote: true }));
  t.is(w.status.meterTimeOffset, '-203s');
  t.is(w.status.meterTimeOffsetPostUpdate, '+0s');
});

test('lost after the intent, then never reached again: partial success, the update is not verified', (t) => {
  const w = new ActionWorld().start().intend().start().end(failedBy('transport'));
  t.is(w.state, 'paused');
  w.fire();
  t.is(w.owed[0]?.task, 'time-update');
  w.attempt(failedBy('transport'));
  t.is(w.status.result, 'PARTIAL SUCCESS');
  t.is(w.status.meterTimeOffset, '-203s');
  t.is(w.status.meterTimeOffsetPostUpdate, 'ERROR: clock: transport trouble');
});

test('lost after the intent, the clock is still wrong, and the next session cannot finish: another one writes', (t) => {
  for (const kind of ['engine', 'transport', 'link'] as const) {
    const w = new ActionWorld().start().intend().start();
    w.end(failedBy(kind, { before: reading(-204) }));
    t.is(w.state, 'paused', kind);
    w.fire();
    t.is(w.owed[0]?.task, 'time-update');
    w.start().intend(-204);
    t.true(mayWrite(w.context, 3));
    w.end(result('success', { before: reading(-204), after: reading(0), wrote: true }));
    t.is(w.status.result, 'SUCCESS');
    t.is(w.status.meterTimeOffset, '-203s');
    t.is(w.status.meterTimeOffsetPostUpdate, '+0s');
  }
});

test('a link that goes on failing after a write that may have left is dialled again no more often than others are', (t) => {
  const w = new ActionWorld(request(), { attempts: 9 }).start().intend().start();
  w.end(failedBy('link', { before: reading(-204) })).fire();
  w.start().end(failedBy('link', { before: reading(-204) }));
  t.is(w.status.result, 'PARTIAL SUCCESS');
  t.is(w.status.meterTimeOffsetPostUpdate, '-204s');
});

test('the last attempt after a write that may have left ends with what it read', (t) => {
  const w = new ActionWorld()
    .start()
    .intend()
    .start()
    .end(failedBy('engine', { before: reading(-204) }));
  w.fire().attempt(failedBy('engine', { before: reading(-204) }));
  t.is(w.status.result, 'PARTIAL SUCCESS');
  t.is(w.status.meterTimeOffsetPostUpdate, '-204s');
});

test('a write that was not acknowledged and did not take, as its session read: where that could not finish, another one writes', (t) => {
  const notTaken = result('partial', { before: reading(-203), after: reading(-204), wrote: true, notTaken: true, failure: failure('engine') });
  const w = new ActionWorld().start().intend().end(notTaken);
  t.is(w.state, 'paused');
  w.fire();
  t.is(w.owed[0]?.task, 'time-update');
  w.start().intend(-204);
  t.true(mayWrite(w.context, 2));
  w.end(result('success', { before: reading(-204), after: reading(0), wrote: true }));
  t.is(w.status.result, 'SUCCESS');
  t.is(w.status.meterTimeOffset, '-203s');
});

test('a write that was not acknowledged and did not take, as often as a session may write: partial success', (t) => {
  const often = result('partial', { before: reading(-203), after: reading(-204), wrote: true, notTaken: true, failure: failure('write', { stage: 'set' }) });
  t.is(new ActionWorld().start().intend().end(often).status.result, 'PARTIAL SUCCESS');
});

test('lost too often after an intent: partial success', (t) => {
  const w = new ActionWorld().start().intend().start().start().start().start();
  t.is(w.status.result, 'PARTIAL SUCCESS');
  t.is(w.status.meterTimeOffsetPostUpdate, 'ERROR: the session was lost with its process 4 times');
});

test('an intent whose write provably did not leave is forgotten', (t) => {
  const w = new ActionWorld().start().intend().end(failedBy('engine'));
  t.is(w.context.write, null);
  w.fire().attempt(done());
  t.is(w.status.meterTimeOffset, '-203s');
  const never = new ActionWorld().start().intend().end(failedBy('meter'));
  t.is(never.status.result, 'ERROR: clock: meter trouble');
});

test('an intent of a lost session is not forgotten when that of the next one did not leave', (t) => {
  const w = new ActionWorld()
    .start()
    .intend()
    .start()
    .intend(-204)
    .end(failedBy('meter', { before: reading(-204) }));
  t.deepEqual(w.context.write, { first: 1, attempt: 1, sure: false });
  t.is(w.status.result, 'PARTIAL SUCCESS');
  t.is(w.status.meterTimeOffset, '-203s');
  t.is(w.status.meterTimeOffsetPostUpdate, '-204s');
});

test('progress after a write that may have left does not change the reading before', (t) => {
  const w = new ActionWorld()
    .start()
    .intend()
    .start()
    .give({ type: 'session.progress', stage: 'decide', before: reading(2) });
  t.is(w.context.found.before?.offsetSeconds, -203);
});

test('the reading before is the last one before the first write, over attempts', (t) => {
  const w = new ActionWorld().attempt(failedBy('transport', { before: reading(-100) })).attempt(done());
  t.is(w.status.meterTimeOffset, '-203s');
  t.is(new ActionWorld().attempt(failedBy('link', { before: reading(-100) })).attempt(failedBy('meter')).status.meterTimeOffset, '-100s');
});

test('events of an earlier attempt change nothing', (t) => {
  const w = new ActionWorld().attempt(failedBy('transport')).start();
  const { context } = w;
  w.give({ type: 'session.progress', stage: 'decide', before: reading(9), attempt: 1 });
  w.give({ type: 'write.intended', before: reading(9), attempt: 1 });
  w.give({ type: 'session.ended', result: done(), attempt: 1 });
  t.is(w.state, 'running');
  t.deepEqual(w.context, context);
  t.false(mayWrite(w.context, 1));
});

test('the end of an earlier attempt changes nothing while the next one is queued', (t) => {
  const w = new ActionWorld().attempt(failedBy('transport'));
  w.give({ type: 'session.ended', result: failedBy('transport'), attempt: 1 });
  t.is(w.state, 'queued');
  t.is(w.context.attempt, 1);
});

test('events that make no sense where they come change nothing', (t) => {
  const stray = [
    { type: 'attempt.started', node: 'x' },
    { type: 'session.progress', stage: 'decide', before: reading(9) },
    { type: 'write.intended', before: reading(9) },
    { type: 'session.ended', result: done() },
    { type: 'released' },
  ] as const;
  const paused = new ActionWorld().start().end(failedBy('transport'));
  const waiting = new ActionWorld(request({ immediate: false }));
  for (const event of stray) {
    paused.give(event);
    t.is(paused.state, 'paused', event.type);
    t.deepEqual(paused.last, []);
    if (event.type === 'released') continue;
    waiting.give(event);
    t.is(waiting.state, 'waiting', event.type);
    t.deepEqual(waiting.last, []);
  }
});

test('no event changes an ended action', (t) => {
  for (const w of [new ActionWorld().attempt(done()), new ActionWorld().cancel(), new ActionWorld().attempt(failedBy('meter'))]) {
    const { context } = w;
    w.start().intend().cancel().give({ type: 'session.ended', result: unknownWrite() }).give({ type: 'released' });
    w.give({ type: 'refused', text: 'no' }).give({ type: 'window.missed', window: 'w' });
    t.is(w.state, 'done');
    t.deepEqual(w.context, context);
    t.deepEqual(w.last, []);
  }
});
