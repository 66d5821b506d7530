import test, { type ExecutionContext } from 'ava';
import { DialogueError } from '../../../../actors/dialogue/dialogue.ts';
import { LargeAnswers, type Opening } from '../../../../actors/dialogue/dlms/large-answers.ts';
import type { DialogueCodec } from '../../../../actors/dialogue/services.ts';
import { apdu, data, fromHex, must, security } from '../../../../workers/codec/index.ts';
import { type CodecPool, createCodecPool, INLINE_BELOW_BYTES, type KeyHandle } from '../../../../workers/pool/index.ts';
import { dateTime, dialogueWith, initiated, profile, type Script, services, startMeter, TEST_KEYS, within } from './rig.ts';

const METER_TITLE = Buffer.from('METER001');
const KEYS = { encryptionKey: TEST_KEYS.encryptionKey, authenticationKey: TEST_KEYS.authenticationKey };
const OPENING: Opening = { keys: KEYS, senderTitle: METER_TITLE, pinTitle: true, requiredControl: 0x30, lastCounter: 6 };

let pool: CodecPool;
test.before(async () => {
  pool = createCodecPool({ threads: 2, inlineBelowBytes: 0 });
  await pool.ready;
});
test.after.always(() => pool.close());

const item = (base: number, obis: readonly number[]): data.DataValue => ({
  type: 'structure',
  items: [
    { type: 'long', value: (base << 16) >> 16 },
    { type: 'long-unsigned', value: 8 },
    { type: 'unsigned', value: 0 },
    { type: 'octet-string', octets: Uint8Array.from(obis) },
  ],
});
/** 18 octets an object: 14 KB. */
const OBJECTS: data.DataValue = {
  type: 'array',
  items: [...Array.from({ length: 800 }, (_, at) => item(0x1000 + 8 * at, [1, 0, 1, at >> 8, at & 0xff, 255])), item(0x2bc0, [0, 0, 1, 0, 0, 255])],
};
const LIST: apdu.ReadResponse = { pdu: 'read-response', results: [{ data: OBJECTS }] };
const IN_CLEAR = must(apdu.encodeApdu(LIST));

const sealed = (form: security.CipherForm, counter = 7, keys: security.SecurityKeys = KEYS, plain: apdu.PlainApdu = LIST): Uint8Array =>
  must(security.sealApdu(plain, { form, securityControl: 0x30, systemTitle: METER_TITLE, invocationCounter: counter, keys }));

/** The pool, with what it was asked. */
function counted(answer?: (op: string) => unknown) {
  const asked: string[] = [];
  const handles: KeyHandle[] = [];
  const released: KeyHandle[] = [];
  const codec: DialogueCodec = {
    run: (async (requests: Parameters<CodecPool['run']>[0], options: Parameters<CodecPool['run']>[1]) => {
      asked.push(...requests.map(({ op }) => op));
      const given = requests.map(({ op }) => answer?.(op));
      return given[0] === undefined ? pool.run(requests, options) : given;
    }) as CodecPool['run'],
    keys: {
      put(keys) {
        const handle = pool.keys.put(keys);
        handles.push(handle);
        return handle;
      },
      release(handle) {
        released.push(handle);
        return pool.keys.release(handle);
      },
    },
  };
  return { asked, handles, released, large: new LargeAnswers(() => codec) };
}

test('what is small, and everything where there is no pool, stays here', (t) => {
  const { large } = counted();
  t.false(large.isLarge(new Uint8Array(INLINE_BELOW_BYTES - 1)));
  t.true(large.isLarge(new Uint8Array(INLINE_BELOW_BYTES)));
  t.false(new LargeAnswers(undefined).isLarge(IN_CLEAR));
});

const CASES: readonly (readonly [string, Uint8Array, Opening, readonly string[]])[] = [
  ['in clear', IN_CLEAR, { keys: {} }, ['decode-data']],
  ['ciphered by service', sealed('glo'), OPENING, ['decipher', 'decode-data']],
  ['ciphered generally', sealed('general-glo'), OPENING, ['decipher', 'decode-data']],
  ['in clear where it must not be', IN_CLEAR, OPENING, []],
  ['with an old counter', sealed('glo', 6), OPENING, ['decipher']],
  ['under another key', sealed('glo', 7, { ...KEYS, encryptionKey: new Uint8Array(16) }), OPENING, ['decipher']],
  ['cut short', IN_CLEAR.subarray(0, -1), { keys: {} }, ['decode-data']],
  ['with octets behind it', Uint8Array.from([...IN_CLEAR, 0]), { keys: {} }, ['decode-data']],
  ['of two values', must(apdu.encodeApdu({ pdu: 'read-response', results: [{ data: OBJECTS }, { accessResult: 3 }] })), { keys: {} }, []],
];

for (const [what, octets, opening, ops] of CASES) {
  test(`an answer ${what} comes out as it does without the pool`, async (t) => {
    const { large, asked } = counted();
    const outcome = await large.open(octets, opening);
    const expected = security.openApdu(octets, opening);
    t.is(outcome.kind, expected.kind);
    if (outcome.kind === 'good' && expected.kind === 'good') {
      t.deepEqual(must(apdu.encodeApdu(outcome.value.plain)), must(apdu.encodeApdu(expected.value.plain)));
      t.is(outcome.value.opened?.invocationCounter, expected.value.opened?.invocationCounter);
      t.is(outcome.consumed, expected.consumed);
    } else if (outcome.kind === 'bad' && expected.kind === 'bad') t.is(outcome.error.code, expected.error.code);
    t.deepEqual(asked, ops);
    large.release();
  });
}

test('a plaintext of another service than its tag says is refused', async (t) => {
  const octets = sealed('glo', 7, KEYS, {
    pdu: 'write-request',
    variables: [{ kind: 'name', variableName: 8 }],
    values: [OBJECTS],
  } as unknown as apdu.PlainApdu);
  octets[0] = 0x2c;
  const { large } = counted();
  const outcome = await large.open(octets, OPENING);
  t.is(outcome.kind, 'bad');
});

for (const code of ['pool_busy', 'pool_closed', 'pool_deadline', 'pool_stale_key']) {
  test(`what the pool does not take (${code}) is done here`, async (t) => {
    const { large } = counted(() => ({ kind: 'bad', error: { code, offset: 0, rule: '', got: '' } }));
    t.is((await large.open(sealed('glo'), OPENING)).kind, 'good');
    t.is((await large.data(must(data.encodeData(OBJECTS)))).kind, 'good');
  });
}

test('what the pool gave up as poison is not tried here', async (t) => {
  const { large } = counted(() => ({ kind: 'bad', error: { code: 'pool_poisoned', offset: 0, rule: '', got: '' } }));
  const error = await t.throwsAsync(large.open(IN_CLEAR, { keys: {} }), { instanceOf: DialogueError });
  t.is(error.class, 'link');
});

test('keys are lent once an association, and taken back', async (t) => {
  const { large, handles, released } = counted();
  await large.open(sealed('glo'), OPENING);
  await large.open(sealed('glo', 8), OPENING);
  t.is(handles.length, 1);
  const other = { ...KEYS, dedicatedKey: new Uint8Array(16).fill(9) };
  await large.open(sealed('ded', 9, other), { ...OPENING, keys: other });
  t.deepEqual(released, [handles[0]!]);
  large.release();
  large.release();
  t.deepEqual(released, handles);
});

test('a pool that is closed already is none', async (t) => {
  const large = new LargeAnswers(() => {
    throw new Error('closed');
  });
  t.is((await large.open(sealed('glo'), OPENING)).kind, 'good');
});

const LIST_NAME = 0xfa08;
const TIME_NAME = 0x2bc8;

/** A meter by short names whose object list is large. */
const largeMeter =
  (inBlocks: boolean): Script =>
  (asked) => {
    if (asked.pdu === 'AARQ') {
      return { pdu: 'AARE', contextName: 'SN', result: 0, diagnosticSource: 'acse-service-user', diagnostic: 0, userInformation: initiated(0xfa00, '1C0320') };
    }
    if (asked.pdu === 'RLRQ') return { pdu: 'RLRE', reason: 0 };
    if (asked.pdu !== 'read-request') return 'silence';
    const [variable] = asked.variables;
    if (variable?.kind === 'block-number') return sender.next(variable.blockNumber);
    if (variable !== undefined && 'variableName' in variable && variable.variableName === TIME_NAME) {
      return { pdu: 'read-response', results: [{ data: { type: 'octet-string', octets: dateTime(Date.now()) } }] };
    }
    if (variable !== undefined && 'variableName' in variable && variable.variableName === LIST_NAME) return inBlocks ? sender.first() : LIST;
    return { pdu: 'read-response', results: [{ accessResult: 4 }] };
  };

const sender = (() => {
  let blocks = new apdu.ReadSender(1_024);
  const said = (answer: ReturnType<apdu.ReadSender['next']>): apdu.PlainApdu => {
    if ('response' in answer) return answer.response;
    throw new Error(answer.code);
  };
  return {
    first() {
      blocks = new apdu.ReadSender(1_024);
      return said(blocks.first(LIST.results as readonly apdu.DataOrResult[]));
    },
    next: (blockNumber: number) => said(blocks.next(blockNumber)),
  };
})();

async function readsClock(t: ExecutionContext, inBlocks: boolean, codec?: () => DialogueCodec): Promise<void> {
  const { port } = await startMeter(t, 'wrapper', largeMeter(inBlocks));
  const given = services();
  const dialogue = await dialogueWith(t, port, {
    profile: profile({ mechanism: 'none', referencing: 'SN', clockBaseSn: null, framing: 'wrapper' }),
    services: codec === undefined ? given : { ...given, codec },
  });
  await dialogue.signOn(within());
  await dialogue.logIn(within());
  const { meterAt } = await dialogue.readClock(within());
  t.true(Math.abs(meterAt - Date.now()) < 10_000);
  await dialogue.logOff(within());
}

for (const inBlocks of [false, true]) {
  const how = inBlocks ? 'in blocks' : 'in one answer';
  test(`the clock is found in a large object list ${how}, with the pool and without`, async (t) => {
    await readsClock(t, inBlocks);
    let asked = 0;
    await readsClock(t, inBlocks, () => {
      asked += 1;
      return pool;
    });
    t.is(asked, 1);
  });
}

test('hex of the keys is nowhere in an error', async (t) => {
  const { large } = counted();
  const outcome = await large.open(sealed('glo', 7, { ...KEYS, authenticationKey: new Uint8Array(16) }), OPENING);
  t.false(JSON.stringify(outcome).includes(Buffer.from(fromHex('D0D1D2D3')!).toString('hex').toUpperCase()));
});
