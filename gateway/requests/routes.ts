/** `GET /requests/v1/{mpid}` (appointments 1.6). */
import { contextOf, REQUEST_TYPE } from '../../actors/appointment/index.ts';
import type { EngineFace } from '../../actors/engine/face.ts';
import type { Clock } from '../../actors/engine/ports.ts';
import type { ActorDoc } from '../../actors/store/store.ts';
import { type AnyReply, giveWay, json, type Route, streamArray, unprocessable } from '../http/index.ts';
import type { HttpOptions } from '../options.ts';
import { guardSupplier, refuseSupplier, type SupplierGuardDeps } from '../supplier/guard.ts';
import { Positions } from './positions.ts';
import { type RequestsQuery, readRequestsQuery } from './query.ts';
import { statusOf, toMessages, toRequestView } from './view.ts';
import { Walk, type WalkQuery } from './walk.ts';

export interface RequestsDeps extends SupplierGuardDeps {
  readonly engine: Pick<EngineFace, 'store'>;
  readonly clock: Clock;
  readonly options: HttpOptions;
}

/** Rows made before the loop is given to others. */
const ROWS_AT_ONCE = 100;
/** Documents of one meter point that are looked at; one supplier makes few requests for it. */
const MAX_PER_MPAN = 10_000;

export function requestsRoutes(deps: RequestsDeps): readonly Route[] {
  const positions = new Positions();
  const handle = guardSupplier(deps, (request, _grant, mpid) => {
    const read = readRequestsQuery(request.query);
    return read.kind === 'refused' ? unprocessable(read.errors) : answer(deps, positions, mpid, read.query);
  });
  return [{ method: 'GET', path: '/requests/v1/:mpid', headers: ['x-api-key'], body: 'none', maxBytes: 0, refuse: refuseSupplier, handle }];
}

async function answer(deps: RequestsDeps, positions: Positions, mpid: string, query: RequestsQuery): Promise<AnyReply> {
  if (query.requestType !== undefined && query.requestType !== REQUEST_TYPE) return answerRows(deps, query, []);
  if (query.requestId !== undefined || query.mpan !== undefined) return answerRows(deps, query, await findFew(deps, mpid, query));

  const walkQuery: WalkQuery = {
    index: 'mpidStatus',
    values: query.statuses.map((status) => `${mpid}|${status}`),
    order: query.order,
    ...(query.from === undefined ? {} : { from: query.from }),
    ...(query.to === undefined ? {} : { to: query.to }),
  };
  if (query.page) return answerPage(deps, positions, walkQuery, query.page, query);
  const walk = new Walk(deps.engine.store, walkQuery);
  const total = await walk.total();
  if (total > deps.options.unpaginatedMaxRows) return tooMany(total, deps.options.unpaginatedMaxRows);
  if (total <= ROWS_AT_ONCE) return json(200, await rowsOf(deps, await walk.take(total + ROWS_AT_ONCE), query));
  return streamRows(deps, query, () => walk.take(ROWS_AT_ONCE));
}

/** By request id or MPAN: few enough to be filtered in memory. */
async function findFew(deps: RequestsDeps, mpid: string, query: RequestsQuery): Promise<ActorDoc[]> {
  const { store } = deps.engine;
  const ids = query.requestId === undefined ? await store.find('mpan', `${mpid}:${query.mpan}`, MAX_PER_MPAN) : await store.find('requestId', query.requestId);
  const docs = (await store.get(ids)).filter((doc) => doc !== undefined && doc.kind === 'appointment' && isWanted(doc, mpid, query)) as ActorDoc[];
  const sign = query.order === 'asc' ? 1 : -1;
  return docs.sort((a, b) => sign * (a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1)));
}

function isWanted(doc: ActorDoc, mpid: string, query: RequestsQuery): boolean {
  const { request } = contextOf(doc);
  return (
    request.mpid === mpid &&
    (query.mpan === undefined || request.mpan === query.mpan) &&
    query.statuses.includes(statusOf(doc)) &&
    (query.from === undefined || doc.createdAt >= query.from) &&
    (query.to === undefined || doc.createdAt < query.to)
  );
}

async function answerRows(deps: RequestsDeps, query: RequestsQuery, docs: readonly ActorDoc[]): Promise<AnyReply> {
  if (query.page) {
    const { number, size } = query.page;
    const items = await rowsOf(deps, docs.slice((number - 1) * size, number * size), query);
    return json(200, { items, page: number, page_size: size, total: docs.length });
  }
  if (docs.length > deps.options.unpaginatedMaxRows) return tooMany(docs.length, deps.options.unpaginatedMaxRows);
  if (docs.length <= ROWS_AT_ONCE) return json(200, await rowsOf(deps, docs, query));
  let at = 0;
  return streamRows(deps, query, async () => {
    at += ROWS_AT_ONCE;
    return docs.slice(at - ROWS_AT_ONCE, at);
  });
}

async function answerPage(
  deps: RequestsDeps,
  positions: Positions,
  walkQuery: WalkQuery,
  page: { readonly number: number; readonly size: number },
  query: RequestsQuery,
): Promise<AnyReply> {
  const list = `${page.size}|${walkQuery.order}|${walkQuery.from ?? ''}|${walkQuery.to ?? ''}|${walkQuery.values.join()}`;
  const now = deps.clock.monotonic();
  const start = page.number === 1 ? undefined : positions.get(list, page.number, now);
  const walk = new Walk(deps.engine.store, walkQuery, start);
  const total = await walk.total();
  const before = (page.number - 1) * page.size;
  let docs: readonly ActorDoc[] = [];
  if (before < total) {
    if (!start) for (let skipped = 0; skipped < before && (await walk.next()); skipped += 1) if (skipped % ROWS_AT_ONCE === 0) await giveWay();
    docs = await walk.take(page.size);
    positions.put(list, page.number + 1, walk.position(), now);
  }
  return json(200, { items: await rowsOf(deps, docs, query), page: page.number, page_size: page.size, total });
}

async function rowsOf(deps: RequestsDeps, docs: readonly ActorDoc[], query: RequestsQuery): Promise<readonly object[]> {
  const rows: object[] = [];
  for (const doc of docs) {
    rows.push(query.showMessages ? toRequestView(doc, toMessages(await deps.engine.store.history(doc.id))) : toRequestView(doc));
  }
  return rows;
}

function streamRows(deps: RequestsDeps, query: RequestsQuery, next: () => Promise<readonly ActorDoc[]>): AnyReply {
  return streamArray(async () => rowsOf(deps, await next(), query));
}

function tooMany(total: number, limit: number): AnyReply {
  return unprocessable([
    { loc: ['query', 'page'], msg: `page and page_size are required: ${total} rows match, at most ${limit} are given without`, type: 'page_required' },
  ]);
}
