/** Operator's search over processes, meter points and meter actions, by index and never by looking through. */
import Type from 'typebox';
import { APPOINTMENT_KIND, contextOf as appointmentOf, mpanIndexValue } from '../../actors/appointment/index.ts';
import type { EngineFace } from '../../actors/engine/face.ts';
import { RefusedError } from '../../actors/errors/error.ts';
import { MPAN_KIND } from '../../actors/mpan/index.ts';
import type { ActorDoc, IndexName } from '../../actors/store/store.ts';
import { ACTION_KIND, contextOf as actionOf } from '../../actors/time-update/index.ts';
import { type AnyReply, json, problem, QueryReader, type Route } from '../http/index.ts';
import { requestIdFromText } from '../mts/index.ts';
import { guardOps, OPS_HEADERS, type OpsGuardDeps, refuseOps } from './guard.ts';

export interface SearchDeps extends OpsGuardDeps {
  readonly engine: Pick<EngineFace, 'store'>;
  /** DIP ids of the own suppliers by MPID. */
  readonly suppliers: ReadonlyMap<string, string>;
}

const Text = Type.Union([Type.String(), Type.Null()]);
export const FoundSchema = Type.Object(
  {
    actor: Type.String(),
    kind: Type.String(),
    state: Type.String(),
    since: Type.Number(),
    reason: Text,
    createdAt: Type.Number(),
    changedAt: Type.Number(),
    parked: Type.Boolean(),
    mpid: Text,
    mpan: Text,
    /** Of a meter action: a number, in digits. */
    requestId: Text,
    requestReference: Text,
    serialNumbers: Type.Array(Type.String()),
    owner: Text,
  },
  { additionalProperties: false },
);
export const SearchSchema = Type.Object({ items: Type.Array(FoundSchema), cursor: Text }, { additionalProperties: false });

/** One list of an index. */
interface List {
  readonly index: Exclude<IndexName, 'kind'>;
  readonly value: string;
}

const CRITERIA = ['mpan', 'requestId', 'requestReference', 'serialNumber'] as const;
const KINDS: ReadonlySet<string> = new Set([APPOINTMENT_KIND, MPAN_KIND, ACTION_KIND]);
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const MAX_TEXT = 200;
const MAX_ROWS = 500;
const RECORDS_OF_MPAN = 1_000;

/** `GET /ops/v1/search` with exactly one of `mpan`, `requestId`, `requestReference`, `serialNumber`; oldest first within a kind. */
export function searchRoutes(deps: SearchDeps): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/ops/v1/search',
      headers: OPS_HEADERS,
      body: 'none',
      maxBytes: 0,
      refuse: refuseOps,
      handle: guardOps(deps, 'ops:read', (request) => search(deps, request.query)),
    },
  ];
}

/** @param text the query string */
export async function search(deps: Pick<SearchDeps, 'engine' | 'suppliers'>, text: string): Promise<AnyReply> {
  const query = new QueryReader(text, [...CRITERIA, 'cursor', 'limit']);
  const given = CRITERIA.filter((name) => query.text(name) !== undefined);
  if (given.length !== 1) query.refuse('', `exactly one of ${CRITERIA.join(', ')} is required`, 'missing');
  const mpan = query.matching('mpan', /^\d{13}$/, 'exactly 13 digits', 'mpan_length');
  const requestId = query.text('requestId')?.toLowerCase();
  if (requestId !== undefined && !UUID.test(requestId) && requestIdFromText(requestId) === undefined) {
    query.refuse('requestId', 'requestId must be a UUID, or the number of a meter action', 'uuid_parsing');
  }
  const requestReference = short(query, 'requestReference');
  const serialNumber = short(query, 'serialNumber');
  const limit = query.integer('limit', 1, MAX_ROWS) ?? 100;
  const cursor = query.text('cursor');
  if (query.errors.length > 0) return problem(422, 'invalid_value', query.errors[0]?.msg ?? '', { errors: query.errors });
  const lists = await listsOf(deps, { mpan, requestId, requestReference, serialNumber });
  return json(200, await walk(deps, lists, limit, cursor));
}

function short(query: QueryReader, name: string): string | undefined {
  const value = query.text(name);
  if (value !== undefined && value.length > MAX_TEXT) query.refuse(name, `${name} must have at most ${MAX_TEXT} characters`, 'string_too_long');
  return value;
}

type Wanted = Readonly<Record<(typeof CRITERIA)[number], string | undefined>>;

async function listsOf(deps: Pick<SearchDeps, 'engine' | 'suppliers'>, { mpan, requestId, requestReference, serialNumber }: Wanted): Promise<readonly List[]> {
  if (requestId !== undefined) return [{ index: 'requestId', value: requestId }];
  if (requestReference !== undefined) return [{ index: 'requestReference', value: requestReference }];
  if (serialNumber !== undefined) return [{ index: 'serialNumber', value: serialNumber }];
  if (mpan === undefined) return [];
  // Processes are listed by supplier: own ones of today, and those whose records are still here.
  const records = await deps.engine.store.find('mpanAny', mpan, RECORDS_OF_MPAN);
  const mpids = new Set([...deps.suppliers.keys(), ...records.map((id) => id.split(':')[1] ?? '')]);
  const processes = [...mpids].sort().map((mpid): List => ({ index: 'mpan', value: mpanIndexValue(mpid, mpan) }));
  return [{ index: 'mpanAny', value: mpan }, ...processes];
}

/** One list after the other. A cursor names its list, so lists that come or go meanwhile move nothing. */
async function walk(
  { engine }: Pick<SearchDeps, 'engine'>,
  lists: readonly List[],
  limit: number,
  cursor: string | undefined,
): Promise<{ items: object[]; cursor: string | null }> {
  const items: object[] = [];
  const start = cursor === undefined ? undefined : decodeCursor(cursor);
  let at = start ? lists.findIndex((list) => nameOf(list) === start.list) : 0;
  if (at < 0) throw invalidCursor();
  let inner = start?.inner;
  for (; at < lists.length; at++) {
    const list = lists[at];
    if (!list) break;
    if (items.length >= limit) return { items, cursor: encodeCursor(list, undefined) };
    const page = await engine.store.page({ ...list, limit: limit - items.length, ...(inner === undefined ? {} : { cursor: inner }) });
    for (const doc of page.items) if (KINDS.has(doc.kind)) items.push(toFound(doc));
    if (page.cursor !== undefined) return { items, cursor: encodeCursor(list, page.cursor) };
    inner = undefined;
  }
  return { items, cursor: null };
}

const nameOf = ({ index, value }: List): string => `${index}:${value}`;

function encodeCursor(list: List, inner: string | undefined): string {
  return Buffer.from(JSON.stringify([nameOf(list), inner ?? null]), 'utf8').toString('base64url');
}

function decodeCursor(cursor: string): { readonly list: string; readonly inner: string | undefined } {
  try {
    const [list, inner] = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')) as [unknown, unknown];
    if (typeof list === 'string' && (inner === null || typeof inner === 'string')) return { list, inner: inner ?? undefined };
  } catch {
    // Not one of ours: said below.
  }
  throw invalidCursor();
}

const invalidCursor = (): RefusedError => new RefusedError('cursor_invalid', 'cursor: is one that a page gave for the same search');

/** A row, the same for every kind. */
function toFound(doc: ActorDoc): object {
  const { id, kind, state, since, reason, createdAt, changedAt, parked, indexes } = doc;
  const found = { actor: id, kind, state, since, reason: reason ?? null, createdAt, changedAt, parked: parked !== undefined };
  const serialNumbers = indexes.serialNumber ?? [];
  const none = { mpid: null, mpan: null, requestId: null, requestReference: null, owner: null };
  if (kind === APPOINTMENT_KIND) {
    const { mpid, mpan, requestId } = appointmentOf(doc).request;
    return { ...found, ...none, mpid, mpan, requestId, serialNumbers };
  }
  if (kind === MPAN_KIND) {
    const [, mpid = null, mpan = null] = id.split(':');
    return { ...found, ...none, mpid, mpan, serialNumbers };
  }
  const { requestId, requestReference, owner } = actionOf(doc).request;
  return { ...found, ...none, requestId: String(requestId), requestReference: requestReference ?? null, owner, serialNumbers };
}
