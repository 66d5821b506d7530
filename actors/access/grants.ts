/** What a recognised credential allows, whatever it is: one union for everything that asks "who is this". */
import type { Scope } from './records.ts';

/** A recognised API key. */
export interface KeyGrant {
  readonly kind: 'key';
  readonly id: string;
  /** Scope of its idempotency keys: keys of one label share it, so a key may be replaced. */
  readonly owner: string;
  readonly mpids: ReadonlySet<string>;
  /** Take one request. 0, or milliseconds to wait. */
  take(): number;
}

/** A recognised token. */
export interface TokenGrant {
  readonly kind: 'token';
  readonly id: string;
  readonly owner: string;
  readonly scopes: ReadonlySet<Scope>;
}

/** A recognised session of an operator. */
export interface SessionGrant {
  readonly kind: 'session';
  readonly id: string;
  /** `operator:NAME`. */
  readonly owner: string;
  readonly scopes: ReadonlySet<Scope>;
}

export type Grant = KeyGrant | TokenGrant | SessionGrant;

/**
 * Why what was open on the strength of a credential must close: it was revoked (logged out), its time is over, it was replaced and no
 * longer covers what the grant had, or the store could not be asked for so long that nobody knows.
 */
export type HoldEnd = 'revoked' | 'expired' | 'narrowed' | 'unknown';
