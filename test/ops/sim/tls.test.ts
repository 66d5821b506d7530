import { createHash, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { generate } from 'selfsigned';
import { Agent, fetch } from 'undici';
import { type Market, startMarket } from '../../../ops/sim/market/index.ts';
import { appointment, headersOf, thumbprint } from './rig.ts';

const client = await generate([{ name: 'commonName', value: 'client' }], { keySize: 2048, algorithm: 'sha256' });
const clientThumbprint = createHash('sha256').update(new X509Certificate(client.cert).raw).digest('hex');

function tlsTest(title: string, options: Record<string, unknown>, run: (t: ExecutionContext, market: Market) => Promise<void>): void {
  test(title, async (t) => {
    const dataDir = await mkdtemp(join(tmpdir(), 'mw-market-'));
    const market = await startMarket({ dataDir, trustedThumbprints: [thumbprint], ...options });
    try {
      await run(t, market);
    } finally {
      await market.stop();
      await rm(dataDir, { recursive: true, force: true });
    }
  });
}

async function send(market: Market, tls: { readonly key?: string; readonly cert?: string }): Promise<number> {
  const agent = new Agent({ connect: { ca: readFileSync(market.caFile ?? '', 'utf8'), ...tls } });
  const url = `${market.url}/dip-channel/IF-031`;
  const body = JSON.stringify([appointment()]);
  const { status } = await fetch(url, { method: 'POST', headers: headersOf('POST', url, body), body, dispatcher: agent });
  await agent.destroy();
  return status;
}

const shown = { key: client.private, cert: client.cert };

tlsTest('a client without certificate gets 403 where one is required', { requireClientCertificate: true }, async (t, market) => {
  t.is(await send(market, {}), 403);
  t.is(await send(market, shown), 201);
});

tlsTest('only named client certificates are let in', { requireClientCertificate: true, clientThumbprints: ['0'.repeat(64)] }, async (t, market) => {
  t.is(await send(market, shown), 403);
});

tlsTest('a named client certificate is let in', { requireClientCertificate: true, clientThumbprints: [clientThumbprint] }, async (t, market) => {
  t.is(await send(market, shown), 201);
});

test('plain HTTP outside loopback is refused', async (t) => {
  await t.throwsAsync(startMarket({ dataDir: join(tmpdir(), 'mw-none'), tls: false, host: '0.0.0.0' }), { message: /tls: plain HTTP is for loopback only/ });
});
