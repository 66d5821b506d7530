/** A meter that hangs up when it is given the password: meters lock, so that it is not given it again and again (meter-protocols 5.10, 7). */
import test from 'ava';
import { HUNG_UP_EARLIER } from '../../../actors/time-update/refused-passwords.ts';
import { actionWorld, failed, HANG_UP, newAction, reading } from './world.ts';

const METER = '10.1.1.1:4059';
const ORDER = newAction(METER, { sealedPassword: 'sealed', passwordMark: 'mark-1' });
const TEXT = 'ERROR: log-in: the meter hung up';
/** Longer than any pause between attempts. */
const PAUSE_MS = 91_000;

test('it is given the password twice by one action, and by no other for a day', async (t) => {
  const world = actionWorld();
  const first = await world.actions.submit(ORDER);
  await world.settle();
  world.session(first).end(HANG_UP);
  await world.settle();
  t.is(await world.state(first), 'paused');
  await world.clock.advance(PAUSE_MS);
  world.session(first).end(HANG_UP);
  await world.settle();
  t.is(await world.result(first), TEXT);

  const second = await world.actions.submit(ORDER);
  await world.settle();
  t.is(await world.result(second), `ERROR: ${HUNG_UP_EARLIER}`);
  t.is(world.held.length, 0);

  await world.clock.advance(86_400_000);
  const nextDay = await world.actions.submit(ORDER);
  await world.settle();
  t.is(await world.state(nextDay), 'running');
  world.session(nextDay).end();
  await world.stop();
});

test('hang-ups of several actions are counted together: the second one stops them all', async (t) => {
  const world = actionWorld();
  const first = await world.actions.submit(ORDER);
  await world.settle();
  world.session(first).end(HANG_UP);
  await world.settle();
  await world.actions.cancel(first, 'operator');
  const second = await world.actions.submit(ORDER);
  await world.settle();
  world.session(second).end(HANG_UP);
  await world.settle();
  await world.clock.advance(PAUSE_MS);
  t.is(await world.result(second), `ERROR: ${HUNG_UP_EARLIER}`);
  t.is(world.held.length, 0);
  await world.stop();
});

test('a log-in between two hang-ups speaks for the password: they are not counted together', async (t) => {
  const world = actionWorld();
  for (let round = 0; round < 2; round++) {
    const id = await world.actions.submit(ORDER);
    await world.settle();
    world.session(id).end(HANG_UP);
    await world.clock.advance(PAUSE_MS);
    world.session(id).end({ before: reading(3) });
    await world.settle();
    t.is(await world.result(id), 'SUCCESS');
  }
  await world.stop();
});

test('a session that did not come to the log-in says nothing of the password: the next hang-up is the second', async (t) => {
  const world = actionWorld();
  const id = await world.actions.submit(ORDER);
  await world.settle();
  world.session(id).end(HANG_UP);
  await world.clock.advance(PAUSE_MS);
  world.session(id).end(failed('transport'));
  await world.clock.advance(PAUSE_MS);
  world.session(id).end(HANG_UP);
  await world.settle();
  const next = await world.actions.submit(ORDER);
  await world.settle();
  t.is(await world.result(next), `ERROR: ${HUNG_UP_EARLIER}`);
  await world.stop();
});

test('another password is another matter, and so is a neighbour on the same line', async (t) => {
  const world = actionWorld({ options: { hangUpsAsRefusal: 1 } });
  const first = await world.actions.submit(ORDER);
  await world.settle();
  world.session(first).end(HANG_UP);
  await world.clock.advance(PAUSE_MS);
  t.is(await world.result(first), `ERROR: ${HUNG_UP_EARLIER}`);
  for (const order of [
    { ...ORDER, passwordMark: 'mark-2' },
    { ...ORDER, target: { ...ORDER.target, outstationAddress: '2' } },
  ]) {
    const id = await world.actions.submit(order);
    await world.settle();
    t.is(await world.state(id), 'running');
    world.session(id).end();
    await world.settle();
  }
  await world.stop();
});
