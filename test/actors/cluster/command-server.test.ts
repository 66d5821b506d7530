import test, { type ExecutionContext } from 'ava';
import { createInbox, type NatsConnection } from 'nats';
import { type Answers, decodeAnswers, encodeBatch, encodeCommand } from '../../../actors/cluster/command-wire.ts';
import { encodeFrame } from '../../../actors/cluster/wire-frame.ts';
import type { Command } from '../../../actors/engine/definition.ts';
import { OverloadedError } from '../../../actors/errors/error.ts';
import { flushed, keysOf, note, openRoad, type Road, SHARDS } from './router-nodes.ts';

const [key, other] = keysOf(1, 2) as [string, string];

/** Publishes to shard 1 and gives the messages that come back, one after the other. */
function asker(nc: NatsConnection): (bytes: Uint8Array, answers?: number) => Promise<Answers[]> {
  return async (bytes, answers = 1) => {
    const inbox = createInbox();
    const subscription = nc.subscribe(inbox, { max: answers });
    nc.publish('mw.cmd.1', bytes, { reply: inbox });
    const found: Answers[] = [];
    for await (const message of subscription) found.push(decodeAnswers(message.data));
    return found;
  };
}

const batch = (...commands: readonly Command[]): Buffer =>
  encodeBatch(
    { from: 'test', shard: 1, shards: SHARDS },
    commands.map((command) => encodeCommand(command, false)),
  );

async function open(t: ExecutionContext, options: Parameters<typeof openRoad>[1] = {}): Promise<Road & { ask: ReturnType<typeof asker> }> {
  const road = await openRoad(t, { nodes: ['a'], ...options });
  road.a.open(1);
  await flushed(road.a);
  return { ...road, ask: asker(await road.plain()) };
}

const refusalOf = ([answers]: readonly Answers[]): string | undefined => (answers?.kind === 'refused' ? answers.error.code : undefined);

test('a batch that is said again gets the first answer and is not run twice', async (t) => {
  const { a, ask } = await open(t);
  const first = await ask(batch(note(key, 'one'), note(other, 'two')));
  t.deepEqual(await ask(batch(note(key, 'one'), note(other, 'two'))), first);
  t.deepEqual(a.ran, ['one', 'two']);
  t.is(a.server.stats.repeated, 2);
});

test('one id of another key or type is another command', async (t) => {
  const { a, ask } = await open(t);
  await ask(batch(note(key, 'same'), note(other, 'same')));
  t.is(a.ran.length, 2);
});

test('a refusal by the rules is remembered; what may be well by the next time is not', async (t) => {
  let runs = 0;
  const { ask } = await open(t, {
    handlers: {
      'test.once-full': async () => {
        if (++runs === 1) throw new OverloadedError('test: full', 10);
        return 'done';
      },
    },
  });
  const command = note(key, 'x', { type: 'test.once-full' });
  const [first] = await ask(batch(command));
  t.is(first?.kind === 'answers' && first.answers[0]?.error?.code, 'overloaded');
  t.deepEqual(await ask(batch(command)), [{ kind: 'answers', answers: [{ index: 0, reply: 'done' }] }]);
  const unknown = note(key, 'y', { type: 'nobody.knows' });
  t.deepEqual(await ask(batch(unknown)), await ask(batch(unknown)));
});

test('a shard that is given away answers not_owner to what is on its way, and nobody is there after that', async (t) => {
  const { a, plain } = await open(t);
  const nc = await plain();
  const inbox = createInbox();
  const codes: (string | undefined)[] = [];
  const all = Promise.withResolvers<void>();
  nc.subscribe(inbox, {
    callback: (_error, message) => {
      const nobody = message.headers?.code === 503;
      const answers = nobody ? undefined : decodeAnswers(message.data);
      codes.push(nobody ? 'nobody' : answers?.kind === 'refused' ? answers.error.code : 'done');
      if (codes.length === 200) all.resolve();
    },
  });
  for (let n = 0; n < 200; n++) {
    nc.publish('mw.cmd.1', batch(note(key, `m${n}`)), { reply: inbox });
    if (n === 100) {
      await nc.flush();
      void a.close(1);
    }
  }
  await all.promise;
  t.is(codes.length, 200);
  t.deepEqual(
    [...new Set(codes)].filter((code) => !['done', 'not_owner', 'nobody'].includes(code ?? '')),
    [],
  );
  await a.source.nc.flush();
  const last = createInbox();
  const subscription = nc.subscribe(last, { max: 1 });
  nc.publish('mw.cmd.1', batch(note(key, 'last')), { reply: last });
  for await (const message of subscription) t.is(message.headers?.code, 503);
  t.is(a.ran.length, codes.filter((code) => code === 'done').length);
});

test('a batch for a shard that is not served hears not_owner at once', async (t) => {
  const { a, ask } = await open(t);
  // Still subscribed, as while it is being handed over.
  await a.engine.closeShard(1, new AbortController().signal);
  const [answers] = await ask(batch(note(key, 'x')));
  t.is(answers?.kind === 'answers' && answers.answers[0]?.error?.code, 'not_owner');
});

test('more than may be under way is answered as overloaded, with when to come back', async (t) => {
  const gate = Promise.withResolvers<void>();
  const { a, ask } = await open(t, { serverLimits: { inFlight: 2, retryAfterMs: 333 }, handlers: { 'test.wait': () => gate.promise } });
  const held = ask(batch(note(key, '1', { type: 'test.wait' }), note(other, '2', { type: 'test.wait' })));
  while (a.server.stats.inFlight < 2) await new Promise((resolve) => setImmediate(resolve));
  const [answers] = await ask(batch(note(key, '3')));
  const error = answers?.kind === 'answers' ? answers.answers[0]?.error : undefined;
  t.true(error instanceof OverloadedError);
  t.is((error as OverloadedError).retryAfterMs, 333);
  gate.resolve();
  await held;
});

test('a slow command does not hold back the answers of others in its batch', async (t) => {
  const gate = Promise.withResolvers<void>();
  const { ask } = await open(t, { handlers: { 'test.wait': () => gate.promise.then(() => 'slow') } });
  const both = ask(batch(note(key, '1', { type: 'test.wait' }), note(other, '2')), 2);
  const [quick] = await Promise.all([ask(batch(note(other, '2'))), Promise.resolve()]);
  t.deepEqual(quick, [{ kind: 'answers', answers: [{ index: 0, reply: '2' }] }]);
  gate.resolve();
  t.deepEqual(await both, [
    { kind: 'answers', answers: [{ index: 1, reply: '2' }] },
    { kind: 'answers', answers: [{ index: 0, reply: 'slow' }] },
  ]);
});

test('answers that are too long for one message leave in several', async (t) => {
  const { ask } = await open(t, { serverLimits: { messageBytes: 2_048 } });
  const ids = ['a', 'b', 'c', 'd'].map((letter) => letter.repeat(1_000));
  const answers = await ask(batch(...ids.map((id, n) => note(keysOf(1, 4)[n] as string, id))), 4);
  t.deepEqual(
    answers.flatMap((part) => (part.kind === 'answers' ? part.answers.map((answer) => (answer.error ? answer.error.code : answer.reply)) : [])).sort(),
    ids,
  );
});

test('a reply that no message can hold is told as such: the command was done', async (t) => {
  const { ask } = await open(t, { serverLimits: { messageBytes: 2_048 }, handlers: { 'test.long': async () => 'x'.repeat(2_048) } });
  const [answers] = await ask(batch(note(key, 'x', { type: 'test.long' })));
  t.is(answers?.kind === 'answers' && answers.answers[0]?.error?.code, 'reply_too_large');
});

for (const [name, bytes, code] of [
  ['bytes that are nothing of ours', Buffer.from([0, 255, 1, 2]), 'message_invalid'],
  ['an empty message', Buffer.alloc(0), 'message_invalid'],
  ['JSON that is no batch', encodeFrame('[]'), 'message_invalid'],
  ['a command without a key', encodeFrame('{"from":"x","shard":1,"shards":4,"commands":[{"id":"1"}]}'), 'message_invalid'],
  ['a cluster with another number of shards', encodeBatch({ from: 'x', shard: 1, shards: 64 }, [encodeCommand(note(key, 'x'), false)]), 'message_invalid'],
  ['a batch for another shard', encodeBatch({ from: 'x', shard: 2, shards: SHARDS }, [encodeCommand(note(key, 'x'), false)]), 'message_invalid'],
  ['a newer version', Buffer.from('2\n{}'), 'message_newer'],
] as const) {
  test(`${name}: answered with ${code}, and the node goes on`, async (t) => {
    const { a, ask } = await open(t);
    t.is(refusalOf(await ask(bytes)), code);
    t.deepEqual(a.ran, []);
    t.deepEqual(await ask(batch(note(key, 'after'))), [{ kind: 'answers', answers: [{ index: 0, reply: 'after' }] }]);
  });
}

test('a payload that its handler cannot take is answered as a bug', async (t) => {
  const { ask } = await open(t);
  const [answers] = await ask(batch(note(key, 'x', { type: 'engine.inspect', payload: null })));
  t.is(answers?.kind === 'answers' && answers.answers[0]?.error?.code, 'internal');
});

test('a message that nobody waits for is not run', async (t) => {
  const { a, plain, ask } = await open(t);
  (await plain()).publish('mw.cmd.1', batch(note(key, 'nobody waits')));
  await ask(batch(note(key, 'x')));
  t.false(a.ran.includes('nobody waits'));
});
