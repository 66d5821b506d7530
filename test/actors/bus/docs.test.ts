/** What docs/nats.md tells people to do is done here, as it stands there. */
import { readFile } from 'node:fs/promises';
import { AckPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from 'nats';
import { Value } from 'typebox/value';
import { type NatsOptions, NatsOptionsSchema, openBus } from '../../../actors/bus/index.ts';
import { natsTest } from '../../support/nats-programs.ts';
import { realPorts } from '../../support/real-ports.ts';

const page = new URL('../../../docs/nats.md', import.meta.url);

/** The `authorization` block of the page, with passwords put in. */
async function documentedRights(): Promise<string> {
  const text = await readFile(page, 'utf8');
  const block = /```\n(port: 4222[\s\S]*?)```/.exec(text)?.[1] ?? '';
  return block.slice(block.indexOf('authorization')).replace('$ENGINE_PASSWORD', 'engine-secret').replace('$SUPX_PASSWORD', 'supx-secret');
}

natsTest('the documented listener sees its supplier’s events, and can see no others', async (t, nats) => {
  const server = await nats.start(t, { config: await documentedRights() });
  const options = { ...(Value.Default(NatsOptionsSchema, {}) as NatsOptions), url: server.url, user: 'engine', password: 'engine-secret' };
  const bus = await openBus(options, realPorts());
  if (!bus.connected) await new Promise<void>((resolve) => bus.onChange(() => resolve()));
  await bus.publish({ subject: 'mw.evt.appointment.SUPY.3.created', id: 'b/1/0', payload: '{"subject":"b"}' });
  await bus.publish({ subject: 'mw.evt.appointment.SUPX.3.created', id: 'a/1/0', payload: '{"subject":"a"}' });

  const nc = await connect({ servers: server.url, user: 'supx', pass: 'supx-secret', inboxPrefix: '_INBOX_SUPX' });
  t.teardown(async () => {
    await nc.close();
    await bus.close();
  });
  const manager = await jetstreamManager(nc, { checkAPI: false, timeout: 1_000 });
  await manager.consumers.add('MW_EVENTS', { durable_name: 'SUPX', filter_subject: 'mw.evt.*.SUPX.>', ack_policy: AckPolicy.Explicit });
  const consumer = await jetstream(nc).consumers.get('MW_EVENTS', 'SUPX');
  const message = await consumer.next();
  t.deepEqual(message?.json(), { subject: 'a' });
  message?.ack();

  await t.throwsAsync(manager.consumers.add('MW_EVENTS', { durable_name: 'SUPX', filter_subject: 'mw.evt.*.SUPY.>', ack_policy: AckPolicy.Explicit }));
  await t.throwsAsync(manager.consumers.add('MW_EVENTS', { durable_name: 'OTHER', ack_policy: AckPolicy.Explicit }));
  await t.throwsAsync(manager.streams.getMessage('MW_EVENTS', { seq: 1 }));
});

natsTest('the documented listener hears its supplier’s events in a replay, and no others', async (t, nats) => {
  const server = await nats.start(t, { config: await documentedRights() });
  const engine = await connect({ servers: server.url, user: 'engine', pass: 'engine-secret' });
  const listener = await connect({ servers: server.url, user: 'supx', pass: 'supx-secret', inboxPrefix: '_INBOX_SUPX' });
  t.teardown(async () => {
    await listener.close();
    await engine.close();
  });
  const own = listener.subscribe('mw.replay.*.SUPX.>', { max: 1 });
  const others = new Promise<string>((resolve) => {
    listener.subscribe('mw.replay.*.SUPY.>', { callback: (error) => resolve(error?.message ?? 'heard') });
  });
  await listener.flush();
  engine.publish('mw.replay.appointment.SUPX.3.created', 'a');
  for await (const message of own) t.is(message.string(), 'a');
  t.regex(await others, /permissions violation/i);
});
