/**
 * Imports: lines of an upload become commands, batch by batch, and a report that names every refused line. A batch is
 * committed before the next is read, so an upload of any size waits for the engine and not the other way round.
 */
import { type AgentDirectory, storeAgents } from '../../actors/agent/index.ts';
import type { EngineFace } from '../../actors/engine/face.ts';
import type { Clock, Ids } from '../../actors/engine/ports.ts';
import { OverloadedError } from '../../actors/errors/error.ts';
import { type MpanLine, type Parsed, parseAgents, parseMpans } from '../../actors/imports/index.ts';
import type { MpanImport, MpanImported } from '../../actors/mpan/index.ts';
import type { AgentEntry } from '../../machines/agent/index.ts';
import type { Json } from '../../machines/common/effects.ts';
import type { Importer } from './work.ts';

export interface ImporterDeps {
  readonly engine: EngineFace;
  readonly directory: AgentDirectory;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly enforceCheckDigit: boolean;
  /** DIP id of an own supplier's MPID. */
  readonly dipIdOf: (mpid: string) => string | undefined;
}

const BATCH_LINES = 500;
/** Tries of one command that the engine has no room for. */
const MAX_TRIES = 20;

/** One line of the report as it is written. */
type ReportLine = { readonly kind: 'refused'; readonly line: number; readonly field: string; readonly rule: string; readonly value: string };

interface Tally {
  lines: number;
  created: number;
  applied: number;
  refused: number;
}

export function createImporters(deps: ImporterDeps): Readonly<Record<'mpans' | 'agents', Importer>> {
  return {
    mpans: (upload, { format, mpid, signal }) => {
      const lines = parseMpans(upload, format, { enforceCheckDigit: deps.enforceCheckDigit });
      return run(lines, signal, (batch, tally) => storeMpans(deps, batch, mpid, tally));
    },
    agents: (upload, { format, signal }) =>
      run(parseAgents(upload, format), signal, async (batch, tally) => {
        const entries: AgentEntry[] = batch.map(({ value }) => value);
        const stored = await whenThereIsRoom(deps.clock, () => storeAgents(deps.engine, deps.directory, { entries }, deps.ids.uuid()));
        tally.created += stored.created;
        tally.applied += stored.applied;
        return [];
      }),
  };
}

interface Good<T> {
  readonly line: number;
  readonly value: T;
}

async function* run<T>(
  lines: AsyncIterable<Parsed<T>>,
  signal: AbortSignal,
  store: (batch: readonly Good<T>[], tally: Tally) => Promise<readonly ReportLine[]>,
): AsyncGenerator<Json> {
  const tally: Tally = { lines: 0, created: 0, applied: 0, refused: 0 };
  let batch: Good<T>[] = [];
  const flush = async (): Promise<readonly ReportLine[]> => {
    const refused = await store(batch, tally);
    tally.refused += refused.length;
    batch = [];
    return refused;
  };
  for await (const parsed of lines) {
    signal.throwIfAborted();
    tally.lines += 1;
    if ('refused' in parsed) {
      tally.refused += 1;
      yield { kind: 'refused', line: parsed.line, ...parsed.refused };
    } else batch.push(parsed);
    if (batch.length >= BATCH_LINES) {
      yield* await flush();
      yield { kind: 'progress', ...tally };
    }
  }
  if (batch.length > 0) yield* await flush();
  yield { kind: 'done', ...tally };
}

/** One command per meter point, all of a batch at once: they share commits. */
async function storeMpans(deps: ImporterDeps, batch: readonly Good<MpanLine>[], mpid: string | undefined, tally: Tally): Promise<readonly ReportLine[]> {
  const refused: ReportLine[] = [];
  const byMpan = new Map<string, MpanImport['lines'][number][]>();
  for (const { line, value } of batch) {
    const owner = value.mpid ?? mpid;
    const supplierDipId = owner === undefined ? undefined : deps.dipIdOf(owner);
    if (owner === undefined) refused.push({ kind: 'refused', line, field: 'mpid', rule: 'missing', value: '' });
    else if (supplierDipId === undefined) refused.push({ kind: 'refused', line, field: 'mpid', rule: 'not_an_own_supplier', value: owner });
    else {
      const known = byMpan.get(value.mpan);
      const entry = { mpid: owner, supplierDipId, facts: value.facts };
      if (known) known.push(entry);
      else byMpan.set(value.mpan, [entry]);
    }
  }
  const commands = [...byMpan].map(async ([mpan, lines]) => {
    const payload: MpanImport = { mpan, lines };
    const id = deps.ids.uuid();
    const stored = await whenThereIsRoom(deps.clock, () =>
      deps.engine.command<MpanImported>({ key: mpan, type: 'mpan.import', payload, origin: 'caller', id }),
    );
    tally.created += stored.created;
    tally.applied += stored.applied;
  });
  await Promise.all(commands);
  return refused;
}

/** An import has time: what the engine has no room for now is tried again when it says so. */
async function whenThereIsRoom<T>(clock: Clock, run: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await run();
    } catch (error) {
      if (!(error instanceof OverloadedError) || tries >= MAX_TRIES) throw error;
      await new Promise<void>((resolve) => {
        clock.after(error.retryAfterMs, resolve);
      });
    }
  }
}
