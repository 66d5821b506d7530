/** Attempts: what is tried again, what never is, and what the action ends with (meter-protocols 7). */
import test from 'ava';
import { pauseMsAfter } from '../../../machines/time-update/index.ts';
import { ActionWorld, done, failedBy, failure, reading, request, result, T0, unknownWrite } from '../../support/machines/time-update-world.ts';

test('an immediate action owes a session at once', (t) => {
  const w = new ActionWorld();
  t.is(w.state, 'queued');
  t.deepEqual(w.owed, [
    {
      requestId: 1234,
      target: request().target,
      task: 'time-update',
      attempt: 1,
      priority: 'immediate',
      trace: false,
      deadlineMs: 240_000,
      sealedPassword: 'c2VhbGVk',
      passwordMark: 'mark',
    },
  ]);
});

test('an overnight action waits until it is released, then owes one of lower priority', (t) => {
  const w = new ActionWorld(request({ immediate: false }));
  t.is(w.state, 'waiting');
  t.deepEqual(w.owed, []);
  w.give({ type: 'released' });
  t.is(w.state, 'queued');
  t.is(w.owed[0]?.priority, 'overnight');
});

test('a session that did everything ends it in success', (t) => {
  const w = new ActionWorld().attempt(done());
  t.is(w.state, 'done');
  t.is(w.context.end?.outcome, 'success');
  t.deepEqual(w.owed, []);
  t.is(w.reminders.size, 0);
});

for (const kind of ['transport', 'engine'] as const) {
  test(`a failure of class ${kind} is tried again, three attempts in all`, (t) => {
    const w = new ActionWorld().attempt(failedBy(kind)).attempt(failedBy(kind));
    t.is(w.state, 'queued');
    t.is(w.owed.length, 1);
    t.is(w.owed[0]?.attempt, 3);
    w.attempt(failedBy(kind));
    t.is(w.state, 'done');
    t.is(w.status.result, `ERROR: clock: ${kind} trouble`);
  });
}

test('the count of attempts is a setting', (t) => {
  t.is(new ActionWorld(request(), { attempts: 1 }).attempt(failedBy('transport')).state, 'done');
});

test('a link that fails in a session is dialled again once', (t) => {
  const w = new ActionWorld().attempt(failedBy('link'));
  t.is(w.state, 'queued');
  w.attempt(failedBy('link'));
  t.is(w.state, 'done');
  t.is(w.context.attempt, 2);
  t.is(w.status.result, 'ERROR: clock: link trouble');
});

test('a meter that hangs up when it is given the password is tried once more, and no more', (t) => {
  const w = new ActionWorld().attempt(failedBy('hang-up'));
  t.is(w.state, 'queued');
  w.attempt(failedBy('hang-up'));
  t.is(w.state, 'done');
  t.is(w.context.attempt, 2);
  t.is(w.status.result, 'ERROR: clock: hang-up trouble');
});

test('a redial after a link that failed uses up the one that a hang-up would have, and the reverse', (t) => {
  for (const [first, then] of [
    ['link', 'hang-up'],
    ['hang-up', 'link'],
  ] as const) {
    const w = new ActionWorld().attempt(failedBy(first)).attempt(failedBy(then));
    t.is(w.state, 'done');
    t.is(w.context.attempt, 2);
  }
});

test('more redials in the settings do not give a password more tries, and none gives it one', (t) => {
  t.is(new ActionWorld(request(), { linkRedials: 9, attempts: 9 }).attempt(failedBy('hang-up')).attempt(failedBy('hang-up')).context.attempt, 2);
  t.is(new ActionWorld(request(), { linkRedials: 0 }).attempt(failedBy('hang-up')).state, 'done');
});

for (const kind of ['login', 'meter', 'guard', 'config', 'write'] as const) {
  test(`a failure of class ${kind} is never tried again`, (t) => {
    const w = new ActionWorld().attempt(failedBy(kind));
    t.is(w.state, 'done');
    t.is(w.context.attempt, 1);
    t.is(w.status.result, `ERROR: clock: ${kind} trouble`);
  });
}

test('a boundary that did not pass is tried again, then the success is partial', (t) => {
  const near = result('partial', { before: reading(-203), failure: failure('guard', { guard: 'boundary' }) });
  const w = new ActionWorld().attempt(near).attempt(near);
  t.is(w.state, 'queued');
  w.attempt(near);
  t.is(w.status.result, 'PARTIAL SUCCESS');
});

for (const guard of ['serial', 'largest', 'zone', 'host-clock', 'stop-switch', 'dry-run'] as const) {
  test(`partial success by guard ${guard} is final`, (t) => {
    const w = new ActionWorld().attempt(result('partial', { before: reading(-203), failure: failure('guard', { guard }) }));
    t.is(w.state, 'done');
    t.is(w.status.result, 'PARTIAL SUCCESS');
    t.is(w.status.meterTimeOffset, '-203s');
    t.is(w.status.meterTimeOffsetPostUpdate, undefined);
  });
}

test('partial success without a serial number is final, whatever stopped its reading', (t) => {
  for (const kind of ['meter', 'transport', 'engine'] as const) {
    t.is(
      new ActionWorld().attempt(result('partial', { ...done(), outcome: 'partial', failure: failure(kind, { stage: 'serial' }) })).status.result,
      'PARTIAL SUCCESS',
    );
  }
});

test('a meter that is off by whole half hours raises an alert', (t) => {
  const w = new ActionWorld().attempt(result('partial', { before: reading(3_600), failure: failure('guard', { guard: 'zone' }) }));
  t.deepEqual(w.alerts, ['raise alert:meter_zone:meter:tel:07777000000/1']);
});

const zoneRaised = (task: 'time-update' | 'read-clock' = 'time-update') =>
  new ActionWorld(request({ task })).give({ type: 'attempt.started', node: 'n', zoneAlert: true });

test('where that alert is raised, a session that finds the clock near to right, or puts it right, ends it', (t) => {
  for (const found of [result('success', { before: reading(899) }), done(), failedBy('meter', { before: reading(-40) })]) {
    t.deepEqual(zoneRaised().end(found).alerts, ['clear alert:meter_zone:meter:tel:07777000000/1']);
  }
});

test('where that alert is raised, a session without a reading, or with one that is off by half an hour or more, leaves it', (t) => {
  t.deepEqual(zoneRaised().end(failedBy('meter')).alerts, []);
  t.deepEqual(zoneRaised('read-clock').end(result('success', { before: reading(3_600) })).alerts, []);
  t.deepEqual(zoneRaised('read-clock').end(result('success', { before: reading(-1_799) })).alerts, []);
});

test('where that alert is not raised, nobody is told that it has ended', (t) => {
  t.deepEqual(new ActionWorld().attempt(done()).alerts, []);
});

test('a refused password is remembered with the action', (t) => {
  t.true(new ActionWorld().attempt(failedBy('login', { passwordRefused: true })).context.passwordRefused);
});

test('a write that the meter refused is partial success, and not looked at again', (t) => {
  const w = new ActionWorld().attempt(
    result('partial', { before: reading(-203), wrote: true, afterError: 'set: denied', failure: failure('meter', { stage: 'set', text: 'set: denied' }) }),
  );
  t.is(w.status.result, 'PARTIAL SUCCESS');
  t.is(w.status.meterTimeOffsetPostUpdate, 'ERROR: set: denied');
});

test('a write of unknown outcome is looked at again by reading only: it took', (t) => {
  const w = new ActionWorld().start().intend().end(unknownWrite());
  t.is(w.state, 'paused');
  w.fire();
  t.is(w.owed[0]?.task, 'verify');
  w.attempt(result('success', { after: reading(1) }));
  t.is(w.status.result, 'SUCCESS');
  t.is(w.status.meterTimeOffset, '-203s');
  t.is(w.status.meterTimeOffsetPostUpdate, '+1s');
});

test('a write of unknown outcome that did not take is partial success', (t) => {
  const w = new ActionWorld().attempt(unknownWrite()).attempt(result('error', { after: reading(-203), failure: failure('write') }));
  t.is(w.status.result, 'PARTIAL SUCCESS');
  t.is(w.status.meterTimeOffsetPostUpdate, '-203s');
});

test('a reading that stays missing after a write is tried for as often as attempts are left', (t) => {
  const w = new ActionWorld().attempt(unknownWrite()).attempt(failedBy('link')).attempt(failedBy('transport'));
  t.is(w.context.attempt, 3);
  t.is(w.status.result, 'PARTIAL SUCCESS');
  t.is(w.status.meterTimeOffsetPostUpdate, 'ERROR: clock: transport trouble');
  t.is(w.status.meterTimeOffset, '-203s');
});

test('a refused password after a write ends it as partial success', (t) => {
  const w = new ActionWorld().attempt(unknownWrite()).attempt(failedBy('login'));
  t.is(w.context.attempt, 2);
  t.is(w.status.result, 'PARTIAL SUCCESS');
});

test('the pause is a minute and up to half of it more, by a function of action and attempt', (t) => {
  const w = new ActionWorld().start().end(failedBy('transport'));
  const pause = (w.reminders.get('attempt') ?? 0) - w.at;
  t.is(pause, pauseMsAfter(1234, 1, { pauseMs: 60_000, pauseJitter: 0.5 }));
  t.is(w.context.resumeAt, w.at + pause);
  const pauses = Array.from({ length: 500 }, (_, id) => pauseMsAfter(id, 1, { pauseMs: 60_000, pauseJitter: 0.5 }));
  t.true(pauses.every((ms) => ms >= 60_000 && ms < 90_000));
  t.true(Math.min(...pauses) < 61_000 && Math.max(...pauses) > 89_000);
  t.not(pauseMsAfter(7, 1, { pauseMs: 60_000, pauseJitter: 0.5 }), pauseMsAfter(7, 2, { pauseMs: 60_000, pauseJitter: 0.5 }));
  t.is(pauseMsAfter(7, 1, { pauseMs: 60_000, pauseJitter: 0 }), 60_000);
});

test('a session that ends before its start was told counts as an attempt all the same', (t) => {
  const again = new ActionWorld().end(failedBy('transport'));
  t.is(again.state, 'paused');
  t.is(again.context.attempt, 1);
  t.is(new ActionWorld().end(done()).status.result, 'SUCCESS');
});

test('a session that was ended by its process without a cancel is tried again', (t) => {
  t.is(new ActionWorld().attempt(result('cancelled')).state, 'queued');
});

test('a password that was refused earlier ends it without a session', (t) => {
  const w = new ActionWorld().give({ type: 'refused', text: 'password refused earlier' });
  t.is(w.status.result, 'ERROR: password refused earlier');
  t.deepEqual(w.owed, []);
  t.is(w.context.attempt, 0);
  t.is(w.status.actionStartTime, undefined);
});

test('a password that was refused earlier ends a lost session and a pause too', (t) => {
  const text = 'password refused earlier';
  t.is(new ActionWorld().start().give({ type: 'refused', text }).status.result, `ERROR: ${text}`);
  const paused = new ActionWorld().start().end(failedBy('transport')).give({ type: 'refused', text });
  t.is(paused.state, 'done');
  t.is(paused.reminders.size, 0);
});

test('announcements tell the story once', (t) => {
  const w = new ActionWorld()
    .start()
    .end(failedBy('transport', { connectionStartAt: undefined as never }))
    .fire()
    .start();
  w.give({ type: 'session.progress', stage: 'sign-on', connectionStartAt: T0 });
  w.give({ type: 'session.progress', stage: 'decide', connectionStartAt: T0, before: reading(-203), serialNumber: '12345678' });
  w.intend().end(done());
  t.deepEqual(w.heard, ['queued', 'started', 'retried', 'connected', 'clock-read', 'clock-set', 'succeeded']);
  t.deepEqual(w.announced.at(-2), { what: 'clock-set', data: { offset: '+0s' } });
  t.deepEqual(w.announced.at(-1), { what: 'succeeded', data: { result: 'SUCCESS' } });
});

test('announcements come with the end of the session where no progress was told', (t) => {
  t.deepEqual(new ActionWorld().attempt(done()).heard, ['queued', 'started', 'connected', 'clock-read', 'clock-set', 'succeeded']);
  t.deepEqual(new ActionWorld().attempt(failedBy('meter')).heard.at(-1), 'failed');
});

test('a partial success is announced as failed, with its result', (t) => {
  const w = new ActionWorld().attempt(result('partial', { before: reading(-4_000), failure: failure('guard', { guard: 'largest' }) }));
  t.deepEqual(w.announced.at(-1), { what: 'failed', data: { result: 'PARTIAL SUCCESS', text: 'clock: guard trouble' } });
});
