/** The driver's failures as ours. No URL is ever in a message: it may hold a password. */
import { MeterwrightError, StoreError } from '../../errors/error.ts';

export function toStoreError(code: string, what: string, cause: unknown): MeterwrightError {
  if (cause instanceof MeterwrightError) return cause;
  return new StoreError(code, `mongodb: ${what}: ${messageOf(cause)}`, { cause });
}

export function messageOf(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : String(cause);
  return text.replaceAll(/\/\/[^/@\s]*@/g, '//***@').slice(0, 500);
}

export function closed(): StoreError {
  return new StoreError('store_closed', 'store: is closed');
}
