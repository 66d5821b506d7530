import test from 'ava';
import { toHex } from '../../../../workers/codec/common/index.ts';
import { decodeGmac, encodeGmac, verifyGmac } from '../../../../workers/codec/security/index.ts';
import { ascii, CLIENT_TITLE, hex, keysOf, SERVER_TITLE, vectorsOf } from './material.ts';

const keys = keysOf(0);

/** The example of the Green Book: client and server have titles of their own. */
const GREEN_BOOK = [
  { pass: 'f(StoC) of the client', challenge: 'P6wRJ21F', systemTitle: hex('4D4D4D0000000001'), counter: 1, answer: '10000000011A52FE7DD3E72748973C1E28' },
  {
    pass: 'f(CtoS) of the server',
    challenge: 'K56iVagY',
    systemTitle: hex('4D4D4D0000BC614E'),
    counter: 0x01234567,
    answer: '1001234567FE1466AFB3DBCD4F9389E2B7',
  },
];

for (const { pass, challenge, systemTitle, counter, answer } of GREEN_BOOK) {
  test(`Green Book example: ${pass}`, (t) => {
    const made = encodeGmac({ challenge: ascii(challenge), systemTitle, keys, invocationCounter: counter });
    t.is(made.kind === 'good' && toHex(made.octets), answer);
    t.like(verifyGmac(hex(answer), { challenge: ascii(challenge), systemTitle, keys }), { kind: 'good', value: { invocationCounter: counter } });
  });
}

test('f(challenge) of one side does not pass for the other side', (t) => {
  const made = encodeGmac({ challenge: ascii('P6wRJ21F'), systemTitle: CLIENT_TITLE, keys, invocationCounter: 1 });
  t.is(made.kind, 'good');
  if (made.kind !== 'good') return;
  t.like(verifyGmac(made.octets, { challenge: ascii('P6wRJ21F'), systemTitle: SERVER_TITLE, keys }), { kind: 'bad', error: { code: 'bad_tag' } });
});

test('the suite is in the control, and its keys are wanted', (t) => {
  const challenge = ascii('P6wRJ21F');
  for (const suite of [0, 1, 2] as const) {
    const made = encodeGmac({ challenge, systemTitle: CLIENT_TITLE, keys: keysOf(suite), invocationCounter: 9, suite });
    t.is(made.kind === 'good' && made.octets[0], 0x10 + suite);
    if (made.kind !== 'good') return;
    t.is(verifyGmac(made.octets, { challenge, systemTitle: CLIENT_TITLE, keys: keysOf(suite) }).kind, 'good');
    t.is(verifyGmac(made.octets, { challenge, systemTitle: CLIENT_TITLE, keys: keysOf(suite === 2 ? 0 : 2) }).kind, 'bad');
  }
});

test('an f(challenge) that is too short, too long, or of another control is refused', (t) => {
  const answer = GREEN_BOOK[0]!.answer;
  t.is(decodeGmac(hex(answer.slice(0, 32))).kind, 'incomplete');
  t.like(decodeGmac(hex(`${answer}00`)), { kind: 'bad', error: { code: 'trailing_octets', offset: 17 } });
  t.like(decodeGmac(hex(`30${answer.slice(2)}`)), { kind: 'bad', error: { code: 'bad_value', offset: 0 } });
  t.like(decodeGmac(hex(`13${answer.slice(2)}`)), { kind: 'bad', error: { code: 'unsupported', offset: 0 } });
});

for (const vector of vectorsOf('dlms-security').filter(({ hls }) => hls !== undefined)) {
  test(`vector ${vector.id}: its f(challenge) is right, and is made again`, (t) => {
    const { plaintext } = vector.decoded as { plaintext: string };
    const answer = hex(plaintext.slice(plaintext.lastIndexOf('091110') + 4));
    const challenge = hex(vector.hls?.challengeStoC ?? vector.hls?.challengeCtoS ?? '');
    const systemTitle = hex(vector.keys![vector.direction === 'client->meter' ? 'clientSystemTitle' : 'serverSystemTitle']!);
    const vectorKeys = { encryptionKey: hex(vector.keys!.encryptionKey!), authenticationKey: hex(vector.keys!.authenticationKey!) };
    const proof = verifyGmac(answer, { challenge, systemTitle, keys: vectorKeys });
    t.is(proof.kind, 'good');
    if (proof.kind !== 'good') return;
    const made = encodeGmac({ challenge, systemTitle, keys: vectorKeys, invocationCounter: proof.value.invocationCounter });
    t.is(made.kind === 'good' && toHex(made.octets), toHex(answer));
  });
}

for (const vector of vectorsOf('dlms-security').filter(({ form }) => form === 'challenge')) {
  test(`vector ${vector.id}: f(challenge) is right, and is made again`, (t) => {
    const given = vector.decoded.given as { challenge: string; systemTitle: string };
    const context = {
      challenge: hex(given.challenge),
      systemTitle: hex(given.systemTitle),
      keys: { encryptionKey: hex(vector.keys!.encryptionKey!), authenticationKey: hex(vector.keys!.authenticationKey!) },
    };
    t.like(verifyGmac(hex(vector.hex), context), { kind: 'good', value: { invocationCounter: vector.decoded.invocationCounter } });
    const made = encodeGmac({ ...context, invocationCounter: vector.decoded.invocationCounter as number });
    t.is(made.kind === 'good' && toHex(made.octets), vector.hex);
  });
}
