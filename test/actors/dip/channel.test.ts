import test from 'ava';
import { DipChannel } from '../../../actors/dip/channel.ts';
import type { EffectResult } from '../../../actors/engine/definition.ts';
import type { Effect } from '../../../actors/store/store.ts';
import { makePair, type Pair } from '../../support/dip/keys.ts';
import { if031 } from '../../support/dip/messages.ts';
import { type Answerer, accept, clientOf, dipOptions, effectOf, FakeHttp, response, until } from '../../support/dip/world.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { keptLog } from '../../support/real-ports.ts';

let pair: Pair;
test.before(async () => {
  pair = await makePair('us');
});

interface World {
  readonly channel: DipChannel;
  readonly http: FakeHttp;
  readonly clock: FakeClock;
  readonly circuit: (readonly [boolean, string])[];
  readonly alerts: readonly (readonly [string, boolean])[];
  readonly abort: AbortController;
  /** Hand over all at once, let the batch leave, and wait for all results. */
  send(effects: readonly Effect[], attempt?: number): Promise<EffectResult[]>;
  hand(effect: Effect, attempt?: number): { readonly promise: Promise<EffectResult>; result: EffectResult | undefined };
}

function world(answer: Answerer, change: Record<string, unknown> = {}, apiKey?: string): World {
  const clock = new FakeClock();
  const http = new FakeHttp(answer);
  const options = dipOptions({ retry: { jitter: 'none' }, ...change });
  const circuit: [boolean, string][] = [];
  const alerts: [string, boolean][] = [];
  const abort = new AbortController();
  const channel = new DipChannel({
    client: clientOf(http, pair, clock, apiKey === undefined ? {} : { apiKey }),
    batch: options.batch,
    retry: options.retry,
    circuit: options.circuit,
    clockSkewMs: options.clockSkewMs,
    clock,
    random: { next: () => 0 },
    log: keptLog(),
    onCircuit: (open, text) => circuit.push([open, text]),
    onAlert: (code, raised) => alerts.push([code, raised]),
  });
  const hand = (effect: Effect, attempt = 1) => {
    const handed: { promise: Promise<EffectResult>; result: EffectResult | undefined } = {
      promise: channel.perform(effect, attempt, abort.signal),
      result: undefined,
    };
    void handed.promise.then((result) => {
      handed.result = result;
    });
    return handed;
  };
  return {
    channel,
    http,
    clock,
    circuit,
    alerts,
    abort,
    hand,
    async send(effects, attempt = 1) {
      const handed = effects.map((effect) => hand(effect, attempt));
      await clock.advance(options.batch.lingerMs);
      await until(() => handed.every(({ result }) => result !== undefined), 'all results');
      return Promise.all(handed.map(({ promise }) => promise));
    },
  };
}

const some = (count: number): Effect[] => Array.from({ length: count }, () => effectOf());
const outcomes = (results: readonly EffectResult[]): string[] =>
  results.map((result) => (result.kind === 'done' ? String(result.event?.type) : `retry ${result.delayMs}`));

test('201: every message is accepted with its transaction and correlation id', async (t) => {
  const { send, http } = world((_request, surs) => ({
    status: 201,
    body: response(surs.map((sur) => ({ sur, transactionID: 'T-1', correlationID: 'CI-1' }))),
  }));
  const [effect] = some(1);
  t.deepEqual(await send([effect!]), [{ kind: 'done', event: { type: 'dip.accepted', sur: effect!.key, transactionId: 'T-1', correlationId: 'CI-1' } }]);
  t.is(http.requests[0]?.path, '/dip-channel/IF-031');
  t.is(http.requests[0]?.method, 'POST');
});

test('the body is the array of the fixed bytes, untouched', async (t) => {
  const { send, http } = world(accept);
  const odd = `{ "payload" : ${JSON.stringify(if031('S-IF-031-2300000012-SUP-20260324-odd').payload)},   "z":"é" }`;
  const effects = [effectOf({ sur: 'S-IF-031-2300000012-SUP-20260324-odd', body: odd }), effectOf()];
  await send(effects);
  t.is(http.requests[0]?.body?.toString(), `[${odd},${effects[1]?.body}]`);
});

test('the API key is sent when there is one', async (t) => {
  const { send, http } = world(accept, {}, 'the-key');
  await send(some(1));
  t.is(http.requests[0]?.headers['x-api-key'], 'the-key');
});

test('messages that come together leave together, in order', async (t) => {
  const { send, http } = world(accept);
  const effects = some(30);
  await send(effects);
  t.deepEqual(http.batches, [effects.map((effect) => effect.key)]);
});

test('a full batch does not linger, and holds no more than the limit', async (t) => {
  const { hand, http } = world(accept, { batch: { maxItems: 10, lingerMs: 200 } });
  const handed = some(20).map((effect) => hand(effect));
  await until(() => handed.every(({ result }) => result));
  t.deepEqual(
    http.batches.map((batch) => batch.length),
    [10, 10],
  );
});

test('a batch holds no more bytes than the limit; a larger message goes alone', async (t) => {
  const { send, http } = world(accept, { batch: { maxBytes: 3_000, lingerMs: 5 } });
  const big = effectOf();
  const effects = [...some(2), { ...big, body: JSON.stringify({ ...if031(big.key), pad: 'p'.repeat(5_000) }) }, ...some(2)];
  t.deepEqual(outcomes(await send(effects)), Array(5).fill('dip.accepted'));
  for (const request of http.requests) t.true((request.body?.length ?? 0) <= 3_000 || JSON.parse(request.body!.toString()).length === 1);
});

test('messages of two senders do not share a POST', async (t) => {
  const { send, http } = world(accept);
  await send([effectOf(), effectOf({ supplierDipId: '2300000099' }), effectOf()]);
  t.deepEqual(http.batches.map((batch) => batch.length).sort(), [1, 2]);
});

test('no more POSTs are under way than the setting allows', async (t) => {
  const open: (() => void)[] = [];
  const { hand, http } = world((request, surs) => new Promise((resolve) => open.push(() => resolve(accept(request, surs)))), {
    batch: { maxItems: 1, inFlight: 3 },
  });
  const handed = some(5).map((effect) => hand(effect));
  await until(() => http.requests.length === 3);
  open.shift()?.();
  await until(() => http.requests.length === 4);
  t.is(open.length, 3);
  await until(() => {
    open.shift()?.();
    return handed.every(({ result }) => result);
  });
  t.is(http.requests.length, 5);
});

test('207: each message has the fate that its reference names', async (t) => {
  const { send } = world((_request, [a, b, c]) => ({
    status: 207,
    body: response([{ sur: c! }, { sur: b!, message: 'MSG1001 - Schema Failure' }, { sur: a! }]),
  }));
  const effects = some(3);
  const results = await send(effects);
  t.deepEqual(outcomes(results), ['dip.accepted', 'dip.rejected', 'dip.accepted']);
  t.like(results[1], { event: { sur: effects[1]?.key, status: 207, text: 'MSG1001 - Schema Failure' } });
});

test('success is MSG0000 alone: a failed item may carry a transaction id, and spacing varies', async (t) => {
  const messages = ['MSG0000', 'MSG0000-Success', 'MSG0000   -   ok', 'MSG1001 -Schema Failure', 'Success', ''];
  const { send } = world((_request, surs) => ({
    status: 201,
    body: response(surs.map((sur, index) => ({ sur, transactionID: 'T-1', message: messages[index]! }))),
  }));
  t.deepEqual(outcomes(await send(some(6))), ['dip.accepted', 'dip.accepted', 'dip.accepted', 'dip.rejected', 'dip.rejected', 'dip.rejected']);
});

test('a message that a good answer does not mention is tried again', async (t) => {
  const { send } = world((_request, [a]) => ({ status: 201, body: response([{ sur: a! }]) }));
  t.deepEqual(outcomes(await send(some(2))), ['dip.accepted', 'retry 2000']);
});

test('a good status with a body that is no answer is tried again', async (t) => {
  for (const body of ['', 'not json', '[]', '{"messageArray":7}']) {
    const { send } = world(() => ({ status: 201, body }));
    t.deepEqual(outcomes(await send(some(1))), ['retry 2000'], body);
  }
});

test('400 for a lone message rejects it with the text of the answer', async (t) => {
  const { send, http } = world(() => ({ status: 400, body: response([{ sur: null, message: 'MSG1001 - Schema Failure' }]) }));
  t.like((await send(some(1)))[0], { kind: 'done', event: { type: 'dip.rejected', status: 400, text: 'MSG1001 - Schema Failure' } });
  t.is(http.requests.length, 1);
});

test('one poison message in a batch of 100: one is rejected, 99 are accepted', async (t) => {
  const effects = some(100);
  const poison = effects[37]!.key;
  const { send, http } = world((request, surs) =>
    surs.includes(poison) ? { status: 400, body: response([{ sur: null, message: 'MSG1001 - Schema Failure' }]) } : accept(request, surs),
  );
  const results = await send(effects);
  t.deepEqual(outcomes(results).filter((outcome) => outcome === 'dip.accepted').length, 99);
  t.is(outcomes(results)[37], 'dip.rejected');
  t.true(http.requests.length <= 15);
});

test('a 400 that names the message to blame rejects it and sends the others again together', async (t) => {
  const effects = some(10);
  const poison = effects[4]!.key;
  const { send, http } = world((request, surs) =>
    surs.includes(poison) ? { status: 400, body: response([{ sur: poison, message: 'MSG1001 - Schema Failure' }]) } : accept(request, surs),
  );
  t.deepEqual(
    outcomes(await send(effects)),
    effects.map((_, index) => (index === 4 ? 'dip.rejected' : 'dip.accepted')),
  );
  t.deepEqual(
    http.batches.map((batch) => batch.length),
    [10, 9],
  );
});

test('a 400 that blames every message of a batch is not believed until each is alone', async (t) => {
  const effects = some(4);
  const poison = effects[0]!.key;
  const { send } = world((request, surs) =>
    surs.includes(poison) ? { status: 400, body: response(surs.map((sur) => ({ sur, message: 'MSG1001 - Schema Failure' }))) } : accept(request, surs),
  );
  t.deepEqual(outcomes(await send(effects)), ['dip.rejected', 'dip.accepted', 'dip.accepted', 'dip.accepted']);
});

test('413 halves a batch until it fits; a lone message is rejected', async (t) => {
  const effects = some(8);
  const huge = effects[7]!.key;
  const { send, http } = world((request, surs) => (surs.length > 2 || surs.includes(huge) ? { status: 413 } : accept(request, surs)));
  t.deepEqual(outcomes(await send(effects)), [...Array(7).fill('dip.accepted'), 'dip.rejected']);
  t.deepEqual(
    http.batches.map((batch) => batch.length),
    [8, 4, 2, 2, 4, 2, 2, 1, 1],
  );
});

for (const status of [403, 404, 405, 406, 505]) {
  test(`${status} is never tried again`, async (t) => {
    const { send, http } = world(() => ({ status }));
    t.like((await send(some(1)))[0], { kind: 'done', event: { type: 'dip.rejected', status } });
    t.is(http.requests.length, 1);
  });
}

for (const status of [408, 429, 500, 502, 503, 504]) {
  test(`${status} is tried again after the back-off of its attempt`, async (t) => {
    const { send } = world(() => ({ status }));
    t.deepEqual(outcomes(await send(some(2), 3)), ['retry 8000', 'retry 8000']);
  });
}

test('429 honours Retry-After, and nothing leaves before it is over', async (t) => {
  let status = 429;
  const { send, hand, http, clock, channel } = world((request, surs) =>
    status === 429 ? { status, headers: { 'retry-after': '20' } } : accept(request, surs),
  );
  t.deepEqual(outcomes(await send(some(1))), ['retry 20000']);
  status = 201;
  const handed = hand(effectOf());
  t.false(channel.gate.open);
  await clock.advance(19_000);
  t.is(http.requests.length, 1);
  await clock.advance(1_000);
  await until(() => handed.result !== undefined);
  t.deepEqual(outcomes([handed.result!]), ['dip.accepted']);
  t.true(channel.gate.open);
});

test('503 then 201: the same reference and the same bytes, a fresh date and signature', async (t) => {
  const answers = [503, 201];
  const { send, http, clock } = world((request, surs) => (answers.shift() === 503 ? { status: 503 } : accept(request, surs)));
  const effect = effectOf();
  t.deepEqual(outcomes(await send([effect])), ['retry 2000']);
  await clock.advance(2_000);
  t.deepEqual(outcomes(await send([effect], 2)), ['dip.accepted']);
  const [first, second] = http.requests;
  t.deepEqual(first?.body, second?.body);
  t.not(first?.headers['x-dip-signature-date'], second?.headers['x-dip-signature-date']);
  t.not(first?.headers['x-dip-signature'], second?.headers['x-dip-signature']);
});

test('a broken connection is tried again', async (t) => {
  const { send } = world(() => Promise.reject(Object.assign(new Error('reset'), { code: 'ECONNRESET' })));
  t.deepEqual(await send(some(1)), [{ kind: 'retry', delayMs: 2_000, text: 'ECONNRESET: reset' }]);
});

test('an answer that does not come in time is tried again', async (t) => {
  const { hand, clock, http } = world(() => new Promise(() => {}));
  const handed = hand(effectOf());
  await clock.advance(10);
  await until(() => http.requests.length === 1);
  await clock.advance(30_000);
  await until(() => handed.result !== undefined);
  t.deepEqual(handed.result, { kind: 'retry', delayMs: 2_000, text: 'no answer within 30000 ms' });
});

test('401 is tried once more with credentials read anew', async (t) => {
  const answers = [401, 201];
  const { send, http } = world((request, surs) => (answers.shift() === 401 ? { status: 401 } : accept(request, surs)));
  t.deepEqual(outcomes(await send(some(1))), ['dip.accepted']);
  t.is(http.renewed, 1);
  t.is(http.requests.length, 2);
});

test('a second 401 is final, and an alert', async (t) => {
  const { send, http, alerts } = world(() => ({ status: 401 }));
  t.like((await send(some(1)))[0], { kind: 'done', event: { type: 'dip.rejected', status: 401 } });
  t.deepEqual(alerts, [['dip_unauthorised', true]]);
  t.is(http.requests.length, 2);
});

test('a clock that is further from the DIP’s than the tolerance is an alert, until it is not', async (t) => {
  let aheadMs = -299_000;
  const w = world((_request, surs) => ({
    status: 201,
    headers: { date: new Date(w.clock.now() - aheadMs).toUTCString() },
    body: response(surs.map((sur) => ({ sur }))),
  }));
  for (const ahead of [-298_000, 302_000, -302_000, 0]) {
    aheadMs = ahead;
    await w.send(some(1));
  }
  t.deepEqual(
    w.alerts.filter(([code]) => code === 'clock_skew'),
    [
      ['clock_skew', false],
      ['clock_skew', true],
      ['clock_skew', false],
    ],
  );
});

test('a message for test mode is signed and not sent', async (t) => {
  const { channel, http, abort } = world(accept);
  t.deepEqual(await channel.perform(effectOf({ test: true }), 1, abort.signal), { kind: 'done' });
  t.is(http.requests.length, 0);
});

test('an effect without a body is rejected, not thrown', async (t) => {
  const { channel, abort } = world(accept);
  const { body: _, ...bare } = effectOf();
  t.like(await channel.perform(bare, 1, abort.signal), { kind: 'done', event: { type: 'dip.rejected', status: 0 } });
});

test('a message that breaks schema 011 is rejected with the field and not sent', async (t) => {
  const { channel, http, abort } = world(accept);
  const effect = effectOf();
  const marked = { ...effect, data: { ...(effect.data as object), fault: '/payload/CommonBlock/M0/GSPGroupID must match pattern' } };
  const result = await channel.perform(marked, 1, abort.signal);
  t.like(result, { kind: 'done', event: { type: 'dip.rejected', sur: effect.key, status: 0 } });
  t.regex(String(result.kind === 'done' && result.event?.text), /GSPGroupID/);
  t.is(http.requests.length, 0);
});

test('stopping gives back what waits and cuts what is under way', async (t) => {
  const { hand, http, clock, abort } = world(() => new Promise(() => {}), { batch: { inFlight: 1, maxItems: 2 } });
  const handed = some(3).map((effect) => hand(effect));
  await clock.advance(10);
  await until(() => http.requests.length === 1);
  abort.abort();
  await until(() => handed.every(({ result }) => result));
  t.deepEqual(outcomes(handed.map(({ result }) => result!)), ['retry 0', 'retry 0', 'retry 0']);
});

async function broken(answer: Answerer, change: Record<string, unknown> = {}): Promise<World> {
  const made = world(answer, { circuit: { failures: 2, openMs: 5_000, probeItems: 2, holdMs: 12_000 }, ...change });
  await made.send(some(1));
  await made.send(some(1));
  return made;
}

test('failures in a row open the circuit, once told; while it is open nothing leaves', async (t) => {
  const { circuit, channel, hand, http, clock } = await broken(() => ({ status: 503 }));
  t.deepEqual(circuit, [[true, 'status 503']]);
  t.false(channel.gate.open);
  hand(effectOf());
  await clock.advance(4_900);
  t.is(http.requests.length, 2);
});

test('an open circuit is probed with a small batch, and a good answer lets all go', async (t) => {
  let up = false;
  const { circuit, channel, hand, http, clock } = await broken((request, surs) => (up ? accept(request, surs) : { status: 503 }));
  const handed = some(20).map((effect) => hand(effect));
  up = true;
  await clock.advance(5_000);
  await until(() => http.requests.length >= 3 && channel.gate.open);
  t.is(http.batches[2]?.length, 2);
  t.deepEqual(
    circuit.map(([open]) => open),
    [true, false],
  );
  await clock.advance(10);
  await until(() => handed.every(({ result }) => result));
  t.deepEqual(
    http.batches.map((batch) => batch.length),
    [1, 1, 2, 18],
  );
});

test('a probe that fails keeps the circuit open without telling again', async (t) => {
  const { circuit, hand, http, clock, channel } = await broken(() => ({ status: 503 }));
  const handed = some(5).map((effect) => hand(effect));
  await clock.advance(5_000);
  await until(() => handed.filter(({ result }) => result).length === 2);
  t.is(http.requests.length, 3);
  t.is(circuit.length, 1);
  t.false(channel.gate.open);
});

test('half open without a message to probe with, the gate lets one in', async (t) => {
  const { channel, clock } = await broken(() => ({ status: 503 }));
  t.false(channel.gate.open);
  await clock.advance(5_000);
  t.true(channel.gate.open);
});

test('what waits too long behind an open circuit goes back to the engine', async (t) => {
  const { hand, clock, http } = await broken(() => ({ status: 503 }));
  const handed = some(9).map((effect) => hand(effect));
  const settled = () => handed.filter(({ result }) => result).length;
  await clock.advance(5_000);
  await until(() => settled() === 2);
  await clock.advance(5_000);
  await until(() => settled() === 4);
  await clock.advance(2_000);
  await until(() => settled() === 9);
  t.true(handed.every(({ result }) => result?.kind === 'retry'));
  t.deepEqual(
    http.batches.map((batch) => batch.length),
    [1, 1, 2, 2],
  );
});

test('a refusal proves that the DIP lives and leaves the circuit closed', async (t) => {
  const { send, circuit } = world(() => ({ status: 403 }), { circuit: { failures: 1 } });
  await send(some(1));
  t.deepEqual(circuit, []);
});

test('closing gives everything back', async (t) => {
  const { channel, hand, http, clock } = world(() => new Promise(() => {}), { batch: { inFlight: 1, maxItems: 1 } });
  const handed = some(2).map((effect) => hand(effect));
  await clock.advance(10);
  await until(() => http.requests.length === 1);
  await channel.close();
  await until(() => handed.every(({ result }) => result?.kind === 'retry'));
  t.is(http.requests.length, 1);
});
