/**
 * The browser of the tests: one real headless Chromium per test file, started at its first use, ended with the file. Each test takes a
 * context of its own, so cookies and kept settings of one are not those of another.
 * `CHROMIUM` names the program; otherwise it is looked for on PATH. Where there is none, its tests are skipped and say so.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium } from 'playwright-core';
import { isExecutable, onPath } from '../../ops/bootstrap/paths.mjs';
import { needs } from '../../ops/test/needs.ts';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];
const PLACES = ['/usr/bin/chromium', '/usr/lib/chromium/chromium'];
/** Nothing of the browser's own goes out: no updates, no measurements, no first-run page. */
const QUIET = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const LAUNCH_MS = 60_000;

/** The program; undefined where there is none. */
export function findChromium(env: Readonly<Record<string, string | undefined>> = process.env): string | undefined {
  if (env.CHROMIUM) return isExecutable(env.CHROMIUM) ? env.CHROMIUM : undefined;
  const found = NAMES.map((name) => onPath(name, env.PATH)).find((file) => file !== undefined);
  return found ?? PLACES.find(isExecutable);
}

/** Why there is no browser; undefined when there is one. */
export function whyNoChromium(env: Readonly<Record<string, string | undefined>> = process.env): string | undefined {
  if (findChromium(env) !== undefined) return undefined;
  return env.CHROMIUM ? `CHROMIUM: not a program: ${env.CHROMIUM}` : `none of ${NAMES.join(', ')} on PATH`;
}

export const chromiumMissing: string | undefined = whyNoChromium();

type Declare = (title: string, run: (t: ExecutionContext) => Promise<void> | void) => void;

/** Declares a test that needs the browser; those of a file one after the other, since they share it. */
export const browserTest: Declare = needs(test.serial, 'chromium', chromiumMissing);

let running: Promise<Browser> | undefined;

async function launch(): Promise<Browser> {
  const executablePath = findChromium();
  if (executablePath === undefined) throw new Error(`chromium: ${chromiumMissing}`);
  // What it writes beside its profile (crash reports, caches) goes where it is deleted, not into somebody's home.
  const home = mkdtempSync(join(tmpdir(), 'mw-chromium-'));
  process.once('exit', () => rmSync(home, { recursive: true, force: true, maxRetries: 5 }));
  return chromium.launch({
    executablePath,
    args: QUIET,
    timeout: LAUNCH_MS,
    env: { ...process.env, HOME: home, XDG_CONFIG_HOME: home, XDG_CACHE_HOME: home },
  });
}

/**
 * A browser window with nothing in it yet, closed with the test. Our own certificate is taken as it is.
 * @param options those of Playwright: viewport, colour scheme, locale
 */
export async function openContext(t: Pick<ExecutionContext, 'teardown'>, options: BrowserContextOptions = {}): Promise<BrowserContext> {
  running ??= launch();
  const browser = await running;
  const context = await browser.newContext({ ignoreHTTPSErrors: true, locale: 'en-GB', timezoneId: 'Europe/London', ...options });
  t.teardown(() => context.close());
  return context;
}

test.after.always('the browser is ended', async (t) => {
  t.pass();
  await (await running?.catch(() => undefined))?.close();
});
