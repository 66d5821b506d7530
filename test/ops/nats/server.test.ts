import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DeliverPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream';
import test, { type ExecutionContext } from 'ava';
import { connect, PermissionViolationError } from 'nats';
import { type NatsServer, NatsServerError, type NatsServerSetup, natsCredentialsFile, startNatsServer } from '../../../ops/nats/index.ts';
import { identify, RunFile, signal } from '../../../ops/process/index.ts';

const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

interface World {
  readonly dataDir: string;
  start(more?: Partial<NatsServerSetup>): Promise<NatsServer>;
}

function world(t: ExecutionContext): World {
  const dataDir = mkdtempSync(join(tmpdir(), 'mw-nats-'));
  t.teardown(async () => {
    await new RunFile(dataDir).endOthers([], 2_000);
    rmSync(dataDir, { recursive: true, force: true });
  });
  return {
    dataDir,
    start: async (more = {}) => {
      const server = await startNatsServer({ dataDir, runFile: new RunFile(dataDir), log, graceMs: 5_000, ...more });
      t.teardown(() => server.stop());
      return server;
    },
  };
}

const as = (server: NatsServer, who: 'engine' | 'listener') =>
  connect({
    servers: server.url,
    user: server.credentials[who].user,
    pass: server.credentials[who].password,
    ...(who === 'engine' && { inboxPrefix: server.inboxPrefix }),
    reconnectTimeWait: 50,
  });

const die = async (pid: number): Promise<void> => {
  const who = identify(pid);
  if (who !== undefined) signal(who, 'SIGKILL');
  while (identify(pid) !== undefined) await sleep(5);
};

test('the engine may make the stream and publish; a listener reads it, and neither writes nor sees the engine’s answers', async (t) => {
  const server = await world(t).start();
  const engine = await as(server, 'engine');
  const listener = await as(server, 'listener');
  t.teardown(() => Promise.all([engine.close(), listener.close()]));
  const manager = await jetstreamManager(engine);
  await manager.streams.add({ name: 'MW_EVENTS', subjects: ['mw.evt.>'] });
  await jetstream(engine).publish('mw.evt.mpan.SUPX.1.updated', 'one');

  const consumer = await jetstream(listener).consumers.get('MW_EVENTS', { deliver_policy: DeliverPolicy.All });
  t.is((await consumer.next({ expires: 5_000 }))?.string(), 'one');

  const readers = await jetstreamManager(listener);
  const durable = await readers.consumers.add('MW_EVENTS', { durable_name: 'mine', ack_policy: 'explicit' });
  t.is(durable.name, 'mine');

  const refusal = (async () => {
    for await (const status of listener.status()) if (status.type === 'error' && status.error instanceof PermissionViolationError) return status.error;
    return undefined;
  })();
  listener.publish('mw.evt.mpan.SUPX.1.updated', 'forged');
  t.is((await refusal)?.operation, 'publish');
  await t.throwsAsync(readers.streams.delete('MW_EVENTS'));
  await t.throwsAsync(readers.streams.purge('MW_EVENTS'));
  for (const subject of ['_MW_INBOX.>', 'mw.>', '>']) {
    const subscription = listener.subscribe(subject);
    await t.throwsAsync(
      (async () => {
        for await (const _ of subscription) t.fail();
      })(),
      undefined,
      subject,
    );
  }
});

test('passwords and configuration are for the owner only, and are made once', async (t) => {
  const { dataDir, start } = world(t);
  const first = await start();
  const mode = (file: string) => statSync(file).mode & 0o777;
  t.is(mode(natsCredentialsFile(dataDir)), 0o600);
  t.is(mode(join(dataDir, 'nats', 'server.conf')), 0o600);
  await first.stop();
  const second = await start();
  t.deepEqual(second.credentials, first.credentials);
  t.is(second.url, first.url, 'the port stays from start to start');
  t.false(second.adopted);
});

test('without the password nobody gets in', async (t) => {
  const server = await world(t).start();
  await t.throwsAsync(connect({ servers: server.url, maxReconnectAttempts: 0 }));
  await t.throwsAsync(connect({ servers: server.url, user: 'engine', pass: 'guess', maxReconnectAttempts: 0 }));
});

test('the server of a killed engine is adopted, with what it holds', async (t) => {
  const { dataDir, start } = world(t);
  const first = await start();
  // A killed engine stops nothing: a second one comes to the same folder.
  const second = await startNatsServer({ dataDir, runFile: new RunFile(dataDir), log });
  t.true(second.adopted);
  t.is(second.pid, first.pid);
  t.is(second.url, first.url);
  await first.stop();
  await second.stop();
  t.is(identify(first.pid), undefined);
});

test('a server that dies is started again on its port, and its stream is still there', async (t) => {
  const server = await world(t).start({ restartMs: { first: 10, longest: 100 } });
  const engine = await as(server, 'engine');
  t.teardown(() => engine.close());
  const manager = await jetstreamManager(engine);
  await manager.streams.add({ name: 'MW_EVENTS', subjects: ['mw.evt.>'] });
  await jetstream(engine).publish('mw.evt.a', 'kept');
  const before = server.pid;
  const back = (async () => {
    for await (const status of engine.status()) if (status.type === 'reconnect') return;
  })();
  await die(before);
  await back;
  // A client may be back an instant before the watch has seen the new server answer.
  while (server.pid === before) await sleep(10);
  t.is((await manager.streams.info('MW_EVENTS')).state.messages, 1);
});

test('a stop ends the server and leaves no record', async (t) => {
  const { dataDir, start } = world(t);
  const server = await start();
  const { pid } = server;
  await server.stop();
  t.is(identify(pid), undefined);
  t.deepEqual(JSON.parse(readFileSync(join(dataDir, 'run.json'), 'utf8')), { children: [] });
});

test('a remembered port that another program has taken is given up', async (t) => {
  const { start } = world(t);
  const first = await start();
  await first.stop();
  const port = Number(new URL(first.url).port);
  const squatter = createServer();
  await new Promise<void>((resolve) => squatter.listen(port, '127.0.0.1', resolve));
  t.teardown(() => squatter.close());
  const second = await start();
  t.not(second.url, first.url);
});

test('a port that was asked for and is taken is an error that says so', async (t) => {
  const squatter = createServer();
  await new Promise<void>((resolve) => squatter.listen(0, '127.0.0.1', resolve));
  t.teardown(() => squatter.close());
  const { port } = squatter.address() as { port: number };
  const error = await t.throwsAsync(world(t).start({ port }), { instanceOf: NatsServerError });
  t.regex(error?.message ?? '', /address already in use/);
});

test('a server in no record, left by an engine killed while starting it, is ended', async (t) => {
  const { dataDir, start } = world(t);
  const first = await start();
  const lost = first.pid;
  rmSync(join(dataDir, 'run.json'));
  const second = await startNatsServer({ dataDir, runFile: new RunFile(dataDir), log });
  t.not(second.pid, lost);
  t.is(identify(lost), undefined);
  await second.stop();
  await first.stop();
});
