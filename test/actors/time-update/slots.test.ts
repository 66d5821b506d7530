import test from 'ava';
import { type SlotRequest, Slots } from '../../../actors/time-update/slots.ts';
import { FakeClock } from '../../support/fake-clock.ts';

function slots(change: { tcp?: number; perSecond?: number; maxWaiting?: number } = {}) {
  const clock = new FakeClock();
  const made = new Slots({
    clock,
    limits: { tcp: change.tcp ?? 1, 'modem:a': 1 },
    perSecond: change.perSecond ?? 0,
    maxWaiting: change.maxWaiting ?? 10,
    reservedMs: 30_000,
  });
  return { clock, made };
}

const ask = (requestId: number, change: Partial<SlotRequest> = {}): SlotRequest => ({
  requestId,
  key: `tcp:${requestId}`,
  class: 'tcp',
  immediate: true,
  ...change,
});
const never = new AbortController().signal;

test('no more than the limit run, and the next one goes when one ends', async (t) => {
  const { made } = slots();
  const order: number[] = [];
  t.is(await made.acquire(ask(1), never), 'go');
  const second = made.acquire(ask(2), never).then(() => order.push(2));
  t.is(made.used('tcp'), 1);
  t.is(made.waiting('tcp'), 1);
  made.release(1);
  await second;
  t.deepEqual(order, [2]);
});

test('an immediate one goes before an overnight one that came first', async (t) => {
  const { made } = slots();
  const order: number[] = [];
  await made.acquire(ask(1), never);
  const overnight = made.acquire(ask(2, { immediate: false }), never).then(() => order.push(2));
  const immediate = made.acquire(ask(3), never).then(() => order.push(3));
  made.release(1);
  await immediate;
  made.release(3);
  await overnight;
  t.deepEqual(order, [3, 2]);
});

test('a reservation counts as used, keeps its address busy, and is taken up by its action', async (t) => {
  const { made } = slots();
  t.true(made.reserve(ask(1, { immediate: false })));
  t.is(made.free('tcp'), 0);
  t.true(made.isBusy('tcp:1'));
  t.false(made.reserve(ask(2, { immediate: false })));
  t.is(await made.acquire(ask(1, { immediate: false }), never), 'go');
  t.is(made.used('tcp'), 1);
  made.release(1);
  t.false(made.isBusy('tcp:1'));
  t.is(made.free('tcp'), 1);
});

test('a reservation that nobody comes for lapses', async (t) => {
  const { made, clock } = slots();
  made.reserve(ask(1, { immediate: false }));
  await clock.advance(30_001);
  t.is(made.free('tcp'), 1);
  t.false(made.isBusy('tcp:1'));
});

test('a busy address cannot be reserved', async (t) => {
  const { made } = slots({ tcp: 5 });
  await made.acquire(ask(1, { key: 'tcp:same' }), never);
  t.false(made.reserve(ask(2, { key: 'tcp:same' })));
});

test('beyond the waiting room the answer is full', async (t) => {
  const { made } = slots({ maxWaiting: 1 });
  await made.acquire(ask(1), never);
  void made.acquire(ask(2), never);
  t.is(await made.acquire(ask(3), never), 'full');
});

test('whoever is aborted leaves the queue', async (t) => {
  const { made } = slots();
  await made.acquire(ask(1), never);
  const abort = new AbortController();
  const waiting = made.acquire(ask(2), abort.signal);
  abort.abort();
  t.is(await waiting, 'aborted');
  t.is(made.waiting('tcp'), 0);
  t.false(made.isBusy('tcp:2'));
});

test('classes do not take slots from each other, and one that is not there says so', async (t) => {
  const { made } = slots();
  await made.acquire(ask(1), never);
  t.is(await made.acquire(ask(2, { class: 'modem:a' }), never), 'go');
  t.is(await made.acquire(ask(3, { class: 'modem:b' }), never), 'none');
});

test('sessions are opened at the pace', async (t) => {
  const { made, clock } = slots({ tcp: 100, perSecond: 10, maxWaiting: 100 });
  let gone = 0;
  for (let id = 1; id <= 21; id++) void made.acquire(ask(id), never).then(() => gone++);
  await clock.flush();
  t.true(gone <= 2);
  await clock.advance(1_000);
  t.true(gone >= 10 && gone <= 12, `${gone} in a second`);
  await clock.advance(1_100);
  t.is(gone, 21);
});

test('limits change while sessions run: more go, and whoever waits for lines that are gone is asked again later', async (t) => {
  const { made } = slots();
  const line = (requestId: number) => ask(requestId, { class: 'modem:a', key: `tel:${requestId}` });
  t.is(await made.acquire(line(1), never), 'go');
  const second = made.acquire(line(2), never);
  made.setLimits({ tcp: 1, 'modem:a': 2, 'modem:b': 1 });
  t.is(await second, 'go');
  t.is(made.free('modem:b'), 1);
  const third = made.acquire(line(3), never);
  made.setLimits({ tcp: 1 });
  t.is(await third, 'full');
  t.false(made.isBusy('tel:3'));
  t.is(await made.acquire(line(4), never), 'none');
  made.release(1);
  made.release(2);
  t.is(made.used('modem:a'), 0);
});

test('where lines are shared with other nodes, immediate sessions go beyond the limit of a class of lines, overnight ones do not', async (t) => {
  const clock = new FakeClock();
  const made = new Slots({ clock, limits: { tcp: 1, 'modem:a': 1 }, perSecond: 0, maxWaiting: 10, reservedMs: 30_000, immediateBeyond: 1 });
  const line = (requestId: number, immediate: boolean) => ask(requestId, { class: 'modem:a', key: `tel:${requestId}`, immediate });
  t.is(await made.acquire(line(1, false), never), 'go');
  void made.acquire(line(2, false), never);
  t.is(await made.acquire(line(3, true), never), 'go');
  t.is(made.used('modem:a'), 2);
  t.is(made.waiting('modem:a'), 1);
  t.is(await made.acquire(ask(4), never), 'go');
  void made.acquire(ask(5), never);
  t.is(made.waiting('tcp'), 1);
});
