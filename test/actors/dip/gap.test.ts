import test from 'ava';
import { type GapJob, type GapReply, joinWindows, NEW_GAP_JOB, nextGapJob } from '../../../actors/dip/gap.ts';
import { GapHandler, type GapMemory } from '../../../actors/dip/gap-handler.ts';
import { DipQueries, type Window } from '../../../actors/dip/query.ts';
import { type Intake, Replayer } from '../../../actors/dip/replayer.ts';
import { makePair, type Pair } from '../../support/dip/keys.ts';
import { if035 } from '../../support/dip/messages.ts';
import { type Answerer, clientOf, dipOptions, FakeHttp } from '../../support/dip/world.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { keptLog } from '../../support/real-ports.ts';

const policy = { retry: { initialMs: 2_000, factor: 2, capMs: 300_000, jitter: 'none' as const }, pollMs: 1_000 };
const polling: GapJob = { kind: 'polling', attempt: 1, requeueId: 'r1' };
const replaying: GapJob = { kind: 'replaying', attempt: 1 };

const steps: readonly [string, GapJob, GapReply, GapJob['kind'], number][] = [
  ['a requeue with an id is watched', NEW_GAP_JOB, { kind: 'requeue', requeueId: 'r1' }, 'polling', 1_000],
  ['a requeue without an id is fetched', NEW_GAP_JOB, { kind: 'requeue', requeueId: null }, 'replaying', 0],
  ['asked too early, it asks later', NEW_GAP_JOB, { kind: 'busy', retryAfterMs: 60_000, text: '' }, 'asking', 60_000],
  ['out of reach, it asks again', NEW_GAP_JOB, { kind: 'unreachable', retryAfterMs: 0, text: '' }, 'asking', 2_000],
  ['refused, it fetches', NEW_GAP_JOB, { kind: 'refused', status: 403, text: '' }, 'replaying', 0],
  ['still processing, it looks again', polling, { kind: 'status', status: 'Processing' }, 'polling', 1_000],
  ['completed, it has ended', polling, { kind: 'status', status: 'Completed' }, 'ended', 0],
  ['failed, it fetches', polling, { kind: 'status', status: 'Failed' }, 'replaying', 0],
  ['completed in part, it fetches', polling, { kind: 'status', status: 'PartialCompletion' }, 'replaying', 0],
  ['a requeue that nobody knows is fetched', polling, { kind: 'status', status: 'unknown' }, 'replaying', 0],
  ['a status out of reach is asked again', polling, { kind: 'unreachable', retryAfterMs: 0, text: '' }, 'polling', 2_000],
  ['fetched, it has ended', replaying, { kind: 'replayed' }, 'ended', 0],
  ['a fetch out of reach is tried again', replaying, { kind: 'unreachable', retryAfterMs: 0, text: '' }, 'replaying', 2_000],
  ['a refused fetch is the end', replaying, { kind: 'refused', status: 400, text: 'no' }, 'ended', 0],
];
for (const [title, job, reply, kind, delayMs] of steps) {
  test(title, (t) => {
    const next = nextGapJob(job, reply, policy, 0);
    t.is(next.job.kind, kind);
    t.is(next.delayMs, delayMs);
  });
}

test('windows join to the smallest that holds both', (t) => {
  t.deepEqual(joinWindows({ from: 5, to: 9 }, { from: 3, to: 6 }), { from: 3, to: 9 });
  t.deepEqual(joinWindows(null, { from: 3, to: 6 }), { from: 3, to: 6 });
});

let pair: Pair;
test.before(async () => {
  pair = await makePair('us');
});

interface World {
  readonly handler: GapHandler;
  readonly http: FakeHttp;
  readonly clock: FakeClock;
  readonly saved: (Window | null)[];
  readonly taken: [string, number][];
  /** Alerts that are raised now. */
  readonly raised: Set<string>;
}

/** The grace time is out of the way unless a test is about it. */
function world(answer: Answerer, stored: Window | null = null, graceMs = 1e15): World {
  const clock = new FakeClock();
  const http = new FakeHttp(answer);
  const options = dipOptions({ interfaces: ['IF-035', 'IF-036'], retry: { jitter: 'none' }, gap: { pollMs: 1_000, graceMs, parallel: 8 } });
  const saved: (Window | null)[] = [];
  const memory: GapMemory = {
    load: async () => stored,
    save: async (window) => void saved.push(window),
  };
  const taken: [string, number][] = [];
  const intake: Intake = {
    market: async (name, items) => taken.push([name, items.length]) > 0,
    status: async (items) => taken.push(['status', items.length]) > 0,
  };
  const raised = new Set<string>();
  const queries = new DipQueries(clientOf(http, pair, clock), clock);
  const handler = new GapHandler({
    options,
    queries,
    replayer: new Replayer(queries, intake),
    memory,
    clock,
    random: { next: () => 0 },
    log: keptLog(),
    onAlert: (code, isRaised) => void (isRaised ? raised.add(code) : raised.delete(code)),
  });
  return { handler, http, clock, saved, taken, raised };
}

const ok: Answerer = ({ path, method }) =>
  method === 'GET'
    ? { status: 200, body: JSON.stringify([{ requeueId: 'r1', status: 'Completed' }]) }
    : path.includes('/requeue/')
      ? { status: 202, body: '"r1"' }
      : { status: 200, body: '[]' };

/** Fake time passes, while real signatures are made, until it holds. */
async function pass(clock: FakeClock, holds: () => boolean): Promise<void> {
  for (let tick = 0; tick < 100_000 && !holds(); tick++) await clock.advance(100);
  if (!holds()) throw new Error('never came to hold');
}

test('the gate is closed before anything is known', (t) => {
  t.false(world(ok).handler.gate.open);
});

test('at the first start, and after a short silence, nothing is asked and the gate opens', async (t) => {
  const first = world(ok);
  await first.handler.start(null);
  const short = world(ok);
  await short.handler.start(short.clock.now() - 14_999);
  for (const { handler, http } of [first, short]) {
    t.true(handler.gate.open);
    t.is(http.requests.length, 0);
  }
});

test('after a silence every interface and the status messages are requeued, with a margin before it', async (t) => {
  const { handler, http, clock, saved } = world(ok);
  await handler.start(clock.now() - 3_600_000);
  t.false(handler.gate.open);
  await pass(clock, () => handler.gate.open);
  const asked = http.requests.filter(({ method }) => method === 'POST');
  t.deepEqual(asked.map(({ path }) => path).sort(), [
    '/dip-channel/IF-035/requeue/2300000012',
    '/dip-channel/IF-036/requeue/2300000012',
    '/statusmessage/requeue/2300000012',
  ]);
  t.like(JSON.parse(asked.find(({ path }) => path.includes('IF-035'))?.body?.toString() ?? ''), {
    datetimeFrom: '2026-03-24T08:55:00+00:00',
    datetimeTo: '2026-03-24T10:00:00+00:00',
    MPAN: null,
  });
  t.true(http.requests.some(({ path }) => path === '/dip-channel/IF-036/requeueStatus/2300000012?requeue-id=r1'));
  t.is(saved.at(-1), null);
  t.not(saved[0], null);
});

test('the gate opens only when the last requeue has ended', async (t) => {
  let done = false;
  const { handler, http, clock } = world((request, surs) =>
    request.path.includes('IF-036/requeueStatus') && !done
      ? { status: 200, body: JSON.stringify([{ requeueId: 'r1', status: 'Processing' }]) }
      : ok(request, surs),
  );
  await handler.start(0);
  await pass(clock, () => http.requests.filter(({ path }) => path.includes('IF-036/requeueStatus')).length > 3);
  t.false(handler.gate.open);
  done = true;
  await pass(clock, () => handler.gate.open);
  t.pass();
});

test('a requeue that ends in part is followed by a replay, whose pages are taken in', async (t) => {
  const pages = [
    { status: 206, headers: { 'x-continuation-token': 'more' }, body: JSON.stringify([if035(1), if035(2)]) },
    { status: 200, body: JSON.stringify([if035(3)]) },
  ];
  const { handler, http, clock, taken } = world((request, surs) => {
    if (request.path.includes('IF-035/requeueStatus')) return { status: 200, body: JSON.stringify({ requeueId: 'r1', status: 'PartialCompletion' }) };
    if (request.path.includes('IF-035/replay')) return pages.shift() ?? { status: 500 };
    return ok(request, surs);
  });
  await handler.start(0);
  await pass(clock, () => handler.gate.open);
  t.deepEqual(taken, [
    ['IF-035', 2],
    ['IF-035', 1],
  ]);
  const replays = http.requests.filter(({ path }) => path.includes('/replay/'));
  t.deepEqual(
    replays.map(({ headers }) => headers['x-continuation-token']),
    [undefined, 'more'],
  );
  t.deepEqual(replays[0]?.body, replays[1]?.body);
});

test('given-up deliveries are an alert until the DIP has sent again', async (t) => {
  const { handler, clock, raised } = world(ok);
  await handler.start(null);
  void handler.request(clock.now(), 'given-up');
  t.deepEqual([...raised], ['dip_retries_exhausted']);
  await pass(clock, () => handler.gate.open);
  t.deepEqual([...raised], []);
});

test('a requeue and replay that the DIP refuses are an alert until a later one succeeds', async (t) => {
  let refuses = true;
  const { handler, clock, raised } = world((request, surs) => (refuses && request.method === 'POST' ? { status: 403 } : ok(request, surs)));
  await handler.start(0);
  await pass(clock, () => handler.gate.open);
  t.deepEqual([...raised], ['dip_requeue_failed']);
  refuses = false;
  void handler.request(clock.now(), 'given-up');
  await pass(clock, () => handler.gate.open);
  t.deepEqual([...raised], []);
});

test('after the grace time the gate opens although the DIP is out of reach, and the asking goes on', async (t) => {
  const { handler, http, clock } = world(() => Promise.reject(new Error('down')), null, 600_000);
  await handler.start(0);
  await clock.advance(599_999);
  t.false(handler.gate.open);
  await clock.advance(1);
  t.true(handler.gate.open);
  const before = http.requests.length;
  await pass(clock, () => http.requests.length > before);
  t.true(handler.gate.open);
  await handler.close();
});

test('a window that was not done before the restart is asked for again', async (t) => {
  const { handler, http, clock } = world(ok, { from: Date.parse('2026-03-20T00:00:00Z'), to: Date.parse('2026-03-21T00:00:00Z') });
  await handler.start(clock.now() - 1_000);
  await pass(clock, () => handler.gate.open);
  t.like(JSON.parse(http.requests[0]?.body?.toString() ?? ''), { datetimeFrom: '2026-03-20T00:00:00+00:00' });
});

test('what is asked for meanwhile is joined and follows the requeue under way', async (t) => {
  let done = false;
  const { handler, http, clock } = world((request, surs) =>
    request.method === 'GET' && !done ? { status: 200, body: JSON.stringify([{ requeueId: 'r1', status: 'Processing' }]) } : ok(request, surs),
  );
  await handler.start(null);
  void handler.request(clock.now() - 1_000, 'given-up');
  t.false(handler.gate.open);
  await pass(clock, () => http.requests.length >= 3);
  void handler.request(clock.now() - 60_000, 'given-up');
  void handler.request(clock.now() - 50_000, 'given-up');
  done = true;
  await pass(clock, () => handler.gate.open);
  t.is(http.requests.filter(({ path }) => path === '/dip-channel/IF-035/requeue/2300000012').length, 2);
});

test('nothing is asked before the callbacks are registered', async (t) => {
  const { handler, http, clock } = world(ok);
  let registered = (): void => {};
  await handler.start(
    0,
    new Promise<void>((resolve) => {
      registered = resolve;
    }),
  );
  await clock.advance(10_000);
  t.is(http.requests.length, 0);
  registered();
  await pass(clock, () => handler.gate.open);
  t.pass();
});

test('closing ends what is under way and keeps the window', async (t) => {
  const { handler, clock, saved } = world(() => new Promise(() => {}));
  await handler.start(0);
  await clock.advance(10);
  await handler.close();
  t.not(saved.at(-1), null);
});
