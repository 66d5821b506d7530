import test, { type ExecutionContext } from 'ava';
import { createDip, type Dip, gateWordOf } from '../../../actors/dip/index.ts';
import type { Window } from '../../../actors/dip/query.ts';
import { makePair, type Pair, signerOf } from '../../support/dip/keys.ts';
import { dipOptions, FakeHttp } from '../../support/dip/world.ts';
import { testPorts } from '../../support/engine.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { Voices } from '../../support/voice.ts';

let pair: Pair;
test.before(async () => {
  pair = await makePair('us');
});

/** Nodes with one DIP, which works on a requeue until `finish`. */
async function nodes(t: ExecutionContext, count: number) {
  const clock = new FakeClock();
  const voices = new Voices();
  const meta = new Map<string, unknown>();
  let status = 'Processing';
  const make = async (index: number): Promise<{ dip: Dip; http: FakeHttp }> => {
    const http = new FakeHttp(({ path, method }) => {
      if (path.includes('/requeue/')) return { status: 202, body: '"r1"' };
      return method === 'GET' ? { status: 200, body: JSON.stringify([{ requeueId: 'r1', status }]) } : { status: 201, body: '' };
    });
    const dip = await createDip({
      options: dipOptions({ interfaces: ['IF-035'], retry: { jitter: 'none' }, gap: { pollMs: 1_000 } }),
      ports: testPorts(clock),
      engine: () => {
        throw new Error('no engine here');
      },
      memory: { load: async () => (meta.get('gap') as Window | undefined) ?? null, save: async (window) => void meta.set('gap', window) },
      nodes: {
        voice: voices.of(`n${index}`),
        memory: { load: async () => gateWordOf(meta.get('gate')) ?? null, save: async (word) => void meta.set('gate', word) },
      },
      onCircuit: () => {},
      http: () => http,
      credentials: { load: async () => ({ signer: signerOf(pair), tls: {} }) },
    });
    t.teardown(() => dip.close());
    await dip.follow();
    return { dip, http };
  };
  const all = await Promise.all(Array.from({ length: count }, (_, index) => make(index)));
  return {
    clock,
    voices,
    meta,
    all: all as [{ dip: Dip; http: FakeHttp }, { dip: Dip; http: FakeHttp }, ...{ dip: Dip; http: FakeHttp }[]],
    finish: () => {
      status = 'Completed';
    },
  };
}

const gates = (all: readonly { dip: Dip }[]): boolean[] => all.map(({ dip }) => dip.gate.open);
const requeues = (http: FakeHttp) =>
  http.requests.filter(({ path }) => path.includes('/requeue/') && path.includes('IF-035')).map(({ body }) => body!.toString());
const registrations = (http: FakeHttp): number => http.requests.filter(({ path }) => path.includes('/pubconfig/')).length;

/** Fake time passes, while real signatures are made, until it holds. */
async function pass(clock: FakeClock, holds: () => boolean): Promise<void> {
  for (let tick = 0; tick < 20_000 && !holds(); tick++) await clock.advance(100);
  if (!holds()) throw new Error('never came to hold');
}

test('one node registers and asks, all hold their gates, and open them together', async (t) => {
  const { all, clock, finish } = await nodes(t, 3);
  const [leader, ...others] = all;
  await leader.dip.lead(async () => clock.now() - 3_600_000);
  await pass(clock, () => requeues(leader.http).length > 0);
  await clock.advance(10_000);
  t.deepEqual(gates(all), [false, false, false]);
  finish();
  await pass(clock, () => leader.dip.gate.open);
  await clock.flush();
  t.deepEqual(gates(all), [true, true, true]);
  t.is(registrations(leader.http), 1);
  for (const { http } of others) t.is(http.requests.length, 0);
});

test('when the leader dies in the middle, the next one asks for the same window, and the gates open only then', async (t) => {
  const { all, clock, finish, voices, meta } = await nodes(t, 3);
  const [first, second, third] = all;
  await first.dip.lead(async () => clock.now() - 3_600_000);
  await pass(clock, () => requeues(first.http).length > 0);
  const noted = meta.get('gap');
  voices.silence('n0');
  await first.dip.close();
  t.deepEqual(meta.get('gap'), noted);
  await second.dip.lead(async () => clock.now() - 5_000);
  await pass(clock, () => requeues(second.http).length > 0);
  t.deepEqual(requeues(second.http), requeues(first.http));
  t.deepEqual(gates([second, third!]), [false, false]);
  finish();
  await pass(clock, () => second.dip.gate.open);
  await clock.flush();
  t.deepEqual(gates([second, third!]), [true, true]);
  t.is(meta.get('gap'), null);
});

test('a node that hands the work over registers no more, and the next one does', async (t) => {
  const { all, clock } = await nodes(t, 2);
  const [first, second] = all;
  await first.dip.lead(async () => null);
  await pass(clock, () => registrations(first.http) > 0);
  await first.dip.follow();
  await second.dip.lead(async () => clock.now() - 1_000);
  await pass(clock, () => registrations(second.http) > 0);
  await clock.advance(60_000);
  t.is(registrations(first.http), 1);
  t.deepEqual(requeues(second.http), []);
  t.deepEqual(gates(all), [true, true]);
});
