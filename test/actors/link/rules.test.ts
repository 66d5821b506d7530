import { networkInterfaces } from 'node:os';
import test from 'ava';
import { Value } from 'typebox/value';
import { ADDRESS_NOT_ALLOWED, createAddressRules, createNumberRules, GB_DENIED_NUMBERS, GB_NUMBERING, LinksOptionsSchema } from '../../../actors/link/index.ts';
import type { TcpOptions } from '../../../actors/link/options.ts';
import { linksOptions, tcpOptions } from '../../support/link/peer.ts';

const NUMBERS = { allowNumbers: [], denyNumbers: GB_DENIED_NUMBERS };

const rules = (tcp: Partial<TcpOptions> = {}, ownPorts: readonly number[] = []) =>
  createAddressRules({ links: linksOptions({ tcp: tcpOptions(tcp) }), lines: NUMBERS, ownPorts: () => ownPorts });

const DENIED = [
  '127.0.0.1',
  '127.9.9.9',
  '0.0.0.0',
  '0.1.2.3',
  '169.254.169.254',
  '224.0.0.1',
  '239.1.1.1',
  '255.255.255.255',
  '::',
  '::1',
  'fe80::1',
  'ff02::1',
  '::ffff:127.0.0.1',
];

for (const ip of DENIED) {
  test(`denied unless allowed: ${ip}`, (t) => {
    t.false(rules().allowsIp(ip, 4059));
    t.true(rules({ allow: [ip.includes(':') && !ip.includes('.') ? `${ip}/128` : `${ip.replace('::ffff:', '')}/32`] }).allowsIp(ip, 4059));
  });
}

test('other addresses are allowed, unless the setting says otherwise', (t) => {
  t.true(rules().allowsIp('10.1.2.3', 4059));
  t.true(rules().allowsIp('2001:db8::1', 4059));
  t.false(rules({ others: 'denied' }).allowsIp('10.1.2.3', 4059));
  t.true(rules({ others: 'denied', allow: ['10.0.0.0/8 4059'] }).allowsIp('10.1.2.3', 4059));
});

test('a rule with ports covers those ports only', (t) => {
  const { allowsIp } = rules({ others: 'denied', allow: ['10.0.0.0/8 2000-2999,4059'] });
  t.deepEqual(
    [1_999, 2_000, 2_999, 3_000, 4_059].map((port) => allowsIp('10.1.2.3', port)),
    [false, true, true, false, true],
  );
});

test('deny stands above allow', (t) => {
  t.false(rules({ allow: ['10.0.0.0/8'], deny: ['10.1.0.0/16'] }).allowsIp('10.1.2.3', 4059));
  t.true(rules({ allow: ['10.0.0.0/8'], deny: ['10.1.0.0/16 80'] }).allowsIp('10.1.2.3', 4059));
});

test('our own ports are opened only by a rule that names them', (t) => {
  t.false(rules({ allow: ['127.0.0.0/8'] }, [8_443]).allowsIp('127.0.0.1', 8_443));
  t.true(rules({ allow: ['127.0.0.0/8'] }, [8_443]).allowsIp('127.0.0.1', 4_059));
  t.true(rules({ allow: ['127.0.0.0/8 8443'] }, [8_443]).allowsIp('127.0.0.1', 8_443));
});

test('our own ports are denied on every address of this host, and on no other host', (t) => {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => (list ?? []).filter(({ internal }) => !internal).map(({ address }) => address));
  for (const address of addresses) t.false(rules({}, [8_443]).allowsIp(address.replace(/%.*/, ''), 8_443), address);
  t.true(rules({}, [8_443]).allowsIp('10.254.254.254', 8_443));
});

test('a literal that may not be reached is refused when the request comes in', (t) => {
  const { parse } = rules();
  for (const text of ['127.0.0.1:4059', '[::1]:4059', 'localhost:4059', 'x.LOCALHOST:4059', '169.254.169.254:80']) {
    t.deepEqual(parse(text), { kind: 'refused', error: ADDRESS_NOT_ALLOWED }, text);
  }
  t.is(parse('meter.example:4059').kind, 'tcp');
  t.is(parse('PAKNET:23400').kind, 'paknet');
});

test('a name of the settings is judged by its fixed addresses', (t) => {
  const { parse } = rules({ hosts: { 'Here.example': ['127.0.0.1'], 'there.example': ['10.1.1.1'] } });
  t.is(parse('here.example:4059').kind, 'refused');
  t.is(parse('there.example:4059').kind, 'tcp');
});

for (const text of ['999', '112', '101', '111', '105', '116123', '118118', '09061234567', '+44 9061234567', '9,999', '9,,+44', '9999', '1121']) {
  test(`never dialled: ${text}`, (t) => {
    const { parse } = rules();
    const expected = text.includes('+44') && text.startsWith('9') ? 'Remote address is not in a recognised format' : ADDRESS_NOT_ALLOWED;
    t.deepEqual(parse(text), { kind: 'refused', error: expected });
  });
}

test('ordinary numbers may be dialled', (t) => {
  for (const text of ['07777000000', '02079460000', '+447777000000', '9,02079460000']) t.is(rules().parse(text).kind, 'telephone', text);
});

test('allowNumbers shuts out all others, and deny stands above it', (t) => {
  const allows = createNumberRules({ allowNumbers: ['07*', '0207946????'], denyNumbers: ['0777*'] }, GB_NUMBERING);
  t.deepEqual(
    ['07888000000', '02079460000', '020794600001', '01234567890', '07777000000'].map((number) => allows(number)),
    [true, true, false, false, false],
  );
});

test('a pattern of many stars is quick', (t) => {
  const allows = createNumberRules({ allowNumbers: [`${'*1'.repeat(15)}2`], denyNumbers: [] }, GB_NUMBERING);
  t.false(allows('1'.repeat(20)));
});

for (const text of ['10.0.0.0/33', '10.0.0.300/8', '10.0.0.0/8 0', '10.0.0.0/8 9-1', '10.0.0.0/8 1-2-3', '10.0.0.0/8 70000']) {
  test(`a rule that cannot be read is refused by name: ${text}`, (t) => {
    const error = t.throws(() => rules({ allow: [text] }), { code: 'config_invalid' });
    t.regex(error.message, /^links\.tcp\.allow: .*value "/);
  });
}

test('the defaults of the settings are within their own schema', (t) => {
  t.true(Value.Check(LinksOptionsSchema, Value.Default(LinksOptionsSchema, {})));
});
