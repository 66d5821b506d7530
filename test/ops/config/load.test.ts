import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import Type from 'typebox';
import { MASK } from '../../../ops/config/compose.ts';
import { ConfigError, type ConfigSources, loadAs, loadConfig } from '../../../ops/config/load.ts';
import { ConfigSchema } from '../../../ops/config/schema.ts';
import { envNameOf, settingsOf } from '../../../ops/config/settings.ts';

const schema = Type.Object({
  http: Type.Object({
    host: Type.String({ default: '127.0.0.1' }),
    port: Type.Integer({ minimum: 0, maximum: 65_535, default: 8443 }),
    httpPort: Type.Union([Type.Integer(), Type.Literal('auto'), Type.Literal('off')], { default: 8080 }),
    hosts: Type.Array(Type.String(), { default: [] }),
  }),
  dip: Type.Object({
    baseUrl: Type.String(),
    apiKey: Type.Optional(Type.String()),
    signing: Type.Optional(Type.String({ secret: true, minLength: 4 })),
    retry: Type.Object({ initialMs: Type.Integer({ minimum: 1, default: 2_000 }), factor: Type.Number({ default: 2 }) }, { default: {} }),
    legacy: Type.Optional(Type.Object({ folder: Type.String(), pollMs: Type.Integer({ default: 500 }) })),
  }),
  sim: Type.Object({ enabled: Type.Boolean({ default: true }) }),
});

const base = { MW_DIP_BASE_URL: 'https://dip' };
const load = (sources: ConfigSources) => loadAs(schema, { ...sources, env: { ...base, ...sources.env } });
const refused = (sources: ConfigSources): string => {
  try {
    loadAs(schema, sources);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return 'accepted';
};

const file = (content: string): string => {
  const folder = mkdtempSync(join(tmpdir(), 'mw-config-'));
  folders.push(folder);
  const path = join(folder, 'meterwright.json');
  writeFileSync(path, content);
  return path;
};
const folders: string[] = [];
test.after.always(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

test('humps and dots of a path become underscores of the variable', (t) => {
  t.is(envNameOf('dip.baseUrl'), 'MW_DIP_BASE_URL');
  t.is(envNameOf('http.maxHeaderBytes'), 'MW_HTTP_MAX_HEADER_BYTES');
});

test('defaults are complete, groups included, and optional groups stay away', (t) => {
  t.deepEqual(load({}).config, {
    http: { host: '127.0.0.1', port: 8443, httpPort: 8080, hosts: [] },
    dip: { baseUrl: 'https://dip', retry: { initialMs: 2_000, factor: 2 } },
    sim: { enabled: true },
  });
});

test('the file goes over the defaults, the environment over the file, flags over both', (t) => {
  const configFile = file('{"http":{"host":"file","port":1,"httpPort":"auto"}}');
  const { config } = load({ configFile, env: { MW_HTTP_PORT: '2', MW_HTTP_HOST: 'env' }, flags: ['--port', '3'] });
  t.like(config, { http: { host: 'env', port: 3, httpPort: 'auto' } });
});

test('presets lie under the file and see what is known', (t) => {
  const configFile = file('{"http":{"port":1}}');
  const { config } = load({
    configFile,
    presets: (known) => ({ origin: 'demo', values: { http: { port: 9, host: `demo ${(known.http as { port: number }).port}` } } }),
  });
  t.like(config, { http: { host: 'demo 1', port: 1 } });
});

test('a flag may carry its value after an equals sign, and --config names the file', (t) => {
  const named = file('{"http":{"host":"named"}}');
  t.like(load({ flags: [`--config=${named}`, '--http-port=off', '--no-sim'] }).config, { http: { host: 'named', httpPort: 'off' }, sim: { enabled: false } });
});

test('arrays and groups are JSON in the environment', (t) => {
  const { config } = load({ env: { MW_HTTP_HOSTS: '["a","b"]', MW_DIP_RETRY: '{"initialMs":5}' } });
  t.like(config, { http: { hosts: ['a', 'b'] }, dip: { retry: { initialMs: 5, factor: 2 } } });
});

test('an optional group that is touched gets its defaults', (t) => {
  t.like(load({ env: { MW_DIP_LEGACY_FOLDER: '/x' } }).config, { dip: { legacy: { folder: '/x', pollMs: 500 } } });
});

test('a secret may come from a file named by the variable with _FILE', (t) => {
  t.like(load({ env: { MW_DIP_API_KEY_FILE: file('hidden\n') } }).config, { dip: { apiKey: 'hidden' } });
});

test('a string that looks like a number stays a string', (t) => {
  t.like(load({ env: { MW_HTTP_HOST: '10' } }).config, { http: { host: '10' } });
});

const REFUSALS: readonly (readonly [string, ConfigSources, RegExp])[] = [
  ['an unknown section in the file', { configFile: file('{"htp":{}}') }, /htp: unknown key; known here: http, dip, sim \(from .*meterwright\.json\)/],
  ['an unknown key in the file', { configFile: file('{"http":{"prot":1}}') }, /http\.prot: unknown key; known here: host, port, httpPort, hosts/],
  ['a key of the wrong type', { configFile: file('{"http":{"port":"x"}}') }, /http\.port: must be integer, value "x" \(from .*meterwright\.json\)/],
  ['a value out of bounds', { env: { MW_HTTP_PORT: '70000' } }, /http\.port: must be <= 65535, value 70000 \(from MW_HTTP_PORT\)/],
  [
    'a choice that there is not',
    { flags: ['--http-port', 'never'] },
    /http\.httpPort: must be one of integer, "auto", "off", value "never" \(from --http-port\)/,
  ],
  ['a required setting that nobody gives', {}, /dip\.baseUrl: must be given \(MW_DIP_BASE_URL\)/],
  ['a misspelt variable of a section', { env: { MW_HTTP_PROT: '1' } }, /MW_HTTP_PROT: no setting has this variable/],
  ['an unknown flag', { flags: ['--prot', '1'] }, /--prot: unknown flag/],
  ['a flag without its value', { flags: ['--port'] }, /http\.port: needs a value \(from --port\)/],
  ['a file that is no JSON', { configFile: file('{') }, /must be JSON/],
  ['a file that is not there', { configFile: '/nonexistent.json' }, /cannot be read: ENOENT/],
  ['a section that is no object', { configFile: file('{"http":5}') }, /http: must be an object/],
  ['a secret given twice', { env: { MW_DIP_API_KEY: 'x', MW_DIP_API_KEY_FILE: '/nonexistent' } }, /given twice/],
];
for (const [what, sources, message] of REFUSALS) {
  test(`refused, with key and rule: ${what}`, (t) => {
    t.regex(refused(sources), message);
  });
}

test('the value of a secret is in no error', (t) => {
  const message = refused({ env: { ...base, MW_DIP_SIGNING: 'abc' } });
  t.regex(message, /dip\.signing: .*value \*+/);
  t.notRegex(message, /abc/);
});

test('the effective configuration names every setting with its origin, secrets masked', (t) => {
  const rows = load({ env: { MW_DIP_API_KEY: 'hidden' }, flags: ['--port', '1'] }).effectiveConfig();
  const row = (path: string) => rows.find((each) => each.path === path);
  t.like(row('http.port'), { value: 1, origin: '--port', env: 'MW_HTTP_PORT' });
  t.like(row('http.host'), { value: '127.0.0.1', origin: 'default' });
  t.like(row('dip.apiKey'), { value: MASK, origin: 'MW_DIP_API_KEY' });
  t.like(row('dip.signing'), { value: undefined, origin: 'not set' });
  t.false(JSON.stringify(rows).includes('hidden'));
});

test('no two settings of the real schema share a variable, and each has a description', (t) => {
  const settings = settingsOf(ConfigSchema);
  const names = settings.flatMap((setting) => [setting.env, ...(setting.secret ? [`${setting.env}_FILE`] : [])]);
  t.is(new Set(names).size, names.length);
  t.deepEqual(
    settings.filter(({ group, description }) => !group && description === '').map(({ path }) => path),
    [],
  );
});

const DIP = {
  baseUrl: 'http://127.0.0.1:1',
  environmentTag: 'DEV',
  suppliers: [{ mpid: 'SUPX', dipId: '1234567890' }],
  signingKeyFile: 'key.pem',
  signingCertificateFile: 'cert.pem',
  callbackBaseUrl: 'http://127.0.0.1:2',
};
const demo = () => ({ origin: 'demo market', values: { dip: DIP } });

test('with the presets of the demo market nothing need be given', (t) => {
  const { config, originOf } = loadConfig({ presets: demo });
  t.like(config, { data: { dir: 'data' }, store: { kind: 'lmdb' }, http: { port: 8443 }, sim: { enabled: true, seedMpans: 1_000 } });
  t.is(originOf('dip.baseUrl'), 'demo market');
  t.is(originOf('nats.url'), 'default');
});

test('without a market to talk to, the start is refused naming every setting that must be given', (t) => {
  const error = t.throws(() => loadConfig({ flags: ['--no-sim'] }), { instanceOf: ConfigError });
  for (const name of ['MW_DIP_BASE_URL', 'MW_DIP_SUPPLIERS', 'MW_DIP_SIGNING_KEY_FILE']) t.true(error?.message.includes(name), name);
});

test('every flag of the start command sets its setting', (t) => {
  const flags = [
    '--data',
    '/d',
    '--host',
    '::1',
    '--port',
    '0',
    '--http-port',
    'auto',
    '--nats',
    'nats://h:1',
    '--store',
    'lmdb',
    '--seed-mpans',
    '5',
    '--demo-on-network',
  ];
  const { config, originOf } = loadConfig({ flags, presets: demo });
  t.like(config, {
    data: { dir: '/d' },
    http: { host: '::1', port: 0, httpPort: 'auto' },
    nats: { url: 'nats://h:1' },
    sim: { seedMpans: 5, onNetwork: true },
  });
  t.is(originOf('nats.url'), '--nats');
});

test('with simulators another address than loopback is refused, unless it is asked for', (t) => {
  t.throws(() => loadConfig({ flags: ['--host', '0.0.0.0'], presets: demo }), {
    instanceOf: ConfigError,
    message: /http\.host: must be a loopback address .*"0\.0\.0\.0" \(from --host\)/,
  });
  t.notThrows(() => loadConfig({ flags: ['--host', '0.0.0.0', '--demo-on-network'], presets: demo }));
  t.notThrows(() => loadConfig({ flags: ['--host', '0.0.0.0', '--no-sim'], presets: demo }));
});

test('a listener of the house’s own is host:port; with simulators a loopback one', (t) => {
  const refusal = (listen: string, flags: readonly string[] = []): string =>
    t.throws(() => loadConfig({ flags, env: { MW_OPS_LISTEN: listen }, presets: demo }), { instanceOf: ConfigError })?.message ?? '';
  t.is(loadConfig({ presets: demo }).config.ops.listen, undefined);
  t.is(loadConfig({ env: { MW_OPS_LISTEN: '[::1]:9443' }, presets: demo }).config.ops.listen, '[::1]:9443');
  t.regex(refusal('9443'), /ops\.listen/);
  t.regex(refusal('10.0.0.1:9443'), /ops\.listen: must be a loopback address/);
  t.regex(refusal('10.0.0.1:99999', ['--demo-on-network']), /ops\.listen: must name a port/);
  t.is(loadConfig({ flags: ['--demo-on-network'], env: { MW_OPS_LISTEN: '10.0.0.1:9443' }, presets: demo }).config.ops.listen, '10.0.0.1:9443');
});

test('a store that is shared needs leases, and leases need a store that is shared', (t) => {
  const refusal = (values: object): string => {
    const presets = () => ({ origin: 'here', values: { dip: DIP, ...values } });
    return t.throws(() => loadConfig({ presets }), { instanceOf: ConfigError })?.message ?? '';
  };
  t.regex(refusal({ store: { kind: 'mongodb' } }), /cluster\.mode: must be "nats" with store\.kind "mongodb", value "single"/);
  t.regex(refusal({ cluster: { mode: 'nats' } }), /cluster\.mode: must be "single" with store\.kind "lmdb", value "nats"/);
  t.is(loadConfig({ presets: demo, flags: ['--store', 'mongodb'] }).config.cluster.mode, 'nats');
});

test('a password inside an address is masked', (t) => {
  const rows = loadConfig({ flags: ['--nats', 'nats://engine:hidden@host:4222'], presets: demo }).effectiveConfig();
  t.is(rows.find(({ path }) => path === 'nats.url')?.value, `nats://engine:${MASK}@host:4222`);
});

test('what an entry of a list leaves out has its default; what it names wrongly is refused with its place', (t) => {
  const env = { MW_LINES_MODEMS: JSON.stringify([{ id: 'rack-1', kind: 'tcp', host: '10.9.0.2', port: 4001 }]) };
  const { config } = loadConfig({ env, presets: demo });
  t.like(config.lines.modems[0], { id: 'rack-1', group: 'default', baud: 9_600, guardMs: 1_000, hangUp: 'escape', initCommands: ['ATS0=0E0V1'] });
  const wrong = t.throws(() => loadConfig({ env: { MW_LINES_MODEMS: '[{"id":"rack-1","kind":"tcp","colour":"red"}]' }, presets: demo }), {
    instanceOf: ConfigError,
  });
  t.regex(wrong?.message ?? '', /lines\.modems.*colour|colour.*lines\.modems/s);
});
