import test from 'ava';
import { type Known, Noter } from '../../../actors/time-update/noter.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { actionWorld, newAction, reading } from './world.ts';

const BEFORE = reading(90);

function rig() {
  const clock = new FakeClock();
  const commits: Known[] = [];
  return { clock, commits, noter: new Noter({ clock, commit: (known) => commits.push(known) }) };
}

test('a connection is committed by itself when nothing else carries it in time, with what is known by then', async (t) => {
  const { clock, commits, noter } = rig();
  noter.reached({ stage: 'open' });
  noter.reached({ stage: 'sign-on', connectionStartAt: 5 });
  await clock.advance(2_000);
  noter.reached({ stage: 'serial', connectionStartAt: 5, serialNumber: '1' });
  t.deepEqual(commits, []);
  await clock.advance(500);
  t.deepEqual(commits, [{ stage: 'serial', connectionStartAt: 5, serialNumber: '1' }]);
});

test('what an intent or an end carries has no commit of its own', async (t) => {
  const { clock, commits, noter } = rig();
  noter.reached({ stage: 'sign-on', connectionStartAt: 5 });
  t.is(noter.carried()?.connectionStartAt, 5);
  await clock.advance(10_000);
  t.deepEqual(commits, []);
  t.is(clock.pending, 0);
});

test('a reading is committed a second later where the session rests before its write', async (t) => {
  const { clock, commits, noter } = rig();
  noter.reached({ stage: 'sign-on', connectionStartAt: 5 });
  noter.reached({ stage: 'decide', connectionStartAt: 5, before: BEFORE });
  await clock.advance(1_000);
  t.deepEqual(commits, [{ stage: 'decide', connectionStartAt: 5, before: BEFORE }]);
  await clock.advance(10_000);
  t.is(commits.length, 1);
});

test('an intent to write announces the connection and the reading, in that order, in one step', async (t) => {
  const world = actionWorld({});
  const id = await world.actions.submit(newAction('10.0.0.1:1'));
  await world.settle();
  const session = world.session(id);
  session.watcher.progress({ type: 'progress', stage: 'sign-on', connectionStartAt: world.clock.now() }, {} as never);
  t.deepEqual(await session.watcher.intend(BEFORE), { kind: 'go' });
  await world.settle();
  const heard = world.events.performed.filter(({ actor }) => actor === `action:${id}`);
  t.deepEqual(
    heard.map(({ name }) => name),
    ['queued', 'started', 'connected', 'clock-read'],
  );
  t.is(heard[2]?.version, heard[3]?.version);
  session.end({ before: BEFORE });
  await world.settle();
  t.is(world.events.performed.filter(({ name }) => name === 'connected').length, 1);
  await world.stop();
});
