/** Files that are sent to the engine, and what it reports of them line by line. */
import { createReadStream, statSync } from 'node:fs';
import type { CommandCall } from './command.ts';
import { complain, print, printable, printJson, progress } from './output.ts';
import { withReason } from './reason.ts';

/** A line of the engine's report. */
interface ReportLine {
  readonly kind?: 'refused' | 'progress' | 'done';
  readonly error?: string;
  readonly line?: number;
  readonly field?: string;
  readonly rule?: string;
  readonly value?: string;
  readonly applied?: number;
}

/** A whole body in one piece. */
export async function* once(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

/**
 * Sends a CSV file (with a header line) or JSON lines to an import, and prints which lines were refused by which rule.
 * @param query beside the format @returns the command's exit code
 */
export async function importFile(call: CommandCall, what: string, file: string, query: Readonly<Record<string, string>> = {}): Promise<number> {
  const format = /\.(jsonl|ndjson)$/.test(file) ? 'jsonl' : 'csv';
  const path = withReason(call, `/ops/v1/imports/${what}?${new URLSearchParams({ format, ...query })}`);
  const bar = progress(statSync(file).size, 'bytes');
  let sent = 0;
  async function* upload(): AsyncGenerator<Uint8Array> {
    for await (const chunk of createReadStream(file)) {
      sent += (chunk as Buffer).length;
      bar.update(sent);
      yield chunk as Buffer;
    }
  }
  const refused: ReportLine[] = [];
  let done: ReportLine | undefined;
  let failure: string | undefined;
  for await (const text of call.target.upload(path, upload(), format === 'csv' ? 'text/csv' : 'application/jsonl')) {
    const line = JSON.parse(text) as ReportLine;
    if (line.kind === 'refused') refused.push(line);
    else if (line.kind === 'done') done = line;
    else if (line.error !== undefined) failure = line.error;
  }
  bar.stop();
  if (call.json) printJson({ ...done, ...(failure === undefined ? {} : { error: failure }), refused });
  else {
    for (const { line, ...why } of refused) complain(`line ${line}: ${saidOf(why)}`);
    if (failure !== undefined) complain(printable(failure));
    print(`imported ${done?.applied ?? 0}, refused ${refused.length}`);
  }
  return refused.length === 0 && done !== undefined ? 0 : 1;
}

/** Field, rule and value; keys of meters come without a value. */
function saidOf({ field, rule = '', value }: ReportLine): string {
  return [...(field ? [field] : []), rule, ...(value === undefined ? [] : [value])].map(printable).join(': ');
}
