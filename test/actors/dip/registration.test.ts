import test from 'ava';
import { callbacksOf, Registration } from '../../../actors/dip/registration.ts';
import { makePair, type Pair } from '../../support/dip/keys.ts';
import { type Answerer, clientOf, dipOptions, FakeHttp, until } from '../../support/dip/world.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { keptLog } from '../../support/real-ports.ts';

const options = dipOptions({ interfaces: ['IF-035', 'IF-036'], callbackBaseUrl: 'https://us.example.test/market/', retry: { jitter: 'none' } });
let pair: Pair;
test.before(async () => {
  pair = await makePair('us');
});

function world(answer: Answerer) {
  const clock = new FakeClock();
  const http = new FakeHttp(answer);
  const registration = new Registration({ options, client: clientOf(http, pair, clock), clock, random: { next: () => 0 }, log: keptLog() });
  let answered = false;
  void registration.answered.then(() => {
    answered = true;
  });
  return { registration, http, clock, answered: () => answered };
}

test('every interface of every participant and the status messages have a callback', (t) => {
  t.deepEqual(callbacksOf(options), [
    { path: '/dip-channel/IF-035/pubconfig/2300000012', url: 'https://us.example.test/market/dip/inbound/IF-035' },
    { path: '/dip-channel/IF-036/pubconfig/2300000012', url: 'https://us.example.test/market/dip/inbound/IF-036' },
    { path: '/statusmessage/config/2300000012', url: 'https://us.example.test/market/dip/inbound/status' },
  ]);
});

test('registering sends address and limits', async (t) => {
  const { registration, http, answered } = world(() => ({ status: 201 }));
  registration.start();
  await until(answered);
  t.is(http.requests.length, 3);
  t.deepEqual(JSON.parse(http.requests[0]?.body?.toString() ?? ''), {
    callbackURL: 'https://us.example.test/market/dip/inbound/IF-035',
    maxMessageCount: 100,
    maxPayloadSize: 10_240,
  });
});

test('out of reach, it tries again until all are registered', async (t) => {
  let up = false;
  const { registration, http, clock, answered } = world(() => (up ? { status: 201 } : Promise.reject(new Error('down'))));
  registration.start();
  await until(() => http.requests.length === 1);
  await clock.flush();
  t.false(answered());
  up = true;
  await until(() => clock.nextDueAt === clock.now() + 2_000);
  await clock.advance(2_000);
  await until(answered);
  t.is(http.requests.length, 4);
});

test('a refusal does not hold up the others, and is tried again', async (t) => {
  const { registration, http, clock, answered } = world(({ path }) => ({ status: path.includes('IF-035') ? 403 : 201 }));
  registration.start();
  await until(answered);
  t.is(http.requests.length, 3);
  await clock.advance(2_000);
  await until(() => http.requests.length === 4);
  t.true(http.requests[3]?.path.includes('IF-035'));
  await registration.close();
});
