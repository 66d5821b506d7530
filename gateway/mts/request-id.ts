/** `requestId` as calls carry it: in the query or in a JSON body (mts-actions-api 3 and 4). */
import type { GatewayRequest } from '../http/index.ts';
import { good, type Read, readObject, refused, unknownMember } from './body.ts';

const RULE = 'requestId must be a positive integer';
const REQUIRED = 'requestId is required';
const MEMBERS = new Set(['requestId']);
/** Every number with so many digits is exact. */
const DIGITS = /^[1-9][0-9]{0,15}$/;
const MAX_QUERY_CHARS = 8_192;
const MAX_SHOWN_CHARS = 100;

/** A request id, or undefined for anything else. */
export function asRequestId(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : undefined;
}

export function requestIdFromText(text: string): number | undefined {
  return DIGITS.test(text) ? asRequestId(Number(text)) : undefined;
}

/** Given twice, both must be the same. */
export function readRequestId({ query, body }: Pick<GatewayRequest, 'query' | 'body'>): Read<number> {
  const fromQuery = query === '' ? undefined : readQuery(query);
  if (fromQuery?.kind === 'refused') return fromQuery;
  const fromBody = body.byteLength === 0 ? undefined : readBody(body);
  if (fromBody?.kind === 'refused') return fromBody;
  if (fromQuery && fromBody && fromQuery.value !== fromBody.value) return refused('requestId must be the same in query and body');
  return fromQuery ?? fromBody ?? refused(REQUIRED);
}

function readQuery(query: string): Read<number> {
  if (query.length > MAX_QUERY_CHARS) return refused(`The query must have at most ${MAX_QUERY_CHARS} characters`);
  const values = new URLSearchParams(query);
  const other = [...values.keys()].find((name) => !MEMBERS.has(name));
  if (other !== undefined) return refused(`${other.slice(0, MAX_SHOWN_CHARS)} is not a known parameter`);
  const [text, ...more] = values.getAll('requestId');
  if (text === undefined) return refused(REQUIRED);
  const id = more.length > 0 ? undefined : requestIdFromText(text);
  return id === undefined ? refused(RULE) : good(id);
}

function readBody(body: Uint8Array): Read<number> {
  const members = readObject(body);
  if (members.kind === 'refused') return members;
  const unknown = unknownMember(members.value, MEMBERS);
  if (unknown !== undefined) return refused(unknown);
  if (!Object.hasOwn(members.value, 'requestId')) return refused(REQUIRED);
  const id = asRequestId(members.value.requestId);
  return id === undefined ? refused(RULE) : good(id);
}
