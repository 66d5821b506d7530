/** A clean stop, and the stop switch, in the middle of sessions. */
import test from 'ava';
import { Installation, NODES, type Placed, startMeterField, until } from '../support/process/index.ts';

/** A session takes some seconds, so that a stop finds it in the middle. */
const REPLY_MS = 400;
const placed: readonly Placed[] = [
  {
    way: 'tcp',
    spec: { meterType: 'ISKRA_MX37X', serialNumber: '36000001', password: '12345678', clock: { offsetSeconds: 75 }, faults: { replyDelayMs: REPLY_MS } },
  },
  { way: 'terminal', spec: { meterType: 'ELSTERA1700', serialNumber: 'E17K000001', password: 'ABCD0001', clock: { offsetSeconds: 75 } } },
];

test('a stop in the middle of sessions logs off and hangs up; the next start takes the actions up, and no meter is written twice', async (t) => {
  // Among several engines a session that meets the handing over of its shard may count as a failed attempt, and its pause is then waited for.
  const settings = NODES === 1 ? {} : { actions: { retryPauseMs: 500 } };
  const field = await startMeterField(t, { placed, settings });
  const installation = await Installation.started(t, { settings: field.settings });
  const ids = await Promise.all(field.bodies.map((body) => installation.mts.update(body)));
  await until('both sessions run', async () => {
    const answer = await installation.operator.get<{ items: readonly { stage: string }[] }>('/ops/v1/sessions');
    return answer.json.items.length === 2 && answer.json.items.every(({ stage }) => stage !== 'connect');
  });
  const ended = await installation.stop();
  t.is(ended.code, 0, ended.stderr);
  t.is(field.bank?.callsNow, 0, 'on hook');
  t.is(field.farm.cut(), 0, 'no connection is left');
  await installation.start();
  for (const id of ids) t.is((await installation.mts.ended(id)).result, 'SUCCESS');
  t.deepEqual(
    field.farm
      .records()
      .map(({ meter, writesSinceClockRead }) => [meter, writesSinceClockRead])
      .sort(),
    [
      [0, 0],
      [1, 0],
    ],
  );
});
