/** What a listener's credentials may do is looked at when they are given. */
import { readFile } from 'node:fs/promises';
import type { ExecutionContext } from 'ava';
import { Value } from 'typebox/value';
import { type NatsOptions, NatsOptionsSchema, type OpenBus, openBus } from '../../../actors/bus/index.ts';
import { ENGINE_INBOX_PREFIX, natsConfig } from '../../../ops/nats/index.ts';
import { type NatsProgram, natsTest } from '../../support/nats-programs.ts';
import { keptLog, realPorts } from '../../support/real-ports.ts';

const page = new URL('../../../docs/nats.md', import.meta.url);

/** The bus on a server with these rights, once the listener was looked at. */
async function looked(t: ExecutionContext, nats: NatsProgram, authorization: string, change: Partial<NatsOptions>): Promise<{ bus: OpenBus; log: string }> {
  const { url } = await nats.start(t, { config: authorization });
  const log = keptLog();
  const all = Value.Default(NatsOptionsSchema, {}) as NatsOptions;
  const bus = await openBus({ ...all, url, user: 'engine', password: 'engine-secret', ...change }, realPorts({ log }));
  if (!bus.connected) await new Promise<void>((resolve) => bus.onChange((now) => now && resolve()));
  // Its end waits for the look.
  await bus.close();
  return { bus, log: JSON.stringify(log.lines) };
}

const listener = (change: Partial<NatsOptions['listener']>): Pick<NatsOptions, 'listener'> => ({ listener: { inboxPrefix: '_INBOX', ...change } });

natsTest('the listener of the server that we set up may read, and nothing else', async (t, nats) => {
  const config = natsConfig({
    port: 0,
    storeDir: '',
    portsDir: '',
    logFile: '',
    pidFile: '',
    maxStoreBytes: 0,
    maxPayloadBytes: 0,
    credentials: { engine: { user: 'engine', password: 'engine-secret' }, listener: { user: 'listener', password: 'listener-secret' } },
  });
  const { bus } = await looked(t, nats, config.slice(config.indexOf('authorization')), {
    inboxPrefix: ENGINE_INBOX_PREFIX,
    ...listener({ user: 'listener', password: 'listener-secret' }),
  });
  t.is(bus.listenerProblem, null);
});

natsTest('the documented listener may read its consumer, and nothing else', async (t, nats) => {
  const text = await readFile(page, 'utf8');
  const block = /```\n(port: 4222[\s\S]*?)```/.exec(text)?.[1] ?? '';
  const rights = block.slice(block.indexOf('authorization')).replace('$ENGINE_PASSWORD', 'engine-secret').replace('$SUPX_PASSWORD', 'supx-secret');
  const { bus } = await looked(t, nats, rights, listener({ user: 'supx', password: 'supx-secret', consumer: 'SUPX', inboxPrefix: '_INBOX_SUPX' }));
  t.is(bus.listenerProblem, null);
});

natsTest('a listener that could publish commands and events is warned about, without its password', async (t, nats) => {
  const rights = 'authorization { users: [ { user: engine, password: "engine-secret" }, { user: other, password: "other-secret" } ] }';
  const { bus, log } = await looked(t, nats, rights, listener({ user: 'other', password: 'other-secret' }));
  t.is(bus.listenerProblem, 'nats.listener: must not be allowed to publish to mw.cmd.probe, mw.evt.probe, $KV.MW_SHARDS.probe');
  t.true(log.includes('the rights of the NATS listener are not right'));
  t.false(log.includes('other-secret'));
});

natsTest('a listener that cannot read the events is warned about', async (t, nats) => {
  const permissions = '{ publish: { deny: ">" }, subscribe: { allow: [ "_INBOX.>" ] } }';
  const rights = `authorization { users: [ { user: engine, password: "engine-secret" }, { user: mute, password: "mute-secret", permissions: ${permissions} } ] }`;
  const { bus } = await looked(t, nats, rights, listener({ user: 'mute', password: 'mute-secret' }));
  t.is(bus.listenerProblem, 'nats.listener: cannot read the events: the publish of $JS.API.STREAM.INFO.MW_EVENTS is refused');
});

natsTest('a listener that the server does not know is warned about', async (t, nats) => {
  const rights = 'authorization { users: [ { user: engine, password: "engine-secret" } ] }';
  const { bus } = await looked(t, nats, rights, listener({ user: 'nobody', password: 'nobody-secret' }));
  t.regex(bus.listenerProblem ?? '', /^nats\.listener: cannot connect: /);
  t.false((bus.listenerProblem ?? '').includes('secret'));
});
