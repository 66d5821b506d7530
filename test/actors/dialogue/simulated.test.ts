/** The dialogues against the simulated meters, whose side of the protocol nobody here wrote. */
import test from 'ava';
import { realClock } from '../../support/real-ports.ts';
import { failureOf, loggedIn, type Talk } from './scripted.ts';
import { call, SPECS } from './simulated.ts';

const WITH_CLOCK = Object.keys(SPECS).filter((meterType) => meterType !== 'CEWEPRO');

/** Meter minus host, by a sample. */
async function offsetOf({ dialogue, limits }: Talk): Promise<number> {
  const { meterAt, sentAt, firstAt } = await dialogue.readClock(limits);
  return (meterAt + 500 - (sentAt.wallMs + firstAt.wallMs) / 2) / 1_000;
}

const near = (value: number, expected: number): boolean => Math.abs(value - expected) <= 1.5;

for (const meterType of WITH_CLOCK) {
  test(`the clock of a simulated ${meterType} is read, set, and read again`, async (t) => {
    const called = await call(t, meterType);
    const { dialogue, limits, farm } = await loggedIn(called).then(() => called);
    t.is((await dialogue.readSerial(limits)).toUpperCase(), SPECS[meterType]!.serialNumber);
    t.true(near(await offsetOf(called), 120));
    await dialogue.writeClock(() => realClock.now(), limits);
    t.true(near(await offsetOf(called), 0));
    await dialogue.logOff(limits);
    const records = farm.records();
    t.deepEqual(
      records.map(({ what, outcome }) => [what, outcome]),
      [['clock', 'applied']],
    );
  });

  test(`a simulated ${meterType} that says done and keeps its time is seen through by the next reading`, async (t) => {
    const called = await call(t, meterType, { faults: { clockSet: 'ignore' } });
    await loggedIn(called);
    await called.dialogue.writeClock(() => realClock.now(), called.limits);
    t.true(near(await offsetOf(called), 120));
  });

  test(`a write that a simulated ${meterType} refuses is told so, and is received once`, async (t) => {
    const called = await call(t, meterType, { faults: { clockSet: 'refuse' } });
    await loggedIn(called);
    const [kind] = await failureOf(
      t,
      called.dialogue.writeClock(() => realClock.now(), called.limits),
    );
    t.is(kind, 'meter');
    const received = called.farm.records().filter(({ what }) => what === 'clock');
    // An Elster meter refuses by ERR5, which allows one more try.
    t.true(received.length <= 2 && received.every(({ outcome }) => outcome === 'refused'));
    t.true(near(await offsetOf(called), 120));
  });

  test(`a lost answer of a simulated ${meterType} to the write leaves its outcome unknown until the clock is read`, async (t) => {
    const called = await call(t, meterType, { faults: { loseWriteReplies: 1 }, change: { timing: { replyTimeoutMs: 600 } } });
    await loggedIn(called);
    const [kind] = await failureOf(
      t,
      called.dialogue.writeClock(() => realClock.now(), called.limits),
    );
    t.is(kind, 'write');
    t.is(called.farm.records().length, 1);
    t.true(near(await offsetOf(called), 0));
  });
}

for (const meterType of ['ELSTERA1700', 'ELSTERAS230', 'EDMIATLAS', 'CEWEPRO']) {
  test(`a wrong password is refused by a simulated ${meterType}, once`, async (t) => {
    const called = await call(t, meterType, { password: 'WRONG-PW' });
    await called.dialogue.signOn(called.limits);
    const [kind] = await failureOf(t, called.dialogue.logIn(called.limits));
    t.is(kind, 'login');
  });
}

for (const meterType of ['ELSTERA1700', 'CEWEPRO']) {
  test(`answers of a simulated ${meterType} that come in blocks are put together`, async (t) => {
    const called = await loggedIn(await call(t, meterType, { faults: { blocks: true } }));
    t.is(await called.dialogue.readSerial(called.limits), SPECS[meterType]!.serialNumber);
  });
}

for (const meterType of Object.keys(SPECS)) {
  test(`answers of a simulated ${meterType} are asked for again where the line drops or damages them`, async (t) => {
    const called = await call(t, meterType, { change: { timing: { replyTimeoutMs: 400, pauseBetweenRetriesMs: 20, retries: 12 } } });
    await loggedIn(called);
    called.farm.setFaults({ dropRate: 0.3, badCheckRate: 0.2 });
    for (let reading = 0; reading < 3; reading += 1) t.is(await called.dialogue.readSerial(called.limits), SPECS[meterType]!.serialNumber);
    called.farm.setFaults({});
    await called.dialogue.logOff(called.limits);
  });
}
