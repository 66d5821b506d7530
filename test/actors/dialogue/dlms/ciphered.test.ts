import test, { type ExecutionContext } from 'ava';
import { DialogueError } from '../../../../actors/dialogue/dialogue.ts';
import { apdu, must, mustDecode, security } from '../../../../workers/codec/index.ts';
import { accepted, dialogueWith, initiated, plainMeter, profile, type Said, type Script, services, startMeter, TEST_KEYS, within } from './rig.ts';

const METER_TITLE = Buffer.from('METER001');
const CHALLENGE = Buffer.from('challenge of the meter');
const KEYS = { encryptionKey: TEST_KEYS.encryptionKey, authenticationKey: TEST_KEYS.authenticationKey };

interface Seen {
  readonly plain: apdu.PlainApdu;
  readonly counter: number | undefined;
}

interface CipheredMeter {
  readonly seen: Seen[];
  readonly script: Script;
  seal(plain: apdu.PlainApdu, control?: number, counter?: number): Uint8Array;
}

/** A meter with HLS 5. @param first looked at before the usual answers, with the request opened */
function cipheredMeter(first: (asked: apdu.PlainApdu, meter: CipheredMeter, usual: () => Said) => Said | undefined, general = true): CipheredMeter {
  const inClear = plainMeter();
  let sent = 0;
  let challenge: Uint8Array | undefined;
  const seal: CipheredMeter['seal'] = (plain, control = 0x30, counter = ++sent) =>
    must(
      security.sealApdu(plain, {
        form: general && plain.pdu !== 'AARE' && plain.pdu !== 'action-response' ? 'general-glo' : 'glo',
        securityControl: control,
        systemTitle: METER_TITLE,
        invocationCounter: counter,
        keys: KEYS,
      }),
    );
  const answer = (said: Said): Said => {
    if (said instanceof Uint8Array || typeof said === 'string' || Array.isArray(said)) return said;
    const plain = said as apdu.PlainApdu;
    return plain.pdu === 'RLRE' || plain.pdu === 'exception-response' ? plain : seal(plain);
  };
  const usual = (asked: apdu.PlainApdu, octets: Uint8Array): Said => {
    if (asked.pdu === 'AARQ') {
      challenge = asked.authenticationValue?.slice();
      return accepted({
        contextName: 'LN-ciphered',
        diagnostic: 14,
        mechanism: 5,
        respondingApTitle: METER_TITLE,
        authenticationValue: CHALLENGE,
        userInformation: initiated(7, general ? '401E1D' : '001E1D'),
      });
    }
    if (asked.pdu === 'action-request' && asked.choice === 'normal' && asked.method.classId === 15) {
      const own = { mechanism: 5, challenge: CHALLENGE, systemTitle: METER_TITLE, keys: KEYS };
      const proof = must(security.hlsAnswer(own, { challenge: challenge!, systemTitle: TEST_KEYS.clientSystemTitle }, ++sent));
      const { invokeId, confirmed, highPriority } = asked;
      return {
        pdu: 'action-response',
        choice: 'normal',
        invokeId,
        confirmed,
        highPriority,
        actionResult: 0,
        returned: { data: { type: 'octet-string', octets: proof } },
      };
    }
    return inClear.script(asked, octets) as Said;
  };
  const meter: CipheredMeter = {
    seen: [],
    seal,
    script: (_asked, octets) => {
      const { plain, opened } = mustDecode(security.openApdu(octets, { keys: KEYS, senderTitle: TEST_KEYS.clientSystemTitle }), octets.length);
      meter.seen.push({ plain, counter: opened?.invocationCounter });
      return answer(first(plain, meter, () => usual(plain, octets)) ?? usual(plain, octets));
    },
  };
  return meter;
}

async function logged(t: ExecutionContext, meter: CipheredMeter, given = services()) {
  const { port } = await startMeter(t, 'wrapper', meter.script);
  const withKeys = { ...given, meterKeys: services({}).meterKeys };
  const dialogue = await dialogueWith(t, port, { profile: profile({ mechanism: 'hls-gmac' }), services: withKeys });
  await dialogue.signOn(within());
  await dialogue.logIn(within());
  return dialogue;
}

const encodeInClear = apdu.encodeApdu;

const HEAD = { choice: 'normal', confirmed: true, highPriority: true } as const;
const got = (invokeId: number, text = '777'): apdu.PlainApdu => ({
  pdu: 'get-response',
  ...HEAD,
  invokeId,
  data: { type: 'octet-string', octets: Buffer.from(text) },
});

for (const general of [true, false]) {
  test(`services are ciphered ${general ? 'generally where the meter has general protection' : 'by service where it has not'}`, async (t) => {
    const forms: number[] = [];
    const meter = cipheredMeter(() => undefined, general);
    const { port } = await startMeter(t, 'wrapper', (asked, octets) => {
      forms.push(octets[0] ?? 0);
      return meter.script(asked, octets);
    });
    const dialogue = await dialogueWith(t, port, { profile: profile({ mechanism: 'hls-gmac' }), services: services({}) });
    await dialogue.signOn(within());
    await dialogue.logIn(within());
    t.is(await dialogue.readSerial(within()), '12345678');
    t.deepEqual(forms, [0x60, 0xcb, general ? 0xdb : 0xc8]);
  });
}

test('an answer in clear, or less protected than asked for, is no answer in a ciphered association', async (t) => {
  for (const control of [undefined, 0x10, 0x20]) {
    const meter = cipheredMeter((asked, self) => {
      if (asked.pdu !== 'get-request') return undefined;
      return control === undefined ? must(encodeInClear(got(asked.invokeId))) : self.seal(got(asked.invokeId), control);
    });
    const dialogue = await logged(t, meter);
    const error = await t.throwsAsync(dialogue.readSerial(within()), { instanceOf: DialogueError });
    t.regex(error.message, /cannot be read|does not fit/);
  }
});

test('an answer that was heard before is passed over, and the right one is taken', async (t) => {
  let recorded: Uint8Array | undefined;
  const meter = cipheredMeter((asked, self) => {
    if (asked.pdu !== 'get-request') return undefined;
    if (recorded === undefined) {
      recorded = self.seal(got(asked.invokeId, 'old'));
      return recorded;
    }
    return [recorded, self.seal(got(asked.invokeId, 'new'))];
  });
  const dialogue = await logged(t, meter);
  t.is(await dialogue.readSerial(within()), 'old');
  t.is(await dialogue.readSerial(within()), 'new');
});

test('a wrong tag is said to be the keys, never the password', async (t) => {
  const meter = cipheredMeter((asked, self) => {
    if (asked.pdu !== 'get-request') return undefined;
    const octets = self.seal(got(asked.invokeId));
    octets[octets.length - 1] = (octets.at(-1) ?? 0) ^ 1;
    return octets;
  });
  const error = await t.throwsAsync((await logged(t, meter)).readSerial(within()), { instanceOf: DialogueError });
  t.is(error.class, 'config');
});

const COUNTER_TOO_LOW = (floor: number): apdu.ExceptionResponse => ({
  pdu: 'exception-response',
  stateError: 1,
  serviceError: 6,
  invocationCounterExpected: floor,
});

test('a write that the meter refused for its counter goes out anew, once, with the time of then and a counter above the floor', async (t) => {
  let refusals = 0;
  const meter = cipheredMeter((asked) => (asked.pdu === 'set-request' && refusals++ === 0 ? COUNTER_TOO_LOW(90_000) : undefined));
  const given = services();
  const dialogue = await logged(t, meter, given);
  let asked = 0;
  await dialogue.writeClock(() => Date.UTC(2026, 0, 1, 0, 0, asked++), within());
  const writes = meter.seen.filter(({ plain }) => plain.pdu === 'set-request');
  t.is(writes.length, 2);
  t.is(asked, 2);
  t.true((writes[1]?.counter ?? 0) >= 90_000);
  t.deepEqual(
    given.reserved.map(({ floor }) => floor),
    [undefined, 90_000],
  );
});

test('a meter that goes on asking for higher counters is not followed', async (t) => {
  const meter = cipheredMeter((asked) => (asked.pdu === 'set-request' ? COUNTER_TOO_LOW(90_000) : undefined));
  const dialogue = await logged(t, meter);
  const error = await t.throwsAsync(
    dialogue.writeClock(() => Date.now(), within()),
    { instanceOf: DialogueError },
  );
  t.is(error.class, 'meter');
  t.is(meter.seen.filter(({ plain }) => plain.pdu === 'set-request').length, 2);
});

test('no counter is used twice, lost answers and repeated questions included', async (t) => {
  let lost = 0;
  const meter = cipheredMeter((asked) => (asked.pdu === 'get-request' && lost++ % 2 === 0 ? 'silence' : undefined));
  const dialogue = await logged(t, meter, services(undefined, 5_000, 20));
  for (let times = 0; times < 3; times++) t.true((await dialogue.readClock(within())).repeated);
  const counters = meter.seen.flatMap(({ counter }) => (counter === undefined ? [] : [counter]));
  t.is(new Set(counters).size, counters.length);
  t.deepEqual(
    counters,
    [...counters].sort((a, b) => a - b),
  );
});

test('the late answer to a ciphered write is passed over', async (t) => {
  let late: Uint8Array | undefined;
  const meter = cipheredMeter((asked, self, usual) => {
    if (asked.pdu === 'set-request') {
      late = self.seal(usual() as apdu.PlainApdu);
      return 'silence';
    }
    return late !== undefined && asked.pdu === 'get-request' ? [late, self.seal(usual() as apdu.PlainApdu)] : undefined;
  });
  const dialogue = await logged(t, meter);
  const error = await t.throwsAsync(
    dialogue.writeClock(() => Date.now(), within()),
    { instanceOf: DialogueError },
  );
  t.is(error.class, 'write');
  t.true(Math.abs((await dialogue.readClock(within())).meterAt - Date.now()) < 1_000);
});

test('a meter with another system title than the known one is not talked to', async (t) => {
  const meter = cipheredMeter(() => undefined);
  const { port } = await startMeter(t, 'wrapper', meter.script);
  const dialogue = await dialogueWith(t, port, {
    profile: profile({ mechanism: 'hls-gmac' }),
    services: services({ serverSystemTitle: Buffer.from('METER002') }),
  });
  await dialogue.signOn(within());
  await t.throwsAsync(dialogue.logIn(within()), { instanceOf: DialogueError });
  t.is(meter.seen.filter(({ plain }) => plain.pdu !== 'AARQ').length, 0);
});

test('keys are released when the session logs off, and when the log-in fails', async (t) => {
  let released = 0;
  const withKeys = { ...services({ release: () => void released++ }) };
  const meter = cipheredMeter(() => undefined);
  const { port } = await startMeter(t, 'wrapper', meter.script);
  const dialogue = await dialogueWith(t, port, { profile: profile({ mechanism: 'hls-gmac' }), services: withKeys });
  await dialogue.signOn(within());
  await dialogue.logIn(within());
  t.is(released, 0);
  await dialogue.logOff(within());
  t.is(released, 1);
  const broken = await startMeter(t, 'wrapper', () => 'close');
  const other = await dialogueWith(t, broken.port, { profile: profile({ mechanism: 'hls-gmac' }), services: withKeys });
  await other.signOn(within());
  await t.throwsAsync(other.logIn(within()), { instanceOf: DialogueError });
  t.is(released, 2);
});
