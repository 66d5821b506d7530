import test from 'ava';
import { type InboundPayload, MarketIntake } from '../../../actors/dip/intake.ts';
import { type InboundAnswer, type InboundRequest, Receiver } from '../../../actors/dip/receiver.ts';
import { signatureHeaders } from '../../../actors/dip/signing.ts';
import { Verifier } from '../../../actors/dip/verification.ts';
import type { Command } from '../../../actors/engine/definition.ts';
import type { EngineFace } from '../../../actors/engine/face.ts';
import { OverloadedError, RefusedError, StoreError } from '../../../actors/errors/error.ts';
import { makePair, type Pair, signerOf } from '../../support/dip/keys.ts';
import { if035, if036, inbound, MPAN, OWN, SUR } from '../../support/dip/messages.ts';
import { dipOptions, response } from '../../support/dip/world.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import fc from '../../support/fc.ts';
import { keptLog } from '../../support/real-ports.ts';

let pair: Pair;
let stranger: Pair;
test.before(async () => {
  pair = await makePair('dip');
  stranger = await makePair('stranger');
});

/** Names of 13 digits that differ. */
const mpan = (n: number): string => String(2_000_000_000_000 + n);

function world(change: Record<string, unknown> = {}, perform: (command: Command) => Promise<unknown> = async () => ({ kind: 'handled', outcomes: [] })) {
  const clock = new FakeClock();
  const options = dipOptions({ trustedCertificates: [pair.thumbprint], callbackBaseUrl: 'https://us.example.test/base', ...change });
  const commands: Command[] = [];
  const replies: unknown[] = [];
  const alerts: (readonly [string, boolean])[] = [];
  const store = {
    find: async (_index: string, value: string) => (value === SUR ? ['appointment:1'] : []),
    get: async () => [{ key: MPAN }],
  };
  const engine = {
    store,
    command: (command: Command) => {
      commands.push(command);
      return perform(command);
    },
  } as unknown as EngineFace;
  const onAlert = (code: string, raised: boolean): void => void alerts.push([code, raised]);
  const log = keptLog();
  const intake = new MarketIntake({ engine: () => engine, suppliers: options.suppliers, clock, log, onReply: (reply) => replies.push(reply), onAlert });
  const receiver = new Receiver({ options, verifier: new Verifier(options), intake, clock, log, onAlert });
  const sign = async (name: string, body: Buffer, by = pair): Promise<Record<string, string>> =>
    signatureHeaders(signerOf(by), { method: 'POST', url: `https://us.example.test/base/dip/inbound/${name}`, body }, clock.now());
  const request = async (name: string, given: unknown, more: Partial<InboundRequest> = {}): Promise<InboundRequest> => {
    const body = Buffer.isBuffer(given) ? given : Buffer.from(JSON.stringify(given));
    return {
      interface: name,
      method: 'POST',
      url: `/dip/inbound/${name}`,
      body,
      receivedAt: clock.now(),
      ...more,
      headers: { ...(await sign(name, body)), ...more.headers },
    };
  };
  const receive = async (name: string, given: unknown, more: Partial<InboundRequest> = {}): Promise<InboundAnswer> =>
    receiver.receive(await request(name, given, more));
  return { receive, receiver, request, sign, commands, replies, alerts, clock };
}

const entries = (answer: InboundAnswer): { message: string; senderUniqueReference: string | null; transactionID: string | null }[] =>
  JSON.parse(answer.body).messageArray;
const payloads = (commands: readonly Command[]): InboundPayload[] => commands.map((command) => command.payload as InboundPayload);

test('a good callback is answered 201 with all ten keys per item', async (t) => {
  const { receive, commands } = world();
  const answer = await receive('IF-035', [if035(1), if035(2, mpan(2))]);
  t.is(answer.status, 201);
  t.deepEqual(JSON.parse(answer.body), {
    messageArray: [1, 2].map((n) => ({
      transactionID: `T-IF-035-2200000003-REGS-20260325-00000000000${n}`,
      senderUniqueReference: `S-IF-035-2200000003-REGS-20260325-00000000000${n}`,
      correlationID: 'CI-20260324-7d1f0a9be2c34455',
      sentTimestamp: '2026-03-24T10:00:00+00:00',
      senderID: OWN.dipId,
      recipientID: '2200000003',
      DIPConnectionProviderID: null,
      message: 'MSG0000 - Success',
      help: null,
      serviceTicketURL: null,
    })),
    timestamp: '2026-03-24T10:00:00+00:00',
  });
  t.deepEqual(
    commands.map(({ key, type, origin, id }) => ({ key, type, origin, id })),
    [
      { key: MPAN, type: 'market.inbound', origin: 'durable', id: 'T-IF-035-2200000003-REGS-20260325-000000000001' },
      { key: mpan(2), type: 'market.inbound', origin: 'durable', id: 'T-IF-035-2200000003-REGS-20260325-000000000002' },
    ],
  );
  t.deepEqual(payloads(commands)[0]?.raw, if035(1).payload as never);
  t.deepEqual(payloads(commands)[0]?.suppliers, [OWN]);
});

test('the answer waits for the commits', async (t) => {
  let commit = (): void => {};
  const committed = new Promise<void>((resolve) => {
    commit = resolve;
  });
  const { receiver, request, commands } = world({}, () => committed);
  let answered = false;
  const answer = receiver.receive(await request('IF-035', [if035()])).then((given) => {
    answered = true;
    return given;
  });
  while (commands.length === 0) await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setImmediate(resolve));
  t.false(answered);
  commit();
  t.is((await answer).status, 201);
});

test('items of one meter point are handed over in the order of the array', async (t) => {
  const { receive, commands } = world();
  await receive('IF-035', [if035(3), if035(1), if035(2, mpan(9)), if035(4)]);
  t.deepEqual(
    commands.filter(({ key }) => key === MPAN).map(({ id }) => id.slice(-1)),
    ['3', '1', '4'],
  );
});

test('a batch of 1,000 with one malformed item is answered 207, and 999 are stored', async (t) => {
  const { receive, commands } = world();
  const items: unknown[] = Array.from({ length: 1_000 }, (_, n) => if035(n, mpan(n)));
  items[500] = { payload: { CommonBlock: 7 } };
  const answer = await receive('IF-035', items);
  t.is(answer.status, 207);
  t.is(commands.length, 999);
  const failed = entries(answer).flatMap(({ message }, index) => (message.startsWith('MSG0000') ? [] : [{ message, index }]));
  t.is(failed.length, 1);
  t.is(failed[0]?.index, 500);
  t.true(failed[0]?.message.startsWith('MSG1001 - Schema Failure'));
});

test('an item that says who it is keeps its reference when it fails', async (t) => {
  const item = if036({ B014: 5 });
  const { receive } = world();
  t.like(entries(await receive('IF-036', [item]))[0], {
    senderUniqueReference: 'S-IF-036-2200000003-REGS-20260325-000000000001',
    transactionID: 'T-IF-036-2200000003-REGS-20260325-000000000001',
  });
});

test('nothing good in it is answered 400', async (t) => {
  const { receive, commands } = world();
  t.is((await receive('IF-035', [{}, { payload: null }, 5])).status, 400);
  t.is(commands.length, 0);
});

for (const body of ['', '{', '{}', '[]', '"x"', 'null', '\u0000', '[1,]']) {
  test(`the signed body ${JSON.stringify(body)} is answered 400`, async (t) => {
    t.is((await world().receive('IF-035', Buffer.from(body))).status, 400);
  });
}

test('a message for a DIP id that is not ours fails, the others are stored', async (t) => {
  const { receive, commands } = world();
  const foreign = inbound({ interface: 'IF-035', event: '[MSAppAccepted]', n: 2, recipients: ['2300000099'] });
  const answer = await receive('IF-035', [if035(1), foreign]);
  t.is(answer.status, 207);
  t.is(entries(answer)[1]?.message, 'MSG1001 - Unknown recipient DIP ID');
  t.is(commands.length, 1);
});

test('an unknown event is stored and answered as success', async (t) => {
  const { receive, commands } = world();
  t.is((await receive('IF-045', [inbound({ interface: 'IF-045', event: '[Surprise]' })])).status, 201);
  t.false(payloads(commands)[0]?.known);
});

test('what concerns no meter point goes to the directory, and its reply is passed on', async (t) => {
  const { receive, commands, replies } = world({}, async () => ({ kind: 'agents', dipIds: ['1200000015'] }));
  const item = inbound({ interface: 'IF-047', event: '[ISDPublished]', recipients: [] });
  delete item.payload.CommonBlock.M0;
  t.is((await receive('IF-047', [item])).status, 201);
  t.is(commands[0]?.key, 'directory');
  t.deepEqual(replies, [{ kind: 'agents', dipIds: ['1200000015'] }]);
});

test('X-TEST-MODE marks messages for test processes', async (t) => {
  const { receive, commands } = world();
  await receive('IF-035', [if035()], { headers: { 'x-test-mode': 'true' } });
  await receive('IF-035', [if035()], { headers: { 'x-test-mode': '1' } });
  t.deepEqual(
    payloads(commands).map(({ message }) => message.test),
    [true, false],
  );
});

for (const [title, error] of [
  ['an overloaded engine', new OverloadedError('full', 2_500)],
  ['a store that does not commit', new StoreError('store_io', 'no')],
  ['an unexpected failure', new TypeError('oops')],
] as const) {
  test(`${title} makes the DIP send the item again, and only that`, async (t) => {
    const { receive } = world({}, async ({ key }) => {
      if (key === mpan(2)) throw error;
    });
    const answer = await receive('IF-035', [if035(1, mpan(1)), if035(2, mpan(2))]);
    t.is(answer.status, 207);
    t.deepEqual(
      entries(answer).map(({ message }) => message),
      ['MSG0000 - Success', 'MSG1001 - Not stored, send again'],
    );
  });
}

test('when nothing can be stored the answer is 503 with Retry-After', async (t) => {
  const { receive } = world({}, async () => {
    throw new OverloadedError('full', 2_500);
  });
  const answer = await receive('IF-035', [if035(1), if035(2, mpan(2))]);
  t.is(answer.status, 503);
  t.is(answer.headers['retry-after'], '3');
});

test('what the rules refuse is a failure of the item for good', async (t) => {
  const { receive } = world({}, async () => {
    throw new RefusedError('parked_full', 'no');
  });
  t.is((await receive('IF-035', [if035()])).status, 400);
});

const refusals: readonly [string, (w: ReturnType<typeof world>) => Promise<InboundRequest>][] = [
  ['a hash of another body', async (w) => ({ ...(await w.request('IF-035', [if035()])), body: Buffer.from('[]') })],
  [
    'the signature of another',
    async (w) => {
      const request = await w.request('IF-035', [if035()]);
      return { ...request, headers: await w.sign('IF-035', request.body, stranger) };
    },
  ],
  ['a stale date', async (w) => ({ ...(await w.request('IF-035', [if035()])), receivedAt: w.clock.now() + 300_001 })],
  ['a callback signed for another interface', async (w) => ({ ...(await w.request('IF-035', [if035()])), url: '/dip/inbound/IF-036' })],
  ['no headers', async (w) => ({ ...(await w.request('IF-035', [if035()])), headers: {} })],
];
for (const [title, make] of refusals) {
  test(`${title}: 401, nothing stored, an alert`, async (t) => {
    const w = world();
    t.is((await w.receiver.receive(await make(w))).status, 401);
    t.is(w.commands.length, 0);
    t.deepEqual(w.alerts, [['market_signature_refused', true]]);
  });
}

test('refused callbacks one after the other are one alert, cleared by a good one', async (t) => {
  const w = world();
  for (let n = 0; n < 3; n++) await w.receiver.receive({ ...(await w.request('IF-035', [if035()])), headers: {} });
  await w.receive('IF-035', [if035()]);
  t.deepEqual(w.alerts, [
    ['market_signature_refused', true],
    ['market_signature_refused', false],
  ]);
});

test('a body over the limit is 413 before anything is computed', async (t) => {
  const { receiver, clock } = world({ maxBodyBytes: 2_000 });
  t.is(
    (
      await receiver.receive({
        interface: 'IF-035',
        method: 'POST',
        url: '/dip/inbound/IF-035',
        headers: {},
        body: Buffer.alloc(2_001),
        receivedAt: clock.now(),
      })
    ).status,
    413,
  );
});

test('more items than the limit are 413', async (t) => {
  const { receive, commands } = world({ maxItems: 2 });
  t.is((await receive('IF-035', [if035(1), if035(2), if035(3)])).status, 413);
  t.is(commands.length, 0);
});

test('other methods are 405, other names 404', async (t) => {
  const { receive } = world();
  t.is((await receive('IF-035', [if035()], { method: 'PUT' })).status, 405);
  t.is((await receive('nonsense', [if035()])).status, 404);
});

test('the address may be called in full', async (t) => {
  t.is((await world().receive('IF-035', [if035()], { url: 'http://10.0.0.7:8443/dip/inbound/IF-035' })).status, 201);
});

test('a status message goes to the process of its reference', async (t) => {
  const { receive, commands } = world();
  const answer = await receive('status', [JSON.parse(response([{ sur: SUR, message: 'MSG1001 - Schema Failure' }]))]);
  t.is(answer.status, 201);
  t.like(commands[0], {
    key: MPAN,
    type: 'market.status',
    origin: 'durable',
    payload: { sur: SUR, code: '1001', text: 'MSG1001 - Schema Failure', transactionId: `T-${SUR}` },
  });
});

test('status messages may come without the frame of a response', async (t) => {
  const { receive, commands } = world();
  t.is((await receive('status', JSON.parse(response([{ sur: SUR, message: 'MSG1001' }])).messageArray)).status, 201);
  t.is(commands.length, 1);
});

test('a status message of success changes nothing', async (t) => {
  const { receive, commands } = world();
  t.is((await receive('status', [JSON.parse(response([{ sur: SUR }]))])).status, 201);
  t.is(commands.length, 0);
});

test('a status message for a reference that is not ours is taken, with an alert', async (t) => {
  const { receive, commands, alerts } = world();
  t.is((await receive('status', [JSON.parse(response([{ sur: 'S-x', message: 'MSG1001' }]))])).status, 201);
  t.is(commands.length, 0);
  t.deepEqual(alerts.at(-1), ['dip_status_unmatched', true]);
});

test('status messages without a reference fail', async (t) => {
  t.is((await world().receive('status', [{}, { messageArray: 5 }, 7])).status, 400);
});

test('whatever signed bytes come, the answer is 201, 207 or 400 and a response', async (t) => {
  const { receive } = world();
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
        fc.json().map((text) => Buffer.from(text)),
        fc.array(fc.jsonValue(), { maxLength: 3 }).map((value) => Buffer.from(JSON.stringify(value))),
      ),
      fc.constantFrom('IF-035', 'status'),
      async (body, name) => {
        const answer = await receive(name, body);
        t.true([201, 207, 400].includes(answer.status), String(answer.status));
        t.true(Array.isArray(entries(answer)));
      },
    ),
    { numRuns: 200 },
  );
});

test('whatever headers come unsigned, the answer is 401', async (t) => {
  const { receiver, clock } = world();
  const names = ['x-dip-signature', 'x-dip-signature-date', 'x-dip-content-hash', 'x-dip-signature-certificate'];
  await fc.assert(
    fc.asyncProperty(fc.dictionary(fc.constantFrom(...names), fc.string()), fc.uint8Array(), async (headers, bytes) => {
      const answer = await receiver.receive({
        interface: 'IF-035',
        method: 'POST',
        url: '/dip/inbound/IF-035',
        headers,
        body: Buffer.from(bytes),
        receivedAt: clock.now(),
      });
      t.is(answer.status, 401);
    }),
    { numRuns: 200 },
  );
});
