import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer as createPlain, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import test, { type ExecutionContext } from 'ava';
import { createDip, type Dip } from '../../../actors/dip/dip.ts';
import { createUndiciHttp } from '../../../actors/dip/http.ts';
import { Verifier } from '../../../actors/dip/verification.ts';
import type { EffectResult } from '../../../actors/engine/definition.ts';
import { makePair, type Pair } from '../../support/dip/keys.ts';
import { dipOptions, effectOf, response, sursOf } from '../../support/dip/world.ts';
import { realPorts } from '../../support/real-ports.ts';

interface Keys {
  readonly server: Pair;
  readonly client: Pair;
  readonly signing: Pair;
  readonly other: Pair;
}
let keys: Keys;
test.before(async () => {
  const [server, client, signing, other] = await Promise.all(['localhost', 'client', 'signing', 'other'].map(makePair));
  keys = { server: server!, client: client!, signing: signing!, other: other! };
});

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly body: Buffer;
  readonly headers: IncomingMessage['headers'];
  readonly client: string | undefined;
}

type Answer = (seen: Seen, response: ServerResponse) => void;

async function dipServer(
  t: ExecutionContext,
  answer: Answer,
  change: object = {},
): Promise<{ server: Server; base: string; seen: Seen[]; connections: () => number }> {
  const seen: Seen[] = [];
  let connections = 0;
  const server = createServer(
    { key: keys.server.key, cert: keys.server.cert, ca: keys.client.cert, requestCert: true, rejectUnauthorized: true, ...change },
    async (request, reply) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      const one = {
        method: request.method ?? '',
        url: request.url ?? '',
        body: Buffer.concat(chunks),
        headers: request.headers,
        client: (request.socket as TLSSocket).getPeerCertificate().subject?.CN as string | undefined,
      };
      seen.push(one);
      answer(one, reply);
    },
  );
  server.on('secureConnection', () => connections++);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return { server, base: `https://127.0.0.1:${(server.address() as AddressInfo).port}`, seen, connections: () => connections };
}

const created: Answer = (seen, reply) => {
  const surs = sursOf({ method: 'POST', path: '', headers: {}, body: seen.body });
  reply.writeHead(201, { 'content-type': 'application/json' }).end(response(surs.map((sur) => ({ sur, correlationID: 'CI-1' }))));
};

/** The real thing, with its files. */
async function dipOf(
  t: ExecutionContext,
  baseUrl: string,
  change: Record<string, unknown> = {},
): Promise<{ dip: Dip; folder: string; perform: () => Promise<EffectResult> }> {
  const folder = await mkdtemp(join(tmpdir(), 'dip-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const write = async (name: string, text: string): Promise<string> => {
    await writeFile(join(folder, name), text);
    return join(folder, name);
  };
  const options = dipOptions({
    baseUrl,
    signingKeyFile: await write('signing.key', keys.signing.key),
    signingCertificateFile: await write('signing.crt', keys.signing.cert.replaceAll('\n', '\r\n')),
    clientCertificateFile: await write('client.crt', keys.client.cert),
    clientKeyFile: await write('client.key', keys.client.key),
    caFile: await write('ca.crt', keys.server.cert),
    requestTimeoutMs: 2_000,
    ...change,
  });
  const dip = await createDip({
    options,
    ports: realPorts(),
    engine: () => {
      throw new Error('no engine here');
    },
    memory: { load: async () => null, save: async () => {} },
    onCircuit: () => {},
  });
  t.teardown(() => dip.close());
  const channel = dip.channels.find(({ name }) => name === 'dip')!;
  return { dip, folder, perform: () => channel.perform(effectOf(), 1, new AbortController().signal) };
}

test('a message goes over HTTPS with our client certificate, signed so that the other side can verify it', async (t) => {
  const { base, seen } = await dipServer(t, created);
  const { perform } = await dipOf(t, `${base}/api/v1/`);
  t.like(await perform(), { kind: 'done', event: { type: 'dip.accepted', correlationId: 'CI-1' } });
  const [request] = seen;
  t.is(request?.client, 'client');
  t.is(request?.url, '/api/v1/dip-channel/IF-031');
  t.is(request?.headers['content-type'], 'application/json');
  const verifier = new Verifier({ trustedCertificates: [keys.signing.thumbprint], checkCertificateDates: true, clockSkewMs: 300_000 });
  const headers = request!.headers as Record<string, string>;
  const verdict = await verifier.verify({ method: 'POST', url: `${base}/api/v1/dip-channel/IF-031`, headers, body: request!.body, receivedAt: Date.now() });
  t.is(verdict.kind, 'ok');
});

test('connections are kept alive', async (t) => {
  const { base, seen, connections } = await dipServer(t, created);
  const { perform } = await dipOf(t, base);
  for (let n = 0; n < 5; n++) await perform();
  t.is(seen.length, 5);
  t.is(connections(), 1);
});

test('without a client certificate the handshake fails, which is tried again', async (t) => {
  const { base, seen } = await dipServer(t, created);
  const { perform } = await dipOf(t, base, { clientCertificateFile: undefined, clientKeyFile: undefined });
  t.is((await perform()).kind, 'retry');
  t.is(seen.length, 0);
});

test('a server that our authorities do not vouch for is not trusted', async (t) => {
  const { base, seen } = await dipServer(t, created, { key: keys.other.key, cert: keys.other.cert });
  const { perform } = await dipOf(t, base);
  t.is((await perform()).kind, 'retry');
  t.is(seen.length, 0);
});

test('after a 401 the new files are used, for the signature and for TLS', async (t) => {
  let folder = '';
  const { base, seen } = await dipServer(
    t,
    (one, reply) => {
      if (one.client !== 'client') {
        void Promise.all([writeFile(join(folder, 'client.crt'), keys.client.cert), writeFile(join(folder, 'client.key'), keys.client.key)]).then(() =>
          reply.writeHead(401).end(),
        );
      } else created(one, reply);
    },
    { ca: [keys.client.cert, keys.other.cert] },
  );
  const made = await dipOf(t, base);
  folder = made.folder;
  await writeFile(join(folder, 'client.crt'), keys.other.cert);
  await writeFile(join(folder, 'client.key'), keys.other.key);
  const options = dipOptions({ baseUrl: base, ...filesIn(folder) });
  const dip = await createDip({
    options,
    ports: realPorts(),
    engine: () => {
      throw new Error('none');
    },
    memory: { load: async () => null, save: async () => {} },
    onCircuit: () => {},
  });
  t.teardown(() => dip.close());
  t.like(await dip.channels[0]!.perform(effectOf(), 1, new AbortController().signal), { kind: 'done', event: { type: 'dip.accepted' } });
  t.deepEqual(
    seen.map(({ client }) => client),
    ['other', 'client'],
  );
});

function filesIn(folder: string): Record<string, string> {
  return {
    signingKeyFile: join(folder, 'signing.key'),
    signingCertificateFile: join(folder, 'signing.crt'),
    clientCertificateFile: join(folder, 'client.crt'),
    clientKeyFile: join(folder, 'client.key'),
    caFile: join(folder, 'ca.crt'),
  };
}

test('a server that renegotiates under TLS 1.2 before it answers is served', async (t) => {
  let outcome: Error | null | undefined;
  const renegotiate: Answer = (seen, reply) => {
    (reply.socket as TLSSocket).renegotiate({ requestCert: true, rejectUnauthorized: false }, (error) => {
      outcome = error;
      created(seen, reply);
    });
  };
  const { base } = await dipServer(t, renegotiate, { requestCert: false, rejectUnauthorized: false, maxVersion: 'TLSv1.2' });
  const { perform } = await dipOf(t, base);
  t.like(await perform(), { kind: 'done', event: { type: 'dip.accepted' } });
  t.is(outcome, null);
});

test('an answer that stops in the middle is tried again', async (t) => {
  const { base } = await dipServer(t, (_seen, reply) => {
    reply.writeHead(201, { 'content-length': '1000' });
    reply.write('{"messageArray"');
    setImmediate(() => reply.destroy());
  });
  const { perform } = await dipOf(t, base);
  t.is((await perform()).kind, 'retry');
});

test('a server that is silent is given up after the time limit', async (t) => {
  const { base } = await dipServer(t, () => {});
  const { perform } = await dipOf(t, base, { requestTimeoutMs: 150 });
  t.like(await perform(), { kind: 'retry' });
});

test('an answer larger than the limit is not read', async (t) => {
  const { base } = await dipServer(t, (_seen, reply) => reply.writeHead(201).end('x'.repeat(100_000)));
  const { perform } = await dipOf(t, base, { maxAnswerBytes: 10_000 });
  t.is((await perform()).kind, 'retry');
});

test('a port where nobody listens is tried again', async (t) => {
  const server = createPlain().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  const { perform } = await dipOf(t, `https://127.0.0.1:${port}`);
  t.is((await perform()).kind, 'retry');
});

test('plain http is for loopback addresses only', async (t) => {
  const options = { connections: 1, requestTimeoutMs: 100, maxAnswerBytes: 1_000 };
  t.throws(() => createUndiciHttp({ baseUrl: 'http://dip.example.test', ...options }, {}), { message: /plain http is only for loopback/ });
  await createUndiciHttp({ baseUrl: 'http://127.0.0.1:1', ...options }, {}).close();
});

for (const [title, change, message] of [
  ['a missing key file', { signingKeyFile: '/nowhere/key.pem' }, /dip\.signingKeyFile: cannot be read/],
  ['a certificate in the place of the key', (k: Keys, write: (text: string) => string) => ({ signingKeyFile: write(k.signing.cert) }), /must be PEM files/],
  [
    'the certificate of another key',
    (k: Keys, write: (text: string) => string) => ({ signingCertificateFile: write(k.other.cert) }),
    /must be the certificate of the key/,
  ],
] as const) {
  test(`${title} refuses the start and names the setting`, async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'dip-'));
    t.teardown(() => rm(folder, { recursive: true, force: true }));
    const pending: Promise<void>[] = [];
    const write = (text: string): string => {
      pending.push(writeFile(join(folder, 'file'), text));
      return join(folder, 'file');
    };
    const changed = typeof change === 'function' ? change(keys, write) : change;
    await Promise.all(pending);
    const error = await t.throwsAsync(dipOf(t, 'https://127.0.0.1:1', changed), { message });
    t.false(error?.message.includes('PRIVATE KEY'));
  });
}
