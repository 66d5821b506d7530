import test from 'ava';
import {
  answerAt,
  decodeAnswers,
  decodeBatch,
  encodeAnswers,
  encodeBatch,
  encodeCommand,
  encodeFailure,
  encodeRefusal,
  encodeReply,
} from '../../../actors/cluster/command-wire.ts';
import { fromWireError, toWireError } from '../../../actors/cluster/wire-errors.ts';
import { decodeFrame, encodeFrame, WIRE_VERSION } from '../../../actors/cluster/wire-frame.ts';
import type { Command } from '../../../actors/engine/definition.ts';
import { MeterwrightError, NotOwnerError, OverloadedError, RefusedError, StoreError } from '../../../actors/errors/error.ts';
import fc from '../../support/fc.ts';

const head = { from: 'node-a', shard: 3, shards: 64 };
const commands = fc.array(
  fc.record({
    id: fc.string({ minLength: 1 }),
    key: fc.string({ unit: 'binary' }),
    type: fc.string(),
    origin: fc.constantFrom('caller' as const, 'durable' as const),
    payload: fc.jsonValue(),
  }),
  { minLength: 1, maxLength: 20 },
);

test('a batch comes out as it went in', (t) => {
  fc.assert(
    fc.property(commands, fc.boolean(), (given, take) => {
      const decoded = decodeBatch(
        encodeBatch(
          head,
          given.map((command: Command) => encodeCommand(command, take)),
        ),
      );
      const expected = given.map((command) => JSON.parse(JSON.stringify(take ? { ...command, take } : command)));
      t.deepEqual(decoded, { kind: 'ok', value: { ...head, commands: expected } } as never);
    }),
  );
});

test('answers come out as they went in, each at its index', (t) => {
  fc.assert(
    fc.property(fc.array(fc.jsonValue(), { minLength: 1 }), (replies) => {
      const bytes = encodeAnswers(replies.map((reply, index) => answerAt(index, encodeReply(reply))));
      const expected = replies.map((reply, index) => ({ index, reply: JSON.parse(JSON.stringify(reply)) }));
      t.deepEqual(decodeAnswers(bytes), { kind: 'answers', answers: expected });
    }),
  );
});

test('an absent reply is absent on the other side', (t) => {
  t.deepEqual(decodeAnswers(encodeAnswers([answerAt(0, encodeReply(undefined)), answerAt(1, encodeReply(null))])), {
    kind: 'answers',
    answers: [
      { index: 0, reply: undefined },
      { index: 1, reply: null },
    ],
  });
});

test('an error among answers stays at its index', (t) => {
  const answers = decodeAnswers(encodeAnswers([answerAt(4, encodeFailure(new OverloadedError('mailboxes: full', 77)))]));
  if (answers.kind !== 'answers') return t.fail();
  t.is(answers.answers[0]?.index, 4);
  t.like(answers.answers[0]?.error, { code: 'overloaded', retryAfterMs: 77 });
});

test('decoding never throws, whatever the bytes are', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      t.is(decodeBatch(bytes).kind, 'error');
      t.is(decodeAnswers(bytes).kind, 'refused');
    }),
  );
});

test('decoding never throws, whatever the JSON is', (t) => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      t.is(decodeBatch(encodeFrame(JSON.stringify(value))).kind, 'error');
      t.true(['refused', 'answers'].includes(decodeAnswers(encodeFrame(JSON.stringify(value))).kind));
      t.true(fromWireError(value) instanceof MeterwrightError);
    }),
  );
});

test('a frame of a newer version is told apart, and its content is not looked at', (t) => {
  t.deepEqual(decodeFrame(Buffer.from(`${WIRE_VERSION + 1}\n\0not JSON`)), { kind: 'newer', version: WIRE_VERSION + 1 });
  const decoded = decodeBatch(Buffer.from(`${WIRE_VERSION + 1}\nanything`));
  t.like(decoded.kind === 'error' ? decoded.error : undefined, { code: 'message_newer', retry: 'later' });
});

for (const [name, text] of [
  ['no version', '{"from":"a"}'],
  ['version zero', '0\n{}'],
  ['nothing', ''],
  ['a version without its line feed', '1'],
  ['a version of many digits', '1111111111\n{}'],
  ['no JSON', '1\n{'],
] as const) {
  test(`a frame with ${name} is invalid`, (t) => {
    t.is(decodeFrame(Buffer.from(text)).kind, 'invalid');
  });
}

const errors = [
  new MeterwrightError('contended', 'key: changed', { retry: 'now' }),
  new OverloadedError('queue: full', 250, { shard: 1, outcome: 'none' }),
  new RefusedError('no_such_actor', 'actor: is none', { details: { id: 'x:1' } }),
  new StoreError('disk_full', 'store: the disk is full'),
  new NotOwnerError(12),
  new NotOwnerError(12, 'is being handed over'),
];

for (const error of errors) {
  test(`${error.name} (${error.message}) comes out as its class, with all it says`, (t) => {
    const back = fromWireError(JSON.parse(JSON.stringify(toWireError(error))));
    t.is(back.constructor, error.constructor);
    const told = ({ code, message, retry, details }: MeterwrightError): object => ({ code, message, retry, details });
    t.deepEqual(told(back), told(error));
    if (error instanceof OverloadedError) t.is((back as OverloadedError).retryAfterMs, error.retryAfterMs);
    if (error instanceof NotOwnerError) t.is((back as NotOwnerError).shard, error.shard);
  });
}

test('what is not one of our errors crosses as a bug without its text', (t) => {
  const wire = toWireError(new Error('secret'));
  t.is(wire.code, 'internal');
  t.notRegex(JSON.stringify(wire), /secret/);
});

test('a cause does not cross', (t) => {
  t.notRegex(JSON.stringify(toWireError(new StoreError('store_failed', 'store: failed', { cause: new Error('/path/of/this/machine') }))), /path/);
});

test('details that are no JSON are left out', (t) => {
  const details: Record<string, unknown> = {};
  details.self = details;
  t.is(toWireError(new MeterwrightError('x', 'y', { details })).details, undefined);
});

test('a refusal of a whole batch comes out as its error', (t) => {
  const answers = decodeAnswers(encodeRefusal(new NotOwnerError(5)));
  t.true(answers.kind === 'refused' && answers.error instanceof NotOwnerError);
});
