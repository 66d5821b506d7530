import test from 'ava';
import { type Apdu, encodeApdu } from '../../../workers/codec/apdu/index.ts';
import { fromHex, must } from '../../../workers/codec/common/index.ts';
import { Columns, type DataValue, encodeData, TapedData } from '../../../workers/codec/data/index.ts';
import { type Answer, type CodecPool, type CodecRequest, createCodecPool, type KeyHandle } from '../../../workers/pool/index.ts';
import { TapedApdu } from '../../../workers/pool/operations/taped-apdu.ts';
import fc from '../../support/fc.ts';

const sent = createCodecPool({ threads: 2, inlineBelowBytes: 0, slotBytes: 16_384 });
const inline = createCodecPool({ inlineBelowBytes: Number.POSITIVE_INFINITY });
test.after.always(async () => {
  await Promise.all([sent.close(), inline.close()]);
});

const keys = { encryptionKey: new Uint8Array(16).fill(1), authenticationKey: new Uint8Array(16).fill(2), dedicatedKey: new Uint8Array(16).fill(3) };
const handles: Record<'sent' | 'inline', KeyHandle> = { sent: sent.keys.put(keys), inline: inline.keys.put(keys) };
const title = Uint8Array.of(0x4d, 0x57, 0x54, 1, 2, 3, 4, 5);

/** Everything that a value holds, as plain things that can be compared. */
function plain(value: unknown): unknown {
  if (value instanceof TapedData) return value.toValue();
  if (value instanceof TapedApdu) return { apdu: value.apdu, data: value.data?.toValue() };
  if (value instanceof Columns) {
    return value.columns.map(({ type, kind, nullCount }, column) => [
      type,
      kind,
      nullCount,
      Array.from({ length: value.rows }, (_, row) => value.value(column, row)),
    ]);
  }
  return value instanceof Uint8Array ? [...value] : value;
}

const told = (answers: readonly Answer<unknown>[]): unknown[] =>
  answers.map((answer) => (answer.kind === 'good' ? { ...answer, value: plain(answer.value) } : answer));

type Keyless = CodecRequest extends infer R ? (R extends { key: KeyHandle } ? Omit<R, 'key'> : R) : never;

function runBoth(requests: readonly Keyless[], priority: 'live' | 'bulk' = 'live'): Promise<unknown[][]> {
  const on = async (pool: CodecPool, key: KeyHandle): Promise<unknown[]> =>
    told(
      await pool.run(
        requests.map((request) => ({ ...request, key }) as CodecRequest),
        { priority },
      ),
    );
  return Promise.all([on(sent, handles.sent), on(inline, handles.inline)]);
}

const octetString = fc.uint8Array({ maxLength: 20 }).map((octets): DataValue => ({ type: 'octet-string', octets }));
const u32 = fc.integer({ min: 0, max: 2 ** 32 - 1 }).map((value): DataValue => ({ type: 'double-long-unsigned', value }));
const wide = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((value): DataValue => ({ type: 'long64', value }));
const float = fc.float({ noNaN: true }).map((value): DataValue => ({ type: 'float32', value }));
const nothing = fc.constant<DataValue>({ type: 'null-data' });
const row = (cells: fc.Arbitrary<DataValue>[]) => fc.tuple(...cells).map((items): DataValue => ({ type: 'structure', items }));
const rows = fc.array(row([octetString, fc.oneof(u32, nothing), wide, float]), { maxLength: 30 }).map((items): DataValue => ({ type: 'array', items }));
const data = fc.oneof(rows, octetString, u32, row([rows, wide]));

/** Sometimes as it should be, sometimes cut short or changed. */
const spoilt = (octets: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> =>
  fc.oneof(
    octets,
    fc.tuple(octets, fc.nat(40)).map(([whole, cut]) => whole.subarray(0, Math.max(0, whole.length - cut))),
    fc.tuple(octets, fc.nat(200), fc.nat(255)).map(([whole, at, octet]) => whole.map((one, index) => (index === at % whole.length ? octet : one))),
  );

const dataOctets = spoilt(data.map((value) => must(encodeData(value))));
const options = fc.constantFrom(
  {},
  { strict: 'all' as const },
  { strict: ['trailing-octets' as const] },
  { limits: { maxElements: 20 } },
  { limits: { maxDepth: 1 } },
);
const invocation = { invokeId: 1, confirmed: true, highPriority: true };
const apdu = fc.oneof(
  data.map((value): Apdu => ({ pdu: 'get-response', choice: 'normal', ...invocation, data: value })),
  data.map((body): Apdu => ({ pdu: 'data-notification', longInvokeId: Uint8Array.of(0, 0, 0, 9), dateTime: new Uint8Array(12), body })),
  fc
    .array(u32, { maxLength: 5 })
    .map((list): Apdu => ({ pdu: 'get-response', choice: 'with-list', ...invocation, results: list.map((value) => ({ data: value })) })),
);
const apduOctets = spoilt(apdu.map((one) => must(encodeApdu(one))));
const name = fc.constantFrom('glo-get-response' as const, 'ded-get-request' as const, 'general-glo-ciphering' as const);
const control = fc.constantFrom(0x00, 0x10, 0x20, 0x30, 0x31, 0x32, 0x70, 0x80, 0x130);
const counter = fc.oneof(fc.nat(), fc.constantFrom(-1, 2 ** 32, 1.5));

const request: fc.Arbitrary<Keyless> = fc.oneof(
  fc.record({ op: fc.constant('decode-data' as const), octets: dataOctets, options }).map(({ options: given, ...rest }) => ({ ...rest, ...given })),
  fc.record({ op: fc.constant('decode-columns' as const), octets: dataOctets, options }).map(({ options: given, ...rest }) => ({ ...rest, ...given })),
  fc.record({ op: fc.constant('decode-apdu' as const), octets: apduOctets, options }).map(({ options: given, ...rest }) => ({ ...rest, ...given })),
  fc.record({
    op: fc.constant('cipher' as const),
    name,
    plaintext: fc.uint8Array({ maxLength: 300 }),
    securityControl: control,
    systemTitle: fc.constantFrom(title, title.subarray(1)),
    invocationCounter: counter,
    omitTitle: fc.boolean(),
  }),
  fc.record({ op: fc.constant('gmac' as const), challenge: fc.uint8Array({ maxLength: 64 }), systemTitle: fc.constant(title), invocationCounter: counter }),
  fc.record({
    op: fc.constant('verify-gmac' as const),
    octets: fc.uint8Array({ maxLength: 20 }),
    challenge: fc.uint8Array({ maxLength: 64 }),
    systemTitle: fc.constant(title),
  }),
  fc.record({ op: fc.constant('decipher' as const), octets: fc.uint8Array({ maxLength: 64 }) }),
);

test('what crosses is answered as what runs inline, for any requests', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 40 }), async (requests) => {
      const [crossed, direct] = await runBoth(requests);
      t.deepEqual(crossed, direct);
    }),
    { numRuns: 150 },
  );
});

test('an APDU above the limit of the decoder is refused, not built when it is asked for', async (t) => {
  const octets = new Uint8Array(4_194_304 + 1);
  octets.set([0xc4, 1, 0xc1, 0, 9, 0x83, 0x3f, 0xff, 0xf8]);
  const [answer] = await inline.run([{ op: 'decode-apdu', octets }], { priority: 'live' });
  t.is(answer.kind === 'bad' ? answer.error.code : answer.kind, 'too_large');
});

test('what was ciphered in a worker is deciphered in one', async (t) => {
  const plaintext = fromHex('c0 01 c1 00 08 00 00 01 00 00 ff 02 00')!;
  const [ciphered] = await sent.run(
    [{ op: 'cipher', key: handles.sent, name: 'general-glo-ciphering', plaintext, securityControl: 0x30, systemTitle: title, invocationCounter: 7 }],
    { priority: 'live' },
  );
  if (ciphered.kind !== 'good') return t.fail(ciphered.error.code);
  const [opened] = await sent.run([{ op: 'decipher', key: handles.sent, octets: ciphered.value, lastCounter: 6 }], { priority: 'live' });
  t.like(opened, { kind: 'good', value: { plaintext, invocationCounter: 7, securityControl: 0x30, systemTitle: title } });
  const [late] = await sent.run([{ op: 'decipher', key: handles.sent, octets: ciphered.value, lastCounter: 7 }], { priority: 'live' });
  t.like(late, { kind: 'bad', error: { code: 'stale_counter' } });
});

test('a released handle is a typed error, inline and in a worker', async (t) => {
  for (const pool of [sent, inline]) {
    const key = pool.keys.put(keys);
    t.true(pool.keys.release(key));
    const challenge = new Uint8Array(16);
    const [made, checked, ciphered, opened] = await pool.run(
      [
        { op: 'gmac', key, challenge, systemTitle: title, invocationCounter: 1 },
        { op: 'verify-gmac', key, octets: new Uint8Array(17), challenge, systemTitle: title },
        { op: 'cipher', key, name: 'glo-get-request', plaintext: challenge, securityControl: 0x30, systemTitle: title, invocationCounter: 1 },
        { op: 'decipher', key, octets: challenge },
      ],
      { priority: 'live' },
    );
    for (const answer of [made, checked, ciphered, opened]) t.like(answer, { kind: 'bad', error: { code: 'pool_stale_key' } });
  }
});

test('a large profile comes back as the same columns and the same index', async (t) => {
  const items = Array.from(
    { length: 3_000 },
    (_, index): DataValue => ({
      type: 'structure',
      items: [
        { type: 'octet-string', octets: new Uint8Array(12).fill(index) },
        { type: 'double-long-unsigned', value: index },
        { type: 'unsigned', value: index & 255 },
      ],
    }),
  );
  const octets = must(encodeData({ type: 'array', items }));
  const [crossed, direct] = await runBoth(
    [
      { op: 'decode-columns', octets },
      { op: 'decode-data', octets },
    ],
    'bulk',
  );
  t.deepEqual(crossed, direct);
});

test('below the threshold of a call nothing crosses, from it on all does', async (t) => {
  const pool = createCodecPool({ threads: 1, inlineBelowBytes: 100 });
  t.teardown(() => pool.close());
  const octets = must(encodeData({ type: 'octet-string', octets: new Uint8Array(48) }));
  await pool.run([{ op: 'decode-data', octets }], { priority: 'live' });
  t.like(pool.metrics().requests, { inline: 1, crossed: 0 });
  await pool.run(
    [
      { op: 'decode-data', octets },
      { op: 'decode-data', octets },
    ],
    { priority: 'bulk' },
  );
  t.like(pool.metrics().requests, { inline: 1, crossed: 2 });
});

test('closing clears the keys', async (t) => {
  const pool = createCodecPool({ threads: 1, inlineBelowBytes: Number.POSITIVE_INFINITY });
  const key = pool.keys.put(keys);
  await pool.close();
  t.false(pool.keys.release(key));
});
