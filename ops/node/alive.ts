/**
 * Notes from time to time that the installation lives and can take what the market sends. The silence before a note is the gap that the
 * market is asked to fill: after a stop, and also where the process lived on, but its store or its cluster did not, or the machine stood
 * still. Among many nodes each notes itself, and the newest of all counts; that two write at once loses one note, which comes again.
 *
 * Invariants
 * - A1 No note hides a silence that is not noted as a gap.
 */
import type { Clock, Log, Timer } from '../../actors/engine/index.ts';
import type { Store } from '../../actors/store/index.ts';

const META = 'aliveAt';
const UNKNOWN_SILENCE_MS = 6 * 3_600_000;
/** Nodes that were not seen for that long are dropped from the note. */
const FORGOTTEN_MS = 30 * 86_400_000;
/** What clocks of nodes may differ by before a note is from the future. */
const SKEW_MS = 10_000;

/** Alone: the instant; among many nodes: the instant of each, by its own clock. */
type Note = number | { readonly [node: string]: number };
type Notes = Readonly<Record<string, number>>;

export interface AliveSetup {
  readonly store: Pick<Store, 'getMeta' | 'putMeta'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly intervalMs: number;
  /** Silence from which on the market is asked, milliseconds. */
  readonly minGapMs: number;
  /** Name of this one of many nodes; absent: this process is alone. */
  readonly node?: string;
  /** Whether what the market sends can be taken now, as far as it is known without the store. */
  hears(): boolean;
  /** Nothing could be taken since then. Resolves once that is noted, with false when it will not be. */
  onSilence(since: number): Promise<boolean>;
}

/** Of a silence, at least so many notes are missing: one that comes late is none. */
const MISSED_NOTES = 3;

export class Alive {
  readonly #setup: AliveSetup;
  #timer: Timer | undefined;
  #noting: Promise<void> | undefined;
  /** Every silence before is noted as a gap. Both clocks: one is set back, the other stands still with the machine. */
  #told = { wall: 0, monotonic: 0 };

  constructor(setup: AliveSetup) {
    this.#setup = setup;
  }

  /** When an engine was last alive, whichever; null at the first start. */
  async lastAt(): Promise<number | null> {
    return this.#lastOf(notesOf(await this.#setup.store.getMeta(META)), this.#setup.clock.now());
  }

  /** Call it when the silence before is known to whoever asks the market. */
  start(): void {
    this.#told = this.#instant();
    const tick = (): void => {
      this.#noting ??= this.#note().finally(() => (this.#noting = undefined));
      this.#timer = this.#setup.clock.after(this.#setup.intervalMs, tick);
    };
    tick();
  }

  /** Notes once more, if it ever began: before, the silence is not known to anybody yet. */
  async stop(): Promise<void> {
    if (this.#timer === undefined) return;
    this.#timer.cancel();
    await this.#noting;
    await this.#note();
  }

  #lastOf(notes: Notes, now: number): number | null {
    const all = Object.values(notes);
    if (all.length === 0) return null;
    const possible = all.filter((at) => at <= now + (this.#setup.node === undefined ? 0 : SKEW_MS));
    // All clocks were set back since: how long the silence was, nobody knows.
    return possible.length === 0 ? now - UNKNOWN_SILENCE_MS : Math.min(now, Math.max(...possible));
  }

  async #note(): Promise<void> {
    const { store, log, node, hears } = this.#setup;
    if (!hears()) return;
    try {
      const stored = await store.getMeta(META);
      const notes = notesOf(stored);
      const since = this.#silentSince(notes);
      if (since !== undefined) {
        // A store that cannot be written cannot take what the market would send again either.
        await store.putMeta(META, stored ?? {});
        const until = this.#instant();
        if (!(await this.#setup.onSilence(since))) return;
        this.#told = until;
      }
      const noted = this.#instant();
      const now = noted.wall;
      if (node === undefined) await store.putMeta(META, now);
      else {
        const known = Object.entries(notes).filter(([name, at]) => name !== ALONE && Math.abs(now - at) < FORGOTTEN_MS);
        await store.putMeta(META, { ...Object.fromEntries(known), [node]: now });
      }
      this.#told = noted;
    } catch (error) {
      log.warn({ err: error }, 'could not note that we live');
    }
  }

  #silentSince(notes: Notes): number | undefined {
    const { intervalMs, minGapMs } = this.#setup;
    const { wall: now, monotonic } = this.#instant();
    const own = now - Math.max(now - this.#told.wall, monotonic - this.#told.monotonic);
    const since = Math.max(own, this.#lastOf(notes, now) ?? 0);
    return now - since < Math.max(minGapMs, MISSED_NOTES * intervalMs) ? undefined : since;
  }

  #instant(): { readonly wall: number; readonly monotonic: number } {
    const { clock } = this.#setup;
    return { wall: clock.now(), monotonic: clock.monotonic() };
  }
}

/** Name under which the note of a process that was alone is read. */
const ALONE = '';

function notesOf(note: unknown): Notes {
  const known = (note ?? {}) as Note;
  if (typeof known === 'number') return { [ALONE]: known };
  return Object.fromEntries(Object.entries(known).filter(([, at]) => typeof at === 'number'));
}
