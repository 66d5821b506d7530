import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { PROTOCOL_NAMES } from '../../../ops/vectors/names.ts';
import { protocols } from '../../../ops/vectors/protocols.ts';

const main = new URL('../../../ops/cli/main.ts', import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), 'mw-decode-'));
test.after.always(() => rmSync(folder, { recursive: true, force: true }));

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function mw(words: readonly string[], stdin = ''): Promise<Ended> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main, ...words], { stdio: ['pipe', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  // A command that refuses its words ends without reading.
  child.stdin.on('error', () => undefined).end(stdin);
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, stdout, stderr })));
}

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const decode = (...words: readonly string[]): Promise<Ended> => mw(['decode', ...words]);
const json = (ended: Ended): Record<string, unknown> => JSON.parse(ended.stdout) as Record<string, unknown>;

function good(t: ExecutionContext, ended: Ended): Record<string, unknown> {
  t.is(ended.code, 0, ended.stderr + ended.stdout);
  return json(ended);
}

const FRAME = '7EA0199575546835E6E600C0018100080000010000FF01000DFD7E';

test('a frame is one tree: HDLC, LLC, APDU, data', async (t) => {
  const value = good(t, await decode('--protocol', 'dlms-hdlc', FRAME));
  t.like(value, { frame: 'I', ns: 2, llc: 'E6E600', apdu: { pdu: 'get-request', attribute: { classId: 8, obis: '0.0.1.0.0.255', id: 1 } } });
});

test('hex may come in several words, with blanks, in small letters', async (t) => {
  const value = good(t, await decode('--protocol', 'cosem-data', '09 0c', '07e4 0101 ff00 0300 00ff 8800'));
  t.like(value, { type: 'octet-string', asDateTime: { year: 2020, minute: 3, deviationMinutes: -120 } });
});

test('octets come from standard input, from a file, and as base64', async (t) => {
  t.like(good(t, await mw(['decode', '--protocol', 'cosem-data', '-'], '1105\n')), { type: 'unsigned', value: 5 });
  t.like(good(t, await decode('--protocol', 'cosem-data', '--file', file('value.hex', '11 05\n'))), { type: 'unsigned', value: 5 });
  t.like(good(t, await decode('--protocol', 'cosem-data', '--base64', 'EQU=')), { type: 'unsigned', value: 5 });
});

test('several frames give an array, one gives an object unless all are asked for', async (t) => {
  const two = good(t, await decode('--protocol', 'dlms-hdlc', FRAME + FRAME));
  t.is((two as unknown as readonly unknown[]).length, 2);
  const one = good(t, await decode('--protocol', 'dlms-hdlc', '--all', FRAME));
  t.is((one as unknown as readonly unknown[]).length, 1);
});

test('auto says which protocol it took', async (t) => {
  t.is(good(t, await decode('--protocol', 'auto', FRAME)).protocol, 'dlms-hdlc');
  t.is(good(t, await decode('--protocol', 'auto', '000100100001000562 03800100')).protocol, 'dlms-wrapper');
  t.is(good(t, await decode('--protocol', 'auto', '2F3F210D0A')).protocol, 'iec62056-21');
});

const KEYS = {
  encryptionKey: '000102030405060708090A0B0C0D0E0F',
  authenticationKey: 'D0D1D2D3D4D5D6D7D8D9DADBDCDDDEDF',
  clientSystemTitle: '4D4D4D0000BC614E',
};
const CIPHERED = 'C81E3001234567411312FF935A47566827C467BC7D825C3BE4A77C3FCC056B6B';

test('keys open what is ciphered', async (t) => {
  const value = good(t, await decode('--protocol', 'dlms-security', '--keys', file('keys.json', JSON.stringify(KEYS)), CIPHERED));
  t.like(value, { pdu: 'glo-get-request', invocationCounter: 19088743, plain: { pdu: 'get-request' } });
});

test('wrong keys give bad_tag, and no error shows a key', async (t) => {
  const keys = file('wrong.json', JSON.stringify({ ...KEYS, encryptionKey: 'FF'.repeat(16) }));
  const ended = await decode('--protocol', 'dlms-apdu', '--keys', keys, CIPHERED);
  t.is(ended.code, 1);
  t.is(json(ended).code, 'bad_tag');
  const malformed = await decode('--protocol', 'dlms-apdu', '--keys', file('malformed.json', '{"encryptionKey":"SECRET-TEXT"}'), CIPHERED);
  t.is(malformed.code, 2);
  t.regex(malformed.stderr, /--keys\.encryptionKey: must be hex/);
  t.notRegex(malformed.stderr + malformed.stdout, /SECRET-TEXT/);
});

test('bad octets give the typed error as JSON and exit 1', async (t) => {
  const crc = await decode('--protocol', 'dlms-hdlc', FRAME.replace('0DFD', '0DFE'));
  t.is(crc.code, 1);
  t.deepEqual(json(crc), { code: 'bad_fcs', offset: 24, rule: 'FCS: the X-25 of the frame', got: '0DFE' });
  const cut = await decode('--protocol', 'dlms-hdlc', FRAME.slice(0, 20));
  t.is(cut.code, 1);
  t.like(json(cut), { code: 'truncated', offset: 10 });
  const rubbish = await decode('--protocol', 'auto', 'FEFEFEFE');
  t.is(rubbish.code, 1);
  t.is(json(rubbish).code, 'unsupported');
  const text = await decode('--protocol', 'dlms-hdlc', 'hello');
  t.is(text.code, 1);
  t.is(json(text).code, 'bad_value');
});

test('what decoded before the error is told with it, and the offset counts from the start', async (t) => {
  const ended = await decode('--protocol', 'dlms-hdlc', FRAME + FRAME.replace('0DFD', '0DFE'));
  t.is(ended.code, 1);
  t.like(json(ended), { code: 'bad_fcs', offset: 51 });
  t.is((json(ended).frames as readonly unknown[]).length, 1);
});

test('strict lets nothing pass', async (t) => {
  t.deepEqual(good(t, await decode('--protocol', 'cosem-data', '1105FF')).leniencies, ['trailing-octets']);
  const strict = await decode('--protocol', 'cosem-data', '--strict', '1105FF');
  t.is(strict.code, 1);
  t.is(json(strict).code, 'trailing_octets');
});

test('wrong usage is told on standard error with exit 2', async (t) => {
  for (const [words, message] of [
    [['1105'], /--protocol: must be given/],
    [['--protocol', 'modbus', '1105'], /--protocol: auto, dlms-hdlc, .*; not modbus/],
    [['--protocol', 'cosem-data'], /decode: takes octets/],
    [['--protocol', 'cosem-data', '--form', 'frame', '1105'], /--form: one of value, date-time of cosem-data, not frame/],
    [['--protocol', 'cosem-data', '--direction', 'up', '1105'], /--direction: client->meter or meter->client, not up/],
    [['--protocol', 'cosem-data', '--given', '[1]', '1105'], /--given: must be a JSON object/],
    [['--protocol', 'cosem-data', '--file', '/no/such/file'], /no such file/],
  ] as const) {
    const ended = await decode(...words);
    t.is(ended.code, 2, words.join(' '));
    t.regex(ended.stderr, message);
  }
});

test('pretty is a tree with labels, date-times in words, and escaped control characters', async (t) => {
  const { code, stdout } = await decode('--protocol', 'dlms-apdu', '--pretty', 'C401C100 0203 090C07EA0B150610220300000000 1105 0A031B5B41');
  t.is(code, 0);
  t.deepEqual(stdout.split('\n').slice(0, 8), [
    'get-response normal',
    '  invoke id: 1',
    '  confirmed: yes',
    '  high priority: yes',
    '  data: structure of 3',
    '    1. octet-string 07EA0B150610220300000000 = 2026-11-21 16:34:03.00, deviation 0 min',
    '    2. unsigned 5',
    '    3. visible-string "\\u001b[A"',
  ]);
});

test('vectors ends with the counts, and exits 0 only when none failed', async (t) => {
  const vector = {
    id: 'a',
    protocol: 'cosem-data',
    direction: 'n/a',
    hex: '1105',
    form: 'value',
    encode: true,
    decoded: { type: 'unsigned', value: 5 },
    kind: 'real',
  };
  const passing = await mw(['vectors', file('good.json', JSON.stringify([vector]))]);
  t.deepEqual([passing.code, passing.stdout], [0, '1 passed, 0 failed\n']);
  const path = file('bad.json', JSON.stringify([vector, { ...vector, id: 'b', decoded: { type: 'unsigned', value: 6 } }]));
  const failing = await mw(['vectors', path]);
  t.is(failing.code, 1);
  t.deepEqual(failing.stdout.split('\n'), [
    `FAILED ${path}[1] b: value: expected 6, got 5`,
    `FAILED ${path}[1] b: encode: octet 1 differs: expected 1105, got 1106`,
    '1 passed, 1 failed',
    '',
  ]);
  t.like(json(await mw(['vectors', '--json', path])), { passed: 1, failed: 1, failures: [{ index: 1, id: 'b' }] });
});

test('vectors names file, index and member of a malformed vector', async (t) => {
  const path = file('no-decoded.json', JSON.stringify([{ id: 'a' }]));
  const ended = await mw(['vectors', path]);
  t.is(ended.code, 1);
  t.is(ended.stderr, `mw: ${path}: [0]: decoded: must be an object\n`);
  t.is(ended.stdout, '0 passed, 1 failed\n');
});

test('the help names every protocol that there is', (t) => {
  t.deepEqual(
    [...PROTOCOL_NAMES],
    protocols.map(({ name }) => name),
  );
});
