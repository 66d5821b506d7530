/** Reads a file of appointments: CSV or JSON lines. A line that cannot be read is named, and the rest goes on. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { parse } from 'csv-parse/sync';
import type { Line } from './appoint-all.ts';
import { UsageError } from './command.ts';

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

/** Line by line, so that a quote that is never closed costs its own line only; no member of a request holds a line end. */
async function* csvLines(file: string): AsyncGenerator<Raw> {
  let line = 0;
  let names: readonly string[] | undefined;
  for await (const text of createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY })) {
    line++;
    if (text.trim() === '') continue;
    const cells = cellsOf(text);
    if (names === undefined) {
      if (cells === undefined) throw new UsageError(`--file: the header line is no CSV: ${file}`);
      names = cells;
    } else if (cells === undefined) yield { line, refused: 'is no CSV' };
    else yield readCells(line, names, cells);
  }
}

function cellsOf(text: string): readonly string[] | undefined {
  try {
    return (parse(text, { bom: true, trim: true }) as string[][])[0];
  } catch {
    return undefined;
  }
}

function readCells(line: number, names: readonly string[], cells: readonly string[]): Raw {
  if (cells.length !== names.length) return { line, refused: `has ${cells.length} columns, the header ${names.length}` };
  const members: Record<string, unknown> = Object.fromEntries(names.map((name, index) => [name, cells[index]]));
  if (/^\d+$/.test(String(members.mpan_core ?? ''))) members.mpan_core = Number(members.mpan_core);
  if (members.contract_reference === '') members.contract_reference = null;
  return { line, members };
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
