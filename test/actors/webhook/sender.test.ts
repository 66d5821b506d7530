/** What one delivery may do: where it may connect to, how long it may take, what it makes of an answer. */
import test from 'ava';
import type { Clock } from '../../../actors/engine/ports.ts';
import type { NameResolver } from '../../../actors/link/index.ts';
import { createSender } from '../../../actors/webhook/index.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { realClock } from '../../support/real-ports.ts';
import { Receiver } from '../../support/receiver.ts';

const fixed = (...addresses: readonly string[]): NameResolver => ({ resolve: async () => addresses });

async function senderOf(given: { resolver?: NameResolver; allowed?: (ip: string) => boolean; clock?: Clock; trusts?: boolean } = {}) {
  return createSender({
    clock: given.clock ?? realClock,
    resolver: given.resolver ?? fixed('127.0.0.1'),
    check: given.allowed ?? (() => true),
    timeoutMs: 10_000,
    maxAnswerBytes: 65_536,
    ...(given.trusts === false ? {} : { ca: await Receiver.ca() }),
  });
}

const post = (url: string) => ({ url, headers: { 'webhook-id': 'a/1/0' }, body: '{}' });
const never = new AbortController().signal;

test('a redirect is an answer and is not followed', async (t) => {
  const [sender, receiver, elsewhere] = [await senderOf(), await Receiver.start(), await Receiver.start()];
  for (const status of [301, 302, 307, 308]) {
    receiver.answer = (_request, response) => void response.writeHead(status, { location: elsewhere.url() }).end();
    t.like(await sender.send(post(receiver.url()), never), { kind: 'answered', status });
  }
  t.is(elsewhere.received.length, 0);
  await sender.close();
  receiver.close();
  elsewhere.close();
});

test('an answer that does not come in time is none', async (t) => {
  const clock = new FakeClock();
  const [sender, receiver] = [await senderOf({ clock }), await Receiver.start()];
  receiver.answer = () => {};
  const sent = sender.send(post(receiver.url()), never);
  await receiver.got(1);
  await clock.advance(10_000);
  t.like(await sent, { kind: 'unanswered', text: 'no answer within 10000 ms', stopped: false, tookMs: 10_000 });
  await sender.close();
  receiver.close();
});

test('a status that came counts, however long or slow its body is, and no more than the limit is read', async (t) => {
  const clock = new FakeClock();
  const [sender, receiver] = [await senderOf({ clock }), await Receiver.start()];
  let written = 0;
  let cut: () => void = () => {};
  const ended = new Promise<void>((resolve) => (cut = resolve));
  receiver.answer = (_request, response) => {
    response.writeHead(200);
    response.on('close', cut);
    const more = (): void => {
      while (!response.destroyed && written < 500_000_000) {
        written += 65_536;
        if (!response.write(Buffer.alloc(65_536))) return void response.once('drain', more);
      }
    };
    more();
  };
  t.like(await sender.send(post(receiver.url()), never), { kind: 'answered', status: 200 });
  await ended;
  t.true(written < 50_000_000);
  const dripped = Promise.withResolvers<void>();
  receiver.answer = (_request, response) => void response.writeHead(201).write('drip', () => dripped.resolve());
  const sent = sender.send(post(receiver.url()), never);
  await dripped.promise;
  // The head and the drip are on their way over loopback: they come before the answer's time is over.
  for (let turns = 0; turns < 50; turns++) await clock.flush();
  await clock.advance(10_000);
  t.like(await sent, { kind: 'answered', status: 201 });
  await sender.close();
  receiver.close();
});

test('the address is judged when it is connected to, so a name that turns inward is refused, at every new connection', async (t) => {
  let answers = ['192.0.2.10'];
  const asked: string[] = [];
  const resolver: NameResolver = {
    resolve: async () => {
      asked.push(answers.join());
      return answers;
    },
  };
  const receiver = await Receiver.start();
  const sender = await senderOf({ resolver, allowed: (ip) => ip !== '127.0.0.1' });
  answers = ['127.0.0.1'];
  t.like(await sender.send(post(receiver.url()), never), { kind: 'unanswered', text: 'the address of the receiver is not allowed' });
  t.is(receiver.connections, 0);
  t.deepEqual(asked, ['127.0.0.1']);
  await sender.close();
  receiver.close();
});

test('of several addresses only those that may be reached are tried, and the checked one is connected to', async (t) => {
  const receiver = await Receiver.start();
  const judged: string[] = [];
  const sender = await senderOf({
    resolver: fixed('10.0.0.1', '127.0.0.1'),
    allowed: (ip) => {
      judged.push(ip);
      return ip === '127.0.0.1';
    },
  });
  t.like(await sender.send(post(receiver.url()), never), { kind: 'answered', status: 200 });
  t.deepEqual(judged, ['10.0.0.1', '127.0.0.1']);
  t.is(receiver.connections, 1);
  await sender.close();
  receiver.close();
});

test('the certificate must be of the name, and of somebody trusted', async (t) => {
  const receiver = await Receiver.start();
  const [strict, trusting] = [await senderOf({ trusts: false }), await senderOf()];
  t.like(await strict.send(post(receiver.url()), never), { kind: 'unanswered', stopped: false });
  const other = await trusting.send(post(receiver.url('/', 'other.test')), never);
  t.regex(other.kind === 'unanswered' ? other.text : '', /ERR_TLS_CERT_ALTNAME_INVALID/);
  t.is(receiver.received.length, 0);
  t.like(await trusting.send(post(receiver.url('/', '127.0.0.1')), never), { kind: 'answered', status: 200 });
  await Promise.all([strict.close(), trusting.close()]);
  receiver.close();
});

test('what fails says why in one line, without path, query or header', async (t) => {
  const sender = await senderOf();
  const receiver = await Receiver.start();
  const { port } = receiver;
  receiver.close();
  const failed = await sender.send({ ...post(`https://receiver.test:${port}/secret-path?token=hush`), headers: { 'webhook-signature': 'v1,hush' } }, never);
  t.is(failed.kind, 'unanswered');
  t.regex(failed.kind === 'unanswered' ? failed.text : '', /ECONNREFUSED/);
  t.notRegex(JSON.stringify(failed), /hush|secret-path/);
  await sender.close();
});

test('a delivery that is stopped ends at once and says so; Retry-After is read as seconds or as an instant', async (t) => {
  const [sender, receiver] = [await senderOf(), await Receiver.start()];
  const stop = new AbortController();
  receiver.answer = () => stop.abort();
  t.like(await sender.send(post(receiver.url()), stop.signal), { kind: 'unanswered', stopped: true });
  receiver.answer = (_request, response) => void response.writeHead(429, { 'retry-after': '120' }).end();
  t.like(await sender.send(post(receiver.url()), never), { status: 429, retryAfterMs: 120_000 });
  receiver.answer = (_request, response) => void response.writeHead(503, { 'retry-after': new Date(Date.now() + 60_000).toUTCString() }).end();
  const later = await sender.send(post(receiver.url()), never);
  t.true(later.kind === 'answered' && later.retryAfterMs !== null && later.retryAfterMs > 50_000 && later.retryAfterMs <= 60_000);
  await sender.close();
  receiver.close();
});
