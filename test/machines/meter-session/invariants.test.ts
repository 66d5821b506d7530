/** M1 to M4 of the machine, whatever the ports do and whenever it is cancelled. */
import test from 'ava';
import type { Task } from '../../../machines/meter-session/index.ts';
import fc from '../../support/fc.ts';
import { type Act, fail, type PortName, SessionWorld } from '../../support/machines/meter-session-world.ts';

const PORTS: PortName[] = [
  'open',
  'signOn',
  'identify',
  'logIn',
  'readSerial',
  'readClock',
  'conditions',
  'intend',
  'setClock',
  'keepAlive',
  'logOff',
  'close',
];

const act = fc.oneof(
  { weight: 6, arbitrary: fc.constant(undefined) },
  { weight: 1, arbitrary: fc.constant<Act>('hang') },
  {
    weight: 2,
    arbitrary: fc.constantFrom('transport', 'link', 'login', 'meter', 'guard', 'write', 'engine', 'config', 'nonsense').map((kind): Act => fail(kind)),
  },
);
const script = fc.record(
  Object.fromEntries(PORTS.map((name) => [name, fc.array(act, { maxLength: 3 })])) as Record<PortName, fc.Arbitrary<(Act | undefined)[]>>,
);

test('every session ends: closed once and last, no write without intent, no second one without a reading, none where only reads are asked', async (t) => {
  await fc.assert(
    fc.asyncProperty(
      script,
      fc.integer({ min: -4_000, max: 4_000 }),
      fc.constantFrom<Task>('time-update', 'read-clock', 'verify'),
      fc.option(fc.integer({ min: 0, max: 40 })),
      async (acts, offset, task, cancelAt) => {
        const known = Object.fromEntries(PORTS.map((name) => [name, acts[name].map((one) => one ?? (() => world.good(name)))]));
        const world: SessionWorld = new SessionWorld({ offset, input: { task }, script: known });
        world.actor.start();
        if (cancelAt !== null) {
          for (let step = 0; step < cancelAt; step++) await Promise.resolve();
          world.actor.send({ type: 'cancel', reason: 'cancelled' });
        }
        const cancelled = cancelAt === null ? -1 : world.calls.length;
        const result = await world.end();

        const { calls } = world;
        t.is(calls.at(-1), 'close');
        t.is(world.count('close'), 1);
        t.true(world.count('logOff') <= 1);
        const writes = calls.flatMap((call, index) => (call === 'setClock' ? [index] : []));
        for (const index of writes) t.is(calls[index - 1], 'intend');
        for (let n = 1; n < writes.length; n++) t.true(calls.slice(writes[n - 1], writes[n]).includes('readClock'));
        if (task !== 'time-update') t.is(writes.length, 0);
        if (result.wrote) t.true(writes.length > 0);
        if (result.outcome === 'cancelled') t.false(result.wrote);
        // Cancelled before the intent was asked for: no write at all.
        if (cancelled >= 0 && !calls.slice(0, cancelled).includes('intend')) t.is(writes.length, 0);
        t.is(result.failure === undefined, result.outcome === 'success' || result.outcome === 'cancelled');
      },
    ),
    { numRuns: 300 },
  );
});
