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

interface Pending {
  readonly meterType: string;
  readonly way: string;
  readonly count: number;
  readonly missed: number;
}

interface PendingRow extends Pending {
  readonly state: string;
}

interface Page<R> {
  readonly rows: readonly R[];
  readonly read: number;
  readonly cursor: string | null;
}

const DAY_MS = 86_400_000;
const HALF_DAY_MS = 43_200_000;
/** States before the end, in the order in which an action passes them. */
const PENDING = ['waiting', 'queued', 'running', 'paused'] as const;
const RESULTS = ['SUCCESS', 'PARTIAL SUCCESS', 'ERROR'] as const;

export interface Night {
  /** Of its morning, UTC. */
  readonly date: string;
  readonly from: number;
  readonly to: number;
  /** The last whose morning has come, all through that day. */
  readonly isLast: boolean;
}

/** From noon to noon, UTC: no window reaches so far. @param date absent: the last one @throws UsageError */
export function nightOf(date: string | undefined, now: number): Night {
  const today = new Date(now).toISOString().slice(0, 10);
  const day = date ?? today;
  const at = /^\d{4}-\d{2}-\d{2}$/.test(day) ? Date.parse(`${day}T00:00:00Z`) : Number.NaN;
  if (Number.isNaN(at) || new Date(at).toISOString().slice(0, 10) !== day) throw new UsageError(`--night: a date YYYY-MM-DD, not ${day}`);
  return { date: day, from: at + HALF_DAY_MS - DAY_MS, to: at + HALF_DAY_MS, isLast: day === today };
}

export async function nightReport(call: CommandCall, date: string | undefined): Promise<number> {
  const night = nightOf(date, Date.now());
  const rows = new Map<string, Row>();
  const pending = new Map<string, PendingRow>();
  let read = 0;
  const bar = progress(0, 'actions read');
  const readPages = async <R>(path: string, members: Readonly<Record<string, string>>, add: (row: R) => void): Promise<void> => {
    let cursor: string | null = null;
    do {
      const query = new URLSearchParams({ ...members, ...(cursor === null ? {} : { cursor }) });
      const page: Page<R> = await call.target.need(`${path}?${query}`, { as: 'operator' });
      for (const row of page.rows) add(row);
      read += page.read;
      bar.update(read);
      cursor = page.cursor;
    } while (cursor !== null);
  };
  await readPages<Row>('/ops/v1/meter-actions-report', { from: String(night.from), to: String(night.to) }, (row) => addRow(rows, row));
  // What has not ended is known of now only.
  for (const state of night.isLast ? PENDING : [])
    await readPages<Pending>('/ops/v1/meter-actions-pending', { state }, (row) => addPending(pending, { ...row, state }));
  bar.stop();
  const all = [...rows.values()].sort((a, b) => b.count - a.count);
  const left = [...pending.values()].sort((a, b) => b.count - a.count);
  if (call.json) printJson({ night: night.date, rows: all, pending: night.isLast ? left : null });
  else {
    show(night.date, all);
    showPending(left);
  }
  return 0;
}

function addPending(rows: Map<string, PendingRow>, row: PendingRow): void {
  const name = JSON.stringify([row.meterType, row.way, row.state]);
  const before = rows.get(name);
  rows.set(name, before ? { ...before, count: before.count + row.count, missed: before.missed + row.missed } : row);
}

function showPending(rows: readonly PendingRow[]): void {
  if (rows.length === 0) return;
  const cells = rows.map(({ count, meterType, way, state, missed }) => [count, meterType, way, state, missed]);
  print(`\nnot ended\n\n${table(['count', 'type', 'by', 'state', 'missed a window'], cells)}`);
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
