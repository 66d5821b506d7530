/** Reads a file of records: CSV, JSON lines, or one JSON array. A line that cannot be read is named, and the rest goes on. */
import { createHash } from 'node:crypto';
import { createReadStream, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { parse } from 'csv-parse/sync';
import { UsageError } from './command.ts';

export interface BrokenLine {
  readonly line: number;
  readonly refused: string;
}

/** `members` of CSV are texts. */
export type FileRecord = { readonly line: number; readonly members: Record<string, unknown> } | BrokenLine;

/**
 * @param file name; `.jsonl` and `.ndjson` are JSON lines, `.json` is an array (its records are counted, not its lines), everything else CSV
 * @throws UsageError when the whole cannot be read
 */
export function fileRecords(file: string): AsyncGenerator<FileRecord> {
  if (/\.(jsonl|ndjson)$/.test(file)) return jsonLines(file);
  return file.endsWith('.json') ? jsonArray(file) : csvLines(file);
}

async function* jsonLines(file: string): AsyncGenerator<FileRecord> {
  let line = 0;
  for await (const text of createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY })) {
    line++;
    if (text.trim() === '') continue;
    yield readText(line, text);
  }
}

async function* jsonArray(file: string): AsyncGenerator<FileRecord> {
  let array: unknown;
  try {
    array = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  if (!Array.isArray(array)) throw new UsageError(`--file: is no JSON array: ${file}`);
  for (const [index, value] of array.entries()) yield asRecord(index + 1, value);
}

function readText(line: number, text: string): FileRecord {
  try {
    return asRecord(line, JSON.parse(text));
  } catch {
    return { line, refused: 'is no JSON' };
  }
}

function asRecord(line: number, value: unknown): FileRecord {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { line, refused: 'is no JSON object' };
  return { line, members: value as Record<string, unknown> };
}

/** Line by line, so that a quote that is never closed costs its own line only; no member of a record holds a line end. */
async function* csvLines(file: string): AsyncGenerator<FileRecord> {
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
    else if (cells.length !== names.length) yield { line, refused: `has ${cells.length} columns, the header ${names.length}` };
    else yield { line, members: Object.fromEntries(names.map((name, index) => [name, cells[index]])) };
  }
}

function cellsOf(text: string): readonly string[] | undefined {
  try {
    return (parse(text, { bom: true, trim: true }) as string[][])[0];
  } catch {
    return undefined;
  }
}

/** Keys for records: made of what a record says and of how often that was said before, so the same file gives the same keys again. */
export class RecordKeys {
  readonly #seen = new Map<string, number>();

  next(members: object): string {
    const text = JSON.stringify(members);
    const before = this.#seen.get(text) ?? 0;
    this.#seen.set(text, before + 1);
    return createHash('sha256').update(`${text}#${before}`).digest('hex').slice(0, 40);
  }
}
