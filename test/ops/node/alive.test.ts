import test from 'ava';
import type { Json } from '../../../machines/common/effects.ts';
import { Alive } from '../../../ops/node/alive.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { keptLog } from '../../support/real-ports.ts';

const HOUR = 3_600_000;

function installation() {
  const clock = new FakeClock();
  const meta = new Map<string, Json>();
  const store = { getMeta: async (name: string) => meta.get(name), putMeta: async (name: string, value: Json) => void meta.set(name, value) };
  /** What was said of silences, and whether that was noted. */
  const silences: number[] = [];
  const state = { hears: true, isNoted: true };
  const node = (name?: string, own = clock) =>
    new Alive({
      store,
      clock: own,
      log: keptLog(),
      intervalMs: 5_000,
      minGapMs: 15_000,
      ...(name === undefined ? {} : { node: name }),
      hears: () => state.hears,
      onSilence: async (since) => {
        if (state.isNoted) silences.push(since);
        return state.isNoted;
      },
    });
  const wasHere = async (name?: string, own = clock): Promise<void> => {
    const alive = node(name, own);
    alive.start();
    await alive.stop();
  };
  return { clock, meta, node, wasHere, silences, state };
}

test('at the first start nobody was alive', async (t) => {
  t.is(await installation().node().lastAt(), null);
  t.is(await installation().node('a').lastAt(), null);
});

test('a process that is alone notes itself while it runs', async (t) => {
  const { clock, node, meta } = installation();
  const alive = node();
  alive.start();
  await clock.advance(12_000);
  await alive.stop();
  const stopped = clock.now();
  await clock.advance(HOUR);
  t.is(await node().lastAt(), stopped);
  t.is(meta.get('aliveAt'), stopped);
});

test('of many nodes the one that was alive last counts', async (t) => {
  const { clock, node } = installation();
  const [a, b] = [node('a'), node('b')];
  a.start();
  b.start();
  await clock.advance(20_000);
  await a.stop();
  await clock.advance(20_000);
  await b.stop();
  const last = clock.now();
  await clock.advance(2_000);
  t.is(await node('c').lastAt(), last);
});

test('a node whose clock is behind makes no gap where there is none', async (t) => {
  const { clock, node } = installation();
  const behind = new FakeClock(clock.now() - HOUR);
  const [a, b] = [node('a'), node('b', behind)];
  a.start();
  await clock.flush();
  b.start();
  await behind.flush();
  t.is(await a.lastAt(), clock.now());
  await a.stop();
  await b.stop();
});

test('notes from the future alone say that nobody knows how long the silence was', async (t) => {
  const { clock, node, wasHere } = installation();
  await wasHere('a', new FakeClock(clock.now() + HOUR));
  t.is(await node('b').lastAt(), clock.now() - 6 * HOUR);
});

test('what a process alone noted is read by nodes, and is gone once they have noted themselves', async (t) => {
  const { clock, node, meta, wasHere } = installation();
  await wasHere();
  await clock.advance(1_000);
  t.is(await node('a').lastAt(), clock.now() - 1_000);
  await wasHere('a');
  await clock.flush();
  t.deepEqual(meta.get('aliveAt'), { a: clock.now() });
});

test('who never knew whether there was a gap leaves it to the next one', async (t) => {
  const { clock, node, wasHere } = installation();
  await wasHere('a');
  const last = clock.now();
  await clock.advance(HOUR);
  await node('a').stop();
  t.is(await node('b').lastAt(), last);
});

test('while nothing can be taken nothing is noted, and the silence is told before the next note', async (t) => {
  const { clock, node, silences, state } = installation();
  const alive = node('a');
  alive.start();
  await clock.advance(20_000);
  const last = clock.now();
  state.hears = false;
  await clock.advance(60_000);
  t.is(await node('b').lastAt(), last);
  state.hears = true;
  // As long as nobody has noted it, no note may hide it.
  state.isNoted = false;
  await clock.advance(20_000);
  t.is(await node('b').lastAt(), last);
  t.deepEqual(silences, []);
  state.isNoted = true;
  await clock.advance(30_000);
  t.deepEqual(silences, [last]);
  await alive.stop();
  t.is(await node('b').lastAt(), clock.now());
});

test('a store that was away for long is a silence, and one that was away for a moment is none', async (t) => {
  const { clock, node, silences, meta } = installation();
  const alive = node();
  alive.start();
  await clock.advance(5_000);
  const { set } = meta;
  meta.set = () => {
    throw new Error('away');
  };
  await clock.advance(9_000);
  meta.set = set;
  await clock.advance(6_000);
  t.deepEqual(silences, []);
  const again = clock.now();
  meta.set = () => {
    throw new Error('away');
  };
  await clock.advance(60_000);
  meta.set = set;
  await clock.advance(20_000);
  t.deepEqual(silences, [again]);
  await alive.stop();
});

test('while another node of the installation can take what comes there is no silence', async (t) => {
  const { clock, node, silences, state } = installation();
  const [a, b] = [node('a'), node('b')];
  a.start();
  await clock.advance(10_000);
  await a.stop();
  b.start();
  await clock.advance(60_000);
  a.start();
  await clock.advance(10_000);
  t.deepEqual(silences, []);
  t.true(state.hears);
  await a.stop();
  await b.stop();
});

test('a silence between the start and the first note is told too', async (t) => {
  const { clock, node, silences, state } = installation();
  const alive = node('a');
  state.hears = false;
  alive.start();
  const begun = clock.now();
  await clock.advance(60_000);
  state.hears = true;
  await clock.advance(10_000);
  t.deepEqual(silences, [begun]);
  await alive.stop();
});

test('a clock that is set back makes no silence; a machine that stood still has one, though its other clock stood too', async (t) => {
  const { clock, node, silences } = installation();
  let back = 0;
  let asleep = 0;
  const machine = Object.assign(Object.create(clock) as FakeClock, {
    now: () => clock.now() - back + asleep,
    monotonic: () => clock.monotonic(),
    after: (ms: number, run: () => void) => clock.after(ms, run),
  });
  const alive = node(undefined, machine);
  alive.start();
  await clock.advance(20_000);
  back = HOUR;
  await clock.advance(20_000);
  t.deepEqual(silences, []);
  const last = machine.now();
  asleep = HOUR;
  await clock.advance(10_000);
  t.deepEqual(silences, [last]);
  await alive.stop();
});
