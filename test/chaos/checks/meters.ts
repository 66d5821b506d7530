/** What the meters were written. */
import type { WriteRecord } from '../../../ops/sim/meters/records.ts';
import type { Check } from '../evidence.ts';

/** A clock that was set is within this of wall time, seconds: what a busy machine adds, and no more. */
const TRUE_WITHIN = 15;
/** A success leaves the meter within this, seconds. */
const LEFT_WITHIN = 20;
/** Most that a clock may be moved, as the engines are configured. */
export const LARGEST_SECONDS = 900;
const SUCCESS = 'SUCCESS';

export const writesByTheRules: Check = {
  rule: 'no meter is written but by the rules of a session',
  find: ({ writes }) => writes.flatMap((write) => brokenBy(write).map((why) => `meter ${write.serialNumber}, session ${write.session} at ${write.at}: ${why}`)),
};

function brokenBy(write: WriteRecord): readonly string[] {
  const { what, outcome, offsetBefore, offsetAfter } = write;
  return [
    ...(write.writesSinceClockRead > 0 ? ['a second write without a reading between'] : []),
    ...(write.clockReads === 0 ? ['a write before any reading'] : []),
    ...(write.authenticated ? [] : ['a write before it was let in']),
    ...(!write.serialTold?.includes(write.serialNumber) ? [`written although it said that it is ${write.serialTold ?? 'nobody'}`] : []),
    ...(what === 'clock' || what === 'adjust' ? [] : [`${what} was written`]),
    ...(outcome === 'applied' && Math.abs(offsetAfter) > TRUE_WITHIN ? [`set to a time that is off by ${offsetAfter} s`] : []),
    ...(outcome === 'applied' && Math.abs(offsetAfter - offsetBefore) > LARGEST_SECONDS ? [`moved by ${offsetAfter - offsetBefore} s`] : []),
  ];
}

export const actionsAreHonest: Check = {
  rule: 'what an action tells is what became of its meter',
  find: ({ actions, actionsSeen, meters, writes }) => {
    const offsets = new Map(meters.map(({ serialNumber, offsetSeconds }) => [serialNumber, offsetSeconds]));
    const results = new Map(actionsSeen.map(({ requestId, result }) => [requestId, result]));
    const written = new Set(writes.flatMap(({ serialNumber, outcome }) => (outcome === 'applied' ? [serialNumber] : [])));
    return actions.flatMap(({ requestId, serialNumber }) => {
      const result = results.get(requestId) ?? '';
      const offset = offsets.get(serialNumber) ?? Number.NaN;
      if (result === SUCCESS && !(Math.abs(offset) <= LEFT_WITHIN)) return [`action ${requestId}: ${result}, meter ${serialNumber} is off by ${offset} s`];
      return result.startsWith('ERROR') && written.has(serialNumber) ? [`action ${requestId}: ${result}, but meter ${serialNumber} was written`] : [];
    });
  },
};
