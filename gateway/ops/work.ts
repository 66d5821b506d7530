/** Operator's routes that set longer work going: imports, backup, sending what waits for the DTN. */
import Type from 'typebox';
import type { Json } from '../../machines/common/effects.ts';
import { BodyAbortedError, json, problem, QueryReader, type Route, type StreamReply, toFailure } from '../http/index.ts';
import { bodyReader } from './body.ts';
import { guardOps, OPS_HEADERS, type OpsGuardDeps, refuseOps } from './guard.ts';
import { Reason } from './reason.ts';

/** Reads an upload and tells about it line by line; a bad line is reported and the rest goes on. */
export type Importer = (
  upload: AsyncIterable<Uint8Array>,
  options: { readonly format: 'csv' | 'jsonl'; readonly mpid: string | undefined; readonly by: string; readonly signal: AbortSignal },
) => AsyncIterable<Json>;

export interface WorkDeps extends OpsGuardDeps {
  readonly maxBodyBytes: number;
  readonly maxImportBytes: number;
  readonly importers: Readonly<Partial<Record<'mpans' | 'agents', Importer>>>;
  /** A consistent copy into an empty folder of this machine. */
  readonly backup?: (directory: string) => Promise<void>;
  /** Close what waits for the DTN now, of one sender or of all; tells how many files. */
  readonly flushDtn?: (mpid: string | undefined) => Promise<Json>;
}

export const BackupBody = Type.Object(
  { directory: Type.String({ minLength: 1, maxLength: 4_096, pattern: '^/[^\\u0000]*$' }), reason: Reason },
  { additionalProperties: false },
);
export const FlushBody = Type.Object({ mpid: Type.Optional(Type.String({ pattern: '^[A-Z]{4}$' })), reason: Reason }, { additionalProperties: false });

export function workRoutes(deps: WorkDeps): readonly Route[] {
  const readBackup = bodyReader(BackupBody);
  const readFlush = bodyReader(FlushBody);
  const write = { method: 'POST', headers: OPS_HEADERS, body: 'whole', maxBytes: deps.maxBodyBytes, refuse: refuseOps, slow: true } as const;
  const routes: Route[] = Object.entries(deps.importers).map(([what, importer]) => importRoute(deps, what, importer));
  const { backup, flushDtn } = deps;
  if (backup) {
    routes.push({
      ...write,
      path: '/ops/v1/backup',
      handle: guardOps(deps, 'ops:write', async (request) => {
        const body = readBackup(request);
        if (body.refusal) return body.refusal;
        return jsonLines(signs(backup(body.value.directory).then(() => ({ done: true, directory: body.value.directory }))));
      }),
    });
  }
  if (flushDtn) {
    routes.push({
      ...write,
      path: '/ops/v1/dtn/flush',
      handle: guardOps(deps, 'ops:write', async (request) => {
        const body = readFlush(request);
        return body.refusal ?? json(200, await flushDtn(body.value.mpid));
      }),
    });
  }
  return routes;
}

function importRoute(deps: WorkDeps, what: string, importer: Importer): Route {
  return {
    method: 'POST',
    path: `/ops/v1/imports/${what}`,
    headers: OPS_HEADERS,
    body: 'stream',
    maxBytes: deps.maxImportBytes,
    refuse: refuseOps,
    slow: true,
    handle: guardOps(deps, 'ops:write', (request, grant) => {
      const query = new QueryReader(request.query, ['format', 'mpid', 'reason']);
      const format = query.oneOf('format', ['csv', 'jsonl']) ?? 'csv';
      const mpid = query.matching('mpid', /^[A-Z]{4}$/, 'exactly 4 letters A to Z', 'mpid_format');
      if (query.errors.length > 0) return problem(422, 'invalid_value', query.errors[0]?.msg ?? '', { errors: query.errors });
      const report = importer(request.chunks ?? emptyUpload(), { format, mpid, by: grant.owner, signal: request.signal() });
      return jsonLines(report);
    }),
  };
}

const SIGN_INTERVAL_MS = 5_000;
const LINES_HEADERS = [['content-type', 'application/jsonl']] as const;

/** JSON lines. What fails at once is refused as usual; what fails after the first line is told in the last one, `error`. */
export function jsonLines(values: AsyncIterable<Json>): StreamReply {
  async function* lines(): AsyncGenerator<string> {
    let isBegun = false;
    try {
      for await (const value of values) {
        yield value === null ? '\n' : `${JSON.stringify(value)}\n`;
        isBegun = true;
      }
    } catch (error) {
      if (!isBegun || error instanceof BodyAbortedError) throw error;
      yield `${JSON.stringify({ error: toFailure(error)?.text ?? 'Internal error' })}\n`;
    }
  }
  return { status: 200, headers: LINES_HEADERS, stream: lines() };
}

/** Work without steps of its own: a sign (null, an empty line) now and then shows that it goes on. */
async function* signs(work: Promise<Json>): AsyncGenerator<Json> {
  for (;;) {
    let timer: NodeJS.Timeout | undefined;
    const tick = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), SIGN_INTERVAL_MS);
    });
    const outcome = await Promise.race([work, tick]).finally(() => clearTimeout(timer));
    if (outcome !== undefined) {
      yield outcome;
      return;
    }
    yield null;
  }
}

async function* emptyUpload(): AsyncGenerator<Uint8Array> {}
