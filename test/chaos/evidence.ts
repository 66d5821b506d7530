/**
 * What a chaos run leaves to be judged: who was told what, and what the market, the meters, the stream of events and the store have at
 * the end. Plain data, kept as JSON when something is wrong, so that checks can be run on it again.
 */
import type { DtnLine } from '../../ops/sim/market/dtn-file.ts';
import type { WriteRecord } from '../../ops/sim/meters/records.ts';
import type { EngineName } from './faults.ts';

/** A 202, or the 200 of a time-update. Instants are wall-clock milliseconds of the client. */
export interface Acknowledged {
  readonly requestId: string;
  readonly askedAt: number;
  readonly ackedAt: number;
  /** Calls until it was acknowledged. */
  readonly calls: number;
}

export interface AppointmentAcknowledged extends Acknowledged {
  readonly mpid: string;
  readonly mpan: string;
  readonly scenario: string;
  readonly key: string;
  /** The answer, word for word. */
  readonly text: string;
  /** What a call under the same key was answered after everything. */
  readonly textAgain?: string;
}

export interface ActionAcknowledged extends Acknowledged {
  readonly serialNumber: string;
}

/** A cancel that was answered as done. */
export interface CancelAcknowledged {
  readonly requestId: string;
  readonly at: number;
}

/** One look at a request that was acknowledged before; null where it was said not to exist. */
export interface Sighting {
  readonly requestId: string;
  readonly at: number;
  readonly status: string | null;
}

export interface RequestSeen {
  readonly mpid: string;
  readonly mpan: string;
  readonly requestId: string;
  readonly status: string;
  readonly errors: readonly string[];
}

export interface ActionSeen {
  readonly requestId: string;
  readonly result: string;
}

/** An appointment as the market had it. */
export interface FlowSeen {
  readonly mpan: string;
  /** What becomes of it there: `Success` or `Failed`. */
  readonly becomes: string;
}

export interface DtnSeen {
  readonly files: number;
  readonly refused: number;
  readonly repeated: number;
  readonly conflicts: readonly string[];
  readonly lines: readonly (DtnLine & { readonly times: number })[];
}

export interface MeterSeen {
  readonly serialNumber: string;
  /** Meter minus wall at the end, seconds. */
  readonly offsetSeconds: number;
}

/** An event in the order of the stream. */
export interface EventSeen {
  readonly seq: number;
  readonly subject: string;
  /** `<actor>/<version>/<n>`. */
  readonly id: string;
}

/** An event that a step of the store's history owes. */
export interface EventOwed {
  readonly actor: string;
  readonly version: number;
  readonly n: number;
}

/** A write of a document that its engine knows to be applied: told by the store's port, in the engine's own process. */
export interface CommitSeen {
  readonly engine: EngineName;
  readonly at: number;
  readonly actor: string;
  readonly shard: number;
  readonly version: number;
  readonly epoch: number;
  readonly commitId: string;
}

/** A document as the store has it at the end. */
export interface DocumentSeen {
  readonly actor: string;
  readonly version: number;
  readonly epoch: number;
  readonly commitId: string;
}

export interface LeftBehind {
  readonly outbox: readonly { readonly channel: string; readonly key: string; readonly ageMs: number }[];
  /** Reminders that should have fired. */
  readonly reminders: readonly { readonly actor: string; readonly name: string; readonly lateMs: number }[];
  /** What readiness says is not well, by engine. */
  readonly unwell: readonly { readonly engine: EngineName; readonly check: string; readonly text: string }[];
  /** Messages that the market could not hand over. */
  readonly undelivered: readonly string[];
  readonly quarantined: readonly string[];
  readonly parked: readonly string[];
}

export interface AlertSeen {
  readonly code: string;
  readonly about: string;
  readonly text: string;
}

/** A line of an engine's log that is no plain information. */
export interface LogLine {
  readonly engine: EngineName;
  readonly level: string;
  readonly text: string;
}

/** A process that ended without being told to, or did not end as told. */
export interface UnexpectedEnd {
  readonly process: string;
  readonly how: string;
}

export interface Evidence {
  readonly appointments: readonly AppointmentAcknowledged[];
  readonly actions: readonly ActionAcknowledged[];
  readonly cancels: readonly CancelAcknowledged[];
  readonly sightings: readonly Sighting[];
  /** Answers that no caller should have had: neither done nor a wish to come again. */
  readonly refused: readonly string[];
  /** Requests that never got an answer, however often they were sent. */
  readonly unanswered: readonly string[];
  readonly requests: readonly RequestSeen[];
  readonly actionsSeen: readonly ActionSeen[];
  readonly surs: { readonly count: number; readonly differentBytes: readonly unknown[] };
  readonly flows: readonly FlowSeen[];
  readonly dtn: DtnSeen;
  readonly writes: readonly WriteRecord[];
  readonly meters: readonly MeterSeen[];
  readonly events: readonly EventSeen[];
  readonly owedEvents: readonly EventOwed[];
  readonly commits: readonly CommitSeen[];
  readonly documents: readonly DocumentSeen[];
  readonly left: LeftBehind;
  readonly alerts: readonly AlertSeen[];
  readonly log: readonly LogLine[];
  readonly ends: readonly UnexpectedEnd[];
  /** Parts of the evidence that could not be had. */
  readonly missing: readonly string[];
}

/** Something that a rule forbids. */
export interface Finding {
  readonly rule: string;
  /** What and where, one line. */
  readonly text: string;
}

/** A rule, checked on evidence alone. */
export interface Check {
  /** The rule as a sentence. */
  readonly rule: string;
  find(evidence: Evidence): readonly string[];
}
