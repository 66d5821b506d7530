import test from 'ava';
import { fromHex, must, mustDecode, toHex } from '../../../../workers/codec/common/index.ts';
import { canName, decodeEdmiCommand, type EdmiCommand, encodeEdmiCommand } from '../../../../workers/codec/edmi/index.ts';
import fc from '../../../support/fc.ts';

const hex = (text: string): Uint8Array => fromHex(text)!;

const data = fc.uint8Array({ maxLength: 40 });
const some = fc.uint8Array({ minLength: 1, maxLength: 40 });
const text = fc.string({ unit: fc.integer({ min: 1, max: 255 }).map((code) => String.fromCharCode(code)), maxLength: 20 });
const short = fc.nat(0xffff);
const long = fc.nat(0xffff_ffff).filter((register) => register !== 0xfff1);
const command: fc.Arbitrary<EdmiCommand> = fc.oneof(
  fc.record({ kind: fc.constantFrom('ack', 'logout') }),
  fc.record({ kind: fc.constant('can' as const), errorCode: fc.option(fc.nat(255)) }),
  fc.record({ kind: fc.constant('login' as const), user: text.filter((user) => !user.includes(',')), password: text }),
  fc.record({ kind: fc.constant('login' as const), user: fc.constant(null), password: text.filter((password) => !password.includes(',')) }),
  fc.record({ kind: fc.constantFrom('read', 'data-type', 'unit'), register: short }),
  fc.record({ kind: fc.constant('read-extended' as const), register: long }),
  fc.record({ kind: fc.constantFrom('read-reply', 'data-type-reply', 'unit-reply'), register: short, data: some }),
  fc.record({ kind: fc.constant('read-extended-reply' as const), register: long, data: some }),
  fc.record({ kind: fc.constant('write' as const), register: short, data }),
  fc.record({ kind: fc.constant('write-extended' as const), register: long, data }),
  fc.record({ kind: fc.constant('multi-read' as const), registers: fc.array(fc.nat(0xffff_ffff), { maxLength: 10 }) }),
  fc.record({ kind: fc.constant('file' as const), payload: data }),
);

test('every command comes back', (t) => {
  const law = fc.property(command, (value) => {
    t.deepEqual(plain(mustDecode(decodeEdmiCommand(must(encodeEdmiCommand(value))))), plain(value));
  });
  t.notThrows(() => fc.assert(law, { numRuns: 500 }));
});

const plain = (value: EdmiCommand): unknown => JSON.parse(JSON.stringify(value, (_, member) => (member instanceof Uint8Array ? toHex(member) : member)));

test('a read that carries data is its reply', (t) => {
  t.is(mustDecode(decodeEdmiCommand(hex('52F002'))).kind, 'read');
  t.is(mustDecode(decodeEdmiCommand(hex('52F00241'))).kind, 'read-reply');
});

test('several registers: only the direction tells the reply from the request', (t) => {
  const octets = hex('4D0000FFF10000F002');
  t.deepEqual(decodeEdmiCommand(octets), { kind: 'good', value: { kind: 'multi-read', registers: [0xf002] }, consumed: 9, leniencies: [] });
  t.is(mustDecode(decodeEdmiCommand(octets, { direction: 'reply' })).kind, 'multi-read-reply');
  t.is(mustDecode(decodeEdmiCommand(hex('4D0000FFF100'))).kind, 'multi-read-reply');
  t.like(decodeEdmiCommand(hex('4D0000FFF100'), { direction: 'request' }), { kind: 'bad', error: { code: 'bad_length' } });
});

test('octets behind an ACK are reported, and refused when strict', (t) => {
  t.like(decodeEdmiCommand(hex('0600')), { kind: 'good', leniencies: ['trailing-octets'] });
  t.like(decodeEdmiCommand(hex('0600'), { strict: 'all' }), { kind: 'bad', error: { code: 'trailing_octets', offset: 1 } });
});

for (const [octets, code] of [
  ['', 'truncated'],
  ['52', 'truncated'],
  ['52F0', 'truncated'],
  ['4D0000F0', 'truncated'],
  ['4C4142', 'truncated'],
  ['51F002', 'unknown_tag'],
] as const) {
  test(`refused: ${octets || 'no octets'}`, (t) => {
    t.like(decodeEdmiCommand(hex(octets)), { kind: 'bad', error: { code } });
  });
}

const UNCODABLE: readonly EdmiCommand[] = [
  { kind: 'can', errorCode: 256 },
  { kind: 'read', register: 0x1_0000 },
  { kind: 'read', register: 1.5 },
  { kind: 'read-extended', register: 0xfff1 },
  { kind: 'read-extended', register: -1 },
  { kind: 'read-reply', register: 1, data: new Uint8Array(0) },
  { kind: 'multi-read', registers: [2 ** 32] },
  { kind: 'login', user: 'a,b', password: 'c' },
  { kind: 'login', user: null, password: 'a,b' },
];

for (const value of UNCODABLE) {
  test(`not built: ${JSON.stringify(value)}`, (t) => {
    t.is(encodeEdmiCommand(value).kind, 'bad');
  });
}

test('a password that cannot be coded is not in the error', (t) => {
  const outcome = encodeEdmiCommand({ kind: 'login', user: 'EDMI', password: 'Geheim\u20ac' });
  t.true(outcome.kind === 'bad');
  t.notRegex(JSON.stringify(outcome), /Geheim|8364|20ac/i);
});

test('codes of a CAN have names', (t) => {
  t.deepEqual([null, 1, 3, 9, 77].map(canName), ['bad-user-or-password', 'cannot-write', 'register-not-found', 'not-logged-in', 'code-77']);
});
