import test from 'ava';
import { COMS_SETTINGS_RULE } from '../../../actors/link/coms-settings.ts';
import { ADDRESS_NOT_RECOGNISED, GB_NUMBERING, parseComsSettings, parseRemoteAddress } from '../../../actors/link/index.ts';

const RECOGNISED: readonly (readonly [string, object])[] = [
  ['07777000000', { kind: 'telephone', dial: '07777000000', canonical: 'tel:07777000000' }],
  ['+447777000000', { kind: 'telephone', dial: '07777000000', canonical: 'tel:07777000000' }],
  ['0044 7777 000000', { kind: 'telephone', dial: '07777000000', canonical: 'tel:07777000000' }],
  ['+44 07777-000000', { kind: 'telephone', dial: '07777000000', canonical: 'tel:07777000000' }],
  ['07777 000-000', { kind: 'telephone', dial: '07777000000', canonical: 'tel:07777000000' }],
  ['9,,07777000000', { kind: 'telephone', dial: '9,,07777000000', canonical: 'tel:907777000000' }],
  ['+4930123456', { kind: 'telephone', dial: '+4930123456', canonical: 'tel:004930123456' }],
  ['004930123456', { kind: 'telephone', dial: '+4930123456', canonical: 'tel:004930123456' }],
  ['123', { kind: 'telephone', dial: '123', canonical: 'tel:123' }],
  ['12345678901234567890', { kind: 'telephone', dial: '12345678901234567890', canonical: 'tel:12345678901234567890' }],
  [' 07777000000 ', { kind: 'telephone', dial: '07777000000', canonical: 'tel:07777000000' }],
  ['10.1.2.3:4059', { kind: 'tcp', host: '10.1.2.3', port: 4059, canonical: 'tcp:10.1.2.3:4059' }],
  ['10.1.2.3:65535', { kind: 'tcp', host: '10.1.2.3', port: 65535, canonical: 'tcp:10.1.2.3:65535' }],
  ['Meter-1.Example.ORG:2048', { kind: 'tcp', host: 'meter-1.example.org', port: 2048, canonical: 'tcp:meter-1.example.org:2048' }],
  ['meter.example.:2048', { kind: 'tcp', host: 'meter.example', port: 2048, canonical: 'tcp:meter.example:2048' }],
  ['m:1', { kind: 'tcp', host: 'm', port: 1, canonical: 'tcp:m:1' }],
  ['[2001:DB8:0:0::1]:4059', { kind: 'tcp', host: '2001:db8::1', port: 4059, canonical: 'tcp:[2001:db8::1]:4059' }],
  ['[::ffff:10.1.2.3]:4059', { kind: 'tcp', host: '10.1.2.3', port: 4059, canonical: 'tcp:10.1.2.3:4059' }],
  ['PAKNET:2340', { kind: 'paknet', digits: '2340', canonical: 'paknet:2340' }],
  ['paknet:12345678901234', { kind: 'paknet', digits: '12345678901234', canonical: 'paknet:12345678901234' }],
];

for (const [text, expected] of RECOGNISED) {
  test(`recognised: ${JSON.stringify(text)}`, (t) => {
    t.deepEqual(parseRemoteAddress(text) as object, expected);
  });
}

const UNRECOGNISED: readonly string[] = [
  'abc',
  '',
  '12',
  '123456789012345678901',
  '+44 (0)7777000000',
  ',07777000000',
  '07777000000,',
  '0777++7000000',
  '07777;000000',
  '07777000000\r\nATH',
  '٠٧٧٧٧',
  `0${','.repeat(80)}777`,
  'meter',
  'meter.example',
  'meter.example:0',
  'meter.example:65536',
  'meter.example:080',
  'meter.example:',
  ':4059',
  '10.1.2.3',
  '10.1.2.256:4059',
  '010.1.2.3:4059',
  '10.1.2:4059',
  '2130706433:4059',
  '0x7f000001:4059',
  'a.0x7f:4059',
  'a.1:4059',
  'a..b:4059',
  '-a.b:4059',
  'a_b.c:4059',
  `${'a'.repeat(64)}.org:4059`,
  `${'a.'.repeat(140)}org:4059`,
  'métér.example:4059',
  '2001:db8::1:4059',
  '[2001:db8::1]',
  '[2001:db8::g]:4059',
  '[fe80::1%eth0]:4059',
  '[10.1.2.3]:4059:1',
  'http://meter.example:4059',
  'PAKNET:123',
  'PAKNET:123456789012345',
  'PAKNET: 2340',
  'PAKNET:meter',
];

for (const text of UNRECOGNISED) {
  test(`not recognised: ${JSON.stringify(text.slice(0, 40))} (${text.length})`, (t) => {
    t.deepEqual(parseRemoteAddress(text), { kind: 'refused', error: ADDRESS_NOT_RECOGNISED });
  });
}

test('the country code of the setting is the one that is taken off', (t) => {
  const irish = { ...GB_NUMBERING, countryCode: '353' };
  t.is(
    parseRemoteAddress('+353861234567', irish).kind === 'telephone' && (parseRemoteAddress('+353861234567', irish) as { canonical: string }).canonical,
    'tel:0861234567',
  );
  t.is((parseRemoteAddress('+447777000000', irish) as { canonical: string }).canonical, 'tel:00447777000000');
});

test('comsSettings: data bits, parity, stop bits', (t) => {
  t.deepEqual(parseComsSettings('7E1'), { dataBits: 7, parity: 'even', stopBits: 1 });
  t.deepEqual(parseComsSettings('8n2'), { dataBits: 8, parity: 'none', stopBits: 2 });
  t.deepEqual(parseComsSettings('7O1'), { dataBits: 7, parity: 'odd', stopBits: 1 });
  t.deepEqual(parseComsSettings('7M1'), { dataBits: 7, parity: 'mark', stopBits: 1 });
  t.deepEqual(parseComsSettings('7S1'), { dataBits: 7, parity: 'space', stopBits: 1 });
});

for (const text of ['', '7E', '7E3', '9N1', '7X1', '7E1 ', 'E71', '7E1\n']) {
  test(`comsSettings refused: ${JSON.stringify(text)}`, (t) => {
    t.deepEqual(parseComsSettings(text), { kind: 'refused', error: COMS_SETTINGS_RULE });
  });
}
