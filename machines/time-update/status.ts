/**
 * The answer of `action-status` (mts-actions-api 3), in both families of member names. Pure; the gateway adds the password,
 * which depends on who asks.
 */
import type { EpochMs } from '../common/effects.ts';
import { offsetText } from '../meter-session/clock.ts';
import type { ClockReading, Task } from '../meter-session/types.ts';
import type { ActionContext, Ending } from './context.ts';

export type ActionStatus = {
  readonly requestId: number;
  readonly requestReference?: string;
  readonly immediate: boolean;
  readonly meterType: string;
  readonly remoteAddress: string;
  readonly comsSettings?: string;
  readonly outstationAddress?: string;
  readonly action: string;
  readonly actionType: string;
  readonly result: string;
  readonly resultSummary: string;
  readonly actionRequestTime: string;
  readonly actionStartTime?: string;
  readonly testStartTime?: string;
  readonly actionEndTime?: string;
  readonly testEndTime?: string;
  readonly connectionStartTime?: string;
  readonly connectionEndTime?: string;
  readonly serialNumber?: string;
  readonly meterTime?: string;
  readonly meterTimeOffset?: string;
  readonly meterTimeOffsetPostUpdate?: string;
};

/** Names of a task in the table and in the sample; the seed knows the first only. */
const NAMES: Readonly<Record<Task, readonly [action: string, actionType: string]>> = {
  'time-update': ['TimeUpdate', 'TIME-UPDATE'],
  'read-clock': ['ReadClock', 'READ-CLOCK'],
  verify: ['Verify', 'VERIFY'],
};

/** `YYYY-MM-DDTHH:mm:ssZ`; an instant that no calendar has (a meter may say anything) is the first or the last that has one. */
export function utcText(at: EpochMs): string {
  const known = Math.min(Math.max(at, -62_167_219_200_000), 253_402_300_799_000);
  return `${new Date(known).toISOString().slice(0, 19)}Z`;
}

/** `PENDING`, `SUCCESS`, `PARTIAL SUCCESS` or `ERROR: details`. */
export function resultText(end: Ending | null): string {
  switch (end?.outcome) {
    case undefined:
      return 'PENDING';
    case 'success':
      return 'SUCCESS';
    case 'partial':
      return 'PARTIAL SUCCESS';
    case 'cancelled':
      return 'ERROR: cancelled';
    case 'error':
      return `ERROR: ${end?.text ?? 'failed'}`;
  }
}

const errorText = (text: string): string => `ERROR: ${text}`;

/** As the meter gave it, or why not; the request's while the meter was not reached. */
function serialOf({ request, found, times, end }: ActionContext): string | undefined {
  if (found.serialError !== null) return errorText(found.serialError);
  if (found.serialNumber !== null) return found.serialNumber;
  const reached = times.connectionStartAt !== null;
  return end !== null && reached ? errorText(end.text ?? 'not read') : request.target.serialNumber;
}

function offsetOf(reading: ClockReading | null, why: string | undefined): string | undefined {
  if (reading !== null) return offsetText(reading.offsetSeconds);
  return why === undefined ? undefined : errorText(why);
}

/** The reading that the members without `PostUpdate` tell of: of an action that only verifies there is no other. */
function firstReading({ found, request }: ActionContext): ClockReading | null {
  return found.before ?? (request.task === 'verify' ? found.after : null);
}

/** Members with a value, and no others. */
export function statusOf(context: ActionContext): ActionStatus {
  const { request, found, times, end } = context;
  const { target } = request;
  const [action, actionType] = NAMES[request.task];
  const result = resultText(end);
  const first = firstReading(context);
  const afterError = end === null ? undefined : (found.afterError ?? undefined);
  const after = request.task === 'verify' ? undefined : offsetOf(found.after, afterError);
  const before = offsetOf(first, end === null ? undefined : (end.text ?? undefined));
  const serialNumber = serialOf(context);
  const [started, ended] = [times.startedAt, times.endedAt].map((at) => (at === null ? undefined : utcText(at)));
  return {
    requestId: request.requestId,
    ...(request.requestReference === undefined ? {} : { requestReference: request.requestReference }),
    immediate: request.immediate,
    meterType: target.meterType,
    remoteAddress: target.remoteAddress,
    ...(target.comsSettings === undefined ? {} : { comsSettings: target.comsSettings }),
    ...(target.outstationAddress === undefined ? {} : { outstationAddress: target.outstationAddress }),
    action,
    actionType,
    result,
    resultSummary: result,
    actionRequestTime: utcText(request.requestedAt),
    ...(started === undefined ? {} : { actionStartTime: started, testStartTime: started }),
    ...(ended === undefined ? {} : { actionEndTime: ended, testEndTime: ended }),
    ...(times.connectionStartAt === null ? {} : { connectionStartTime: utcText(times.connectionStartAt) }),
    ...(times.connectionEndAt === null ? {} : { connectionEndTime: utcText(times.connectionEndAt) }),
    ...(serialNumber === undefined ? {} : { serialNumber }),
    ...(first === null ? {} : { meterTime: `${utcText(first.meterAt)} ${offsetText(first.offsetSeconds)}` }),
    ...(before === undefined ? {} : { meterTimeOffset: before }),
    ...(after === undefined ? {} : { meterTimeOffsetPostUpdate: after }),
  };
}
