/** `/docs` in a real browser: it reads both documents offline, and lets one try a call with nothing but the key that was entered. */
import type { ExecutionContext } from 'ava';
import test from 'ava';
import type { Page, Request } from 'playwright-core';
import { type ContractWorld, startContractWorld } from '../gateway/contract/world.ts';
import { browserTest, openContext } from '../support/chromium.ts';

let world: ContractWorld;
test.before(async () => {
  world = await startContractWorld();
});
test.after.always(() => world.close());

const READY_MS = 60_000;

interface Seen {
  readonly page: Page;
  readonly requests: Request[];
  /** Of the console, and of what was thrown. */
  readonly complaints: string[];
}

async function open(t: ExecutionContext, fragment = ''): Promise<Seen> {
  t.timeout(READY_MS * 2);
  const context = await openContext(t, { viewport: { width: 1300, height: 1000 } });
  context.setDefaultTimeout(READY_MS);
  // A session of somebody who is signed in in the same browser.
  const { hostname } = new URL(world.gateway.url);
  await context.addCookies([{ name: 'planted', value: 'secret', domain: hostname, path: '/', secure: true, httpOnly: true, sameSite: 'Strict' }]);
  const page = await context.newPage();
  const requests: Request[] = [];
  const complaints: string[] = [];
  page.on('request', (request) => requests.push(request));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  await page.goto(`${world.gateway.url}/docs${fragment}`);
  return { page, requests, complaints };
}

function isOurs(t: ExecutionContext, { requests, complaints }: Seen): void {
  const { origin } = new URL(world.gateway.url);
  const foreign = requests
    .map((request) => request.url())
    .filter((url) => !url.startsWith(`${origin}/`) && !url.startsWith('data:') && !url.startsWith('blob:'));
  t.deepEqual(foreign, []);
  t.deepEqual(complaints, []);
}

browserTest('/docs reads the HTTP interfaces without a call to another host and without a complaint', async (t) => {
  const seen = await open(t);
  await seen.page.getByRole('heading', { name: 'Meterwright', exact: true }).waitFor();
  await seen.page.getByRole('heading', { name: 'Appointments' }).first().waitFor();
  await seen.page.getByText('Read the progress of requests').first().waitFor();
  isOurs(t, seen);
  const text = (await seen.page.locator('#docs').textContent()) ?? '';
  for (const unwanted of [/open api client/i, /ask ai/i, /\bMCP\b/, /developer tools/i, /\bDeploy\b/, /\bShare\b/]) t.notRegex(text, unwanted);
});

browserTest('/docs reads the events', async (t) => {
  const seen = await open(t, '#events');
  await seen.page.getByRole('heading', { name: 'Meterwright: events' }).waitFor();
  await seen.page.getByText('Live sockets').first().waitFor();
  isOurs(t, seen);
});

browserTest('an appointment is made with the example as it stands, the key that was entered and no cookie; the key is kept nowhere', async (t) => {
  const seen = await open(t);
  const { page } = seen;
  await page.getByRole('button', { name: /Test Request.*\/appoint/ }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('X-API-KEY').first().waitFor();
  await dialog.locator('input:not([type="checkbox"])').first().fill(world.key);
  const answered = page.waitForResponse((response) => response.url().endsWith('/appoint'));
  await dialog.getByRole('button', { name: /^Send post request/ }).click();
  const response = await answered;
  t.is(response.status(), 202, await response.text());
  const headers = await response.request().allHeaders();
  t.is(headers['x-api-key'], world.key);
  t.is(headers.cookie, undefined);
  isOurs(t, seen);
  // Both live in the browser's world, where the types of this project end.
  const kept = (await page.evaluate('JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])')) as string;
  t.false(kept.includes(world.key));
  t.deepEqual(await page.evaluate('indexedDB.databases()'), []);
});
