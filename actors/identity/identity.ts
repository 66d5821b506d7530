/**
 * Operators: people with a name, a role and a password, who sign in and have sessions; one-time links that sign in whoever can read the
 * data folder; and the audit trail of what was done.
 *
 * - P1 Whether a name is known cannot be told from the answer to a sign-in nor from its time.
 * - P2 Failed sign-ins slow down their source. They never close an account.
 * - P3 A password or secret is stored by its hash only, and shown by nothing but the answer that made it.
 */
import type { Access } from '../access/access.ts';
import { FailureLimiter } from '../access/failure-limiter.ts';
import type { HoldEnd, SessionGrant } from '../access/grants.ts';
import { hashSecret, type SecretSource } from '../access/secret.ts';
import type { EngineFace } from '../engine/face.ts';
import type { Clock, Ids, Log } from '../engine/ports.ts';
import { RefusedError } from '../errors/error.ts';
import type { Page } from '../store/store.ts';
import { AuditTrail } from './audit.ts';
import type { NewLink, NewSession } from './handlers.ts';
import type { IdentityOptions } from './options.ts';
import { checkPasswordForm, hashPassword, isTooLong, NOBODYS_HASH, PasswordQueue, verifyPassword } from './password.ts';
import { type LinkRecord, LOCAL_OPERATOR, OPERATOR_KIND, OPERATOR_NAME, type OperatorRecord, operatorActor, type Role, type SessionRecord } from './records.ts';
import { Sessions } from './sessions.ts';

export interface IdentityDeps {
  readonly engine: Pick<EngineFace, 'command' | 'store'>;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly secrets: SecretSource;
  readonly pepper: string;
  /** By which nodes tell each other what ended. */
  readonly changes: Access['changes'];
}

/** A session as its operator is shown it. Instants are epoch milliseconds. */
export interface SessionView {
  readonly id: string;
  readonly operator: string;
  readonly role: Role;
  readonly via: SessionRecord['via'];
  readonly createdAt: number;
  /** It ends then without a further request. */
  readonly idleEndsAt: number;
  /** It ends then at the latest. */
  readonly endsAt: number;
}

export type SignIn =
  | { readonly kind: 'in'; readonly secret: string; readonly session: SessionView }
  /** Unknown name, wrong password, a link that is unknown, used or too old: not told apart. */
  | { readonly kind: 'refused' }
  /** Too many failed from that source. */
  | { readonly kind: 'slow'; readonly waitMs: number };

/** An operator without the hash of the password. */
export type OperatorView = Omit<OperatorRecord, 'password'>;

const KEY = 'directory';
const PAGE = 500;
const NAME = new RegExp(OPERATOR_NAME);
const SECRET_BYTES = 32;
/** Of a source that failed: so many are remembered. */
const SOURCES = 10_000;
/** Where a name that nobody can have is looked for, so that it takes as long. */
const NOBODY = '-';

type Ended = { readonly ended: readonly string[] };

export class Identity {
  readonly audit: AuditTrail;
  readonly #options: IdentityOptions;
  readonly #deps: IdentityDeps;
  readonly #sessions: Sessions;
  readonly #failures: FailureLimiter;
  readonly #queue: PasswordQueue;

  constructor(options: IdentityOptions, deps: IdentityDeps) {
    this.#options = options;
    this.#deps = deps;
    this.audit = new AuditTrail(deps);
    this.#sessions = new Sessions(options.sessionIdleMs, { ...deps, writeSeen: async (seen) => void (await this.#command('identity.seen', { seen })) });
    this.#failures = new FailureLimiter({ perSecond: options.failedSignInsPerMinute / 60, burst: options.failedSignInBurst, sources: SOURCES });
    this.#queue = new PasswordQueue(options.passwordChecks, options.passwordQueue);
  }

  /** The grant of a session by its secret (the cookie); undefined when it is malformed, unknown or over. Counts as a use of it. */
  authenticateSession(secret: string): SessionGrant | undefined | Promise<SessionGrant | undefined> {
    return this.#sessions.authenticate(secret);
  }

  /** As `Access.hold`. An open socket is no use of its session: without requests it ends when it is idle. */
  hold(grant: SessionGrant, onEnd: (why: HoldEnd) => void): () => void {
    return this.#sessions.hold(grant, onEnd);
  }

  /** The value that requests of a session must repeat in a header: a page of another origin cannot know it. */
  sessionKey(secret: string): string {
    return hashSecret(this.#deps.pepper, `session-key:${secret}`);
  }

  describe(grant: SessionGrant): SessionView | undefined {
    const record = this.#sessions.recordOf(grant);
    return record && this.#view(record);
  }

  /** @throws OverloadedError when too many sign in at once */
  async signIn(given: { readonly name: string; readonly password: string; readonly source: string }): Promise<SignIn> {
    const waitMs = this.#failures.failed(given.source, this.#deps.clock.monotonic());
    if (waitMs > 0) return { kind: 'slow', waitMs };
    const name = given.name.trim().toLowerCase();
    const [doc] = await this.#deps.engine.store.get([operatorActor(NAME.test(name) ? name : NOBODY)]);
    const record = doc?.snapshot as OperatorRecord | undefined;
    const stored = record?.disabledAt === null ? record.password : NOBODYS_HASH;
    const password = isTooLong(given.password) ? '' : given.password;
    const isRight = await this.#check(given.source, () => verifyPassword(password, this.#deps.pepper, stored));
    if (!isRight || !record) return this.#refused(given.source);
    const opened = await this.#open(given.source, { kind: 'password', operator: record.name, password: stored });
    if (opened.kind === 'in') this.#failures.forgive(given.source, this.#deps.clock.monotonic());
    return opened;
  }

  /** A link is good once. */
  async signInByLink(given: { readonly link: string; readonly source: string }): Promise<SignIn> {
    const waitMs = this.#failures.failed(given.source, this.#deps.clock.monotonic());
    if (waitMs > 0) return { kind: 'slow', waitMs };
    const opened = await this.#open(given.source, { kind: 'link', hash: this.#linkHash(given.link) });
    if (opened.kind === 'in') this.#failures.forgive(given.source, this.#deps.clock.monotonic());
    return opened;
  }

  /** Log out. */
  async endSession(grant: SessionGrant): Promise<void> {
    const hash = this.#sessions.hashOfGrant(grant);
    if (hash !== undefined) await this.#endAll([hash]);
  }

  /** End every session of an operator, or of all; tells how many were open. */
  async endSessions(operator?: string): Promise<number> {
    let count = 0;
    const { store } = this.#deps.engine;
    let cursor: string | undefined;
    const hashes: string[] = [];
    do {
      const page = await store.page({ index: 'state', value: 'session|open', limit: PAGE, ...(cursor === undefined ? {} : { cursor }) });
      const records = page.items.map((doc) => doc.snapshot as SessionRecord);
      hashes.push(...records.filter((record) => operator === undefined || record.operator === operator).map(({ hash }) => hash));
      cursor = page.cursor;
    } while (cursor !== undefined);
    for (let start = 0; start < hashes.length; start += PAGE) count += await this.#endAll(hashes.slice(start, start + PAGE));
    return count;
  }

  /** One page of those that may sign in; of `limit` that are read, who was removed is left out. @throws RefusedError `cursor_invalid` */
  async operators(limit = PAGE, cursor?: string): Promise<Page<OperatorView>> {
    const page = await this.#deps.engine.store.page({ index: 'kind', value: OPERATOR_KIND, limit, ...(cursor === undefined ? {} : { cursor }) });
    const records = page.items.map((doc) => doc.snapshot as OperatorRecord);
    const items = records.filter(({ disabledAt }) => disabledAt === null).map(withoutPassword);
    return page.cursor === undefined ? { items } : { items, cursor: page.cursor };
  }

  /** @throws RefusedError `invalid_value`, `operator_exists` */
  async addOperator(given: { readonly name: string; readonly role: Role; readonly password: string; readonly by: string }): Promise<OperatorView> {
    const name = nameOf(given.name);
    const password = await this.#hashed(given.password, given.by);
    return withoutPassword(await this.#command<OperatorRecord>('identity.addOperator', { name, role: given.role, password, createdBy: given.by }));
  }

  /** Another role or password; the operator's sessions end. @throws RefusedError `invalid_value`, `no_such_operator` */
  async changeOperator(given: { readonly name: string; readonly role?: Role; readonly password?: string; readonly by: string }): Promise<OperatorView> {
    const { role, by } = given;
    const password = given.password === undefined ? undefined : await this.#hashed(given.password, by);
    const payload = { name: nameOf(given.name), ...(role === undefined ? {} : { role }), ...(password === undefined ? {} : { password }) };
    return this.#changed(await this.#command<Ended & { record: OperatorRecord }>('identity.changeOperator', payload));
  }

  /** May no longer sign in; the operator's sessions end. @throws RefusedError `no_such_operator` */
  async removeOperator(name: string): Promise<OperatorView> {
    return this.#changed(await this.#command<Ended & { record: OperatorRecord }>('identity.removeOperator', { name: nameOf(name) }));
  }

  /**
   * A secret that signs in once. @param operator default: the data folder's own, who has no password
   * @throws RefusedError `no_such_operator`
   */
  async createLink(given: { readonly operator?: string; readonly by: string }): Promise<{ readonly link: string; readonly record: Omit<LinkRecord, 'hash'> }> {
    const link = this.#secret();
    const hash = this.#linkHash(link);
    const operator = given.operator === undefined ? LOCAL_OPERATOR : nameOf(given.operator);
    const endsAt = this.#deps.clock.now() + this.#options.linkMs;
    const payload: NewLink = { id: hash.slice(0, 16), hash, operator, createdBy: given.by, endsAt };
    const { hash: _hash, ...record } = await this.#command<LinkRecord>('identity.createLink', payload);
    return { link, record };
  }

  /** Write down what is held in memory only; once more before the engine stops. */
  flush(): Promise<void> {
    return this.#sessions.flush();
  }

  stop(): void {
    this.#sessions.stop();
  }

  async #open(source: string, proof: NewSession['proof']): Promise<SignIn> {
    const secret = this.#secret();
    const hash = this.#sessions.hashOf(secret) ?? '';
    const endsAt = this.#deps.clock.now() + this.#options.sessionMaxMs;
    const payload: NewSession = { id: hash.slice(0, 16), hash, source: source.slice(0, 100), endsAt, most: this.#options.sessionsPerOperator, proof };
    const opened = await this.#command<(Ended & { record: SessionRecord }) | null>('identity.openSession', payload);
    if (!opened) return this.#refused(source);
    for (const ended of opened.ended) this.#deps.changes.tell(ended);
    return { kind: 'in', secret, session: this.#view(opened.record) };
  }

  /** What was given as name may be a password: the log has the source only. */
  #refused(source: string): SignIn {
    this.#deps.log.warn({ source }, 'a sign-in was refused');
    return { kind: 'refused' };
  }

  /** A sign-in that found no place was none. */
  async #check(source: string, work: () => Promise<boolean>): Promise<boolean> {
    try {
      return await this.#queue.run(source, work);
    } catch (error) {
      this.#failures.forgive(source, this.#deps.clock.monotonic());
      throw error;
    }
  }

  #hashed(password: string, by: string): Promise<string> {
    checkPasswordForm(password);
    return this.#queue.run(`by:${by}`, () => hashPassword(password, this.#deps.pepper, this.#deps.secrets));
  }

  #changed({ record, ended }: Ended & { readonly record: OperatorRecord }): OperatorView {
    for (const hash of ended) this.#deps.changes.tell(hash);
    return withoutPassword(record);
  }

  async #endAll(hashes: readonly string[]): Promise<number> {
    const { ended } = await this.#command<Ended>('identity.endSessions', { hashes });
    for (const hash of ended) this.#deps.changes.tell(hash);
    return ended.length;
  }

  #view(record: SessionRecord): SessionView {
    const { id, operator, role, via, createdAt, endsAt } = record;
    return { id, operator, role, via, createdAt, idleEndsAt: Math.min(endsAt, record.seenAt + this.#options.sessionIdleMs), endsAt };
  }

  #secret(): string {
    return Buffer.from(this.#deps.secrets.bytes(SECRET_BYTES)).toString('base64url');
  }

  #linkHash(link: string): string {
    return hashSecret(this.#deps.pepper, `link:${link}`);
  }

  #command<T>(type: string, payload: unknown): Promise<T> {
    return this.#deps.engine.command<T>({ key: KEY, type, payload, origin: 'caller', id: this.#deps.ids.uuid() });
  }
}

/** @throws RefusedError `invalid_value` */
function nameOf(text: string): string {
  const name = text.trim().toLowerCase();
  if (NAME.test(name)) return name;
  throw new RefusedError('invalid_value', `name: must be 1 to 64 of a-z, 0-9, ".", "_", "@", "-", the first a letter or digit: ${text.slice(0, 64)}`);
}

function withoutPassword({ password: _password, ...shown }: OperatorRecord): OperatorView {
  return shown;
}
