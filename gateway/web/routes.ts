/**
 * Routes of the pages: static files, the same for everybody. What they show comes from the operator's API, which knows who asks.
 * They are served over HTTPS, since the session's cookie travels on nothing else; plain HTTP leads there.
 */
import { type GatewayRequest, type Headers, problem, type Reply, type Route } from '../http/index.ts';
import type { SecureCheck } from '../mts/transport.ts';
import { refuseOps } from '../ops/guard.ts';
import type { Site, SiteFile } from './site.ts';

export interface WebDeps {
  /** Absent: the pages were not built. */
  readonly site?: Site;
  /** Base URL of HTTPS; undefined: there is none, and plain HTTP serves the pages. */
  httpsUrl(): string | undefined;
  readonly isSecure: SecureCheck;
}

/** Scripts, styles and calls of our own only; no page of anybody's may frame these. */
export const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const SAFE: Headers = [
  ['x-content-type-options', 'nosniff'],
  ['referrer-policy', 'no-referrer'],
  ['cross-origin-opener-policy', 'same-origin'],
  ['cross-origin-resource-policy', 'same-origin'],
];
const PAGE: Headers = [...SAFE, ['content-security-policy', PAGE_POLICY], ['cache-control', 'no-store']];
const ASSET: Headers = [...SAFE, ['cache-control', 'public, max-age=31536000, immutable']];

/** Where each page stands. */
const PAGES = [
  { path: '/', page: 'start' },
  { path: '/extras/mts-api', page: 'mts-api' },
] as const;

export function webRoutes(deps: WebDeps): readonly Route[] {
  const common = { method: 'GET', body: 'none', maxBytes: 0, refuse: refuseOps } as const;
  return [
    ...PAGES.map(({ path, page }) => ({
      ...common,
      path,
      headers: ['accept-encoding', 'x-forwarded-proto'],
      handle: (request: GatewayRequest) => elsewhere(deps, request) ?? serve(deps.site?.pages.get(page), request.headers[0] ?? '', PAGE) ?? notBuilt(),
    })),
    {
      ...common,
      path: '/assets/:file',
      headers: ['accept-encoding'],
      handle: ({ params, headers }) =>
        serve(deps.site?.assets.get(params[0] ?? ''), headers[0] ?? '', ASSET) ?? problem(404, 'no_such_asset', 'assets: no such file', {}, SAFE),
    },
  ];
}

/** A sign-in link's secret is in the fragment, which the browser takes along. */
function elsewhere(deps: WebDeps, request: GatewayRequest): Reply | undefined {
  const { path, query } = request;
  const base = deps.isSecure(request.secure, request.source(), request.headers[1] ?? '') ? undefined : deps.httpsUrl();
  if (!base) return undefined;
  return { status: 307, body: '', headers: [...SAFE, ['cache-control', 'no-store'], ['location', `${base}${path}${query === '' ? '' : `?${query}`}`]] };
}

function serve(file: SiteFile | undefined, accepted: string, headers: Headers): Reply | undefined {
  if (file === undefined) return undefined;
  const described: Headers = [['content-type', file.type], ...headers];
  if (file.brotli === undefined) return { status: 200, body: file.bytes, headers: described };
  const varied: Headers = [...described, ['vary', 'accept-encoding']];
  const takesBrotli = accepted.split(',').some((coding) => coding.trim() === 'br');
  return takesBrotli
    ? { status: 200, body: file.brotli, headers: [...varied, ['content-encoding', 'br']] }
    : { status: 200, body: file.bytes, headers: varied };
}

function notBuilt(): Reply {
  return problem(503, 'pages_unreadable', 'The pages are not built; `npm start` builds them', {}, SAFE);
}
