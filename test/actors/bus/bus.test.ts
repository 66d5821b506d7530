import { type JetStreamManager, jetstreamManager } from '@nats-io/jetstream';
import test, { type ExecutionContext } from 'ava';
import { connect } from 'nats';
import { Value } from 'typebox/value';
import { connectionOptions, type NatsOptions, NatsOptionsSchema, type OpenBus, openBus } from '../../../actors/bus/index.ts';
import type { NatsServer, NatsServerOptions } from '../../support/nats.ts';
import { type NatsProgram, natsTest } from '../../support/nats-programs.ts';
import { keptLog, realPorts } from '../../support/real-ports.ts';

const options = (url: string, change: Partial<NatsOptions> = {}): NatsOptions => ({
  ...(Value.Default(NatsOptionsSchema, {}) as NatsOptions),
  url,
  reconnectMinMs: 20,
  reconnectMaxMs: 100,
  ...change,
});

const until = (bus: OpenBus, connected: boolean): Promise<void> =>
  new Promise((resolve) => {
    if (bus.connected === connected) return resolve();
    const stop = bus.onChange((now) => {
      if (now !== connected) return;
      stop();
      resolve();
    });
  });

interface World {
  readonly server: NatsServer;
  readonly bus: OpenBus;
  readonly log: ReturnType<typeof keptLog>;
  /** Ids in the stream, in its order. */
  ids(): Promise<string[]>;
  manager(): Promise<JetStreamManager>;
}

async function world(t: ExecutionContext, { start }: NatsProgram, change: Partial<NatsOptions> = {}, server: NatsServerOptions = {}): Promise<World> {
  const nats = await start(t, server);
  const log = keptLog();
  const bus = await openBus(options(nats.url, change), realPorts({ log }));
  t.teardown(() => bus.close());
  const manager = async () => {
    const nc = await connect({ servers: nats.url });
    t.teardown(() => nc.close());
    return jetstreamManager(nc);
  };
  return {
    server: nats,
    bus,
    log,
    manager,
    async ids() {
      const jsm = await manager();
      const { state } = await jsm.streams.info('MW_EVENTS');
      const found: string[] = [];
      for (let seq = state.first_seq; seq <= state.last_seq; seq++) {
        const message = await jsm.streams.getMessage('MW_EVENTS', { seq });
        found.push(message?.header.get('Nats-Msg-Id') ?? '');
      }
      return found;
    },
  };
}

const event = (id: string) => ({ subject: 'mw.evt.appointment.SUPX.3.created', id, payload: `{"id":"${id}"}` });

natsTest('a published event is in the stream once the promise resolves', async (t, nats) => {
  const w = await world(t, nats);
  await until(w.bus, true);
  await w.bus.publish(event('appointment:1/1/0'));
  t.deepEqual(await w.ids(), ['appointment:1/1/0']);
});

natsTest('the same event twice is in the stream once', async (t, nats) => {
  const w = await world(t, nats);
  await until(w.bus, true);
  await w.bus.publish(event('a/1/0'));
  await w.bus.publish(event('a/1/0'));
  t.is((await w.ids()).length, 1);
});

natsTest('events in flight together keep the order in which they were published', async (t, nats) => {
  const w = await world(t, nats);
  await until(w.bus, true);
  const ids = Array.from({ length: 200 }, (_, index) => `a/${index}/0`);
  await Promise.all(ids.map((id) => w.bus.publish(event(id))));
  t.deepEqual(await w.ids(), ids);
});

natsTest('the stream has the limits of the options, and gets new ones when they change', async (t, nats) => {
  const w = await world(t, nats, { stream: { maxAgeDays: 7, maxBytes: 104_857_600, duplicateWindowMs: 120_000, replicas: 1 } });
  await until(w.bus, true);
  const jsm = await w.manager();
  const { config } = await jsm.streams.info('MW_EVENTS');
  t.deepEqual(config.subjects, ['mw.evt.>']);
  t.is(config.max_age, 7 * 86_400e9);
  t.is(config.max_bytes, 104_857_600);
  t.is(config.duplicate_window, 120e9);
  t.is(config.discard, 'old');
  t.is(config.storage, 'file');
  const second = await openBus(options(w.server.url, { stream: { maxAgeDays: 1, maxBytes: 52_428_800, duplicateWindowMs: 60_000, replicas: 1 } }), realPorts());
  await until(second, true);
  await second.close();
  t.is((await jsm.streams.info('MW_EVENTS')).config.max_age, 86_400e9);
});

natsTest('a server without room for all the bytes gets a stream that fits', async (t, nats) => {
  const w = await world(t, nats, {}, { jetstream: 'max_file_store: 64M' });
  await until(w.bus, true);
  const jsm = await w.manager();
  t.true((await jsm.streams.info('MW_EVENTS')).config.max_bytes <= 64 * 1_048_576);
  t.true(w.log.lines.some((line) => line.level === 'warn' && line.text.includes('no room')));
});

natsTest('opening does not wait for a server, and it is used as soon as it is there', async (t, nats) => {
  const server = await nats.start(t);
  await server.kill();
  const bus = await openBus(options(server.url), realPorts());
  t.false(bus.connected);
  await t.throwsAsync(bus.publish(event('a/1/0')), { code: 'bus_away' });
  await server.restart();
  await until(bus, true);
  await bus.publish(event('a/1/0'));
  t.is(bus.problem, null);
  await bus.close();
});

natsTest('when the server dies, what is in flight is rejected, and the bus comes back by itself', async (t, nats) => {
  const w = await world(t, nats);
  await until(w.bus, true);
  await w.bus.publish(event('a/1/0'));
  await w.server.kill('SIGKILL');
  await until(w.bus, false);
  await t.throwsAsync(w.bus.publish(event('a/2/0')), { code: 'bus_away' });
  await w.server.restart();
  await until(w.bus, true);
  await w.bus.publish(event('a/2/0'));
  t.is((await w.ids()).at(-1), 'a/2/0');
});

natsTest('a stream that somebody deleted is made again', async (t, nats) => {
  const w = await world(t, nats);
  await until(w.bus, true);
  const jsm = await w.manager();
  await jsm.streams.delete('MW_EVENTS');
  await t.throwsAsync(w.bus.publish(event('a/1/0')), { code: 'bus_refused' });
  await until(w.bus, true);
  await w.bus.publish(event('a/1/0'));
  t.deepEqual(await w.ids(), ['a/1/0']);
});

natsTest('a server without JetStream is said to be one', async (t, nats) => {
  const w = await world(t, nats, {}, { jetstream: false });
  while (w.bus.problem === 'not connected yet') await new Promise((resolve) => setImmediate(resolve));
  t.is(w.bus.problem, 'nats.url: the server must have JetStream enabled');
  t.false(w.bus.connected);
});

natsTest('credentials in the address count, and appear in no log', async (t, nats) => {
  const config = 'authorization { users: [ { user: engine, password: "p4ss/word" } ] }';
  const server = await nats.start(t, { config });
  const log = keptLog();
  const bus = await openBus(options(server.url.replace('nats://', 'nats://engine:p4ss%2Fword@')), realPorts({ log }));
  await until(bus, true);
  await bus.close();
  const wrong = await openBus(options(server.url, { user: 'engine', password: 'other-secret' }), realPorts({ log }));
  while (wrong.problem === 'not connected yet') await new Promise((resolve) => setImmediate(resolve));
  await wrong.close();
  t.regex(wrong.problem ?? '', /closed|authorization/i);
  t.false(/p4ss|other-secret/.test(JSON.stringify(log.lines)));
});

test('an address that cannot be read is refused without repeating it', (t) => {
  const error = t.throws(() => connectionOptions(options('nats://user:secret@[bad')), { code: 'nats_settings' });
  t.false(error?.message.includes('secret'));
});

natsTest('more than the allowed number in flight is refused at once', async (t, nats) => {
  const w = await world(t, nats, { maxInFlight: 2 });
  await until(w.bus, true);
  const all = await Promise.allSettled(['a/1/0', 'a/2/0', 'a/3/0'].map((id) => w.bus.publish(event(id))));
  t.deepEqual(
    all.map((one) => one.status),
    ['fulfilled', 'fulfilled', 'rejected'],
  );
});

natsTest('closing while the server is away ends', async (t, nats) => {
  const server = await nats.start(t);
  await server.kill();
  const bus = await openBus(options(server.url), realPorts());
  await bus.close();
  t.false(bus.connected);
});
