/** One accepted IF-031 and the messages that answer it. Everything here follows from the journal's line for it. */
import type { Rule } from './rules.ts';
import type { AppointmentRequest } from './schema.ts';

/** An accepted appointment request; exactly what the journal keeps. */
export interface Flow extends AppointmentRequest {
  /** Number of the journal entry, rising, never used twice. */
  readonly n: number;
  /** When the DIP accepted it. */
  readonly at: number;
  readonly correlation: string;
  readonly transaction: string;
  readonly rule: Rule | null;
  /** Why REGS rejects it by its own checks, null when it does not. */
  readonly rejection: string | null;
  /** Who was appointed when it came, for IF-033 and IF-037. */
  readonly incumbent: { readonly dipId: string; readonly mpid: string; readonly from: string } | null;
}

/** What one answer says; `k` numbers the answers of a flow. */
export type Step = {
  readonly k: number;
  /** Due time, milliseconds after acceptance. */
  readonly dueMs: number;
  /** Duplicates: the answer whose SUR, and perhaps transaction id, is used again. */
  readonly sameReferenceAs?: number;
  readonly sameTransactionAs?: number;
} & Answer;

export type Answer =
  | { readonly kind: 'initial'; readonly code: string | null; readonly messages: readonly string[] }
  | { readonly kind: 'outcome'; readonly code: string; readonly text: string | null; readonly event: string; readonly stampMs: number }
  | { readonly kind: 'active'; readonly service: string; readonly serviceMpid: string; readonly effectiveFrom: string }
  | { readonly kind: 'aligned'; readonly mpan: string }
  | { readonly kind: 'closure'; readonly index: number }
  | { readonly kind: 'status'; readonly message: string; readonly level: 'L2' | 'L3' | 'L4' };
