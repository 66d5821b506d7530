import test from 'ava';
import type { ShardHost } from '../../../actors/cluster/contract.ts';
import { Failures } from '../../../actors/cluster/failures.ts';
import { Keeper } from '../../../actors/cluster/keeper.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { realPorts } from '../../support/real-ports.ts';

function world(host: Partial<ShardHost> = {}, openRestarts = 2) {
  const clock = new FakeClock();
  const ports = realPorts({ clock });
  const held = new Set<number>();
  const log: string[] = [];
  const keeper = new Keeper({
    ports,
    openRestarts,
    drainMs: 1_000,
    host: {
      open: host.open ?? (async () => {}),
      close: host.close ?? (async () => {}),
      lose: (shard) => {
        log.push(`lose ${shard}`);
        host.lose?.(shard);
      },
    },
    leases: {
      claim: async (shard) => {
        held.add(shard);
        return 7;
      },
      release: async (shard) => {
        log.push(`release ${shard}`);
        held.delete(shard);
      },
      holds: (shard) => held.has(shard),
      epochOf: () => 7,
    },
    onOpen: (shard, epoch) => log.push(`open ${shard} at ${epoch}`),
    onReleased: (shard, reason) => log.push(`released ${shard}: ${reason}`),
    onFailed: (shard, reason) => log.push(`failed ${shard}: ${reason}`),
    onChange: () => {},
  });
  return { clock, ports, keeper, log, held };
}

test('a shard that cannot be opened is tried again after a pause, as often as is set, then given up', async (t) => {
  let tries = 0;
  const { clock, keeper, log } = world({
    open: async () => {
      tries++;
      throw new Error('no');
    },
  });
  keeper.take(3);
  await clock.flush();
  t.is(tries, 1);
  await clock.advance(50);
  t.is(tries, 1, 'not before its pause');
  await clock.advance(1_000);
  t.is(tries, 3);
  t.deepEqual(log, ['failed 3: no', 'release 3']);
  t.is(keeper.standingOf(3), undefined);
});

test('a lease that goes away while the host opens is lost at once, and what comes of it is not believed', async (t) => {
  const opening = Promise.withResolvers<void>();
  const { clock, keeper, log, held } = world({ open: () => opening.promise });
  keeper.take(3);
  await clock.flush();
  held.delete(3);
  keeper.lost(3);
  t.deepEqual(log, ['lose 3']);
  opening.resolve();
  await clock.flush();
  t.deepEqual(log, ['lose 3']);
  t.is(keeper.standingOf(3), undefined);
});

test('a shard is released only after it was closed', async (t) => {
  const closing = Promise.withResolvers<void>();
  const { clock, keeper, log } = world({ close: () => closing.promise });
  keeper.take(3);
  await clock.flush();
  keeper.handOver(3, 'balance');
  await clock.flush();
  t.deepEqual(log, ['open 3 at 7']);
  t.is(keeper.standingOf(3), 'closing');
  closing.resolve();
  await clock.flush();
  t.deepEqual(log, ['open 3 at 7', 'release 3', 'released 3: balance']);
});

test('what does not close is cut after the drain time, and lost when even that does not end it', async (t) => {
  let signal: AbortSignal | undefined;
  const { clock, keeper, log } = world({
    close: (_shard, given) => {
      signal = given;
      return new Promise(() => {});
    },
  });
  keeper.take(3);
  await clock.flush();
  keeper.handOver(3, 'balance');
  await clock.advance(999);
  t.false(signal?.aborted);
  await clock.advance(1);
  t.true(signal?.aborted);
  await clock.advance(2_000);
  t.deepEqual(log, ['open 3 at 7', 'lose 3', 'release 3', 'released 3: balance']);
});

test('a lease lost while the host closes is not reported as released', async (t) => {
  const { clock, keeper, log } = world({ close: () => new Promise(() => {}) });
  keeper.take(3);
  await clock.flush();
  keeper.handOver(3, 'balance');
  keeper.lost(3);
  await clock.flush();
  t.deepEqual(log, ['open 3 at 7', 'lose 3', 'release 3']);
});

test('everything is handed over at once, and what was being opened is left off', async (t) => {
  const opening = Promise.withResolvers<void>();
  const { clock, keeper, log } = world({ open: (shard) => (shard === 2 ? opening.promise : Promise.resolve()) });
  for (const shard of [1, 2, 3]) keeper.take(shard);
  await clock.flush();
  const all = keeper.handOverAll('stop');
  opening.resolve();
  await all;
  t.deepEqual(keeper.shards(), []);
  t.deepEqual(log.filter((line) => line.startsWith('release ')).sort(), ['release 1', 'release 2', 'release 3']);
});

test('what failed here is tried again after a pause that doubles, and forgotten once somebody else serves it', async (t) => {
  const { clock, ports } = world();
  const told: string[] = [];
  const failures = new Failures(ports, { minMs: 100, maxMs: 1_000 }, (failed) => told.push(failed.map(({ shard, tries }) => `${shard}x${tries}`).join()));
  failures.note(5, 'no');
  t.false(failures.mayTry(5));
  await clock.advance(75);
  t.true(failures.mayTry(5));
  failures.note(5, 'no');
  await clock.advance(149);
  t.false(failures.mayTry(5));
  failures.forgive(() => true);
  await clock.advance(1);
  failures.forgive(() => false);
  t.deepEqual(told, ['5x1', '5x2']);
  failures.forgive(() => true);
  t.deepEqual(told, ['5x1', '5x2', '']);
});
