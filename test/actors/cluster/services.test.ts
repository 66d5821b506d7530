import test, { type ExecutionContext } from 'ava';
import { connect, createInbox, type NatsConnection } from 'nats';
import { type ServiceEndpoint, Services } from '../../../actors/cluster/services.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { startNats } from '../../support/nats.ts';
import { realPorts } from '../../support/real-ports.ts';
import { TestSource } from './router-nodes.ts';

const STARTED = '2026-03-24T10:00:00.000Z';

interface World {
  readonly asker: NatsConnection;
  /** What is answered on a subject, by id. */
  ask(subject: string, answers: number): Promise<Record<string, Record<string, unknown>>>;
}

async function world(t: ExecutionContext, endpoints: readonly ServiceEndpoint[] = []): Promise<World> {
  const nats = await startNats({ jetstream: false });
  t.teardown(() => nats.close());
  const open = async (): Promise<NatsConnection> => {
    const nc = await connect({ servers: nats.url });
    t.teardown(() => nc.close());
    return nc;
  };
  for (const node of ['a', 'b']) {
    const source = new TestSource(await open());
    const services = new Services({
      nats: source,
      ports: realPorts({ clock: new FakeClock(Date.parse(STARTED)) }),
      id: `ID${node}`,
      version: '1.2.3',
      description: 'an engine',
      metadata: { node },
      endpoints,
    });
    t.teardown(() => services.close());
    await source.nc.flush();
  }
  const asker = await open();
  return {
    asker,
    async ask(subject, answers) {
      const inbox = createInbox();
      const subscription = asker.subscribe(inbox, { max: answers });
      asker.publish(subject, '', { reply: inbox });
      const found: Record<string, Record<string, unknown>> = {};
      for await (const message of subscription) {
        const answer = message.json<Record<string, unknown>>();
        found[String(answer.id)] = answer;
      }
      return found;
    },
  };
}

const self = (node: string): object => ({ name: 'meterwright', id: `ID${node}`, version: '1.2.3', metadata: { node } });

test('every node answers a ping', async (t) => {
  const { ask } = await world(t);
  for (const subject of ['$SRV.PING', '$SRV.PING.meterwright']) {
    t.deepEqual(await ask(subject, 2), {
      IDa: { type: 'io.nats.micro.v1.ping_response', ...self('a') },
      IDb: { type: 'io.nats.micro.v1.ping_response', ...self('b') },
    });
  }
});

test('one node answers under its id', async (t) => {
  const { ask } = await world(t);
  t.deepEqual(Object.keys(await ask('$SRV.PING.meterwright.IDb', 1)), ['IDb']);
});

test('another service of that name space is not ours to answer', async (t) => {
  const { asker } = await world(t);
  await t.throwsAsync(asker.request('$SRV.PING.other', ''), { message: /no responders/ });
});

const commands: ServiceEndpoint = {
  name: 'commands',
  subject: 'mw.cmd.*',
  stats: () => ({ requests: 4, errors: 1, lastError: 'overloaded', processingMs: 2.5 }),
  data: () => ({ children: [{ id: 'shards', status: 'running', restarts: 2 }] }),
};

test('INFO lists what the service answers', async (t) => {
  const { ask } = await world(t, [commands]);
  t.deepEqual((await ask('$SRV.INFO.meterwright.IDa', 1)).IDa, {
    type: 'io.nats.micro.v1.info_response',
    ...self('a'),
    description: 'an engine',
    endpoints: [{ name: 'commands', subject: 'mw.cmd.*', queue_group: '', metadata: null }],
  });
});

test('STATS tells counts, times in nanoseconds, and how the parts of the node are', async (t) => {
  const { ask } = await world(t, [commands]);
  t.deepEqual((await ask('$SRV.STATS', 2)).IDb, {
    type: 'io.nats.micro.v1.stats_response',
    ...self('b'),
    started: STARTED,
    endpoints: [
      {
        name: 'commands',
        subject: 'mw.cmd.*',
        queue_group: '',
        num_requests: 4,
        num_errors: 1,
        last_error: 'overloaded',
        processing_time: 2_500_000,
        average_processing_time: 625_000,
        data: { children: [{ id: 'shards', status: 'running', restarts: 2 }] },
      },
    ],
  });
});

test('the average of nothing is nothing', async (t) => {
  const { ask } = await world(t, [{ name: 'calls', subject: 'mw.cmd.node.a', stats: () => ({ requests: 0, errors: 0, lastError: '', processingMs: 0 }) }]);
  const answer = (await ask('$SRV.STATS.meterwright.IDa', 1)).IDa as { endpoints: { average_processing_time: number }[] };
  t.is(answer.endpoints[0]?.average_processing_time, 0);
});
