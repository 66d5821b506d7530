import test from 'ava';
import { must, mustDecode } from '../../../../workers/codec/common/index.ts';
import {
  clockOfText,
  clockText,
  type DataSet,
  dataSetText,
  decodeReadout,
  decodeSeasonedTime,
  encodeReadout,
  encodeSeasonedTime,
  type IdentificationTelegram,
  readDataSets,
} from '../../../../workers/codec/iec62056-21/index.ts';
import fc from '../../../support/fc.ts';

const ascii = (text: string): Uint8Array => Uint8Array.from(text, (char) => char.charCodeAt(0));
const setsOf = (text: string, options = {}) => mustDecode(decodeReadout(ascii(text), options)).dataSets.toArray();
const IDENT: IdentificationTelegram = { type: 'identification', manufacturer: 'LGZ', baudChar: '5', enhanced: ['2'], identification: 'ZMD' };

const field = (chars: string, maxLength: number) => fc.array(fc.constantFrom(...chars), { maxLength }).map((list) => list.join(''));
const dataSets = fc.array(
  fc.record({
    address: fc.option(field('0123456789.:-*&FP', 16).filter((text) => text !== '')),
    value: field(' 0123456789.,-ABab', 40),
    unit: fc.option(field('kWhVArm3', 8)),
  }),
  { maxLength: 12 },
);

const textOf = (sets: readonly DataSet[]): string => {
  const made = dataSetText(sets);
  return made.kind === 'good' ? made.text : '';
};

test('data sets come back from their text, on one line or many', (t) => {
  fc.assert(
    fc.property(dataSets, fc.constantFrom('', '\r\n', '\n\n', '\r\r\n'), (sets, end) => {
      t.deepEqual(readDataSets(textOf(sets)).toArray(), sets);
      t.deepEqual(readDataSets(sets.map((set) => textOf([set]) + end).join('')).toArray(), sets);
    }),
  );
});

test('a field of a data set that does not fit is not coded', (t) => {
  const set = { address: '1', value: '1', unit: null };
  for (const wrong of [{ address: '1'.repeat(17) }, { address: '(' }, { value: '*' }, { value: '1'.repeat(129) }, { unit: 'm3/h' }]) {
    t.is(dataSetText([{ ...set, ...wrong }]).kind, 'bad', JSON.stringify(wrong));
  }
});

test('a missing address, an empty value, an empty unit and leading blanks are kept apart', (t) => {
  t.deepEqual(readDataSets('P.01(19)(00)()(1*)( 2*kW)').toArray(), [
    { address: 'P.01', value: '19', unit: null },
    { address: null, value: '00', unit: null },
    { address: null, value: '', unit: null },
    { address: null, value: '1', unit: '' },
    { address: null, value: ' 2', unit: 'kW' },
  ]);
});

test('a data set that its line breaks off gives nothing', (t) => {
  t.deepEqual(
    readDataSets('1.8.0(001\r\n2.8.0(2)\r\n3.8.0')
      .toArray()
      .map(({ address }) => address),
    ['2.8.0'],
  );
});

test('a table gives its members without a list', (t) => {
  const table = readDataSets('1.8.0(5*kWh)2.8.0(6)');
  t.is(table.find('2.8.0'), '6');
  t.is(table.find('3.8.0'), undefined);
  t.is(table.address(7), null);
  t.deepEqual([...table].length, 2);
});

test('a readout comes back, with and without framing, identification and parity', (t) => {
  fc.assert(
    fc.property(dataSets, fc.boolean(), fc.boolean(), fc.boolean(), (sets, framed, identified, evenParity) => {
      const text = `${sets.map((set) => `${textOf([set])}\r\n`).join('')}!\r\n`;
      const identification = identified ? IDENT : null;
      const octets = must(encodeReadout({ identification, text, framed }, { evenParity }));
      const outcome = decodeReadout(octets, { parity: evenParity ? 'even' : 'strip' });
      if (!framed && !identified && sets.length === 0) {
        t.is(outcome.kind, 'bad');
        return;
      }
      const readout = mustDecode(outcome);
      t.deepEqual(readout.identification, identification);
      t.deepEqual(readout.dataSets.toArray(), sets);
      t.true(readout.dataSets.endMark);
      t.is(readout.text, text);
      t.is(readout.framed, framed);
      t.is(readout.bcc !== null, framed);
      if (outcome.kind === 'good') t.deepEqual(outcome.leniencies, []);
    }),
    { numRuns: 300 },
  );
});

test('what precedes the last identification gives nothing', (t) => {
  const good = '/LGZ5ZMD\r\n1.8.0(1)\r\n!\r\n';
  for (const before of ['/?!\r\n', '\0\0\x7f', '/LGZ5ZMD\r\n1.8.0(9', '/LGZ5ZMD\r\n1.8.0(9)\r\n!\r\n', '9(9)\r\n', '\x02']) {
    const outcome = decodeReadout(ascii(before + good));
    t.deepEqual(mustDecode(outcome).dataSets.toArray(), [{ address: '1.8.0', value: '1', unit: null }], before);
    if (outcome.kind === 'good') t.true(outcome.leniencies.includes('leading-noise'));
  }
});

test('a slash in a unit begins no identification', (t) => {
  t.deepEqual(setsOf('/LGZ5ZMD\r\n6.31(0.5*l/min)\r\n6.32(1)\r\n'), [
    { address: '6.31', value: '0.5', unit: 'l/min' },
    { address: '6.32', value: '1', unit: null },
  ]);
});

test('an echo of the option select stands before STX', (t) => {
  t.deepEqual(setsOf('/LGZ5ZMD\r\n\x06050\r\n\x02F.F(0)!\r\n\x03'), [{ address: 'F.F', value: '0', unit: null }]);
});

test('an echoed request without identification is passed over', (t) => {
  t.deepEqual(setsOf('/?!\r\nF.F(0)\r\n'), [{ address: 'F.F', value: '0', unit: null }]);
});

test('blocks that end with EOT are one readout, each with its BCC', (t) => {
  const block = (data: string, end: string): string => {
    const body = `${data}${end}`;
    return `\x02${body}${String.fromCharCode([...body].reduce((bcc, char) => bcc ^ char.charCodeAt(0), 0))}`;
  };
  const octets = `${block('1(1)\r\n', '\x04')}${block('2(2)\r\n!\r\n', '\x03')}`;
  t.deepEqual(
    setsOf(octets).map(({ value }) => value),
    ['1', '2'],
  );
  t.like(decodeReadout(ascii(octets.replace('1(1)', '1(3)'))), { kind: 'bad', error: { code: 'bad_bcc' } });
});

test('a missing BCC is let pass as missing-bcc, or incomplete', (t) => {
  const octets = ascii('\x02F.F(0)\r\n!\r\n\x03');
  t.like(decodeReadout(octets), { kind: 'good', leniencies: ['missing-bcc'] });
  t.is(decodeReadout(octets, { strict: ['missing-bcc'] }).kind, 'incomplete');
});

test('other line ends are let pass as line-ends, or refused', (t) => {
  for (const end of ['\n', '\n\n', '\r\r\n']) {
    const octets = ascii(`/LGZ5ZMD\r\n1(1)${end}2(2)${end}!\r\n`);
    t.like(decodeReadout(octets), { kind: 'good', leniencies: ['line-ends'] });
    t.is(decodeReadout(octets, { strict: 'all' }).kind, 'bad');
  }
});

test('rubbish, a wrong BCC and more than the limits are refused', (t) => {
  t.is(decodeReadout(new Uint8Array()).kind, 'incomplete');
  t.like(decodeReadout(ascii('hello')), { error: { code: 'unexpected_octet' } });
  t.like(decodeReadout(ascii('\x02F.F(0)\x03\0')), { error: { code: 'bad_bcc', offset: 8 } });
  t.like(decodeReadout(ascii('1(1)2(2)'), { limits: { maxElements: 1, maxOctets: 100 } }), { error: { code: 'too_many' } });
  t.like(decodeReadout(ascii('1(1)2(2)'), { limits: { maxElements: 1, maxOctets: 5 } }), { error: { code: 'too_large' } });
});

test('any octets give an outcome', (t) => {
  const octet = fc.oneof(fc.constantFrom(1, 2, 3, 4, 13, 10, 0x21, 0x2f, 0x28, 0x29, 0x41), fc.integer({ min: 0, max: 255 }));
  fc.assert(
    fc.property(fc.array(octet, { maxLength: 60 }), (list) => {
      t.true(['good', 'bad', 'incomplete'].includes(decodeReadout(Uint8Array.from(list)).kind));
    }),
    { numRuns: 2000 },
  );
});

test('the clock of 0.9.4 comes back', (t) => {
  const time = { year: 2024, month: 2, day: 29, hour: 23, minute: 59, second: 58, season: 1 as const };
  const octets = must(encodeSeasonedTime(time));
  t.is(String.fromCharCode(...octets), '2402291235958');
  t.deepEqual(mustDecode(decodeSeasonedTime('2402291235958')), time);
  t.is(clockText(time), '2024-02-29T23:59:58');
  t.like(clockOfText('2024-02-29T23:59:58'), { day: 29 });
  t.is(clockOfText('2023-02-29T23:59:58'), undefined);
  for (const wrong of ['', '240229123595', '2302291235958', '2402293235958', '24022912359X8']) t.is(decodeSeasonedTime(wrong).kind, 'bad', wrong);
  t.is(encodeSeasonedTime({ ...time, year: 1999 }).kind, 'bad');
});
