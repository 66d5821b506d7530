import { createHash, createPublicKey, verify, X509Certificate } from 'node:crypto';
import test from 'ava';
import { canonicalString, contentHash, signatureHeaders } from '../../../actors/dip/signing.ts';
import { type SignedRequest, Verifier, type VerifierOptions } from '../../../actors/dip/verification.ts';
import { makePair, type Pair, signerOf } from '../../support/dip/keys.ts';

const NOW = Date.parse('2026-03-24T10:35:00.123Z');
const URL_ = 'https://us.example.test/dip/inbound/IF-035';
const BODY = Buffer.from('[{"payload":{}}]');
let pair: Pair;
let stranger: Pair;

test.before(async () => {
  pair = await makePair('dip');
  stranger = await makePair('stranger');
});

test('the hash of {} is that of the published vector', (t) => {
  t.is(contentHash('{}'), 'RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o=');
});

test('the hash of [{"payload":{}}] is that of the published vector', (t) => {
  t.is(contentHash('[{"payload":{}}]'), '8mG68dTiAIqxh5Wl3JLSjCOS5J6fJMROMLTWj+Ltrko=');
});

test('the canonical string is that of the published vector', (t) => {
  const text = canonicalString('post', 'https://DIP.example.test/dip-channel/IF-031', '2026-03-24T10:35:00.123Z', contentHash(BODY));
  t.is(text, 'POST;https://dip.example.test/dip-channel/if-031;2026-03-24T10:35:00.123Z;8mG68dTiAIqxh5Wl3JLSjCOS5J6fJMROMLTWj+Ltrko=');
  t.is(createHash('sha256').update(text).digest('hex'), '8bc5bd8086803c6e096de41c548d34cdd6794644e9fe52c395e80716ff7779c1');
});

test('the four headers verify with the public key of the certificate they carry', async (t) => {
  const headers = await signatureHeaders(signerOf(pair), { method: 'POST', url: URL_, body: BODY }, NOW);
  t.is(headers['x-dip-signature-date'], '2026-03-24T10:35:00.123Z');
  const pem = Buffer.from(headers['x-dip-signature-certificate'] ?? '', 'base64').toString();
  t.true(pem.startsWith('-----BEGIN CERTIFICATE-----\n'));
  t.false(pem.includes('\r') || pem.includes('PRIVATE'));
  const text = canonicalString('POST', URL_, headers['x-dip-signature-date'] ?? '', headers['x-dip-content-hash'] ?? '');
  t.true(
    verify(
      'sha256',
      Buffer.from(text),
      createPublicKey(new X509Certificate(pem).publicKey.export({ type: 'spki', format: 'pem' })),
      Buffer.from(headers['x-dip-signature'] ?? '', 'base64'),
    ),
  );
});

test('a call without a body hashes {}', async (t) => {
  const headers = await signatureHeaders(signerOf(pair), { method: 'GET', url: URL_, body: '' }, NOW);
  t.is(headers['x-dip-content-hash'], contentHash('{}'));
});

async function request(change: Partial<SignedRequest> = {}, by: Pair = pair, at = NOW): Promise<SignedRequest> {
  const headers = await signatureHeaders(signerOf(by), { method: 'POST', url: URL_, body: BODY }, at);
  return { method: 'POST', url: URL_, body: BODY, receivedAt: NOW, ...change, headers: { ...headers, ...change.headers } };
}

function verifier(change: Partial<VerifierOptions> = {}): Verifier {
  return new Verifier({ trustedCertificates: [pair.thumbprint.toUpperCase()], checkCertificateDates: true, clockSkewMs: 300_000, ...change });
}

test('a good callback verifies, also a second time from the kept certificate', async (t) => {
  const checker = verifier();
  t.deepEqual(await checker.verify(await request()), { kind: 'ok', thumbprint: pair.thumbprint });
  t.deepEqual(await checker.verify(await request()), { kind: 'ok', thumbprint: pair.thumbprint });
});

test('a thumbprint may be listed with colons', async (t) => {
  const colons = pair.thumbprint.match(/../g)?.join(':') ?? '';
  t.is((await verifier({ trustedCertificates: [colons] }).verify(await request())).kind, 'ok');
});

const bad: readonly [string, string, () => Promise<SignedRequest>, Partial<VerifierOptions>?][] = [
  ['a missing header', 'header_missing', () => request({ headers: { 'x-dip-signature': undefined } })],
  ['another body', 'hash_mismatch', () => request({ body: Buffer.from('[]') })],
  ['a hash that is not of the body', 'hash_mismatch', () => request({ headers: { 'x-dip-content-hash': contentHash('{}') } })],
  ['another method', 'signature_invalid', () => request({ method: 'PUT' })],
  ['another address', 'signature_invalid', () => request({ url: 'https://us.example.test/dip/inbound/IF-036' })],
  ['a signature that is no base64', 'signature_invalid', () => request({ headers: { 'x-dip-signature': '%%%' } })],
  ['a date of another form', 'date_invalid', () => request({ headers: { 'x-dip-signature-date': 'yesterday' } })],
  ['a changed date', 'signature_invalid', () => request({ headers: { 'x-dip-signature-date': '2026-03-24T10:35:00.124Z' } })],
  ['a date five minutes and a millisecond old', 'date_skew', () => request({}, pair, NOW - 300_001)],
  ['a date too far ahead', 'date_skew', () => request({}, pair, NOW + 300_001)],
  ['a certificate that is not on the list', 'certificate_unknown', () => request({}, stranger)],
  ['a certificate that is none', 'certificate_invalid', () => request({ headers: { 'x-dip-signature-certificate': 'AAAA' } })],
  ['a certificate header of 20 kB', 'certificate_invalid', () => request({ headers: { 'x-dip-signature-certificate': 'A'.repeat(20_000) } })],
];
for (const [what, rule, make] of bad) {
  test(`${what} is refused as ${rule}`, async (t) => {
    const outcome = await verifier().verify(await make());
    t.is(outcome.kind === 'refused' ? outcome.rule : 'ok', rule);
  });
}

test('the trusted certificate with the signature of another key is refused', async (t) => {
  const good = await request();
  const other = await request({}, stranger);
  const outcome = await verifier().verify({ ...good, headers: { ...good.headers, 'x-dip-signature': other.headers['x-dip-signature'] } });
  t.is(outcome.kind === 'refused' ? outcome.rule : 'ok', 'signature_invalid');
});

test('a certificate outside its dates is refused, unless the setting says otherwise', async (t) => {
  const late = Date.parse('2045-01-01T00:00:00Z');
  const make = () => request({ receivedAt: late }, pair, late);
  const outcome = await verifier().verify(await make());
  t.is(outcome.kind === 'refused' ? outcome.rule : 'ok', 'certificate_dates');
  t.is((await verifier({ checkCertificateDates: false }).verify(await make())).kind, 'ok');
});

test('an empty list trusts nobody', async (t) => {
  t.is((await verifier({ trustedCertificates: [] }).verify(await request())).kind, 'refused');
});
