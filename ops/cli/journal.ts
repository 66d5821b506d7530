/**
 * What a run over a file has handed in, noted line by line, so that the same command given again after an interruption goes on where it was.
 *
 * - J1 A journal beside the file is of one interrupted run: it is removed when all of the file was answered, so that the same command
 *   sends all of it again the next night. One of another run (task, engine, flags) or an old one is not gone on with.
 * - J2 A journal that was named stays: what is in it is never sent again.
 * - J3 No password is in it: a line stands there by a digest, see `RecordKeys`.
 */
import { appendFileSync, existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';

export interface Journal {
  /** Request ids of what an earlier run handed in, by key. */
  readonly known: ReadonlyMap<string, number>;
  note(key: string, line: number, requestId: number): void;
  /** All of the file was answered. */
  done(): void;
}

/** What two runs have in common that are one. */
export type RunMark = Readonly<Record<string, string | boolean>>;

/** After so long an interrupted run is over: it was of another night. */
const STALE_MS = 12 * 3_600_000;

/** Of a run that cannot be gone on with. */
export const NO_JOURNAL: Journal = { known: new Map(), note: () => {}, done: () => {} };

/** A journal of that name, which stays. */
export function namedJournal(file: string): Journal {
  const { known, isCutOff } = existsSync(file) ? read(file) : { known: new Map<string, number>(), isCutOff: false };
  if (isCutOff) endLine(file);
  return { known, note: (...entry) => note(file, ...entry), done: () => {} };
}

export const journalBeside = (file: string, task: string): string => `${file}.${task}.journal`;

/** @param now milliseconds since 1970 @param tell what people should know of it */
export function journalOf(file: string, run: RunMark, now: number, tell: (text: string) => void): Journal {
  const mark = JSON.stringify({ run });
  const known = goesOn(file, mark, now, tell);
  let state: 'begun' | 'not-begun' | 'given-up' = known.size > 0 ? 'begun' : 'not-begun';
  return {
    known,
    note(...entry) {
      if (state === 'given-up') return;
      try {
        if (state === 'not-begun') writeFileSync(file, `${mark}\n`, { mode: 0o600 });
        state = 'begun';
        note(file, ...entry);
      } catch (error) {
        state = 'given-up';
        tell(`${file}: cannot be written (${error instanceof Error ? error.message : String(error)}); an interrupted run would begin anew`);
      }
    },
    done() {
      if (state === 'begun') rmSync(file, { force: true });
    },
  };
}

function goesOn(file: string, mark: string, now: number, tell: (text: string) => void): ReadonlyMap<string, number> {
  const nothing = new Map<string, number>();
  if (!existsSync(file)) return nothing;
  const { head, known, isCutOff } = read(file);
  if (known.size === 0) return nothing;
  if (head !== mark) {
    tell(`${file}: is of a run with another task, engine or flags, and is begun anew`);
    return nothing;
  }
  if (now - statSync(file).mtimeMs > STALE_MS) {
    tell(`${file}: is of a run of more than ${STALE_MS / 3_600_000} hours ago, and is begun anew`);
    return nothing;
  }
  if (isCutOff) endLine(file);
  tell(`goes on with an interrupted run: ${known.size} lines were accepted before (${file}; --no-journal sends them again)`);
  return known;
}

function note(file: string, key: string, line: number, requestId: number): void {
  appendFileSync(file, `${JSON.stringify({ key, line, requestId })}\n`, { mode: 0o600 });
}

/** What is noted next must not become a part of a line that was cut off. */
const endLine = (file: string): void => appendFileSync(file, '\n');

/** A last line that was cut off is passed over: its meter is sent again. */
function read(file: string): { readonly head: string | undefined; readonly known: Map<string, number>; readonly isCutOff: boolean } {
  const known = new Map<string, number>();
  const whole = readFileSync(file, 'utf8');
  const lines = whole.split('\n');
  for (const text of lines) {
    try {
      const { key, requestId } = JSON.parse(text) as { key?: unknown; requestId?: unknown };
      if (typeof key === 'string' && typeof requestId === 'number') known.set(key, requestId);
    } catch {
      // Empty, or cut off.
    }
  }
  return { head: lines[0], known, isCutOff: whole !== '' && !whole.endsWith('\n') };
}
