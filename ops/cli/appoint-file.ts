/** Reads a file of appointments: CSV or JSON lines. A line that cannot be read is named, and the rest goes on. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { parse } from 'csv-parse';
import type { Line } from './appoint-all.ts';

export interface BrokenLine {
  readonly line: number;
  readonly refused: string;
}

/** @param file name; `.jsonl` and `.ndjson` are JSON lines, everything else CSV */
export async function* appointmentLines(file: string): AsyncGenerator<Line | BrokenLine> {
  const seen = new Map<string, number>();
  for await (const entry of /\.(jsonl|ndjson)$/.test(file) ? jsonLines(file) : csvLines(file)) {
    if ('refused' in entry) yield entry;
    else yield finish(entry.line, entry.members, seen);
  }
}

type Raw = { readonly line: number; readonly members: Record<string, unknown> } | BrokenLine;

async function* jsonLines(file: string): AsyncGenerator<Raw> {
  let line = 0;
  for await (const text of createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY })) {
    line++;
    if (text.trim() === '') continue;
    yield readObject(line, text);
  }
}

function readObject(line: number, text: string): Raw {
  try {
    const members: unknown = JSON.parse(text);
    if (typeof members !== 'object' || members === null || Array.isArray(members)) return { line, refused: 'is no JSON object' };
    return { line, members: members as Record<string, unknown> };
  } catch {
    return { line, refused: 'is no JSON' };
  }
}

async function* csvLines(file: string): AsyncGenerator<Raw> {
  const records = createReadStream(file).pipe(parse({ columns: true, bom: true, trim: true, skip_empty_lines: true, info: true, relax_column_count: true }));
  for await (const { record, info } of records as AsyncIterable<{ record: Record<string, string>; info: { lines: number } }>) {
    const members: Record<string, unknown> = { ...record };
    if (/^\d+$/.test(record.mpan_core ?? '')) members.mpan_core = Number(record.mpan_core);
    if (record.contract_reference === '') members.contract_reference = null;
    yield { line: info.lines, members };
  }
}

/** A line without a key gets one made of its text and of how often that text came before. */
function finish(line: number, members: Record<string, unknown>, seen: Map<string, number>): Line {
  const { idempotency_key: given, ...body } = members;
  const text = JSON.stringify(body);
  const before = seen.get(text) ?? 0;
  seen.set(text, before + 1);
  const key = typeof given === 'string' && given !== '' ? given : createHash('sha256').update(`${text}#${before}`).digest('hex').slice(0, 40);
  return { line, key, body };
}
