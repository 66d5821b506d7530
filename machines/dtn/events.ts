/**
 * Events of the two DTN actors (appointments 9). `dtn:<mpid>` collects lines and makes files with gap-free ids;
 * `dtn-file:<mpid>:<fileId>`, of the same routing key, is one file: it holds its lines' slots and follows its receipts.
 */
import type { ActorId, EpochMs, ReminderEvent } from '../common/effects.ts';

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
  /** MPID of the new supplier (group 99H), where it is known; goes out with reason LC only. */
  readonly newSupplier?: string | null;
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

/** Slots that turned out to be held by a file, with that file's actor; added on admission, see `slotsAtStake`. */
export type HeldSlots = { readonly [slot: string]: ActorId };

export type LineAdded = { readonly type: 'line.added'; readonly at: EpochMs; readonly held?: HeldSlots } & (
  | { readonly flow: 'D0151'; readonly line: D0151Line }
  | { readonly flow: 'D0155'; readonly line: D0155Line }
);
/** The process no longer owes it (row 16, 25, 29). A line that is in a file goes with it, but not again if that file is refused. */
export interface LineCancelled {
  readonly type: 'line.cancelled';
  readonly at: EpochMs;
  readonly mpan: string;
  readonly recipient: string;
  readonly reason: string;
  readonly effectiveTo: string;
  /** The actor that owes nothing any more. Absent: whoever it was; a live line is meant before a test line. */
  readonly reference?: string;
  /** The last file known to hold it. */
  readonly fileId?: string | null;
  readonly held?: HeldSlots;
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
  readonly held?: HeldSlots;
}

/** Who hears what became of a line, with the routing key to reach it by. */
export type Reference = { readonly to: ActorId; readonly key: string };

export type Flow = 'D0151' | 'D0155';

/** A line in a queue or a file. */
export type KeptLine = {
  readonly slot: string;
  readonly line: D0151Line | D0155Line;
  /** Others than `line.reference` that asked for the same line. */
  readonly also?: readonly Reference[];
};

/** From the collector to a new file actor: the file as it goes out, for ever. */
export interface FileMade {
  readonly type: 'file.made';
  readonly at: EpochMs;
  readonly fileId: string;
  readonly fileName: string;
  readonly flow: Flow;
  readonly recipient: string;
  readonly test: boolean;
  readonly content: string;
  readonly lines: readonly KeptLine[];
  /** How often files that blamed these lines were refused before. */
  readonly refusals: number;
  /** The file that this one replaces. */
  readonly replaces: string | null;
}
/** From a refused file to the collector: these lines go out again under a new id. */
export interface FileRefused {
  readonly type: 'file.refused';
  readonly at: EpochMs;
  readonly fileId: string;
  readonly flow: Flow;
  readonly recipient: string;
  readonly test: boolean;
  readonly refusals: number;
  readonly lines: readonly KeptLine[];
  readonly held?: HeldSlots;
}
/** Somebody wants a line that this file holds already: tell it how far that is. */
export interface LineAsked {
  readonly type: 'line.asked';
  readonly at: EpochMs;
  readonly slot: string;
  readonly reference: Reference;
}

/** From the collector to the file that holds the line: whoever `reference` is (absent: all) wants it no more. */
export interface LineUnwanted {
  readonly type: 'line.unwanted';
  readonly at: EpochMs;
  readonly slots: readonly string[];
  readonly reference?: string;
}

/** What the collector takes. */
export type DtnEvent = LineAdded | LineCancelled | FileRefused | Flush | (ReminderEvent & { readonly held?: HeldSlots });
/** What a file takes. */
export type DtnFileEvent = FileMade | FileTaken | FileReceipt | LineAsked | LineUnwanted | ReminderEvent;

/** Hand one file to the gateway; answered by `file.taken`. `content` is the complete file. */
export type WriteDtnFileParams = {
  readonly fileId: string;
  readonly fileName: string;
  readonly recipient: string;
  readonly test: boolean;
  readonly content: string;
};

export type DtnInput = { readonly mpid: string; readonly at: EpochMs };
export type DtnFileInput = { readonly mpid: string; readonly fileId: string; readonly at: EpochMs };
