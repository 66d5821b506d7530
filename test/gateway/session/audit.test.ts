import anyTest, { type TestFn } from 'ava';
import { OPS_HEADERS } from '../../../gateway/ops/guard.ts';
import { type ContractWorld, startContractWorld } from '../contract/world.ts';

const test = anyTest as TestFn<ContractWorld>;

test.beforeEach(async (t) => {
  t.context = await startContractWorld();
});
test.afterEach.always((t) => t.context.close());

/** Signing in and out have rules of their own. */
const SESSION = '/ops/v1/session';

const writesOf = ({ routes }: ContractWorld) => routes.filter(({ method, path }) => path.startsWith('/ops/') && method !== 'GET' && path !== SESSION);

const filled = (path: string): string => path.replaceAll(/:[^/]+/g, 'one%20thing');

async function trail(world: ContractWorld, query = ''): Promise<Record<string, unknown>[]> {
  const { text } = await world.call('GET', `/ops/v1/audit${query}`, { authorization: `Bearer ${world.token}` });
  return (JSON.parse(text) as { items: Record<string, unknown>[] }).items;
}

async function signIn(world: ContractWorld): Promise<{ readonly headers: Record<string, string>; readonly link: string }> {
  const json = { 'content-type': 'application/json' };
  const made = await world.call('POST', '/ops/v1/login-links', { ...json, authorization: `Bearer ${world.token}` }, '{}');
  const { link } = JSON.parse(made.text) as { link: string };
  const answer = await world.call('POST', SESSION, json, JSON.stringify({ link }));
  const { key } = JSON.parse(answer.text) as { key: string };
  const [cookie = ''] = [answer.headers['set-cookie'] ?? []].flat();
  return { headers: { cookie: cookie.split(';', 1)[0] ?? '', origin: world.gateway.url, 'sec-fetch-site': 'same-origin', 'x-mw-session': key }, link };
}

test('whatever changes something is in the audit trail: who, what, upon what, why, from where, and how it ended', async (t) => {
  const writes = writesOf(t.context);
  t.true(writes.length >= 25, `${writes.length}`);
  const body = JSON.stringify({ reason: 'a drill', note: 'a drill' });
  const statuses = new Map<string, number>();
  for (const { method, path, body: kind } of writes) {
    const hasBody = kind === 'whole';
    const headers = { authorization: `Bearer ${t.context.token}`, ...(kind === 'none' ? {} : { 'content-type': 'application/json' }) };
    const at = `${filled(path)}${kind === 'none' && path !== '/ops/v1/sessions' ? '?reason=a%20drill' : ''}`;
    const { status } = await t.context.call(method, at, headers, hasBody ? body : kind === 'stream' ? '' : undefined);
    statuses.set(`${method} ${path}`, status);
  }
  const items = await trail(t.context, '?limit=500');
  for (const { method, path, body: kind } of writes) {
    const what = `${method} ${path}`;
    const mine = items.filter((item) => item.what === what);
    t.is(mine.length, 1, what);
    const status = statuses.get(what) ?? 0;
    t.like(mine[0], { who: 'contract', by: { kind: 'token' }, from: '127.0.0.1', status, outcome: status < 400 ? 'done' : 'refused' }, what);
    t.true(typeof mine[0]!.at === 'number' && typeof mine[0]!.endedAt === 'number');
    if (path.includes('/:')) t.regex(String(mine[0]!.subject), /one thing/, what);
    if (kind === 'whole') t.is(mine[0]!.why, 'a drill', what);
  }
  t.is(items.length, writes.length, 'and nothing that only reads');
});

test('no route that changes something does so by a cookie alone; each asks the wire for what its guard looks at', async (t) => {
  const { headers } = await signIn(t.context);
  const before = (await trail(t.context)).length;
  for (const { method, path, body, headers: asked } of writesOf(t.context)) {
    t.is(asked, OPS_HEADERS, path);
    const { status, text } = await t.context.call(method, filled(path), { ...headers, origin: 'https://127.0.0.1:9' }, body === 'none' ? undefined : '{}');
    t.is(status, 403, `${method} ${path}`);
    t.like(JSON.parse(text), { code: 'foreign_request' });
  }
  t.is((await trail(t.context)).length, before);
});

test('every route of the operator asks who it is', async (t) => {
  for (const { method, path, body } of t.context.routes.filter((route) => route.path.startsWith('/ops/'))) {
    if (method === 'POST' && path === SESSION) continue;
    const { status } = await t.context.call(method, filled(path), {}, body === 'none' ? undefined : '{}');
    t.is(status, 401, `${method} ${path}`);
  }
});

test('a viewer changes nothing, and what was refused to a viewer is no act', async (t) => {
  const json = { 'content-type': 'application/json', authorization: `Bearer ${t.context.token}` };
  await t.context.call('POST', '/ops/v1/operators', json, JSON.stringify({ name: 'vic', role: 'viewer', password: 'correct horse battery' }));
  const made = await t.context.call('POST', '/ops/v1/login-links', json, JSON.stringify({ operator: 'vic' }));
  const answer = await t.context.call('POST', SESSION, { 'content-type': 'application/json' }, JSON.stringify({ link: JSON.parse(made.text).link }));
  const [cookie = ''] = [answer.headers['set-cookie'] ?? []].flat();
  const page = {
    cookie: cookie.split(';', 1)[0] ?? '',
    origin: t.context.gateway.url,
    'sec-fetch-site': 'same-origin',
    'content-type': 'application/json',
    'x-mw-session': JSON.parse(answer.text).key,
  };
  const before = (await trail(t.context)).length;
  for (const { method, path, body } of writesOf(t.context)) {
    const { status, text } = await t.context.call(method, filled(path), page, body === 'none' ? undefined : '{}');
    t.is(status, 403, `${method} ${path}`);
    t.like(JSON.parse(text), { code: 'scope_missing', scope: 'ops:write' });
  }
  t.is((await trail(t.context)).length, before);
});

test('signing in and out are acts', async (t) => {
  const { headers } = await signIn(t.context);
  await t.context.call('DELETE', SESSION, headers);
  const [out, signedIn, link] = await trail(t.context);
  t.like(out, { what: `DELETE ${SESSION}`, who: 'operator:local', by: { kind: 'session' }, outcome: 'done' });
  t.like(signedIn, { what: 'sign in', who: 'operator:local', by: { kind: 'link' }, from: '127.0.0.1', outcome: 'done' });
  t.like(link, { what: 'POST /ops/v1/login-links', who: 'contract' });
  t.regex(String(link!.subject), /^login-link:[0-9a-f]{16} of operator:local$/);
});

test('the trail tells what was made by its id, and holds no secret', async (t) => {
  const json = { 'content-type': 'application/json', authorization: `Bearer ${t.context.token}` };
  const key = JSON.parse((await t.context.call('POST', '/ops/v1/keys', json, JSON.stringify({ mpids: ['SUPX'], reason: 'a new system' }))).text);
  const token = JSON.parse((await t.context.call('POST', '/ops/v1/tokens', json, JSON.stringify({ scopes: ['mts'], owner: 'mts', name: 'night' }))).text);
  await t.context.call('POST', '/ops/v1/operators', json, JSON.stringify({ name: 'ann', role: 'operator', password: 'correct horse battery' }));
  const { headers, link } = await signIn(t.context);
  const items = await trail(t.context);
  const about = items.map(({ subject }) => subject);
  t.true(about.includes(`api-key:${key.id} of SUPX`));
  t.true(about.includes(`token:${token.id} of mts, mts`));
  t.true(about.includes('operator:ann operator'));
  t.true(items.some(({ why }) => why === 'a new system'));
  const whole = JSON.stringify(items);
  const secrets = [key.key, token.token, 'correct horse battery', link, headers['x-mw-session'] ?? '-', (headers.cookie ?? '').split('=')[1] ?? '-'];
  for (const secret of secrets) t.false(whole.includes(secret));
});

test('the trail is read by page and by time', async (t) => {
  const json = { 'content-type': 'application/json', authorization: `Bearer ${t.context.token}` };
  for (let i = 0; i < 3; i++) await t.context.call('POST', '/ops/v1/keys', json, JSON.stringify({ mpids: ['SUPX'], reason: `number ${i}` }));
  const first = JSON.parse((await t.context.call('GET', '/ops/v1/audit?limit=2', json)).text);
  const rest = JSON.parse((await t.context.call('GET', `/ops/v1/audit?limit=2&cursor=${encodeURIComponent(first.cursor)}`, json)).text);
  t.deepEqual(
    [...first.items, ...rest.items].map(({ why }) => why),
    ['number 2', 'number 1', 'number 0'],
  );
  t.is(rest.cursor, null);
  t.deepEqual(await trail(t.context, '?to=2000-01-01'), []);
  t.is((await trail(t.context, '?from=2000-01-01')).length, 3);
  t.is((await t.context.call('GET', '/ops/v1/audit?from=yesterday', json)).status, 422);
});

test('an act that cannot be written down is not done', async (t) => {
  const json = { 'content-type': 'application/json', authorization: `Bearer ${t.context.token}` };
  await t.context.engine.stop();
  const { status } = await t.context.call('POST', '/ops/v1/dtn/flush', json, '{}');
  t.is(status, 503);
});

test('a link that is used twice at the same time signs in once', async (t) => {
  const json = { 'content-type': 'application/json' };
  const made = await t.context.call('POST', '/ops/v1/login-links', { ...json, authorization: `Bearer ${t.context.token}` }, '{}');
  const body = JSON.stringify({ link: JSON.parse(made.text).link });
  const both = await Promise.all([t.context.call('POST', SESSION, json, body), t.context.call('POST', SESSION, json, body)]);
  t.deepEqual(both.map(({ status }) => status).sort(), [201, 401]);
});
