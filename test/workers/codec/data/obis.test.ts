import test from 'ava';
import { formatObis, formatPrintedObis, obisAt, parseObis } from '../../../../workers/codec/data/index.ts';
import fc from '../../../support/fc.ts';

const octet = fc.integer({ min: 0, max: 255 });
const codes = fc.tuple(octet, octet, octet, octet, octet, octet);

test('what is formatted is parsed, in both forms', (t) => {
  fc.assert(
    fc.property(codes, (obis) => {
      t.deepEqual(parseObis(formatObis(obis)), { kind: 'good', obis });
      t.deepEqual(parseObis(formatPrintedObis(obis)), { kind: 'good', obis });
      t.deepEqual(obisAt(Uint8Array.from([0, ...obis]), 1), obis);
    }),
  );
});

test('the usual writings name the clock and an energy register', (t) => {
  t.deepEqual(parseObis('0.0.1.0.0.255'), { kind: 'good', obis: [0, 0, 1, 0, 0, 255] });
  t.deepEqual(parseObis('1-0:1.8.0*255'), { kind: 'good', obis: [1, 0, 1, 8, 0, 255] });
  t.deepEqual(parseObis('1-0:1.8.0.3'), { kind: 'good', obis: [1, 0, 1, 8, 0, 3] });
  t.deepEqual(parseObis('1-0:1.8.0'), { kind: 'good', obis: [1, 0, 1, 8, 0, 255] });
});

test('other texts are refused', (t) => {
  for (const text of ['', '1.8.0', '0.0.1.0.0', '0.0.1.0.0.255.1', '0.0.1.0.0.256', '1-0:1.8.0*999', ' 0.0.1.0.0.255', '0.0.1.0.0.-1', '0.0.1.0.0.0x1']) {
    const outcome = parseObis(text);
    t.true(outcome.kind === 'bad' && outcome.error.code === 'bad_value', text);
  }
});

test('five octets hold no code', (t) => {
  t.is(obisAt(new Uint8Array(5)), undefined);
  t.is(obisAt(new Uint8Array(8), 3), undefined);
  t.is(obisAt(new Uint8Array(8), -1), undefined);
});
