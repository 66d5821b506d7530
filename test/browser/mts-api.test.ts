/** The page *Extras – MTS API* in a real browser, against the real program with its simulated meters. */

import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import test from 'ava';
import type { Page } from 'playwright-core';
import type { ListedMeter } from '../../ops/sim/meters/fleet.ts';
import { browserTest, chromiumMissing } from '../support/chromium.ts';
import { openPage, type Pages, startPages } from '../support/pages.ts';
import { BRISK, Mts } from '../support/process/index.ts';

let pages: Pages;
test.before(async () => {
  if (chromiumMissing === undefined)
    pages = await startPages({ settings: { ...BRISK, sim: { ...BRISK.sim, meters: true }, access: { lastUseIntervalMs: 1_000 } } });
});
test.after.always(() => pages?.remove());

async function signedIn(page: Page, operator?: string): Promise<void> {
  await page.goto(await pages.link(operator));
  await page.getByRole('heading', { name: 'Extras – MTS API' }).waitFor();
}

/** A meter that answers over TCP. */
function meter(): ListedMeter {
  const file = pages.installation.program.connect.demo?.metersFile ?? '';
  const listed = JSON.parse(readFileSync(file, 'utf8')) as readonly ListedMeter[];
  const found = listed.find(({ meterType, remoteAddress }) => meterType === 'ISKRA_MX37X' && !/^\d+$/.test(remoteAddress));
  if (!found) throw new Error('no such meter');
  return found;
}

browserTest("a token made on the page sets a meter's clock, and is refused once it is deleted there", async (t) => {
  const { page, context, complaints } = await openPage(t);
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await signedIn(page);
  await page.getByRole('button', { name: 'Create new token' }).click();
  const dialog = page.getByRole('dialog', { name: 'Create new token' });
  await dialog.getByLabel('Name').fill('Night batch');
  await dialog.getByLabel('Owner label').fill('browser');
  await dialog.getByLabel('Validity').selectOption({ label: '7 days' });
  t.is(await dialog.getByLabel('Scope').locator('option:checked').textContent(), 'MTS Actions API');
  await dialog.getByRole('button', { name: 'Create token' }).click();

  const made = page.getByRole('dialog', { name: 'Your new token' });
  const token = (await made.getByLabel('The token').textContent()) ?? '';
  t.regex(token, /^mwt_[0-9a-f]{16}_\w{22,}$/);
  await made.getByRole('button', { name: 'Copy' }).click();
  await made.getByText('Copied').first().waitFor();
  t.is(await page.evaluate('navigator.clipboard.readText()'), token);
  await made.getByRole('button', { name: 'Done' }).click();

  const row = page.getByRole('row', { name: /Night batch/ });
  await row.waitFor();
  t.regex((await row.textContent()) ?? '', /browser.*MTS Actions API.*never/);
  t.false((await page.content()).includes(token), 'the secret is nowhere on the page any more');

  const mts = new Mts(() => pages.installation.program.connect, token);
  const ended = await mts.ended(await mts.update(meter()));
  t.is(ended.result, 'SUCCESS', JSON.stringify(ended));
  // The list is kept fresh: nobody touches the page here.
  await row.getByText('just now').waitFor();

  // However late the next list comes.
  await page.route(/\/ops\/v1\/tokens(\?|$)/, async (route) => {
    await pause(1_000);
    await route.continue();
  });
  await row.getByRole('button', { name: 'Delete Night batch' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete token' }).click();
  await page.getByText('Deleted: Night batch').waitFor();
  t.is(await row.count(), 0);
  t.is((await mts.call(`/MTS/action-status?requestId=${ended.requestId}`)).status, 401);
  t.deepEqual(complaints, []);
});

browserTest('a sign-in link leaves the address bar at once, and works once', async (t) => {
  const link = await pages.link();
  const first = await openPage(t);
  await first.page.goto(link);
  await first.page.getByRole('heading', { name: 'Extras – MTS API' }).waitFor();
  t.is(first.page.url(), `${pages.url}/extras/mts-api`);
  t.is(await first.page.evaluate('history.length'), 2, 'no entry of the history has it');

  const second = await openPage(t);
  await second.page.goto(link);
  await second.page.getByRole('alert').getByText('not good any more').waitFor();
  t.is(second.page.url(), `${pages.url}/extras/mts-api`);
  await second.page.getByRole('heading', { name: 'Sign in' }).waitFor();
  t.deepEqual([...first.complaints, ...second.complaints], []);
});

browserTest('the session is a cookie that no script can read, and logging out ends it', async (t) => {
  const { page, context } = await openPage(t);
  await signedIn(page);
  const cookies = await context.cookies();
  t.deepEqual(cookies.map(({ path }) => path).sort(), ['/live', '/ops']);
  for (const cookie of cookies) t.like(cookie, { name: '__Secure-mw-session', httpOnly: true, secure: true, sameSite: 'Strict' });
  await page.reload();
  await page.getByRole('heading', { name: 'Extras – MTS API' }).waitFor();
  await page.getByRole('button', { name: 'Log out' }).click();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  t.deepEqual(await context.cookies(), []);
  // Whoever kept a copy of the cookie has nothing.
  await context.addCookies(cookies);
  await page.reload();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
});

browserTest('name and password sign in; a wrong password says so and leaves the name', async (t) => {
  const password = 'correct horse battery';
  t.is((await pages.installation.operator.post('/ops/v1/operators', { name: 'jane', role: 'operator', password })).status, 201);
  const { page, complaints } = await openPage(t);
  await page.goto(`${pages.url}/extras/mts-api`);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText('Give your name').waitFor();
  await page.waitForFunction('document.activeElement.name === "name"');
  await page.getByLabel('Name').fill('jane');
  await page.getByLabel('Password').fill('wrong password at all');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText('Name or password is wrong.').waitFor();
  t.is(await page.getByLabel('Name').inputValue(), 'jane');
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { name: 'Extras – MTS API' }).waitFor();
  t.regex((await page.getByRole('banner').textContent()) ?? '', /jane operator/);
  t.deepEqual(complaints, []);
});

browserTest("a supplier's key made on the page opens its MPIDs, and nothing once it is deleted", async (t) => {
  const { page, complaints } = await openPage(t);
  await signedIn(page);
  await page.getByRole('button', { name: 'Create new key' }).click();
  const dialog = page.getByRole('dialog', { name: 'Create new supplier key' });
  await dialog.getByLabel('MPIDs').fill('supx, zzzz');
  await dialog.getByLabel('Label').fill('Billing');
  await dialog.getByLabel('Requests per second').fill('25');
  await dialog.getByRole('button', { name: 'Create key' }).click();
  // What the engine refuses stands at the field it is about.
  await dialog.getByText('Must be own suppliers: ZZZZ').waitFor();
  await page.waitForFunction('document.activeElement.name === "mpids"');
  await dialog.getByLabel('MPIDs').fill('supx');
  await dialog.getByRole('button', { name: 'Create key' }).click();
  const made = page.getByRole('dialog', { name: 'Your new supplier key' });
  const key = (await made.getByLabel('The key').textContent()) ?? '';
  await made.getByRole('button', { name: 'Done' }).click();
  const row = page.getByRole('row', { name: /Billing/ });
  t.regex((await row.textContent()) ?? '', /SUPX.*25 a second/);

  const { httpUrl } = pages.installation.program.connect;
  const listed = (): Promise<number> => fetch(`${httpUrl}/requests/v1/SUPX`, { headers: { 'x-api-key': key } }).then(({ status }) => status);
  t.is(await listed(), 200);
  await row.getByRole('button', { name: 'Delete Billing' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete key' }).click();
  await page.getByText('Deleted: Billing').waitFor();
  t.is(await listed(), 401);
  t.deepEqual(complaints, []);
});

browserTest('validity: a date counts to its end, one in the past is refused at the field, and none may be chosen', async (t) => {
  const { page } = await openPage(t);
  await signedIn(page);
  const create = async (name: string, choice: string, date?: string): Promise<void> => {
    await page.getByRole('button', { name: 'Create new token' }).click();
    await page.getByLabel('Name').fill(name);
    await page.getByLabel('Validity').selectOption({ label: choice });
    if (date !== undefined) await page.getByLabel('Last day').fill(date);
    await page.getByRole('button', { name: 'Create token' }).click();
  };
  await create('by date', 'Until a date…', '2020-01-31');
  await page.getByText('The date must not be in the past').waitFor();
  await page.getByLabel('Last day').fill('2099-07-31');
  await page.getByRole('button', { name: 'Create token' }).click();
  await page.getByRole('button', { name: 'Done' }).click();
  // The end of that day in London, where it is summer.
  t.is(
    await page
      .getByRole('row', { name: /by date/ })
      .locator('time')
      .nth(1)
      .getAttribute('datetime'),
    '2099-07-31T23:00:00.000Z',
  );
  await create('for ever', 'Until it is deleted');
  await page.getByRole('button', { name: 'Done' }).click();
  await page.getByRole('row', { name: /for ever.*until deleted/ }).waitFor();
});

browserTest('who signs in anew in another window is shown in the first one before anything is done there', async (t) => {
  t.is((await pages.installation.operator.post('/ops/v1/operators', { name: 'second', role: 'operator', password: 'the second of two' })).status, 201);
  const { page, context } = await openPage(t);
  await signedIn(page);
  await page.getByRole('button', { name: 'Create new token' }).click();
  await page.getByLabel('Owner label').fill('windows');
  const other = await context.newPage();
  await signedIn(other, 'second');
  await page.bringToFront();
  await page.getByRole('button', { name: 'Create token' }).click();
  await page.getByText('signed in anew in another window').waitFor();
  await page.getByRole('banner').getByText('second').waitFor({ state: 'attached' });
  t.is(await page.getByLabel('Owner label').inputValue(), 'windows');
  await page.getByRole('button', { name: 'Create token' }).click();
  await page.getByRole('dialog', { name: 'Your new token' }).waitFor();
});

browserTest('plain HTTP leads to HTTPS, and a link on the start page to where one signs in', async (t) => {
  const link = new URL(await pages.link());
  const { page } = await openPage(t);
  await page.goto(`${pages.installation.program.connect.httpUrl}/${link.hash}`);
  await page.getByRole('heading', { name: 'Extras – MTS API' }).waitFor();
  t.is(page.url(), `${pages.url}/extras/mts-api`);
});
