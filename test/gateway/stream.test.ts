/** Big answers, big uploads, and HTTPS. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { generate } from 'selfsigned';
import { Agent, fetch as undiciFetch } from 'undici';
import type { Json } from '../../machines/common/effects.ts';
import { startWorld } from '../support/gateway/world.ts';

function seedMany(face: Awaited<ReturnType<typeof startWorld>>['face'], count: number): void {
  const request = {
    mpid: 'SUPX',
    mpan: '2000056535971',
    meteringServiceMpid: 'MOPX',
    effectiveFromText: 'x'.repeat(2000),
    contractReference: null,
    scenario: 'CSP',
    initiatedBy: null,
  };
  for (let n = 0; n < count; n += 1) {
    const requestId = `01950000-0000-7000-8000-${String(n).padStart(12, '0')}`;
    face.seed({
      id: `appointment:${requestId}`,
      kind: 'appointment',
      state: 'SUBMITTING',
      createdAt: n,
      snapshot: { context: { request: { ...request, requestId }, errors: [] } } as Json,
      indexes: { mpidStatus: ['SUPX|Pending'] },
    });
  }
}

test('a reader that is slow gets all of a big answer, and it is not piled up for it', async (t) => {
  const world = await startWorld();
  t.teardown(() => world.close());
  seedMany(world.face, 5000);
  const { page } = world.face.store;
  let pages = 0;
  Object.assign(world.face.store, {
    page: (query: Parameters<typeof page>[0]) => {
      pages += 1;
      return page(query);
    },
  });
  const socket = net.connect(world.port, '127.0.0.1');
  socket.pause();
  socket.write(`GET /requests/v1/SUPX HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nX-API-KEY: ${world.key}\r\n\r\n`);
  // Nothing is left to be done once many turns of the loop read no more.
  for (let quiet = 0, before = 0; quiet < 500 || pages === 0; before = pages) {
    await new Promise((resolve) => setImmediate(resolve));
    quiet = before === pages ? quiet + 1 : 0;
  }
  t.true(pages < 25, `${pages} of 25 slices were read while nobody took them`);
  const text = await new Promise<string>((resolve) => {
    let all = '';
    socket.on('data', (data) => {
      all += data.toString('latin1');
      if (all.endsWith('0\r\n\r\n')) resolve(all);
    });
    socket.resume();
  });
  socket.destroy();
  t.is(text.match(/"request_id"/g)?.length, 5000);
});

test('a reader that goes away in the middle of a big answer ends it', async (t) => {
  const world = await startWorld();
  t.teardown(() => world.close());
  seedMany(world.face, 5000);
  await world.raw(`GET /requests/v1/SUPX HTTP/1.1\r\nHost: localhost\r\nX-API-KEY: ${world.key}\r\n\r\n`, /request_id/);
  t.is((await world.fetch('/health/live')).status, 200);
});

const LINES = 60_000;
function manyLines(mpan: (n: number) => string): string {
  const lines = Array.from({ length: LINES }, (_, n) => `${mpan(n)},${'x'.repeat(30)}`);
  return `mpan_core,address_line_1\n${lines.join('\n')}\n`;
}

async function importLast(world: Awaited<ReturnType<typeof startWorld>>, body: string): Promise<unknown> {
  const response = await world.fetch('/ops/v1/imports/mpans?mpid=SUPX', { method: 'POST', body, headers: { authorization: `Bearer ${world.token}` } });
  return JSON.parse((await response.text()).trimEnd().split('\n').at(-1) ?? '');
}

test('an upload that is taken slowly arrives whole', async (t) => {
  const world = await startWorld();
  t.teardown(() => world.close());
  world.face.handlers['mpan.import'] = async () => {
    await new Promise((resolve) => setImmediate(resolve));
    return { created: 0, applied: 1 };
  };
  const done = await importLast(
    world,
    manyLines((n) => String(2_000_000_000_000 + n)),
  );
  t.deepEqual(done, { kind: 'done', lines: LINES, created: 0, applied: LINES, refused: 0 });
  t.is((await world.fetch('/health/live')).status, 200);
});

test('a report that is as long as its upload is written while the upload is read', async (t) => {
  const world = await startWorld();
  t.teardown(() => world.close());
  const done = await importLast(
    world,
    manyLines(() => '12'),
  );
  t.deepEqual(done, { kind: 'done', lines: LINES, created: 0, applied: 0, refused: LINES });
  t.is((await world.fetch('/health/live')).status, 200);
});

test('an upload that breaks off stops the import, and what was read is kept', async (t) => {
  const world = await startWorld();
  t.teardown(() => world.close());
  let taken = 0;
  const reached = new Promise<void>((resolve) => {
    world.face.handlers['mpan.import'] = async () => {
      taken += 1;
      resolve();
      return { created: 1, applied: 1 };
    };
  });
  const socket = net.connect(world.port, '127.0.0.1');
  socket.on('error', () => {});
  const lines = Array.from({ length: 600 }, (_, i) => `${2_000_000_000_000 + i},_A\n`).join('');
  socket.write(
    `POST /ops/v1/imports/mpans?mpid=SUPX HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${world.token}\r\nContent-Length: 10000000\r\n\r\nmpan_core,gsp_group_id\n${lines}`,
  );
  await reached;
  socket.destroy();
  t.is((await world.fetch('/health/live')).status, 200);
  t.is(taken, 500);
});

test('an upload that is refused at its first line gets a whole answer before it has ended, and its connection goes on', async (t) => {
  const world = await startWorld();
  t.teardown(() => world.close());
  const socket = net.connect(world.port, '127.0.0.1');
  t.teardown(() => socket.destroy());
  const heard = listenTo(socket);
  const head = `Host: localhost\r\nAuthorization: Bearer ${world.token}\r\nTransfer-Encoding: chunked\r\n\r\n`;
  socket.write(`POST /ops/v1/imports/mpans?mpid=SUPX HTTP/1.1\r\n${head}8\r\nfoo\n1,2\n\r\n`);
  const answer = await heard('0\r\n\r\n');
  t.regex(answer, /"rule":"unknown_column"[\s\S]*"kind":"done"[\s\S]*\}\n\r\n0\r\n\r\n$/);
  t.notRegex(answer, /close/i);
  socket.write('4\r\n3,4\n\r\n0\r\n\r\nGET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n');
  t.regex(await heard('{"status":"ok"}'), /HTTP\/1\.1 200 OK/);
});

test('a streamed answer that ends during a stop is whole', async (t) => {
  const world = await startWorld();
  seedMany(world.face, 5000);
  const { page } = world.face.store;
  let closed: Promise<void> | undefined;
  Object.assign(world.face.store, {
    page: (query: Parameters<typeof page>[0]) => {
      closed ??= world.close();
      return page(query);
    },
  });
  const answer = await (await world.fetch('/requests/v1/SUPX', { headers: { 'x-api-key': world.key } })).text();
  t.is((JSON.parse(answer) as unknown[]).length, 5000);
  await closed;
});

/** Waits until what has been heard since the last time ends in a text. */
function listenTo(socket: net.Socket): (end: string) => Promise<string> {
  let all = '';
  let look = (): void => {};
  socket.on('data', (data) => {
    all += data.toString('latin1');
    look();
  });
  return (end) =>
    new Promise((resolve) => {
      look = () => {
        if (!all.endsWith(end)) return;
        resolve(all);
        all = '';
        look = () => {};
      };
      look();
    });
}

test('HTTPS answers with the certificate it was given', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'gateway-tls-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const made = await generate([{ name: 'commonName', value: 'localhost' }], { keySize: 2048 });
  const tlsFiles = { keyFile: join(folder, 'key.pem'), certFile: join(folder, 'cert.pem') };
  await writeFile(tlsFiles.keyFile, made.private);
  await writeFile(tlsFiles.certFile, made.cert);
  const world = await startWorld({}, { tlsFiles });
  t.teardown(() => world.close());
  t.regex(world.gateway.url, /^https:\/\/127\.0\.0\.1:\d+$/);
  const dispatcher = new Agent({ connect: { rejectUnauthorized: false } });
  const response = await undiciFetch(`${world.gateway.url}/health/live`, { dispatcher });
  t.deepEqual(await response.json(), { status: 'ok' });
  await dispatcher.close();
});

test('a certificate that cannot be used is one clear error', async (t) => {
  const error = await t.throwsAsync(startWorld({}, { tlsFiles: { keyFile: '/nowhere/key.pem', certFile: '/nowhere/cert.pem' } }));
  t.regex(error.message, /^tls: /);
});
