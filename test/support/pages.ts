/** The pages as a person meets them: the real program, a real browser, and an ear for everything the browser complains of. */
import { readFileSync } from 'node:fs';
import type { ExecutionContext } from 'ava';
import type { BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { cacheFolder, PROJECT } from '../../ops/bootstrap/paths.mjs';
import { buildWeb } from '../../ops/bootstrap/web.mjs';
import { openContext } from './chromium.ts';
import { Installation, type InstallationOptions } from './process/installation.ts';

export interface Pages {
  readonly installation: Installation;
  /** Of HTTPS, by the address that the program prints. */
  readonly url: string;
  /** A fresh sign-in link of an operator; without a name that of the data folder's owner. */
  link(operator?: string): Promise<string>;
  remove(): Promise<void>;
}

/** Starts the engine with pages that belong to the sources at hand. The caller removes it. */
export async function startPages(options: InstallationOptions): Promise<Pages> {
  await buildWeb(PROJECT, cacheFolder(PROJECT, process.env));
  const installation = await Installation.started(undefined, { nodes: 1, ...options });
  const { url } = installation.program.connect;
  return {
    installation,
    url,
    link: async (operator) => {
      const { status, json, text } = await installation.operator.post<{ link: string }>('/ops/v1/login-links', operator === undefined ? {} : { operator });
      if (status !== 201) throw new Error(`login-links: ${status} ${text}`);
      return `${url}/extras/mts-api#link=${json.link}`;
    },
    remove: () => installation.remove(),
  };
}

export interface Opened {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Broken policies, errors of scripts, whatever the console was told as an error; refusals by the engine are none. */
  readonly complaints: readonly string[];
}

const REFUSED = /^Failed to load resource: the server responded with a status of 4\d\d/;
/** Tells of what the policy refused also where the console would not. */
const LISTEN = `addEventListener('securitypolicyviolation', (event) => console.error('policy: ' + event.effectiveDirective + ' ' + event.blockedURI));`;

/** A window of its own, with a page that is not anywhere yet. */
export async function openPage(t: Pick<ExecutionContext, 'teardown'>, options: BrowserContextOptions = {}): Promise<Opened> {
  const context = await openContext(t, options);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' && !REFUSED.test(message.text())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  await page.addInitScript(LISTEN);
  return { page, context, complaints };
}

const AXE = readFileSync(`${PROJECT}/node_modules/axe-core/axe.min.js`, 'utf8');

interface AxeResults {
  readonly violations: readonly { readonly id: string; readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[] }[];
}

/** What axe finds wrong with the page as it stands, a line each: WCAG 2.2 A and AA, and good practice. */
export async function axeFindings(page: Page): Promise<readonly string[]> {
  await page.evaluate(AXE);
  const { violations } = (await page.evaluate('axe.run(document, { resultTypes: ["violations"] })')) as AxeResults;
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html}: ${failureSummary}`));
}
