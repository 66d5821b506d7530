import test from 'ava';
import { createProfileCatalogue, outstationFault, passwordFault, timeUpdateFault, timeUpdateSupported } from '../../../actors/profile/index.ts';

const { find, entries } = createProfileCatalogue();
const profile = (meterType: string) => find(meterType)!;

test('only CEWEPRO and PREMIERPRI refuse a time-update, with the sentence of the API', (t) => {
  const refused = entries.map((entry) => entry.profile).filter((each) => !timeUpdateSupported(each));
  t.deepEqual(refused.map(timeUpdateFault), ['Time update is not supported for meter type CEWEPRO', 'Time update is not supported for meter type PREMIERPRI']);
  t.is(timeUpdateFault(profile('EDMIATLAS')), undefined);
});

const passwords: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  ['ELSTERA1700', ['FEDC0003', '        ', '!"(){}~/'], ['', 'FEDC000', 'FEDC00034', 'FEDC000é', 'FEDC000\n']],
  ['ELSTERAS230', ['12345678'], ['1234567']],
  ['EDMIATLAS', ['secret', 'EDMI,IMDEIMDE', 'a,b,c'], ['', 'x'.repeat(33), `${'u'.repeat(17)},${'x'.repeat(33)}`, 'a\u0000b']],
  ['ISKRA_MX37X', ['12345678', 'a'.repeat(64)], ['', 'a'.repeat(65)]],
  ['LG_DLMS', ['00000000'], ['']],
  ['EMLITECOP10', ['', 'anything', 'x'.repeat(100)], []],
  ['CEWEPRO', ['', 'reader'], ['a(b)', 'x'.repeat(33)]],
];
for (const [meterType, good, bad] of passwords) {
  test(`${meterType} takes passwords of its form, and names the rule but never the password`, (t) => {
    for (const password of good) t.is(passwordFault(profile(meterType), password), undefined, password);
    for (const password of bad) {
      const fault = passwordFault(profile(meterType), password);
      t.regex(fault ?? '', /^password must/, password);
      if (password.length > 3) t.false(fault?.includes(password));
    }
  });
}

test('a missing password is told only where the meter asks for one', (t) => {
  t.is(passwordFault(profile('ELSTERA1700'), undefined), 'password must be given for meter type ELSTERA1700');
  t.is(passwordFault(profile('EMLITECOP10'), undefined), undefined);
});

test('the challenge of Landis+Gyr takes seven digits', (t) => {
  const { find: changed } = createProfileCatalogue({ types: { LG_DLMS: { dlms: { mechanism: 'hls-landis-gyr' } } } });
  t.is(passwordFault(changed('LG_DLMS')!, '1234567'), undefined);
  t.is(passwordFault(changed('LG_DLMS')!, '12345678'), 'password must be seven hexadecimal digits');
});

const addresses: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  ['ELSTERA1700', ['', '001', 'METER 7', 'x'.repeat(32)], ['a/b', 'a!b', 'é', 'x'.repeat(33)]],
  ['ELSTERA1140', ['', '1', '001', '255'], ['0', '000', '256', '0001', 'a']],
  ['EDMIATLAS', ['', '0', '204836118', '4294967295'], ['4294967296', '-1', '0x1', 'abc']],
  ['EMLITECOP10', ['', '1002', '0x3EA', '0A1B2C3D', '4294967295'], ['4294967296', '0x123456789', 'A1', 'xyz']],
  ['ISKRA_MX37X', ['', '17', '100/1/17', '1/16383/16383'], ['100/1', '0/1/17', '128/1/17', '16384', 'a', '1/2/3/4']],
  ['LG_DLMS', ['', '5481', '16383'], ['16384', '1/2', 'x']],
  ['CEWEPRO100', ['', '17'], ['99999', 'x']],
  ['CEWEPRO', ['', 'C123456'], ['C/1']],
];
for (const [meterType, good, bad] of addresses) {
  test(`${meterType} takes outstation addresses of its form, and names rule and value`, (t) => {
    for (const address of good) t.is(outstationFault(profile(meterType), address), undefined, address);
    for (const address of bad) t.regex(outstationFault(profile(meterType), address) ?? '', /^outstationAddress must .*, value "/, address);
    t.is(outstationFault(profile(meterType), undefined), undefined);
  });
}
