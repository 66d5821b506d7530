/** What a supplier's receiver is sent, over real HTTPS (appointments 1.6; Standard Webhooks). */
import test from 'ava';
import { toRequestView } from '../../../gateway/requests/view.ts';
import { Receiver } from '../../support/receiver.ts';
import { isSigned, webhookWorld } from '../../support/webhook-world.ts';

test('the end of a process is told once, with `metadata` as GET /requests shows it, signed, under <actor>/<version>/<n>', async (t) => {
  const [w, receiver] = [await webhookWorld(), await Receiver.start()];
  const { secret } = await w.webhooks.set('SUPX', { url: receiver.url('/hook?tenant=7'), rotate: false }, 'ops');
  const process = await w.ended();
  await w.until(async () => (await w.owed()) === 0);
  t.is(receiver.received.length, 1);
  const [got] = receiver.received;
  t.is(got?.path, '/hook?tenant=7');
  t.is(got?.body, JSON.stringify((toRequestView(process) as { metadata: object }).metadata));
  t.like(JSON.parse(got?.body ?? ''), { request_status: 'Failed', errors: [{ code: 'operator_cancelled', source: 'operator' }] });
  t.like(got?.headers, { 'content-type': 'application/json', 'webhook-timestamp': String(Math.floor(w.clock.now() / 1_000)) });
  t.regex(got?.headers['webhook-id'] ?? '', new RegExp(`^${process.id}/${process.version}/\\d+$`));
  t.true(isSigned(got!, secret!));
  t.false(isSigned({ ...got!, body: `${got?.body} ` }, secret!));
  receiver.close();
  await w.close();
});

test('without a webhook, or with one that is off, nothing is owed and the process costs no effect', async (t) => {
  const [w, receiver] = [await webhookWorld(), await Receiver.start()];
  t.deepEqual(
    (await w.ended()).owed.filter(({ channel }) => channel === 'webhook'),
    [],
  );
  await w.webhooks.set('SUPX', { url: receiver.url(), rotate: false }, 'ops');
  await w.webhooks.off('SUPX', 'ops');
  t.deepEqual(
    (await w.ended()).owed.filter(({ channel }) => channel === 'webhook'),
    [],
  );
  t.is(receiver.received.length, 0);
  receiver.close();
  await w.close();
});

test('each supplier is told of its own processes only', async (t) => {
  const [w, x, y] = [await webhookWorld(), await Receiver.start(), await Receiver.start()];
  await w.webhooks.set('SUPX', { url: x.url(), rotate: false }, 'ops');
  await w.webhooks.set('SUPY', { url: y.url(), rotate: false }, 'ops');
  const mine = await w.ended('SUPX');
  const other = await w.ended('SUPY');
  await w.until(async () => (await w.owed()) === 0);
  t.deepEqual(
    [x, y].map(({ received }) => received.map(({ body }) => `appointment:${JSON.parse(body).request_id}`)),
    [[mine.id], [other.id]],
  );
  x.close();
  y.close();
  await w.close();
});

test('after a crash between delivery and settling it is delivered again, under the same id and with the same bytes', async (t) => {
  const receiver = await Receiver.start();
  let crashed = false;
  const first = await webhookWorld({
    crash: (point, _key, what) => {
      if (point !== 'after-effect' || !what.includes('/effect-')) return 'go';
      crashed = true;
      return 'stop';
    },
  });
  const { secret } = await first.webhooks.set('SUPX', { url: receiver.url(), rotate: false }, 'ops');
  await first.ended();
  await first.until(() => crashed);
  first.engine.abandon();
  await first.clock.advance(60_000);
  const second = await webhookWorld({ disk: first.disk, clock: first.clock });
  await second.until(async () => (await second.owed()) === 0);
  const [one, again] = receiver.received;
  t.is(receiver.received.length, 2);
  t.is(again?.headers['webhook-id'], one?.headers['webhook-id']);
  t.is(again?.body, one?.body);
  t.not(again?.headers['webhook-timestamp'], one?.headers['webhook-timestamp']);
  t.true(isSigned(again!, secret!));
  receiver.close();
  await first.sender.close();
  await second.close();
});

test('during a rotation both secrets sign, the new one first; afterwards the new one alone', async (t) => {
  const [w, receiver] = [await webhookWorld(), await Receiver.start()];
  const before = (await w.webhooks.set('SUPX', { url: receiver.url(), rotate: false }, 'ops')).secret!;
  t.is((await w.webhooks.set('SUPX', { rotate: false }, 'ops')).secret, undefined);
  const after = (await w.webhooks.set('SUPX', { rotate: true }, 'ops')).secret!;
  await w.ended();
  await receiver.got(1);
  t.deepEqual(
    [before, after].map((secret) => isSigned(receiver.received[0]!, secret)),
    [true, true],
  );
  t.is(receiver.received[0]?.headers['webhook-signature']?.split(' ').length, 2);
  await w.clock.advance(86_400_000);
  await w.ended();
  await receiver.got(2);
  t.deepEqual(
    [before, after].map((secret) => isSigned(receiver.received[1]!, secret)),
    [false, true],
  );
  t.deepEqual((await w.webhooks.get('SUPX')).secrets.length, 1);
  receiver.close();
  await w.close();
});

test('a secret is whsec_ with 32 octets, and stands nowhere at rest, in views or in the log', async (t) => {
  const [w, receiver] = [await webhookWorld(), await Receiver.start()];
  const { secret, ...shown } = await w.webhooks.set('SUPX', { url: receiver.url('/?key=hush'), rotate: false }, 'ops');
  t.regex(secret ?? '', /^whsec_[A-Za-z0-9+/]{43}=$/);
  receiver.answer = (_request, response) => void response.writeHead(500).end();
  await w.ended();
  await receiver.got(1);
  await w.until(async () => (await w.webhooks.get('SUPX')).lastFailure !== null);
  const kept = [...Object.values(w.disk.trees)].flatMap((tree) =>
    [...tree.entries({ start: '', end: '\xff\xff\xff\xff\xff\xff\xff\xff' })].map(({ value }) => value),
  );
  const everything = JSON.stringify([kept, shown, await w.webhooks.list(10), w.log.lines]);
  t.false(everything.includes(secret!.slice(6)));
  t.false(JSON.stringify([w.log.lines, (await w.webhooks.get('SUPX')).lastFailure]).includes('hush'));
  receiver.close();
  await w.close();
});

test('a test is delivered at once as `test`, and says what came of it', async (t) => {
  const [w, receiver] = [await webhookWorld(), await Receiver.start()];
  const { secret } = await w.webhooks.set('SUPX', { url: receiver.url(), rotate: false }, 'ops');
  t.like(await w.webhooks.test('SUPX', new AbortController().signal), { delivered: true, status: 200 });
  t.like(JSON.parse(receiver.received[0]?.body ?? ''), { request_type: 'test', errors: [] });
  t.true(isSigned(receiver.received[0]!, secret!));
  receiver.answer = (_request, response) => void response.writeHead(403).end();
  t.like(await w.webhooks.test('SUPX', new AbortController().signal), { delivered: false, status: 403, text: 'answered 403' });
  await t.throwsAsync(w.webhooks.test('SUPY', new AbortController().signal), { message: /SUPY has no webhook/ });
  receiver.close();
  await w.close();
});
