/**
 * How many actors there are by kind, state, age and reason, over the whole cluster: sums of the store's counters. What was read serves
 * everybody for a second.
 */
import Type from 'typebox';
import type { EngineFace } from '../../actors/engine/face.ts';
import type { Clock } from '../../actors/engine/ports.ts';
import type { Total } from '../../actors/store/store.ts';
import { type AnyReply, json, problem, QueryReader, type Route } from '../http/index.ts';
import { guardOps, OPS_HEADERS, type OpsGuardDeps, refuseOps } from './guard.ts';

export interface CountsDeps extends OpsGuardDeps {
  readonly engine: Pick<EngineFace, 'store'>;
}

/** Days in a state, UTC: from (inclusive). */
export const AGE_BUCKETS = [
  { age: '0d', fromDays: 0 },
  { age: '1d', fromDays: 1 },
  { age: '2-6d', fromDays: 2 },
  { age: '7-27d', fromDays: 7 },
  { age: '28-89d', fromDays: 28 },
  { age: '90-399d', fromDays: 90 },
  { age: '400d+', fromDays: 400 },
] as const;
export type Age = (typeof AGE_BUCKETS)[number]['age'];

const DIMENSIONS = ['kind', 'state', 'age', 'reason'] as const;
type Dimension = (typeof DIMENSIONS)[number];

const CountRow = Type.Object(
  {
    kind: Type.Optional(Type.String()),
    state: Type.Optional(Type.String()),
    age: Type.Optional(Type.Enum(AGE_BUCKETS.map(({ age }) => age))),
    /** Empty: none. */
    reason: Type.Optional(Type.String()),
    count: Type.Integer({ minimum: 1 }),
  },
  { additionalProperties: false },
);
export const CountsSchema = Type.Object(
  {
    /** When the counters were read. */
    at: Type.Number(),
    items: Type.Array(CountRow),
    cursor: Type.Union([Type.String(), Type.Null()]),
  },
  { additionalProperties: false },
);

const FRESH_MS = 1_000;
const DAY_MS = 86_400_000;
const MAX_ROWS = 2_000;

/** Counters by kind, state, reason and UTC day. */
interface Counters {
  readonly at: number;
  readonly rows: readonly Total[];
}

/** `GET /ops/v1/counts`, filters `kind`, `state`, `reason`, `age`; `by` says what they are told apart by. Rows in order of their words. */
export function countsRoutes(deps: CountsDeps): readonly Route[] {
  const read = createCountsReader(deps);
  return [
    {
      method: 'GET',
      path: '/ops/v1/counts',
      headers: OPS_HEADERS,
      body: 'none',
      maxBytes: 0,
      refuse: refuseOps,
      handle: guardOps(deps, 'ops:read', (request) => answerCounts(read, request.query)),
    },
  ];
}

/** Reads them at most once a second, however many ask. */
export function createCountsReader({ engine, clock }: Pick<CountsDeps, 'engine'> & { readonly clock: Clock }): () => Promise<Counters> {
  let last: { readonly counters: Counters; readonly until: number } | undefined;
  let reading: Promise<Counters> | undefined;
  const read = async (): Promise<Counters> => {
    const at = clock.now();
    try {
      const rows = await engine.store.totals();
      last = { counters: { at, rows }, until: clock.monotonic() + FRESH_MS };
      return last.counters;
    } finally {
      reading = undefined;
    }
  };
  return async () => {
    if (last && clock.monotonic() < last.until) return last.counters;
    reading ??= read();
    return reading;
  };
}

/** @param text the query string */
export async function answerCounts(read: () => Promise<Counters>, text: string): Promise<AnyReply> {
  const query = new QueryReader(text, [...DIMENSIONS, 'by', 'cursor', 'limit']);
  const by = dimensionsOf(query);
  const wanted = { kind: query.text('kind'), state: query.text('state'), reason: query.text('reason'), age: query.oneOf('age', AGES) };
  const limit = query.integer('limit', 1, MAX_ROWS) ?? 500;
  const after = cursorOf(query);
  if (query.errors.length > 0) return problem(422, 'invalid_value', query.errors[0]?.msg ?? '', { errors: query.errors });
  const counters = await read();
  const rows = grouped(counters, by, wanted);
  const rest = after === undefined ? rows : rows.filter(({ name }) => name > after);
  const items = rest.slice(0, limit);
  const last = items.at(-1);
  const cursor = rest.length > limit && last ? Buffer.from(last.name, 'utf8').toString('base64url') : null;
  return json(200, { at: counters.at, items: items.map(({ row }) => row), cursor });
}

const AGES = AGE_BUCKETS.map(({ age }) => age);

function dimensionsOf(query: QueryReader): readonly Dimension[] {
  const text = query.text('by');
  if (text === undefined) return DIMENSIONS;
  const wanted = new Set(text.split(',').map((part) => part.trim()));
  const found = DIMENSIONS.filter((name) => wanted.has(name));
  if (found.length !== wanted.size) query.refuse('by', `by must be a comma list of ${DIMENSIONS.join(', ')}`, 'enum');
  return found;
}

/** The words of the last row of the page before: rows that come or go meanwhile move no others. */
function cursorOf(query: QueryReader): string | undefined {
  const cursor = query.text('cursor');
  if (cursor === undefined) return undefined;
  const name = Buffer.from(cursor, 'base64url').toString('utf8');
  if (name === '' || Buffer.from(name, 'utf8').toString('base64url') !== cursor) query.refuse('cursor', 'cursor: is one that a page gave', 'cursor_invalid');
  return name;
}

interface Row {
  readonly name: string;
  readonly row: object;
}

/** Below every other character: shorter words come first. */
const BETWEEN = '\u0000';

function grouped({ at, rows }: Counters, by: readonly Dimension[], wanted: Readonly<Record<Dimension, string | undefined>>): readonly Row[] {
  const ages = new Map<string, Age>();
  const sums = new Map<string, { readonly words: Partial<Record<Dimension, string>>; count: number }>();
  for (const { kind, state, day, reason, count } of rows) {
    const age = ages.get(day) ?? ageOf(day, at);
    ages.set(day, age);
    const words = { kind, state, age, reason };
    if (DIMENSIONS.some((name) => wanted[name] !== undefined && wanted[name] !== words[name])) continue;
    const name = by.map((one) => (one === 'age' ? String(AGES.indexOf(age)) : words[one])).join(BETWEEN);
    const sum = sums.get(name);
    if (sum) sum.count += count;
    else sums.set(name, { words: Object.fromEntries(by.map((one) => [one, words[one]])), count });
  }
  const found = [...sums].filter(([, { count }]) => count > 0).map(([name, { words, count }]): Row => ({ name: `=${name}`, row: { ...words, count } }));
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** @param day UTC day of `since`, `YYYY-MM-DD` @param at epoch milliseconds */
export function ageOf(day: string, at: number): Age {
  const days = Math.floor(at / DAY_MS) - Math.floor(Date.parse(`${day}T00:00:00Z`) / DAY_MS);
  return AGE_BUCKETS.findLast(({ fromDays }) => days >= fromDays)?.age ?? '0d';
}
