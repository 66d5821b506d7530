/** `mw requests`: processes of a supplier, as `GET /requests/v1/{mpid}` tells them; `search` and `counts` are the operator's. */
import { type CommandCall, type CommandSpec, UsageError } from '../command.ts';
import { print, printJson, table } from '../output.ts';
import { counts, QUERY_OPTIONS, search } from './queries.ts';

interface Entry {
  readonly metadata: {
    readonly request_id: string;
    readonly request_status: string;
    readonly created_at: string;
    readonly last_updated_at: string;
    readonly mpan_core: number;
    readonly errors: readonly { readonly code: string; readonly message: string }[];
  };
}

const FILTERS = {
  mpan: 'mpan_id',
  request: 'request_id',
  status: 'request_status',
  start: 'start_date',
  end: 'end_date',
  page: 'page',
  'page-size': 'page_size',
  sort: 'sort_direction',
} as const;

export const requests: CommandSpec = {
  name: 'requests',
  about: 'Lists the requests of a supplier; searches and counts processes, meter points and meter actions of all.',
  usage:
    '[search|counts] [--mpan MPAN] [--request ID] [--status Pending,Success,Failed] [--start DATE] [--end DATE] [--page N --page-size N] [--sort asc|desc] [--messages]',
  help: `search               operators: exactly one of --mpan MPAN, --request ID, --reference REF (of a meter action), --serial NUMBER
counts               operators: how many there are; [--kind K] [--state S] [--age A] [--reason R] [--by kind,state,age,reason]
--limit N            rows of search and counts (default 1000)`,
  options: { ...QUERY_OPTIONS, ...Object.fromEntries(Object.keys(FILTERS).map((name) => [name, { type: 'string' as const }])), messages: { type: 'boolean' } },
  words: [0, 1],
  run: (call) => {
    const [verb] = call.words;
    if (verb === undefined) return list(call);
    if (verb === 'search') return search(call);
    if (verb === 'counts') return counts(call);
    throw new UsageError(`requests: search, counts or nothing, not ${verb}`);
  },
};

async function list(call: CommandCall): Promise<number> {
  const query = new URLSearchParams();
  for (const [flag, name] of Object.entries(FILTERS)) if (typeof call.flags[flag] === 'string') query.set(name, call.flags[flag]);
  if (call.flags.messages === true) query.set('show_messages', 'true');
  const answer = await call.target.need<readonly Entry[] | { readonly items: readonly Entry[]; readonly total: number }>(
    `/requests/v1/${call.target.mpid}?${query}`,
    { as: 'supplier' },
  );
  if (call.json || call.flags.messages === true) {
    printJson(answer);
    return 0;
  }
  const items = 'items' in answer ? answer.items : answer;
  print(
    table(
      ['request', 'mpan', 'status', 'created', 'updated', 'errors'],
      items.map(({ metadata }) => [
        metadata.request_id,
        metadata.mpan_core,
        metadata.request_status,
        metadata.created_at,
        metadata.last_updated_at,
        metadata.errors.map((error) => error.code).join(' '),
      ]),
    ),
  );
  if ('total' in answer) print(`${items.length} of ${answer.total}`);
  return 0;
}
