/** Lines to flat records of text: CSV with a header line, or one JSON object a line. */
import { parse } from 'csv-parse/sync';
import { linesOf, MAX_LINE_BYTES } from './lines.ts';

export type ImportFormat = 'csv' | 'jsonl';

/** Why a line was not taken. `field` is empty when the line as a whole is at fault. `value` is cut to 80 characters. */
export interface Refusal {
  readonly field: string;
  readonly rule: string;
  readonly value: string;
}
export type Parsed<T> = { readonly line: number; readonly value: T } | { readonly line: number; readonly refused: Refusal };
/** Raw members of one line, before their schema. */
export type RawRecord = Readonly<Record<string, unknown>>;

export interface ReadOptions {
  readonly format: ImportFormat;
  readonly columns: ReadonlySet<string>;
  readonly required: readonly string[];
  readonly maxLineBytes?: number;
}

/**
 * One record per line; a line holds a whole record, so a stray quote costs that line only. Empty lines are passed over.
 * A header that lacks a required column, or names an unknown or doubled one, is refused and ends the file: nothing below it
 * could be read as what it means.
 */
export async function* readRecords(stream: AsyncIterable<Uint8Array>, options: ReadOptions): AsyncGenerator<Parsed<RawRecord>> {
  let header: readonly string[] | undefined;
  for await (const read of linesOf(stream, options.maxLineBytes ?? MAX_LINE_BYTES)) {
    const { line } = read;
    if (read.kind === 'bad') {
      yield { line, refused: refusal('', read.rule, '') };
      if (options.format === 'csv' && header === undefined) return;
      continue;
    }
    if (read.text.trim() === '') continue;
    if (options.format === 'jsonl') {
      yield readJson(line, read.text, options.columns);
      continue;
    }
    const cells = readCells(read.text);
    if (header === undefined) {
      const fault = cells === null ? refusal('', 'csv', read.text) : headerFault(cells, options);
      if (fault !== null || cells === null) {
        yield { line, refused: fault ?? refusal('', 'csv', read.text) };
        return;
      }
      header = cells.map((cell) => cell.trim());
      continue;
    }
    yield readRow(line, read.text, cells, header);
  }
}

export function refusal(field: string, rule: string, value: unknown): Refusal {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
  return { field, rule, value: text.length > 80 ? `${text.slice(0, 79)}…` : text };
}

function readCells(text: string): string[] | null {
  if (!text.includes('"')) return text.split(',');
  try {
    const rows = parse(text, { relax_column_count: true }) as unknown as string[][];
    return rows.length === 1 ? (rows[0] ?? null) : null;
  } catch {
    return null;
  }
}

function headerFault(cells: readonly string[], { columns, required }: ReadOptions): Refusal | null {
  const names = cells.map((cell) => cell.trim());
  for (const [index, name] of names.entries()) {
    if (!columns.has(name)) return refusal(name, 'unknown_column', name);
    if (names.indexOf(name) !== index) return refusal(name, 'doubled_column', name);
  }
  const missing = required.find((name) => !names.includes(name));
  return missing === undefined ? null : refusal(missing, 'missing_column', names.join(','));
}

function readRow(line: number, text: string, cells: readonly string[] | null, header: readonly string[]): Parsed<RawRecord> {
  if (cells === null) return { line, refused: refusal('', 'csv', text) };
  if (cells.length !== header.length) return { line, refused: refusal('', 'column_count', `${cells.length} of ${header.length}`) };
  const value: Record<string, unknown> = {};
  for (const [index, name] of header.entries()) {
    const cell = cells[index]?.trim() ?? '';
    if (cell !== '') value[name] = cell;
  }
  return { line, value };
}

function readJson(line: number, text: string, columns: ReadonlySet<string>): Parsed<RawRecord> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { line, refused: refusal('', 'json', text) };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { line, refused: refusal('', 'json_object', text) };
  const unknown = Object.keys(value).find((name) => !columns.has(name));
  if (unknown !== undefined) return { line, refused: refusal(unknown, 'unknown_member', (value as RawRecord)[unknown]) };
  return { line, value: value as RawRecord };
}
