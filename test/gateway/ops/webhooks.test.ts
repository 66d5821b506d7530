/** The operator's routes about webhooks, and `mw webhook` and `mw requests search|counts` over them. */
import test, { type ExecutionContext } from 'ava';
import type { CommandSpec } from '../../../ops/cli/command.ts';
import { requests } from '../../../ops/cli/commands/requests.ts';
import { webhook } from '../../../ops/cli/commands/webhook.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { startWorld } from '../../support/gateway/world.ts';
import { Receiver } from '../../support/receiver.ts';
import { type Ran, runCommand } from '../../support/run-command.ts';
import { isSigned, webhookWorld } from '../../support/webhook-world.ts';

async function opsWorld(t: ExecutionContext) {
  const clock = new FakeClock();
  const w = await webhookWorld({ clock });
  const gateway = await startWorld({}, { engine: w.engine, webhooks: w.webhooks, clock });
  const receiver = await Receiver.start();
  const ask = async (method: string, path: string, body?: unknown, token = gateway.token) => {
    const init = { method, headers: { authorization: `Bearer ${token}` }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
    const response = await gateway.fetch(`/ops/v1${path}`, init);
    // biome-ignore lint/suspicious/noExplicitAny: what came over the wire
    return { status: response.status, body: (await response.json()) as any };
  };
  t.teardown(async () => {
    receiver.close();
    await gateway.close();
    await w.close();
  });
  return {
    ...w,
    gateway,
    receiver,
    ask,
    mw: (spec: CommandSpec, ...args: readonly string[]): Promise<Ran> => runCommand(spec, [...args, '--url', gateway.base, '--token', gateway.token]),
  };
}

test('set shows the secret once; what is shown afterwards has none', async (t) => {
  const w = await opsWorld(t);
  const set = await w.ask('POST', '/webhooks/SUPX', { url: w.receiver.url() });
  t.like(set, { status: 200, body: { mpid: 'SUPX', state: 'on', changedBy: 'tester' } });
  t.regex(set.body.secret, /^whsec_/);
  for (const path of ['/webhooks/SUPX', '/webhooks', '/actors/webhook:SUPX']) {
    const shown = await w.ask('GET', path);
    t.is(shown.status, 200, path);
    t.notRegex(JSON.stringify(shown.body), /whsec_|sealed/, path);
  }
  t.is((await w.ask('POST', '/webhooks/SUPX', {})).body.secret, undefined);
  t.regex((await w.ask('POST', '/webhooks/SUPX', { rotate: true })).body.secret, /^whsec_/);
});

test('a viewer reads and changes nothing; what is not there or not ours is 404; what is wrong is named', async (t) => {
  const w = await opsWorld(t);
  const { token } = await w.gateway.access.createToken({ scopes: ['ops:read'], owner: 'viewer', expiresAt: null, by: 'test' });
  for (const path of ['', '/test', '/off']) t.is((await w.ask('POST', `/webhooks/SUPX${path}`, {}, token)).status, 403, path);
  t.is((await w.ask('GET', '/webhooks', undefined, token)).status, 200);
  for (const [method, path] of [
    ['GET', '/webhooks/SUPX'],
    ['POST', '/webhooks/SUPX/test'],
    ['POST', '/webhooks/SUPX/off'],
    ['POST', '/webhooks/EVIL'],
    ['GET', '/webhooks/nobody'],
  ] as const) {
    t.like(await w.ask(method, path, method === 'POST' ? {} : undefined), { status: 404, body: { code: 'no_such_webhook' } }, path);
  }
  t.like(await w.ask('POST', '/webhooks/SUPX', { url: 'http://receiver.test/' }), {
    status: 422,
    body: { code: 'invalid_value', detail: 'url: must begin with https://' },
  });
  t.like(await w.ask('POST', '/webhooks/SUPX', { url: 'https://10.0.0.1/' }), { status: 422 });
  t.like(await w.ask('POST', '/webhooks/SUPX', { colour: 'red' }), { status: 422 });
  t.is((await w.ask('GET', '/webhooks?cursor=%00')).status, 422);
});

test.serial('mw webhook: set prints the secret alone, test says what came of it, list shows, off ends', async (t) => {
  const w = await opsWorld(t);
  const set = await w.mw(webhook, 'set', 'SUPX', w.receiver.url());
  t.is(set.code, 0);
  t.regex(set.out, /^whsec_\S+\n$/);
  const tested = await w.mw(webhook, 'test', 'SUPX');
  t.is(tested.code, 0);
  t.regex(tested.out, /^SUPX: delivered: answered 200 after \d+ ms, webhook-id webhook:SUPX\/test\//);
  t.true(isSigned(w.receiver.received[0]!, set.out.trim()));
  w.receiver.answer = (_request, response) => void response.writeHead(500).end();
  t.is((await w.mw(webhook, 'test', 'SUPX')).code, 1);
  t.regex((await w.mw(webhook, 'list')).out, /SUPX +on +\S+ +https:\/\/receiver\.test/);
  t.is((await w.mw(webhook, 'off', 'SUPX', '--reason', 'moved')).out, 'SUPX: off\n');
  t.is((await w.ask('GET', '/webhooks/SUPX')).body.state, 'off');
});

test.serial('mw requests search and counts', async (t) => {
  const w = await opsWorld(t);
  const process = await w.ended();
  t.regex((await w.mw(requests, 'search', '--mpan', process.key)).out, new RegExp(`${process.id} +FAILED`));
  t.deepEqual(JSON.parse((await w.mw(requests, 'counts', '--kind', 'appointment', '--by', 'state', '--json')).out), [{ state: 'FAILED', count: 1 }]);
});

test('keys and tokens are listed page by page', async (t) => {
  const w = await opsWorld(t);
  for (let n = 0; n < 5; n++) await w.gateway.access.createKey({ mpids: ['SUPX'], label: `k${n}`, rate: null, by: 'test' });
  const labels: string[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const { body }: { body: { items: { label: string }[]; cursor: string | null } } = await w.ask(
      'GET',
      `/keys?limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`,
    );
    t.true(body.items.length <= 2);
    labels.push(...body.items.map(({ label }) => label));
    cursor = body.cursor;
  }
  t.deepEqual(labels.toSorted(), ['k0', 'k1', 'k2', 'k3', 'k4', 'test']);
  t.is((await w.ask('GET', '/tokens?limit=1')).body.items.length, 1);
});
