/** Errors on their way between nodes: out as plain JSON, in as the class that was thrown. Causes, stacks and texts of bugs stay where they are. */
import { MeterwrightError, NotOwnerError, OverloadedError, RefusedError, type Retry, StoreError } from '../errors/error.ts';

export interface WireError {
  readonly class: 'error' | 'overloaded' | 'refused' | 'store' | 'not_owner';
  readonly code: string;
  readonly message: string;
  readonly retry: Retry;
  readonly details?: unknown;
  readonly retryAfterMs?: number;
  readonly shard?: number;
}

const MAX_TEXT = 2_000;
const MAX_DETAILS = 16_384;
/** Where the other node does not say. */
const RETRY_AFTER_MS = 1_000;

/** What is not one of ours is a bug: its text may hold anything, so it stays in the log of the node that met it. */
export function toWireError(error: unknown): WireError {
  if (!(error instanceof MeterwrightError)) {
    return { class: 'error', code: 'internal', message: 'a bug; the log of the node that ran it has it in full', retry: 'never' };
  }
  const details = plainDetails(error.details);
  const wire: WireError = {
    class: classOf(error),
    code: error.code,
    message: error.message.slice(0, MAX_TEXT),
    retry: error.retry,
    ...(details === undefined ? {} : { details }),
  };
  if (error instanceof OverloadedError) return { ...wire, retryAfterMs: error.retryAfterMs };
  return error instanceof NotOwnerError ? { ...wire, shard: error.shard } : wire;
}

/** Never throws: what cannot be read is an error too. */
export function fromWireError(value: unknown): MeterwrightError {
  const wire = (typeof value === 'object' && value !== null ? value : {}) as Readonly<Partial<Record<keyof WireError, unknown>>>;
  const code = typeof wire.code === 'string' ? wire.code : 'message_invalid';
  const message = typeof wire.message === 'string' ? wire.message : 'answer: has no text';
  const retry: Retry = wire.retry === 'later' || wire.retry === 'now' ? wire.retry : 'never';
  const details = typeof wire.details === 'object' && wire.details !== null ? (wire.details as Record<string, unknown>) : {};
  switch (wire.class) {
    case 'overloaded':
      return new OverloadedError(message, typeof wire.retryAfterMs === 'number' ? wire.retryAfterMs : RETRY_AFTER_MS, details);
    case 'not_owner': {
      const shard = typeof wire.shard === 'number' ? wire.shard : -1;
      const head = `shard: ${shard} `;
      return message.startsWith(head) ? new NotOwnerError(shard, message.slice(head.length)) : new NotOwnerError(shard);
    }
    case 'refused':
      return new RefusedError(code, message, { retry, details });
    case 'store':
      return new StoreError(code, message, { retry, details });
    default:
      return new MeterwrightError(code, message, { retry, details });
  }
}

function classOf(error: MeterwrightError): WireError['class'] {
  if (error instanceof OverloadedError) return 'overloaded';
  if (error instanceof NotOwnerError) return 'not_owner';
  if (error instanceof RefusedError) return 'refused';
  return error instanceof StoreError ? 'store' : 'error';
}

/** Details are for programs; ones that are no JSON, or too long, are left out. */
function plainDetails(details: Readonly<Record<string, unknown>>): unknown {
  try {
    const text = JSON.stringify(details);
    return text === '{}' || text.length > MAX_DETAILS ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
