/** A shard that is given away while sessions of it run. */
import test from 'ava';
import { openMemoryStore } from '../../../actors/store/memory/memory-store.ts';
import { contextOf } from '../../../actors/time-update/index.ts';
import { countedAttempts } from '../../../machines/time-update/index.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { type ActionWorld, actionWorld, canonicalOf, newAction, reading } from './world.ts';

const METER = '10.0.0.1:4059';
const HALTED = { outcome: 'error', failure: { stage: 'serial', class: 'engine', text: 'serial: the process is stopping' } } as const;
const WROTE = { wrote: true, before: reading(60), after: reading(0) };

/** Two nodes on one store; the first has everything. */
function nodes() {
  const store = openMemoryStore();
  const clock = new FakeClock(Date.parse('2026-01-14T12:00:00Z'));
  return { first: actionWorld({ store, clock, epoch: 1 }), clock, second: () => actionWorld({ store, clock, epoch: 2 }) };
}

async function counted(world: ActionWorld, id: number): Promise<number | undefined> {
  const doc = await world.doc(id);
  return doc && countedAttempts(contextOf(doc));
}

test('a session that has not written is ended in order, and the next owner begins at once with all attempts left', async (t) => {
  const { first, second, clock } = nodes();
  const id = await first.actions.submit(newAction(METER));
  await first.settle();
  const from = clock.now();
  const closed = first.giveAway(METER);
  await clock.flush();
  const session = first.session(id);
  t.is(session.halted, 'stopping');
  t.deepEqual(await session.watcher.intend(reading(60)), { kind: 'refused', reason: 'cancelled' });
  session.end(HALTED);
  await closed;
  t.is(await first.state(id), 'queued');
  const next = second();
  await next.settle();
  t.is(next.held.length, 1);
  t.is(clock.now(), from, 'without a pause');
  next.session(id).end(WROTE);
  await next.settle();
  t.is(await next.result(id), 'SUCCESS');
  t.is(await counted(next, id), 1);
  await Promise.all([first.stop(), next.stop()]);
});

test('an intent holds while its shard is being given away, and no longer once the lease is gone', async (t) => {
  const { first, clock } = nodes();
  const id = await first.actions.submit(newAction(METER));
  await first.settle();
  const session = first.session(id);
  t.deepEqual(await session.watcher.intend(reading(60)), { kind: 'go' });
  t.true(session.watcher.mayWrite());
  void first.giveAway(METER);
  await clock.flush();
  t.true(session.watcher.mayWrite());
  first.engine.loseShard(first.engine.shardOf(canonicalOf(METER)));
  t.false(session.watcher.mayWrite());
  session.end(HALTED);
  await first.stop();
});

test('a session that writes finishes while its shard is given away, and what it says is committed', async (t) => {
  const { first, clock } = nodes();
  const id = await first.actions.submit(newAction(METER, { trace: true }));
  await first.settle();
  const session = first.session(id);
  t.deepEqual(await session.watcher.intend(reading(60)), { kind: 'go' });
  let isClosed = false;
  const closed = first.giveAway(METER).then(() => {
    isClosed = true;
  });
  await clock.advance(first.options.stopGraceMs - 1);
  t.false(isClosed);
  t.false(session.wasCut);
  session.end(WROTE);
  await closed;
  t.is(await first.result(id), 'SUCCESS');
  t.is(await counted(first, id), 1);
  await first.stop();
});

test('a session that writes for longer than the grace is cut; the next attempt only reads', async (t) => {
  const { first, clock } = nodes();
  const id = await first.actions.submit(newAction(METER));
  await first.settle();
  const session = first.session(id);
  await session.watcher.intend(reading(60));
  const closed = first.giveAway(METER);
  await clock.advance(first.options.stopGraceMs);
  t.true(session.wasCut);
  session.end({ outcome: 'partial', wrote: true, before: reading(60), failure: { stage: 'set', class: 'write', text: 'set: cut off' } });
  await closed;
  t.is(await first.state(id), 'paused');
  t.is(contextOf((await first.doc(id))!).task, 'verify');
  await first.stop();
});

test('when the shard cannot wait any longer a session is cut at once, whatever is left of the grace', async (t) => {
  const { first, clock } = nodes();
  const id = await first.actions.submit(newAction(METER));
  await first.settle();
  const cut = new AbortController();
  const closed = first.giveAway(METER, cut.signal);
  await clock.flush();
  t.false(first.session(id).wasCut);
  cut.abort();
  t.true(first.session(id).wasCut);
  first.session(id).end(HALTED);
  await closed;
  await first.stop();
});

test('what a session found out about a password is remembered while its shard is given away', async (t) => {
  const { first, clock } = nodes();
  const id = await first.actions.submit(newAction(METER, { sealedPassword: 'x', passwordMark: 'mark' }));
  await first.settle();
  const closed = first.giveAway(METER);
  await clock.flush();
  first.session(id).end({ outcome: 'error', failure: { stage: 'log-in', class: 'login', text: 'password refused' }, passwordRefused: true });
  await closed;
  t.is(await first.result(id), 'ERROR: password refused');
  first.openAll();
  const again = await first.actions.submit(newAction(METER, { sealedPassword: 'x', passwordMark: 'mark' }));
  t.regex((await first.result(again)) ?? '', /^ERROR: password refused earlier/);
  await first.stop();
});

test('whoever waits for a slot does not hold the shard up', async (t) => {
  const store = openMemoryStore();
  const clock = new FakeClock(Date.parse('2026-01-14T12:00:00Z'));
  const world = actionWorld({ store, clock, epoch: 1, options: { sessions: 1 } });
  const other = await world.actions.submit(newAction('10.0.0.9:1'));
  await world.settle();
  const id = await world.actions.submit(newAction(METER));
  await world.settle();
  t.is(await world.state(id), 'queued');
  t.not(world.engine.shardOf('tcp:10.0.0.9:1'), world.engine.shardOf(`tcp:${METER}`));
  await world.giveAway(METER);
  t.is(await counted(world, id), 0);
  world.session(other).end();
  await world.stop();
});

test('a session lost by its node after its intent is a further attempt that reads first: it is not known whether it wrote', async (t) => {
  const { first, second, clock } = nodes();
  const id = await first.actions.submit(newAction(METER));
  await first.settle();
  await first.session(id).watcher.intend(reading(60));
  const closed = first.giveAway(METER);
  await clock.flush();
  first.session(id).lose();
  await closed;
  t.is(await first.state(id), 'running');
  const next = second();
  await next.settle();
  t.is(next.session(id).order.task, 'time-update');
  t.is(await counted(next, id), 2);
  next.session(id).end({ before: reading(0) });
  await next.settle();
  t.is(await next.result(id), 'SUCCESS');
  await Promise.all([first.stop(), next.stop()]);
});
