/** Good and bad use of everything that takes or makes a secret. What people do wrong is done here too: a password as a name, a key pasted where its id belongs. */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { seededMpan } from '../../../ops/sim/market/seed.ts';
import { run, until } from '../process/index.ts';
import { awkward, eight, type PlantedWorld } from './world.ts';

/** What the drive found out that later looks need. */
export interface Driven {
  readonly key: string;
  readonly token: string;
  readonly cookie: string;
  readonly requestId: string;
}

const hex = (length: number): string => [...Array(length)].map(() => Math.floor(Math.random() * 16).toString(16)).join('');

export async function drive(world: PlantedWorld): Promise<Driven> {
  const [credentials, cookie] = await Promise.all([useCredentials(world), usePeople(world)]);
  const [requestId] = await Promise.all([useWebhook(world), useMeters(world), useLiveSockets(world, { ...credentials, cookie }), useConfiguration(world)]);
  return { ...credentials, cookie, requestId };
}

async function useCredentials(world: PlantedWorld): Promise<Pick<Driven, 'key' | 'token'>> {
  const [key, token] = await Promise.all([
    world.mwThatShows('key', 'add', 'SUPX', '--label', 'planted', '--rate', '1000'),
    world.mwThatShows('token', 'add', '--scope', 'mts', '--scope', 'ops:read', '--owner', 'planted', '--valid', '1d'),
  ]);
  world.addKey('API key', key);
  world.addToken('token', token);
  const [badKey, badToken] = [randomUUID(), `mwt_${hex(16)}_${hex(64)}`];
  world.addKey('unknown API key', badKey);
  world.addToken('unknown token', badToken);
  const oddKey = world.plant('malformed API key');
  const oddToken = world.plant('malformed token');

  await world.ask('/requests/v1/SUPX', { headers: { 'x-api-key': key } });
  for (const wrong of [badKey, oddKey, token]) await world.ask('/requests/v1/SUPX', { headers: { 'x-api-key': wrong } });
  for (const wrong of [badToken, oddToken, key]) await world.ask('/ops/v1/keys', { headers: { authorization: `Bearer ${wrong}` } });
  await world.ask('/MTS/action-status?requestId=1', { headers: { authorization: `Bearer ${token}` } });
  await world.ask('/MTS/action-status?requestId=1', { headers: { authorization: `Basic ${Buffer.from(`x:${oddToken}`).toString('base64')}` } });
  // Where it does not belong.
  await world.ask(`/requests/v1/SUPX?api_key=${key}`, { headers: { 'x-api-key': key } });
  await world.ask(`/requests/v1/${key}`, { headers: { 'x-api-key': key } });
  await world.ask(`/requests/v1/SUPX?request_id=${key}`, { headers: { 'x-api-key': key } });
  await world.ask(`/ops/v1/keys?token=${token}`, { headers: { authorization: `Bearer ${token}` } });
  await world.ask('/metering-service-appointment/v1/SUPX', { method: 'POST', headers: { 'x-api-key': key }, body: { x_api_key: key } });
  await world.ask('/metering-service-appointment/v1/SUPX', { method: 'POST', headers: { 'x-api-key': key }, body: `{"x_api_key": "${key}` });
  await world.operate('/ops/v1/keys', { method: 'POST', body: { mpids: 'SUPX', key } });
  await world.operate('/ops/v1/tokens', { method: 'POST', body: `{"scopes":["mts"],"token":"${token}"` });
  await world.operate('/ops/v1/tokens', { method: 'POST', body: { scopes: [token], owner: 'planted' } });
  for (const pasted of [key, token, badKey, badToken]) {
    await world.operate(`/ops/v1/keys/${pasted}`, { method: 'DELETE' });
    await world.operate(`/ops/v1/tokens/${pasted}?reason=${pasted}`, { method: 'DELETE' });
  }
  await Promise.all([
    world.mw('requests', '--key', badKey),
    world.mw('key', 'revoke', key, '--reason', 'lost'),
    world.mw('token', 'revoke', token, '--json'),
    world.mw('token', 'list', '--json'),
  ]);
  return { key, token };
}

async function usePeople(world: PlantedWorld): Promise<string> {
  const password = world.plant('operator password', awkward);
  const changed = world.plant('changed operator password', awkward);
  const wrong = world.plant('wrong operator password', awkward);
  const tooShort = world.plant('too short an operator password', eight);
  const people = '/ops/v1/operators';
  await world.operate(people, { method: 'POST', body: { name: 'ann', role: 'operator', password } });
  await world.operate(people, { method: 'POST', body: { name: 'bob', role: 'viewer', password: tooShort } });
  await world.operate(people, { method: 'POST', body: { name: 'bob', role: 'viewer', password: { text: wrong } } });
  await world.operate(people, { method: 'POST', body: { name: 'bob', role: wrong, password: wrong } });
  await world.operate(people, { method: 'POST', body: { name: wrong, role: 'viewer', password: wrong } });
  await world.operate(people, { method: 'POST', body: `{"name":"bob","role":"viewer","password":${JSON.stringify(wrong).slice(0, -1)}` });
  await world.operate(`${people}/ann`, { method: 'POST', body: { password: changed, reason: 'forgotten' } });
  await world.operate(`${people}/ann`, { method: 'POST', body: { password: [wrong] } });

  const { url } = world.installation.program.connect;
  const own = { origin: url, 'sec-fetch-site': 'same-origin' };
  const signIn = (body: unknown, shows?: true) => world.ask('/ops/v1/session', { method: 'POST', headers: own, body, ...(shows ? { shows } : {}) });
  await signIn({ name: 'ann', password: wrong });
  await signIn({ name: 'nobody', password: wrong });
  await signIn({ name: changed, password: 'ann' });
  await signIn({ name: 'ann', password: changed, link: wrong });
  await signIn(`{"name":"ann","password":${JSON.stringify(changed)}`);
  await signIn([changed]);
  const signedIn = await signIn({ name: 'ann', password: changed }, true);
  const cookie = plantSession(world, 'session', signedIn);

  const link = new URL((JSON.parse(await world.mwThatShows('login-link', '--json')) as { url: string }).url).hash.replace('#link=', '');
  world.plants.add('sign-in link', link);
  const badLink = world.plant('unknown sign-in link');
  await signIn({ link: badLink });
  await signIn({ link, name: 7 });
  plantSession(world, 'session by link', await signIn({ link }, true));
  await signIn({ link });

  const oddCookie = `__Secure-mw-session=${world.plant('unknown session')}`;
  const reason = { method: 'POST', body: { role: 'operator' } } as const;
  await world.ask(people, { headers: { cookie: oddCookie } });
  await world.ask('/ops/v1/session', { headers: { cookie }, shows: true });
  await world.ask(`${people}/ann`, { ...reason, headers: { ...own, cookie } });
  await world.ask(`${people}/ann`, { ...reason, headers: { ...own, cookie, 'x-mw-session': world.plant('wrong key of a session') } });
  await world.ask(`${people}/ann`, { ...reason, headers: { cookie, origin: 'https://elsewhere.example', 'sec-fetch-site': 'cross-site' } });
  await Promise.all([world.mw('operator', 'list', '--json'), world.mw('operator', 'add', 'eve', '--role', 'nonsense')]);
  return cookie;
}

/** Plants the secret of a session, and the key that goes with it. */
function plantSession(world: PlantedWorld, name: string, { status, headers, text }: Awaited<ReturnType<PlantedWorld['ask']>>): string {
  if (status !== 201) throw new Error(`${name}: ${status} ${text}`);
  const [cookie = ''] = String([headers['set-cookie']].flat()[0]).split(';');
  world.plants.add(`cookie of a ${name}`, cookie.split('=').slice(1).join('='));
  world.plants.add(`key of a ${name}`, (JSON.parse(text) as { key: string }).key);
  return cookie;
}

async function useWebhook(world: PlantedWorld): Promise<string> {
  const url = world.receiver.url('/hook', '127.0.0.1');
  const keep = (secret: string): void =>
    world.plants.add('webhook secret', secret.slice('whsec_'.length), Buffer.from(secret.slice('whsec_'.length), 'base64'));
  keep(await world.mwThatShows('webhook', 'set', 'SUPX', url));
  await world.mw('webhook', 'test', 'SUPX', '--json');
  keep((JSON.parse(await world.mwThatShows('webhook', 'set', 'SUPX', '--rotate', '--json')) as { secret: string }).secret);
  const inUrl = world.plant('password in the address of a webhook');
  await world.operate('/ops/v1/webhooks/SUPX', { method: 'POST', body: { url: `https://user:${inUrl}@127.0.0.1/hook` } });
  await world.operate('/ops/v1/webhooks/SUPX', { method: 'POST', body: { url, secret: inUrl } });
  const requestId = await world.installation.supplier.appoint(seededMpan(3), { appointment_scenario: 'CSP' });
  await world.receiver.got(2);
  // Once in vain, so that a failure is told too.
  world.receiver.answer = (_request, response) => void response.writeHead(500).end('no');
  await world.operate('/ops/v1/webhooks/SUPX/test', { method: 'POST', body: { reason: 'try' } });
  await Promise.all([world.mw('why', requestId, '--json'), world.mw('requests', '--json')]);
  await world.mw('webhook', 'off', 'SUPX', '--json');
  return requestId;
}

async function useMeters(world: PlantedWorld): Promise<void> {
  const [encryption, authentication] = world.cipherKeys;
  const columns = 'serial_number,encryption_key,authentication_key,client_title,suite';
  const keys = world.file(
    'keys.csv',
    `${columns}\n50000005,${encryption},${authentication},4D57545445535431,0\n${encryption},50000005,${authentication},4D57545445535431,0\n1,${encryption}00,${authentication},${encryption},0\n2,${encryption},${authentication},4D57545445535431,${authentication}\n`,
  );
  await world.mw('meter-keys', 'import', keys, '--json');
  await world.mw(
    'meter-keys',
    'import',
    world.file('keys.jsonl', `{"serial_number":"1","encryption_key":"${encryption}"\n[${JSON.stringify(authentication)}]\n`),
  );

  const wrong = world.field.bodies.map((body) => ({ ...body, password: world.plant(`wrong password of ${body.meterType}`, eight) }));
  const [first] = wrong;
  const tooLong = world.plant('too long a meter password', () => eight().repeat(40));
  await world.operate('/MTS/time-update', { method: 'POST', body: { ...first, password: tooLong } });
  await world.operate('/MTS/time-update', { method: 'POST', body: { ...first, password: [first?.password] } });
  await world.operate('/ops/v1/meter-actions', { method: 'POST', body: { ...first, password: tooLong } });
  await world.operate('/ops/v1/meter-actions', { method: 'POST', body: { ...first, passwort: first?.password } });
  for (const path of ['/MTS/time-update', '/ops/v1/meter-actions'])
    await world.operate(path, { method: 'POST', body: JSON.stringify({ ...first, password: tooLong }).slice(0, -3) });
  const { mts } = world.installation;
  await mts.call('/MTS/time-update', { ...first, password: { text: first?.password } });

  const lines = [...world.field.bodies, ...wrong].map((body) => JSON.stringify({ immediate: true, ...body }));
  const running = world.mw(
    'set-time',
    '--file',
    world.file('meters.jsonl', `${lines.join('\n')}\n{"meterType":"EDMIATLAS","password":"${first?.password}\n`),
    '--immediate',
    '--wait',
    '--trace',
    '--json',
  );
  await until('sessions run', async () => ((await world.operate('/ops/v1/sessions')).text.includes('"items":[{') ? true : undefined), 30_000).catch(
    () => undefined,
  );
  await world.mw('sessions', '--json');
  await running;
  const one = world.field.bodies[0] ?? {};
  const passwordFile = world.file('password', wrong[1]?.password ?? '');
  const flags = ['--type', one.meterType ?? '', '--address', one.remoteAddress ?? '', '--serial', one.serialNumber ?? ''];
  await world.mw('read-clock', ...flags, '--password-file', passwordFile, '--json');
  await Promise.all([world.mw('meter-keys', 'list', '--json'), world.mw('status', '1', '--json')]);
}

async function useLiveSockets(world: PlantedWorld, { key, token, cookie }: Pick<Driven, 'key' | 'token' | 'cookie'>): Promise<void> {
  const { url, caFile = '', demo } = world.installation.program.connect;
  const ca = readFileSync(caFile);
  const badKey = world.plant('wrong key of a live socket', randomUUID);
  const frames: readonly (readonly [object: string | object, more?: object])[] = [
    [
      { kind: 'auth', key },
      { kind: 'subscribe', sub: 'a', filter: { mpid: 'SUPX' } },
    ],
    [
      { kind: 'auth', token },
      { kind: 'subscribe', sub: token, filter: { meter: key } },
    ],
    [
      { kind: 'auth', token: demo?.adminToken },
      { kind: 'subscribe', sub: 'a', filter: { all: true } },
    ],
    [{ kind: 'auth', key: badKey }],
    [{ kind: 'auth', token: badKey }],
    [{ kind: 'auth', key, token }],
    [{ kind: 'auth', key: [key] }],
    [{ kind: key }],
    [`{"kind":"auth","key":"${key}`],
    [{ kind: 'subscribe', sub: 'a', filter: { mpid: key } }],
  ];
  const told = async (index: number, first: string | object, more: object | undefined, headers: Readonly<Record<string, string>>): Promise<void> => {
    const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/live/v1`, { ca, headers });
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    const heard: string[] = [];
    socket.on('error', (error) => void heard.push(String(error)));
    socket.on('close', (code, why) => void heard.push(`${code} ${String(why)}`));
    socket.on('message', (data) => void heard.push(String(data)));
    socket.on('open', () => {
      socket.send(typeof first === 'string' ? first : JSON.stringify(first));
      if (more) socket.send(JSON.stringify(more));
    });
    await until('the socket heard something', () => heard.length > (more ? 1 : 0), 15_000);
    world.keep(`live socket ${index}`, '');
    world.lateNotes.push(() => {
      socket.terminate();
      // The name that a client gives to a subscription is its own, and comes back to it alone.
      world.keep(`frames of live socket ${index}`, heard.join('\n').replaceAll(`"sub":${JSON.stringify(token)}`, '"sub":"…"'));
      return closed;
    });
  };
  const bad = `__Secure-mw-session=${world.plant('wrong cookie of a live socket')}`;
  await Promise.all([
    ...frames.map(([first, more], index) => told(index, first, more, {})),
    told(90, { kind: 'ping' }, undefined, { cookie, origin: url }),
    told(91, { kind: 'auth', key: badKey }, undefined, { cookie: bad, origin: url }),
  ]);
}

async function useConfiguration(world: PlantedWorld): Promise<void> {
  const inUrl = world.plant('MongoDB password');
  const mongodb = `mongodb://engine:${inUrl}@127.0.0.1:1/?authSource=admin`;
  const nats = world.plant('NATS password of the environment');
  const file = world.file(
    'config.json',
    JSON.stringify({ nats: { password: nats, token: nats }, store: { mongodb: { url: mongodb } }, dip: { apiKey: nats } }),
  );
  const broken = world.file('broken.json', `{"nats": {"password": "${nats}", }`);
  const wrong = world.file('wrong.json', JSON.stringify({ nats: { password: [nats], passwort: nats }, store: { mongodb: { url: { text: mongodb } } } }));
  const env = { MW_STORE_MONGODB_URL: mongodb, MW_NATS_PASSWORD: nats, MW_DIP_API_KEY: nats };
  await Promise.all([
    world.mw('config', '--config', file),
    world.mw('config', '--config', broken),
    world.mw('config', '--config', wrong),
    world.mwWith(env, 'config', '--json'),
    world.mwWith({ MW_NATS_PASSWROD: nats }, 'config'),
    world.mwWith({ MW_STORE_MONGODB_URL: `mongodb//engine:${inUrl}@127.0.0.1:1`, MW_NATS_URL: `nats://u:${nats}@127.0.0.1:1` }, 'config'),
  ]);
  // Starts that fail: the store cannot be reached, its address is none.
  for (const [index, url] of [`mongodb//engine:${inUrl}@127.0.0.1:1`, mongodb].entries()) {
    const args = ['--data', join(world.folder, `start-${index}`), '--port', '0', '--http-port', 'off', '--no-sim', '--store', 'mongodb'];
    const more = {
      MW_STORE_MONGODB_URL: url,
      MW_STORE_MONGODB_SELECTION_TIMEOUT_MS: '200',
      MW_NATS_URL: `nats://u:${nats}@127.0.0.1:1`,
      MW_LOG_LEVEL: 'debug',
    };
    const starting = run('ops/node/main.ts', args, more);
    const limit = setTimeout(() => starting.kill('SIGKILL'), 15_000);
    world.told(`a start that fails ${index}`, await starting.ended);
    clearTimeout(limit);
  }
}
