/**
 * Pages of others. A browser sends the session's cookie along from every page of this machine's name, whatever its port, so such a page
 * is the strongest there is; one of another name is the usual one.
 */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import type { Page } from 'playwright-core';
import { tlsFiles } from '../../gateway/tls/index.ts';
import { browserTest, chromiumMissing } from '../support/chromium.ts';
import { openPage, type Pages, startPages } from '../support/pages.ts';
import { BRISK } from '../support/process/index.ts';

let pages: Pages;
let server: Server;
let folder: string;

test.before(async () => {
  if (chromiumMissing !== undefined) return;
  pages = await startPages({ settings: BRISK });
  folder = mkdtempSync(join(tmpdir(), 'mw-foreign-'));
  const { keyFile, certFile } = await tlsFiles({ folder, now: Date.now(), names: ['127.0.0.1'] });
  server = createServer({ key: readFileSync(keyFile), cert: readFileSync(certFile) }, (_request, answer) => {
    answer.setHeader('content-type', 'text/html').end('<!doctype html><title>Elsewhere</title><p>Elsewhere</p>');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
test.after.always(async () => {
  server?.close();
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  await pages?.remove();
});

const elsewhere = (host: string): string => `https://${host}:${(server.address() as AddressInfo).port}/`;

interface Token {
  readonly owner: string;
  readonly revokedAt: number | null;
}
const tokens = async (): Promise<readonly Token[]> => (await pages.installation.operator.get<{ items: readonly Token[] }>('/ops/v1/tokens')).json.items;

/** A request with the cookie, as a page may make it. Its answer's status, `opaque`, or why the browser would not say. */
async function attempt(page: Page, path: string, init: object): Promise<string> {
  const call = `fetch(${JSON.stringify(pages.url + path)}, ${JSON.stringify({ credentials: 'include', ...init })})`;
  return (await page.evaluate(`${call}.then((answer) => answer.type === 'opaque' ? 'opaque' : String(answer.status), (error) => error.name)`)) as string;
}

/** Opens a socket and asks for everything: the frames that came until it was closed, or for as long as one would take. */
async function listen(page: Page): Promise<readonly string[]> {
  const url = `${pages.url.replace(/^https/, 'wss')}/live/v1`;
  return (await page.evaluate(`new Promise((resolve) => {
    const frames = [];
    const socket = new WebSocket(${JSON.stringify(url)});
    const done = () => resolve(frames);
    socket.onopen = () => socket.send(JSON.stringify({ kind: 'subscribe', sub: 'all', filter: { all: true } }));
    socket.onmessage = ({ data }) => { frames.push(JSON.parse(data).kind); if (frames.includes('snapshot')) done(); };
    socket.onerror = socket.onclose = done;
    setTimeout(done, 3000);
  })`)) as readonly string[];
}

const TOKEN = { scopes: ['ops:read', 'ops:write'], owner: 'intruder' };
const PLACES = [
  { name: 'another port of the same name', host: '127.0.0.1', isSameSite: true },
  { name: 'another name', host: 'localhost', isSameSite: false },
] as const;

for (const { name, host, isSameSite } of PLACES) {
  browserTest(`a page on ${name} can change nothing with the session of whoever looks at it`, async (t) => {
    const { page, context } = await openPage(t);
    await page.goto(await pages.link());
    await page.getByRole('heading', { name: 'Extras – MTS API' }).waitFor();
    const before = await tokens();

    const sent: (string | undefined)[] = [];
    context.on('request', (request) => {
      if (request.url().startsWith(pages.url))
        void request.allHeaders().then(
          ({ cookie }) => sent.push(cookie),
          () => {},
        );
    });
    await page.goto(elsewhere(host));
    const body = JSON.stringify(TOKEN);
    t.is(await attempt(page, '/ops/v1/tokens', {}), 'TypeError', 'what is there cannot be read');
    t.is(await attempt(page, '/ops/v1/session', {}), 'TypeError', 'nor the key that changes need');
    t.is(await attempt(page, '/ops/v1/tokens', { method: 'POST', mode: 'no-cors', headers: { 'content-type': 'text/plain' }, body }), 'opaque');
    for (const headers of [{ 'content-type': 'application/json' }, { 'content-type': 'application/json', 'x-mw-session': 'guess' }]) {
      t.is(await attempt(page, '/ops/v1/tokens', { method: 'POST', headers, body }), 'TypeError');
    }
    t.is(await attempt(page, '/ops/v1/session', { method: 'DELETE' }), 'TypeError');
    t.is(
      await attempt(page, '/ops/v1/session', { method: 'POST', mode: 'no-cors', headers: { 'content-type': 'text/plain' }, body: '{"link":"x"}' }),
      'opaque',
    );

    // A form needs no permission to be sent. The text of this one is JSON.
    const answered = page.waitForResponse((answer) => answer.url() === `${pages.url}/ops/v1/tokens` && answer.request().method() === 'POST');
    const [whole, rest] = [`${body.slice(0, -1)},"x":"`, '"}'];
    await page.evaluate(`{
      const form = Object.assign(document.createElement('form'), { method: 'post', enctype: 'text/plain', action: ${JSON.stringify(`${pages.url}/ops/v1/tokens`)} });
      const field = Object.assign(document.createElement('input'), { name: ${JSON.stringify(whole)}, value: ${JSON.stringify(rest)} });
      form.append(field);
      document.body.append(form);
      form.submit();
    }`);
    t.is((await answered).status(), isSameSite ? 403 : 401);
    await page.waitForURL(`${pages.url}/ops/v1/tokens`);

    t.deepEqual(await tokens(), before);
    t.is(
      sent.some((cookie) => cookie?.includes('__Secure-mw-session')),
      isSameSite,
      'the cookie was sent along where browsers do that',
    );
    await page.goto(`${pages.url}/extras/mts-api`);
    await page.getByRole('heading', { name: 'Extras – MTS API' }).waitFor();
    t.pass('the session goes on');
  });

  browserTest(`a page on ${name} can open no live socket with the cookie`, async (t) => {
    const { page } = await openPage(t);
    await page.goto(await pages.link());
    await page.getByRole('heading', { name: 'Extras – MTS API' }).waitFor();
    t.true((await listen(page)).includes('snapshot'), 'our own page can');
    await page.goto(elsewhere(host));
    t.false((await listen(page)).some((kind) => kind !== 'error'));
  });
}

browserTest('no page of others shows ours in a frame', async (t) => {
  const { page } = await openPage(t);
  await page.goto(elsewhere('127.0.0.1'));
  const refused = page.waitForEvent('console', (message) => /frame-ancestors/.test(message.text()));
  await page.evaluate(`document.body.append(Object.assign(document.createElement('iframe'), { src: ${JSON.stringify(`${pages.url}/extras/mts-api`)} }))`);
  await refused;
  t.false(page.frames().some((frame) => frame.url().startsWith(pages.url)));
});
