/**
 * The one error base. Expected outcomes are values; an exception is a refusal that a border turns into an answer, or broken
 * infrastructure, or a bug. Every class has a stable `code` and says whether trying again can help.
 */
export type Retry = 'never' | 'later' | 'now';

export class MeterwrightError extends Error {
  /** Stable, snake case, listed in `actors/errors/codes.ts`. */
  readonly code: string;
  readonly retry: Retry;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: string, message: string, options: { retry?: Retry; details?: Record<string, unknown>; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.retry = options.retry ?? 'never';
    this.details = options.details ?? {};
  }
}

/** A queue is full or the engine is stopping. The caller tries again after `retryAfterMs`; nothing was changed. */
export class OverloadedError extends MeterwrightError {
  readonly retryAfterMs: number;
  constructor(message: string, retryAfterMs: number, details: Record<string, unknown> = {}) {
    super('overloaded', message, { retry: 'later', details });
    this.retryAfterMs = retryAfterMs;
  }
}

/** The store did not take the commit (disk full, I/O error, closing). Nothing of it was acknowledged. */
export class StoreError extends MeterwrightError {
  constructor(code: string, message: string, options: { details?: Record<string, unknown>; cause?: unknown; retry?: Retry } = {}) {
    super(code, message, { retry: 'later', ...options });
  }
}

/** A command that the rules refuse. `code` tells which rule; nothing was changed. */
export class RefusedError extends MeterwrightError {}

/** The key's shard is not served here (any more). Nothing was changed; whoever routes finds the owner and says it again. */
export class NotOwnerError extends MeterwrightError {
  readonly shard: number;
  constructor(shard: number, text = 'is not served by this node') {
    super('not_owner', `shard: ${shard} ${text}`, { retry: 'later', details: { shard } });
    this.shard = shard;
  }
}
