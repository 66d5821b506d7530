import test from 'ava';
import { parseMeterKeys } from '../../../actors/meter-keys/index.ts';

const EK = '000102030405060708090A0B0C0D0E0F';
const AK = 'D0D1D2D3D4D5D6D7D8D9DADBDCDDDEDF';
const TITLE = '4D5752434C4E5431';

async function* stream(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

async function parsed(text: string, format: 'csv' | 'jsonl' = 'csv') {
  const lines = [];
  for await (const line of parseMeterKeys(stream(text), format, (address) => (address.includes(':') ? `tcp:${address}` : undefined))) lines.push(line);
  return lines;
}

const HEADER = 'serial_number,address,suite,encryption_key,authentication_key,client_title,server_title,form,dedicated,next_counter';
const csv = (...rows: string[]): string => [HEADER, ...rows].join('\n');

test('a line gives the meter, its keys and titles', async (t) => {
  const [line] = await parsed(csv(`LGZ0012,,0,${EK},${AK},${TITLE},4953410102030405,general-glo,true,70000`));
  t.true(line !== undefined && 'value' in line);
  if (line === undefined || !('value' in line)) return;
  t.is(line.value.meter, 'serial:LGZ0012');
  t.is(Buffer.from(line.value.encryptionKey).toString('hex').toUpperCase(), EK);
  t.is(line.value.serverSystemTitle?.length, 8);
  t.is(line.value.form, 'general-glo');
  t.true(line.value.dedicated);
  t.is(line.value.nextCounter, 70_000);
});

test('a meter is named by its serial number without leading zeros, or by its canonical address', async (t) => {
  const lines = await parsed(csv(`00123,,0,${EK},${AK},${TITLE},,,,`, `,10.0.0.1:4059,0,${EK},${AK},${TITLE},,,,`));
  t.deepEqual(
    lines.map((line) => 'value' in line && line.value.meter),
    ['serial:123', 'address:tcp:10.0.0.1:4059'],
  );
});

test('suite 2 wants keys of 32 octets', async (t) => {
  const [short, long] = await parsed(csv(`1,,2,${EK},${AK},${TITLE},,,,`, `1,,2,${EK}${EK},${AK}${AK},${TITLE},,,,`));
  t.deepEqual(short, { line: 2, refused: { field: 'encryption_key', rule: 'hex_of_32_octets', value: '' } });
  t.true(long !== undefined && 'value' in long);
});

const BAD: readonly [row: string, field: string, rule: string][] = [
  [`1,,0,${EK}0,${AK},${TITLE},,,,`, 'encryption_key', 'hex_of_16_octets'],
  [`1,,0,${EK},${AK.slice(2)},${TITLE},,,,`, 'authentication_key', 'hex_of_16_octets'],
  [`1,,0,${EK},${AK},${EK},,,,`, 'client_title', 'hex_of_8_octets'],
  [`1,,0,${EK},${AK},${TITLE},${AK},,,`, 'server_title', 'hex_of_8_octets'],
  [`1,,7,${EK},${AK},${TITLE},,,,`, 'suite', '0_1_or_2'],
  [`1,,0,${EK},${AK},${TITLE},,${EK},,`, 'form', 'glo_or_general-glo'],
  [`1,,0,${EK},${AK},${TITLE},,,${EK},`, 'dedicated', 'true_or_false'],
  [`1,,0,${EK},${AK},${TITLE},,,,4294967296`, 'next_counter', '0_to_4294967295'],
  [`,,0,${EK},${AK},${TITLE},,,,`, 'serial_number', 'serial_number_or_address'],
  [`1,a:1,0,${EK},${AK},${TITLE},,,,`, 'serial_number', 'serial_number_or_address'],
  [`,nowhere,0,${EK},${AK},${TITLE},,,,`, 'address', 'remote_address'],
  [`1,,0,${EK},${AK}`, '', 'column_count'],
  [`1,,0,"${EK},${AK},${TITLE},,,,`, '', 'csv'],
];

for (const [index, [row, field, rule]] of BAD.entries()) {
  test(`a bad line is refused by field and rule, and shows nothing: ${index} ${field} ${rule}`, async (t) => {
    const lines = await parsed(csv(row, `2,,0,${EK},${AK},${TITLE},,,,`));
    t.deepEqual(lines[0], { line: 2, refused: { field, rule, value: '' } });
    t.true(lines[1] !== undefined && 'value' in lines[1], 'the lines after it are taken');
  });
}

test('a file without a header, with keys in odd places, or of broken JSON shows none of them', async (t) => {
  const texts = [`1,,0,${EK},${AK},${TITLE},,,,\n`, `${HEADER},${EK}\n`];
  for (const text of texts) t.false(JSON.stringify(await parsed(text)).includes(EK));
  for (const text of [`{"${EK}":1}`, `{"encryption_key":"${EK}"`, `{"serial_number":{"a":"${EK}"}}`, `"${EK}"`]) {
    const lines = await parsed(text, 'jsonl');
    t.true(lines[0] !== undefined && 'refused' in lines[0]);
    t.false(JSON.stringify(lines).includes(EK), text);
  }
});
