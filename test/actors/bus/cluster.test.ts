/** The bus on a NATS cluster of three: copies of the stream, and the loss of its leader. */
import test, { type ExecutionContext } from 'ava';
import { connect } from 'nats';
import { Value } from 'typebox/value';
import { followStream, type NatsOptions, NatsOptionsSchema, type OpenBus, openBus, type Reading } from '../../../actors/bus/index.ts';
import { openMemoryStore } from '../../../actors/store/index.ts';
import { type NatsCluster, startNatsCluster } from '../../support/nats-cluster.ts';
import { natsPrograms } from '../../support/nats-programs.ts';
import { until } from '../../support/process/until.ts';
import { keptLog, realPorts } from '../../support/real-ports.ts';

const STREAM = 'MW_EVENTS';
const programs = natsPrograms();

function settings(url: string, replicas: number, change: Partial<NatsOptions> = {}): NatsOptions {
  const all = Value.Default(NatsOptionsSchema, {}) as NatsOptions;
  return { ...all, url, reconnectMinMs: 20, reconnectMaxMs: 250, ackTimeoutMs: 2_000, ...change, stream: { ...all.stream, maxBytes: 104_857_600, replicas } };
}

const connected = (bus: OpenBus): Promise<void> =>
  new Promise((resolve) => {
    if (bus.connected) return resolve();
    const stop = bus.onChange((now) => {
      if (!now) return;
      stop();
      resolve();
    });
  });

const event = (actor: number, version: number) => ({
  subject: `mw.evt.appointment.SUPX.${actor}.updated`,
  id: `appointment:${actor}/${version}/0`,
  payload: JSON.stringify({ actor, version }),
});

/** What the events channel does: one actor's events in order, each again with the same id until the stream has it. */
async function tell(bus: OpenBus, actor: number, from: number, to: number, onTold: (version: number) => void = () => {}): Promise<void> {
  for (let version = from; version < to; version++) {
    for (;;) {
      await connected(bus);
      const told = await bus.publish(event(actor, version)).then(
        () => true,
        () => false,
      );
      if (told) break;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    onTold(version);
  }
}

/** Ids in the stream, in its order. The stream's leader is asked, so it does not matter whether the cluster has one for other things. */
const ids = (cluster: NatsCluster): Promise<string[]> =>
  cluster.ask(async (manager) => {
    const { first_seq, last_seq } = (await manager.streams.info(STREAM)).state;
    const found: string[] = [];
    for (let seq = first_seq; seq <= last_seq; seq += 100) {
      const some = Array.from({ length: Math.min(100, last_seq - seq + 1) }, (_, i) => manager.streams.getMessage(STREAM, { seq: seq + i }));
      for (const message of await Promise.all(some)) found.push(message?.header.get('Nats-Msg-Id') ?? '');
    }
    return found;
  });

for (const { program, version } of programs) {
  const suffix = programs.length > 1 ? ` (nats-server ${version})` : '';
  let cluster: NatsCluster;

  const open = async (t: ExecutionContext, options: NatsOptions): Promise<{ bus: OpenBus; log: ReturnType<typeof keptLog> }> => {
    const log = keptLog();
    const memory = { store: openMemoryStore(), name: 'bus', source: 'urn:meterwright:test', shards: [0] };
    const bus = await openBus(options, realPorts({ log }), { memory });
    t.teardown(() => bus.close());
    return { bus, log };
  };

  test.serial.before(`three servers${suffix}`, async () => {
    cluster = await startNatsCluster({ program });
  });
  test.after.always(`their end${suffix}`, () => cluster?.close());

  test.serial(`a stream of one copy is given three when the setting says so, with all that it holds${suffix}`, async (t) => {
    const one = await open(t, settings(cluster.url, 1));
    await connected(one.bus);
    await one.bus.publish(event(0, 1));
    await one.bus.close();
    const three = await open(t, settings(cluster.url, 3));
    await connected(three.bus);
    await cluster.settled(STREAM);
    const info = await cluster.ask((manager) => manager.streams.info(STREAM));
    t.is(info.config.num_replicas, 3);
    t.is(info.cluster?.replicas?.length, 2);
    t.is(info.state.messages, 1);
    t.true(three.log.lines.some(({ text }) => text === 'the event stream is given another number of copies'));
  });

  test.serial(`more copies than there are servers are not to be had; the stream goes on with those that it has${suffix}`, async (t) => {
    const { bus, log } = await open(t, settings(cluster.url, 5));
    await connected(bus);
    await bus.publish(event(0, 2));
    t.is((await cluster.ask((manager) => manager.streams.info(STREAM))).config.num_replicas, 3);
    t.true(log.lines.some(({ level, text }) => level === 'warn' && text === 'the event stream goes on with the copies that it has'));
  });

  test.serial(`when the leader of the stream dies nothing is lost, nothing is doubled, and each actor’s events stay in order${suffix}`, async (t) => {
    // Made with three copies: on 2.9 a server that had the only copy forgets the others when it is killed right after they were added.
    await cluster.ask((manager) => manager.streams.delete(STREAM));
    const maker = await open(t, settings(cluster.url, 3));
    await connected(maker.bus);
    await maker.bus.close();
    await cluster.settled(STREAM);
    const leader = await cluster.leaderOf(STREAM);
    const [other] = cluster.names.filter((name) => name !== leader);
    const { bus, log } = await open(t, settings(cluster.urlOf(other!), 3));
    await connected(bus);
    const linkChanges: boolean[] = [];
    bus.link.onChange((now) => linkChanges.push(now));
    const actors = Array.from({ length: 40 }, (_, n) => n + 1);
    let told = 0;
    let reached: () => void;
    const underWay = new Promise<void>((resolve) => {
      reached = resolve;
    });
    const all = Promise.all(
      actors.map((actor) =>
        tell(bus, actor, 0, 60, () => {
          if (++told === 400) reached();
        }),
      ),
    );
    await underWay;
    await cluster.kill(leader);
    await all;
    await cluster.leaderOf(STREAM);
    const found = await ids(cluster);
    await cluster.restart(leader);
    t.deepEqual(linkChanges, [], 'the connection was to another server, only the stream was away');
    t.false(log.lines.some(({ text }) => text.includes('has lost something')));
    t.is(found.length, actors.length * 60);
    t.is(new Set(found).size, found.length);
    for (const actor of actors) {
      t.deepEqual(
        found.filter((id) => id.startsWith(`appointment:${actor}/`)),
        Array.from({ length: 60 }, (_, n) => `appointment:${actor}/${n}/0`),
      );
    }
  });

  test(`a reading whose server dies ends, though the connection was to another and the dead one stays away${suffix}`, async (t) => {
    t.timeout(90_000);
    const three = await startNatsCluster({ program });
    t.teardown(() => three.close());
    const { bus } = await open(t, settings(three.url, 3));
    await connected(bus);
    await three.settled(STREAM);
    const [home] = three.names as [string];
    const nc = await connect({ servers: three.urlOf(home).replace('nats://', '') });
    t.teardown(() => nc.close());
    const heard: number[] = [];
    let dying = home;
    let reading: Reading | undefined;
    // The server of a reading is chosen by the cluster.
    while (dying === home) {
      reading?.stop();
      reading = await followStream(nc, 1, ({ seq }) => heard.push(seq));
      const [placed] = await three.ask(async (manager) => (await manager.consumers.list(STREAM).next()).map(({ cluster }) => cluster?.leader));
      dying = placed ?? home;
    }
    await bus.publish(event(1, 0));
    await until('it is read', () => heard.length > 0);
    await three.kill(dying);
    t.true((await reading?.ended) instanceof Error);
    await tell(bus, 1, 1, 2);
    const again = await until('another is begun', () => followStream(nc, 2, ({ seq }) => heard.push(seq)).catch(() => undefined), 30_000);
    t.teardown(() => again.stop());
    await until('it goes on', () => heard.includes(2));
    t.false(three.isUp(dying));
  });

  test(`a cluster that has no leader yet is waited for${suffix}`, async (t) => {
    const young = await startNatsCluster({ program, upAtFirst: 1 });
    t.teardown(() => young.close());
    const [, ...others] = young.names;
    const { bus } = await open(t, settings(young.url, 3));
    while (!bus.problem?.startsWith('nats.url: JetStream does not answer')) await new Promise((resolve) => setTimeout(resolve, 20));
    t.false(bus.connected);
    await Promise.all(others.map((name) => young.restart(name)));
    await connected(bus);
    await bus.publish(event(99, 0));
    t.true(bus.connected);
  });
}
