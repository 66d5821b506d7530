import test from 'ava';
import { isOutcomeUnknown } from '../../../actors/cluster/router.ts';
import { MeterwrightError, OverloadedError, RefusedError, StoreError } from '../../../actors/errors/error.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { toyContext } from '../../support/toy.ts';
import { flushed, keysOf, note, openRoad, type RoadNode } from './router-nodes.ts';

test('a command runs on the node that serves its shard, whichever was asked', async (t) => {
  const { a, b } = await openRoad(t);
  a.open(0);
  b.open(1);
  await flushed(a, b);
  const [here, there] = [keysOf(0, 1)[0] as string, keysOf(1, 1)[0] as string];
  t.is(await a.router.command(note(here, 'near')), 'near');
  t.is(await a.router.command(note(there, 'far')), 'far');
  t.deepEqual([a.ran, b.ran], [['near'], ['far']]);
  t.is(a.router.stats.local, 1);
  t.is(a.router.stats.remote, 1);
});

test('a local command is given to the engine as it is, without a copy', async (t) => {
  const payload = { some: 'thing' };
  let seen: unknown;
  const { a } = await openRoad(t, {
    nodes: ['a'],
    handlers: {
      'test.see': async (_turn, given) => {
        seen = given;
        return given;
      },
    },
  });
  a.open(0);
  t.is(await a.router.command(note(keysOf(0, 1)[0] as string, 'x', { type: 'test.see', payload })), payload);
  t.is(seen, payload);
});

test('commands of one turn of the event loop for one shard share a message', async (t) => {
  const { a, b } = await openRoad(t);
  b.open(1);
  await flushed(b);
  await Promise.all(keysOf(1, 50).map((key) => a.router.command(note(key, key))));
  t.is(a.router.stats.batches, 1);
  t.is(b.server.stats.requests, 1);
  t.is(b.ran.length, 50);
});

test('a batch has no more commands than its bound', async (t) => {
  const { a, b } = await openRoad(t, { limits: { batch: 10 } });
  b.open(1);
  await flushed(b);
  await Promise.all(keysOf(1, 25).map((key) => a.router.command(note(key, key))));
  t.is(a.router.stats.batches, 3);
});

test('a batch has no more bytes than a message, and what is left follows in another', async (t) => {
  const { a, b } = await openRoad(t, { limits: { messageBytes: 4_096 } });
  b.open(1);
  await flushed(b);
  const payload = 'x'.repeat(1_000);
  const replies = await Promise.all(keysOf(1, 10).map((key) => a.router.command(note(key, key, { payload }))));
  t.deepEqual(new Set(replies), new Set([payload]));
  t.true(a.router.stats.batches >= 4);
});

test('commands of one key run in the order in which they came', async (t) => {
  const { a, b } = await openRoad(t, { limits: { batch: 7 } });
  b.open(1);
  await flushed(b);
  const [key] = keysOf(1, 1) as [string];
  const ids = Array.from({ length: 100 }, (_, n) => `m${n}`);
  await Promise.all(ids.map((id) => a.router.command(note(key, id))));
  t.deepEqual(b.ran, ids);
});

test('an error comes out of the other node as the class that was thrown', async (t) => {
  const errors: Record<string, Error> = {
    refused: new RefusedError('not_pending', 'actor: must be pending', { details: { state: 'SUCCESS' } }),
    overloaded: new OverloadedError('mailbox: full', 4_321),
    store: new StoreError('disk_full', 'store: the disk is full'),
    plain: new MeterwrightError('actor_unloadable', 'snapshot: newer', { retry: 'later' }),
    bug: new TypeError('password hunter2 is undefined'),
  };
  const { a, b } = await openRoad(t, {
    handlers: {
      'test.throw': async (_turn, payload) => {
        throw errors[payload as string];
      },
    },
  });
  b.open(1);
  await flushed(b);
  const [key] = keysOf(1, 1) as [string];
  const thrown = async (name: string): Promise<MeterwrightError> =>
    (await t.throwsAsync(a.router.command(note(key, name, { type: 'test.throw', payload: name })))) as MeterwrightError;
  const refused = await thrown('refused');
  t.true(refused instanceof RefusedError);
  t.like(refused, { code: 'not_pending', message: 'actor: must be pending', retry: 'never', details: { state: 'SUCCESS' } });
  const overloaded = await thrown('overloaded');
  t.true(overloaded instanceof OverloadedError);
  t.is((overloaded as OverloadedError).retryAfterMs, 4_321);
  t.true((await thrown('store')) instanceof StoreError);
  t.like(await thrown('plain'), { code: 'actor_unloadable', retry: 'later' });
  const bug = await thrown('bug');
  t.like(bug, { code: 'internal', retry: 'never' });
  t.notRegex(JSON.stringify([bug.message, bug.details]), /hunter2/);
  t.true(b.log.lines.some(({ level, fields }) => level === 'error' && (fields as { err: Error }).err === errors.bug));
});

test('a hand-over in the middle of a stream fails no command, runs each once, and keeps the order per key', async (t) => {
  const { a, b, ran } = await openRoad(t, { limits: { batch: 16 } });
  const keys = keysOf(1, 8);
  a.open(1);
  await flushed(a);
  const asking = [a, b];
  const sent = new Map<string, string[]>();
  const replies: Promise<unknown>[] = [];
  const all: string[] = [];
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const moved = async (from: RoadNode, to: RoadNode): Promise<void> => {
    while (from.ran.length === 0) await turn();
    await from.close(1);
    to.open(1);
  };
  for (let round = 0; round < 240; round++) {
    for (const { router, name } of asking) {
      const key = keys[round % keys.length] as string;
      const id = `${name}-${key}-${round}`;
      const stream = `${name}-${key}`;
      sent.set(stream, [...(sent.get(stream) ?? []), id]);
      all.push(id);
      replies.push(router.command(note(key, id)));
    }
    if (round === 80) await moved(a, b);
    if (round === 160) await moved(b, a);
    await turn();
  }
  t.deepEqual(await Promise.all(replies), all);
  t.is(ran.length, all.length);
  const byStream = new Map([...sent.keys()].map((stream) => [stream, ran.filter((id) => id.startsWith(`${stream}-`))]));
  t.deepEqual(byStream, sent);
  t.true(b.ran.length > 0);
});

test('while nobody has the shard a command waits, and goes on when somebody has it', async (t) => {
  const { a, b } = await openRoad(t);
  const reply = a.router.command(note(keysOf(1, 1)[0] as string, 'late'));
  while (a.router.stats.bounced === 0) await new Promise((resolve) => setImmediate(resolve));
  b.open(1);
  t.is(await reply, 'late');
  t.deepEqual(b.ran, ['late']);
});

test('what waits runs here when this node gets the shard', async (t) => {
  const { a } = await openRoad(t);
  const reply = a.router.command(note(keysOf(1, 1)[0] as string, 'late'));
  while (a.router.stats.bounced === 0) await new Promise((resolve) => setImmediate(resolve));
  a.open(1);
  a.router.shardChanged(1);
  t.is(await reply, 'late');
  t.deepEqual(a.ran, ['late']);
  t.is(a.router.stats.waiting, 0);
});

test('when the own engine says not_owner the command goes on to another node', async (t) => {
  const { a, b } = await openRoad(t);
  const [key] = keysOf(1, 1) as [string];
  b.open(1);
  await flushed(b);
  // The leases still say that it is ours; the engine has closed it already.
  a.claimed.add(1);
  const reply = a.router.command(note(key, 'x'));
  while (a.router.stats.bounced === 0) await new Promise((resolve) => setImmediate(resolve));
  a.claimed.delete(1);
  t.is(await reply, 'x');
  t.is(a.given.length, 1);
  t.deepEqual(b.ran, ['x']);
});

test('when no owner is found until the deadline the caller is told to come back, and that nothing was changed', async (t) => {
  const clock = new FakeClock();
  const { a } = await openRoad(t, { clock, limits: { timeoutMs: 500, retryAfterMs: 700, pauseMs: 5_000, maxPauseMs: 5_000 } });
  const error = t.throwsAsync(a.router.command(note(keysOf(1, 1)[0] as string, 'x')), { instanceOf: OverloadedError });
  while (a.router.stats.bounced === 0) await clock.flush(1);
  await clock.advance(500);
  const thrown = await error;
  t.is(thrown?.retryAfterMs, 700);
  t.like(thrown?.details, { shard: 1, outcome: 'none' });
  t.false(isOutcomeUnknown(thrown));
  t.is(a.router.stats.waiting, 0);
});

test('no answer until the deadline is told as an unknown outcome', async (t) => {
  const clock = new FakeClock();
  const { a, b } = await openRoad(t, { clock, limits: { timeoutMs: 500 }, handlers: { 'test.hang': () => new Promise(() => {}) } });
  b.open(1);
  await flushed(b);
  const error = t.throwsAsync(a.router.command(note(keysOf(1, 1)[0] as string, 'x', { type: 'test.hang' })), { instanceOf: OverloadedError });
  while (b.server.stats.inFlight === 0) await clock.flush(1);
  await clock.advance(500);
  const thrown = await error;
  t.like(thrown?.details, { outcome: 'unknown', id: 'x' });
  t.true(isOutcomeUnknown(thrown));
  t.regex(thrown?.message ?? '', /same id/);
});

test('a command that is said again with the same id after an unknown outcome is not run twice', async (t) => {
  const clock = new FakeClock();
  const gate = Promise.withResolvers<void>();
  let runs = 0;
  const { a, b } = await openRoad(t, {
    clock,
    limits: { timeoutMs: 500 },
    handlers: {
      'test.slow': async () => {
        runs++;
        await gate.promise;
        return runs;
      },
    },
  });
  b.open(1);
  await flushed(b);
  const command = note(keysOf(1, 1)[0] as string, 'once', { type: 'test.slow' });
  const first = t.throwsAsync(a.router.command(command), { instanceOf: OverloadedError });
  while (b.server.stats.inFlight === 0) await clock.flush(1);
  await clock.advance(500);
  await first;
  const second = a.router.command(command);
  while (b.server.stats.repeated === 0) await clock.flush(1);
  gate.resolve();
  t.is(await second, 1);
  t.is(await a.router.command(command), 1);
  t.is(runs, 1);
});

test('what waits is bounded per shard and in all, and callers are told to come back', async (t) => {
  const clock = new FakeClock();
  const { a } = await openRoad(t, { clock, limits: { waiting: 5, waitingPerShard: 3 } });
  const ends = [...keysOf(1, 4), ...keysOf(2, 3)].map((key) => a.router.command(note(key, key)).catch((error: Error) => error.message));
  const refused = await Promise.all([ends[3], ends[6]]);
  t.regex(String(refused[0]), /3 commands wait for shard 1/);
  t.regex(String(refused[1]), /5 commands wait for other nodes/);
  t.is(a.router.stats.waiting, 5);
});

test('a command that no message can hold is refused, and others go on', async (t) => {
  const { a, b } = await openRoad(t, { natsConfig: 'max_payload: 8192' });
  b.open(1);
  await flushed(b);
  const [one, two] = keysOf(1, 2) as [string, string];
  const large = t.throwsAsync(a.router.command(note(one, 'large', { payload: 'x'.repeat(8_000) })), { instanceOf: RefusedError });
  t.is(await a.router.command(note(two, 'small')), 'small');
  t.is((await large)?.code, 'command_too_large');
});

test('without NATS what is served elsewhere fails at once, and what is served here goes on', async (t) => {
  const { a, b } = await openRoad(t);
  a.open(0);
  b.open(1);
  await flushed(a, b);
  a.source.set(false);
  const thrown = await t.throwsAsync(a.router.command(note(keysOf(1, 1)[0] as string, 'x')), { instanceOf: OverloadedError });
  t.like(thrown?.details, { outcome: 'none' });
  t.is(await a.router.command(note(keysOf(0, 1)[0] as string, 'here')), 'here');
  a.source.set(true);
  t.is(await a.router.command(note(keysOf(1, 1)[0] as string, 'y')), 'y');
});

test('what is under way when NATS is lost fails at once with an unknown outcome', async (t) => {
  const { a, b } = await openRoad(t, { handlers: { 'test.hang': () => new Promise(() => {}) } });
  b.open(1);
  await flushed(b);
  const [key] = keysOf(1, 1) as [string];
  const under = t.throwsAsync(a.router.command(note(key, 'x', { type: 'test.hang' })), { instanceOf: OverloadedError });
  while (b.server.stats.inFlight === 0) await new Promise((resolve) => setImmediate(resolve));
  const behind = t.throwsAsync(a.router.command(note(key, 'y')), { instanceOf: OverloadedError });
  a.source.set(false);
  t.true(isOutcomeUnknown(await under));
  t.false(isOutcomeUnknown(await behind));
});

test('what an engine sends is taken by the owner of its key as such', async (t) => {
  const { a, b } = await openRoad(t);
  b.open(1);
  await flushed(b);
  const [key] = keysOf(1, 1) as [string];
  t.is(await a.router.take(note(key, 'tell', { origin: 'durable' })), 'tell');
  t.like(b.given, [{ way: 'take', command: { origin: 'durable' } }]);
});

test('a tell to an actor of another node arrives, once, whoever owns its key by then', async (t) => {
  const { a, b, store } = await openRoad(t);
  a.open(0);
  await flushed(a);
  const [from] = keysOf(0, 1) as [string];
  const [to] = keysOf(1, 1) as [string];
  await a.router.command(note(from, 'create', { type: 'toy.create', payload: `toy:${from}` }));
  const event = { type: 'pass-on', to: `toy:${to}`, key: to, amount: 7 };
  await a.router.command(note(from, 'tell', { type: 'toy.apply', payload: { id: `toy:${from}`, event } }));
  while (a.router.stats.bounced === 0) await new Promise((resolve) => setImmediate(resolve));
  b.open(1);
  const told = async () => (await store.get([`toy:${to}`]))[0];
  while ((await told()) === undefined) await new Promise((resolve) => setImmediate(resolve));
  t.is(toyContext(await told()).total, 7);
  t.true(b.given.every(({ way }) => way === 'take'));
});

test('an actor of another node is inspected there', async (t) => {
  const { a, b } = await openRoad(t);
  const [key] = keysOf(1, 1) as [string];
  b.open(1);
  await flushed(b);
  b.out.answer = () => ({ kind: 'retry', delayMs: 60_000, text: 'the other side is busy' });
  await a.router.command(note(key, 'create', { type: 'toy.create', payload: `toy:${key}` }));
  await a.router.command(note(key, 'send', { type: 'toy.apply', payload: { id: `toy:${key}`, event: { type: 'send', name: 'letter' } } }));
  while (b.out.performed.length === 0) await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setImmediate(resolve));
  const seen = await a.router.inspect(`toy:${key}`);
  t.is(seen?.doc.id, `toy:${key}`);
  t.like(seen?.owed[0], { name: 'letter', attempts: 1, lastError: 'the other side is busy' });
  t.is(await a.router.inspect('toy:nobody'), undefined);
});

test('what waits is refused when the router is closed', async (t) => {
  const { a } = await openRoad(t);
  const waiting = t.throwsAsync(a.router.command(note(keysOf(1, 1)[0] as string, 'x')), { instanceOf: OverloadedError });
  a.router.close();
  await waiting;
  await t.throwsAsync(a.router.command(note(keysOf(1, 1)[0] as string, 'y')), { instanceOf: OverloadedError });
});
