/** The morning report, `mw status --night`: the engine gives it page by page, here it is added up. */
import { type CommandCall, UsageError } from './command.ts';
import { print, printJson, progress, table } from './output.ts';

interface Row {
  readonly meterType: string;
  readonly result: string;
  readonly why: string;
  readonly count: number;
  readonly set: number;
  readonly example: string;
}

interface Page {
  readonly rows: readonly Row[];
  readonly read: number;
  readonly cursor: string | null;
}

const DAY_MS = 86_400_000;
const HALF_DAY_MS = 43_200_000;
const RESULTS = ['SUCCESS', 'PARTIAL SUCCESS', 'ERROR'] as const;

/** From noon to noon, UTC: no window reaches so far. @throws UsageError */
export function nightOf(date: string | undefined, now: number): { readonly date: string; readonly from: number; readonly to: number } {
  const day = date ?? new Date(now).toISOString().slice(0, 10);
  const at = /^\d{4}-\d{2}-\d{2}$/.test(day) ? Date.parse(`${day}T00:00:00Z`) : Number.NaN;
  if (Number.isNaN(at) || new Date(at).toISOString().slice(0, 10) !== day) throw new UsageError(`--night: a date YYYY-MM-DD, not ${day}`);
  return { date: day, from: at + HALF_DAY_MS - DAY_MS, to: at + HALF_DAY_MS };
}

export async function nightReport(call: CommandCall, date: string | undefined): Promise<number> {
  const night = nightOf(date, Date.now());
  const rows = new Map<string, Row>();
  let cursor: string | null = null;
  let read = 0;
  const bar = progress(0, 'actions read');
  do {
    const query = new URLSearchParams({ from: String(night.from), to: String(night.to), ...(cursor === null ? {} : { cursor }) });
    const page: Page = await call.target.need(`/ops/v1/meter-actions-report?${query}`, { as: 'operator' });
    for (const row of page.rows) addRow(rows, row);
    read += page.read;
    bar.update(read);
    cursor = page.cursor;
  } while (cursor !== null);
  bar.stop();
  const all = [...rows.values()].sort((a, b) => b.count - a.count);
  if (call.json) printJson({ night: night.date, rows: all });
  else show(night.date, all);
  return 0;
}

function addRow(rows: Map<string, Row>, row: Row): void {
  const name = JSON.stringify([row.meterType, row.result, row.why]);
  const before = rows.get(name);
  rows.set(name, before ? { ...before, count: before.count + row.count, set: before.set + row.set } : row);
}

function show(date: string, rows: readonly Row[]): void {
  if (rows.length === 0) {
    print(`night of ${date}: no overnight action ended`);
    return;
  }
  const sum = (of: readonly Row[], value: (row: Row) => number): number => of.reduce((total, row) => total + value(row), 0);
  const line = (title: string, of: readonly Row[]): (string | number)[] => [
    title,
    ...RESULTS.map((result) =>
      sum(
        of.filter((row) => row.result === result),
        (row) => row.count,
      ),
    ),
    sum(of, (row) => row.set),
    sum(of, (row) => row.count),
  ];
  const types = [...new Set(rows.map((row) => row.meterType))].sort();
  print(`night of ${date}\n`);
  print(
    table(
      ['type', ...RESULTS.map((result) => result.toLowerCase()), 'clock set', 'all'],
      [
        ...types.map((type) =>
          line(
            type,
            rows.filter((row) => row.meterType === type),
          ),
        ),
        line('all', rows),
      ],
    ),
  );
  const failed = rows.filter((row) => row.result !== 'SUCCESS');
  if (failed.length > 0)
    print(
      `\n${table(
        ['count', 'type', 'result', 'where', 'example'],
        failed.map((row) => [row.count, row.meterType, row.result, row.why, row.example]),
      )}`,
    );
}
