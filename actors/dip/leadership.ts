/**
 * One node of many fills the gap (registers callbacks, asks for the backlog); all hold and open their gates together.
 *
 *   leader   term ─ gap handler ─► gate ──┬─ store `dip.gate` {term, beat, open}, every second and at every change
 *                                         └─ Voice `dip` the same, sooner
 *   others   word heard, or seen to move in the store ─► own gate
 *   others   delivery given up ─ `want`, said again every second ─► leader ─ noted ─► `got`
 *
 * Invariants
 * - L1 A gate is closed until its node knows what a leader of now says of it. A word that lies in the store may be from before a
 *   silence of all: it counts only once it has moved.
 * - L2 An older word never replaces a newer one: every leader begins a higher term.
 * - L3 While nobody leads, gates stay as they are; closed ones open after `graceMs`, as the leader's own would.
 * - L4 A want is said until a leader has noted it; a window that is noted outlives its leader.
 */
import type { EpochMs, Json } from '../../machines/common/effects.ts';
import { NO_VOICE, type Voice } from '../cluster/contract.ts';
import type { Clock, Ids, Log, Timer } from '../engine/ports.ts';
import type { Missed } from './gap-handler.ts';
import { Gate, type GateView } from './gate.ts';

/** What a leader says of the gates. */
export type GateWord = { readonly term: number; readonly beat: number; readonly open: boolean };

/** Other nodes, which have gates of the same market. */
export interface DipNodes {
  readonly voice: Voice;
  /** Keeps the leader's last word. */
  readonly memory: { load(): Promise<GateWord | null>; save(word: GateWord): Promise<void> };
}

/** The work of a leader, from the day it leads. */
export interface Reign {
  readonly gate: GateView;
  /** Look for a gap. Resolves once it is noted; the work on it goes on. */
  start(lastAliveAt: EpochMs | null): Promise<void>;
  /** Deliveries may have been given up since then. Resolves once that is noted. */
  request(since: EpochMs, why: Missed): Promise<void>;
  close(): Promise<void>;
}

export interface LeadershipSetup {
  readonly newReign: () => Reign;
  /** Absent: this process is alone. */
  readonly nodes?: DipNodes;
  readonly graceMs: number;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
}

const TOPIC = 'dip';
const BEAT_MS = 1_000;
/** Wants of others that are remembered, so that one that is said again is not worked on again. */
const WANTS = 1_000;

type Words =
  | ({ readonly kind: 'gate' } & GateWord)
  | { readonly kind: 'want'; readonly id: string; readonly since: EpochMs; readonly why?: Missed }
  | { readonly kind: 'got'; readonly id: string };

interface Wanted {
  readonly id: string;
  readonly since: EpochMs;
  readonly why: Missed;
  /** Told once: whether a leader has noted it. */
  noted(isNoted: boolean): void;
}

export class Leadership {
  /** Open: overdue fail deadlines may fire. */
  readonly gate = new Gate(false);
  /** Resolves when it is first known whether there was a gap; before, nobody may note that the installation lives. */
  readonly known: Promise<void>;
  readonly #setup: LeadershipSetup;
  readonly #nodes: DipNodes | undefined;
  #resolveKnown: () => void = () => {};
  #reign: Reign | undefined;
  /** Rises with every call of `lead` and `follow`: the last one holds. */
  #order = 0;
  #turn: Promise<void> = Promise.resolve();
  /** The newest word of any leader, and the one that lay in the store when it was last looked at. */
  #heard: GateWord | undefined;
  #stored: GateWord | undefined;
  #wanted: Wanted | undefined;
  readonly #gotten = new Set<string>();
  #timer: Timer | undefined;
  #grace: Timer | undefined;
  #saving: Promise<void> | undefined;
  #saveAgain = false;
  #closed = false;
  readonly #unhear: () => void;

  constructor(setup: LeadershipSetup) {
    this.#setup = setup;
    this.#nodes = setup.nodes === undefined || setup.nodes.voice === NO_VOICE ? undefined : setup.nodes;
    this.known = new Promise((resolve) => {
      this.#resolveKnown = resolve;
    });
    this.#unhear = this.#nodes?.voice.on(TOPIC, (payload) => this.#hear(payload)) ?? (() => {});
  }

  /** From now on this node does the work. Resolves once it is known, and noted, whether there was a gap; or when it follows before that. Said again, it looks for a gap again. */
  lead(lastAliveAt: () => Promise<EpochMs | null>): Promise<void> {
    return this.#next(async (current) => {
      if (this.#reign) return this.#reign.start(await lastAliveAt());
      this.#timer?.cancel();
      const begun = await this.#begin(lastAliveAt, current);
      if (!begun) return;
      const { reign, term } = begun;
      this.#grace?.cancel();
      this.#grace = undefined;
      this.#reign = reign;
      this.#heard = { term, beat: 0, open: reign.gate.open };
      reign.gate.onChange((open) => {
        if (this.#reign === reign) this.#say(open);
      });
      this.#say(reign.gate.open);
      this.#beat();
      this.#resolveKnown();
      const wanted = this.#wanted;
      this.#wanted = undefined;
      if (!wanted) return;
      await reign.request(wanted.since, wanted.why);
      wanted.noted(true);
    });
  }

  /** Another node does the work, or will. What is unfinished stays noted for it. */
  follow(): Promise<void> {
    return this.#next(async () => {
      const reign = this.#reign;
      this.#reign = undefined;
      this.#timer?.cancel();
      await reign?.close();
      await this.#saving;
      if (this.#closed || !this.#nodes) return;
      this.#waitForWords();
      await this.#look(this.#nodes);
    });
  }

  /** Deliveries to us may have been given up since then: the leader asks for them. Resolves once it has noted that; with false where nobody did before the end. */
  async want(since: EpochMs, why: Missed): Promise<boolean> {
    if (this.#closed) return false;
    if (this.#reign) {
      await this.#reign.request(since, why);
      return true;
    }
    const before = this.#wanted;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.#wanted = {
      id: this.#setup.ids.uuid(),
      since: Math.min(since, before?.since ?? since),
      why: before?.why === 'given-up' ? before.why : why,
      noted: (isNoted) => {
        before?.noted(isNoted);
        resolve(isNoted);
      },
    };
    this.#sayWanted();
    return promise;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#order++;
    this.#unhear();
    this.#timer?.cancel();
    this.#grace?.cancel();
    this.#wanted?.noted(false);
    await this.#turn;
    await this.#reign?.close();
    await this.#saving;
  }

  #next(run: (current: () => boolean) => Promise<void>): Promise<void> {
    const order = ++this.#order;
    const current = (): boolean => order === this.#order && !this.#closed;
    this.#turn = this.#turn.then(() => (current() ? run(current) : undefined));
    return this.#turn;
  }

  /** Tried until it works or somebody else is to lead; undefined then. */
  async #begin(lastAliveAt: () => Promise<EpochMs | null>, current: () => boolean): Promise<{ readonly reign: Reign; readonly term: number } | undefined> {
    while (current()) {
      let reign: Reign | undefined;
      try {
        const stored = (await this.#nodes?.memory.load()) ?? null;
        const alive = await lastAliveAt();
        reign = this.#setup.newReign();
        await reign.start(alive);
        if (current()) return { reign, term: Math.max(stored?.term ?? 0, this.#heard?.term ?? 0) + 1 };
        await reign.close();
      } catch (error) {
        await reign?.close();
        // Alone, whoever starts this process hears of it.
        if (!this.#nodes) throw error;
        this.#setup.log.warn({ err: error }, 'whether there was a gap cannot be found out yet');
        await new Promise<void>((resolve) => void this.#setup.clock.after(BEAT_MS, resolve));
      }
    }
    return undefined;
  }

  #say(open: boolean): void {
    this.gate.set(open);
    const { term, beat } = this.#heard ?? { term: 0, beat: 0 };
    const word: GateWord = { term, beat: beat + 1, open };
    this.#heard = word;
    if (!this.#nodes) return;
    this.#tell({ kind: 'gate', ...word });
    if (this.#saving) this.#saveAgain = true;
    else this.#saving = this.#save(this.#nodes).finally(() => (this.#saving = undefined));
  }

  /** The last word; one at a time. */
  async #save({ memory }: DipNodes): Promise<void> {
    do {
      this.#saveAgain = false;
      const word = this.#heard;
      if (!word || !this.#reign) return;
      await memory.save(word).catch((error: unknown) => this.#setup.log.warn({ err: error }, 'the state of the gate cannot be noted'));
    } while (this.#saveAgain);
  }

  #beat(): void {
    if (!this.#nodes) return;
    this.#timer = this.#setup.clock.after(BEAT_MS, () => {
      if (!this.#reign) return;
      this.#say(this.#reign.gate.open);
      this.#beat();
    });
  }

  /** Looks at the leader's word from time to time, and says again what the leader has not noted. */
  async #look(nodes: DipNodes): Promise<void> {
    const order = this.#order;
    try {
      const word = await nodes.memory.load();
      const isOurs = order === this.#order && !this.#reign;
      if (isOurs && word) {
        if (this.#stored && isNewer(word, this.#stored)) this.#take(word);
        this.#stored = word;
      }
    } catch (error) {
      this.#setup.log.debug({ err: error }, 'the state of the gate cannot be read');
    }
    if (this.#closed || order !== this.#order) return;
    this.#sayWanted();
    this.#timer?.cancel();
    this.#timer = this.#setup.clock.after(BEAT_MS, () => void this.#look(nodes));
  }

  #take(word: GateWord): void {
    if (this.#reign || (this.#heard && !isNewer(word, this.#heard))) return;
    this.#heard = word;
    this.gate.set(word.open);
    this.#resolveKnown();
    this.#waitForWords();
  }

  #waitForWords(): void {
    this.#grace?.cancel();
    this.#grace = undefined;
    if (this.gate.open) return;
    this.#grace = this.#setup.clock.after(this.#setup.graceMs, () => {
      this.#setup.log.warn({}, 'nobody says whether a requeue is under way; overdue deadlines are held no longer');
      this.gate.set(true);
    });
  }

  #sayWanted(): void {
    if (!this.#wanted) return;
    const { id, since, why } = this.#wanted;
    this.#tell({ kind: 'want', id, since, why });
  }

  #tell(words: Words): void {
    this.#nodes?.voice.tell(TOPIC, words);
  }

  #hear(payload: Json): void {
    const words = (payload ?? {}) as Partial<Record<string, Json>>;
    const { kind, id, since, why } = words;
    if (kind === 'gate') {
      const word = gateWordOf(payload);
      if (word) this.#take(word);
    } else if (kind === 'want' && typeof id === 'string' && typeof since === 'number') void this.#grant(id, since, why === 'silence' ? why : 'given-up');
    else if (kind === 'got' && id === this.#wanted?.id) {
      this.#wanted?.noted(true);
      this.#wanted = undefined;
    }
  }

  async #grant(id: string, since: EpochMs, why: Missed): Promise<void> {
    const reign = this.#reign;
    if (!reign) return;
    if (!this.#gotten.has(id)) {
      this.#gotten.add(id);
      if (this.#gotten.size > WANTS) for (const oldest of this.#gotten) if (this.#gotten.delete(oldest)) break;
      await reign.request(since, why);
    }
    if (this.#reign === reign) this.#tell({ kind: 'got', id });
    else this.#gotten.delete(id);
  }
}

function isNewer(a: GateWord, b: GateWord): boolean {
  return a.term > b.term || (a.term === b.term && a.beat > b.beat);
}

/** Undefined when it is none. */
export function gateWordOf(value: unknown): GateWord | undefined {
  const { term, beat, open } = (value ?? {}) as Partial<GateWord>;
  return Number.isSafeInteger(term) && Number.isSafeInteger(beat) && typeof open === 'boolean' ? { term: Number(term), beat: Number(beat), open } : undefined;
}
