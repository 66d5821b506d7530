/** `action-status`, member for member (mts-actions-api 3). */
import test from 'ava';
import { resultText, utcText } from '../../../machines/time-update/index.ts';
import { ActionWorld, done, failedBy, failure, reading, request, result, T0, unknownWrite } from '../../support/machines/time-update-world.ts';

test('a pending action has the request and PENDING, in both families of names', (t) => {
  t.deepEqual(new ActionWorld().status, {
    requestId: 1234,
    requestReference: '0001',
    immediate: true,
    meterType: 'ELSTERA1700',
    remoteAddress: '07777000000',
    outstationAddress: '1',
    action: 'TimeUpdate',
    actionType: 'TIME-UPDATE',
    result: 'PENDING',
    resultSummary: 'PENDING',
    actionRequestTime: '2026-03-24T04:00:00Z',
    serialNumber: '12345678',
  });
});

test('a successful action has everything, both families equal', (t) => {
  t.deepEqual(new ActionWorld().attempt(done()).status, {
    requestId: 1234,
    requestReference: '0001',
    immediate: true,
    meterType: 'ELSTERA1700',
    remoteAddress: '07777000000',
    outstationAddress: '1',
    action: 'TimeUpdate',
    actionType: 'TIME-UPDATE',
    result: 'SUCCESS',
    resultSummary: 'SUCCESS',
    actionRequestTime: '2026-03-24T04:00:00Z',
    actionStartTime: '2026-03-24T04:00:01Z',
    testStartTime: '2026-03-24T04:00:01Z',
    actionEndTime: '2026-03-24T04:00:02Z',
    testEndTime: '2026-03-24T04:00:02Z',
    connectionStartTime: '2026-03-24T04:00:05Z',
    connectionEndTime: '2026-03-24T04:00:20Z',
    serialNumber: '12345678',
    meterTime: '2026-03-24T03:56:47Z -203s',
    meterTimeOffset: '-203s',
    meterTimeOffsetPostUpdate: '+0s',
  });
});

test('within the limit there is no offset after', (t) => {
  const { status } = new ActionWorld().attempt(result('success', { before: reading(10) }));
  t.is(status.meterTimeOffset, '+10s');
  t.is(status.meterTime, '2026-03-24T04:00:20Z +10s');
  t.false('meterTimeOffsetPostUpdate' in status);
});

test('an action that reached nobody repeats the serial number of the request and says why there is no time', (t) => {
  const { status } = new ActionWorld(request(), { attempts: 1 }).attempt({
    outcome: 'error',
    wrote: false,
    notes: [],
    octetsIn: 0,
    octetsOut: 0,
    failure: failure('transport', { stage: 'open', text: 'open: busy' }),
  });
  t.is(status.result, 'ERROR: open: busy');
  t.is(status.serialNumber, '12345678');
  t.is(status.meterTimeOffset, 'ERROR: open: busy');
  t.false('meterTime' in status);
  t.false('connectionStartTime' in status);
  t.false('connectionEndTime' in status);
  t.truthy(status.actionStartTime);
});

test('an action that reached the meter but no serial number says why', (t) => {
  t.is(new ActionWorld().attempt(failedBy('login')).status.serialNumber, 'ERROR: clock: login trouble');
});

test('a serial number that does not match is an error in its member', (t) => {
  const { status } = new ActionWorld().attempt(
    failedBy('guard', { serialNumber: '87654321', serialError: 'serial number does not match, the meter gave 87654321' }),
  );
  t.is(status.serialNumber, 'ERROR: serial number does not match, the meter gave 87654321');
});

test('while it runs, what is known so far is told', (t) => {
  const w = new ActionWorld().start();
  w.give({ type: 'session.progress', stage: 'decide', connectionStartAt: T0 + 1_500, before: reading(33), serialNumber: '9' });
  t.is(w.status.result, 'PENDING');
  t.is(w.status.serialNumber, '9');
  t.is(w.status.meterTimeOffset, '+33s');
  t.is(w.status.connectionStartTime, '2026-03-24T04:00:01Z');
  t.false('actionEndTime' in w.status);
});

test('after a write of unknown outcome the member of the offset after appears with the end only', (t) => {
  const w = new ActionWorld().start().end(unknownWrite());
  t.false('meterTimeOffsetPostUpdate' in w.status);
  t.is(w.cancel().fire().start().end(failedBy('transport')).status.meterTimeOffsetPostUpdate, 'ERROR: clock: transport trouble');
});

test('the start is that of the first attempt, the rest that of the last', (t) => {
  const w = new ActionWorld().attempt(failedBy('transport')).start();
  t.is(w.status.actionStartTime, '2026-03-24T04:00:01Z');
  t.false('connectionStartTime' in w.status);
  w.end(done());
  t.true((w.status.actionEndTime ?? '') > '2026-03-24T04:01:00Z');
});

test('no password, sealed or not, is in a status', (t) => {
  const text = JSON.stringify(new ActionWorld().attempt(done()).status);
  t.false(text.includes('c2VhbGVk') || text.includes('mark') || text.includes('token'));
});

test('a reading of the clock alone is told under its own name', (t) => {
  const { status } = new ActionWorld(request({ task: 'read-clock' })).attempt(result('success', { before: reading(500) }));
  t.is(status.action, 'ReadClock');
  t.is(status.actionType, 'READ-CLOCK');
  t.is(status.meterTimeOffset, '+500s');
});

test('results are PENDING, SUCCESS, PARTIAL SUCCESS and ERROR with details', (t) => {
  const end = (outcome: 'success' | 'partial' | 'error' | 'cancelled') => resultText({ outcome, text: 'why', failure: null, notes: [] });
  t.deepEqual(
    [resultText(null), end('success'), end('partial'), end('error'), end('cancelled')],
    ['PENDING', 'SUCCESS', 'PARTIAL SUCCESS', 'ERROR: why', 'ERROR: cancelled'],
  );
});

test('times that no calendar has do not break a status', (t) => {
  t.is(utcText(T0), '2026-03-24T04:00:00Z');
  t.is(utcText(9e15), '9999-12-31T23:59:59Z');
  t.is(utcText(-9e15), '0000-01-01T00:00:00Z');
});
