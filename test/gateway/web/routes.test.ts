import test, { type ExecutionContext } from 'ava';
import type { GatewayRequest, Reply } from '../../../gateway/http/index.ts';
import { webRoutes } from '../../../gateway/web/routes.ts';
import type { Site, SiteFile } from '../../../gateway/web/site.ts';

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const page = (value: string): SiteFile => ({ type: 'text/html; charset=utf-8', bytes: text(value), brotli: undefined });

const SITE: Site = {
  pages: new Map([
    ['start', page('<p>start</p>')],
    ['mts-api', page('<p>mts</p>')],
  ]),
  assets: new Map([['a-1.js', { type: 'text/javascript; charset=utf-8', bytes: text('let a;'), brotli: text('br') }]]),
};

interface Asked {
  readonly file?: string;
  readonly accepted?: string;
  readonly secure?: boolean;
  readonly site?: Site | undefined;
  readonly httpsUrl?: string | undefined;
}

async function ask(path: string, { file, accepted = '', secure = true, site, httpsUrl = 'https://127.0.0.1:8443' }: Asked = {}): Promise<Reply> {
  const routes = webRoutes({ ...(site ? { site } : {}), httpsUrl: () => httpsUrl, isSecure: (isSecure) => isSecure });
  const route = routes.find((one) => one.path === path);
  const request = { params: file === undefined ? [] : [file], path, query: '', headers: [accepted, ''], secure, source: () => '' };
  return (await route?.handle(request as unknown as GatewayRequest)) as Reply;
}

const header = ({ headers = [] }: Reply, name: string): string | undefined => headers.find(([is]) => is === name)?.[1];

function isGuarded(t: ExecutionContext, reply: Reply): void {
  t.is(header(reply, 'x-content-type-options'), 'nosniff');
  t.is(header(reply, 'referrer-policy'), 'no-referrer');
  t.is(header(reply, 'cross-origin-opener-policy'), 'same-origin');
  t.is(header(reply, 'cross-origin-resource-policy'), 'same-origin');
}

for (const path of ['/', '/extras/mts-api']) {
  test(`${path}: a page is never kept, and may load and call only what is ours`, async (t) => {
    const reply = await ask(path, { site: SITE });
    t.is(reply.status, 200);
    t.is(header(reply, 'cache-control'), 'no-store');
    t.is(
      header(reply, 'content-security-policy'),
      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    );
    isGuarded(t, reply);
  });
}

test('an asset is kept for ever: another content has another name', async (t) => {
  const reply = await ask('/assets/:file', { site: SITE, file: 'a-1.js' });
  t.is(reply.status, 200);
  t.is(header(reply, 'cache-control'), 'public, max-age=31536000, immutable');
  t.is(header(reply, 'content-type'), 'text/javascript; charset=utf-8');
  isGuarded(t, reply);
});

test('an asset is sent compressed to whom takes that, and caches are told', async (t) => {
  const packed = await ask('/assets/:file', { site: SITE, file: 'a-1.js', accepted: 'gzip, deflate, br, zstd' });
  t.is(header(packed, 'content-encoding'), 'br');
  t.deepEqual(packed.body, text('br'));
  const plain = await ask('/assets/:file', { site: SITE, file: 'a-1.js', accepted: 'gzip' });
  t.is(header(plain, 'content-encoding'), undefined);
  t.deepEqual(plain.body, text('let a;'));
  t.deepEqual(
    [packed, plain].map((reply) => header(reply, 'vary')),
    ['accept-encoding', 'accept-encoding'],
  );
});

for (const file of ['a-2.js', '..%2Fpages%2Fstart.html', '__proto__', '']) {
  test(`404: an asset that is not there: '${file}'`, async (t) => {
    t.is((await ask('/assets/:file', { site: SITE, file })).status, 404);
  });
}

test('plain HTTP leads to the same page over HTTPS, where there is one', async (t) => {
  const reply = await ask('/extras/mts-api', { site: SITE, secure: false });
  t.is(reply.status, 307);
  t.is(header(reply, 'location'), 'https://127.0.0.1:8443/extras/mts-api');
  const alone = await ask('/extras/mts-api', { site: SITE, secure: false, httpsUrl: '' });
  t.is(alone.status, 200);
});

test('pages that are not built are 503, and the text says what builds them', async (t) => {
  const reply = await ask('/');
  t.is(reply.status, 503);
  t.regex(String(reply.body), /npm start/);
});
