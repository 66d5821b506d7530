/** The filters of `GET /requests/v1/{mpid}` (appointments 1.6). */
export { REQUEST_TYPE } from '../../actors/appointment/index.ts';

import { parseWrittenDateTime } from '../../machines/calendar/index.ts';
import { type DetailEntry, QueryReader } from '../http/index.ts';

export const STATUSES = ['Pending', 'Success', 'Failed'] as const;
export type PublicStatus = (typeof STATUSES)[number];

const DAY_MS = 86_400_000;
const SECOND_MS = 1000;
const KNOWN = [
  'mpan_id',
  'request_id',
  'request_type',
  'request_status',
  'start_date',
  'end_date',
  'show_messages',
  'page',
  'page_size',
  'sort_direction',
] as const;
export const MAX_PAGE = 1_000_000;
export const MAX_PAGE_SIZE = 200;

export interface RequestsQuery {
  readonly mpan?: string;
  readonly requestId?: string;
  readonly requestType?: string;
  /** Without repetition; all when the filter is absent. */
  readonly statuses: readonly PublicStatus[];
  /** Inclusive instant. */
  readonly from?: number;
  /** Exclusive instant. */
  readonly to?: number;
  readonly showMessages: boolean;
  readonly page?: { readonly number: number; readonly size: number };
  readonly order: 'asc' | 'desc';
}

export type ReadQuery = { readonly kind: 'ok'; readonly query: RequestsQuery } | { readonly kind: 'refused'; readonly errors: readonly DetailEntry[] };

/**
 * Read the filters. A bare date is a day in UTC, as instants are shown in answers; instants there have whole seconds, so an
 * end without a fraction includes its whole second. A date-time without an offset is UTC.
 */
export function readRequestsQuery(text: string): ReadQuery {
  const reader = new QueryReader(text, KNOWN);
  const mpan = reader.matching('mpan_id', /^\d{13}$/, 'exactly 13 digits', 'mpan_length');
  const requestId = reader.matching('request_id', /^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$/, 'a UUID', 'uuid_parsing')?.toLowerCase();
  const requestType = reader.matching('request_type', /^[a-z0-9-]{1,64}$/, 'lower-case letters, digits and hyphens', 'request_type_format');
  const from = readInstant(reader, 'start_date', 'start');
  const to = readInstant(reader, 'end_date', 'end');
  const number = reader.integer('page', 1, MAX_PAGE);
  const size = reader.integer('page_size', 1, MAX_PAGE_SIZE);
  if (reader.text('page') !== undefined && reader.text('page_size') === undefined) reader.refuse('page_size', 'page_size is required with page', 'missing');
  if (reader.text('page_size') !== undefined && reader.text('page') === undefined) reader.refuse('page', 'page is required with page_size', 'missing');
  const query: RequestsQuery = {
    statuses: readStatuses(reader),
    showMessages: reader.boolean('show_messages', false),
    order: reader.oneOf('sort_direction', ['asc', 'desc']) ?? 'desc',
    ...(mpan === undefined ? {} : { mpan }),
    ...(requestId === undefined ? {} : { requestId }),
    ...(requestType === undefined ? {} : { requestType }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(number === undefined || size === undefined ? {} : { page: { number, size } }),
  };
  return reader.errors.length > 0 ? { kind: 'refused', errors: reader.errors } : { kind: 'ok', query };
}

function readStatuses(reader: QueryReader): readonly PublicStatus[] {
  const text = reader.text('request_status');
  if (text === undefined) return STATUSES;
  const wanted = new Set(text.split(',').map((part) => part.trim()));
  const found = STATUSES.filter((status) => wanted.has(status));
  if (found.length !== wanted.size) reader.refuse('request_status', `request_status must be a comma list of ${STATUSES.join(', ')}`, 'enum');
  return found;
}

function readInstant(reader: QueryReader, name: string, end: 'start' | 'end'): number | undefined {
  const text = reader.text(name);
  if (text === undefined) return undefined;
  const isBare = /^\d{4}-\d{2}-\d{2}$/.test(text);
  // A `+` of an offset that was not percent-encoded arrives as a space.
  const written = parseWrittenDateTime(isBare ? `${text}T00:00:00` : text.replace(/ (?=\d{2}:?\d{2}$)/, '+'));
  if (!written) {
    reader.refuse(name, `${name} must be a date or an ISO 8601 date and time`, 'datetime_parsing');
    return undefined;
  }
  const at = written.day * DAY_MS + written.timeOfDayMs - (written.offsetMs ?? 0);
  if (end === 'start') return at;
  if (isBare) return at + DAY_MS;
  return at % SECOND_MS === 0 ? at + SECOND_MS : at + 1;
}
