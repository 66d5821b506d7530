/** How the bus connects: TLS, credentials of every kind, several servers, and what a server must be able to do. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { Value } from 'typebox/value';
import { type BusExtras, checkServer, connectionOptions, type NatsOptions, NatsOptionsSchema, type OpenBus, openBus } from '../../../actors/bus/index.ts';
import { reconnectDelayMs } from '../../../actors/bus/options.ts';
import { makePair } from '../../support/dip/keys.ts';
import { makeCreds, makeNkey } from '../../support/nats-identities.ts';
import { natsTest } from '../../support/nats-programs.ts';
import { keptLog, realPorts } from '../../support/real-ports.ts';

const options = (change: Partial<NatsOptions>): NatsOptions => ({
  ...(Value.Default(NatsOptionsSchema, {}) as NatsOptions),
  reconnectMinMs: 20,
  reconnectMaxMs: 100,
  ...change,
});

async function folder(t: ExecutionContext): Promise<(name: string, text: string) => Promise<string>> {
  const path = await mkdtemp(join(tmpdir(), 'mw-bus-'));
  t.teardown(() => rm(path, { recursive: true, force: true }));
  return async (name, text) => {
    const file = join(path, name);
    await writeFile(file, text);
    return file;
  };
}

async function open(t: ExecutionContext, change: Partial<NatsOptions>, extras: BusExtras = {}): Promise<{ bus: OpenBus; said: () => string }> {
  const log = keptLog();
  const bus = await openBus(options(change), realPorts({ log }), extras);
  t.teardown(() => bus.close());
  return { bus, said: () => JSON.stringify([log.lines, bus.problem]) };
}

/** Resolves with null once it is connected, else with the first thing that it says is wrong. */
const outcome = async (bus: OpenBus): Promise<string | null> => {
  while (!bus.connected && bus.problem === 'not connected yet') await new Promise((resolve) => setImmediate(resolve));
  return bus.connected ? null : bus.problem;
};

natsTest('TLS: the server is known by its authority, and we by our certificate', async (t, nats) => {
  const file = await folder(t);
  const [server, client] = [await makePair('server'), await makePair('engine')];
  const [serverCert, serverKey] = [await file('server.pem', server.cert), await file('server.key', server.key)];
  const [certFile, keyFile] = [await file('client.pem', client.cert), await file('client.key', client.key)];
  const tls = `tls { cert_file: "${serverCert}", key_file: "${serverKey}", ca_file: "${certFile}", verify: true }`;
  const { url } = await nats.start(t, { config: tls });
  t.is(await outcome((await open(t, { url, caFile: serverCert, certFile, keyFile })).bus), null);
  t.regex((await outcome((await open(t, { url, caFile: serverCert, connectTimeoutMs: 1_000 })).bus)) ?? '', /^nats\.url: no greeting within 1000 ms; with TLS/);
  t.not(await outcome((await open(t, { url, caFile: certFile, certFile, keyFile })).bus), null);
});

natsTest('an nkey proves who we are', async (t, nats) => {
  const file = await folder(t);
  const [ours, other] = [makeNkey(), makeNkey()];
  const { url } = await nats.start(t, { config: `authorization { users: [ { nkey: ${ours.publicKey} } ] }` });
  t.is(await outcome((await open(t, { url, nkeySeedFile: await file('seed', `${ours.seed}\n`) })).bus), null);
  const wrong = await open(t, { url, nkeySeedFile: await file('other', other.seed) });
  t.not(await outcome(wrong.bus), null);
  t.false(wrong.said().includes(other.seed));
});

natsTest('a credentials file proves who we are', async (t, nats) => {
  const file = await folder(t);
  const { config, creds, seed } = makeCreds();
  const { url } = await nats.start(t, { config });
  const { bus, said } = await open(t, { url, credsFile: await file('engine.creds', creds) });
  t.is(await outcome(bus), null);
  t.false(said().includes(seed));
  const stranger = makeCreds();
  t.not(await outcome((await open(t, { url, credsFile: await file('stranger.creds', stranger.creds) })).bus), null);
});

natsTest('of several servers any one will do', async (t, nats) => {
  const [down, up] = [await nats.start(t), await nats.start(t)];
  await down.kill();
  t.is(await outcome((await open(t, { url: `${down.url},${up.url}` })).bus), null);
});

natsTest('a server that takes only small messages is refused, by name of its setting', async (t, nats) => {
  const { url } = await nats.start(t, { config: 'max_payload: 65536' });
  t.regex((await outcome((await open(t, { url })).bus)) ?? '', /max_payload of the server must be at least 262144 bytes: 65536/);
});

natsTest('a user without a right that we need is told which', async (t, nats) => {
  const permissions = '{ publish: { allow: [ "mw.>", "$JS.API.STREAM.INFO.MW_EVENTS" ] }, subscribe: { allow: [ "_INBOX.>" ] } }';
  const { url } = await nats.start(t, { config: `authorization { users: [ { user: engine, password: secret, permissions: ${permissions} } ] }` });
  const { bus, said } = await open(t, { url, user: 'engine', password: 'secret' });
  t.is(await outcome(bus), 'nats.user: must be allowed the publish of $JS.API.STREAM.CREATE.MW_EVENTS');
  t.false(said().includes('secret'));
});

natsTest('a node of a cluster needs the buckets of leases and nodes too', async (t, nats) => {
  const permissions = '{ publish: { deny: [ "$KV.MW_NODES.>" ] } }';
  const { url } = await nats.start(t, { config: `authorization { users: [ { user: engine, password: secret, permissions: ${permissions} } ] }` });
  const credentials = { url, user: 'engine', password: 'secret' };
  t.is(await outcome((await open(t, credentials)).bus), null);
  t.regex((await outcome((await open(t, credentials, { kv: true })).bus)) ?? '', /must be allowed to publish to \$KV\.MW_NODES\.probe/);
});

natsTest('three copies of the stream on a server that is alone: the reason is said', async (t, nats) => {
  const { url } = await nats.start(t);
  const { stream } = options({});
  t.regex((await outcome((await open(t, { url, stream: { ...stream, replicas: 3 } })).bus)) ?? '', /^nats\.stream\.replicas: /);
});

test('a server before 2.9 is refused with the version that is needed', (t) => {
  const greeting = (version: string) => ({ info: { version, jetstream: true, max_payload: 1_048_576 } }) as unknown as Parameters<typeof checkServer>[0];
  t.throws(() => checkServer(greeting('2.8.4')), { code: 'nats_too_old', message: 'nats.url: the server must be NATS 2.9 or later: 2.8.4' });
  t.throws(() => checkServer(greeting('1.4.1')), { code: 'nats_too_old' });
  for (const version of ['2.9.0', '2.9.10', '2.15.2', '3.0.0-beta']) t.notThrows(() => checkServer(greeting(version)));
});

test('settings that can never work are refused, named, and nothing secret of them is repeated', async (t) => {
  const file = await folder(t);
  const notCreds = await file('creds', 'SUAHSECRETSECRET');
  const refused: [Partial<NatsOptions>, RegExp][] = [
    [{ user: 'a', password: 'p4ss', token: 't0ken' }, /^nats: .* one of them at most$/],
    [{ url: 'nats://u:p4ss@h', credsFile: notCreds }, /^nats: .* one of them at most$/],
    [{ password: 'p4ss' }, /^nats\.user: must be given/],
    [{ certFile: notCreds }, /^nats\.certFile: must be given together with nats\.keyFile$/],
    [{ caFile: '/nowhere/ca.pem' }, /^nats\.caFile: must be a file that can be read \(ENOENT\): \/nowhere\/ca\.pem$/],
    [{ credsFile: notCreds }, /^nats\.credsFile: must be a file of its kind: /],
    [{ nkeySeedFile: notCreds }, /^nats\.nkeySeedFile: must be a file of its kind: /],
    [{ url: 'nats://u:p4ss@h, http://h2' }, /^nats\.url: must begin with nats:\/\/ or tls:\/\/ \(number 2 does not\)$/],
  ];
  for (const [change, message] of refused) {
    const error = t.throws(() => connectionOptions(options(change)), { code: 'nats_settings', message });
    t.false(/p4ss|t0ken|SUAH/.test(`${error?.message}${String(error?.cause ?? '')}`));
  }
  await t.throwsAsync(openBus(options({ password: 'p4ss' }), realPorts()), { code: 'nats_settings' });
});

test('tls:// in one address switches TLS on', (t) => {
  t.deepEqual(connectionOptions(options({ url: 'tls://a:4222,b' })).tls, {});
  t.is(connectionOptions(options({ url: 'nats://a:4222' })).tls, undefined);
  t.deepEqual(connectionOptions(options({ url: 'tls://a:4222,b' })).servers, ['a:4222', 'b']);
});

test('the pause before another connection doubles up to its ceiling, the upper half at random', (t) => {
  const limits = options({ reconnectMinMs: 100, reconnectMaxMs: 1_000 });
  t.deepEqual(
    [1, 2, 3, 4, 5, 50].map((attempt) => [reconnectDelayMs(limits, attempt, 0), reconnectDelayMs(limits, attempt, 1)]),
    [
      [50, 100],
      [100, 200],
      [200, 400],
      [400, 800],
      [500, 1_000],
      [500, 1_000],
    ],
  );
});
