/** What each step of a session changes in what it knows. Pure: context and the port's answer in, changes out. */
import { hasStepped, offsetText, readingOf, sampleFault, writeTook } from './clock.ts';
import type { SessionContext } from './context.ts';
import { conditionRefusal, crossesBoundary, hostClockRefusal, isSameSerial, isWithinLimit, passage, type Refusal, weigh } from './guards.ts';
import type { SessionPolicy } from './policy.ts';
import type { ClockSampleData, CloseOutput, ConditionsOutput, Stamp } from './ports.ts';
import { failureOf, leftNothing, oneLine } from './result.ts';
import type { ClockReading, SessionFailure, Stage } from './types.ts';

const MAX_NOTES = 20;

export type Change = { -readonly [K in keyof SessionContext]?: SessionContext[K] };

const withNote = (context: SessionContext, note: string): readonly string[] => (context.notes.includes(note) ? context.notes : [...context.notes, note]);

const refused = (stage: Stage, { guard, text }: Refusal): SessionFailure => ({ stage, class: 'guard', guard, text });

/** The serial number as read. */
export function tookSerial(context: SessionContext, given: string, policy: SessionPolicy): Change {
  const serialNumber = oneLine(given);
  const expected = context.target.serialNumber;
  if (serialNumber === '')
    return unreadSerial(context, 'serial: the meter gave none', { stage: 'serial', class: 'meter', text: 'serial: the meter gave none' });
  if (expected === undefined || isSameSerial(expected, serialNumber, context.serialPrefixes)) return { serialNumber };
  const text = `serial number does not match, the meter gave ${serialNumber}`;
  if (!policy.guards.serial) return { serialNumber, notes: withNote(context, text) };
  return { serialNumber, serialError: text, failure: refused('serial', { guard: 'serial', text }) };
}

/** Expected but not to be had: the end, nothing is written. Not expected: the session goes on, its success is partial. */
export function unreadSerial(context: SessionContext, text: string, failure: SessionFailure): Change {
  return context.target.serialNumber === undefined ? { serialError: text } : { serialError: text, failure };
}

export function serialFailed(context: SessionContext, error: unknown): Change {
  const failure = failureOf(error, 'serial');
  return failure.class === 'meter' ? unreadSerial(context, failure.text, failure) : { failure };
}

function sampled(context: SessionContext, sample: ClockSampleData): { readonly reading: ClockReading; readonly change: Change } {
  const told = sample.flags.map((flag) => `the meter says of its clock: ${oneLine(flag)}`);
  const notes = [...new Set([...context.notes, ...told])].slice(0, MAX_NOTES);
  return { reading: readingOf(sample), change: { sampledAt: sample.firstAt, badSamples: 0, notes } };
}

/** A bad sample: counted; the last one that is allowed ends it. */
export function badSample(context: SessionContext, sample: ClockSampleData, policy: SessionPolicy): Change {
  const badSamples = context.badSamples + 1;
  if (badSamples < policy.clockReads) return { badSamples };
  const text = `${context.stage}: no usable reading in ${policy.clockReads}: ${sampleFault(sample, policy.maxRoundTripMs)}`;
  const failure: SessionFailure = { stage: context.stage, class: 'link', text };
  return context.stage === 'verify' ? verifyFailed(context, failure) : { badSamples, failure };
}

/** A reading before the write; with the task `verify` the reading after one that an earlier session made. */
export function tookReading(context: SessionContext, sample: ClockSampleData, policy: SessionPolicy): Change {
  const { reading, change } = sampled(context, sample);
  if (context.task !== 'verify') return { ...change, reading, ...(context.writes === 0 ? { before: reading } : {}) };
  if (isWithinLimit(reading, policy.limitSeconds)) return { ...change, reading, after: reading };
  return { ...change, reading, after: reading, failure: stillOff('clock', reading) };
}

function stillOff(stage: Stage, reading: ClockReading): SessionFailure {
  return { stage, class: 'write', text: `${stage}: the update did not take, the clock is off by ${offsetText(reading.offsetSeconds)}` };
}

/** Whether the host's clock was stepped since the link was opened, going by the last that is known of it. */
function isStepped({ openedAt, sampledAt }: SessionContext, askedAt: Stamp | undefined): boolean {
  if (openedAt === null) return false;
  return (sampledAt !== null && hasStepped(openedAt, sampledAt)) || (askedAt !== undefined && hasStepped(openedAt, askedAt));
}

/** Nothing rests on a reading by a clock that is in doubt, neither a success nor a failure. */
function doubted(context: SessionContext, refusal: Refusal): Change {
  const failure = refused(context.stage, refusal);
  if (context.stage === 'verify') return verifyFailed(context, failure);
  return context.task === 'verify' ? { failure, after: null, afterError: failure.text } : { failure };
}

/** A reading that the result is to rest on, whatever it says. */
export function trusted(context: SessionContext, conditions: ConditionsOutput, policy: SessionPolicy): Change {
  const refusal = hostClockRefusal(conditions, isStepped(context, conditions.askedAt), policy.guards);
  return refusal ? doubted(context, refusal) : {};
}

/** Whether the host's clock is right could not be had. */
export function untrusted(context: SessionContext, text: string): Change {
  return doubted(context, { guard: 'host-clock', text: `the host's clock is not known to be right: ${text}` });
}

/** What the reading alone says. */
export function weighed(context: SessionContext, policy: SessionPolicy): Change {
  if (context.reading === null) return {};
  const says = weigh(context.reading, policy, context.allowZone);
  switch (says.kind) {
    case 'leave':
      return { notes: withNote(context, `within the limit of ${policy.limitSeconds} s, left alone`) };
    case 'refuse':
      return { failure: refused('decide', says) };
    case 'update':
      return {};
  }
}

/** What else must hold, and whether a boundary is near. */
export function decided(context: SessionContext, conditions: ConditionsOutput, policy: SessionPolicy): Change {
  const { reading } = context;
  if (reading === null) return { failure: { stage: 'decide', class: 'engine', text: 'decide: there is no reading' } };
  const refusal = conditionRefusal(conditions, isStepped(context, conditions.askedAt), policy.guards);
  if (refusal) return { failure: refused('decide', refusal) };
  const { boundary } = policy.guards;
  const way = passage(reading, context.waitedMs, boundary);
  switch (way.kind) {
    case 'refuse':
      return { failure: refused('decide', way) };
    case 'wait': {
      const waitedMs = context.waitedMs + way.waitMs;
      return { waitLeftMs: way.waitMs, waitedMs, notes: withNote(context, 'waited for a boundary to pass') };
    }
    case 'free': {
      const crosses = boundary.withinSeconds > 0 && crossesBoundary(reading.meterAt, reading.serverAt, boundary.intervalMinutes);
      return { waitLeftMs: 0, ...(crosses ? { notes: withNote(context, `the correction crossed a boundary of ${boundary.intervalMinutes} minutes`) } : {}) };
    }
  }
}

/** The conditions could not be had: then nothing is known to be right. */
export function conditionsMissing(text: string): Change {
  return { failure: refused('decide', { guard: 'host-clock', text: `it is not known whether a write is allowed: ${text}` }) };
}

export function intentRefused(context: SessionContext, reason: 'cancelled' | 'stop-switch'): Change {
  if (reason === 'stop-switch') return { failure: refused('decide', { guard: 'stop-switch', text: 'the stop switch holds all writes' }) };
  return halted(context, 'cancelled');
}

/** Told to end before a write. */
export function halted(context: SessionContext, reason: 'cancelled' | 'stopping'): Change {
  const text = reason === 'cancelled' ? 'cancelled' : 'the process is stopping';
  return { halt: reason, failure: { stage: context.stage, class: 'engine', text: `${context.stage}: ${text}` } };
}

/** From here on a write may be on its way. */
export function writing(context: SessionContext): Change {
  return { tries: context.tries + 1, writes: context.writes + 1, unknown: null, after: null, afterError: null, badSamples: 0 };
}

/** The port knows that nothing left. A write before it was not acknowledged and did not take, or there had been no other. */
export function unwritten(context: SessionContext, failure: SessionFailure): Change {
  return { writes: context.writes - 1, failure, ...(context.writes > 1 ? { unknown: failure.text, after: context.reading } : {}) };
}

/** Whether the session ends with this failure of a write: nothing left and it is no use to try it again here, or the meter refused. */
export function isSetOver(error: unknown): boolean {
  switch (failureOf(error, 'set').class) {
    case 'guard':
    case 'config':
    case 'meter':
      return true;
    case 'login':
    case 'hang-up':
    case 'engine':
      return leftNothing(error);
    case 'transport':
    case 'link':
    case 'write':
      return false;
  }
}

/** The meter's answer to a write was a refusal, or there was none; or it did not come to the write. */
export function setFailed(context: SessionContext, error: unknown): Change {
  const failure = failureOf(error, 'set');
  const nothing = failure.class === 'guard' || failure.class === 'config' || leftNothing(error);
  if (nothing && isSetOver(error)) return unwritten(context, failure);
  if (failure.class === 'meter') return { failure, afterError: failure.text };
  return { unknown: failure.text, ...(nothing ? { writes: context.writes - 1 } : {}) };
}

export function setOverdue(): Change {
  return { unknown: 'set: no reply within its time' };
}

/** The reading after a write decides whether it took; acknowledged or not. */
export function tookAfter(context: SessionContext, sample: ClockSampleData, policy: SessionPolicy): Change {
  const { reading: after, change } = sampled(context, sample);
  const was = context.reading?.offsetSeconds ?? 0;
  const known: Change = { ...change, reading: after, after };
  if (writeTook(was, after.offsetSeconds, policy.limitSeconds)) {
    const notes = context.unknown === null ? change.notes : [...(change.notes ?? []), 'the reply to the write was lost; the reading shows that it took'];
    return { ...known, unknown: null, notes: notes ?? [] };
  }
  if (context.unknown === null) return { ...known, failure: stillOff('verify', after) };
  const more = context.tries < policy.writes;
  const off: Change = context.writes > 0 ? known : { ...change, reading: after };
  if (more && context.halt === null) return off;
  const still = `${context.unknown}; the clock is still off by ${offsetText(after.offsetSeconds)}`;
  // It would be written once more; whoever takes the action up again may.
  if (more && context.halt === 'stopping') return { ...off, failure: { stage: 'verify', class: 'engine', text: `verify: ${still}` } };
  return { ...off, failure: { stage: 'set', class: context.writes > 0 ? 'write' : 'link', text: still } };
}

/** The same, once it is known whether the host's clock is right. */
export function judgedAfter(context: SessionContext, conditions: ConditionsOutput, policy: SessionPolicy): Change {
  if (context.sample === null) return verifyFailed(context, { stage: 'verify', class: 'engine', text: 'verify: there is no reading' });
  const refusal = trusted({ ...context, sampledAt: context.sample.firstAt }, conditions, policy);
  return refusal.failure ? refusal : tookAfter(context, context.sample, policy);
}

/** No reading after the write. Where its own outcome is not known either, that is the failure. */
export function verifyFailed(context: SessionContext, failure: SessionFailure): Change {
  if (context.writes === 0 && context.unknown !== null) return { failure: { ...failure, stage: 'set', text: context.unknown } };
  const told: SessionFailure = context.unknown === null ? failure : { stage: 'set', class: 'write', text: context.unknown };
  return { afterError: failure.text, failure: told };
}

/** The session's time is over, whatever it was at. */
export function sessionOver(context: SessionContext, failure: SessionFailure): Change {
  if (context.stage === 'set') return { unknown: failure.text, failure, afterError: failure.text };
  return context.stage === 'verify' ? verifyFailed(context, failure) : { failure };
}

export function closed(output: CloseOutput): Change {
  return { closedAt: output.closedAt, octetsIn: output.octetsIn, octetsOut: output.octetsOut };
}

/** Endings are best effort: what goes wrong in them is only told. */
export function endingFailed(context: SessionContext, error: unknown): Change {
  return { notes: withNote(context, failureOf(error, context.stage).text) };
}
