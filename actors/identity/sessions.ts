/**
 * Sessions of operators: recognised by their secret, kept in memory for a while, ended by idleness, by age, or by somebody. What was
 * said of keys and tokens holds for them too (see `Access`), by the same record of changes.
 *
 * - S1 A session that ended is refused here at once, and on every other node `BELIEF_MS` later at most.
 * - S2 It is idle by its latest request on any node, as the store knows it: to within `SEEN_EVERY_MS`, never later than that.
 */
import { type AccessChanges, BELIEF_MS } from '../access/changes.ts';
import type { HoldEnd, SessionGrant } from '../access/grants.ts';
import { Holds, type Verdict } from '../access/holds.ts';
import { hashSecret } from '../access/secret.ts';
import type { EngineFace } from '../engine/face.ts';
import type { Clock, Log, Timer } from '../engine/ports.ts';
import { SCOPES_OF_ROLE, type SessionRecord, sessionActor } from './records.ts';

export interface SessionsDeps {
  readonly engine: Pick<EngineFace, 'store'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly pepper: string;
  readonly changes: AccessChanges;
  /** Writes down when sessions were last seen. */
  readonly writeSeen: (seen: readonly (readonly [hash: string, at: number])[]) => Promise<void>;
}

interface Cached {
  readonly grant: SessionGrant;
  readonly record: SessionRecord;
  /** Monotonic instant at which it was asked for. */
  readonly readAt: number;
  /** Latest request here. */
  seenAt: number;
  /** The latest that the store knows, or is about to. */
  writtenAt: number;
}

const CACHE_MS = 60_000;
const CACHE_ENTRIES = 1_000;
/** The store is told of a use once the one it knows is older than this. */
const SEEN_EVERY_MS = 60_000;
/** Uses of so long are told together. */
const GATHER_MS = 1_000;
/** 32 random bytes, base64url. */
const SECRET_FORM = /^[A-Za-z0-9_-]{43}$/;

export class Sessions {
  readonly #idleMs: number;
  readonly #deps: SessionsDeps;
  readonly #cache = new Map<string, Cached>();
  readonly #hashes = new WeakMap<SessionGrant, string>();
  readonly #holds: Holds<SessionGrant, SessionRecord>;
  readonly #unlisten: () => void;
  readonly #unwritten = new Map<string, number>();
  #timer: Timer | undefined;
  #forgotten = 0;

  constructor(idleMs: number, deps: SessionsDeps) {
    this.#idleMs = idleMs;
    this.#deps = deps;
    const { clock, log } = deps;
    this.#holds = new Holds({ clock, log, look: (hashes) => this.#look(hashes), covers: () => true });
    this.#unlisten = deps.changes.listen({
      onChange: (hash) => {
        this.#forget(hash);
        this.#holds.review(hash);
      },
      onAll: () => {
        for (const hash of [...this.#cache.keys()]) this.#forget(hash);
        this.#forgotten++;
        this.#holds.reviewAll();
      },
      onUnknown: () => this.#holds.endAll('unknown'),
    });
  }

  /** Under what a session is looked up; undefined for what is none. */
  hashOf(secret: string): string | undefined {
    return SECRET_FORM.test(secret) ? hashSecret(this.#deps.pepper, `session:${secret}`) : undefined;
  }

  /** The grant of a session, which this counts as a use of; resolved at once for one in memory. */
  authenticate(secret: string): SessionGrant | undefined | Promise<SessionGrant | undefined> {
    const hash = this.hashOf(secret);
    if (hash === undefined) return undefined;
    const cached = this.#cache.get(hash);
    const now = this.#deps.clock.now();
    // One that seems idle may have been used on another node.
    if (!cached || !this.#believes(cached) || this.#untilOf(cached.record, cached.seenAt) <= now) return this.#load(hash);
    this.#see(hash, cached, now);
    return cached.grant;
  }

  hold(grant: SessionGrant, onEnd: (why: HoldEnd) => void): () => void {
    const hash = this.#hashes.get(grant);
    if (hash === undefined) throw new Error(`session: a grant of another: ${grant.id}`);
    return this.#holds.hold(hash, grant, onEnd);
  }

  hashOfGrant(grant: SessionGrant): string | undefined {
    return this.#hashes.get(grant);
  }

  /** The record as this node knows it: with the latest request here. */
  recordOf(grant: SessionGrant): SessionRecord | undefined {
    const cached = this.#cache.get(this.#hashes.get(grant) ?? '');
    return cached && { ...cached.record, seenAt: Math.max(cached.record.seenAt, cached.seenAt) };
  }

  /** Write down what was seen and is not written yet. */
  async flush(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = undefined;
    const seen = [...this.#unwritten];
    this.#unwritten.clear();
    if (seen.length > 0) await this.#deps.writeSeen(seen);
  }

  stop(): void {
    this.#timer?.cancel();
    this.#unlisten();
    this.#holds.stop();
  }

  #believes({ readAt }: Cached): boolean {
    const age = this.#deps.clock.monotonic() - readAt;
    return age < CACHE_MS && (age < BELIEF_MS || this.#deps.changes.known);
  }

  #untilOf(record: SessionRecord, seenAt: number): number {
    return Math.min(record.endsAt, Math.max(record.seenAt, seenAt) + this.#idleMs);
  }

  #see(hash: string, cached: Cached, now: number): void {
    cached.seenAt = now;
    if (now - cached.writtenAt < SEEN_EVERY_MS) return;
    cached.writtenAt = now;
    this.#unwritten.set(hash, now);
    this.#timer ??= this.#deps.clock.after(GATHER_MS, () => {
      this.flush().catch((error: unknown) => this.#deps.log.warn({ err: error }, 'last uses of sessions could not be written'));
    });
  }

  async #load(hash: string): Promise<SessionGrant | undefined> {
    const { clock, engine } = this.#deps;
    const [began, forgotten] = [clock.monotonic(), this.#forgotten];
    const [doc] = await engine.store.get([sessionActor(hash)]);
    const record = doc?.snapshot as SessionRecord | undefined;
    const now = clock.now();
    const before = this.#cache.get(hash);
    if (!record || record.endedAt !== null || this.#untilOf(record, before?.seenAt ?? 0) <= now) {
      this.#cache.delete(hash);
      return undefined;
    }
    const grant: SessionGrant = before?.grant ?? {
      kind: 'session',
      id: record.id,
      owner: `operator:${record.operator}`,
      scopes: new Set(SCOPES_OF_ROLE[record.role]),
    };
    this.#hashes.set(grant, hash);
    const readAt = this.#forgotten === forgotten ? began : Number.NEGATIVE_INFINITY;
    const cached: Cached = { grant, record, readAt, seenAt: now, writtenAt: Math.max(record.seenAt, before?.writtenAt ?? 0) };
    this.#cache.delete(hash);
    this.#cache.set(hash, cached);
    const oldest = this.#cache.size > CACHE_ENTRIES ? this.#cache.keys().next() : undefined;
    if (oldest && !oldest.done) this.#cache.delete(oldest.value);
    this.#see(hash, cached, now);
    return grant;
  }

  #forget(hash: string): void {
    this.#forgotten++;
    this.#cache.delete(hash);
  }

  async #look(hashes: readonly string[]): Promise<readonly Verdict<SessionRecord>[]> {
    const docs = await this.#deps.engine.store.get(hashes.map(sessionActor));
    const now = this.#deps.clock.now();
    return hashes.map((hash, index) => {
      const record = docs[index]?.snapshot as SessionRecord | undefined;
      if (!record || record.endedAt !== null) return { kind: 'ended', why: 'revoked' };
      const until = this.#untilOf(record, this.#cache.get(hash)?.seenAt ?? 0);
      return until <= now ? { kind: 'ended', why: 'expired' } : { kind: 'good', record, until };
    });
  }
}
