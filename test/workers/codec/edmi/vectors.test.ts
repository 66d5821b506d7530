import { fileURLToPath } from 'node:url';
import test from 'ava';
import { decodeFault, encodeFault } from '../../../../ops/vectors/compare.ts';
import { edmi } from '../../../../ops/vectors/edmi.ts';
import { readVectorFile } from '../../../../ops/vectors/file.ts';
import { fromHex } from '../../../../workers/codec/common/index.ts';

const vectors = readVectorFile(fileURLToPath(new URL('../../../vectors/edmi.json', import.meta.url)));

for (const vector of vectors) {
  test(`vector ${vector.id}`, (t) => {
    const mapping = edmi.forms[vector.form]!;
    t.is(decodeFault(vector, mapping), undefined);
    t.is(encodeFault(vector, mapping), undefined);
    t.is(edmi.formOf(vector.octets), vector.form);
    t.is(edmi.recognise(vector.octets), vector.kind === 'negative' ? 0 : 1);
  });
}

const hex = (text: string): Uint8Array => fromHex(text)!;

/** Members of every command that the table names, as they must come back from what is built of them. */
const MEMBERS = [
  { command: 'can', errorCode: 9 },
  { command: 'can', errorCode: null },
  { command: 'login', user: 'READER', password: 'READER' },
  { command: 'read-extended', register: '0000F002' },
  { command: 'read-extended-reply', register: '0000F002', data: '32353100', text: '251' },
  { command: 'read-extended-reply', register: '0000F03D', data: '02011304020F', clock: '2019-01-02T04:02:15' },
  { command: 'write-extended', register: '0000F03D', data: '030A13101113', clock: '2019-10-03T16:17:19' },
  { command: 'write', register: 'F002', data: '4100', text: 'A' },
  { command: 'write', register: 'E001', data: '' },
  { command: 'read-reply', register: 'F03D', data: '00' },
  { command: 'multi-read', registers: [] },
  { command: 'multi-read', registers: ['0000F002', '10111303'] },
  { command: 'data-type', register: 'E001' },
  { command: 'data-type-reply', register: 'E001', data: '46' },
  { command: 'unit', register: 'E001' },
  { command: 'unit-reply', register: 'E001', data: '56' },
  { command: 'file', payload: '010203' },
] as const;

for (const extended of [null, { destination: 251_308_613, source: 0xffff_ffff, sequence: '0203' }]) {
  for (const members of MEMBERS) {
    test(`${JSON.stringify(members)} comes back, ${extended === null ? 'simple' : 'extended'}`, (t) => {
      const { frame } = edmi.forms;
      const built = frame!.encode!({ extended, ...members }, {});
      t.is(built.kind, 'good');
      if (built.kind !== 'good') return;
      const shown = frame!.decode(built.octets, {});
      t.like(shown, { kind: 'good', value: { extended, ...members } });
    });
  }
}

test('the reply to a read of several registers is one of register 0000FFF1', (t) => {
  const built = edmi.forms.frame!.encode!({ extended: null, command: 'read-extended-reply', register: '0000FFF1', data: '0056BC0003' }, {});
  t.true(built.kind === 'good');
  if (built.kind !== 'good') return;
  const shown = edmi.forms.frame!.decode(built.octets, { direction: 'meter->client' });
  t.like(shown, { value: { command: 'read-extended-reply', register: '0000FFF1', data: '0056BC0003' } });
});

for (const [wake, octets] of [
  ['iec-request', '2F3F210D0A'],
  ['stx-etx', '0203'],
  ['esc', '1B'],
] as const) {
  test(`the wake-up signal ${wake} is ${octets}`, (t) => {
    t.is(edmi.formOf(hex(octets)), 'wake');
    t.like(edmi.forms.wake!.decode(hex(octets), {}), { kind: 'good', value: { wake } });
    t.deepEqual(edmi.forms.wake!.encode!({ wake }, {}), { kind: 'good', octets: hex(octets) });
  });
}

test('a clock that is no time of the calendar is shown as data alone', (t) => {
  const built = edmi.forms.frame!.encode!({ extended: null, command: 'read-reply', register: 'F03D', data: '1F0213040210' }, {});
  t.true(built.kind === 'good');
  if (built.kind !== 'good') return;
  const shown = edmi.forms.frame!.decode(built.octets, {});
  t.true(shown.kind === 'good' && shown.value.clock === undefined && shown.value.data === '1F0213040210');
});

test('a member of the wrong type is named', (t) => {
  t.throws(() => edmi.forms.frame!.encode!({ extended: null, command: 'read', register: 'F0' }, {}), { message: /^register: / });
});
