/** What the stream lost is told again from history, before anything new. The loss is a store of NATS put back from a copy, as a power cut leaves it. */
import { cp, rm } from 'node:fs/promises';
import { type JetStreamManager, jetstreamManager } from '@nats-io/jetstream';
import type { ExecutionContext } from 'ava';
import { connect } from 'nats';
import { Value } from 'typebox/value';
import { type BusMemory, createEventsChannel, type NatsOptions, NatsOptionsSchema, type OpenBus, openBus } from '../../../actors/bus/index.ts';
import { openMemoryStore } from '../../../actors/store/index.ts';
import type { ActorDoc, Effect, Store } from '../../../actors/store/store.ts';
import type { Json } from '../../../machines/common/effects.ts';
import type { NatsServer } from '../../support/nats.ts';
import { type NatsProgram, natsTest } from '../../support/nats-programs.ts';
import { keptLog, realPorts } from '../../support/real-ports.ts';
import { create, doc, ref, update } from '../../support/store/documents.ts';

const SOURCE = 'urn:meterwright:test';
const STREAM = 'MW_EVENTS';
const MINUTE_MS = 60_000;

interface World {
  readonly server: NatsServer;
  readonly store: Store;
  readonly memory: BusMemory;
  readonly log: ReturnType<typeof keptLog>;
  open(change?: Partial<NatsOptions>): Promise<OpenBus>;
  /** One step of an actor that announces something at an instant; committed, and owed to the bus. */
  step(actor: number, at: number): Promise<Effect>;
  /** Publishes as the engine does: through the channel, settled when the stream has it. */
  tell(bus: OpenBus, ...effects: readonly Effect[]): Promise<void>;
  stored(): Promise<{ id: string; payload: string }[]>;
  manager<T>(run: (manager: JetStreamManager) => Promise<T>): Promise<T>;
  /** What lies in the server's store now, to be put back by `putBack`. Stops and starts the server. */
  copy(): Promise<void>;
  /** The server dies, and comes back with what it had at the copy. */
  putBack(): Promise<void>;
}

const connected = (bus: OpenBus, wanted = true): Promise<void> =>
  new Promise((resolve) => {
    if (bus.connected === wanted) return resolve();
    const stop = bus.onChange((now) => {
      if (now !== wanted) return;
      stop();
      resolve();
    });
  });

async function world(t: ExecutionContext, nats: NatsProgram): Promise<World> {
  const server = await nats.start(t);
  const store = openMemoryStore();
  const log = keptLog();
  const memory: BusMemory = { store, name: 'bus', source: SOURCE, shards: [0, 1, 2, 3] };
  const docs = new Map<number, ActorDoc>();
  const kept = `${server.folder}-copy`;
  t.teardown(() => rm(kept, { recursive: true, force: true }));
  const manager: World['manager'] = async (run) => {
    const nc = await connect({ servers: server.url });
    try {
      return await run(await jetstreamManager(nc));
    } finally {
      await nc.close();
    }
  };
  return {
    server,
    store,
    memory,
    log,
    manager,
    async open(change = {}) {
      const options = { ...(Value.Default(NatsOptionsSchema, {}) as NatsOptions), url: server.url, reconnectMinMs: 20, reconnectMaxMs: 50, ...change };
      const bus = await openBus(options, realPorts({ log }), { memory });
      t.teardown(() => bus.close());
      return bus;
    },
    async step(actor, at) {
      const before = docs.get(actor);
      const version = (before?.version ?? 0) + 1;
      const data = {
        subject: `mw.evt.appointment.SUPX.${actor}.updated`,
        type: 'meterwright.appointment.updated.v1',
        data: { mpid: 'SUPX', actorVersion: version },
      };
      const base = before ?? doc(actor, { createdAt: at });
      const after = { ...base, version, changedAt: at };
      const key = `${base.id}/${version}/0`;
      const effect: Effect = {
        key,
        actor: base.id,
        routingKey: base.key,
        shard: base.shard,
        version,
        n: 0,
        channel: 'events',
        name: 'updated',
        createdAt: at,
        data,
      };
      const history = [{ version, at, event: 'e', from: null, to: 'x', said: [data] }];
      const more = { effects: [effect], history };
      await store.commit([[before ? update(before, { changedAt: at }, more) : create(after, more)]]);
      docs.set(actor, after);
      return effect;
    },
    async tell(bus, ...effects) {
      const channel = createEventsChannel(bus, { source: SOURCE, maxInFlight: 64 }, realPorts());
      for (const effect of effects) {
        const { kind } = await channel.perform(effect, 1, new AbortController().signal);
        t.is(kind, 'done');
        await store.settle([ref(effect)]);
      }
    },
    stored: () =>
      manager(async (jsm) => {
        const { state } = await jsm.streams.info(STREAM);
        const found: { id: string; payload: string }[] = [];
        for (let seq = Math.max(1, state.first_seq); seq <= state.last_seq; seq++) {
          const message = await jsm.streams.getMessage(STREAM, { seq });
          if (message) found.push({ id: message.header.get('Nats-Msg-Id'), payload: message.string() });
        }
        return found;
      }),
    async copy() {
      await server.kill();
      await rm(kept, { recursive: true, force: true });
      await cp(server.folder, kept, { recursive: true });
      await server.restart();
    },
    async putBack() {
      await server.kill('SIGKILL');
      await rm(`${server.folder}/jetstream`, { recursive: true, force: true });
      await cp(`${kept}/jetstream`, `${server.folder}/jetstream`, { recursive: true });
      await server.restart();
    },
  };
}

const shortIds = (found: readonly { id: string }[]): string[] => found.map(({ id }) => id.replace(/^.*(\d\d)\//, '$1/'));

natsTest('what the stream lost while we ran is announced again, the same bytes, before anything new', async (t, nats) => {
  const w = await world(t, nats);
  const bus = await w.open();
  await connected(bus);
  const now = Date.now();
  await w.tell(bus, await w.step(1, now - 3), await w.step(2, now - 2));
  await w.copy();
  await connected(bus, true);
  await w.tell(bus, await w.step(1, now - 1), await w.step(2, now));
  const before = await w.stored();
  t.is(before.length, 4);
  const waiting = await w.step(1, now);
  await w.putBack();
  await connected(bus, false);
  await connected(bus);
  await w.tell(bus, waiting);
  const after = await w.stored();
  t.deepEqual([...after.slice(0, 4)].sort(byId), [...before].sort(byId));
  t.deepEqual(shortIds(after).slice(4), ['01/3/0']);
  t.true(w.log.lines.some(({ level, text }) => level === 'warn' && text === 'the event stream has lost something, or may have'));
});

natsTest('what the stream lost between two of our lives is announced again', async (t, nats) => {
  const w = await world(t, nats);
  const first = await w.open();
  await connected(first);
  const now = Date.now();
  await w.tell(first, await w.step(1, now));
  await w.copy();
  await connected(first);
  await w.tell(first, await w.step(1, now), await w.step(1, now));
  await first.close();
  await w.putBack();
  const second = await w.open();
  await connected(second);
  t.deepEqual(shortIds(await w.stored()), ['01/1/0', '01/2/0', '01/3/0']);
});

natsTest('a stream that was deleted is made again with the last minutes in it, however old the steps were when they were told', async (t, nats) => {
  const w = await world(t, nats);
  const bus = await w.open();
  await connected(bus);
  const now = Date.now();
  const [hourOld, recent, untold] = [await w.step(1, now - 60 * MINUTE_MS), await w.step(2, now), await w.step(3, now - 90 * MINUTE_MS)];
  await w.store.settle([ref(untold)]);
  await w.tell(bus, hourOld, recent);
  await w.manager((jsm) => jsm.streams.delete(STREAM));
  await t.throwsAsync(bus.publish({ subject: 'mw.evt.x', id: 'x/1/0', payload: '{}' }));
  await connected(bus);
  t.deepEqual(shortIds(await w.stored()), ['01/1/0', '02/1/0']);
});

natsTest('what was never told waits for its turn: nothing of an actor appears before what came earlier', async (t, nats) => {
  const w = await world(t, nats);
  const bus = await w.open();
  await connected(bus);
  const now = Date.now();
  await w.tell(bus, await w.step(1, now), await w.step(2, now));
  const waiting = [await w.step(1, now), await w.step(1, now), await w.step(2, now)];
  await w.manager((jsm) => jsm.streams.delete(STREAM));
  await t.throwsAsync(bus.publish({ subject: 'mw.evt.x', id: 'x/1/0', payload: '{}' }));
  await connected(bus);
  t.deepEqual(shortIds(await w.stored()), ['01/1/0', '02/1/0']);
  await w.tell(bus, ...waiting);
  t.deepEqual(shortIds(await w.stored()), ['01/1/0', '02/1/0', '01/2/0', '01/3/0', '02/2/0']);
});

natsTest('a server that was killed and lost nothing is told nothing again', async (t, nats) => {
  const w = await world(t, nats);
  const bus = await w.open();
  await connected(bus);
  await w.tell(bus, await w.step(1, Date.now()), await w.step(1, Date.now()));
  await w.server.kill('SIGKILL');
  await connected(bus, false);
  await w.server.restart();
  await connected(bus);
  t.is((await w.stored()).length, 2);
  t.false(w.log.lines.some(({ text }) => text.includes('has lost something')));
});

natsTest('a clean stop and start of everything tells nothing again', async (t, nats) => {
  const w = await world(t, nats);
  const first = await w.open();
  await connected(first);
  await w.tell(first, await w.step(1, Date.now()));
  await first.close();
  await w.server.kill();
  await w.server.restart();
  const second = await w.open();
  await connected(second);
  t.is((await w.stored()).length, 1);
  t.false(w.log.lines.some(({ text }) => text.includes('has lost something')));
});

natsTest('when both died without a last word, and the only copy was with that server, the last minutes are told again', async (t, nats) => {
  const w = await world(t, nats);
  const first = await w.open();
  await connected(first);
  await w.tell(first, await w.step(1, Date.now()));
  await first.close();
  const note = (await w.store.getMeta('bus')) as Record<string, Json>;
  t.is(note.final, true);
  await w.store.putMeta('bus', { ...note, final: false });
  await w.server.kill('SIGKILL');
  await w.server.restart();
  const second = await w.open();
  await connected(second);
  t.true(w.log.lines.some(({ text }) => text === 'what the event stream may have lost is announced again'));
  t.deepEqual([...new Set(shortIds(await w.stored()))], ['01/1/0']);
});

natsTest('with nothing to be announced again the loss is said, and that is all', async (t, nats) => {
  const w = await world(t, nats);
  const bus = await w.open({ announceAgainMs: 0 });
  await connected(bus);
  await w.tell(bus, await w.step(1, Date.now()));
  await w.manager((jsm) => jsm.streams.delete(STREAM));
  await t.throwsAsync(bus.publish({ subject: 'mw.evt.x', id: 'x/1/0', payload: '{}' }));
  await connected(bus);
  t.is((await w.stored()).length, 0);
  t.true(w.log.lines.some(({ text }) => text === 'the event stream has lost something, or may have'));
});

function byId(a: { id: string }, b: { id: string }): number {
  return a.id < b.id ? -1 : 1;
}
