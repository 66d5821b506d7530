import test from 'ava';
import { readJournal } from '../../../actors/dip/journal.ts';
import { DipQueries } from '../../../actors/dip/query.ts';
import { DipQueryChannel } from '../../../actors/dip/query-channel.ts';
import { Replayer } from '../../../actors/dip/replayer.ts';
import type { Effect } from '../../../actors/store/store.ts';
import type { Json } from '../../../machines/common/effects.ts';
import { makePair, type Pair } from '../../support/dip/keys.ts';
import { if036, SUR } from '../../support/dip/messages.ts';
import { type Answerer, clientOf, dipOptions, effectOf, FakeHttp } from '../../support/dip/world.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { keptLog } from '../../support/real-ports.ts';

const journal = (...entries: readonly (readonly [string, string])[]): Json => ({
  SenderUniqueReference: SUR,
  JournalEntries: entries.map(([DIPStage, Status], rn) => ({ DIPStage, Status, StatusCode: 200, rn, Reason: null })),
});

for (const [title, value, outcome] of [
  ['an unknown message was not delivered', null, 'not-delivered'],
  ['what the DIP took is delivered', journal(['Inbound', 'GoodToGo']), 'delivered'],
  ['what is on its way is delivered', journal(['Inbound', 'GoodToGo'], ['Addressing', 'SentToTopic'], ['Outbound', 'Retrying']), 'delivered'],
  ['what arrived is delivered', journal(['Inbound', 'GoodToGo'], ['Outbound', 'Retrying'], ['Outbound', 'Delivered']), 'delivered'],
  ['what broke a rule was not delivered', journal(['Inbound', 'InboundRuleFailure']), 'not-delivered'],
  ['what could not be addressed was not delivered', journal(['Inbound', 'GoodToGo'], ['Addressing', 'Failed']), 'not-delivered'],
  ['what the recipient refused was not delivered', journal(['Inbound', 'GoodToGo'], ['Outbound', 'RejectedByRecipient']), 'not-delivered'],
  ['what the DIP gave up was not delivered', journal(['Inbound', 'GoodToGo'], ['Outbound', 'Retrying'], ['Outbound', 'RetriesExhausted']), 'not-delivered'],
  ['an empty journal tells nothing', journal(), 'unknown'],
  ['another shape tells nothing', { surprise: [1, 2] }, 'unknown'],
  ['a bare list of entries is read too', [{ stage: 'Outbound', status: 'Delivered' }], 'delivered'],
] as const) {
  test(title, (t) => t.is(readJournal(value).outcome, outcome));
}

test('entries go by their number, not by their place', (t) => {
  const mixed = {
    JournalEntries: [
      { DIPStage: 'Outbound', Status: 'RetriesExhausted', rn: 3 },
      { DIPStage: 'Inbound', Status: 'GoodToGo', rn: 1 },
      { DIPStage: 'Outbound', Status: 'Retrying', rn: 2 },
    ],
  };
  t.deepEqual(readJournal(mixed), { outcome: 'not-delivered', text: 'Outbound RetriesExhausted', retriesExhausted: true });
});

let pair: Pair;
test.before(async () => {
  pair = await makePair('us');
});

function world(answer: Answerer, store = true) {
  const clock = new FakeClock();
  const http = new FakeHttp(answer);
  const taken: [string, number][] = [];
  const exhausted: [string, number][] = [];
  const queries = new DipQueries(clientOf(http, pair, clock), clock);
  const replayer = new Replayer(queries, { market: async (name, items) => taken.push([name, items.length]) > 0 && store, status: async () => store });
  const { retry } = dipOptions({ retry: { jitter: 'none' } });
  const channel = new DipQueryChannel({
    queries,
    replayer,
    retry,
    clock,
    random: { next: () => 0 },
    log: keptLog(),
    onRetriesExhausted: (dipId, since) => exhausted.push([dipId, since]),
  });
  const perform = (data: Json, attempt = 1) => channel.perform(query(data), attempt, new AbortController().signal);
  return { perform, http, taken, exhausted };
}

function query(data: Json): Effect {
  const { body: _, ...effect } = effectOf();
  return { ...effect, channel: 'dip-query', createdAt: 77, data };
}

const delivery = { interface: 'IF-031', sur: SUR, supplierDipId: '2300000012', test: false };
const replay = {
  interface: 'IF-036',
  supplierDipId: '2300000012',
  mpan: '2000056535971',
  from: Date.parse('2026-03-24T10:00:00Z'),
  to: Date.parse('2026-03-24T11:00:00.500Z'),
  test: false,
};

test('a delivery query asks by interface, participant and reference', async (t) => {
  const { perform, http } = world(() => ({ status: 200, body: JSON.stringify(journal(['Outbound', 'Delivered'])) }));
  t.deepEqual(await perform(delivery), { kind: 'done', event: { type: 'delivery.status', sur: SUR, outcome: 'delivered', text: 'Outbound Delivered' } });
  t.is(http.requests[0]?.path, `/dip-channel/IF-031/deliveryStatus/2300000012/${SUR}`);
  t.is(http.requests[0]?.body, undefined);
});

test('204 is a message that the DIP does not know', async (t) => {
  const { perform } = world(() => ({ status: 204 }));
  t.like(await perform(delivery), { event: { outcome: 'not-delivered' } });
});

test('given-up retries in the journal ask for a requeue from the time of the query on', async (t) => {
  const { perform, exhausted } = world(() => ({ status: 200, body: JSON.stringify(journal(['Outbound', 'RetriesExhausted'])) }));
  await perform(delivery);
  t.deepEqual(exhausted, [['2300000012', 77]]);
});

test('a refused query is an unknown delivery', async (t) => {
  const { perform } = world(() => ({ status: 403 }));
  t.like(await perform(delivery), { event: { outcome: 'unknown', text: 'status 403: status 403' } });
});

for (const answer of [{ status: 503 }, { status: 200, body: 'not json' }]) {
  test(`a query answered with ${JSON.stringify(answer)} is asked again`, async (t) => {
    t.like(await world(() => answer).perform(delivery, 2), { kind: 'retry', delayMs: 4_000 });
  });
}

test('429 makes a query wait as long as it says', async (t) => {
  t.like(await world(() => ({ status: 429, headers: { 'retry-after': '90' } })).perform(delivery), { kind: 'retry', delayMs: 90_000 });
});

test('a replay names meter point and window, whole seconds outwards', async (t) => {
  const { perform, http } = world(() => ({ status: 200 }));
  t.like(await perform(replay), { event: { type: 'replay.answered', interface: 'IF-036', outcome: 'accepted' } });
  t.is(http.requests[0]?.path, '/dip-channel/IF-036/replay/2300000012');
  t.like(JSON.parse(http.requests[0]?.body?.toString() ?? ''), {
    datetimeFrom: '2026-03-24T10:00:00+00:00',
    datetimeTo: '2026-03-24T11:00:01+00:00',
    MPAN: '2000056535971',
  });
});

test('messages that come with the answer of a replay are taken in', async (t) => {
  const { perform, taken } = world(() => ({ status: 200, body: JSON.stringify([if036()]) }));
  await perform(replay);
  t.deepEqual(taken, [['IF-036', 1]]);
});

test('a replay whose messages could not be stored is asked for again', async (t) => {
  t.like(await world(() => ({ status: 200, body: JSON.stringify([if036()]) }), false).perform(replay), { kind: 'retry' });
});

test('a refused replay is answered so', async (t) => {
  t.like(await world(() => ({ status: 400 })).perform(replay), { event: { type: 'replay.answered', outcome: 'refused' } });
});

test('in test mode nothing is asked', async (t) => {
  const { perform, http } = world(() => ({ status: 200 }));
  t.like(await perform({ ...delivery, test: true }), { event: { outcome: 'unknown' } });
  t.like(await perform({ ...replay, test: true }), { event: { outcome: 'refused' } });
  t.is(http.requests.length, 0);
});
