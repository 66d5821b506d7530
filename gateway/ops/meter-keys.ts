/**
 * Operator's routes about meter keys: imported from a file, listed, removed. A key comes in by an upload and never goes out again; the
 * report of an import names lines and rules, never what stood there.
 */
import type { Clock } from '../../actors/engine/ports.ts';
import { OverloadedError } from '../../actors/errors/error.ts';
import { type MeterKeyLine, type MeterKeyStore, parseMeterKeys } from '../../actors/meter-keys/index.ts';
import type { Json } from '../../machines/common/effects.ts';
import { BodyAbortedError, json, pathText, problem, QueryReader, type Route, type StreamReply, toFailure } from '../http/index.ts';
import { guardOps, OPS_HEADERS, type OpsGuardDeps, refuseOps } from './guard.ts';

export interface MeterKeysDeps extends OpsGuardDeps {
  readonly store: Pick<MeterKeyStore, 'import' | 'list' | 'remove'>;
  readonly maxImportBytes: number;
  /** Canonical form of a remote address; undefined when it is none. */
  readonly canonicalOf: (address: string) => string | undefined;
}

const BATCH_LINES = 200;
/** Tries of one batch that the engine has no room for. */
const MAX_TRIES = 20;
const MAX_PAGE = 1_000;
const MAX_CURSOR = 2_000;

export function meterKeysRoutes(deps: MeterKeysDeps): readonly Route[] {
  const plain = { headers: OPS_HEADERS, body: 'none', maxBytes: 0, refuse: refuseOps } as const;
  return [
    {
      method: 'POST',
      path: '/ops/v1/imports/meter-keys',
      headers: OPS_HEADERS,
      body: 'stream',
      maxBytes: deps.maxImportBytes,
      refuse: refuseOps,
      slow: true,
      handle: guardOps(deps, 'ops:write', (request, grant) => {
        const query = new QueryReader(request.query, ['format', 'reason']);
        const format = query.oneOf('format', ['csv', 'jsonl']) ?? 'csv';
        if (query.errors.length > 0) return problem(422, 'invalid_value', query.errors[0]?.msg ?? '', { errors: query.errors });
        return jsonLines(importKeys(deps, request.chunks ?? noUpload(), format, grant.owner, request.signal()));
      }),
    },
    {
      ...plain,
      method: 'GET',
      path: '/ops/v1/meter-keys',
      handle: guardOps(deps, 'ops:read', async (request) => {
        const query = new QueryReader(request.query, ['limit', 'cursor']);
        const limit = query.matching('limit', /^[1-9]\d{0,3}$/, `1 to ${MAX_PAGE}`, 'limit');
        const cursor = query.matching('cursor', new RegExp(`^[\\x21-\\x7e]{1,${MAX_CURSOR}}$`), 'one that a page gave', 'cursor');
        if (query.errors.length > 0) return problem(422, 'invalid_value', query.errors[0]?.msg ?? '', { errors: query.errors });
        return json(200, await deps.store.list(Math.min(MAX_PAGE, Number(limit ?? MAX_PAGE)), cursor));
      }),
    },
    {
      ...plain,
      method: 'DELETE',
      path: '/ops/v1/meter-keys/:meter',
      handle: guardOps(deps, 'ops:write', async ({ params }) => {
        const meter = pathText(params[0]);
        await deps.store.remove(meter);
        return json(200, { removed: meter });
      }),
    },
  ];
}

/** A name that is no escaped text is no name of a meter either. */
async function* importKeys(
  { store, clock, canonicalOf }: MeterKeysDeps,
  upload: AsyncIterable<Uint8Array>,
  format: 'csv' | 'jsonl',
  by: string,
  signal: AbortSignal,
): AsyncGenerator<Json> {
  const tally = { lines: 0, created: 0, applied: 0, refused: 0 };
  let batch: MeterKeyLine[] = [];
  const flush = async (): Promise<void> => {
    const stored = await whenThereIsRoom(clock, store, batch, by);
    tally.created += stored.created;
    tally.applied += stored.applied;
    batch = [];
  };
  for await (const parsed of parseMeterKeys(upload, format, canonicalOf)) {
    signal.throwIfAborted();
    tally.lines += 1;
    if ('refused' in parsed) {
      tally.refused += 1;
      yield { kind: 'refused', line: parsed.line, ...parsed.refused };
    } else batch.push(parsed.value);
    if (batch.length >= BATCH_LINES) {
      await flush();
      yield { kind: 'progress', ...tally };
    }
  }
  if (batch.length > 0) await flush();
  yield { kind: 'done', ...tally };
}

/** An import has time: what the engine has no room for now is tried again when it says so. The store fills what it is given with zeros. */
async function whenThereIsRoom(clock: Clock, store: MeterKeysDeps['store'], lines: readonly MeterKeyLine[], by: string): ReturnType<MeterKeyStore['import']> {
  try {
    for (let tries = 1; ; tries += 1) {
      try {
        return await store.import(lines.map(copyOf), by);
      } catch (error) {
        if (!(error instanceof OverloadedError) || tries >= MAX_TRIES) throw error;
        await new Promise<void>((resolve) => {
          clock.after(error.retryAfterMs, resolve);
        });
      }
    }
  } finally {
    for (const { encryptionKey, authenticationKey } of lines) for (const secret of [encryptionKey, authenticationKey]) secret.fill(0);
  }
}

const copyOf = (line: MeterKeyLine): MeterKeyLine => ({
  ...line,
  encryptionKey: line.encryptionKey.slice(),
  authenticationKey: line.authenticationKey.slice(),
});

/** JSON lines; what fails after the first is told in the last one, `error`. */
function jsonLines(values: AsyncIterable<Json>): StreamReply {
  async function* lines(): AsyncGenerator<string> {
    let isBegun = false;
    try {
      for await (const value of values) {
        yield `${JSON.stringify(value)}\n`;
        isBegun = true;
      }
    } catch (error) {
      if (!isBegun || error instanceof BodyAbortedError) throw error;
      yield `${JSON.stringify({ error: toFailure(error)?.text ?? 'Internal error' })}\n`;
    }
  }
  return { status: 200, headers: [['content-type', 'application/jsonl']], stream: lines() };
}

async function* noUpload(): AsyncGenerator<Uint8Array> {}
