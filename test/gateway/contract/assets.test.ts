/** Files of `/docs`: compressed for whoever takes that, and not sent again to whoever has them. */
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import anyTest, { type TestFn } from 'ava';
import { request } from 'undici';
import { codingOf } from '../../../gateway/contract/assets.ts';
import { startWorld, type World } from '../../support/gateway/world.ts';

const test = anyTest as TestFn<World>;
test.before(async (t) => {
  t.context = await startWorld();
});
test.after.always((t) => t.context.close());

async function get(world: World, path: string, headers: Readonly<Record<string, string>> = {}) {
  const answer = await request(`${world.base}${path}`, { headers });
  return { status: answer.statusCode, headers: answer.headers, bytes: Buffer.from(await answer.body.arrayBuffer()) };
}

test('the reader comes in the best coding that is taken, always the same file', async (t) => {
  const plain = await get(t.context, '/docs/scalar.js');
  const br = await get(t.context, '/docs/scalar.js', { 'accept-encoding': 'gzip, deflate, br' });
  const gzip = await get(t.context, '/docs/scalar.js', { 'accept-encoding': 'gzip' });
  t.deepEqual(
    [plain, br, gzip].map(({ headers }) => headers['content-encoding']),
    [undefined, 'br', 'gzip'],
  );
  t.true(brotliDecompressSync(br.bytes).equals(plain.bytes));
  t.true(gunzipSync(gzip.bytes).equals(plain.bytes));
  t.true(br.bytes.byteLength < plain.bytes.byteLength / 3);
  t.is(new Set([plain, br, gzip].map(({ headers }) => headers.etag)).size, 3);
  t.is(br.headers.vary, 'accept-encoding');
});

test('whoever has a file is told so, and sent nothing', async (t) => {
  const { headers } = await get(t.context, '/docs/scalar.js', { 'accept-encoding': 'br' });
  const again = await get(t.context, '/docs/scalar.js', { 'accept-encoding': 'br', 'if-none-match': `"other", W/${String(headers.etag)}` });
  t.is(again.status, 304);
  t.is(again.bytes.byteLength, 0);
});

test('a coding with q=0 is not taken', (t) => {
  t.is(codingOf('br;q=0, gzip'), 'gzip');
  t.is(codingOf('br; q=0.0, gzip;q=0'), undefined);
  t.is(codingOf('BR'), 'br');
  t.is(codingOf('identity'), undefined);
  t.is(codingOf(''), undefined);
});

test('the page allows scripts and calls of its own only, and styles inline', async (t) => {
  const { headers, status } = await get(t.context, '/docs');
  t.is(status, 200);
  const policy = String(headers['content-security-policy']);
  for (const rule of [
    "default-src 'none'",
    "script-src 'self'",
    "connect-src 'self'",
    "style-src 'unsafe-inline'",
    "frame-ancestors 'none'",
    "form-action 'none'",
  ]) {
    t.true(policy.includes(rule), rule);
  }
  t.notRegex(policy, /unsafe-eval|https?:|\*/);
});

test('no other page allows styles inline', async (t) => {
  for (const path of ['/', '/extras/mts-api']) t.notRegex(String((await get(t.context, path)).headers['content-security-policy'] ?? ''), /unsafe/);
});
