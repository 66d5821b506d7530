/** The files of `ops/compose`, looked at without Docker: nothing here starts a container, and images are not fetched. */
import { execFile } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';
import { ConfigSchema, loadConfig, settingsOf } from '../../../ops/config/index.ts';
import { locateNatsServer } from '../../../ops/nats/index.ts';

const yaml = createRequire(import.meta.url)('js-yaml') as { load(text: string): unknown };
const run = promisify(execFile);

const PROJECT = join(import.meta.dirname, '..', '..', '..');
const FOLDER = join(PROJECT, 'ops', 'compose');
const ENGINES = ['engine-1', 'engine-2', 'engine-3'] as const;
const file = (name: string): string => join(FOLDER, name);
const read = (name: string): string => readFileSync(file(name), 'utf8');

interface Service {
  readonly image?: string;
  readonly build?: { readonly context: string; readonly dockerfile: string };
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
  readonly networks?: readonly string[];
  readonly ports?: readonly string[];
  readonly depends_on?: readonly string[] | Readonly<Record<string, unknown>>;
}
interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
  readonly networks: Readonly<Record<string, unknown>>;
}
const compose = yaml.load(read('compose.yaml')) as Compose;

/** `${NAME}`, `${NAME:-default}` and `${NAME:?}` as compose fills them in. */
const filled = (text: string, env: Readonly<Record<string, string>>): string =>
  text.replaceAll(/\$\{(\w+)(?::([-?])([^}]*))?\}/g, (_, name: string, how: string | undefined, other: string) => env[name] ?? (how === '-' ? other : ''));

const GIVEN = { NATS_ENGINE_PASSWORD: 'engine-secret', NATS_LISTENER_PASSWORD: 'listener-secret' };

function environmentOf(engine: string): Record<string, string> {
  const environment = compose.services[engine]?.environment ?? {};
  return Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, filled(value, GIVEN)]));
}

test('every variable of an engine is one of a setting', (t) => {
  const known = new Set(settingsOf(ConfigSchema).flatMap(({ env, secret }) => (secret ? [env, `${env}_FILE`] : [env])));
  for (const engine of ENGINES) {
    const names = Object.keys(environmentOf(engine));
    t.true(names.length > 3);
    for (const name of names) t.true(known.has(name), name);
  }
});

test('file and variables make a configuration that every engine can start with, each under its own name', (t) => {
  const names = ENGINES.map((engine) => {
    const { config } = loadConfig({ flags: ['--config', file('config.json')], env: environmentOf(engine) });
    t.is(config.cluster.mode, 'nats');
    t.is(config.nats.password, GIVEN.NATS_ENGINE_PASSWORD);
    t.is(config.nats.stream.replicas, 3);
    t.deepEqual(config.dip.trustedCertificates, []);
    return config.cluster.node;
  });
  t.deepEqual(names, [...ENGINES]);
});

test('every image of others is pinned to a whole version', (t) => {
  const base = /^FROM (\S+)$/m.exec(read('Dockerfile'))?.[1] ?? '';
  const images = Object.values(compose.services).flatMap(({ image, build }) => (image === undefined || build ? [] : [image]));
  t.true(images.length >= 8);
  for (const image of [base, ...images]) t.regex(image, /^[a-z/]+:v?\d+\.\d+\.\d+(?:-[a-z]+)*$/);
  t.regex(base, /^node:22\..*-bookworm-slim$/);
});

test('volumes, networks and services that are named exist, and so do the files that are mounted and built from', (t) => {
  for (const [name, { volumes = [], networks = [], depends_on = [], build }] of Object.entries(compose.services)) {
    for (const volume of volumes) {
      const [source = ''] = volume.split(':');
      t.true(source.startsWith('./') ? existsSync(file(source)) : source in compose.volumes, `${name}: ${volume}`);
    }
    for (const network of networks) t.true(network in compose.networks, `${name}: ${network}`);
    for (const other of Array.isArray(depends_on) ? depends_on : Object.keys(depends_on)) t.true(other in compose.services, `${name}: ${other}`);
    if (build) t.true(existsSync(join(FOLDER, build.context, build.dockerfile)));
  }
});

test('addresses in the configuration of the engines, the load balancer and Prometheus are services', (t) => {
  const { config } = loadConfig({ flags: ['--config', file('config.json')], env: environmentOf('engine-1') });
  const mongo = /^mongodb:\/\/([^/]+)\//.exec(config.store.mongodb?.url ?? '')?.[1]?.split(',') ?? [];
  const nats = config.nats.url.split(',').map((url) => new URL(url).host);
  const balanced = [...read('haproxy.cfg').matchAll(/^ {2}server \S+ (\S+)/gm)].map(([, address]) => address ?? '');
  const scraped = [...read('prometheus.yml').matchAll(/"(engine-[^"]+)"/g)].map(([, address]) => address ?? '');
  const routes = [...read('nats.conf').matchAll(/"nats:\/\/([^"]+)"/g)].map(([, address]) => address ?? '');
  for (const addresses of [mongo, nats, balanced, scraped, routes]) {
    t.is(addresses.length, 3);
    for (const address of addresses) t.true((address.split(':')[0] ?? '') in compose.services, address);
  }
  for (const address of [...balanced, ...scraped]) t.is(Number(address.split(':')[1]), config.http.port);
});

test('MongoDB is reached by nobody outside, and no engine opens a port past the load balancer', (t) => {
  for (const [name, service] of Object.entries(compose.services)) {
    if (name.startsWith('mongo')) t.deepEqual([service.networks, service.ports], [['inside'], undefined]);
    if (name.startsWith('engine')) t.is(service.ports, undefined);
  }
  t.deepEqual(compose.networks.inside, { internal: true });
});

test('what the image is built from has every room that the engine needs', (t) => {
  const kept = [...read('Dockerfile.dockerignore').matchAll(/^!(\S+)$/gm)].map(([, name]) => name ?? '');
  for (const name of kept) t.true(existsSync(join(PROJECT, name)), name);
  for (const room of ['actors', 'gateway', 'machines', 'ops', 'workers', 'package.json', 'package-lock.json']) t.true(kept.includes(room), room);
});

test('a NATS server accepts its configuration', async (t) => {
  const { stdout, stderr } = await run(locateNatsServer(), ['-t', '-c', file('nats.conf')], { env: { ...process.env, ...GIVEN } });
  t.regex(stdout + stderr, /configuration file .*nats\.conf.* is valid/);
});

test('set-up makes the files that the configuration names, keeps them when it is run again, and tells Prometheus the authority', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'mw-compose-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const setup = (): Promise<unknown> =>
    run(process.execPath, ['--disable-warning=ExperimentalWarning', file('setup.ts'), join(folder, 'shared'), folder, 'metering.example', ...ENGINES]);
  await setup();
  const { config } = loadConfig({ flags: ['--config', file('config.json')], env: environmentOf('engine-1') });
  const { tls } = config.http;
  const { signingKeyFile, signingCertificateFile } = config.dip;
  for (const path of [tls?.certFile, tls?.keyFile, tls?.caFile, signingKeyFile, signingCertificateFile]) t.true(existsSync(`${folder}${path}`), path);
  const leaf = readFileSync(`${folder}${tls?.certFile}`);
  for (const name of ['metering.example', 'localhost', ...ENGINES]) t.truthy(new X509Certificate(leaf).checkHost(name), name);
  t.deepEqual(readFileSync(join(folder, 'ca.pem')), readFileSync(`${folder}${tls?.caFile}`));
  await setup();
  t.deepEqual(readFileSync(`${folder}${tls?.certFile}`), leaf);
});
