import test, { type ExecutionContext } from 'ava';
import { connect, type NatsConnection } from 'nats';
import { NodeCalls } from '../../../actors/cluster/node-calls.ts';
import { decodeFrame, encodeFrame } from '../../../actors/cluster/wire-frame.ts';
import type { Clock } from '../../../actors/engine/ports.ts';
import { MeterwrightError, OverloadedError, RefusedError } from '../../../actors/errors/error.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { startNats } from '../../support/nats.ts';
import { keptLog, realClock, realPorts } from '../../support/real-ports.ts';
import { TestSource } from './router-nodes.ts';

interface Caller {
  readonly calls: NodeCalls;
  readonly source: TestSource;
  readonly log: ReturnType<typeof keptLog>;
}

interface World {
  readonly a: Caller;
  readonly b: Caller;
  readonly plain: NatsConnection;
  flushed(): Promise<void>;
}

async function world(t: ExecutionContext, options: { clock?: Clock; maxInFlight?: number; config?: string } = {}): Promise<World> {
  const nats = await startNats({ jetstream: false, ...(options.config ? { config: options.config } : {}) });
  t.teardown(() => nats.close());
  const open = async (): Promise<NatsConnection> => {
    const nc = await connect({ servers: nats.url });
    t.teardown(() => nc.close());
    return nc;
  };
  const caller = async (node: string): Promise<Caller> => {
    const source = new TestSource(await open());
    const log = keptLog();
    const calls = new NodeCalls({
      node,
      prefix: 'mw',
      inboxPrefix: '_INBOX',
      nats: source,
      ports: realPorts({ log, clock: options.clock ?? realClock }),
      nodes: () => ['a', 'b'],
      ...(options.maxInFlight ? { maxInFlight: options.maxInFlight } : {}),
    });
    t.teardown(() => calls.close());
    return { calls, source, log };
  };
  const [a, b, plain] = await Promise.all([caller('a'), caller('b'), open()]);
  const flushed = async (): Promise<void> => {
    await Promise.all([a, b].map(({ source }) => source.nc.flush()));
  };
  await flushed();
  return { a, b, plain, flushed };
}

test('a node asks another by name, and hears its reply', async (t) => {
  const { a, b } = await world(t);
  b.calls.register('sessions', async (payload, from) => ({ payload, from }));
  t.deepEqual(await a.calls.call('b', 'sessions', { limit: 3 }), { payload: { limit: 3 }, from: 'a' });
});

test('a node that asks itself is answered without NATS', async (t) => {
  const { a } = await world(t);
  a.calls.register('lines', async () => ['l1']);
  a.source.set(false);
  t.deepEqual(await a.calls.call('a', 'lines', null), ['l1']);
});

test('what a handler throws comes out as the class that it is', async (t) => {
  const { a, b } = await world(t);
  b.calls.register('refuse', async () => {
    throw new RefusedError('no_such_actor', 'line: is none');
  });
  b.calls.register('bug', async () => {
    throw new TypeError('secret');
  });
  t.is((await t.throwsAsync(a.calls.call('b', 'refuse', null), { instanceOf: RefusedError }))?.code, 'no_such_actor');
  const bug = await t.throwsAsync(a.calls.call('b', 'bug', null), { instanceOf: MeterwrightError });
  t.is(bug?.code, 'internal');
  t.notRegex(bug?.message ?? '', /secret/);
  t.is(b.calls.stats.errors, 2);
});

test('a node that is not there is told as node_away, at once', async (t) => {
  const { a } = await world(t);
  t.like(await t.throwsAsync(a.calls.call('nobody', 'x', null)), { code: 'node_away', retry: 'later' });
});

test('without NATS another node is away', async (t) => {
  const { a } = await world(t);
  a.source.set(false);
  t.like(await t.throwsAsync(a.calls.call('b', 'x', null)), { code: 'node_away' });
});

test('NATS lost while a question is under way ends it as node_away', async (t) => {
  const { a, b } = await world(t);
  const asked = Promise.withResolvers<void>();
  b.calls.register('hang', () => {
    asked.resolve();
    return new Promise(() => {});
  });
  const error = t.throwsAsync(a.calls.call('b', 'hang', null));
  await asked.promise;
  a.source.set(false);
  t.like(await error, { code: 'node_away' });
});

test('no answer in time is told as answer_timeout', async (t) => {
  const clock = new FakeClock();
  const { a, b } = await world(t, { clock });
  const asked = Promise.withResolvers<void>();
  b.calls.register('hang', () => {
    asked.resolve();
    return new Promise(() => {});
  });
  const error = t.throwsAsync(a.calls.call('b', 'hang', null, { timeoutMs: 50 }));
  await asked.promise;
  await clock.advance(50);
  t.like(await error, { code: 'answer_timeout', retry: 'later' });
});

test('a method that the other node does not know is told as such', async (t) => {
  const { a } = await world(t);
  t.like(await t.throwsAsync(a.calls.call('b', 'of-tomorrow', null)), { code: 'unknown_method' });
});

test('a method has one handler', async (t) => {
  const { a } = await world(t);
  a.calls.register('x', async () => null);
  t.throws(() => a.calls.register('x', async () => null), { instanceOf: TypeError });
});

test('all live nodes are asked at once, this one too, and each has its own end', async (t) => {
  const { a, b } = await world(t);
  a.calls.register('count', async () => 1);
  b.calls.register('count', async () => {
    throw new OverloadedError('b: full', 5);
  });
  const results = await a.calls.callAll<number>('count', null);
  t.deepEqual(
    results.map((result) => (result.kind === 'ok' ? [result.node, result.reply] : [result.node, result.error.code])),
    [
      ['a', 1],
      ['b', 'overloaded'],
    ],
  );
});

test('more questions than the bound are refused as overloaded', async (t) => {
  const { a, b } = await world(t, { maxInFlight: 1 });
  const asked = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<string>();
  b.calls.register('wait', () => {
    asked.resolve();
    return gate.promise;
  });
  const first = a.calls.call('b', 'wait', null);
  await asked.promise;
  await t.throwsAsync(a.calls.call('b', 'wait', null), { instanceOf: OverloadedError });
  gate.resolve('done');
  t.is(await first, 'done');
});

test('what is too large for a message is refused on either side', async (t) => {
  const { a, b } = await world(t, { config: 'max_payload: 4096' });
  b.calls.register('echo', async () => 'x'.repeat(5_000));
  t.like(await t.throwsAsync(a.calls.call('b', 'echo', 'x'.repeat(5_000))), { code: 'command_too_large' });
  t.like(await t.throwsAsync(a.calls.call('b', 'echo', null)), { code: 'reply_too_large' });
});

test('what one node tells all is heard by all others', async (t) => {
  const { a, b, flushed } = await world(t);
  const heard = Promise.withResolvers<unknown>();
  a.calls.onBroadcast('revoked', () => t.fail('its own word'));
  b.calls.onBroadcast('revoked', (payload, from) => heard.resolve([payload, from]));
  await flushed();
  t.true(a.calls.broadcast('revoked', { hash: 'ab' }));
  t.deepEqual(await heard.promise, [{ hash: 'ab' }, 'a']);
});

test('the voice of a node is heard by the others', async (t) => {
  const { a, b, flushed } = await world(t);
  const heard = Promise.withResolvers<unknown>();
  b.calls.voice.on('access', (payload, from) => heard.resolve([payload, from]));
  await flushed();
  a.calls.voice.tell('access', 'hash');
  t.deepEqual(await heard.promise, ['hash', 'a']);
});

test('whoever stopped listening hears no more', async (t) => {
  const { a, b, flushed } = await world(t);
  const second = Promise.withResolvers<unknown>();
  const heard: unknown[] = [];
  const stop = b.calls.onBroadcast('x', (payload) => heard.push(payload));
  b.calls.onBroadcast('x', second.resolve);
  stop();
  await flushed();
  a.calls.broadcast('x', 1);
  await second.promise;
  t.deepEqual(heard, []);
});

test('without NATS nobody is told, and whoever tells knows', async (t) => {
  const { a } = await world(t);
  a.source.set(false);
  t.false(a.calls.broadcast('x', 1));
});

for (const [name, bytes, code] of [
  ['bytes that are nothing of ours', Buffer.from([1, 2, 3]), 'message_invalid'],
  ['a question without a method', encodeFrame('{"from":"x"}'), 'message_invalid'],
  ['null', encodeFrame('null'), 'message_invalid'],
  ['a newer version', Buffer.from('9\n'), 'message_newer'],
] as const) {
  test(`${name}: answered with ${code}`, async (t) => {
    const { plain } = await world(t);
    const frame = decodeFrame((await plain.request('mw.cmd.node.b', bytes)).data);
    t.like(frame, { kind: 'ok', value: { refused: { code } } } as never);
  });
}

test('bad bytes told to all are noted, and nobody hears them', async (t) => {
  const { b, plain, flushed } = await world(t);
  const after = Promise.withResolvers<unknown>();
  b.calls.onBroadcast('x', after.resolve);
  await flushed();
  plain.publish('mw.cmd.all.x', 'nonsense');
  plain.publish('mw.cmd.all.x', encodeFrame('{"from":"c","payload":7}'));
  t.is(await after.promise, 7);
  t.true(b.log.lines.some(({ level }) => level === 'warn'));
});
