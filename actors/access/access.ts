/**
 * Who may do what: makes, revokes and recognises API keys and tokens. What was recognised once is kept in memory, bounded and
 * for a limited time, and dropped on revocation; a known key therefore costs one hash and no read.
 *
 * Invariants, also among many nodes
 * - A1 A key or token is refused here from `revokeKey` and `revokeToken` on, and on every other node `BELIEF_MS` later at most.
 * - A2 Reading a key again never refills its bucket.
 * - A3 What is held open on the strength of a key or token ends as soon as it does, on every node (see `Holds`).
 */
import { NO_VOICE, type Voice } from '../cluster/contract.ts';
import type { EngineFace } from '../engine/face.ts';
import type { Clock, Ids, Log, Timer } from '../engine/ports.ts';
import { RefusedError } from '../errors/error.ts';
import type { Page } from '../store/store.ts';
import { AccessChanges, BELIEF_MS } from './changes.ts';
import { CredentialCache } from './credential-cache.ts';
import type { HoldEnd, KeyGrant, TokenGrant } from './grants.ts';
import type { NewApiKey, NewToken } from './handlers.ts';
import { Holds, type Verdict } from './holds.ts';
import type { AccessOptions } from './options.ts';
import { API_KEY_KIND, type ApiKeyRecord, apiKeyActor, DIRECTORY_KEY, type Rate, type Scope, TOKEN_KIND, type TokenRecord, tokenActor } from './records.ts';
import { hashSecret, isToken, makeApiKey, makeToken, normalizeApiKey, type SecretSource } from './secret.ts';
import { SharedRates } from './shared-rates.ts';
import { TokenBucket } from './token-bucket.ts';

export interface AccessDeps {
  readonly engine: Pick<EngineFace, 'command' | 'store'>;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly secrets: SecretSource;
  /** Secret of the installation, mixed into every hash. */
  readonly pepper: string;
  readonly defaultRate: Rate;
  /** Among nodes: what changes and what is taken is told to the others. Default: this node is alone. */
  readonly voice?: Voice;
}

export interface KeyRequest {
  readonly mpids: readonly string[];
  readonly label: string;
  /** Null: the gateway's default. */
  readonly rate: Rate | null;
  /** Epoch milliseconds; null or absent: until revoked. */
  readonly expiresAt?: number | null;
  readonly by: string;
}

export interface TokenRequest {
  readonly scopes: readonly Scope[];
  readonly owner: string;
  /** What people call it. */
  readonly name?: string;
  /** Epoch milliseconds; null: until revoked. */
  readonly expiresAt: number | null;
  readonly by: string;
}

interface Cached<TGrant, TRecord> {
  readonly grant: TGrant;
  readonly record: TRecord;
  /** Monotonic instant at which it was asked for. */
  readonly readAt: number;
  used: boolean;
}

/** On the grant itself: a weak map of grants costs every collection (bench `authenticate`). */
const HASH = Symbol('hash');

interface Hashed {
  readonly [HASH]: string;
}

interface HeldKey extends KeyGrant, Hashed {
  /** Others took that many. */
  drain(count: number): void;
}

type HeldToken = TokenGrant & Hashed;

const LIST_PAGE = 500;
/** Owner of a session: a token of that label would be taken for a person. */
const PERSON = /^operator:/i;

export class Access {
  readonly #options: AccessOptions;
  readonly #deps: AccessDeps;
  readonly #keys: CredentialCache<Cached<HeldKey, ApiKeyRecord>>;
  readonly #tokens: CredentialCache<Cached<HeldToken, TokenRecord>>;
  /** Keys that are being read, so that one has one bucket. */
  readonly #reading = new Map<string, Promise<HeldKey | undefined>>();
  /** Of all credentials; sessions of operators are told of through it too. */
  readonly changes: AccessChanges;
  readonly #holds: Holds<KeyGrant | TokenGrant, ApiKeyRecord | TokenRecord>;
  readonly #rates: SharedRates;
  /** Rises when something is forgotten: what was asked for before may be older than the change. */
  #forgotten = 0;
  #timer: Timer | undefined;

  constructor(options: AccessOptions, deps: AccessDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#keys = new CredentialCache(options.cacheEntries);
    this.#tokens = new CredentialCache(options.cacheEntries);
    const { clock, log, engine, voice = NO_VOICE } = deps;
    this.#holds = new Holds({ clock, log, look: (hashes) => this.#look(hashes), covers });
    this.changes = new AccessChanges({ voice, clock, log, store: { get: (ids) => engine.store.get(ids) } });
    this.changes.listen({
      onChange: (hash) => {
        this.#forget(hash);
        this.#holds.review(hash);
      },
      onAll: () => {
        for (const hash of new Set([...hashesOf(this.#keys), ...hashesOf(this.#tokens), ...this.#reading.keys()])) this.#forget(hash);
        this.#forgotten++;
        this.#holds.reviewAll();
      },
      onUnknown: () => this.#holds.endAll('unknown'),
    });
    this.#rates = new SharedRates({ voice, clock, onTaken: (hash, count) => void this.#takenElsewhere(hash, count) });
  }

  /** The grant of an API key; undefined when it is malformed, unknown or revoked. Resolved at once for a key in memory. */
  authenticateKey(text: string): KeyGrant | undefined | Promise<KeyGrant | undefined> {
    const key = normalizeApiKey(text);
    if (key === undefined) return undefined;
    const hash = hashSecret(this.#deps.pepper, key);
    const cached = this.#keys.get(hash);
    if (cached && this.#believes(cached)) {
      cached.used = true;
      return isExpired(cached.record, this.#deps.clock.now()) ? undefined : cached.grant;
    }
    return this.#readKey(hash, true);
  }

  /** The grant of a token; undefined when it is malformed, unknown, revoked or expired. */
  authenticateToken(text: string): TokenGrant | undefined | Promise<TokenGrant | undefined> {
    if (!isToken(text)) return undefined;
    const hash = hashSecret(this.#deps.pepper, text);
    const cached = this.#tokens.get(hash);
    if (cached && this.#believes(cached)) {
      cached.used = true;
      return isExpired(cached.record, this.#deps.clock.now()) ? undefined : cached.grant;
    }
    return this.#loadToken(hash);
  }

  /**
   * Something stays open on the strength of this grant: `onEnd` is called once, within a second of its revocation, its end or its
   * narrowing, whichever node it happened on. Returns how to let go.
   */
  hold(grant: KeyGrant | TokenGrant, onEnd: (why: HoldEnd) => void): () => void {
    const { [HASH]: hash } = grant as Partial<Hashed>;
    if (hash === undefined) throw new Error(`access: a grant of another: ${grant.id}`);
    return this.#holds.hold(hash, grant, onEnd);
  }

  /**
   * Make an API key. The key itself is in the answer and nowhere else.
   * @throws RefusedError `invalid_value` naming the member and the rule.
   */
  async createKey(request: KeyRequest): Promise<{
    readonly key: string;
    readonly record: ApiKeyRecord;
  }> {
    const key = makeApiKey(this.#deps.secrets);
    return { key, record: await this.#storeKey(key, request) };
  }

  /** Make a given key known (an installation's own demonstration key, say). It must be a UUID. */
  async adoptKey(key: string, request: KeyRequest): Promise<ApiKeyRecord> {
    const normal = normalizeApiKey(key);
    if (normal === undefined) throw new RefusedError('invalid_value', 'key: must be a UUID');
    return this.#storeKey(normal, request);
  }

  /** Revoke by id; from this call's return on, the key is refused here. */
  async revokeKey(id: string): Promise<ApiKeyRecord> {
    const record = (await this.listKeys()).find((known) => known.id === id);
    if (!record) throw new RefusedError('no_such_credential', 'id: no such key; it wants the id of the key, not the key');
    const revoked = await this.#command<ApiKeyRecord>('access.revokeKey', { hash: record.hash });
    this.changes.tell(record.hash);
    return revoked;
  }

  /**
   * Make a token. The token itself is in the answer and nowhere else.
   * @throws RefusedError `invalid_value` naming the member and the rule.
   */
  async createToken(request: TokenRequest): Promise<{ readonly token: string; readonly record: TokenRecord }> {
    if (PERSON.test(request.owner)) throw new RefusedError('invalid_value', 'owner: must not begin with "operator:", which names people');
    const { id, token } = makeToken(this.#deps.secrets);
    const payload: NewToken = {
      id,
      hash: hashSecret(this.#deps.pepper, token),
      scopes: [...request.scopes],
      owner: request.owner,
      ...(request.name === undefined || request.name === '' ? {} : { name: request.name }),
      expiresAt: request.expiresAt,
      createdBy: request.by,
    };
    return { token, record: await this.#command<TokenRecord>('access.createToken', payload) };
  }

  async revokeToken(id: string): Promise<TokenRecord> {
    const record = (await this.listTokens()).find((known) => known.id === id);
    if (!record) throw new RefusedError('no_such_credential', 'id: no such token; it wants the id of the token, not the token');
    const revoked = await this.#command<TokenRecord>('access.revokeToken', { hash: record.hash });
    this.changes.tell(record.hash);
    return revoked;
  }

  listKeys(): Promise<readonly ApiKeyRecord[]> {
    return this.#list<ApiKeyRecord>(API_KEY_KIND);
  }

  listTokens(): Promise<readonly TokenRecord[]> {
    return this.#list<TokenRecord>(TOKEN_KIND);
  }

  /** One page of them, the oldest first. @throws RefusedError `cursor_invalid` */
  pageKeys(limit: number, cursor?: string): Promise<Page<ApiKeyRecord>> {
    return this.#page<ApiKeyRecord>(API_KEY_KIND, limit, cursor);
  }

  /** As `pageKeys`. */
  pageTokens(limit: number, cursor?: string): Promise<Page<TokenRecord>> {
    return this.#page<TokenRecord>(TOKEN_KIND, limit, cursor);
  }

  /** Begin to listen to other nodes, and to write down instants of last use. */
  start(): void {
    this.changes.start();
    this.#rates.start();
    this.#planFlush();
  }

  #planFlush(): void {
    this.#timer ??= this.#deps.clock.after(this.#options.lastUseIntervalMs, () => {
      this.#timer = undefined;
      this.flushLastUse()
        .catch((error: unknown) => this.#deps.log.warn({ err: error }, 'instants of last use could not be written'))
        .finally(() => this.#planFlush());
    });
  }

  /** Write down what was used since the last time; once more before the engine stops. */
  async flushLastUse(): Promise<void> {
    const keys = takeUsed(this.#keys);
    const tokens = takeUsed(this.#tokens);
    if (keys.length + tokens.length > 0) await this.#command('access.touch', { at: this.#deps.clock.now(), keys, tokens });
  }

  stop(): void {
    this.changes.stop();
    this.#holds.stop();
    this.#rates.stop();
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  async #storeKey(key: string, request: KeyRequest): Promise<ApiKeyRecord> {
    const hash = hashSecret(this.#deps.pepper, key);
    const payload: NewApiKey = {
      id: hash.slice(0, 12),
      hash,
      mpids: [...request.mpids],
      label: request.label,
      rate: request.rate,
      expiresAt: request.expiresAt ?? null,
      createdBy: request.by,
    };
    const record = await this.#command<ApiKeyRecord>('access.createKey', payload);
    this.changes.tell(hash);
    return record;
  }

  #believes({ readAt }: { readonly readAt: number }): boolean {
    const age = this.#deps.clock.monotonic() - readAt;
    return age < this.#options.cacheMs && (age < BELIEF_MS || this.changes.known);
  }

  #forget(hash: string): void {
    this.#forgotten++;
    this.#keys.delete(hash);
    this.#tokens.delete(hash);
    this.#reading.delete(hash);
  }

  async #takenElsewhere(hash: string, count: number): Promise<void> {
    try {
      // Read even when nobody used it here yet: whoever does finds a bucket that knows.
      const grant = this.#keys.get(hash)?.grant ?? (await this.#readKey(hash, false));
      grant?.drain(count);
    } catch (error) {
      this.#deps.log.debug({ err: error }, 'what was taken elsewhere could not be taken off');
    }
  }

  #readKey(hash: string, isUse: boolean): Promise<HeldKey | undefined> {
    const known = this.#reading.get(hash);
    const reading =
      known ??
      this.#loadKey(hash, this.#keys.get(hash)?.grant).finally(() => {
        if (this.#reading.get(hash) === reading) this.#reading.delete(hash);
      });
    this.#reading.set(hash, reading);
    if (!isUse) return reading;
    return reading.then((grant) => {
      const cached = this.#keys.get(hash);
      if (cached) cached.used = true;
      return grant;
    });
  }

  async #loadKey(hash: string, before: HeldKey | undefined): Promise<HeldKey | undefined> {
    const [began, forgotten] = [this.#deps.clock.monotonic(), this.#forgotten];
    const [doc] = await this.#deps.engine.store.get([apiKeyActor(hash)]);
    const record = doc?.snapshot as ApiKeyRecord | undefined;
    if (!record || record.revokedAt !== null || isExpired(record, this.#deps.clock.now())) {
      this.#keys.delete(hash);
      return undefined;
    }
    const grant = before ? withMpids(before, record) : this.#grantOf(record);
    this.#keys.set(hash, { grant, record, readAt: this.#forgotten === forgotten ? began : Number.NEGATIVE_INFINITY, used: false });
    return grant;
  }

  async #loadToken(hash: string): Promise<TokenGrant | undefined> {
    const [began, forgotten] = [this.#deps.clock.monotonic(), this.#forgotten];
    const [doc] = await this.#deps.engine.store.get([tokenActor(hash)]);
    const record = doc?.snapshot as TokenRecord | undefined;
    if (!record || record.revokedAt !== null || isExpired(record, this.#deps.clock.now())) {
      this.#tokens.delete(hash);
      return undefined;
    }
    const grant: HeldToken = { [HASH]: hash, kind: 'token', id: record.id, owner: record.owner, scopes: new Set(record.scopes) };
    this.#tokens.set(hash, { grant, record, readAt: this.#forgotten === forgotten ? began : Number.NEGATIVE_INFINITY, used: true });
    return grant;
  }

  /** Under one hash there is a key or a token, never both. */
  async #look(hashes: readonly string[]): Promise<readonly Verdict<ApiKeyRecord | TokenRecord>[]> {
    const docs = await this.#deps.engine.store.get(hashes.flatMap((hash) => [apiKeyActor(hash), tokenActor(hash)]));
    const now = this.#deps.clock.now();
    return hashes.map((_, index) => {
      const record = (docs[index * 2] ?? docs[index * 2 + 1])?.snapshot as ApiKeyRecord | TokenRecord | undefined;
      if (!record || record.revokedAt !== null) return { kind: 'ended', why: 'revoked' };
      if (isExpired(record, now)) return { kind: 'ended', why: 'expired' };
      return { kind: 'good', record, until: record.expiresAt ?? Number.POSITIVE_INFINITY };
    });
  }

  #grantOf(record: ApiKeyRecord): HeldKey {
    const { clock, defaultRate } = this.#deps;
    const rate = record.rate ?? defaultRate;
    const bucket = new TokenBucket(rate.perSecond, rate.burst, clock.monotonic());
    const take = (): number => {
      const waitMs = bucket.take(clock.monotonic());
      if (waitMs === 0) this.#rates.took(record.hash);
      return waitMs;
    };
    const drain = (count: number): void => bucket.drain(count, clock.monotonic());
    return { [HASH]: record.hash, kind: 'key', id: record.id, owner: record.label || record.id, mpids: new Set(record.mpids), take, drain };
  }

  async #list<T>(kind: string): Promise<readonly T[]> {
    const records: T[] = [];
    let cursor: string | undefined;
    do {
      const page: Page<T> = await this.#page<T>(kind, LIST_PAGE, cursor);
      records.push(...page.items);
      cursor = page.cursor;
    } while (cursor !== undefined);
    return records;
  }

  async #page<T>(kind: string, limit: number, cursor: string | undefined): Promise<Page<T>> {
    const page = await this.#deps.engine.store.page({ index: 'kind', value: kind, limit, ...(cursor === undefined ? {} : { cursor }) });
    const items = page.items.map((doc) => doc.snapshot as T);
    return page.cursor === undefined ? { items } : { items, cursor: page.cursor };
  }

  #command<T>(type: string, payload: unknown): Promise<T> {
    return this.#deps.engine.command<T>({ key: DIRECTORY_KEY, type, payload, origin: 'caller', id: this.#deps.ids.uuid() });
  }
}

/** A record read again: the bucket goes on, so a read never refills it. */
function withMpids(before: HeldKey, record: ApiKeyRecord): HeldKey {
  const { [HASH]: hash, take, drain } = before;
  return { [HASH]: hash, kind: 'key', id: record.id, owner: record.label || record.id, mpids: new Set(record.mpids), take, drain };
}

/** Keys that were made before keys had an end have none. */
function isExpired({ expiresAt }: Pick<ApiKeyRecord, 'expiresAt'>, now: number): boolean {
  return typeof expiresAt === 'number' && expiresAt <= now;
}

/** Whether the record, as it is now, allows all that the grant did. */
function covers(grant: KeyGrant | TokenGrant, record: ApiKeyRecord | TokenRecord): boolean {
  if (grant.kind === 'key') return 'mpids' in record && [...grant.mpids].every((mpid) => record.mpids.includes(mpid));
  return 'scopes' in record && [...grant.scopes].every((scope) => record.scopes.includes(scope));
}

function takeUsed(cache: CredentialCache<{ used: boolean }>): string[] {
  const hashes: string[] = [];
  for (const [hash, entry] of cache.entries()) {
    if (entry.used) hashes.push(hash);
    entry.used = false;
  }
  return hashes;
}

const hashesOf = (cache: CredentialCache<unknown>): string[] => [...cache.entries()].map(([hash]) => hash);
