import { fileURLToPath } from 'node:url';
import test from 'ava';
import { decodeFault, encodeFault } from '../../../../ops/vectors/compare.ts';
import { emlite } from '../../../../ops/vectors/emlite.ts';
import { readVectorFile } from '../../../../ops/vectors/file.ts';
import { fromHex, toHex } from '../../../../workers/codec/common/index.ts';

const vectors = readVectorFile(fileURLToPath(new URL('../../../vectors/emlite.json', import.meta.url)));

for (const vector of vectors) {
  test(`vector ${vector.id}`, (t) => {
    const mapping = emlite.forms[vector.form]!;
    t.is(decodeFault(vector, mapping), undefined);
    t.is(encodeFault(vector, mapping), undefined);
    t.is(emlite.formOf(vector.octets), vector.form);
    t.is(emlite.recognise(vector.octets), vector.kind === 'negative' || vector.form !== 'frame' ? 0 : 1);
  });
}

const hex = (text: string): Uint8Array => fromHex(text)!;

/** One of every value type of the table. */
const VALUES = [
  ['text', '454D4C30303030313233343520202020', { text: 'EML000012345' }],
  ['clock', '17080615000100', { clock: '2023-08-06T21:00:01', dayByte: 0 }],
  ['signal', 'B3', { csq: 19, operator: 5 }],
  ['balance', 'E0930400', { balance: 300_000 }],
  ['balance', '206CFBFF', { balance: -300_000 }],
  ['voltage', 'FFFF', { decivolts: 65_535 }],
  ['log-time', 'FFFFFFFF', { secondsSince2000: 4_294_967_295, utc: '2136-02-07T06:28:15Z' }],
  ['log-time', '00000000', { secondsSince2000: 0, utc: '2000-01-01T00:00:00Z' }],
] as const;

for (const [valueType, octets, members] of VALUES) {
  test(`a bare ${valueType} comes back: ${octets}`, (t) => {
    const context = { given: { valueType, objectId: null } };
    const mapping = emlite.forms['date-time']!;
    t.like(mapping.decode(hex(octets), context), { kind: 'good', value: members });
    const built = mapping.encode!(members, context);
    t.is(built.kind === 'good' ? toHex(built.octets) : built.error.rule, octets);
  });
}

test('a value type that is not in the table is named', (t) => {
  const context = { given: { valueType: 'colour', objectId: null } };
  t.throws(() => emlite.forms['date-time']!.decode(hex('00'), context), { message: /^given\.valueType: / });
  t.throws(() => emlite.forms['date-time']!.encode!({}, context), { message: /^given\.valueType: / });
});

const HEAD = { destination: 'C06F0093', source: '000018B0', sequence: 7, resultCode: 6 };
const FRAMES = [
  { format: 1, objectId: '600100', flag: 'read', payload: '454D4C30303030313233343520202020', serialNumber: 'EML000012345' },
  { format: 1, objectId: '800800', flag: 'read', payload: '17080615000100', clock: '2023-08-06T21:00:01', dayByte: 0 },
  { format: 1, objectId: '800800', flag: 'write', payload: '' },
  { format: 1, objectId: '800800', flag: 'read', payload: '17' },
  { format: 3, payload: '7036732D' },
  { format: 4, payload: '' },
  { format: 9, payload: '00' },
  { format: null },
] as const;

for (const members of FRAMES) {
  test(`a frame comes back: ${JSON.stringify(members)}`, (t) => {
    const built = emlite.forms.frame!.encode!({ ...HEAD, ...members }, {});
    t.true(built.kind === 'good');
    if (built.kind === 'good') t.like(emlite.forms.frame!.decode(built.octets, {}), { kind: 'good', value: { ...HEAD, control: '37', ...members } });
  });
}

test('a member of the wrong type is named', (t) => {
  t.throws(() => emlite.forms.frame!.encode!({ ...HEAD, format: 1, objectId: '80', flag: 'read', payload: '' }, {}), { message: /^objectId: / });
});
