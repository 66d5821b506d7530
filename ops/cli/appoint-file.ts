/** Reads a file of appointments. A line that cannot be read is named, and the rest goes on. */
import type { Line } from './appoint-all.ts';
import { type BrokenLine, fileRecords, RecordKeys } from './records-file.ts';

export type { BrokenLine } from './records-file.ts';

/** @param file name; `.jsonl` and `.ndjson` are JSON lines, `.json` is an array, everything else CSV */
export async function* appointmentLines(file: string): AsyncGenerator<Line | BrokenLine> {
  const keys = new RecordKeys();
  const isCsv = !/\.(jsonl|ndjson|json)$/.test(file);
  for await (const record of fileRecords(file)) {
    if ('refused' in record) yield record;
    else yield finish(record.line, isCsv ? fromTexts(record.members) : record.members, keys);
  }
}

/** Cells are texts: the MPAN is a number, an empty reference none. */
function fromTexts(members: Record<string, unknown>): Record<string, unknown> {
  const read = { ...members };
  if (/^\d+$/.test(String(read.mpan_core ?? ''))) read.mpan_core = Number(read.mpan_core);
  if (read.contract_reference === '') read.contract_reference = null;
  return read;
}

/** A line without a key gets one made of its text and of how often that text came before. */
function finish(line: number, members: Record<string, unknown>, keys: RecordKeys): Line {
  const { idempotency_key: given, ...body } = members;
  const made = keys.next(body);
  return { line, key: typeof given === 'string' && given !== '' ? given : made, body };
}
