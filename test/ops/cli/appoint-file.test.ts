import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Line } from '../../../ops/cli/appoint-all.ts';
import { appointmentLines, type BrokenLine } from '../../../ops/cli/appoint-file.ts';

async function read(t: ExecutionContext, name: string, text: string): Promise<(Line | BrokenLine)[]> {
  const folder = mkdtempSync(join(tmpdir(), 'mw-cli-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, name), text);
  const lines: (Line | BrokenLine)[] = [];
  for await (const line of appointmentLines(join(folder, name))) lines.push(line);
  return lines;
}

const keys = (lines: readonly (Line | BrokenLine)[]): string[] => lines.map((line) => ('key' in line ? line.key : 'broken'));

test('JSON lines keep their members and their numbers; empty lines are passed over', async (t) => {
  const lines = await read(t, 'a.jsonl', '{"mpan_core":1}\n\n{"mpan_core":2,"idempotency_key":"mine"}\n');
  t.like(lines[0], { line: 1, body: { mpan_core: 1 } });
  t.deepEqual(lines[1], { line: 3, key: 'mine', body: { mpan_core: 2 } });
});

test('a line that is no JSON object is named, and the rest goes on', async (t) => {
  const lines = await read(t, 'a.ndjson', '{"a":\n[1]\n"text"\nnull\n{"mpan_core":1}');
  t.deepEqual(lines.slice(0, 4), [
    { line: 1, refused: 'is no JSON' },
    { line: 2, refused: 'is no JSON object' },
    { line: 3, refused: 'is no JSON object' },
    { line: 4, refused: 'is no JSON object' },
  ]);
  t.like(lines[4], { line: 5, body: { mpan_core: 1 } });
});

test('CSV: the MPAN becomes a number, an empty reference null; a byte order mark and quotes are read', async (t) => {
  const lines = await read(t, 'a.csv', '\ufeffmpan_core,contract_reference,metering_service_mpid\r\n2000056535971,,"MOPX"\r\n12x,REF1,MOPY\r\n');
  t.like(lines[0], { line: 2, body: { mpan_core: 2_000_056_535_971, contract_reference: null, metering_service_mpid: 'MOPX' } });
  t.like(lines[1], { line: 3, body: { mpan_core: '12x', contract_reference: 'REF1' } });
});

test('CSV: a quote that is never closed, or a line cut short, costs its own line only', async (t) => {
  const lines = await read(t, 'a.csv', 'mpan_core,metering_service_mpid\n"1,MOPX\n2\n3,MOPX\n');
  t.like(lines[0], { line: 2, refused: 'is no CSV' });
  t.like(lines[1], { line: 3, refused: 'has 1 columns, the header 2' });
  t.like(lines[2], { line: 4, body: { mpan_core: 3 } });
});

test('the same file gives the same keys each time it is read, and equal lines keys of their own', async (t) => {
  const text = '{"mpan_core":1}\n{"mpan_core":1}\n{"mpan_core":2}\n';
  const first = keys(await read(t, 'a.jsonl', text));
  t.deepEqual(keys(await read(t, 'b.jsonl', text)), first);
  t.is(new Set(first).size, 3);
  t.true(first.every((key) => key.length <= 255));
});
