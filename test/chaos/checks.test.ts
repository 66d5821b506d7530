/** Each rule catches a planted fault of its kind, and evidence without faults passes. */
import test from 'ava';
import type { WriteRecord } from '../../ops/sim/meters/records.ts';
import { acknowledgedEnds, acknowledgedOnce, answeredWell, endsAsTheMarketHadIt, neverForgotten, sameAnswerAgain } from './checks/acknowledged.ts';
import { epochsRise, oneCommitPerVersion } from './checks/epochs.ts';
import { eventsComplete, eventsInOrder } from './checks/events.ts';
import { CHECKS, findingsOf } from './checks/index.ts';
import { noAlert, nothingUndone } from './checks/left-behind.ts';
import { endsOnlyWhenTold, evidenceIsWhole, noUnhandledError } from './checks/log.ts';
import { d0151Once, oneBodyPerReference } from './checks/market.ts';
import { actionsAreHonest, writesByTheRules } from './checks/meters.ts';
import type { AppointmentAcknowledged, Check, CommitSeen, Evidence, RequestSeen } from './evidence.ts';

const MPAN = '2000056535971';
const MIGRATED = '2000056536050';
const ACTOR = `appointment:r1`;

const appointment = (change: Partial<AppointmentAcknowledged> = {}): AppointmentAcknowledged => ({
  requestId: 'r1',
  askedAt: 1,
  ackedAt: 2,
  calls: 1,
  mpid: 'SUPX',
  mpan: MPAN,
  scenario: 'CSP',
  key: 'k1',
  text: '{"request_id":"r1"}',
  textAgain: '{"request_id":"r1"}',
  ...change,
});
const request = (change: Partial<RequestSeen> = {}): RequestSeen => ({ mpid: 'SUPX', mpan: MPAN, requestId: 'r1', status: 'Success', errors: [], ...change });
const commit = (version: number, epoch: number, change: Partial<CommitSeen> = {}): CommitSeen => ({
  engine: 'e1',
  at: version,
  actor: ACTOR,
  shard: 3,
  version,
  epoch,
  commitId: `c${version}`,
  ...change,
});
const line = { fileId: '0000000001', sender: 'SUPX', recipient: 'LMOP', mpan: MIGRATED, reason: 'CA', effectiveTo: '20260101', times: 1 };
const write = (change: Partial<WriteRecord> = {}): WriteRecord => ({
  at: '2026-01-01T00:00:00Z',
  meter: 0,
  meterType: 'EDMIATLAS',
  serialNumber: '95000001',
  connection: 1,
  session: 1,
  what: 'clock',
  value: '',
  outcome: 'applied',
  offsetBefore: 75,
  offsetAfter: 0,
  replyLost: false,
  authenticated: true,
  reads: ['serial', 'clock'],
  serialRead: true,
  serialTold: '95000001',
  clockReads: 3,
  writesSinceClockRead: 0,
  ...change,
});
const action = { requestId: '7', askedAt: 1, ackedAt: 2, calls: 1, serialNumber: '95000001' };
const event = (seq: number, id: string) => ({ seq, id, subject: 'mw.evt.appointment.SUPX.1.created' });

const CLEAN: Evidence = {
  appointments: [appointment(), appointment({ requestId: 'r2', mpan: MIGRATED, scenario: 'MCA', key: 'k2' })],
  actions: [action],
  cancels: [],
  sightings: [
    { requestId: 'r1', at: 3, status: 'Pending' },
    { requestId: 'r1', at: 4, status: 'Success' },
    { requestId: 'r1', at: 5, status: 'Success' },
  ],
  refused: [],
  unanswered: [],
  requests: [request(), request({ requestId: 'r2', mpan: MIGRATED })],
  actionsSeen: [{ requestId: '7', result: 'SUCCESS' }],
  surs: { count: 2, differentBytes: [] },
  flows: [
    { mpan: MPAN, becomes: 'Success' },
    { mpan: MIGRATED, becomes: 'Success' },
  ],
  dtn: { files: 1, refused: 0, repeated: 0, conflicts: [], lines: [line] },
  writes: [write()],
  meters: [{ serialNumber: '95000001', offsetSeconds: 1 }],
  events: [event(1, `${ACTOR}/1/0`), event(2, `${ACTOR}/1/1`), event(3, `${ACTOR}/2/0`), event(4, `${ACTOR}/1/0`), event(5, 'node:e1/1/0')],
  owedEvents: [
    { actor: ACTOR, version: 1, n: 0 },
    { actor: ACTOR, version: 1, n: 1 },
    { actor: ACTOR, version: 2, n: 0 },
  ],
  commits: [commit(2, 5), commit(1, 4), commit(2, 5)],
  documents: [{ actor: ACTOR, version: 3, epoch: 5, commitId: 'c3' }],
  left: { outbox: [], reminders: [], unwell: [], undelivered: [], quarantined: [], parked: [] },
  alerts: [{ code: 'send_delayed', about: ACTOR, text: 'late' }],
  log: [{ engine: 'e1', level: 'error', text: 'the bus is away' }],
  ends: [],
  missing: [],
};

test('evidence without faults passes every rule', (t) => {
  t.deepEqual(findingsOf(CLEAN), []);
});

/** The planted fault is found by its rule, which says where. */
function catches(what: string, check: Check, planted: Partial<Evidence>, says: RegExp): void {
  test(`caught: ${what}`, (t) => {
    t.true(CHECKS.includes(check));
    const findings = check.find({ ...CLEAN, ...planted });
    t.true(findings.length > 0, 'it was not found');
    t.regex(findings.join('\n'), says);
  });
}

catches('an acknowledged request that is gone', acknowledgedOnce, { requests: [request({ requestId: 'r2', mpan: MIGRATED })] }, /r1 .*exists 0 times/);
catches('one key with two processes', acknowledgedOnce, { requests: [...CLEAN.requests, request({ requestId: 'r3' })] }, /several processes/);
catches('a process that nobody was told of', acknowledgedOnce, { requests: [...CLEAN.requests, request({ requestId: 'r3', mpan: '3' })] }, /told to nobody/);
catches(
  'a request of another meter point',
  acknowledgedOnce,
  { requests: [request({ mpan: '1' }), request({ requestId: 'r2', mpan: MIGRATED })] },
  /is of SUPX 1/,
);
catches('a request that does not end', acknowledgedEnds, { requests: [request({ status: 'Pending' })] }, /r1 .*Pending/);
catches('an action that does not end', acknowledgedEnds, { actionsSeen: [{ requestId: '7', result: 'PENDING' }] }, /action 7: is PENDING/);
catches('an action that is gone', acknowledgedEnds, { actionsSeen: [] }, /action 7: is gone/);
catches('a number of an action that is given twice', acknowledgedEnds, { actions: [action, { ...action, serialNumber: '2' }] }, /two callers/);
catches('a success that the market has as a failure', endsAsTheMarketHadIt, { flows: [{ mpan: MPAN, becomes: 'Failed' }] }, /r1 .*the market has Failed/);
catches('a failure that the market knows nothing of', endsAsTheMarketHadIt, { requests: [request({ status: 'Failed' })], flows: [] }, /nothing of it/);
catches('more references than processes', endsAsTheMarketHadIt, { surs: { count: 3, differentBytes: [] } }, /3 references for 2/);
catches('another answer under the same key', sameAnswerAgain, { appointments: [appointment({ textAgain: '{"request_id":"r9"}' })] }, /r9/);
catches('a refusal that is no wish to come again', answeredWell, { refused: ['SUPX 1: 500 Internal error'] }, /500/);
catches('a caller without an answer', answeredWell, { unanswered: ['k9'] }, /k9/);
catches('an acknowledged request that a node does not know', neverForgotten, { sightings: [{ requestId: 'r1', at: 9, status: null }] }, /not found/);
catches(
  'an end that is taken back',
  neverForgotten,
  {
    sightings: [
      { requestId: 'r1', at: 3, status: 'Success' },
      { requestId: 'r1', at: 4, status: 'Pending' },
    ],
  },
  /was Success, then Pending/,
);
catches('a reference with two bodies', oneBodyPerReference, { surs: { count: 2, differentBytes: [{ sur: 'S1', digests: ['a', 'b'] }] } }, /S1/);
catches('a D0151 that is missing', d0151Once, { dtn: { ...CLEAN.dtn, lines: [] } }, /has none/);
catches('a D0151 in two files', d0151Once, { dtn: { ...CLEAN.dtn, lines: [line, { ...line, fileId: '0000000002' }] } }, /has 2/);
catches('a D0151 that nobody owes', d0151Once, { dtn: { ...CLEAN.dtn, lines: [line, { ...line, mpan: MPAN }] } }, /owed none/);
catches('a file id with two contents', d0151Once, { dtn: { ...CLEAN.dtn, conflicts: ['0000000001'] } }, /two contents/);
catches('a blind second write', writesByTheRules, { writes: [write({ writesSinceClockRead: 1 })] }, /without a reading between/);
catches('a write before any reading', writesByTheRules, { writes: [write({ clockReads: 0 })] }, /before any reading/);
catches('a write to another meter', writesByTheRules, { writes: [write({ serialTold: '77' })] }, /it is 77/);
catches('a write beyond the largest correction', writesByTheRules, { writes: [write({ offsetBefore: 4_000 })] }, /moved by -4000 s/);
catches('a clock that is set wrong', writesByTheRules, { writes: [write({ offsetAfter: 100 })] }, /off by 100 s/);
catches('a success that left the clock wrong', actionsAreHonest, { meters: [{ serialNumber: '95000001', offsetSeconds: 75 }] }, /off by 75 s/);
catches('an error that hides a write', actionsAreHonest, { actionsSeen: [{ requestId: '7', result: 'ERROR: link' }] }, /was written/);
catches(
  'a commit under a lower epoch',
  epochsRise,
  { commits: [commit(1, 5), commit(2, 4, { engine: 'e2' })] },
  /version 2 under epoch 4 by e2 .*after version 1 under epoch 5 by e1/,
);
catches(
  'a last commit under a lower epoch, told by nobody',
  epochsRise,
  { commits: [commit(3, 9)], documents: [{ actor: ACTOR, version: 4, epoch: 8, commitId: 'c4' }] },
  /ends with epoch 8/,
);
catches('a version that two engines wrote', oneCommitPerVersion, { commits: [commit(1, 4), commit(1, 4, { engine: 'e2', commitId: 'other' })] }, /other/);
catches('a commit that was lost', oneCommitPerVersion, { commits: [commit(7, 5)] }, /is at version 3, after version 7/);
catches('a commit that was written over', oneCommitPerVersion, { commits: [commit(3, 5, { commitId: 'mine' })] }, /is not what was written/);
catches('a first appearance out of order', eventsInOrder, { events: [event(1, `${ACTOR}/2/0`), event(2, `${ACTOR}/1/0`)] }, /1\/0: appears first at 2/);
catches('an event that is missing', eventsComplete, { events: CLEAN.events.filter(({ seq }) => seq !== 2) }, /1\/1: is missing/);
catches('an event that no step owes', eventsComplete, { events: [...CLEAN.events, event(9, `${ACTOR}/9/0`)] }, /no step owes/);
catches('an effect that is never done', nothingUndone, { left: { ...CLEAN.left, outbox: [{ channel: 'dip', key: 'x', ageMs: 9 }] } }, /outbox dip/);
catches('a reminder that did not fire', nothingUndone, { left: { ...CLEAN.left, reminders: [{ actor: ACTOR, name: 'sla', lateMs: 9 }] } }, /reminder sla/);
catches('a gate that stays closed', nothingUndone, { left: { ...CLEAN.left, unwell: [{ engine: 'e1', check: 'dip', text: 'gate closed' }] } }, /gate closed/);
catches('a message that nobody took', nothingUndone, { left: { ...CLEAN.left, undelivered: ['IF-036 of 1'] } }, /still has IF-036/);
catches('a message in quarantine', nothingUndone, { left: { ...CLEAN.left, quarantined: ['q'] } }, /quarantined/);
catches('an alert that something is stuck', noAlert, { alerts: [{ code: 'outbox_stuck', about: ACTOR, text: 'stuck' }] }, /outbox_stuck/);
catches(
  'a promise that was forgotten',
  noUnhandledError,
  { log: [{ engine: 'e2', level: 'error', text: 'a promise was forgotten; this is a bug' }] },
  /e2: error/,
);
catches('a crash', noUnhandledError, { log: [{ engine: 'e2', level: 'crash', text: 'node:internal/process' }] }, /crash/);
catches('an engine that ends by itself', endsOnlyWhenTold, { ends: [{ process: 'e3', how: 'exit 1' }] }, /e3: exit 1/);
catches('evidence that could not be had', evidenceIsWhole, { missing: ['events: no connection'] }, /no connection/);
catches('a run without load', evidenceIsWhole, { appointments: [] }, /no load/);
