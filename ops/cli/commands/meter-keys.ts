/** `mw meter-keys`: keys of ciphered meters, imported from a file, listed without the keys, removed. */
import { createReadStream, statSync } from 'node:fs';
import { type CommandCall, type CommandSpec, UsageError } from '../command.ts';
import { complain, instant, print, printable, printJson, progress, table } from '../output.ts';

/** A line of the engine's report. */
interface ReportLine {
  readonly kind?: 'refused' | 'progress' | 'done';
  readonly error?: string;
  readonly line?: number;
  readonly field?: string;
  readonly rule?: string;
  readonly applied?: number;
}

interface Item {
  readonly meter: string;
  readonly suite: number;
  readonly clientSystemTitle: string;
  readonly serverSystemTitle: string | null;
  readonly form: string | null;
  readonly dedicated: boolean;
  readonly importedAt: number;
  readonly importedBy: string;
}

export const meterKeys: CommandSpec = {
  name: 'meter-keys',
  about: 'Imports, lists and removes the keys of ciphered meters. Keys are never shown.',
  usage: 'import FILE | list | remove METER',
  words: [1, 2],
  run: (call) => {
    const [verb, word] = call.words;
    if (verb === 'import' && word !== undefined) return importFile(call, word);
    if (verb === 'list' && word === undefined) return list(call);
    if (verb === 'remove' && word !== undefined) return remove(call, word);
    throw new UsageError('meter-keys: import FILE, list, or remove METER (serial:… or address:…)');
  },
};

async function importFile(call: CommandCall, file: string): Promise<number> {
  const format = /\.(jsonl|ndjson)$/.test(file) ? 'jsonl' : 'csv';
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
  const contentType = format === 'csv' ? 'text/csv' : 'application/jsonl';
  for await (const text of call.target.upload(`/ops/v1/imports/meter-keys?format=${format}`, upload(), contentType)) {
    const line = JSON.parse(text) as ReportLine;
    if (line.kind === 'refused') refused.push(line);
    else if (line.kind === 'done') done = line;
    else if (line.error !== undefined) failure = line.error;
  }
  bar.stop();
  if (call.json) printJson({ ...done, ...(failure === undefined ? {} : { error: failure }), refused });
  else {
    for (const { line, field, rule } of refused) complain(`line ${line}: ${field ? `${printable(field)}: ` : ''}${printable(rule ?? '')}`);
    if (failure !== undefined) complain(printable(failure));
    print(`imported ${done?.applied ?? 0}, refused ${refused.length}`);
  }
  return refused.length === 0 && done !== undefined ? 0 : 1;
}

async function list(call: CommandCall): Promise<number> {
  const items: Item[] = [];
  let cursor: string | undefined;
  do {
    const query = cursor === undefined ? '' : `?${new URLSearchParams({ cursor })}`;
    const page = await call.target.need<{ readonly items: readonly Item[]; readonly cursor?: string }>(`/ops/v1/meter-keys${query}`, { as: 'operator' });
    items.push(...page.items);
    cursor = page.cursor;
  } while (cursor !== undefined);
  if (call.json) printJson(items);
  else {
    const rows = items.map(({ meter, suite, clientSystemTitle, serverSystemTitle, form, dedicated, importedAt, importedBy }) => [
      printable(meter),
      String(suite),
      clientSystemTitle,
      serverSystemTitle ?? '',
      `${form ?? 'as negotiated'}${dedicated ? ', dedicated' : ''}`,
      instant(importedAt),
      printable(importedBy),
    ]);
    print(table(['meter', 'suite', 'client title', 'server title', 'form', 'imported', 'by'], rows));
  }
  return 0;
}

async function remove(call: CommandCall, meter: string): Promise<number> {
  await call.target.need(`/ops/v1/meter-keys/${encodeURIComponent(meter)}`, { method: 'DELETE', as: 'operator' });
  print('removed');
  return 0;
}
