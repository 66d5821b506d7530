/** `/openapi.json`, `/asyncapi.json`, and `/docs`, a page to read and try them (interfaces 4). For everybody; nothing secret is in them. */
import type { EngineFace } from '../../actors/engine/face.ts';
import type { Clock } from '../../actors/engine/ports.ts';
import type { Headers, Route } from '../http/index.ts';
import { refuseOps } from '../ops/guard.ts';
import { Asset, pageFile, READER_FILE } from './assets.ts';
import { asyncApiDocument } from './asyncapi.ts';
import { openApiDocument, Schemas } from './openapi.ts';
import { allOperations } from './operations.ts';
import { type ContractDemo, servedNow } from './served.ts';

export interface ContractOptions {
  readonly version: string;
  /** First token of subjects. */
  readonly natsPrefix: string;
  /** Absent: no demo runs. */
  readonly demo?: ContractDemo;
}

export interface ContractDeps {
  readonly engine: { readonly store: Pick<EngineFace['store'], 'page'> };
  readonly clock: Pick<Clock, 'now'>;
  /** Absent (tests, benches): version 0, prefix `mw`. */
  readonly contract?: ContractOptions;
  /** What this gateway serves beside: the documents tell of that, and of nothing else. */
  readonly routes: readonly Pick<Route, 'method' | 'path'>[];
}

const SAFE: Headers = [
  ['x-content-type-options', 'nosniff'],
  ['referrer-policy', 'no-referrer'],
  ['cross-origin-opener-policy', 'same-origin'],
  ['cross-origin-resource-policy', 'same-origin'],
];

/** The reader writes its own style sheets into the page; scripts and calls are ours alone. */
export const DOCS_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'unsafe-inline'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const SCRIPT: Headers = [['content-type', 'text/javascript; charset=utf-8'], ...SAFE];
const HTML: Headers = [['content-type', 'text/html; charset=utf-8'], ['content-security-policy', DOCS_POLICY], ...SAFE];
const JSON_DOCUMENT: Headers = [['content-type', 'application/json'], ['cache-control', 'no-store'], ...SAFE];
const SECOND_MS = 1000;

const NO_OPTIONS: ContractOptions = { version: '0', natsPrefix: 'mw' };

export function contractRoutes(deps: ContractDeps): readonly Route[] {
  const { version, natsPrefix, demo } = deps.contract ?? NO_OPTIONS;
  const schemas = { http: new Schemas(), events: new Schemas() };
  const common = { method: 'GET', body: 'none', maxBytes: 0, refuse: refuseOps } as const;
  const facts = async () => ({ version, prefix: natsPrefix, served: await servedNow({ ...deps, ...(demo ? { demo } : {}) }) });
  const asset = (path: string, file: string, headers: Headers): Route => {
    const kept = new Asset(file, headers);
    return { ...common, path, headers: ['accept-encoding', 'if-none-match'], handle: ({ headers: [coding = '', tag = ''] }) => kept.reply(coding, tag) };
  };
  const document = (path: string, make: () => Promise<object>): Route => {
    const kept = oncePerSecond(deps.clock, make);
    return { ...common, path, headers: [], handle: async () => ({ status: 200, body: await kept(), headers: JSON_DOCUMENT }) };
  };
  const own: readonly Route[] = [
    document('/openapi.json', async () => openApiDocument(operations, await facts(), schemas.http)),
    document('/asyncapi.json', async () => asyncApiDocument(await facts(), schemas.events)),
    asset('/docs', pageFile('index.html'), HTML),
    asset('/docs/before.js', pageFile('before.js'), SCRIPT),
    asset('/docs/start.js', pageFile('start.js'), SCRIPT),
    asset('/docs/scalar.js', READER_FILE, SCRIPT),
  ];
  const here = new Set([...deps.routes, ...own].map(({ method, path }) => `${method} ${path}`));
  const operations = allOperations.filter(({ method, path }) => here.has(`${method} ${path}`));
  return own;
}

/** A document is made once a second at most, however many ask. */
function oncePerSecond(clock: Pick<Clock, 'now'>, make: () => Promise<object>): () => Promise<string> {
  let kept: { readonly second: number; readonly text: Promise<string> } | undefined;
  return () => {
    const second = Math.floor(clock.now() / SECOND_MS);
    if (kept?.second === second) return kept.text;
    const text = make().then((document) => JSON.stringify(document));
    kept = { second, text };
    text.catch(() => {
      kept = undefined;
    });
    return text;
  };
}
