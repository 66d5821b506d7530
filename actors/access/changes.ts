/**
 * Which credentials (keys, tokens, sessions of operators) were made, replaced or ended of late, so that every node of a cluster forgets
 * what it holds of them. One record and one look serve all of them, whoever listens.
 *
 *   access.revokeKey ─one commit─► key, and `access-changes:recent` ──look──► other nodes forget it
 *          └──────────── Voice `access` {hash} ─────────────────────────────► … and sooner, where the word is heard
 *
 * The record is the truth and is looked at all the time; the word only makes it quicker, so a word that is lost does no harm. While
 * the record cannot be read, nothing that is held is believed longer than `BELIEF_MS` (see `Access`); open sockets outlive it by
 * `UNREAD_MS`, since what they would be told comes by the same road as the word.
 */
import type { ActorId, Json } from '../../machines/common/effects.ts';
import { NO_VOICE, type Voice } from '../cluster/contract.ts';
import type { Turn } from '../engine/definition.ts';
import type { StoreReader } from '../engine/face.ts';
import type { Clock, Log, Timer } from '../engine/ports.ts';
import { UNREAD_MS } from './holds.ts';

/** Longest that a revoked key is still taken anywhere. */
export const BELIEF_MS = 1_000;
/** Pause between two looks: one may fail or be slow, and the next is still in time. */
const LOOK_MS = 400;
/** Changes that the record names; whoever missed more forgets everything. */
const NAMED = 200;

const RECORD_ID: ActorId = 'access-changes:recent';
const TOPIC = 'access';
const HASH = /^[0-9a-f]{64}$/;

/** `count` of all changes ever, and the hashes of the latest, oldest first. */
type Changes = { readonly count: number; readonly hashes: readonly string[] };

/** In the commit that changes the credential. */
export async function noteChange(turn: Turn, hash: string): Promise<void> {
  const before = ((await turn.get(RECORD_ID))?.snapshot ?? { count: 0, hashes: [] }) as Changes;
  const record: Json = { count: before.count + 1, hashes: [...before.hashes, hash].slice(-NAMED) };
  await turn.put({ id: RECORD_ID, kind: 'access-changes', state: 'kept', record });
}

export interface AccessChangesSetup {
  readonly voice: Voice;
  readonly store: Pick<StoreReader, 'get'>;
  readonly clock: Clock;
  readonly log: Log;
}

export interface ChangeListener {
  /** One of them changed, here or on another node. */
  onChange(hash: string): void;
  /** More changed than can be named. */
  onAll(): void;
  /** For `UNREAD_MS` nobody could say what changed. */
  onUnknown?(): void;
}

export class AccessChanges {
  readonly #setup: AccessChangesSetup;
  readonly #alone: boolean;
  readonly #listeners = new Set<ChangeListener>();
  #unhear: () => void = () => {};
  #timer: Timer | undefined;
  #unread: Timer | undefined;
  #stopped = true;
  /** Changes seen. */
  #count: number | undefined;
  /** Monotonic instant at which the last look that came back began. */
  #lookedAt = Number.NEGATIVE_INFINITY;

  constructor(setup: AccessChangesSetup) {
    this.#setup = setup;
    this.#alone = setup.voice === NO_VOICE;
  }

  /** Whether all changes older than `BELIEF_MS` are known here. */
  get known(): boolean {
    return this.#alone || this.#setup.clock.monotonic() - this.#lookedAt < BELIEF_MS;
  }

  /** Returns how to stop listening. */
  listen(listener: ChangeListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Changed by this node, and committed: told to all who listen here, and to the others. */
  tell(hash: string): void {
    this.#changed(hash);
    this.#setup.voice.tell(TOPIC, { hash });
  }

  start(): void {
    if (this.#alone || !this.#stopped) return;
    this.#stopped = false;
    this.#unhear = this.#setup.voice.on(TOPIC, (payload) => {
      const { hash } = (payload ?? {}) as { readonly hash?: unknown };
      if (typeof hash === 'string' && HASH.test(hash)) this.#changed(hash);
    });
    this.#awaitLook();
    void this.#look();
  }

  stop(): void {
    this.#stopped = true;
    this.#unhear();
    this.#timer?.cancel();
    this.#unread?.cancel();
  }

  #changed(hash: string): void {
    for (const listener of [...this.#listeners]) listener.onChange(hash);
  }

  /** Armed anew by every look that comes back. An event loop that stood still is no store that is away: what has come is read first. */
  #awaitLook(): void {
    const { clock } = this.#setup;
    this.#unread?.cancel();
    this.#unread = clock.after(UNREAD_MS, () => {
      const seen = this.#lookedAt;
      clock.soon(() => {
        if (this.#stopped || seen !== this.#lookedAt) return;
        for (const listener of [...this.#listeners]) listener.onUnknown?.();
      });
    });
  }

  async #look(): Promise<void> {
    const { clock, store, log } = this.#setup;
    const began = clock.monotonic();
    try {
      const [doc] = await store.get([RECORD_ID]);
      this.#take((doc?.snapshot ?? { count: 0, hashes: [] }) as Changes);
      this.#lookedAt = began;
      if (!this.#stopped) this.#awaitLook();
    } catch (error) {
      log.warn({ err: error }, 'changes of credentials cannot be read: what is held of them is believed for a second only');
    }
    if (!this.#stopped) this.#timer = clock.after(LOOK_MS, () => void this.#look());
  }

  #take({ count, hashes }: Changes): void {
    const before = this.#count;
    this.#count = count;
    // Before the first look nothing was believed for longer than the record needs.
    if (before === undefined || count === before) return;
    const news = count - before;
    if (news >= 0 && news <= hashes.length) for (const hash of hashes.slice(-news)) this.#changed(hash);
    else for (const listener of [...this.#listeners]) listener.onAll();
  }
}
