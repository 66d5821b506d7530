/**
 * Appointments of a service at a meter point, as rows by effective-from date (appointments 8.1, 8.2).
 *
 * Invariants
 * - R1 The rows depend on the set of messages applied, not on their order: a row is settled by the newest transaction that
 *   stated it, a closure by the newest that closed it.
 * - R2 Applying a message again changes nothing: the same array is returned.
 * - R3 `etd` is derived: the stated closure, or the day before the next row, whichever is earlier. Rows are never taken
 *   away by a later one; only the oldest beyond `MAX_ROWS` are.
 */
import { addDays } from '../calendar/index.ts';
import type { EpochMs } from '../common/effects.ts';
import type { SettlementDate } from '../market/message.ts';

export type Successor = { readonly dipId: string; readonly mpid: string | null; readonly from: SettlementDate | null };

export type ServiceRow = {
  readonly dipId: string | null;
  readonly mpid: string | null;
  /** Null where a source did not say: sorts before all others. */
  readonly efd: SettlementDate | null;
  readonly etd: SettlementDate | null;
  /** Transaction time of what stated it; 0 when only its closure is known. */
  readonly at: EpochMs;
  readonly contract: string | null;
  readonly scenario: string | null;
  /** The process that brought it. */
  readonly request: string | null;
  readonly closed?: { readonly to: SettlementDate; readonly reason: string | null; readonly at: EpochMs };
  readonly successor?: Successor & { readonly at: EpochMs };
};

export type Rows = readonly ServiceRow[];

/** Appointment history kept per meter point and service. */
export const MAX_ROWS = 12;

export type StatedRow = Pick<ServiceRow, 'dipId' | 'mpid' | 'efd' | 'contract' | 'scenario' | 'request'>;

/** A message stated an appointment (IF-036 B014, B017, B005). */
export function stateRow(rows: Rows, stated: StatedRow, at: EpochMs): Rows {
  const found = find(rows, stated.dipId, stated.mpid, stated.efd);
  if (found === undefined) return settle([...rows, { ...stated, etd: null, at }]);
  if (found.at > at) return rows;
  if (found.at === at && !sortsAfter(stated, found)) return rows;
  const merged: ServiceRow = {
    ...found,
    dipId: stated.dipId ?? found.dipId,
    mpid: stated.mpid ?? found.mpid,
    efd: stated.efd ?? found.efd,
    contract: stated.contract ?? found.contract,
    scenario: stated.scenario ?? found.scenario,
    request: stated.request ?? found.request,
    at,
  };
  return settle(rows.map((row) => (row === found ? merged : row)));
}

export type Closure = {
  readonly dipId: string;
  readonly mpid: string | null;
  readonly efd: SettlementDate | null;
  readonly to: SettlementDate;
  readonly reason: string | null;
};

/** A message closed an appointment (B008, B009). The row keeps its MPID and gets its effective-to date. */
export function closeRow(rows: Rows, closure: Closure, at: EpochMs): Rows {
  const { dipId, mpid, to, reason } = closure;
  const found = closure.efd === null ? latestOf(rows, dipId, to) : find(rows, dipId, mpid, closure.efd);
  const closed = { to, reason, at };
  if (found === undefined) {
    return settle([...rows, { dipId, mpid, efd: closure.efd, etd: null, at: 0, contract: null, scenario: null, request: null, closed }]);
  }
  if (found.closed !== undefined && !closesAfter(closed, found.closed)) return rows;
  return settle(rows.map((row) => (row === found ? { ...row, mpid: row.mpid ?? mpid, efd: row.efd ?? closure.efd, closed } : row)));
}

/** `[MSDeAppUpdate]`: who follows the closed row (8.2). Stored against the row that ends before it starts. */
export function succeedRow(rows: Rows, successor: Successor, at: EpochMs): Rows {
  const found = rows.findLast((row) => row.closed !== undefined && (successor.from === null || row.closed.to < successor.from));
  if (found === undefined || (found.successor !== undefined && found.successor.at >= at)) return rows;
  return rows.map((row) => (row === found ? { ...row, successor: { ...successor, at } } : row));
}

/** The row of that day: the last that has begun. Before the first one the earliest to come; undefined only without rows. */
export function rowOn(rows: Rows, day: SettlementDate): ServiceRow | undefined {
  const inForce = rows.filter((row) => row.efd === null || row.etd === null || row.etd >= row.efd);
  return inForce.findLast((row) => row.efd === null || row.efd <= day) ?? inForce[0] ?? rows.at(-1);
}

function find(rows: Rows, dipId: string | null, mpid: string | null, efd: SettlementDate | null): ServiceRow | undefined {
  const same = rows.filter((row) => (row.dipId === null || dipId === null ? row.mpid === mpid : row.dipId === dipId));
  return same.find((row) => row.efd === efd) ?? (efd === null ? same.at(-1) : same.find((row) => row.efd === null));
}

function latestOf(rows: Rows, dipId: string, to: SettlementDate): ServiceRow | undefined {
  return rows.findLast((row) => row.dipId === dipId && (row.efd === null || row.efd <= to));
}

/** The later closure counts; of the same second the greater text, so that order does not matter. */
function closesAfter(closed: NonNullable<ServiceRow['closed']>, known: NonNullable<ServiceRow['closed']>): boolean {
  if (closed.at !== known.at) return closed.at > known.at;
  return `${closed.to} ${closed.reason ?? ''}` > `${known.to} ${known.reason ?? ''}`;
}

/** Tie of two statements of the same second: the greater text wins, so that order does not matter. */
function sortsAfter(stated: StatedRow, row: ServiceRow): boolean {
  const text = (of: StatedRow): string => [of.mpid, of.contract, of.scenario, of.request].join('\n');
  const merged = {
    ...stated,
    mpid: stated.mpid ?? row.mpid,
    contract: stated.contract ?? row.contract,
    scenario: stated.scenario ?? row.scenario,
    request: stated.request ?? row.request,
  };
  return text(merged) > text(row);
}

/** Sorts, bounds, and derives the effective-to dates. */
function settle(rows: Rows): Rows {
  const sorted = [...rows].sort(compare).slice(-MAX_ROWS);
  return sorted.map((row, index) => {
    const next = sorted[index + 1];
    const before = next?.efd == null ? null : addDays(next.efd, -1);
    const stated = row.closed !== undefined && row.closed.at >= row.at ? row.closed.to : null;
    const etd = before !== null && (stated === null || before < stated) ? before : stated;
    return row.etd === etd ? row : { ...row, etd };
  });
}

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function compare(a: ServiceRow, b: ServiceRow): number {
  return order(a.efd ?? '', b.efd ?? '') || a.at - b.at || order(a.dipId ?? '', b.dipId ?? '');
}
