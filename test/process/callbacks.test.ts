/** The DIP's callbacks at the real front door, signed by the test with the market's own key or with another. */
import { createPrivateKey, hash, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { Agent, request } from 'undici';
import { seededMpan } from '../../ops/sim/market/seed.ts';
import { makePair } from '../support/dip/keys.ts';
import { if036, inbound } from '../support/dip/messages.ts';
import { Installation, until } from '../support/process/index.ts';

let installation: Installation;
let agent: Agent;
test.before(async () => {
  installation = await Installation.started(undefined, { seedMpans: 1_100 });
  agent = new Agent({ connect: { ca: readFileSync(installation.program.connect.caFile ?? '') } });
});
test.after.always(async () => {
  await agent.close();
  await installation.remove();
});

interface Signer {
  readonly key: string;
  readonly certificate: string;
}

/** The identity that the simulator signs with, from its folder. */
function marketSigner(): Signer {
  const [key = '', certificate = ''] = readFileSync(join(installation.dataDir, 'sim', 'signing.pem'), 'utf8').split('\n\n');
  return { key, certificate };
}

/** The four headers of appointments 2.1, made here and not by our own code. */
function signed(signer: Signer, url: string, body: string, at = Date.now()): Record<string, string> {
  const date = new Date(at).toISOString();
  const digest = hash('sha256', body, 'base64');
  const canonical = `POST;${url.toLowerCase()};${date};${digest}`;
  return {
    'x-dip-signature': sign('sha256', Buffer.from(canonical), createPrivateKey(signer.key)).toString('base64'),
    'x-dip-signature-date': date,
    'x-dip-content-hash': digest,
    'x-dip-signature-certificate': Buffer.from(signer.certificate).toString('base64'),
  };
}

interface Answer {
  readonly status: number;
  readonly entries: readonly { readonly message: string; readonly senderUniqueReference: string | null }[];
}

async function send(name: string, body: string, headers: (url: string) => Record<string, string>): Promise<Answer> {
  const url = `${installation.program.connect.url}/dip/inbound/${name}`;
  const answer = await request(url, { method: 'POST', dispatcher: agent, body, headers: { 'content-type': 'application/json', ...headers(url) } });
  const { messageArray } = (await answer.body.json()) as { messageArray: Answer['entries'] };
  return { status: answer.statusCode, entries: messageArray };
}

/** An unsolicited IF-036 that names another metering service. */
function active(mpan: string, n: number): ReturnType<typeof inbound> {
  const { payload } = if036({
    B014: {
      incomingMeteringServiceDIPID: '1200000037',
      incomingMeteringServiceEffectiveFromDate: '2026-03-30T00:00:00+01:00',
      incomingMeteringServiceMPID: 'MOAX',
      contractReferenceMeteringService: null,
      appointmentScenario: 'ALG',
    },
  });
  return inbound({ interface: 'IF-036', event: '[MSAppActive]', n, mpan, custom: payload.CustomBlock });
}

// Before the others: a good callback, which they send, ends the alert.
test.serial('a callback with a wrong hash, signature, date or certificate is answered 401 and nothing of it is stored', async (t) => {
  const mpan = seededMpan(1_050);
  const body = JSON.stringify([active(mpan, 1)]);
  const market = marketSigner();
  const stranger = await makePair('stranger');
  const bad: Record<string, (url: string) => Record<string, string>> = {
    'the hash of another body': (url) => ({ ...signed(market, url, body), 'x-dip-content-hash': hash('sha256', '[]', 'base64') }),
    'a body that was changed under way': (url) => signed(market, url, body.replace('MOAX', 'MOPX')),
    'the signature of another address': (url) => signed(market, url.replace('IF-036', 'IF-035'), body),
    'no signature': (url) => ({ ...signed(market, url, body), 'x-dip-signature': '' }),
    'a date ten minutes old': (url) => signed(market, url, body, Date.now() - 600_000),
    'a date ten minutes ahead': (url) => signed(market, url, body, Date.now() + 600_000),
    'a certificate that nobody trusts': (url) => signed({ key: stranger.key, certificate: stranger.cert }, url, body),
    'the certificate of another': (url) => ({ ...signed(market, url, body), 'x-dip-signature-certificate': Buffer.from(stranger.cert).toString('base64') }),
    'a certificate that is none': (url) => ({ ...signed(market, url, body), 'x-dip-signature-certificate': Buffer.from('nonsense').toString('base64') }),
    'no headers': () => ({}),
  };
  const before = (await installation.operator.why(`mpan:SUPX:${mpan}`)) as { version?: number };
  for (const [what, headers] of Object.entries(bad)) t.is((await send('IF-036', body, headers)).status, 401, what);
  t.is(((await installation.operator.why(`mpan:SUPX:${mpan}`)) as { version?: number }).version, before.version, 'the record is untouched');
  t.is((await installation.supplier.mpan(mpan)).metering_service_mpid, 'MOPY');
  // The alert is raised beside the answer, not before it.
  const refused = await until('the alert of a refused signature', async () =>
    (await installation.operator.alerts()).find((alert) => alert.code === 'market_signature_refused'),
  );
  t.is(refused.code, 'market_signature_refused');

  // Had any of them been kept, the same message would now be taken for a repeat.
  t.is((await send('IF-036', body, (url) => signed(market, url, body))).status, 201);
  t.is((await installation.supplier.mpan(mpan)).metering_service_mpid, 'MOAX');
});

test('a batch of 1,000 with one bad item is answered 207: the one fails, 999 are stored', async (t) => {
  const items: unknown[] = Array.from({ length: 1_000 }, (_, index) => active(seededMpan(index), 1_000 + index));
  const spoiled = structuredClone(items[500]) as ReturnType<typeof inbound>;
  spoiled.payload.CommonBlock.M0 = { MPANCore: 'not an MPAN', distributorDIPID: '2500000033', GSPGroupID: '_H' };
  items[500] = spoiled;
  const body = JSON.stringify(items);
  const answer = await send('IF-036', body, (url) => signed(marketSigner(), url, body));
  t.is(answer.status, 207);
  t.is(answer.entries.length, 1_000);
  const failed = answer.entries.filter((entry) => !entry.message.startsWith('MSG0000'));
  t.is(failed.length, 1);
  t.is(failed[0]?.senderUniqueReference, 'S-IF-036-2200000003-REGS-20260325-000000001500');
  for (const index of [0, 499, 501, 999]) t.is((await installation.supplier.mpan(seededMpan(index))).metering_service_mpid, 'MOAX', String(index));
  t.is((await installation.supplier.mpan(seededMpan(500))).metering_service_mpid, 'MOPY');

  const again = await send('IF-036', body, (url) => signed(marketSigner(), url, body));
  t.is(again.status, 207, 'a repeat is answered the same');
});

test('a body that is no array, or for no interface, is refused and answered as the DIP expects', async (t) => {
  const market = marketSigner();
  for (const body of ['{}', '[]', 'null', '[{"payload":', '']) {
    const answer = await send('IF-036', body, (url) => signed(market, url, body === '' ? '{}' : body));
    t.is(answer.status, 400, body);
    t.is(answer.entries.length, 1);
  }
  t.is((await send('IF-999x', '[{}]', (url) => signed(market, url, '[{}]'))).status, 404);
});
