/** What one decoding may still spend; shared by all values of an APDU, so that many small bombs are one big one. */
import { DEFAULT_LIMITS, type Limits } from '../common/index.ts';

/** Deeper than this no value is read or written whatever `maxDepth` says: the stack of the process is the limit. */
export const DEEPEST = 256;

export interface DataBudget {
  /** Values that may still be read, containers included. */
  elementsLeft: number;
  readonly maxDepth: number;
  /** Of one string, or of the contents of a compact array. */
  readonly maxOctets: number;
}

export function dataBudget(limits: Partial<Limits> = DEFAULT_LIMITS): DataBudget {
  return {
    elementsLeft: limits.maxElements ?? DEFAULT_LIMITS.maxElements,
    maxDepth: Math.min(limits.maxDepth ?? DEFAULT_LIMITS.maxDepth, DEEPEST),
    maxOctets: limits.maxOctets ?? DEFAULT_LIMITS.maxOctets,
  };
}

/** For octets that were checked before: bound by themselves and by the stack alone. */
export function openBudget(): DataBudget {
  return { elementsLeft: Number.POSITIVE_INFINITY, maxDepth: DEEPEST, maxOctets: Number.POSITIVE_INFINITY };
}
