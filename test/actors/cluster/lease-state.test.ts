import test from 'ava';
import type { LeaseRecord } from '../../../actors/cluster/contract.ts';
import { claimableAt, epochAt, FREE, isServedAt, type LeaseEffect, type LeaseEvent, type LeaseState, step } from '../../../actors/cluster/lease-state.ts';

const SELF = { node: 'a', incarnation: 'a1', leaseMs: 900 };
const FIRST = { since: 0, settleMs: 0 };
const own = (epoch: number, beat: number): LeaseRecord => ({ node: 'a', incarnation: 'a1', epoch, previous: null, beat });
const foreign = (epoch: number, beat: number): LeaseRecord => ({ node: 'b', incarnation: 'b1', epoch, previous: 'a', beat });
const released: LeaseRecord = { node: null, incarnation: null, epoch: 4, previous: 'b', beat: 9 };

/** Apply events in order; the effects are the last one's. */
function run(...events: readonly LeaseEvent[]): { readonly state: LeaseState; readonly effects: readonly LeaseEffect[] } {
  return events.reduce<{ state: LeaseState; effects: readonly LeaseEffect[] }>(({ state }, event) => step(SELF, state, event), { state: FREE, effects: [] });
}

const empty = { type: 'seen', at: 0, record: null, revision: 0 } as const;
const claimed: readonly LeaseEvent[] = [empty, { type: 'claim', at: 1_000, op: 1, epoch: 5 }];
const held: readonly LeaseEvent[] = [...claimed, { type: 'written', at: 1_100, op: 1, revision: 7 }];
const renewing: readonly LeaseEvent[] = [...held, { type: 'tick', at: 1_300, op: 2 }];

test('a claim replaces the revision that was seen', (t) => {
  const { effects } = run({ type: 'seen', at: 0, record: released, revision: 40 }, { type: 'claim', at: 10, op: 1, epoch: 5 });
  t.deepEqual(effects, [{ type: 'write', op: 1, revision: 40, record: { node: 'a', incarnation: 'a1', epoch: 5, previous: 'b', beat: 10 } }]);
});

test('a lease is valid from the answer until the lease time after the claim was sent', (t) => {
  const { state, effects } = run(...held);
  t.deepEqual(effects, [{ type: 'acquired', epoch: 5 }]);
  t.is(epochAt(run(...claimed).state, 1_050), undefined);
  t.is(epochAt(state, 1_899), 5);
  t.is(epochAt(state, 1_900), undefined);
});

test('a claim that is answered after its own lease time gives nothing', (t) => {
  const { state, effects } = run(...claimed, { type: 'written', at: 1_900, op: 1, revision: 7 });
  t.is(state.mine.kind, 'none');
  t.deepEqual(effects, []);
});

test('a refused claim gives nothing', (t) => t.is(run(...claimed, { type: 'refused', op: 1 }).state.mine.kind, 'none'));

test('a claim whose answer never comes is known by its trace', (t) => {
  t.deepEqual(run(...claimed, { type: 'seen', at: 1_200, record: own(5, 1), revision: 7 }).effects, [{ type: 'acquired', epoch: 5 }]);
});

test('nothing is renewed before a third of the lease, once per write in flight after it', (t) => {
  t.deepEqual(run(...held, { type: 'tick', at: 1_299, op: 2 }).effects, []);
  t.deepEqual(run(...renewing).effects, [{ type: 'write', op: 2, revision: 7, record: own(5, 2) }]);
  t.deepEqual(run(...renewing, { type: 'tick', at: 1_700, op: 3 }).effects, []);
});

test('a renewal counts from the instant at which it was sent, however late its answer', (t) => {
  const { state } = run(...renewing, { type: 'written', at: 1_899, op: 2, revision: 8 });
  t.is(epochAt(state, 2_199), 5);
  t.is(epochAt(state, 2_200), undefined);
});

test('a lease that was not renewed in time is lost', (t) => {
  const { state, effects } = run(...renewing, { type: 'tick', at: 1_900, op: 3 });
  t.is(state.mine.kind, 'none');
  t.deepEqual(effects, [{ type: 'lost', epoch: 5, reason: 'lapsed' }]);
});

test('an unanswered renewal extends nothing until its trace is seen', (t) => {
  const silent = run(...renewing, { type: 'unanswered', op: 2 }).state;
  t.is(epochAt(silent, 1_900), undefined);
  const traced = step(SELF, silent, { type: 'seen', at: 1_800, record: own(5, 2), revision: 8 }).state;
  t.is(epochAt(traced, 2_199), 5);
});

test('the trace of an unanswered renewal is told from that of the next one', (t) => {
  const again = run(...renewing, { type: 'unanswered', op: 2 }, { type: 'tick', at: 1_650, op: 3 });
  t.like(again.effects[0], { type: 'write', revision: 7, record: own(5, 3) });
  const traced = step(SELF, again.state, { type: 'seen', at: 1_700, record: own(5, 2), revision: 8 }).state;
  t.is(epochAt(traced, 2_199), 5);
  t.is(epochAt(traced, 2_200), undefined);
});

test('a copy of the stream that numbers our write otherwise does not change what the next write replaces', (t) => {
  const { effects } = run(...held, { type: 'seen', at: 1_200, record: own(5, 1), revision: 9 }, { type: 'tick', at: 1_300, op: 2 });
  t.like(effects[0], { type: 'write', revision: 7 });
});

test('a foreign revision ends the lease at once', (t) => {
  const { effects } = run(...renewing, { type: 'seen', at: 1_400, record: foreign(6, 3), revision: 9 });
  t.deepEqual(effects, [{ type: 'lost', epoch: 5, reason: 'taken' }]);
});

test('an older revision that arrives late changes nothing', (t) => {
  t.is(run(...held, { type: 'seen', at: 1_150, record: foreign(4, 3), revision: 6 }).state.mine.kind, 'held');
});

test('after a refused renewal nothing is written before the watch shows what stands there', (t) => {
  const refused = [...renewing, { type: 'refused', op: 2 } as const];
  t.deepEqual(run(...refused, { type: 'tick', at: 1_700, op: 3 }).effects, []);
  const { effects } = run(...refused, { type: 'seen', at: 1_650, record: own(5, 2), revision: 8 }, { type: 'tick', at: 1_700, op: 3 });
  t.like(effects[0], { type: 'write', revision: 8 });
});

test('a suspended lease gives no epoch until it was raised', (t) => {
  const suspended = [...held, { type: 'suspend' } as const];
  t.is(epochAt(run(...suspended).state, 1_200), undefined);
  const { state } = run(...suspended, { type: 'raise', at: 1_200, op: 2, epoch: 9 }, { type: 'written', at: 1_210, op: 2, revision: 8 });
  t.is(epochAt(state, 1_220), 9);
});

test('a release waits for the write in flight and names us as the one before', (t) => {
  t.deepEqual(run(...renewing, { type: 'release', op: 3 }).effects, []);
  const { state, effects } = run(...held, { type: 'release', op: 3 });
  t.deepEqual(effects, [{ type: 'write', op: 3, revision: 7, record: { node: null, incarnation: null, epoch: 5, previous: 'a', beat: 2 } }]);
  t.is(epochAt(state, 1_150), undefined);
});

test('while NATS is away a lease is kept until it lapses, and nothing is written', (t) => {
  const away = [...held, { type: 'away' } as const];
  t.is(epochAt(run(...away).state, 1_899), 5);
  t.deepEqual(run(...away, { type: 'tick', at: 1_500, op: 2 }).effects, []);
  t.like(run(...away, { type: 'tick', at: 1_900, op: 2 }).effects[0], { type: 'lost', reason: 'lapsed' });
});

test('after NATS came back with our record, the lease goes on from its revision', (t) => {
  const { effects } = run(...held, { type: 'away' }, { type: 'seen', at: 1_500, record: own(5, 1), revision: 7 }, { type: 'tick', at: 1_501, op: 2 });
  t.like(effects[0], { type: 'write', revision: 7 });
});

test('after NATS came back empty, the lease is ours until it lapses and only a raise makes it anew', (t) => {
  const back: readonly LeaseEvent[] = [...held, { type: 'away' }, { ...empty, at: 1_500 }];
  t.is(epochAt(run(...back).state, 1_600), 5);
  t.deepEqual(run(...back, { type: 'tick', at: 1_600, op: 2 }).effects, []);
  t.like(run(...back, { type: 'raise', at: 1_600, op: 2, epoch: 6 }).effects[0], { type: 'write', revision: 0, record: { ...own(6, 2) } });
});

test('after NATS came back with the record of another, the lease is lost', (t) => {
  t.like(run(...held, { type: 'away' }, { type: 'seen', at: 1_500, record: foreign(6, 1), revision: 3 }).effects[0], { type: 'lost', reason: 'taken' });
});

for (const [title, record, at, session, from] of [
  ['a released lease at once', released, 10, FIRST, 0],
  ['our own record at once, also after NATS was away', own(5, 1), 10, { since: 10, settleMs: 500 }, 10],
  ['the lease of another after the lease time without a new revision', foreign(5, 1), 100, FIRST, 1_000],
  [
    'the lease of another that was silent while NATS was away only after its owner had time to come back',
    foreign(5, 1),
    10,
    { since: 10, settleMs: 500 },
    1_410,
  ],
  ['the lease of one that was heard since NATS came back after the lease time alone', foreign(5, 1), 30, { since: 10, settleMs: 500 }, 930],
  ['a lease that NATS knows nothing of after a lease time', null, 10, { since: 10, settleMs: 0 }, 910],
] as const) {
  test(`may be claimed: ${title}`, (t) => {
    const { state } = run({ type: 'seen', at, record, revision: record ? 3 : 0 });
    t.is(claimableAt(SELF, state, session), from);
  });
}

test('what is held is not claimed', (t) => t.is(claimableAt(SELF, run(...held).state, FIRST), undefined));

const heard: readonly LeaseEvent[] = [{ type: 'seen', at: 20, record: foreign(5, 1), revision: 3 }];
for (const [title, events, at, isServed] of [
  ['ours, while it is valid', held, 1_899, true],
  ['ours, once it has lapsed', held, 1_900, false],
  ['ours that was asked for', claimed, 1_050, false],
  ['our own record, which we do not hold', [{ type: 'seen', at: 20, record: own(5, 1), revision: 3 }], 30, false],
  ['another’s, within the lease time of its word', heard, 919, true],
  ['another’s, after it', heard, 920, false],
  ['another’s, of which there was no word since NATS is there', [{ ...heard[0], at: 10 } as LeaseEvent], 30, false],
  ['a released one', [{ type: 'seen', at: 20, record: released, revision: 3 }], 30, false],
  ['one that nobody ever had', [{ ...empty, at: 20 }], 30, false],
  ['any, while NATS is away', [...heard, { type: 'away' }], 30, false],
] as const satisfies readonly (readonly [string, readonly LeaseEvent[], number, boolean])[]) {
  test(`served: ${title}`, (t) => t.is(isServedAt(SELF, run(...events).state, { since: 10, settleMs: 0 }, at), isServed));
}
