/** `mw requests search` and `mw requests counts`: the operator's look over all suppliers and meters, by index and by counter. */
import { type CommandCall, optionalInteger, UsageError } from '../command.ts';
import { instant, print, printJson, table } from '../output.ts';
import { allPages } from '../pages.ts';

interface Found {
  readonly actor: string;
  readonly state: string;
  readonly since: number;
  readonly reason: string | null;
  readonly mpid: string | null;
  readonly mpan: string | null;
  readonly requestReference: string | null;
  readonly serialNumbers: readonly string[];
}

interface CountRow {
  readonly kind?: string;
  readonly state?: string;
  readonly age?: string;
  readonly reason?: string;
  readonly count: number;
}

const CRITERIA = { mpan: 'mpan', request: 'requestId', reference: 'requestReference', serial: 'serialNumber' } as const;
const FILTERS = ['kind', 'state', 'age', 'reason', 'by'] as const;
const COLUMNS = ['kind', 'state', 'age', 'reason'] as const;
const DEFAULT_ROWS = 1_000;
const MAX_ROWS = 100_000;

export const QUERY_OPTIONS = Object.fromEntries(['reference', 'serial', ...FILTERS, 'limit'].map((name) => [name, { type: 'string' as const }]));

/** Exactly one of `--mpan`, `--request`, `--reference`, `--serial`. */
export async function search(call: CommandCall): Promise<number> {
  const query = given(call, CRITERIA);
  if ([...query].length !== 1) throw new UsageError('requests search: exactly one of --mpan, --request, --reference, --serial');
  const items = await allPages<Found>(call, '/ops/v1/search', query, rowsOf(call));
  if (call.json) printJson(items);
  else
    print(
      table(
        ['actor', 'state', 'since', 'reason', 'mpid', 'mpan', 'reference', 'serial numbers'],
        items.map((item) => [
          item.actor,
          item.state,
          instant(item.since),
          item.reason,
          item.mpid,
          item.mpan,
          item.requestReference,
          item.serialNumbers.join(' '),
        ]),
      ),
    );
  return 0;
}

/** Actors by what `--by` names, all of `kind,state,age,reason` unless given. */
export async function counts(call: CommandCall): Promise<number> {
  const items = await allPages<CountRow>(call, '/ops/v1/counts', given(call, Object.fromEntries(FILTERS.map((name) => [name, name]))), rowsOf(call));
  const columns = COLUMNS.filter((name) => items.some((item) => item[name] !== undefined));
  if (call.json) printJson(items);
  else
    print(
      table(
        [...columns, 'count'],
        items.map((item) => [...columns.map((name) => item[name]), item.count]),
      ),
    );
  return 0;
}

const rowsOf = (call: CommandCall): number => optionalInteger(call, 'limit', 1, MAX_ROWS) ?? DEFAULT_ROWS;

function given(call: CommandCall, names: Readonly<Record<string, string>>): URLSearchParams {
  const query = new URLSearchParams();
  for (const [flag, name] of Object.entries(names)) {
    const value = call.flags[flag];
    if (typeof value === 'string') query.set(name, value);
  }
  return query;
}
