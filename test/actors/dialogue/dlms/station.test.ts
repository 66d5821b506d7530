import test from 'ava';
import { DialogueError } from '../../../../actors/dialogue/dialogue.ts';
import { hdlcServer, stationOf } from '../../../../actors/dialogue/dlms/station.ts';
import { profileOf } from './rig.ts';

const iskra = profileOf('ISKRA_MX37X').dlms;
const lg = profileOf('LG_DLMS').dlms;

test('without an outstation address the profile tells the station', (t) => {
  t.deepEqual(stationOf(iskra, undefined, undefined), { client: 100, upper: 1, lower: 17 });
  t.deepEqual(stationOf(iskra, ' ', undefined), { client: 100, upper: 1, lower: 17 });
});

test('client/upper/lower sets all three, a bare number the lower address', (t) => {
  t.deepEqual(stationOf(iskra, '32/2/5481', undefined), { client: 32, upper: 2, lower: 5481 });
  t.deepEqual(stationOf(iskra, '1', undefined), { client: 100, upper: 1, lower: 1 });
  t.is(stationOf(lg, '5481', undefined).lower, 5481);
});

test('what is neither is refused by field', (t) => {
  for (const given of ['1/2', 'a', '200/1/1', '1/99999/1', '16384', '0/1/1']) {
    const error = t.throws(() => stationOf(iskra, given, undefined), { instanceOf: DialogueError });
    t.is(error.class, 'config');
    t.regex(error.message, /^outstationAddress: /);
  }
  t.throws(() => stationOf({ ...lg, addressForm: 'lower' }, '32/1/1', undefined), { instanceOf: DialogueError });
});

test('the physical address comes from the serial number where the profile says so', (t) => {
  const dlms = { ...lg, lowerFromSerial: true, serverLower: null };
  t.is(stationOf(dlms, undefined, 'LGZ50034481').lower, 5481);
  t.is(stationOf(dlms, undefined, undefined).lower, null);
  t.is(stationOf(dlms, '7', '50034481').lower, 7);
});

test('a server has one octet without a lower part, else as many as the profile wants and its parts need', (t) => {
  t.deepEqual(hdlcServer({ client: 32, upper: 1, lower: null }, 4), { size: 1, upper: 1, lower: 0 });
  t.deepEqual(hdlcServer({ client: 32, upper: 200, lower: null }, 1), { size: 4, upper: 200, lower: 0 });
  t.is(hdlcServer({ client: 100, upper: 1, lower: 17 }, 1).size, 2);
  t.is(hdlcServer({ client: 100, upper: 1, lower: 17 }, 4).size, 4);
  t.is(hdlcServer({ client: 32, upper: 17, lower: 5481 }, 1).size, 4);
});
