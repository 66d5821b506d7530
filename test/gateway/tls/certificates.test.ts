import { SSLApp, us_listen_socket_close, us_socket_local_port } from 'uWebSockets.js';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { get } from 'node:https';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { TlsError, type TlsFiles, tlsFiles } from '../../../gateway/tls/index.ts';

const DAY_MS = 86_400_000;

function folder(t: ExecutionContext): string {
  const made = mkdtempSync(join(tmpdir(), 'mw-tls-'));
  t.teardown(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

/** The body that a client which trusts only our authority gets from uWebSockets under this host. */
async function fetched(t: ExecutionContext, files: TlsFiles, host: string): Promise<string> {
  const app = SSLApp({ key_file_name: files.keyFile, cert_file_name: files.certFile }).get('/', (answer) => void answer.end('hello'));
  const port = await new Promise<number>((resolve) => {
    app.listen('127.0.0.1', 0, (socket) => {
      if (socket === false) throw new Error('not listening');
      t.teardown(() => us_listen_socket_close(socket));
      resolve(us_socket_local_port(socket));
    });
  });
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, servername: /^[\d.:]+$/.test(host) ? '' : host, ca: readFileSync(files.caFile ?? ''), agent: false }, (answer) => {
      answer.setEncoding('utf8').on('data', resolve);
    }).on('error', reject);
  });
}

test('a client that trusts ca.pem reaches the server under localhost, the loopback address and the host name', async (t) => {
  const files = await tlsFiles({ folder: folder(t), now: Date.now() });
  for (const name of ['localhost', '127.0.0.1', hostname()]) t.is(await fetched(t, files, name), 'hello', name);
  const leaf = new X509Certificate(readFileSync(files.certFile));
  t.truthy(leaf.checkIP('::1'));
  t.falsy(leaf.checkHost('example.org'));
});

test('a client that does not trust it gets no answer', async (t) => {
  const files = await tlsFiles({ folder: folder(t), now: Date.now() });
  const other = await tlsFiles({ folder: folder(t), now: Date.now() });
  await t.throwsAsync(fetched(t, { ...files, caFile: other.caFile }, 'localhost'));
});

test('the key is for the owner only, and the authority’s key is in no file', async (t) => {
  const made = await tlsFiles({ folder: folder(t), now: Date.now() });
  t.is(statSync(made.keyFile).mode & 0o777, 0o600);
  const files = readdirSync(join(made.keyFile, '..'));
  t.deepEqual(files.sort(), ['ca.pem', 'server.key', 'server.pem']);
  const authority = new X509Certificate(readFileSync(made.caFile ?? ''));
  t.true(authority.ca);
  t.false(authority.publicKey.equals(new X509Certificate(readFileSync(made.certFile)).publicKey));
});

test('a second start keeps the certificate', async (t) => {
  const where = folder(t);
  const first = await tlsFiles({ folder: where, now: Date.now() });
  const bytes = readFileSync(first.certFile);
  const second = await tlsFiles({ folder: where, now: Date.now() });
  t.false(second.made);
  t.deepEqual(readFileSync(second.certFile), bytes);
  t.is(Math.abs(second.expiresAt - first.expiresAt) < 1_000, true);
});

test('it is made anew when it ends within thirty days, not before', async (t) => {
  const where = folder(t);
  const first = await tlsFiles({ folder: where, now: Date.now() });
  t.false((await tlsFiles({ folder: where, now: first.expiresAt - 31 * DAY_MS })).made);
  t.true((await tlsFiles({ folder: where, now: first.expiresAt - 29 * DAY_MS })).made);
});

test('it is made anew when the names change', async (t) => {
  const where = folder(t);
  await tlsFiles({ folder: where, now: Date.now() });
  const changed = await tlsFiles({ folder: where, now: Date.now(), names: ['meters.example', 'FE80::1', '0.0.0.0'] });
  t.true(changed.made);
  t.true(changed.names.includes('meters.example'));
  t.false(changed.names.includes('0.0.0.0'));
  t.false((await tlsFiles({ folder: where, now: Date.now(), names: ['fe80::1', 'meters.example'] })).made);
});

for (const damage of ['server.key', 'server.pem', 'ca.pem']) {
  test(`it is made anew when ${damage} is damaged or of another set`, async (t) => {
    const where = folder(t);
    await tlsFiles({ folder: where, now: Date.now() });
    writeFileSync(join(where, damage), 'not PEM');
    t.true((await tlsFiles({ folder: where, now: Date.now() })).made);
    const other = folder(t);
    await tlsFiles({ folder: other, now: Date.now() });
    writeFileSync(join(where, damage), readFileSync(join(other, damage)));
    t.true((await tlsFiles({ folder: where, now: Date.now() })).made);
  });
}

test('a given certificate is used as it is', async (t) => {
  const { certFile, keyFile, caFile } = await tlsFiles({ folder: folder(t), now: Date.now() });
  const files = await tlsFiles({ folder: '/nonexistent', now: Date.now(), given: { certFile, keyFile, caFile } });
  t.like(files, { certFile, keyFile, caFile, made: false });
  t.true(files.names.includes('localhost'));
});

test('a given certificate with another’s key, over, or unreadable is refused by file and rule', async (t) => {
  const one = await tlsFiles({ folder: folder(t), now: Date.now() });
  const two = await tlsFiles({ folder: folder(t), now: Date.now() });
  const refused = (given: { certFile: string; keyFile: string }, now = Date.now()) =>
    t.throwsAsync(tlsFiles({ folder: '/nonexistent', now, given }), { instanceOf: TlsError });
  t.regex((await refused({ certFile: one.certFile, keyFile: two.keyFile }))?.message ?? '', /server\.key: must be the key of/);
  t.regex((await refused(one, one.expiresAt + 1))?.message ?? '', /server\.pem: is over since/);
  t.regex((await refused({ ...one, certFile: '/nonexistent.pem' }))?.message ?? '', /nonexistent\.pem: must be a certificate in PEM/);
});
