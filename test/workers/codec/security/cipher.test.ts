import test from 'ava';
import type { CipheredApdu } from '../../../../workers/codec/apdu/index.ts';
import { toHex } from '../../../../workers/codec/common/index.ts';
import { type CipheredName, type CipherRequest, cipher, cipherApdu, decipher, type Suite, securityControl } from '../../../../workers/codec/security/index.ts';
import fc from '../../../support/fc.ts';
import { CLIENT_TITLE, hex, keysOf, SERVER_TITLE } from './material.ts';

const GET = hex('C0010000080000010000FF0200');
const SUITES: readonly Suite[] = [0, 1, 2];
const NAMES: readonly CipheredName[] = ['glo-get-request', 'ded-get-request', 'general-glo-ciphering', 'general-ded-ciphering'];
const CONTROLS = ['10', '20', '30', '50', '60', '70'];

const requestOf = (changes: Partial<CipherRequest> = {}): CipherRequest => ({
  name: 'glo-get-request',
  plaintext: GET,
  securityControl: 0x30,
  systemTitle: CLIENT_TITLE,
  invocationCounter: 0x01234567,
  keys: keysOf(0),
  ...changes,
});

function made(changes: Partial<CipherRequest> = {}): CipheredApdu {
  const outcome = cipherApdu(requestOf(changes));
  if (outcome.kind === 'bad') throw new Error(outcome.error.rule);
  return outcome.octets;
}

for (const suite of SUITES) {
  for (const control of CONTROLS) {
    for (const name of NAMES) {
      const options = { name, securityControl: Number.parseInt(control, 16) + suite, keys: keysOf(suite) };

      test(`suite ${suite}, control ${control}, ${name}: opens under the title of the client, and not under that of the server`, (t) => {
        const ciphered = made(options);
        const { systemTitle: _, ...withoutTitle } = ciphered;
        const right = decipher(withoutTitle, { keys: options.keys, senderTitle: CLIENT_TITLE });
        t.is(right.kind === 'good' && toHex(right.value.plaintext), toHex(GET));
        const wrong = decipher(withoutTitle, { keys: options.keys, senderTitle: SERVER_TITLE });
        if (control === '20' || control === '60') t.not(wrong.kind === 'good' && toHex(wrong.value.plaintext), toHex(GET));
        else t.like(wrong, { kind: 'bad', error: { code: 'bad_tag' } });
      });

      test(`suite ${suite}, control ${control}, ${name}: the whole APDU is head and content`, (t) => {
        const ciphered = made(options);
        const whole = cipher(requestOf(options));
        const title = name.startsWith('general') ? `08${toHex(CLIENT_TITLE)}` : '';
        const sealed = `${toHex(Uint8Array.of(options.securityControl))}01234567${toHex(ciphered.content)}`;
        const tag = { 'glo-get-request': 'C8', 'ded-get-request': 'D0', 'general-glo-ciphering': 'DB', 'general-ded-ciphering': 'DC' }[name as string];
        t.is(whole.kind === 'good' && toHex(whole.octets), `${tag}${title}${toHex(Uint8Array.of(sealed.length / 2))}${sealed}`);
      });
    }
  }
}

test('the title that a general APDU carries counts, and an empty one stands for the peer', (t) => {
  const keys = keysOf(0);
  const carried = made({ name: 'general-glo-ciphering' });
  t.like(decipher(carried, { keys, senderTitle: SERVER_TITLE }), { kind: 'good', value: { systemTitle: CLIENT_TITLE } });
  const empty = made({ name: 'general-glo-ciphering', omitTitle: true });
  t.is(empty.systemTitle?.length, 0);
  t.is(decipher(empty, { keys, senderTitle: CLIENT_TITLE }).kind, 'good');
  t.like(decipher(empty, { keys }), { kind: 'bad', error: { code: 'missing_key' } });
  const whole = cipher(requestOf({ name: 'general-glo-ciphering', omitTitle: true }));
  t.is(whole.kind === 'good' && toHex(whole.octets.subarray(0, 3)), 'DB001E');
});

test('a pinned title refuses another one', (t) => {
  const carried = made({ name: 'general-glo-ciphering' });
  const keys = keysOf(0);
  t.is(decipher(carried, { keys, senderTitle: CLIENT_TITLE, pinTitle: true }).kind, 'good');
  t.like(decipher(carried, { keys, senderTitle: SERVER_TITLE, pinTitle: true }), { kind: 'bad', error: { code: 'bad_value' } });
});

test('broadcast, unicast and dedicated keys are different keys', (t) => {
  const keys = keysOf(0);
  const texts = new Set(
    [made(), made({ securityControl: 0x70 }), made({ name: 'ded-get-request' })].map(({ content }) => toHex(content.subarray(0, GET.length))),
  );
  t.is(texts.size, 3);
  const { broadcastKey: _, ...without } = keys;
  t.like(decipher(made({ securityControl: 0x70 }), { keys: without, senderTitle: CLIENT_TITLE }), { kind: 'bad', error: { code: 'missing_key' } });
});

test('control 10 leaves the plaintext in clear, 20 has no tag, 00 has neither', (t) => {
  t.is(toHex(made({ securityControl: 0x10 }).content.subarray(0, GET.length)), toHex(GET));
  t.is(made({ securityControl: 0x10 }).content.length, GET.length + 12);
  t.is(made({ securityControl: 0x20 }).content.length, GET.length);
  t.is(toHex(made({ securityControl: 0 }).content), toHex(GET));
  t.is(decipher(made({ securityControl: 0 }), { keys: {} }).kind, 'good');
});

test('what travels in clear is a view of the input', (t) => {
  const ciphered = made({ securityControl: 0x10 });
  const opened = decipher(ciphered, { keys: keysOf(0), senderTitle: CLIENT_TITLE });
  t.is(opened.kind === 'good' && opened.value.plaintext.buffer, ciphered.content.buffer);
});

test('a receiver refuses less protection than it wants', (t) => {
  const options = { keys: keysOf(0), senderTitle: CLIENT_TITLE, requiredControl: 0x30 };
  t.is(decipher(made(), options).kind, 'good');
  for (const control of [0x00, 0x10, 0x20]) {
    t.like(decipher(made({ securityControl: control }), options), { kind: 'bad', error: { code: 'bad_value', got: toHex(Uint8Array.of(control)) } });
  }
});

test('a counter that is not above the last one is stale', (t) => {
  const options = { keys: keysOf(0), senderTitle: CLIENT_TITLE };
  t.is(decipher(made({ invocationCounter: 8 }), { ...options, lastCounter: 7 }).kind, 'good');
  for (const counter of [0, 6, 7]) {
    t.like(decipher(made({ invocationCounter: counter }), { ...options, lastCounter: 7 }), { kind: 'bad', error: { code: 'stale_counter' } });
  }
});

test('compression and suites that do not exist are unsupported', (t) => {
  for (const control of [0xb0, 0x80, 0x33, 0x3f]) {
    t.like(cipher(requestOf({ securityControl: control })), { kind: 'bad', error: { code: 'unsupported' } });
    t.like(decipher({ ...made(), securityControl: control }, { keys: keysOf(0), senderTitle: CLIENT_TITLE }), { kind: 'bad', error: { code: 'unsupported' } });
  }
});

test('a content without room for its tag is refused', (t) => {
  for (const length of [0, 11]) {
    const outcome = decipher({ ...made(), content: new Uint8Array(length) }, { keys: keysOf(0), senderTitle: CLIENT_TITLE });
    t.like(outcome, { kind: 'bad', error: { code: 'bad_length' }, consumed: length });
  }
});

test('counters, controls and titles that cannot be are refused', (t) => {
  for (const changes of [{ invocationCounter: -1 }, { invocationCounter: 2 ** 32 }, { invocationCounter: 0.5 }, { securityControl: 256 }]) {
    t.like(cipher(requestOf(changes)), { kind: 'bad', error: { code: 'bad_value' } });
    t.is(cipherApdu(requestOf(changes)).kind, 'bad');
  }
  t.like(cipher(requestOf({ systemTitle: new Uint8Array(7) })), { kind: 'bad', error: { code: 'bad_value', rule: 'systemTitle: 8 octets' } });
  t.like(cipher(requestOf({ systemTitle: new Uint8Array(0) })), { kind: 'bad', error: { code: 'missing_key' } });
});

test('every length of plaintext keeps its length field', (t) => {
  for (const [size, head] of [
    [110, 'C87F'],
    [111, 'C88180'],
    [238, 'C881FF'],
    [239, 'C8820100'],
    [65518, 'C882FFFF'],
    [65519, 'C88400010000'],
  ] as const) {
    const whole = cipher(requestOf({ plaintext: new Uint8Array(size) }));
    t.is(whole.kind === 'good' && toHex(whole.octets.subarray(0, head.length / 2)), head);
    t.is(whole.kind === 'good' && whole.octets.length, head.length / 2 + 5 + size + 12);
  }
});

test('memory that is given is written to, and must have room', (t) => {
  const into = new Uint8Array(64);
  const whole = cipher(requestOf({ into }));
  t.is(whole.kind === 'good' && whole.octets.buffer, into.buffer);
  t.is(whole.kind === 'good' && whole.octets.length, 32);
  t.deepEqual(whole.kind === 'good' && toHex(whole.octets), 'C81E3001234567411312FF935A47566827C467BC7D825C3BE4A77C3FCC056B6B');
  t.like(cipher(requestOf({ into: new Uint8Array(31) })), { kind: 'bad', error: { code: 'too_large' } });
});

test('no octet of control, counter, content or title may change', (t) => {
  const suite = fc.constantFrom(...SUITES);
  const place = fc.nat();
  fc.assert(
    fc.property(
      suite,
      fc.constantFrom(0x10, 0x30),
      fc.uint8Array({ maxLength: 40 }),
      place,
      fc.integer({ min: 1, max: 255 }),
      (of, protection, text, at, flip) => {
        const keys = keysOf(of);
        const control = securityControl({ suite: of, authenticated: true, encrypted: protection === 0x30 });
        const ciphered = made({ name: 'general-glo-ciphering', securityControl: control, keys, plaintext: text });
        const flipped = (octets: Uint8Array): Uint8Array => octets.map((octet, index) => (index === at % octets.length ? octet ^ flip : octet));
        const options = { keys, requiredControl: protection };
        const others: readonly CipheredApdu[] = [
          { ...ciphered, content: flipped(ciphered.content) },
          { ...ciphered, systemTitle: flipped(ciphered.systemTitle ?? CLIENT_TITLE) },
          { ...ciphered, securityControl: ciphered.securityControl ^ flip },
          { ...ciphered, invocationCounter: (ciphered.invocationCounter ^ (flip << (8 * (at % 4)))) >>> 0 },
          { ...ciphered, content: ciphered.content.subarray(1) },
          { ...ciphered, content: ciphered.content.subarray(0, -1) },
          { ...ciphered, pdu: 'general-ded-ciphering' },
        ];
        return decipher(ciphered, options).kind === 'good' && others.every((other) => decipher(other, options).kind === 'bad');
      },
    ),
  );
  t.pass();
});

test('an error holds no octet of a key', (t) => {
  const secret = hex('5EC2E75EC2E75EC2E75EC2E75EC2E75EC2E75EC2');
  const named = ['encryptionKey', 'authenticationKey', 'dedicatedKey', 'broadcastKey'] as const;
  for (const key of named) {
    for (const length of [0, 1, 15, 17, 20]) {
      const keys = { ...keysOf(0), [key]: secret.subarray(0, length) };
      const changes = {
        keys,
        securityControl: key === 'broadcastKey' ? 0x70 : 0x30,
        name: key === 'dedicatedKey' ? 'ded-get-request' : 'glo-get-request',
      } as const;
      const outcome = cipher(requestOf(changes));
      t.like(outcome, { kind: 'bad', error: { code: 'bad_value', got: `${length} octets` } });
      t.true(outcome.kind === 'bad' && outcome.error.rule.startsWith(`${key}: `));
      t.notRegex(JSON.stringify(outcome), /5ec2|94,\s*194/i);
      const opened = decipher(made({ ...changes, keys: keysOf(0) }), { keys, senderTitle: CLIENT_TITLE });
      t.is(opened.kind, 'bad');
      t.notRegex(JSON.stringify(opened), /5ec2|94,\s*194/i);
    }
    const missing = cipher(requestOf({ keys: {}, securityControl: 0x30 }));
    t.like(missing, { kind: 'bad', error: { code: 'missing_key', rule: 'encryptionKey: not given' } });
  }
});
