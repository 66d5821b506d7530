/** Where a webhook may go. */
import test from 'ava';
import { checkAddress, createAddressCheck } from '../../../actors/webhook/index.ts';

const nowhere = { ports: () => [], addresses: () => [] };
const check = createAddressCheck({ allow: [], deny: [] }, nowhere);

const INWARD: Readonly<Record<string, readonly string[]>> = {
  loopback: ['127.0.0.1', '127.8.8.8', '::1'],
  private: ['10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1'],
  'link-local and metadata': ['169.254.169.254', 'fe80::1', 'fd00:ec2::254'],
  'carrier-grade NAT': ['100.64.0.1', '100.127.255.255'],
  'unique local and site-local': ['fc00::1', 'fdff::1', 'fec0::1'],
  multicast: ['224.0.0.1', '239.1.1.1', 'ff02::1'],
  documentation: ['192.0.2.1', '198.51.100.1', '203.0.113.1', '2001:db8::1', '3fff::1'],
  'benchmarks and reserved': ['198.18.0.1', '240.0.0.1', '255.255.255.255', '0.0.0.0', '192.0.0.8', '192.88.99.1'],
  'v4 in v6 clothes': ['::ffff:8.8.8.8', '::ffff:127.0.0.1', '::127.0.0.1', '64:ff9b::7f00:1', '64:ff9b:1::1', '2002:7f00:1::1', '2001::1'],
  unspecified: ['::', '100::1', '4000::1', '5f00::1', 'not-an-ip', 'fe80::1%eth0'],
};

for (const [what, addresses] of Object.entries(INWARD)) {
  test(`${what}: refused`, (t) => {
    t.deepEqual(
      addresses.filter((ip) => check(ip, 443)),
      [],
    );
  });
}

test('public addresses may be reached, on any port', (t) => {
  for (const ip of ['8.8.8.8', '172.32.0.1', '100.128.0.1', '1.1.1.1', '2606:4700::1', '2a00:1450::1']) t.true(check(ip, 8_443), ip);
});

test('`allow` opens a network, with ports behind it only those; `deny` stands above', (t) => {
  const some = createAddressCheck({ allow: ['10.1.0.0/16', '127.0.0.0/8 8443'], deny: ['10.1.9.0/24', '8.8.8.0/24'] }, nowhere);
  t.deepEqual(
    [some('10.1.2.3', 443), some('10.2.0.1', 443), some('10.1.9.1', 443), some('127.0.0.1', 8_443), some('127.0.0.1', 443), some('8.8.8.8', 443)],
    [true, false, false, true, false, false],
  );
});

test('a port of our own is nobody else, whatever the address', (t) => {
  const own = createAddressCheck({ allow: ['10.0.0.0/8'], deny: [] }, { ports: () => [8_443], addresses: () => ['10.0.0.5'] });
  t.deepEqual([own('10.0.0.5', 8_443), own('10.0.0.5', 443), own('10.0.0.6', 8_443)], [false, true, true]);
});

test('a rule that cannot be read names its setting', (t) => {
  t.throws(() => createAddressCheck({ allow: ['10.0.0.0/99'], deny: [] }, nowhere), { message: /^webhook\.allow: / });
});

const REFUSED: readonly [text: string, rule: RegExp][] = [
  ['http://receiver.example/hook', /https/],
  ['ftp://receiver.example/', /https/],
  ['receiver.example', /must be a URL/],
  ['https://user:pass@receiver.example/', /no user or password/],
  ['https://receiver.example/#here', /no fragment/],
  ['https://127.0.0.1/', /address that may be reached/],
  ['https://[::1]/', /address that may be reached/],
  ['https://0x7f.1/', /address that may be reached/],
  ['https://2130706433/', /address that may be reached/],
  ['https://[::ffff:10.0.0.1]/', /address that may be reached/],
];

for (const [text, rule] of REFUSED) {
  test(`url ${text}: refused`, (t) => {
    t.throws(() => checkAddress(text, check), { code: 'invalid_value', message: rule });
  });
}

test('a URL is kept in its canonical writing', (t) => {
  t.is(checkAddress('HTTPS://Receiver.Example:443/a/../hook?x=1', check), 'https://receiver.example/hook?x=1');
});
