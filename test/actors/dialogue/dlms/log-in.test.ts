import test from 'ava';
import { DialogueError } from '../../../../actors/dialogue/dialogue.ts';
import { attemptsAfter, attemptsOf } from '../../../../actors/dialogue/dlms/attempts.ts';
import type { apdu } from '../../../../workers/codec/index.ts';
import { accepted, dialogueWith, INITIATE_ERROR, initiated, plainMeter, profile, rejected, type Said, services, startMeter, within } from './rig.ts';

const ALL_FORMS = ['usual', 'old-conformance-tag', 'alternative-tags'] as const;

type Answers = readonly ((aarq: apdu.Aarq) => Said)[];

/** A meter that answers its AARQs one after the other, and the dialogue that logs in. */
async function logIn(t: Parameters<typeof startMeter>[0], framing: 'hdlc' | 'wrapper', answers: Answers, dlms: Parameters<typeof profile>[0] = {}) {
  let count = 0;
  const { script } = plainMeter({ aare: (aarq) => (answers[Math.min(count++, answers.length - 1)] ?? (() => 'silence' as const))(aarq) });
  const meter = await startMeter(t, framing, script);
  const dialogue = await dialogueWith(t, meter.port, { profile: profile({ framing, aarqForms: [...ALL_FORMS], ...dlms }) });
  await dialogue.signOn(within());
  const outcome = await dialogue.logIn(within(2_000)).then(
    () => undefined,
    (error: unknown) => error as DialogueError,
  );
  const asked = meter.octets.filter((octets) => octets[0] === 0x60);
  return { meter, dialogue, outcome, asked };
}

const contextOf = (octets: Uint8Array): number | undefined => octets[12];
const isOldTag = (octets: Uint8Array): boolean => Buffer.from(octets).toString('hex').includes('5f0400');
const isAlternative = (octets: Uint8Array): boolean => Buffer.from(octets).toString('hex').includes('ab0906');

for (const framing of ['hdlc', 'wrapper'] as const) {
  test(`${framing}: wrong password (diagnostic 13) ends the log-in at once, whatever forms are left`, async (t) => {
    const { asked, outcome } = await logIn(t, framing, [() => rejected(13)], { referencing: 'LN-then-SN' });
    t.is(asked.length, 1);
    t.true(outcome instanceof DialogueError);
    t.is(outcome?.class, 'login');
    t.regex(outcome?.message ?? '', /password refused/);
    t.false(outcome?.message.includes('guruX'));
  });

  test(`${framing}: diagnostic 14 without a high-level log-in ends it too`, async (t) => {
    const { asked, outcome } = await logIn(t, framing, [() => rejected(14)], { referencing: 'LN-then-SN' });
    t.is(asked.length, 1);
    t.is(outcome?.class, 'login');
  });

  test(`${framing}: diagnostic 13 beside an initiate error is a refused password`, async (t) => {
    const { asked, outcome } = await logIn(t, framing, [() => rejected(13, { userInformation: INITIATE_ERROR })]);
    t.is(asked.length, 1);
    t.is(outcome?.class, 'login');
  });

  test(`${framing}: initiate errors lead to the old conformance tag, then to the alternative tags`, async (t) => {
    const { asked, outcome } = await logIn(t, framing, [() => rejected(1, { userInformation: INITIATE_ERROR }), () => INITIATE_ERROR, () => accepted()]);
    t.is(outcome, undefined);
    t.deepEqual(
      asked.map((octets) => [isOldTag(octets), isAlternative(octets)]),
      [
        [false, false],
        [true, false],
        [true, true],
      ],
    );
  });

  test(`${framing}: no AARE leads to the next form`, async (t) => {
    const { meter, asked, outcome } = await logIn(t, framing, [() => 'silence', () => accepted()]);
    t.is(outcome, undefined);
    t.is(asked.filter((octets) => isOldTag(octets)).length, 1);
    // A busy machine may time out once more while it signs on.
    if (framing === 'hdlc') t.true(meter.links >= 2);
    else t.is(meter.links, 0);
  });

  test(`${framing}: context not supported leads from LN to SN at once`, async (t) => {
    const { asked, outcome } = await logIn(t, framing, [() => rejected(2), () => accepted({ contextName: 'SN' })], { referencing: 'LN-then-SN' });
    t.is(outcome, undefined);
    t.deepEqual(asked.map(contextOf), [1, 2]);
    t.false(asked.some(isOldTag));
  });

  test(`${framing}: every form refused gives the last reason, class meter`, async (t) => {
    const { asked, outcome } = await logIn(t, framing, [() => INITIATE_ERROR]);
    t.is(asked.length, 3);
    t.is(outcome?.class, 'meter');
    t.regex(outcome?.message ?? '', /incompatible-conformance/);
  });
}

for (const [said, dlms] of [
  ['frame-reject', {}],
  ['disconnect', { mechanism: 'none' }],
] as const) {
  test(`${said} in answer to the AARQ leads to the next form on a new link${said === 'disconnect' ? ', where there was no password in it' : ''}`, async (t) => {
    const { meter, asked, outcome } = await logIn(t, 'hdlc', [() => said, () => accepted()], dlms);
    t.is(outcome, undefined);
    t.is(asked.length, 2);
    t.is(meter.links, 2);
  });
}

for (const [framing, said, why] of [
  ['hdlc', 'disconnect', 'the meter has disconnected'],
  ['hdlc', 'close', 'the far side closed the connection'],
  ['wrapper', 'close', 'the far side closed the connection'],
] as const) {
  test(`${framing}: ${said} in answer to an AARQ with a password is class hang-up, and no other form of it goes out`, async (t) => {
    const { asked, outcome } = await logIn(t, framing, [() => said, () => accepted()], { referencing: 'LN-then-SN' });
    t.is(asked.length, 1);
    t.is(outcome?.class, 'hang-up');
    t.is(outcome?.message, `the meter hung up during log-in (${why}); the password may be wrong`);
  });
}

test('a connection that ends a while after a password that was met by silence is class hang-up too', async (t) => {
  const { asked, outcome } = await logIn(t, 'wrapper', [() => 'silence', () => 'close']);
  t.is(asked.length, 2);
  t.is(outcome?.class, 'hang-up');
});

test('a connection that ends in answer to an AARQ without a password is a fault of the transport', async (t) => {
  const { outcome } = await logIn(t, 'wrapper', [() => 'close'], { mechanism: 'none' });
  t.is(outcome?.class, 'transport');
});

test('a meter that closes the connection on the proof of a high-level log-in is class hang-up', async (t) => {
  const { script } = plainMeter({
    aare: () => accepted({ diagnostic: 14, mechanism: 3, authenticationValue: new Uint8Array(16) }),
    first: ({ pdu }) => (pdu === 'action-request' ? 'close' : undefined),
  });
  const meter = await startMeter(t, 'wrapper', script);
  const dialogue = await dialogueWith(t, meter.port, { profile: profile({ mechanism: 'hls-md5' }) });
  await dialogue.signOn(within());
  const error = await t.throwsAsync(dialogue.logIn(within()), { instanceOf: DialogueError });
  t.is(error.class, 'hang-up');
});

for (const diagnostic of [1, 3, 11, 12]) {
  test(`diagnostic ${diagnostic} tries nothing else`, async (t) => {
    const { asked, outcome } = await logIn(t, 'wrapper', [() => rejected(diagnostic)], { referencing: 'LN-then-SN' });
    t.is(asked.length, 1);
    t.is(outcome?.class, diagnostic < 11 ? 'meter' : 'config');
  });
}

test('with one form only nothing else is tried', async (t) => {
  const { asked } = await logIn(t, 'wrapper', [() => INITIATE_ERROR], { aarqForms: ['usual'] });
  t.is(asked.length, 1);
});

test('the table of attempts: a context that is not supported skips the forms of LN, the rest goes form by form', (t) => {
  const attempts = attemptsOf({ ...profile().dlms!, referencing: 'LN-then-SN', aarqForms: [...ALL_FORMS] });
  t.is(attempts.length, 6);
  t.deepEqual(attemptsAfter(attempts, 'context')[0], { referencing: 'SN', form: 'usual' });
  t.deepEqual(attemptsAfter(attempts, 'no-aare')[0], { referencing: 'LN', form: 'old-conformance-tag' });
  t.deepEqual(attemptsAfter(attempts.slice(5), 'initiate-error'), []);
});

test('a log-in by password without a password is class config and asks nothing', async (t) => {
  const { script } = plainMeter();
  const meter = await startMeter(t, 'wrapper', script);
  const dialogue = await dialogueWith(t, meter.port, { password: '' });
  await dialogue.signOn(within());
  const error = await t.throwsAsync(dialogue.logIn(within()), { instanceOf: DialogueError });
  t.is(error.class, 'config');
  t.is(meter.asked.length, 0);
});

test('HLS 5 without keys is class config', async (t) => {
  const meter = await startMeter(t, 'wrapper', plainMeter().script);
  const dialogue = await dialogueWith(t, meter.port, { profile: profile({ mechanism: 'hls-gmac' }) });
  await dialogue.signOn(within());
  const error = await t.throwsAsync(dialogue.logIn(within()), { instanceOf: DialogueError });
  t.is(error.class, 'config');
});

test('a meter that asks for no proof though a high-level log-in is set is not trusted', async (t) => {
  const { outcome } = await logIn(t, 'wrapper', [() => accepted()], { mechanism: 'hls-md5' });
  t.is(outcome?.class, 'meter');
});

test('a meter that answers the proof wrong did not prove itself: class login', async (t) => {
  const { script } = plainMeter({
    aare: () => accepted({ diagnostic: 14, mechanism: 3, authenticationValue: Buffer.from('challenge of meter'), userInformation: initiated() }),
    first: (asked) =>
      asked.pdu === 'action-request'
        ? {
            pdu: 'action-response',
            choice: 'normal',
            invokeId: asked.invokeId,
            confirmed: true,
            highPriority: true,
            actionResult: 0,
            returned: { data: { type: 'octet-string', octets: new Uint8Array(16) } },
          }
        : undefined,
  });
  const meter = await startMeter(t, 'wrapper', script);
  const dialogue = await dialogueWith(t, meter.port, { profile: profile({ mechanism: 'hls-md5' }) });
  await dialogue.signOn(within());
  const error = await t.throwsAsync(dialogue.logIn(within()), { instanceOf: DialogueError });
  t.is(error.class, 'login');
  t.regex(error.message, /did not prove/);
});

test('auto: HDLC without an answer gives way to the wrapper on another connection, before any log-in', async (t) => {
  const meter = await startMeter(t, 'wrapper', plainMeter().script);
  const dialogue = await dialogueWith(t, meter.port, {
    profile: profile({ framing: 'auto', wrapperPorts: [] }, { timing: { retries: 0 } }),
    services: services(),
  });
  await dialogue.signOn(within(600));
  t.is(meter.asked.length, 0);
  await dialogue.logIn(within());
  t.is(meter.sockets.length, 2);
  t.regex(await dialogue.identify(within()), /^wrapper, client 100, server 1\/17$/);
});

test('auto: a port of the wrapper means the wrapper', async (t) => {
  const meter = await startMeter(t, 'wrapper', plainMeter().script);
  const dialogue = await dialogueWith(t, meter.port, { profile: profile({ framing: 'auto', wrapperPorts: [meter.port] }) });
  await dialogue.signOn(within());
  await dialogue.logIn(within());
  t.is(meter.sockets.length, 1);
});
