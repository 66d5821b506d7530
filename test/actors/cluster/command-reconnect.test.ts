import test from 'ava';
import { connect, type NatsConnection } from 'nats';
import { Value } from 'typebox/value';
import { type NatsOptions, NatsOptionsSchema, type OpenBus, openBus } from '../../../actors/bus/index.ts';
import { CommandServer, type RoutedEngine } from '../../../actors/cluster/command-server.ts';
import { Router } from '../../../actors/cluster/router.ts';
import { type NatsSource, Subscriptions } from '../../../actors/cluster/subscriptions.ts';
import { OverloadedError } from '../../../actors/errors/error.ts';
import { openMemoryStore } from '../../../actors/store/index.ts';
import { startNats } from '../../support/nats.ts';
import { keptLog, realPorts } from '../../support/real-ports.ts';
import { keysOf, note, SHARDS } from './router-nodes.ts';

const reached = (bus: OpenBus, connected: boolean): Promise<void> =>
  new Promise((resolve) => {
    const look = (): void => {
      if (bus.connected !== connected) return;
      stop();
      resolve();
    };
    const stop = bus.onChange(look);
    look();
  });

test('after NATS was killed and is back, commands go on between the same nodes', async (t) => {
  const nats = await startNats();
  const ports = realPorts();
  const options: NatsOptions = { ...(Value.Default(NatsOptionsSchema, {}) as NatsOptions), url: nats.url, reconnectMinMs: 20, reconnectMaxMs: 100 };
  const buses = await Promise.all([openBus(options, ports), openBus(options, ports)]);
  const [a, b] = buses;
  const engine: RoutedEngine = {
    store: openMemoryStore(),
    command: async (command) => command.payload as never,
    take: async () => null,
    inspect: async () => undefined,
  };
  const server = new CommandServer({ prefix: 'mw', shards: SHARDS, nats: b, engine, ports });
  server.serve(1);
  const { prefix, inboxPrefix } = options;
  const router = new Router({ node: 'a', prefix, inboxPrefix, shards: SHARDS, local: () => false, engine, nats: a, ports, limits: { timeoutMs: 10_000 } });
  t.teardown(async () => {
    router.close();
    server.close();
    await Promise.all(buses.map((bus) => bus.close()));
    await nats.close();
  });
  const [key] = keysOf(1, 1) as [string];
  await Promise.all(buses.map((bus) => reached(bus, true)));
  t.is(await router.command(note(key, 'before')), 'before');
  await nats.kill('SIGKILL');
  await Promise.all(buses.map((bus) => reached(bus, false)));
  await t.throwsAsync(router.command(note(key, 'meanwhile')), { instanceOf: OverloadedError });
  await nats.restart();
  await reached(a, true);
  // The owner may be a moment later: until then nobody is there, and it is said again.
  t.is(await router.command(note(key, 'after')), 'after');
});

test('what was listened to is heard on a whole new connection too', async (t) => {
  const nats = await startNats({ jetstream: false });
  t.teardown(() => nats.close());
  const open = async (): Promise<NatsConnection> => {
    const nc = await connect({ servers: nats.url });
    t.teardown(() => nc.close());
    return nc;
  };
  let current: NatsConnection | undefined = await open();
  const listeners = new Set<(connected: boolean) => void>();
  const source: NatsSource = {
    get connection() {
      return current;
    },
    onChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const subscriptions = new Subscriptions(source, keptLog());
  let heard = Promise.withResolvers<string>();
  subscriptions.listen('x', (message) => heard.resolve(message.string()));
  const other = await open();
  await current.flush();
  other.publish('x', '1');
  t.is(await heard.promise, '1');
  await current.close();
  current = undefined;
  for (const listener of listeners) listener(false);
  current = await open();
  for (const listener of listeners) listener(true);
  heard = Promise.withResolvers();
  await current.flush();
  other.publish('x', '2');
  t.is(await heard.promise, '2');
  subscriptions.close();
  t.is(listeners.size, 0);
});

test('a listener that throws is logged, and hears the next message', async (t) => {
  const nats = await startNats({ jetstream: false });
  t.teardown(() => nats.close());
  const nc = await connect({ servers: nats.url });
  t.teardown(() => nc.close());
  const log = keptLog();
  const subscriptions = new Subscriptions({ connection: nc, onChange: () => () => {} }, log);
  const second = Promise.withResolvers<void>();
  let count = 0;
  subscriptions.listen('x', () => {
    if (++count === 1) throw new Error('the first');
    second.resolve();
  });
  nc.publish('x', '1');
  nc.publish('x', '2');
  await second.promise;
  t.is(log.lines.filter(({ level }) => level === 'error').length, 1);
});
