import test from 'ava';
import { type Apdu, decodeApdu, encodeApdu, type PlainApdu } from '../../../../workers/codec/apdu/index.ts';
import { must, mustDecode, toHex } from '../../../../workers/codec/common/index.ts';
import { type CipherForm, cipher, LastSeen, openApdu, openCiphered, sealApdu } from '../../../../workers/codec/security/index.ts';
import fc from '../../../support/fc.ts';
import { CLIENT_TITLE, hex, keysOf, SERVER_TITLE, type SecurityVector, vectorsOf } from './material.ts';

const vectors = vectorsOf('dlms-security').filter(({ form }) => form === 'apdu');

interface CipheredMembers {
  readonly plaintext: string;
  readonly securityControl: string;
  readonly invocationCounter: number;
}

/** The ciphered members of a vector: its own, or those of its user information. */
function cipheredOf({ decoded }: SecurityVector): CipheredMembers | undefined {
  const place = (decoded.userInformation ?? decoded) as Partial<CipheredMembers>;
  return place.plaintext === undefined ? undefined : (place as CipheredMembers);
}

function optionsOf({ keys, direction }: SecurityVector) {
  const title = keys![direction === 'client->meter' ? 'clientSystemTitle' : 'serverSystemTitle'];
  return {
    keys: { encryptionKey: hex(keys!.encryptionKey!), authenticationKey: hex(keys!.authenticationKey!) },
    senderTitle: hex(title!),
  };
}

for (const vector of vectors.filter(({ kind }) => kind !== 'negative')) {
  test(`vector ${vector.id}: opens`, (t) => {
    const opened = openApdu(hex(vector.hex), optionsOf(vector));
    t.is(opened.kind, 'good', JSON.stringify(opened));
    if (opened.kind !== 'good') return;
    const members = cipheredOf(vector);
    t.is(opened.value.opened && toHex(opened.value.opened.plaintext), members?.plaintext);
    t.is(opened.value.opened?.invocationCounter, members?.invocationCounter);
    t.is<string, string>(opened.value.apdu.pdu, vector.decoded.pdu as string);
    t.deepEqual(opened.leniencies, vector.decoded.leniency === undefined ? [] : [vector.decoded.leniency]);
  });
}

for (const vector of vectors.filter(({ encode }) => encode)) {
  test(`vector ${vector.id}: seals to the same octets`, (t) => {
    const options = optionsOf(vector);
    const { plain } = mustDecode(openApdu(hex(vector.hex), options));
    const members = cipheredOf(vector);
    const sealed = sealApdu(plain, {
      form: vector.decoded.pdu === 'general-glo-ciphering' ? 'general-glo' : 'glo',
      keys: options.keys,
      systemTitle: options.senderTitle,
      securityControl: Number.parseInt(members?.securityControl ?? '00', 16),
      invocationCounter: members?.invocationCounter ?? 0,
    });
    t.is(toHex(must(sealed)), vector.hex);
  });
}

for (const vector of vectors.filter(({ kind }) => kind === 'negative')) {
  test(`vector ${vector.id}: is refused`, (t) => {
    const opened = openApdu(hex(vector.hex), optionsOf(vector));
    t.like(opened, { kind: 'bad', error: { code: 'bad_tag' } });
    t.false('value' in opened);
  });
}

const GET: PlainApdu = {
  pdu: 'get-request',
  choice: 'normal',
  invokeId: 1,
  confirmed: true,
  highPriority: true,
  attribute: { classId: 8, obis: [0, 0, 1, 0, 0, 255], id: 2 },
};
const INITIATE: PlainApdu = mustDecode(decodeApdu(hex('01000000065F1F0400401E5DFFFF'))) as PlainApdu;
const AARQ: PlainApdu = { pdu: 'AARQ', contextName: 'LN-ciphered', callingApTitle: CLIENT_TITLE, userInformation: INITIATE };
const FORMS: readonly CipherForm[] = ['glo', 'ded', 'general-glo', 'general-ded'];

for (const suite of [0, 1, 2] as const) {
  for (const protection of [0x10, 0x20, 0x30]) {
    for (const form of FORMS) {
      test(`suite ${suite}, control ${protection.toString(16)}, ${form}: each side opens what the other sealed, under the sender's title`, (t) => {
        const keys = keysOf(suite);
        const response = mustDecode(decodeApdu(hex('C501C100'))) as PlainApdu;
        for (const [plain, systemTitle, other] of [
          [GET, CLIENT_TITLE, SERVER_TITLE],
          [response, SERVER_TITLE, CLIENT_TITLE],
        ] as const) {
          const octets = must(sealApdu(plain, { form, keys, systemTitle, securityControl: protection | suite, invocationCounter: 3 }));
          const opened = mustDecode(openApdu(octets, { keys, senderTitle: systemTitle }));
          t.is(toHex(must(encodeApdu(opened.plain))), toHex(must(encodeApdu(plain))));
          t.is(toHex(opened.opened?.systemTitle ?? hex('')), toHex(systemTitle));
          if (!form.startsWith('general')) t.is(openApdu(octets, { keys, senderTitle: other }).kind, 'bad');
        }
      });
    }
  }
}

test('the user information of an AARQ opens under the title that the AARQ carries', (t) => {
  const keys = keysOf(0);
  const options = { keys, systemTitle: CLIENT_TITLE, securityControl: 0x30, invocationCounter: 3 };
  for (const form of FORMS) {
    const octets = must(sealApdu(AARQ, { form, ...options }));
    const opened = mustDecode(openApdu(octets, { keys, senderTitle: SERVER_TITLE, requiredControl: 0x30 }));
    t.is(opened.opened?.invocationCounter, 3);
    t.is(toHex(must(encodeApdu(opened.plain))), toHex(must(encodeApdu(AARQ))));
    const { apdu } = opened;
    const information: Apdu | undefined = apdu.pdu === 'AARQ' ? apdu.userInformation : undefined;
    t.is(information?.pdu, form === 'glo' || form === 'ded' ? 'glo-initiate-request' : 'general-glo-ciphering');
    if (information !== undefined && 'content' in information) t.like(openCiphered(information, { keys, senderTitle: CLIENT_TITLE }), { kind: 'good' });
  }
});

test('a pinned title does not give way to that of an AARQ', (t) => {
  const keys = keysOf(0);
  const octets = must(sealApdu(AARQ, { form: 'glo', keys, systemTitle: CLIENT_TITLE, securityControl: 0x30, invocationCounter: 3 }));
  t.is(openApdu(octets, { keys, senderTitle: CLIENT_TITLE, pinTitle: true }).kind, 'good');
  t.like(openApdu(octets, { keys, senderTitle: SERVER_TITLE, pinTitle: true }), { kind: 'bad', error: { code: 'bad_tag' } });
});

test('no octet of an authenticated APDU may change', (t) => {
  const keys = keysOf(0);
  const form = fc.constantFrom(...FORMS);
  fc.assert(
    fc.property(form, fc.constantFrom(0x10, 0x30), fc.nat(), fc.integer({ min: 1, max: 255 }), (one, control, place, flip) => {
      const octets = must(sealApdu(GET, { form: one, keys, systemTitle: CLIENT_TITLE, securityControl: control, invocationCounter: 3 })).slice();
      octets[place % octets.length]! ^= flip;
      const outcome = openApdu(octets, { keys, senderTitle: CLIENT_TITLE, requiredControl: control });
      return outcome.kind !== 'good' || outcome.value.opened === undefined;
    }),
    { numRuns: 400 },
  );
  t.pass();
});

test('the tag outside and the service inside must fit', (t) => {
  const keys = keysOf(0);
  const octets = must(sealApdu(GET, { form: 'glo', keys, systemTitle: CLIENT_TITLE, securityControl: 0x30, invocationCounter: 3 })).slice();
  octets[0] = 0xc9;
  t.like(openApdu(octets, { keys, senderTitle: CLIENT_TITLE }), { kind: 'bad', error: { code: 'unexpected_octet' } });
});

test('ciphering inside ciphering, and an association inside it, are refused', (t) => {
  const keys = keysOf(0);
  const request = { name: 'general-glo-ciphering', keys, systemTitle: CLIENT_TITLE, securityControl: 0x30, invocationCounter: 3 } as const;
  const inner = must(sealApdu(GET, { form: 'glo', ...request }));
  for (const plaintext of [inner, hex('6203800100')]) {
    const octets = must(cipher({ ...request, plaintext }));
    t.like(openApdu(octets, { keys }), { kind: 'bad', error: { code: 'unexpected_octet' } });
  }
});

test('what is wrong inside a plaintext is told without its octets', (t) => {
  const keys = keysOf(0);
  const request = { name: 'general-glo-ciphering', keys, systemTitle: CLIENT_TITLE, securityControl: 0x30, invocationCounter: 3 } as const;
  for (const plaintext of ['0101105EC25EC25EC25EC2', '5EC2', '', 'C001C15EC25EC2', '01021000']) {
    const outcome = openApdu(must(cipher({ ...request, plaintext: hex(plaintext) })), { keys });
    t.is(outcome.kind, 'bad');
    t.notRegex(JSON.stringify(outcome), /5ec2|94,\s*194/i);
  }
});

test('where bits are required, only errors and releases may be plain', (t) => {
  const options = { keys: keysOf(0), senderTitle: SERVER_TITLE, requiredControl: 0x30 };
  for (const [plain, kind] of [
    ['C501C100', 'bad'],
    ['0800065F1F0400401E1D02000007', 'bad'],
    ['D80106000000FF', 'good'],
    ['0E010602', 'good'],
    ['6303800100', 'good'],
  ] as const) {
    t.is(openApdu(hex(plain), options).kind, kind, plain);
    t.is(openApdu(hex(plain), { ...options, requiredControl: 0 }).kind, 'good', plain);
  }
  const associate = must(encodeApdu(AARQ));
  t.is(openApdu(associate, options).kind, 'bad');
});

test('a repeated APDU is stale once its counter was seen', (t) => {
  const keys = keysOf(0);
  const octets = must(sealApdu(GET, { form: 'glo', keys, systemTitle: CLIENT_TITLE, securityControl: 0x30, invocationCounter: 3 }));
  const seen = new LastSeen();
  const first = mustDecode(openApdu(octets, { keys, senderTitle: CLIENT_TITLE, lastCounter: seen.last }));
  seen.saw(first.opened?.invocationCounter ?? -1);
  t.like(openApdu(octets, { keys, senderTitle: CLIENT_TITLE, lastCounter: seen.last }), { kind: 'bad', error: { code: 'stale_counter' } });
});

test('a service without a tag in the form is refused', (t) => {
  const exception: PlainApdu = { pdu: 'exception-response', stateError: 1, serviceError: 2 };
  const options = { keys: keysOf(0), systemTitle: SERVER_TITLE, securityControl: 0x30, invocationCounter: 3 };
  t.like(sealApdu(exception, { form: 'glo', ...options }), { kind: 'bad', error: { code: 'unsupported' } });
  t.is(sealApdu(exception, { form: 'general-glo', ...options }).kind, 'good');
});

test('a release without user information stays plain', (t) => {
  const options = { keys: {}, systemTitle: CLIENT_TITLE, securityControl: 0x30, invocationCounter: 3 };
  t.is(toHex(must(sealApdu({ pdu: 'RLRQ', reason: 0 }, { form: 'glo', ...options }))), '6203800100');
});

test('rubbish never throws', (t) => {
  const keys = keysOf(0);
  const start = fc.constantFrom(0x21, 0x28, 0x60, 0x61, 0xc8, 0xcc, 0xd0, 0xdb, 0xdc, 0xdd);
  fc.assert(
    fc.property(start, fc.uint8Array({ maxLength: 60 }), (tag, octets) => {
      const outcome = openApdu(Uint8Array.of(tag, ...octets), { keys, senderTitle: CLIENT_TITLE });
      return outcome.kind === 'good' || outcome.kind === 'incomplete' || outcome.error.rule.length > 0;
    }),
    { numRuns: 3000 },
  );
  t.pass();
});
