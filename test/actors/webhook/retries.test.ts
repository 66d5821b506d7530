/** What happens to deliveries that are not taken: again, further and further apart, for a day; then the webhook is off. */
import test from 'ava';
import { isGivenUp, pauseAfter } from '../../../actors/webhook/retry.ts';
import { Receiver } from '../../support/receiver.ts';
import { webhookWorld } from '../../support/webhook-world.ts';

const HOUR = 3_600_000;
const policy = { firstPauseMs: 5_000, maxPauseMs: HOUR, retryMs: 24 * HOUR };
const answering =
  (status: number): Receiver['answer'] =>
  (_request, response) =>
    void response.writeHead(status).end();

test('pauses grow threefold to an hour, each between half and one and a half', (t) => {
  t.deepEqual(
    [1, 2, 3, 4, 5, 6, 7, 8, 60].map((failures) => pauseAfter(failures, policy, 0.5)),
    [5_000, 15_000, 45_000, 135_000, 405_000, 1_215_000, HOUR, HOUR, HOUR],
  );
  t.deepEqual([pauseAfter(1, policy, 0), pauseAfter(1, policy, 0.999_9)], [2_500, 7_500]);
});

test('a day after its commit a delivery is given up, but not before it was tried five times', (t) => {
  t.deepEqual([isGivenUp(0, 24 * HOUR - 1, 9, policy), isGivenUp(0, 24 * HOUR, 4, policy), isGivenUp(0, 24 * HOUR, 5, policy)], [false, false, true]);
});

test('what is not 2xx is tried again under the same id with the same bytes, until it is taken', async (t) => {
  const [w, receiver] = [await webhookWorld(), await Receiver.start()];
  await w.webhooks.set('SUPX', { url: receiver.url(), rotate: false }, 'ops');
  const statuses = [500, 302, 404, 503];
  receiver.answer = (request, response, count) => answering(statuses[count - 1] ?? 204)(request, response, count);
  await w.ended();
  await receiver.got(1);
  await w.pass(30 * 60_000);
  t.is(receiver.received.length, 5);
  t.is(new Set(receiver.received.map(({ headers, body }) => `${headers['webhook-id']} ${body}`)).size, 1);
  t.is(await w.owed(), 0);
  t.deepEqual(await w.alerts(), []);
  receiver.close();
  await w.close();
});

test('410 turns the webhook off at once, with an alert that names the supplier; what is owed still is dropped', async (t) => {
  const [w, receiver] = [await webhookWorld(), await Receiver.start()];
  await w.webhooks.set('SUPX', { url: receiver.url(), rotate: false }, 'ops');
  receiver.answer = answering(410);
  await w.ended();
  await w.until(async () => (await w.owed()) === 0);
  t.like(await w.webhooks.get('SUPX'), { state: 'failed', reason: 'gone', lastFailure: { text: 'answered 410' } });
  t.like(await w.alerts(), [
    {
      id: 'alert:webhook_off:webhook:SUPX',
      state: 'raised',
      text: 'SUPX: the webhook was turned off: the receiver says that it is gone for good (answered 410)',
    },
  ]);
  await w.ended();
  t.deepEqual([receiver.received.length, await w.owed()], [1, 0]);
  receiver.answer = answering(200);
  await w.webhooks.set('SUPX', { rotate: false }, 'ops');
  await w.ended();
  await receiver.got(2);
  t.is((await w.alerts())[0]?.state, 'cleared');
  receiver.close();
  await w.close();
});

test('a receiver that takes nothing for a day is turned off, with an alert; it was tried by one delivery at a time meanwhile', async (t) => {
  const [w, receiver] = [await webhookWorld(), await Receiver.start()];
  await w.webhooks.set('SUPX', { url: receiver.url(), rotate: false }, 'ops');
  receiver.answer = answering(503);
  for (let i = 0; i < 6; i++) await w.ended();
  await receiver.got(1);
  await w.pass(23.9 * HOUR, 5 * 60_000);
  t.is((await w.webhooks.get('SUPX')).state, 'on');
  t.is(await w.owed(), 6);
  t.true(receiver.received.length >= 20 && receiver.received.length < 60, `${receiver.received.length} tries`);
  await w.pass(0.2 * HOUR);
  t.like(await w.webhooks.get('SUPX'), { state: 'failed', reason: 'given_up' });
  await w.until(async () => (await w.owed()) === 0);
  t.like(await w.alerts(), [
    { id: 'alert:webhook_off:webhook:SUPX', state: 'raised', text: 'SUPX: the webhook was turned off: no delivery was taken for 24 h (answered 503)' },
  ]);
  receiver.close();
  await w.close();
});

test('once a receiver is back, everything that waited for it goes at once', async (t) => {
  const [w, receiver] = [await webhookWorld(), await Receiver.start()];
  await w.webhooks.set('SUPX', { url: receiver.url(), rotate: false }, 'ops');
  receiver.answer = answering(503);
  for (let i = 0; i < 8; i++) await w.ended();
  await receiver.got(1);
  await w.pass(4 * HOUR, 5 * 60_000);
  const tries = receiver.received.length;
  receiver.answer = answering(200);
  while (receiver.received.length === tries) await w.pass(60_000);
  await w.pass(5_000, 1_000);
  t.is(await w.owed(), 0);
  receiver.close();
  await w.close();
});

test('one delivery that is refused alone lets the others of its lane go first', async (t) => {
  const [w, receiver] = [await webhookWorld({ engine: { shards: 1 } }), await Receiver.start()];
  await w.webhooks.set('SUPX', { url: receiver.url(), rotate: false }, 'ops');
  let poison = '';
  receiver.answer = (request, response, count) => {
    poison ||= request.body;
    answering(request.body === poison ? 500 : 200)(request, response, count);
  };
  for (let i = 0; i < 5; i++) await w.ended();
  await w.until(async () => (await w.owed()) === 1);
  t.is(new Set(receiver.received.map(({ body }) => body)).size, 5);
  receiver.close();
  await w.close();
});

test('a receiver that does not answer keeps no other waiting, and has no more than its places', async (t) => {
  const [w, stuck, receiver] = [
    await webhookWorld({ options: { perReceiver: 2, maxInFlight: 3 }, engine: { shards: 16 } }),
    await Receiver.start(),
    await Receiver.start(),
  ];
  await w.webhooks.set('SUPX', { url: stuck.url('/', 'slow.test'), rotate: false }, 'ops');
  await w.webhooks.set('SUPY', { url: receiver.url(), rotate: false }, 'ops');
  stuck.answer = () => {};
  for (let i = 0; i < 12; i++) await w.ended('SUPX');
  await stuck.got(2);
  for (let i = 0; i < 12; i++) await w.ended('SUPY');
  await receiver.got(12);
  await w.until(async () => (await w.owed()) === 12);
  t.is(stuck.received.length, 2);
  stuck.close();
  receiver.close();
  await w.close();
});

test('what is owed to a webhook that is turned off meanwhile is dropped; a new address takes what is owed', async (t) => {
  const [w, receiver, other] = [await webhookWorld(), await Receiver.start(), await Receiver.start()];
  await w.webhooks.set('SUPX', { url: receiver.url(), rotate: false }, 'ops');
  receiver.answer = answering(500);
  const process = await w.ended();
  await receiver.got(1);
  await w.webhooks.set('SUPX', { url: other.url(), rotate: false }, 'ops');
  await w.pass(60_000);
  t.is(JSON.parse(other.received[0]?.body ?? '{}').request_id, process.id.slice('appointment:'.length));
  other.answer = answering(500);
  await w.ended();
  await other.got(2);
  await w.webhooks.off('SUPX', 'ops');
  await w.pass(60_000);
  t.deepEqual([await w.owed(), other.received.length], [0, 2]);
  receiver.close();
  other.close();
  await w.close();
});

test('why shows what is owed: tries, next try, last failure', async (t) => {
  const [w, receiver] = [await webhookWorld(), await Receiver.start()];
  await w.webhooks.set('SUPX', { url: receiver.url(), rotate: false }, 'ops');
  receiver.answer = answering(500);
  const process = await w.ended();
  await receiver.got(1);
  await w.until(async () => (await w.engine.inspect(process.id))?.owed.some(({ lastError }) => lastError !== null) ?? false);
  const owed = (await w.engine.inspect(process.id))?.owed.find(({ channel }) => channel === 'webhook');
  t.like(owed, { channel: 'webhook', name: 'webhook', attempts: 1, nextAttemptAt: w.clock.now() + 5_000, lastError: 'answered 500' });
  receiver.close();
  await w.close();
});
