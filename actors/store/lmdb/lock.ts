/**
 * One process per data directory.
 *
 * The lock is a file that names its holder. It appears by `link`, which fails when the name is taken, so of two processes
 * that start together one wins. A holder that was killed leaves its file behind; who finds that the named process is gone
 * takes the file over while holding a second one (`.takeover`), so that no two take over at once.
 * A holder in another process namespace (a container) cannot be looked up: it counts as alive while it touches the file.
 */
import { linkSync, readFileSync, renameSync, statSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { StoreError } from '../../errors/error.ts';
import { isAlive, ownIdentity, type ProcessIdentity } from './process-identity.ts';

/** The holder touches its file more often than this (with every look at the disk). */
const FOREIGN_SILENCE_MS = 30_000;

let serial = 0;

export class DirectoryLock {
  readonly #file: string;
  readonly #content: string;

  /** @throws StoreError `store_in_use` */
  constructor(file: string) {
    const own = ownIdentity();
    this.#file = file;
    // The serial tells two stores of this very process apart.
    this.#content = JSON.stringify({ ...own, serial: serial++ });
    const draft = `${file}.${own.pid}.${own.startTime}.${serial}`;
    writeFileSync(draft, this.#content);
    try {
      if (!claim(draft, file)) this.#takeOver(draft, own);
    } finally {
      attempt(() => unlinkSync(draft));
    }
  }

  /** Tells holders of other namespaces that this one is alive. */
  touch(): void {
    const now = new Date(Date.now());
    attempt(() => utimesSync(this.#file, now, now));
  }

  release(): void {
    if (attempt(() => readFileSync(this.#file, 'utf8')) === this.#content) attempt(() => unlinkSync(this.#file));
  }

  #takeOver(draft: string, own: ProcessIdentity): void {
    refuseIfHeld(this.#file, own);
    const takeover = `${this.#file}.takeover`;
    if (!claim(draft, takeover)) {
      refuseIfHeld(takeover, own);
      // Whoever was taking over died doing so.
      attempt(() => unlinkSync(takeover));
      if (!claim(draft, takeover)) throw inUse(this.#file, 'another process is just starting on it');
    }
    try {
      // The holder may have changed while the takeover was claimed.
      refuseIfHeld(this.#file, own);
      const copy = `${draft}.held`;
      linkSync(draft, copy);
      renameSync(copy, this.#file);
      // Renaming a link onto another link of the same file does nothing but leave both.
      attempt(() => unlinkSync(copy));
    } finally {
      attempt(() => unlinkSync(takeover));
    }
  }
}

function claim(draft: string, file: string): boolean {
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

function refuseIfHeld(file: string, own: ProcessIdentity): void {
  const text = attempt(() => readFileSync(file, 'utf8'));
  if (text === undefined) return;
  const holder = attempt(() => JSON.parse(text) as ProcessIdentity);
  // An empty or torn file is what a loss of power leaves.
  if (holder === undefined || typeof holder.pid !== 'number') return;
  const alive = isAlive(holder, own);
  if (alive === true) throw inUse(file, `process ${holder.pid} holds it`);
  if (alive === 'unknown' && silenceMs(file) < FOREIGN_SILENCE_MS) {
    throw inUse(file, `process ${holder.pid} of another container held it within the last ${FOREIGN_SILENCE_MS / 1_000} s`);
  }
}

function silenceMs(file: string): number {
  const touched = attempt(() => statSync(file).mtimeMs);
  return touched === undefined ? Number.POSITIVE_INFINITY : Date.now() - touched;
}

function inUse(file: string, who: string): StoreError {
  return new StoreError('store_in_use', `data directory: is used by one process at a time: ${who} (${file})`, { retry: 'never', details: { file } });
}

function attempt<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch {
    return undefined;
  }
}
