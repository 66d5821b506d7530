import test from 'ava';
import { buildFile, corrected } from '../../../machines/dtn/file.ts';
import { DEFAULT_DTN_SETTINGS } from '../../../machines/dtn/index.ts';
import { groupLine, londonStamp, MAX_LINE, plainText } from '../../../machines/dtn/text.ts';
import fc from '../../support/fc.ts';
import { AT, d0155, kept } from '../../support/machines/dtn-world.ts';

const facts = { fileId: '0000104711', flow: 'D0151', mpid: 'SUPX', recipient: 'LMOP', test: false, at: AT } as const;

test('the documented file comes out byte by byte', (t) => {
  t.is(
    buildFile(facts, [kept()], DEFAULT_DTN_SETTINGS),
    'ZHV|0000104711|D0151001|X|SUPX|M|LMOP|20260325101500||||OPER|\n297|2000056535971|20240401|CA||\n298|20260329|\nZPT|0000104711|2||1|20260325101500|\n',
  );
});

test('the counts of ZPT are those of the file', (t) => {
  const lines = [kept(), kept({ mpan: '1900012374324', reason: 'LC', newSupplier: 'SUPY' })];
  const rows = buildFile(facts, lines, DEFAULT_DTN_SETTINGS).trimEnd().split('\n');
  t.is(rows.at(-1), `ZPT|0000104711|${rows.length - 2}||2|20260325101500|`);
});

test('the new supplier goes out with a loss of contract only', (t) => {
  t.true(buildFile(facts, [kept({ reason: 'LC', newSupplier: 'SUPY' })], DEFAULT_DTN_SETTINGS).includes('\n298|20260329|\n99H|SUPY|\n'));
  t.false(buildFile(facts, [kept({ reason: 'CA', newSupplier: 'SUPY' })], DEFAULT_DTN_SETTINGS).includes('99H'));
});

test('a test file says TR01', (t) => {
  t.regex(buildFile({ ...facts, test: true }, [kept()], DEFAULT_DTN_SETTINGS), /^ZHV\|.*\|TR01\|\n/);
});

test('a D0155 names address, contract and appointment date', (t) => {
  const line = { slot: 's', line: d0155() };
  t.deepEqual(
    buildFile({ ...facts, flow: 'D0155' }, [line], DEFAULT_DTN_SETTINGS)
      .split('\n')
      .slice(1, 3),
    ['315|2000056535971|20260401|1 High Street||Bath|||||||BA1 1AA|C1||_H|', '317|20260401|'],
  );
});

test('the stamp is London’s wall clock, in winter and in summer', (t) => {
  t.is(londonStamp(Date.parse('2026-03-29T00:59:59Z')), '20260329005959');
  t.is(londonStamp(Date.parse('2026-03-29T01:00:00Z')), '20260329020000');
  t.is(londonStamp(Date.parse('2026-07-01T23:30:00Z')), '20260702003000');
});

test('every line is printable ASCII of at most 255 characters, whatever the free text', (t) => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 600 }), (additionalInformation) => {
      const rows = buildFile(facts, [kept({ additionalInformation })], DEFAULT_DTN_SETTINGS).split('\n');
      return rows.length === 5 && rows.every((row) => row.length <= MAX_LINE && /^[\x20-\x7e]*$/.test(row)) && rows[1]?.split('|').length === 6;
    }),
  );
  t.pass();
});

test('only what may be cut is cut', (t) => {
  const row = groupLine(['297', 'keep', 'x'.repeat(300), 'y'.repeat(10)], [2]);
  t.is(row.length, MAX_LINE);
  t.true(row.startsWith('297|keep|x'));
  t.true(row.endsWith(`|${'y'.repeat(10)}|`));
});

test('the separator and accents become plain', (t) => {
  t.is(plainText(' Café | rue\n№ 5 ☃ '), 'Cafe / rue No 5 ?');
});

test('a correction takes away the free text', (t) => {
  t.is((corrected(kept({ additionalInformation: 'odd' })).line as { additionalInformation: string | null }).additionalInformation, null);
});
