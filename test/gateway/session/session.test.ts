import anyTest, { type TestFn } from 'ava';
import { SESSION_COOKIE } from '../../../gateway/session/index.ts';
import { Page, startSecureWorld } from '../../support/gateway/browser.ts';
import { startMtsWorld } from '../../support/gateway/mts-world.ts';
import { startContractWorld } from '../contract/world.ts';

const test = anyTest as TestFn<Awaited<ReturnType<typeof startSecureWorld>>>;
const PASSWORD = 'correct horse battery';

test.beforeEach(async (t) => {
  t.context = await startSecureWorld();
});
test.afterEach.always((t) => t.context.close());

type Context = Awaited<ReturnType<typeof startSecureWorld>>;

const pageOf = ({ agent, gateway }: Context): Page => new Page(agent, gateway.url);

async function signedIn(context: Context, operator = 'local'): Promise<Page> {
  const page = pageOf(context);
  const { link } = await context.identity.createLink({ operator, by: 'test' });
  const { status } = await page.signIn({ link });
  if (status !== 201) throw new Error(`not signed in: ${status}`);
  return page;
}

test('a sign-in by name and password gives a cookie that no page can read, for /ops and /live, over HTTPS, of this site', async (t) => {
  await t.context.identity.addOperator({ name: 'ann', role: 'viewer', password: PASSWORD, by: 'test' });
  const answer = await pageOf(t.context).signIn({ name: 'ann', password: PASSWORD });
  t.is(answer.status, 201);
  t.like(answer.body, { kind: 'session', operator: 'ann', role: 'viewer', scopes: ['ops:read'] });
  t.is(answer.body.idleEndsAt - answer.body.createdAt, 30 * 60_000);
  t.is(answer.headers['cache-control'], 'no-store');
  const cookies = [answer.headers['set-cookie'] ?? []].flat();
  t.is(cookies.length, 2);
  for (const [index, path] of ['/ops', '/live'].entries())
    t.regex(cookies[index]!, new RegExp(`^${SESSION_COOKIE}=[A-Za-z0-9_-]{43}; Path=${path}; Max-Age=43(199|200); HttpOnly; Secure; SameSite=Strict$`));
});

test('a session reads what its role may, and says who it is and what its requests must repeat', async (t) => {
  const page = await signedIn(t.context);
  t.is((await page.ask('GET', '/ops/v1/keys')).status, 200);
  const { body } = await page.ask('GET', '/ops/v1/session');
  t.like(body, { kind: 'session', operator: 'local', role: 'operator', scopes: ['ops:read', 'ops:write'], key: page.key });
});

test('a session of an operator changes things; one of a viewer does not', async (t) => {
  const page = await signedIn(t.context);
  const made = await page.ask('POST', '/ops/v1/keys', { mpids: ['SUPX'] });
  t.like(made.body, { createdBy: 'operator:local' });
  await t.context.identity.addOperator({ name: 'vic', role: 'viewer', password: PASSWORD, by: 'test' });
  const viewer = await signedIn(t.context, 'vic');
  const refused = await viewer.ask('POST', '/ops/v1/keys', { mpids: ['SUPX'] });
  t.is(refused.status, 403);
  t.like(refused.body, { code: 'scope_missing' });
});

const foreign: Readonly<Record<string, Readonly<Record<string, string | undefined>>>> = {
  'another site': { origin: 'https://example.org', 'sec-fetch-site': 'cross-site' },
  'another port of this machine': { origin: 'https://127.0.0.1:9', 'sec-fetch-site': 'same-site' },
  'plain HTTP of the same name': { origin: 'http://127.0.0.1' },
  'no origin at all': { origin: undefined },
  'an opaque origin': { origin: 'null' },
  'no word of where from': { 'sec-fetch-site': undefined },
  'an address typed by hand': { 'sec-fetch-site': 'none' },
  'no key of the session': { 'x-mw-session': undefined },
  'another key': { 'x-mw-session': 'a'.repeat(64) },
  'a form': { 'content-type': 'application/x-www-form-urlencoded' },
  'text that a form may send': { 'content-type': 'text/plain' },
  'a body of no kind': { 'content-type': undefined },
};

for (const [from, changed] of Object.entries(foreign)) {
  test(`a cookie alone changes nothing: ${from}`, async (t) => {
    const page = await signedIn(t.context);
    const before = t.context.face.commands.length;
    const refused = await page.ask('POST', '/ops/v1/keys', { mpids: ['SUPX'] }, changed);
    t.is(refused.status, 403);
    t.like(refused.body, { code: 'foreign_request' });
    t.is(t.context.face.commands.length, before);
  });
}

test('the key of another session is not this one’s', async (t) => {
  const page = await signedIn(t.context);
  const other = await signedIn(t.context);
  t.is((await page.ask('POST', '/ops/v1/keys', { mpids: ['SUPX'] }, { 'x-mw-session': other.key })).status, 403);
});

test('a call without a body needs no content type, and all the rest', async (t) => {
  const page = await signedIn(t.context);
  const { body } = await page.ask('POST', '/ops/v1/tokens', { scopes: ['mts'], owner: 'mts', name: 'a name' });
  t.is((await page.ask('DELETE', `/ops/v1/tokens/${body.id}`, undefined, { origin: 'https://example.org' })).status, 403);
  t.is((await page.ask('DELETE', `/ops/v1/tokens/${body.id}`)).status, 200);
});

test('a cookie reads nothing for a page of another origin', async (t) => {
  const page = await signedIn(t.context);
  for (const changed of [{ 'sec-fetch-site': 'same-site' }, { 'sec-fetch-site': 'cross-site' }, { origin: 'https://127.0.0.1:9' }])
    t.like((await page.ask('GET', '/ops/v1/keys', undefined, changed)).body, { status: 403, code: 'foreign_request' });
  t.is((await page.ask('GET', '/ops/v1/keys', undefined, { 'sec-fetch-site': 'none' })).status, 200);
});

test('a cookie is nothing over plain HTTP, and nobody signs in there', async (t) => {
  const page = await signedIn(t.context);
  const headers = { cookie: page.cookie, 'content-type': 'application/json' };
  t.is((await t.context.fetch('/ops/v1/keys', { headers })).status, 401);
  const { link } = await t.context.identity.createLink({ by: 'test' });
  const refused = await t.context.fetch('/ops/v1/session', { method: 'POST', headers, body: JSON.stringify({ link }) });
  t.is(refused.status, 403);
  t.like(await refused.json(), { code: 'https_required' });
  t.is((await pageOf(t.context).signIn({ link })).status, 201);
});

test('where a trusted proxy ends TLS, its word is HTTPS; anybody else’s is not', async (t) => {
  for (const [trustedProxies, status] of [
    [['127.0.0.1'], 201],
    [['10.0.0.1'], 403],
  ] as const) {
    const world = await startMtsWorld({ mts: { trustedProxies: [...trustedProxies] } });
    t.teardown(() => world.close());
    const { link } = await world.identity.createLink({ by: 'test' });
    const headers = { 'x-forwarded-proto': 'https', 'content-type': 'application/json' };
    t.is((await world.call('POST', '/ops/v1/session', { plain: true, token: null, headers, body: { link } })).status, status);
  }
});

test('a cookie opens the operator’s API only: not the MTS API, not the suppliers’', async (t) => {
  const world = await startMtsWorld();
  t.teardown(() => world.close());
  const { link } = await world.identity.createLink({ by: 'test' });
  const page = new Page(world.agent, world.gateway.url);
  await page.signIn({ link });
  t.is((await page.ask('GET', '/ops/v1/meter-actions')).status, 200);
  t.is((await page.ask('GET', '/MTS/action-status?requestId=1')).status, 401);
  t.is((await page.ask('GET', '/requests/v1/SUPX')).status, 401);
});

test('another role ends the operator’s sessions, in the real engine too; so does a second password', async (t) => {
  const world = await startContractWorld();
  t.teardown(() => world.close());
  const token = { authorization: `Bearer ${world.token}`, 'content-type': 'application/json' };
  const asked = async (method: string, path: string, body?: unknown, headers: Record<string, string> = token) =>
    world.call(method, path, headers, body === undefined ? undefined : JSON.stringify(body));
  t.is((await asked('POST', '/ops/v1/operators', { name: 'ann', role: 'viewer', password: PASSWORD })).status, 201);
  for (const change of [{ role: 'operator' }, { password: 'another good horse' }]) {
    const { link } = JSON.parse((await asked('POST', '/ops/v1/login-links', { operator: 'ann' })).text);
    const answer = await asked('POST', '/ops/v1/session', { link }, { 'content-type': 'application/json' });
    const [cookie = ''] = [answer.headers['set-cookie'] ?? []].flat();
    const page = { cookie: cookie.split(';', 1)[0] ?? '' };
    t.is((await asked('GET', '/ops/v1/session', undefined, page)).status, 200);
    t.is((await asked('POST', '/ops/v1/operators/ann', change)).status, 200);
    t.is((await asked('GET', '/ops/v1/session', undefined, page)).status, 401);
  }
  t.is((await asked('DELETE', '/ops/v1/operators/ann')).status, 200);
  t.is((await asked('DELETE', '/ops/v1/operators/ann')).status, 404);
});

test('a token counts, not the cookie beside it', async (t) => {
  const page = await signedIn(t.context);
  t.is((await page.ask('GET', '/ops/v1/keys', undefined, { authorization: 'Bearer nonsense' })).status, 401);
  const { body } = await page.ask('GET', '/ops/v1/session', undefined, { authorization: `Bearer ${t.context.token}` });
  t.like(body, { kind: 'token', owner: 'tester' });
});

test('two cookies of that name that differ are none', async (t) => {
  const page = await signedIn(t.context);
  const planted = `${SESSION_COOKIE}=${'a'.repeat(43)}`;
  for (const cookie of [`${planted}; ${page.cookie}`, `${page.cookie}; ${planted}`])
    t.is((await page.ask('GET', '/ops/v1/keys', undefined, { cookie })).status, 401);
  t.is((await page.ask('GET', '/ops/v1/keys', undefined, { cookie: `x=1; ${page.cookie}; ${page.cookie}` })).status, 200);
});

test('log-out ends the session and takes the cookie away; a viewer may; a token has nothing to log out of', async (t) => {
  await t.context.identity.addOperator({ name: 'vic', role: 'viewer', password: PASSWORD, by: 'test' });
  const page = await signedIn(t.context, 'vic');
  t.is((await page.ask('DELETE', '/ops/v1/session', undefined, { origin: 'https://example.org' })).status, 403);
  const answer = await page.ask('DELETE', '/ops/v1/session');
  t.is(answer.status, 200);
  for (const cookie of [answer.headers['set-cookie'] ?? []].flat()) t.regex(cookie, /=; Path=\/(ops|live); Max-Age=0; /);
  t.is((await page.ask('GET', '/ops/v1/session')).status, 401);
  const byToken = await page.ask('DELETE', '/ops/v1/session', undefined, { authorization: `Bearer ${t.context.token}` });
  t.like(byToken.body, { status: 409, code: 'no_session' });
});

test('all sessions are ended by one call, the own one too', async (t) => {
  const [one, other] = [await signedIn(t.context), await signedIn(t.context)];
  t.deepEqual((await one.ask('DELETE', '/ops/v1/sessions?reason=drill')).body, { ended: 2 });
  for (const page of [one, other]) t.is((await page.ask('GET', '/ops/v1/session')).status, 401);
});

test('a sign-in that a page of another origin asks for is refused, before anything of it is looked at', async (t) => {
  const { link } = await t.context.identity.createLink({ by: 'test' });
  const page = pageOf(t.context);
  for (const changed of [{ origin: 'https://127.0.0.1:9' }, { 'sec-fetch-site': 'cross-site' }, { 'content-type': 'text/plain' }])
    t.like((await page.ask('POST', '/ops/v1/session', { link }, changed)).body, { status: 403, code: 'foreign_request' });
  t.is((await page.signIn({ link })).status, 201);
  t.like((await page.ask('POST', '/ops/v1/session', { link })).body, { status: 401, code: 'sign_in_refused' });
});

test('an unknown name and a wrong password are the same answer; too many are told to wait', async (t) => {
  await t.context.identity.addOperator({ name: 'ann', role: 'viewer', password: PASSWORD, by: 'test' });
  const page = pageOf(t.context);
  const wrong = await page.ask('POST', '/ops/v1/session', { name: 'ann', password: 'wrong horse' });
  const unknown = await page.ask('POST', '/ops/v1/session', { name: 'nobody', password: 'wrong horse' });
  t.is(wrong.status, 401);
  t.is(wrong.text, unknown.text);
  let slow = await page.ask('POST', '/ops/v1/session', { link: 'x' });
  for (let i = 0; i < 10 && slow.status === 401; i++) slow = await page.ask('POST', '/ops/v1/session', { link: 'x' });
  t.is(slow.status, 429);
  t.true(Number(slow.headers['retry-after']) >= 1);
});

test('names of checks are shown to a session too', async (t) => {
  const page = await signedIn(t.context);
  t.truthy((await page.ask('GET', '/health/ready')).body.checks);
});

test('what is kept of operators, sessions and links is not shown by why', async (t) => {
  await signedIn(t.context);
  for (const kind of ['session', 'login-link']) {
    const doc = [...t.context.people.docs.values()].find((each) => each.kind === kind);
    t.context.face.docs.set(doc!.id, doc!);
    const answer = await t.context.fetch(`/ops/v1/actors/${doc!.id}`, { headers: { authorization: `Bearer ${t.context.token}` } });
    t.is(((await answer.json()) as { snapshot: unknown }).snapshot, null);
  }
});
