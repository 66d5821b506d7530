/** What `set-time` and `read-clock` have in common: meters by flags or file, handed in, waited for, summed up. */

import { resolve } from 'node:path';
import { type ActionItem, ActionsClient, type SubmitOptions } from './actions-client.ts';
import { awaitAll } from './await-all.ts';
import { type CommandCall, needed, optionalInteger, optionalText, UsageError } from './command.ts';
import { type Journal, journalBeside, journalOf, NO_JOURNAL, namedJournal } from './journal.ts';
import { type MeterBody, type MeterLine, meterLines, meterOf, passwordOf } from './meters.ts';
import { complain, print, printable, printJson, table } from './output.ts';
import { submitAll } from './submit-all.ts';
import { wordsOf } from './target.ts';

export const RUN_FLAGS = {
  file: { type: 'string' },
  parallel: { type: 'string' },
  patience: { type: 'string' },
  journal: { type: 'string' },
  'no-journal': { type: 'boolean' },
  timeout: { type: 'string' },
} as const;

export const RUN_HELP = `Many
  --file FILE    CSV with a header line, JSON lines (.jsonl) or a JSON array (.json): meterType, remoteAddress, and
                 where needed outstationAddress, serialNumber, password, comsSettings, requestReference, immediate
                 Given again after an interruption, the same command goes on where it was instead of sending twice: what was
                 accepted is noted in FILE.<command>.journal beside the file, which is removed once all of it was answered
  --journal FILE notes it there instead, and keeps it: what is in it is never sent again
  --no-journal   notes nothing, and begins with the first line
  --parallel N   calls under way at once (default 16)
  --patience S   seconds to keep trying while the engine cannot be reached or is busy (default 900)
  --timeout S    seconds to wait for results (default 86400)`;

const DEFAULT_PARALLEL = 16;
const DEFAULT_PATIENCE_S = 900;
const DEFAULT_TIMEOUT_S = 86_400;
const POLL_MS = 1_000;
const MAX_SECONDS = 604_800;
const TEXTS_SHOWN = 20;

export interface RunOptions extends SubmitOptions {
  /** Members that every meter gets that has none of its own. */
  readonly defaults: MeterBody;
  readonly wait: boolean;
}

/** @returns the exit code: 0 when all was accepted and, where waited for, ended in SUCCESS */
export function runMeters(call: CommandCall, options: RunOptions): Promise<number> {
  const client = new ActionsClient(call.target);
  return optionalText(call, 'file') === undefined ? one(call, client, options) : many(call, client, options);
}

async function one(call: CommandCall, client: ActionsClient, options: RunOptions): Promise<number> {
  const answer = await client.submit({ ...options.defaults, ...meterOf(call) }, options);
  const requestId = (answer.json as { requestId?: unknown } | undefined)?.requestId;
  if (answer.status > 201 || typeof requestId !== 'number') {
    complain(`${options.task}: ${answer.status} ${printable(wordsOf(answer))}`);
    return 1;
  }
  if (!options.wait) {
    if (call.json) printJson({ requestId });
    else print(String(requestId));
    return 0;
  }
  const [item] = await awaitAll(client, [requestId], waiting(call));
  if (call.json) printJson(item ?? { requestId, result: 'PENDING' });
  else print(item ? resultTable([item]) : `${requestId} PENDING`);
  return item?.result === 'SUCCESS' ? 0 : 1;
}

async function many(call: CommandCall, client: ActionsClient, options: RunOptions): Promise<number> {
  const file = needed(call, 'file');
  const password = passwordOf(call);
  const defaults = password === undefined ? options.defaults : { ...options.defaults, password };
  const lines: MeterLine[] = [];
  let broken = 0;
  const complaint = (line: number, reason: string): void => complain(`line ${line}: ${printable(reason)}`);
  for await (const entry of meterLines(file, defaults)) {
    if ('body' in entry) lines.push(entry);
    else {
      broken++;
      complaint(entry.line, entry.refused);
    }
  }
  if (lines.length === 0 && broken === 0) throw new UsageError(`--file: has no lines: ${file}`);
  const journal = journalFor(call, file, options);
  const summary = await submitAll(client, lines, {
    ...options,
    parallel: optionalInteger(call, 'parallel', 1, 1_000) ?? DEFAULT_PARALLEL,
    patienceMs: (optionalInteger(call, 'patience', 0, MAX_SECONDS) ?? DEFAULT_PATIENCE_S) * 1_000,
    journal,
    refused: (line, status, reason) => complaint(line, `${status} ${reason}`),
  });
  const ids = summary.submitted.map(({ requestId }) => requestId);
  const items = options.wait ? await awaitAll(client, ids, waiting(call)) : [];
  const results = options.wait ? countResults(items) : {};
  if (summary.notSent === 0 && items.every((item) => item !== undefined)) journal.done();
  const told = { accepted: ids.length, earlier: summary.earlier, refused: summary.refused, notSent: summary.notSent, unreadable: broken, results };
  if (call.json) printJson({ ...told, ...(options.wait ? { items: items.filter((item) => item !== undefined) } : { requestIds: ids }) });
  else {
    if (options.task === 'read-clock' && items.length > 0) print(`${resultTable(items.filter((item) => item !== undefined))}\n`);
    printSummary(told);
  }
  const allWell = summary.notSent === 0 && broken === 0 && Object.keys(summary.refused).length === 0;
  return allWell && items.every((item) => item?.result === 'SUCCESS') ? 0 : 1;
}

/** @throws UsageError */
function journalFor(call: CommandCall, file: string, { task, defaults, trace }: RunOptions): Journal {
  const named = optionalText(call, 'journal');
  const none = call.flags['no-journal'] === true;
  if (named !== undefined && none) throw new UsageError('--journal, --no-journal: one of them');
  if (none) return NO_JOURNAL;
  if (named !== undefined) return namedJournal(named);
  const engine = optionalText(call, 'url') ?? resolve(optionalText(call, 'data') ?? 'data');
  const run = { task, engine, immediate: defaults.immediate === true, trace };
  return journalOf(journalBeside(file, COMMANDS[task]), run, Date.now(), complain);
}

const COMMANDS: Readonly<Record<RunOptions['task'], string>> = { 'time-update': 'set-time', 'read-clock': 'read-clock' };

function waiting(call: CommandCall): { readonly intervalMs: number; readonly timeoutMs: number; readonly parallel: number } {
  return {
    intervalMs: POLL_MS,
    timeoutMs: (optionalInteger(call, 'timeout', 1, MAX_SECONDS) ?? DEFAULT_TIMEOUT_S) * 1_000,
    parallel: optionalInteger(call, 'parallel', 1, 1_000) ?? DEFAULT_PARALLEL,
  };
}

/** How many ended how; the commonest first. */
export function countResults(items: readonly (ActionItem | undefined)[]): Readonly<Record<string, number>> {
  const counts = new Map<string, number>();
  for (const item of items) {
    const result = item?.result ?? 'PENDING';
    counts.set(result, (counts.get(result) ?? 0) + 1);
  }
  return Object.fromEntries([...counts].sort((a, b) => b[1] - a[1]));
}

export function resultTable(items: readonly ActionItem[]): string {
  return table(
    ['request', 'type', 'address', 'serial number', 'meter time', 'offset', 'after', 'result'],
    items.map((item) => [
      item.requestId,
      item.meterType,
      item.remoteAddress,
      item.serialNumber,
      item.meterTime?.split(' ', 1)[0],
      item.meterTimeOffset,
      item.meterTimeOffsetPostUpdate,
      item.result,
    ]),
  );
}

function printSummary(told: {
  readonly accepted: number;
  readonly earlier: number;
  readonly refused: Readonly<Record<string, number>>;
  readonly notSent: number;
  readonly unreadable: number;
  readonly results: Readonly<Record<string, number>>;
}): void {
  const results = Object.entries(told.results);
  const rows: (readonly [string, number])[] = [
    ['accepted', told.accepted],
    ...(told.earlier > 0 ? [['  of them by an earlier run', told.earlier] as const] : []),
    ...Object.entries(told.refused).map(([status, count]) => [`refused with ${status}`, count] as const),
    ['not sent', told.notSent],
    ['unreadable lines', told.unreadable],
    ...results.slice(0, TEXTS_SHOWN),
  ];
  const rest = results.slice(TEXTS_SHOWN).reduce((sum, [, count]) => sum + count, 0);
  print(table(['', ''], rest > 0 ? [...rows, ['other results', rest]] : rows).replace(/^\n/, ''));
}
