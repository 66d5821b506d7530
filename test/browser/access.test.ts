/**
 * That everybody can use the pages: by keyboard, by screen reader, on a telephone, in the dark; and that viewers only look. `MW_SHOTS`
 * names a folder for a picture of everything that axe looks at.
 */
import test from 'ava';
import type { Page } from 'playwright-core';
import { browserTest, chromiumMissing } from '../support/chromium.ts';
import { axeFindings, openPage, type Pages, startPages } from '../support/pages.ts';
import { BRISK } from '../support/process/index.ts';

const PAGE = '/extras/mts-api';

let pages: Pages;
test.before(async () => {
  if (chromiumMissing === undefined) pages = await startPages({ settings: BRISK });
});
test.after.always(() => pages?.remove());

async function signedIn(page: Page, operator?: string): Promise<void> {
  await page.goto(await pages.link(operator));
  // Tokens and keys of the demo are listed.
  await page.getByRole('table', { name: 'Tokens' }).waitFor();
  await page.getByRole('table', { name: 'Supplier API keys' }).waitFor();
}

async function isWide(page: Page): Promise<boolean> {
  return (await page.evaluate('document.documentElement.scrollWidth > document.documentElement.clientWidth')) as boolean;
}

for (const colorScheme of ['light', 'dark'] as const) {
  for (const width of [360, 1280]) {
    browserTest(`${colorScheme}, ${width} px: axe finds nothing, nothing is wider than the window, and the policy holds`, async (t) => {
      const { page, complaints } = await openPage(t, { colorScheme, viewport: { width, height: 800 }, reducedMotion: 'reduce' });
      const look = async (what: string): Promise<void> => {
        t.deepEqual(await axeFindings(page), [], what);
        t.false(await isWide(page), what);
        if (process.env.MW_SHOTS) await page.screenshot({ path: `${process.env.MW_SHOTS}/${what.replaceAll(' ', '-')}-${colorScheme}-${width}.png` });
      };
      await page.goto(`${pages.url}/`);
      await page.getByRole('heading', { name: 'Meterwright' }).waitFor();
      await look('start page');
      await page.goto(pages.url + PAGE);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByText('Give your name').waitFor();
      await look('sign-in with errors');
      await signedIn(page);
      await look('lists');
      await page.getByRole('button', { name: 'Create new token' }).click();
      await page.getByLabel('Owner label').fill('');
      await page.getByLabel('Validity').selectOption({ label: 'Until a date…' });
      await page.getByRole('button', { name: 'Create token' }).click();
      await page.getByText('Give an owner label').waitFor();
      await look('new token with errors');
      await page.getByLabel('Owner label').fill(`axe-${colorScheme}-${width}`);
      await page.getByLabel('Validity').selectOption({ label: 'Until it is deleted' });
      await page.getByRole('button', { name: 'Create token' }).click();
      await page.getByRole('dialog', { name: 'Your new token' }).waitFor();
      await look('token shown once');
      await page.getByRole('button', { name: 'Done' }).click();
      await page.getByRole('button', { name: 'Create new key' }).click();
      await look('new key');
      await page.keyboard.press('Escape');
      await page
        .getByRole('row', { name: `axe-${colorScheme}-${width}` })
        .getByRole('button')
        .click();
      await look('deletion');
      t.deepEqual(complaints, []);
    });
  }
}

/** Goes on by Tab until the control of this name has the focus; it must then be seen to have it. */
async function tabTo(page: Page, name: string): Promise<void> {
  for (let steps = 0; steps < 60; steps++) {
    await page.keyboard.press('Tab');
    const at = (await page.evaluate(`(() => {
      const at = document.activeElement;
      const label = at.getAttribute('aria-label') ?? at.labels?.[0]?.textContent ?? at.textContent;
      return { label: label.trim(), outline: getComputedStyle(at).outlineStyle };
    })()`)) as { label: string; outline: string };
    if (at.label !== name) continue;
    if (at.outline === 'none') throw new Error(`${name}: its focus cannot be seen`);
    return;
  }
  throw new Error(`${name}: no Tab leads there`);
}

const focused = (page: Page): Promise<unknown> => page.evaluate('document.activeElement.textContent.trim()');

browserTest('by keyboard alone: sign in, make a token, delete it, log out', async (t) => {
  const password = 'a password for keys';
  t.is((await pages.installation.operator.post('/ops/v1/operators', { name: 'keys', role: 'operator', password })).status, 201);
  const { page, complaints } = await openPage(t);
  const { keyboard } = page;
  await page.goto(pages.url + PAGE);
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  await tabTo(page, 'Name');
  await keyboard.type('keys');
  await tabTo(page, 'Password');
  await keyboard.type(password);
  await keyboard.press('Enter');
  await page.getByRole('table', { name: 'Tokens' }).waitFor();
  t.is(await focused(page), 'Extras – MTS API', 'after the sign-in one stands at the heading');

  await tabTo(page, 'Create new token');
  await keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Create new token' });
  await dialog.waitFor();
  await keyboard.type('By keyboard');
  await keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  t.is(await focused(page), 'Create new token', 'Escape leads back');
  await keyboard.press('Enter');
  await dialog.waitFor();
  await keyboard.type('By keyboard');
  await tabTo(page, 'Validity');
  await keyboard.type('7');
  await tabTo(page, 'Create token');
  await keyboard.press('Enter');
  const made = page.getByRole('dialog', { name: 'Your new token' });
  await made.waitFor();
  await keyboard.press('Escape');
  t.true(await made.isVisible(), 'what is shown once is not lost by a key');
  await tabTo(page, 'Done');
  await keyboard.press('Enter');
  await made.waitFor({ state: 'detached' });
  t.is(await focused(page), 'Create new token');

  await page.getByRole('row', { name: /By keyboard/ }).waitFor();
  await tabTo(page, 'Delete By keyboard');
  await keyboard.press('Space');
  await page.getByRole('dialog', { name: 'Delete this token?' }).waitFor();
  t.is(await focused(page), 'Keep it', 'the focus begins at the way back');
  await tabTo(page, 'Delete token');
  await keyboard.press('Enter');
  await page.getByText('Deleted: By keyboard').waitFor();
  await page.waitForFunction('document.activeElement?.textContent === "Tokens"');

  // Backwards past the theme, as the bar shows them.
  await keyboard.press('Shift+Tab');
  await keyboard.press('Shift+Tab');
  t.is(await focused(page), 'Log out');
  await keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  t.deepEqual(complaints, []);
});

browserTest('a viewer sees the lists and no button that changes anything', async (t) => {
  t.is((await pages.installation.operator.post('/ops/v1/operators', { name: 'looker', role: 'viewer', password: 'only for looking' })).status, 201);
  const { page, complaints } = await openPage(t);
  await signedIn(page, 'looker');
  await page.getByText('you may look at everything here and change nothing').waitFor();
  t.deepEqual(await page.getByRole('button').allTextContents(), ['Log out']);
  // Nor by asking for it as the page would.
  const status = await page.evaluate(`fetch('/ops/v1/session').then((answer) => answer.json()).then(({ key }) =>
    fetch('/ops/v1/tokens', { method: 'POST', headers: { 'content-type': 'application/json', 'x-mw-session': key }, body: '{"scopes":["mts"],"owner":"x"}' }),
  ).then((answer) => answer.status)`);
  t.is(status, 403);
  t.deepEqual(complaints, []);
});

browserTest('a session that was ended elsewhere leads back to the sign-in, and says so', async (t) => {
  const { page } = await openPage(t);
  await signedIn(page);
  const ended = await fetch(`${pages.installation.program.connect.httpUrl}/ops/v1/sessions`, {
    method: 'DELETE',
    headers: { authorization: `Bearer ${pages.installation.program.connect.demo?.adminToken}` },
  });
  t.is(ended.status, 200);
  await page.getByRole('alert').getByText('You have been signed out.').waitFor();
});

browserTest('the theme that was chosen is kept, and stands before the first paint', async (t) => {
  const { page, complaints } = await openPage(t, { colorScheme: 'light' });
  await page.goto(`${pages.url}/`);
  const ground = (): Promise<unknown> => page.evaluate('getComputedStyle(document.documentElement).backgroundColor');
  const light = await ground();
  await page.getByLabel('Theme').selectOption('dark');
  const dark = await ground();
  t.not(dark, light);
  // Without the page's own script: only what stands in the head has run.
  await page.route(/\/assets\/(start|mts-api)-/, (route) => route.abort());
  await page.goto(pages.url + PAGE);
  t.is(await ground(), dark);
  await page.unroute(/\/assets\/(start|mts-api)-/);
  await page.goto(pages.url + PAGE);
  await page.getByLabel('Theme').selectOption('system');
  t.is(await ground(), light);
  t.deepEqual(
    complaints.filter((text) => !text.includes('ERR_FAILED')),
    [],
  );
});
