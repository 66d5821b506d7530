import test from 'ava';
import { contextOf } from '../../../actors/time-update/index.ts';
import type { SessionFailure, SessionResult } from '../../../machines/meter-session/index.ts';
import { resultText } from '../../../machines/time-update/index.ts';
import { type Flow, type Life, type Lived, liveThrough } from '../../support/crash/flows.ts';
import type { Moment } from '../../support/crash/plain-meters.ts';
import { T0 } from '../../support/machines/time-update-world.ts';

const failed = (stage: SessionFailure['stage'], kind: SessionFailure['class'], more: Partial<SessionResult> = {}): Partial<SessionResult> => ({
  outcome: 'error',
  failure: { stage, class: kind, text: `${stage}: ${kind}` },
  ...more,
});
const lostReply = failed('set', 'write', { outcome: 'partial', wrote: true, afterError: 'verify: no answer' });
const once =
  (at: Moment, result: Partial<SessionResult>): NonNullable<Flow['stepIn']> =>
  () =>
  async (moment, order) =>
    moment === at && order.attempt === 1 ? result : undefined;
/** Cancelled at that moment of the first session, which then ends as a real one would. */
const cancelledAt =
  (at: Moment): NonNullable<Flow['stepIn']> =>
  (cancel) =>
  async (moment, order, live) => {
    if (moment !== at || order.attempt !== 1) return undefined;
    await cancel();
    await new Promise((resolve) => setImmediate(resolve));
    return live.halted === 'cancelled' && (at === 'open' || at === 'read') ? { outcome: 'cancelled' } : undefined;
  };
/** The second where the first was lost with its engine. */
const REFUSED = ['ERROR: log-in: login', 'ERROR: password refused earlier'];
const beforeWrite = ['queued', 'open', 'read', 'paused'].map((when) => `cancelled: ${when}`);

const FLOWS: readonly Flow[] = [
  { title: 'immediate' },
  { title: 'overnight', order: { immediate: false } },
  { title: 'busy at first', stepIn: once('open', failed('open', 'transport')) },
  { title: 'reply to the write lost', stepIn: once('written', lostReply) },
  {
    title: 'wrong password',
    order: { sealedPassword: 'sealed', passwordMark: 'mark' },
    stepIn: () => async (moment) => (moment === 'open' ? failed('log-in', 'login', { passwordRefused: true }) : undefined),
  },
  { title: 'error code', stepIn: once('read', failed('serial', 'meter')) },
  { title: 'cancelled: queued', afterwards: (cancel) => cancel() },
  {
    title: 'cancelled: paused',
    order: { immediate: false },
    stepIn: (cancel) => async (moment, order) => {
      if (moment !== 'open' || order.attempt !== 1) return undefined;
      setImmediate(() => void cancel());
      return failed('open', 'transport');
    },
  },
  ...(['open', 'read', 'intended', 'written'] as const).map((at) => ({ title: `cancelled: ${at}`, stepIn: cancelledAt(at) })),
];

/** What does not hold of one life. */
function faultsOf({ flow, told, doc, key }: Life, { meters, refused }: Lived): readonly string[] {
  if (!doc) return told.includes('taken') ? ['taken and lost'] : [];
  const sessions = meters.of(contextOf(doc).request.requestId);
  if (doc.state !== 'done') return [`never ends: ${doc.state}`];
  const { end, found, write } = contextOf(doc);
  const faults: string[] = [];
  const deeds = sessions.flatMap((session) => session.deeds);
  const writes = deeds.filter((deed) => deed === 'write').length;
  const result = resultText(end);
  if (doc.owed.length > 0 || doc.reminders.length > 0) faults.push('ended and owes something');
  if (deeds.some((deed, i) => deed === 'write' && deeds.slice(0, i).lastIndexOf('write') > deeds.slice(0, i).lastIndexOf('read')))
    faults.push('two writes without a reading between');
  if (result === 'SUCCESS' && writes > 0 && (found.after === null || found.before?.offsetSeconds !== 60)) faults.push('success without honest readings');
  if (writes > 0 && result.startsWith('ERROR')) faults.push(`written and ${result}`);
  if (write !== null && result.startsWith('ERROR')) faults.push(`perhaps written and ${result}`);
  if (told.includes('cancel taken') && beforeWrite.includes(flow.title) && (writes > 0 || result !== 'ERROR: cancelled'))
    faults.push(`cancelled, ${writes} writes, ${result}`);
  if (flow.title === 'wrong password' && (writes > 0 || !REFUSED.includes(result))) faults.push(`${writes} writes with a wrong password, ${result}`);
  if (flow.title === 'wrong password' && !refused.has(key)) faults.push('the refused password is forgotten');
  return faults;
}

const STORES = { atomic: 'a store of atomic groups', 'op by op': 'a store that may apply a part of a group' } as const;

for (const groups of ['atomic', 'op by op'] as const) {
  test(`an action in whatever flow, cut at any place of its life and taken up again, ends honestly: on ${STORES[groups]}`, async (t) => {
    t.timeout(60_000);
    const whole = await liveThrough(
      T0,
      FLOWS.map((flow) => [flow, undefined]),
      groups,
    );
    const cut = await liveThrough(
      T0,
      whole.lives.flatMap(({ flow, passes }) => Array.from({ length: passes }, (_, at) => [flow, at] as const)),
      groups,
    );
    t.log(`${cut.lives.length} cuts, ${cut.meters.sessions.length} sessions`);
    const faults = [whole, cut].flatMap((lived) =>
      lived.lives.flatMap((life) => faultsOf(life, lived).map((fault) => `${life.flow.title} cut at ${life.cutAt}: ${fault}`)),
    );
    t.deepEqual(faults.slice(0, 10), []);
  });
}
