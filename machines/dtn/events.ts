/** Events of the DTN actor (`dtn:<mpid>`): it collects lines, makes files with gap-free ids, follows their receipts (appointments 9). */
import type { EpochMs, ReminderEvent } from '../common/effects.ts';

/** One MPAN's D0151 (9.2). `reference` is the actor that hears what became of it. */
export type D0151Line = {
  readonly mpan: string;
  readonly recipient: string;
  readonly reason: 'CA' | 'LC';
  /** Registration effective-from settlement date `YYYY-MM-DD`. */
  readonly registrationEffectiveFrom: string;
  /** Inclusive last day of the legacy appointment, `YYYY-MM-DD`. */
  readonly effectiveTo: string;
  readonly additionalInformation: string | null;
  readonly test: boolean;
  readonly reference: `${string}:${string}`;
  readonly referenceKey: string;
};

/** One MPAN's D0155 (9.3), appointing a legacy agent in a reverse migration. */
export type D0155Line = {
  readonly mpan: string;
  readonly recipient: string;
  readonly registrationEffectiveFrom: string;
  readonly appointedFrom: string;
  readonly addressLines: readonly (string | null)[];
  readonly postcode: string | null;
  readonly contractReference: string | null;
  readonly gspGroupId: string | null;
  readonly test: boolean;
  readonly reference: `${string}:${string}`;
  readonly referenceKey: string;
};

export type LineAdded =
  | { readonly type: 'line.added'; readonly at: EpochMs; readonly flow: 'D0151'; readonly line: D0151Line }
  | { readonly type: 'line.added'; readonly at: EpochMs; readonly flow: 'D0155'; readonly line: D0155Line };
/** The process no longer owes it (row 16, 25, 29); has no effect once the line is in a file. */
export interface LineCancelled {
  readonly type: 'line.cancelled';
  readonly at: EpochMs;
  readonly mpan: string;
  readonly recipient: string;
  readonly reason: string;
  readonly effectiveTo: string;
}
/** The gateway took the file (it lies in its folder under its name). */
export interface FileTaken {
  readonly type: 'file.taken';
  readonly at: EpochMs;
  readonly fileId: string;
}
/** A receipt was read: delivered, or refused by the gateway. */
export interface FileReceipt {
  readonly type: 'file.receipt';
  readonly at: EpochMs;
  readonly fileId: string;
  readonly outcome: 'acknowledged' | 'refused';
  readonly text: string;
}
/** Operator: send what waits now. */
export interface Flush {
  readonly type: 'flush';
  readonly at: EpochMs;
}

export type DtnEvent = LineAdded | LineCancelled | FileTaken | FileReceipt | Flush | ReminderEvent;

/** Hand one file to the gateway; answered by `file.taken`. The body is the complete file. */
export type WriteDtnFileParams = {
  readonly fileId: string;
  readonly fileName: string;
  readonly recipient: string;
  readonly test: boolean;
  readonly content: string;
};

export type DtnInput = { readonly mpid: string; readonly at: EpochMs };
