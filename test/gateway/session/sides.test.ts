import test from 'ava';
import { isHousePath, parseListen } from '../../../gateway/http/sides.ts';
import { Page, startSecureWorld } from '../../support/gateway/browser.ts';

test('dashboard, extras, operator’s API, docs, metrics and health are the house’s; the rest is for all', (t) => {
  for (const path of ['/', '/assets/:file', '/extras/mts-api', '/ops/v1/session', '/docs', '/docs/start.js', '/metrics', '/health/live', '/health/ready'])
    t.true(isHousePath(path), path);
  for (const path of ['/requests/v1/:p', '/MTS/time-update', '/dip/inbound/status', '/live/v1', '/openapi.json', '/asyncapi.json', '/opsx', '/healthy'])
    t.false(isHousePath(path), path);
});

test('a listener is named by host and port', (t) => {
  t.deepEqual(parseListen('10.0.0.1:9443'), { host: '10.0.0.1', port: 9443 });
  t.deepEqual(parseListen('[::1]:0'), { host: '::1', port: 0 });
  for (const text of ['', '9443', 'host', 'host:', 'host:99999', ':1', 'a b:1', 'https://h:1']) t.is(parseListen(text), undefined, text);
});

test('a listener of their own takes them off the public port', async (t) => {
  const world = await startSecureWorld({ opsListen: '127.0.0.1:0' });
  t.teardown(() => world.close());
  const { url, opsUrl } = world.gateway;
  t.not(url, opsUrl);
  const front = new Page(world.agent, url);
  const house = new Page(world.agent, opsUrl);
  const token = { authorization: `Bearer ${world.token}` };
  for (const path of ['/ops/v1/keys', '/health/live', '/health/ready']) {
    t.is((await front.ask('GET', path, undefined, token)).status, 404, path);
    t.is((await house.ask('GET', path, undefined, token)).status, 200, path);
  }
  t.is((await front.ask('GET', '/requests/v1/SUPX', undefined, { 'x-api-key': world.key })).status, 200);
});

test('a session of one listener is signed in from a page of that listener only', async (t) => {
  const world = await startSecureWorld({ opsListen: '127.0.0.1:0' });
  t.teardown(() => world.close());
  const { link } = await world.identity.createLink({ by: 'test' });
  const house = new Page(world.agent, world.gateway.opsUrl);
  t.is((await house.ask('POST', '/ops/v1/session', { link }, { origin: world.gateway.url })).status, 403);
  t.is((await house.signIn({ link })).status, 201);
});
