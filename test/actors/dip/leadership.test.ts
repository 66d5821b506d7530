import test, { type ExecutionContext } from 'ava';
import { Gate } from '../../../actors/dip/gate.ts';
import { type GateWord, Leadership, type Reign } from '../../../actors/dip/leadership.ts';
import { testPorts } from '../../support/engine.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { Voices } from '../../support/voice.ts';

const GRACE_MS = 30 * 60_000;
const MIN_GAP_MS = 15_000;

/** What one leader did, and what the test ends for it. */
class FakeReign implements Reign {
  readonly gate = new Gate(false);
  readonly requests: number[] = [];
  closed = false;
  started: number | null | undefined;
  readonly #world: { clock: FakeClock; window: boolean };

  constructor(world: { clock: FakeClock; window: boolean }) {
    this.#world = world;
  }

  async start(lastAliveAt: number | null): Promise<void> {
    this.started = lastAliveAt;
    this.#world.window ||= lastAliveAt !== null && this.#world.clock.now() - lastAliveAt >= MIN_GAP_MS;
    this.gate.set(!this.#world.window);
  }

  async request(since: number): Promise<void> {
    this.requests.push(since);
    this.#world.window = true;
    this.gate.set(false);
  }

  /** The market has sent everything again. */
  done(): void {
    this.#world.window = false;
    this.gate.set(true);
  }

  async close(): Promise<void> {
    this.closed = true;
  }
}

function nodes(t: ExecutionContext, count: number, stored: GateWord | null = null) {
  const clock = new FakeClock();
  const voices = new Voices();
  const shared = { clock, window: false };
  const meta: { word: GateWord | null; away: boolean } = { word: stored, away: false };
  const { ids, log } = testPorts(clock);
  const make = (index: number) => {
    const reigns: FakeReign[] = [];
    const leadership = new Leadership({
      newReign: () => {
        const reign = new FakeReign(shared);
        reigns.push(reign);
        return reign;
      },
      nodes: {
        voice: voices.of(`n${index}`),
        memory: {
          load: async () => {
            if (meta.away) throw new Error('away');
            return meta.word;
          },
          save: async (word) => {
            if (meta.away) throw new Error('away');
            meta.word = word;
          },
        },
      },
      graceMs: GRACE_MS,
      clock,
      ids,
      log,
    });
    const node = { leadership, reigns, known: false, open: () => leadership.gate.open, reign: () => reigns.at(-1)! };
    void leadership.known.then(() => {
      node.known = true;
    });
    t.teardown(() => leadership.close());
    return node;
  };
  const all = Array.from({ length: count }, (_, index) => make(index));
  const alive = (agoMs: number | null) => async () => (agoMs === null ? null : clock.now() - agoMs);
  return { clock, voices, shared, meta, all, alive };
}

const gates = ({ all }: ReturnType<typeof nodes>): boolean[] => all.map(({ open }) => open());

test('gates are closed until a leader says that there was no gap, and what lay in the store is no word', async (t) => {
  const world = nodes(t, 3, { term: 4, beat: 100, open: true });
  for (const { leadership } of world.all) await leadership.follow();
  await world.clock.advance(60_000);
  t.deepEqual(gates(world), [false, false, false]);
  t.deepEqual(
    world.all.map(({ known }) => known),
    [false, false, false],
  );
  await world.all[1]!.leadership.lead(world.alive(5_000));
  await world.clock.flush();
  t.deepEqual(gates(world), [true, true, true]);
  t.deepEqual(
    world.all.map(({ known }) => known),
    [true, true, true],
  );
});

test('after a silence of all, every gate is held until the leader has the backlog, then all open', async (t) => {
  const world = nodes(t, 3, { term: 4, beat: 100, open: true });
  for (const { leadership } of world.all) await leadership.follow();
  await world.all[0]!.leadership.lead(world.alive(3_600_000));
  await world.clock.advance(60_000);
  t.deepEqual(gates(world), [false, false, false]);
  world.all[0]!.reign().done();
  await world.clock.flush();
  t.deepEqual(gates(world), [true, true, true]);
});

test('gates open and close together within two looks when every word is lost', async (t) => {
  const world = nodes(t, 2);
  world.voices.loses = () => true;
  await world.all[1]!.leadership.follow();
  await world.all[0]!.leadership.lead(world.alive(null));
  await world.clock.advance(3_000);
  t.deepEqual(gates(world), [true, true]);
  void world.all[0]!.leadership.want(world.clock.now(), 'given-up');
  await world.clock.advance(2_000);
  t.deepEqual(gates(world), [false, false]);
  world.all[0]!.reign().done();
  await world.clock.advance(2_000);
  t.deepEqual(gates(world), [true, true]);
});

test('a leader that dies in the middle leaves the gates held, and the next one goes on with what is noted', async (t) => {
  const world = nodes(t, 3);
  for (const { leadership } of world.all.slice(1)) await leadership.follow();
  await world.all[0]!.leadership.lead(world.alive(3_600_000));
  await world.clock.advance(5_000);
  world.voices.silence('n0');
  await world.all[0]!.leadership.close();
  await world.clock.advance(5_000);
  t.deepEqual(gates(world).slice(1), [false, false]);
  await world.all[1]!.leadership.lead(world.alive(5_000));
  await world.clock.flush();
  t.deepEqual(gates(world).slice(1), [false, false]);
  world.all[1]!.reign().done();
  await world.clock.flush();
  t.deepEqual(gates(world).slice(1), [true, true]);
});

test('a takeover of seconds is no gap: the gates stay open', async (t) => {
  const world = nodes(t, 2);
  const changes: boolean[] = [];
  await world.all[1]!.leadership.follow();
  await world.all[0]!.leadership.lead(world.alive(null));
  await world.clock.advance(10_000);
  for (const { leadership } of world.all) leadership.gate.onChange((open) => changes.push(open));
  await world.all[0]!.leadership.follow();
  await world.clock.advance(5_000);
  await world.all[1]!.leadership.lead(world.alive(4_000));
  await world.clock.advance(10_000);
  t.deepEqual(gates(world), [true, true]);
  t.deepEqual(changes, []);
  t.true(world.all[0]!.reign().closed);
});

test('while nobody leads, closed gates open after the grace time', async (t) => {
  const world = nodes(t, 2);
  await world.all[1]!.leadership.follow();
  await world.clock.advance(GRACE_MS - 1);
  t.false(world.all[1]!.open());
  await world.clock.advance(1);
  t.true(world.all[1]!.open());
  t.false(world.all[1]!.known, 'whether there was a gap is still for a leader to find out');
});

test('a leader of an older term is not heard', async (t) => {
  const world = nodes(t, 3);
  for (const { leadership } of world.all) await leadership.follow();
  await world.all[0]!.leadership.lead(world.alive(null));
  await world.clock.advance(2_000);
  await world.all[1]!.leadership.lead(world.alive(3_600_000));
  await world.clock.advance(500);
  t.false(world.all[2]!.open());
  await world.clock.advance(5_000);
  t.false(world.all[2]!.open());
});

test('a delivery that was given up reaches the leader from any node, once, though words are lost', async (t) => {
  const world = nodes(t, 3);
  for (const { leadership } of world.all.slice(1)) await leadership.follow();
  await world.all[0]!.leadership.lead(world.alive(null));
  await world.clock.advance(1_000);
  let lost = 3;
  world.voices.loses = ({ payload }) => (payload as { kind: string }).kind !== 'gate' && lost-- > 0;
  void world.all[2]!.leadership.want(77, 'given-up');
  await world.clock.advance(10_000);
  t.deepEqual(world.all[0]!.reign().requests, [77]);
  const wants = world.voices.said.filter(({ payload }) => (payload as { kind: string }).kind === 'want').length;
  t.true(wants < 6, `said ${wants} times`);
});

test('what a node wanted while nobody led is done by the next leader, also when that is itself', async (t) => {
  const world = nodes(t, 2);
  for (const { leadership } of world.all) await leadership.follow();
  void world.all[0]!.leadership.want(50, 'given-up');
  void world.all[1]!.leadership.want(60, 'given-up');
  void world.all[1]!.leadership.want(70, 'given-up');
  await world.clock.advance(3_000);
  await world.all[0]!.leadership.lead(world.alive(null));
  await world.clock.advance(3_000);
  t.deepEqual(world.all[0]!.reign().requests, [50, 60]);
});

test('a leader that cannot read the store tries until it can, or until another one leads', async (t) => {
  const world = nodes(t, 2);
  world.meta.away = true;
  const leading = world.all[0]!.leadership.lead(world.alive(null));
  await world.clock.advance(5_000);
  t.is(world.all[0]!.reigns.length, 0);
  world.meta.away = false;
  await world.clock.advance(1_000);
  await leading;
  t.true(world.all[0]!.open());
  world.meta.away = true;
  const vain = world.all[1]!.leadership.lead(world.alive(null));
  await world.clock.advance(2_000);
  const back = world.all[1]!.leadership.follow();
  await world.clock.advance(2_000);
  await Promise.all([vain, back]);
  t.is(world.all[1]!.reigns.length, 0);
});

test('rubbish that is said about the gate changes nothing', async (t) => {
  const world = nodes(t, 1);
  await world.all[0]!.leadership.follow();
  const stranger = world.voices.of('stranger');
  for (const payload of [null, 1, 'x', [], { kind: 'gate' }, { kind: 'gate', term: 'a', beat: 1, open: true }, { kind: 'want', id: 1 }, { kind: 'got' }]) {
    stranger.tell('dip', payload);
  }
  await world.clock.flush();
  t.false(world.all[0]!.open());
});

test('what could not be heard for a time is wanted until a leader has noted it; who ends before says that nobody did', async (t) => {
  const world = nodes(t, 2);
  for (const { leadership } of world.all) await leadership.follow();
  const told: unknown[] = [];
  void world.all[1]!.leadership.want(50, 'silence').then((isNoted) => told.push(isNoted));
  await world.clock.advance(3_000);
  t.deepEqual(told, []);
  await world.all[0]!.leadership.lead(world.alive(null));
  await world.clock.advance(3_000);
  t.deepEqual(told, [true]);
  t.deepEqual(world.all[0]!.reign().requests, [50]);
  world.voices.silence('n0');
  const late = world.all[1]!.leadership.want(60, 'silence');
  await world.clock.advance(3_000);
  await world.all[1]!.leadership.close();
  t.false(await late);
});
