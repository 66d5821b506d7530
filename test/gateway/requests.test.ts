import anyTest, { type TestFn } from 'ava';
import type { ActorDoc, HistoryEntry } from '../../actors/store/store.ts';
import type { Json } from '../../machines/common/effects.ts';
import { startWorld, TODAY, type World } from '../support/gateway/world.ts';

const test = anyTest as TestFn<World>;

const uuid = (n: number): string => `01950000-0000-7000-8000-${String(n).padStart(12, '0')}`;

interface Made {
  readonly status?: string;
  readonly mpid?: string;
  readonly mpan?: string;
  readonly at?: number;
  readonly errors?: Json;
}

function seed(world: World, n: number, { status = 'Pending', mpid = 'SUPX', mpan = '2000056535971', at = TODAY + n * 1000, errors = [] }: Made = {}): ActorDoc {
  const request = {
    requestId: uuid(n),
    mpid,
    mpan,
    meteringServiceMpid: 'MOPX',
    effectiveFromText: '2026-03-30T00:00:00+00:00',
    contractReference: 'MSA20260330',
    scenario: 'CSP',
    initiatedBy: null,
  };
  return world.face.seed({
    id: `appointment:${uuid(n)}`,
    kind: 'appointment',
    state: { Pending: 'SUBMITTING', Success: 'SUCCESS' }[status] ?? 'FAILED',
    createdAt: at,
    changedAt: at + 72_000,
    snapshot: { context: { request, errors } } as Json,
    indexes: { requestId: [uuid(n)], mpan: [`${mpid}:${mpan}`], mpid: [mpid], mpidStatus: [`${mpid}|${status}`] },
  });
}

interface Row {
  metadata: Record<string, unknown>;
  request_data: Record<string, unknown>;
  messages?: Record<string, unknown>[];
}
interface Paged {
  items: Row[];
  page: number;
  page_size: number;
  total: number;
}

async function get<T = Row[]>(world: World, query = '', status = 200): Promise<T> {
  const response = await world.fetch(`/requests/v1/SUPX${query}`, { headers: { 'x-api-key': world.key } });
  const text = await response.text();
  if (response.status !== status) throw new Error(`${response.status} ${text}`);
  return JSON.parse(text) as T;
}
const idsOf = (rows: Row[]): number[] => rows.map(({ metadata }) => Number(String(metadata.request_id).slice(-12)));

test.beforeEach(async (t) => {
  t.context = await startWorld({ unpaginatedMaxRows: 300 });
});
test.afterEach.always((t) => t.context.close());

test('a request is shown in the documented shape', async (t) => {
  seed(t.context, 1, {
    status: 'Failed',
    at: TODAY,
    errors: [{ code: 'REG1021', message: 'Requesting supplier is not the current supplier', source: 'IF-032', at: TODAY + 72_000 }],
  });
  t.deepEqual(await get(t.context), [
    {
      metadata: {
        request_id: uuid(1),
        request_type: 'metering-service-appointment',
        request_status: 'Failed',
        initiated_by: null,
        description: 'Metering Service Appointment Process',
        created_at: '2026-03-24T10:35:00+00:00',
        last_updated_at: '2026-03-24T10:36:12+00:00',
        mpan_core: 2000056535971,
        errors: [{ code: 'REG1021', message: 'Requesting supplier is not the current supplier', source: 'IF-032', raised_at: '2026-03-24T10:36:12+00:00' }],
      },
      request_data: {
        mpan_core: 2000056535971,
        metering_service_mpid: 'MOPX',
        effective_from: '2026-03-30T00:00:00+00:00',
        contract_reference: 'MSA20260330',
        appointment_scenario: 'CSP',
      },
    },
  ]);
});

test('newest first, or oldest first when asked; statuses are merged in order', async (t) => {
  seed(t.context, 1, { status: 'Success' });
  seed(t.context, 2);
  seed(t.context, 3, { status: 'Failed' });
  t.deepEqual(idsOf(await get(t.context)), [3, 2, 1]);
  t.deepEqual(idsOf(await get(t.context, '?sort_direction=asc')), [1, 2, 3]);
});

test('request_status takes a comma list', async (t) => {
  seed(t.context, 1, { status: 'Success' });
  seed(t.context, 2);
  seed(t.context, 3, { status: 'Failed' });
  t.deepEqual(idsOf(await get(t.context, '?request_status=Pending')), [2]);
  t.deepEqual(idsOf(await get(t.context, '?request_status=Failed,Success')), [3, 1]);
});

test('another supplier sees nothing of it', async (t) => {
  seed(t.context, 1, { mpid: 'SUPY' });
  t.deepEqual(await get(t.context), []);
  t.deepEqual(await get(t.context, `?request_id=${uuid(1)}`), []);
  t.deepEqual(await get(t.context, '?mpan_id=2000056535971'), []);
});

test('request_id finds one, or an empty list', async (t) => {
  seed(t.context, 1);
  t.deepEqual(idsOf(await get(t.context, `?request_id=${uuid(1)}`)), [1]);
  t.deepEqual(await get(t.context, `?request_id=${uuid(9)}`), []);
});

test('mpan_id goes with every other filter', async (t) => {
  seed(t.context, 1);
  seed(t.context, 2, { status: 'Failed' });
  seed(t.context, 3, { mpan: '1900012374324' });
  t.deepEqual(idsOf(await get(t.context, '?mpan_id=2000056535971')), [2, 1]);
  t.deepEqual(idsOf(await get(t.context, '?mpan_id=2000056535971&request_status=Failed')), [2]);
  t.deepEqual((await get<Paged>(t.context, '?mpan_id=2000056535971&page=2&page_size=1')).total, 2);
});

test('request_type: ours is all, any other is none', async (t) => {
  seed(t.context, 1);
  t.is((await get(t.context, '?request_type=metering-service-appointment')).length, 1);
  t.deepEqual(await get(t.context, '?request_type=data-service-appointment'), []);
});

test('bare dates include their whole day', async (t) => {
  seed(t.context, 1, { at: Date.UTC(2026, 2, 23, 23, 59, 59, 999) });
  seed(t.context, 2, { at: Date.UTC(2026, 2, 24) });
  seed(t.context, 3, { at: Date.UTC(2026, 2, 24, 23, 59, 59, 500) });
  seed(t.context, 4, { at: Date.UTC(2026, 2, 25) });
  t.deepEqual(idsOf(await get(t.context, '?start_date=2026-03-24&end_date=2026-03-24')), [3, 2]);
});

test('a date-time bounds to the second; a plus sign that was not encoded is understood', async (t) => {
  seed(t.context, 1, { at: TODAY });
  seed(t.context, 2, { at: TODAY + 999 });
  seed(t.context, 3, { at: TODAY + 1000 });
  t.deepEqual(idsOf(await get(t.context, '?end_date=2026-03-24T10:35:00Z')), [2, 1]);
  t.deepEqual(idsOf(await get(t.context, '?start_date=2026-03-24T11:35:01+01:00')), [3]);
});

test('pages follow each other and tell the total', async (t) => {
  for (let n = 1; n <= 25; n += 1) seed(t.context, n, { status: ['Pending', 'Success', 'Failed'][n % 3] ?? 'Pending' });
  const seen: number[] = [];
  for (let page = 1; page <= 4; page += 1) {
    const { items, ...rest } = await get<Paged>(t.context, `?page=${page}&page_size=10`);
    t.deepEqual(rest, { page, page_size: 10, total: 25 });
    seen.push(...idsOf(items));
  }
  t.deepEqual(
    seen,
    Array.from({ length: 25 }, (_, i) => 25 - i),
  );
});

test('a page in the middle is the same without those before it', async (t) => {
  for (let n = 1; n <= 25; n += 1) seed(t.context, n);
  t.deepEqual(idsOf((await get<Paged>(t.context, '?page=3&page_size=10&sort_direction=asc')).items), [21, 22, 23, 24, 25]);
});

test('an answer without page has all rows, however many pieces it takes', async (t) => {
  for (let n = 1; n <= 300; n += 1) seed(t.context, n);
  t.is((await get(t.context)).length, 300);
});

test('422 naming page: more rows than are given without', async (t) => {
  for (let n = 1; n <= 301; n += 1) seed(t.context, n);
  const { detail } = await get<{ detail: { loc: string[]; type: string }[] }>(t.context, '', 422);
  t.like(detail[0], { loc: ['query', 'page'], type: 'page_required' });
  t.is((await get<Paged>(t.context, '?page=1&page_size=200')).items.length, 200);
});

test('show_messages lists what came and what went, in order', async (t) => {
  const doc = seed(t.context, 1);
  const sent = { channel: 'DIP', interface: 'IF-031', event_code: '[MSApp]', reference: 'S-1', correlation_id: null, payload: { a: 1 } };
  const got = { channel: 'DIP', interface: 'IF-032', event_code: '[MSAppResponse]', reference: 'S-2', correlation_id: 'CI-1', payload: { b: 2 } };
  const history: HistoryEntry[] = [
    { version: 1, at: TODAY, event: 'init', from: null, to: 'SUBMITTING', details: { sent: [sent] } },
    { version: 2, at: TODAY + 1000, event: 'operator.cancel', from: 'a', to: 'b', details: { event: { by: 'x', reason: 'y' } } },
    { version: 3, at: TODAY + 2000, event: 'market.if032', from: 'a', to: 'b', details: { event: got } },
  ];
  t.context.face.histories.set(doc.id, history);
  const [row] = await get(t.context, '?show_messages=true');
  t.deepEqual(row?.messages, [
    { direction: 'outbound', ...sent, at: '2026-03-24T10:35:00+00:00' },
    { direction: 'inbound', ...got, at: '2026-03-24T10:35:02+00:00' },
  ]);
});

const REFUSED: [string, string][] = [
  ['mpan_id=12', 'query.mpan_id mpan_length'],
  ['request_id=x', 'query.request_id uuid_parsing'],
  ['request_status=Done', 'query.request_status enum'],
  ['start_date=yesterday', 'query.start_date datetime_parsing'],
  ['end_date=2026-13-01', 'query.end_date datetime_parsing'],
  ['show_messages=perhaps', 'query.show_messages bool_parsing'],
  ['page=1', 'query.page_size missing'],
  ['page_size=10', 'query.page missing'],
  ['page=0&page_size=10', 'query.page int_range'],
  ['page=1&page_size=201', 'query.page_size int_range'],
  ['sort_direction=up', 'query.sort_direction enum'],
  ['pages=1', 'query.pages extra_forbidden'],
  ['page=1&page=2&page_size=1', 'query.page multiple_values'],
];
for (const [query, expected] of REFUSED) {
  test(`422: ${query}`, async (t) => {
    const { detail } = await get<{ detail: { loc: string[]; type: string }[] }>(t.context, `?${query}`, 422);
    t.deepEqual(
      detail.map(({ loc, type }) => `${loc.join('.')} ${type}`),
      [expected],
    );
  });
}
