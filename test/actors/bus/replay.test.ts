/** Events of the past told once more: the same bytes as in the stream. */
import test, { type ExecutionContext } from 'ava';
import { connect, type NatsConnection } from 'nats';
import { Value } from 'typebox/value';
import { cloudEvent, type NatsOptions, NatsOptionsSchema, openBus, type ReplayProgress, replay } from '../../../actors/bus/index.ts';
import { saidAgain } from '../../../actors/bus/said.ts';
import { openMemoryStore } from '../../../actors/store/index.ts';
import type { HistoryEntry, Store } from '../../../actors/store/store.ts';
import { START, toyWorld } from '../../support/engine.ts';
import { type NatsProgram, natsTest } from '../../support/nats-programs.ts';
import { realPorts } from '../../support/real-ports.ts';
import { create, doc, NOW } from '../../support/store/documents.ts';

const SOURCE = 'urn:meterwright:test';

async function world(t: ExecutionContext, nats: NatsProgram) {
  const server = await nats.start(t);
  const store = openMemoryStore();
  const bus = await openBus({ ...(Value.Default(NatsOptionsSchema, {}) as NatsOptions), url: server.url }, realPorts());
  t.teardown(() => bus.close());
  if (!bus.connected) await new Promise<void>((resolve) => bus.onChange(() => resolve()));
  return { server, store, bus, parts: { bus, store, source: SOURCE, prefix: 'mw' } };
}

/** `count` actors with one announcement each, every second of another supplier, a millisecond apart. */
async function announce(store: Store, count: number): Promise<void> {
  const ops = Array.from({ length: count }, (_, n) => {
    const mpid = n % 2 ? 'SUPY' : 'SUPX';
    const data = { subject: `mw.evt.appointment.${mpid}.3.created`, type: 'meterwright.appointment.created.v1', data: { mpid, actorVersion: 1 } };
    const entry: HistoryEntry = { version: 1, at: NOW + n, event: 'e', from: null, to: 'x', said: [data] };
    return [create(doc(n), { history: [entry] })];
  });
  await store.commit(ops);
}

interface Heard {
  readonly subject: string;
  readonly id: string;
  readonly payload: string;
}

async function listen(t: ExecutionContext, url: string): Promise<{ nc: NatsConnection; heard: Heard[] }> {
  const nc = await connect({ servers: url });
  t.teardown(() => nc.close());
  const heard: Heard[] = [];
  nc.subscribe('mw.replay.>', {
    callback: (_error, message) => {
      heard.push({ subject: message.subject, id: message.headers?.get('Nats-Msg-Id') ?? '', payload: message.string() });
    },
  });
  await nc.flush();
  return { nc, heard };
}

async function all(pages: AsyncIterable<ReplayProgress>): Promise<ReplayProgress[]> {
  const found: ReplayProgress[] = [];
  for await (const page of pages) found.push(page);
  return found;
}

natsTest('a replay publishes what was announced in the time, with the first ids and subjects, beside the stream', async (t, nats) => {
  const w = await world(t, nats);
  await announce(w.store, 10);
  const { nc, heard } = await listen(t, w.server.url);
  t.deepEqual(await all(replay(w.parts, { from: NOW + 2, to: NOW + 5 })), [{ events: 3, upTo: NOW + 4 }]);
  await nc.flush();
  t.deepEqual(
    heard.map(({ subject, id }) => [subject, id]),
    [2, 3, 4].map((n) => [`mw.replay.appointment.${n % 2 ? 'SUPY' : 'SUPX'}.3.created`, `${doc(n).id}/1/0`]),
  );
  t.is(JSON.parse(heard[0]?.payload ?? '').id, `${doc(2).id}/1/0`);
});

natsTest('a replay for one supplier has that supplier’s events only', async (t, nats) => {
  const w = await world(t, nats);
  await announce(w.store, 10);
  const { nc, heard } = await listen(t, w.server.url);
  const [last] = (await all(replay(w.parts, { from: NOW, to: NOW + 100, mpid: 'SUPY' }))).slice(-1);
  await nc.flush();
  t.is(last?.events, 5);
  t.deepEqual([...new Set(heard.map(({ payload }) => JSON.parse(payload).data.mpid))], ['SUPY']);
});

natsTest('a long replay says how far it is', async (t, nats) => {
  const w = await world(t, nats);
  await announce(w.store, 1_200);
  const { nc, heard } = await listen(t, w.server.url);
  const pages = await all(replay(w.parts, { from: NOW, to: NOW + 5_000 }));
  await nc.flush();
  t.deepEqual(
    pages.map(({ events }) => events),
    [500, 1_000, 1_200],
  );
  t.is(new Set(heard.map(({ id }) => id)).size, 1_200);
});

natsTest('without NATS a replay is refused', async (t, nats) => {
  const w = await world(t, nats);
  await announce(w.store, 1);
  await w.server.kill();
  if (w.bus.connected) await new Promise<void>((resolve) => w.bus.onChange(() => resolve()));
  await t.throwsAsync(all(replay(w.parts, { from: NOW, to: NOW + 5 })), { code: 'bus_away' });
});

test('history gives back every announcement, byte for byte, in its order', async (t) => {
  const world = toyWorld({ store: openMemoryStore() });
  await world.create('a');
  await world.apply('a', { type: 'say', words: ['one', 'two', 'three'] });
  await world.apply('a', { type: 'say', words: ['four', 'five', 'six'] });
  await world.settle();
  const { items } = await world.store.announced({ from: START, to: START + 60_000, limit: 10 });
  const again = items.flatMap((step) => saidAgain(step, SOURCE)).map(({ id, payload }) => ({ id, payload }));
  t.deepEqual(
    again,
    world.events.performed.map((effect) => ({ id: effect.key, payload: cloudEvent(effect, SOURCE) })),
  );
  t.is(again.length, 6);
});
