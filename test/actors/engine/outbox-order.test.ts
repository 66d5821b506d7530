import test from 'ava';
import { OutboxPump, type PumpWorld } from '../../../actors/engine/outbox-pump.ts';
import type { Effect } from '../../../actors/store/store.ts';
import { START, TestChannel, testPorts } from '../../support/engine.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const effect = (actor: string, version: number, createdAt: number): Effect => ({
  key: `toy:${actor}/${version}/0`,
  actor: `toy:${actor}`,
  routingKey: actor,
  shard: 0,
  version,
  n: 0,
  channel: 'events',
  name: `${actor}${version}`,
  createdAt,
  data: null,
});

class SlowClock extends FakeClock {
  #spentMs = 0;

  /** Something takes so long that others see only of it by the monotonic clock. */
  slow(ms: number): void {
    this.#spentMs += ms;
  }

  override monotonic(): number {
    return super.monotonic() + this.#spentMs;
  }
}

/** A pump over an outbox that the test owns, read two rows at a time. */
function pumpWorld(memory: number) {
  const clock = new SlowClock(START);
  const rows: Effect[] = [];
  const free: (() => void)[] = [];
  const events = new TestChannel('events', 'actor', () => new Promise((resolve) => free.push(() => resolve({ kind: 'done' }))));
  const gone = new Set<string>();
  const parked = new Set<string>();
  const world: PumpWorld = {
    ports: testPorts(clock),
    memory,
    scanIntervalMs: 5_000,
    scan: async (cursor) => {
      const sorted = rows.filter((row) => !gone.has(row.key)).sort((a, b) => a.createdAt - b.createdAt || a.version - b.version);
      const rest = sorted.filter((row) => cursor === undefined || `${row.createdAt}/${row.key}` > cursor);
      const items = rest.slice(0, 2);
      const last = items.at(-1);
      return rest.length > items.length && last ? { items, cursor: `${last.createdAt}/${last.key}` } : { items };
    },
    undone: async (actor) => rows.filter((row) => row.actor === actor && !gone.has(row.key)),
    due: async ({ actor }) => (parked.has(actor) ? 'parked' : 'go'),
    finish: async ({ key }) => {
      gone.add(key);
    },
    park: async () => {},
    pass: () => undefined,
    serves: () => true,
    onError: () => {},
  };
  const pump = new OutboxPump(events, world);
  const commit = (one: Effect): void => {
    rows.push(one);
    pump.offer(one);
  };
  const finishAll = async (): Promise<void> => {
    for (let i = 0; i < 10; i++) {
      for (const done of free.splice(0)) done();
      await clock.flush();
    }
  };
  return { clock, rows, events, parked, pump, world, commit, finishAll };
}

test('an effect that the scan has read past does not let a newer one of its actor leave first, and is not left behind', async (t) => {
  const { clock, rows, events, pump, commit, finishAll } = pumpWorld(4);
  for (let i = 0; i < 6; i++) rows.push(effect(`old${i}`, 1, START + i));
  pump.start();
  await clock.flush();
  t.is(pump.size, 4);
  // Its turn began before rows that the scan has read were committed.
  commit(effect('a', 2, START + 1));
  commit(effect('a', 3, START + 10));
  await finishAll();
  t.deepEqual(
    events.names.filter((name) => name.startsWith('a')),
    ['a2', 'a3'],
  );
  t.is(pump.size, 0);
  t.false(pump.behind);
});

test('an effect that is committed while a page is being read does not let a newer one of its actor leave first', async (t) => {
  const { clock, rows, events, pump, commit, finishAll } = pumpWorld(100);
  for (let i = 0; i < 6; i++) rows.push(effect(`old${i}`, 1, START + i));
  pump.start();
  // The first page (two rows) is on its way.
  commit(effect('a', 2, START));
  commit(effect('a', 3, START + 10));
  await clock.flush();
  await finishAll();
  t.deepEqual(
    events.names.filter((name) => name.startsWith('a')),
    ['a2', 'a3'],
  );
});

test('effects of an actor that is put back leave before its newer ones, also when the scan has read past them', async (t) => {
  const { clock, rows, events, parked, pump, commit, finishAll } = pumpWorld(4);
  parked.add('toy:a');
  rows.push(effect('a', 2, START - 1));
  for (let i = 0; i < 8; i++) rows.push(effect(`old${i}`, 1, START + i));
  pump.start();
  await clock.flush();
  parked.delete('toy:a');
  pump.lookAgain();
  commit(effect('a', 3, START + 10));
  await finishAll();
  t.deepEqual(
    events.names.filter((name) => name.startsWith('a')),
    ['a2', 'a3'],
  );
});

test('effects that are stuck do not keep the others from leaving, and come again in their order after their pause', async (t) => {
  const { clock, rows, events, pump, commit } = pumpWorld(4);
  let stuck = true;
  events.answer = (one) => (stuck && one.actor.startsWith('toy:stuck') ? { kind: 'retry', delayMs: 60_000, text: 'refused' } : { kind: 'done' });
  for (let i = 0; i < 10; i++) rows.push(effect(`stuck${i}`, 1, START + i));
  rows.push(effect('fine', 1, START + 20));
  pump.start();
  await clock.flush(20);
  t.true(events.names.includes('fine1'));
  commit(effect('stuck0', 2, START + 30));
  commit(effect('fresh', 1, START + 30));
  await clock.advance(50_000);
  t.true(events.names.includes('fresh1'));
  t.false(events.names.includes('stuck02'));
  t.is(events.names.filter((name) => name.startsWith('stuck')).length, 10);
  t.true(pump.size <= 4);
  stuck = false;
  await clock.advance(70_000);
  t.deepEqual(
    events.names.filter((name) => name.startsWith('stuck0')),
    ['stuck01', 'stuck01', 'stuck02'],
  );
  t.is(events.names.filter((name) => name.startsWith('stuck')).length, 21);
  t.is(pump.size, 0);
});

test('what was sent away to make room is tried at once when the gate opens again', async (t) => {
  const { clock, rows, events, pump } = pumpWorld(4);
  let open = true;
  let told: ((open: boolean) => void) | undefined;
  const gate = {
    get open() {
      return open;
    },
    onChange: (listener: (open: boolean) => void) => {
      told = listener;
      return () => {};
    },
  };
  Object.assign(events, { gate });
  let away = true;
  events.answer = () => (away ? { kind: 'retry', delayMs: 3_600_000, text: 'away' } : { kind: 'done' });
  for (let i = 0; i < 10; i++) rows.push(effect(`a${i}`, 1, START + i));
  pump.start();
  await clock.flush(20);
  open = false;
  told?.(false);
  away = false;
  open = true;
  told?.(true);
  await clock.flush(40);
  t.is(pump.size, 0);
  t.is(new Set(events.names).size, 10);
  t.is(events.names.length, 20);
});

test('the longer it takes to look through all that is undone, the less often it is looked for what got lost', async (t) => {
  const { clock, rows, pump, world } = pumpWorld(100);
  for (let i = 0; i < 6; i++) rows.push(effect(`a${i}`, 1, START + i));
  let pages = 0;
  let pageMs = 0;
  const { scan } = world;
  Object.assign(world, {
    scan: async (...place: Parameters<PumpWorld['scan']>) => {
      pages++;
      clock.slow(pageMs);
      return scan(...place);
    },
  });
  pump.start();
  await clock.flush(20);
  const passesIn = async (ms: number): Promise<number> => {
    pages = 0;
    for (let passed = 0; passed < ms; passed += 5_000) await clock.advance(5_000);
    return pages / 3;
  };
  t.is(await passesIn(60_000), 12);
  pageMs = 300;
  t.true((await passesIn(120_000)) < 8);
  pump.abandon();
});
