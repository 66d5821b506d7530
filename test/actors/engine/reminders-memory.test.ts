import test from 'ava';
import { Reminders, type RemindersWorld } from '../../../actors/engine/reminders.ts';
import type { ActorDoc, DueReminder, Reminder } from '../../../actors/store/store.ts';
import { START, testPorts } from '../../support/engine.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const due = (name: string, at: number): DueReminder => ({ actor: 'toy:a', key: 'a', shard: 0, name, dueAt: at, fireAt: at });
const doc = { id: 'toy:a', key: 'a', shard: 0 } as unknown as ActorDoc;
const reminder = (name: string, dueAt: number, gate?: 'dip'): Reminder => (gate ? { name, dueAt, gate } : { name, dueAt });

/** Reminders over an index that the test owns. */
function remindersWorld(change: Partial<RemindersWorld> = {}) {
  const clock = new FakeClock(START);
  const index: DueReminder[] = [];
  const fired: string[] = [];
  const state = { looks: 0 };
  const world: RemindersWorld = {
    ports: testPorts(clock),
    windowMs: 60_000,
    entries: 100,
    inFlight: 10,
    scanIntervalMs: 5_000,
    due: async ({ until, limit }) => {
      state.looks++;
      return index
        .filter((one) => one.fireAt <= until)
        .sort((a, b) => a.fireAt - b.fireAt)
        .slice(0, limit);
    },
    fire: async ({ name }) => {
      fired.push(name);
      const at = index.findIndex((one) => one.name === name);
      if (at >= 0) index.splice(at, 1);
    },
    serves: () => true,
    onError: () => {},
    ...change,
  };
  return { clock, index, fired, state, world };
}

test('a gate that closes in the middle of a storm stops it', async (t) => {
  const held: (() => void)[] = [];
  const made = remindersWorld({ inFlight: 4 });
  const started: string[] = [];
  const world: RemindersWorld = {
    ...made.world,
    fire: ({ name }) => {
      started.push(name);
      return new Promise((resolve) => held.push(resolve));
    },
  };
  for (let i = 0; i < 40; i++) made.index.push(due(`w${i}`, START - 1_000 + i));
  const reminders = new Reminders(world, 'dip');
  reminders.start(true);
  await made.clock.flush();
  t.is(started.length, 4);
  reminders.setOpen(false);
  for (const done of held.splice(0)) done();
  await made.clock.flush();
  await made.clock.advance(20_000);
  t.is(started.length, 4);
});

test('nothing fires after the stop, also when the store answers late', async (t) => {
  const { clock, index, fired, world } = remindersWorld();
  const answer = Promise.withResolvers<void>();
  index.push(due('w', START - 1));
  const reminders = new Reminders({ ...world, due: async () => answer.promise.then(() => [...index]) });
  reminders.start();
  await reminders.stop();
  answer.resolve();
  await clock.flush();
  t.deepEqual(fired, []);
});

test('a reminder that is committed while the store is being read fires at its instant', async (t) => {
  const { clock, fired, world } = remindersWorld();
  let answer = Promise.withResolvers<void>();
  const reminders = new Reminders({ ...world, due: async () => answer.promise.then(() => []) });
  reminders.start();
  reminders.offer(doc, reminder('w', START + 2_000));
  answer.resolve();
  answer = Promise.withResolvers();
  answer.resolve();
  await clock.flush();
  await clock.advance(2_000);
  t.deepEqual(fired, ['w']);
});

test('the earliest reminder fires at its instant although memory is full of later ones', async (t) => {
  const { clock, index, fired, world } = remindersWorld({ entries: 4 });
  for (let i = 0; i < 4; i++) index.push(due(`late${i}`, START + 50_000 + i));
  const reminders = new Reminders(world);
  reminders.start();
  await clock.flush();
  const at: number[] = [];
  index.push(due('early', START + 1_000));
  reminders.offer(doc, reminder('early', START + 1_000));
  for (let i = 0; i < 20 && !fired.includes('early'); i++) {
    await clock.advance(100);
    at.push(clock.now());
  }
  t.is(at.at(-1), START + 1_000);
});

test('a reminder that memory lost is found within the scan interval, whatever else is offered', async (t) => {
  const { clock, index, fired, world } = remindersWorld();
  index.push(due('known', START + 55_000));
  const reminders = new Reminders(world);
  reminders.start();
  await clock.flush();
  index.push(due('lost', START + 1_000));
  for (let i = 0; i < 12; i++) {
    reminders.offer(doc, reminder(`other${i}`, START + 50_000));
    await clock.advance(500);
  }
  t.deepEqual(fired, ['lost']);
});

test('a steady flow of due reminders does not read the store for each of them', async (t) => {
  const { clock, index, fired, state, world } = remindersWorld();
  for (let i = 0; i < 90; i++) index.push(due(`w${i}`, START + 100 * (i + 1)));
  const reminders = new Reminders(world);
  reminders.start();
  await clock.advance(9_100);
  t.is(fired.length, 90);
  t.true(state.looks <= 5, `${state.looks} looks`);
});
