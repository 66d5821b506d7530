/** `mw meter-keys`: keys of ciphered meters, imported from a file, listed without the keys, removed. */
import { type CommandCall, type CommandSpec, UsageError } from '../command.ts';
import { instant, print, printable, printJson, table } from '../output.ts';
import { REASON_OPTION, withReason } from '../reason.ts';
import { importFile } from '../upload.ts';

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
  usage: 'import FILE | list | remove METER [--reason TEXT]',
  options: REASON_OPTION,
  words: [1, 2],
  run: (call) => {
    const [verb, word] = call.words;
    if (verb === 'import' && word !== undefined) return importFile(call, 'meter-keys', word);
    if (verb === 'list' && word === undefined) return list(call);
    if (verb === 'remove' && word !== undefined) return remove(call, word);
    throw new UsageError('meter-keys: import FILE, list, or remove METER (serial:… or address:…)');
  },
};

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
  await call.target.need(withReason(call, `/ops/v1/meter-keys/${encodeURIComponent(meter)}`), { method: 'DELETE', as: 'operator' });
  print('removed');
  return 0;
}
