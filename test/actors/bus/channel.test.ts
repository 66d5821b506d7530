import { jetstreamManager } from '@nats-io/jetstream';
import test, { type ExecutionContext } from 'ava';
import { connect } from 'nats';
import { Value } from 'typebox/value';
import { cloudEvent, createEventsChannel, type NatsOptions, NatsOptionsSchema, type OpenBus, openBus } from '../../../actors/bus/index.ts';
import type { Effect } from '../../../actors/store/store.ts';
import type { NatsServer } from '../../support/nats.ts';
import { type NatsProgram, natsTest } from '../../support/nats-programs.ts';
import { realPorts } from '../../support/real-ports.ts';

const CREATED = Date.parse('2026-03-24T10:35:00Z');
const SOURCE = 'urn:meterwright:test';

function effect(actor: `appointment:${number}`, version: number, n = 0): Effect {
  return {
    key: `${actor}/${version}/${n}`,
    actor,
    routingKey: '2000056535971',
    shard: 3,
    version,
    n,
    channel: 'events',
    name: 'created',
    createdAt: CREATED,
    data: {
      subject: 'mw.evt.appointment.SUPX.3.created',
      type: 'meterwright.appointment.created.v1',
      data: { mpan: '2000056535971', mpid: 'SUPX', actorVersion: version },
    },
  };
}

async function world(t: ExecutionContext, nats: NatsProgram) {
  const server = await nats.start(t);
  const options = { ...(Value.Default(NatsOptionsSchema, {}) as NatsOptions), url: server.url, reconnectMinMs: 20, reconnectMaxMs: 50 };
  const bus = await openBus(options, realPorts());
  t.teardown(() => bus.close());
  const channel = createEventsChannel(bus, { source: SOURCE, maxInFlight: 64 }, realPorts());
  return { server, bus, channel };
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

async function stored(server: NatsServer): Promise<{ id: string; subject: string; data: { actorVersion: number } }[]> {
  const nc = await connect({ servers: server.url });
  const jsm = await jetstreamManager(nc);
  const { state } = await jsm.streams.info('MW_EVENTS');
  const found = [];
  for (let seq = state.first_seq; seq <= state.last_seq; seq++) found.push((await jsm.streams.getMessage('MW_EVENTS', { seq }))?.json());
  await nc.close();
  return found as never;
}

/** What the engine does with a channel of this ordering: one in flight per actor, again until done, and only through an open gate. */
async function deliver(channel: ReturnType<typeof createEventsChannel>, effects: readonly Effect[]): Promise<void> {
  const opened = () =>
    new Promise<void>((resolve) => {
      if (channel.gate?.open) return resolve();
      const stop = channel.gate?.onChange((open) => {
        if (!open) return;
        stop?.();
        resolve();
      });
    });
  for (const one of effects) {
    for (let attempt = 1; ; attempt++) {
      await opened();
      const result = await channel.perform(one, attempt, new AbortController().signal);
      if (result.kind === 'done') break;
    }
  }
}

test('an announcement leaves as a CloudEvent whose id is the effect’s key', (t) => {
  t.deepEqual(JSON.parse(cloudEvent(effect('appointment:1', 4, 1), SOURCE)), {
    specversion: '1.0',
    id: 'appointment:1/4/1',
    source: SOURCE,
    type: 'meterwright.appointment.created.v1',
    subject: 'appointment:1',
    time: '2026-03-24T10:35:00.000Z',
    datacontenttype: 'application/json',
    data: { mpan: '2000056535971', mpid: 'SUPX', actorVersion: 4 },
  });
});

natsTest('three events of one step all arrive', async (t, nats) => {
  const { server, bus, channel } = await world(t, nats);
  await connected(bus);
  await deliver(
    channel,
    [0, 1, 2].map((n) => effect('appointment:1', 1, n)),
  );
  t.deepEqual(
    (await stored(server)).map((event) => event.id),
    ['appointment:1/1/0', 'appointment:1/1/1', 'appointment:1/1/2'],
  );
});

natsTest('a server that dies in the middle loses nothing, and each actor’s events stay in order', async (t, nats) => {
  const { server, bus, channel } = await world(t, nats);
  await connected(bus);
  const lanes = [1, 2, 3, 4].map((actor) => Array.from({ length: 50 }, (_, version) => effect(`appointment:${actor}`, version)));
  const all = Promise.all(lanes.map((lane) => deliver(channel, lane)));
  await server.kill('SIGKILL');
  await connected(bus, false);
  await server.restart();
  await all;
  const events = await stored(server);
  for (const lane of lanes) {
    const first = events.filter((event) => event.subject === lane[0]?.actor).map((event) => event.data.actorVersion);
    t.deepEqual(
      [...new Set(first)],
      lane.map((one) => one.version),
    );
  }
});

natsTest('while the bus is away the gate is closed, and a try asks for another', async (t, nats) => {
  const { server, bus, channel } = await world(t, nats);
  await connected(bus);
  await server.kill();
  await connected(bus, false);
  t.false(channel.gate?.open);
  const result = await channel.perform(effect('appointment:1', 1), 1, new AbortController().signal);
  t.is(result.kind, 'retry');
});
