/** Keys and certificates of the simulated DIP, made at the first start and kept in its data folder. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generate } from 'selfsigned';
import { certificateThumbprint, type SigningIdentity } from './signature.ts';

export interface TlsIdentity {
  readonly key: string;
  readonly certificate: string;
  /** The certificate as a file that clients can trust. */
  readonly caFile: string;
}

const DAY_MS = 86_400_000;

function writeWhole(file: string, text: string): void {
  writeFileSync(`${file}.part`, text, { mode: 0o600 });
  renameSync(`${file}.part`, file);
}

/** One PEM file holds key and certificate, so that neither can be without the other after a crash. */
async function keyAndCertificate(file: string, commonName: string, tls: boolean, now: number): Promise<{ key: string; certificate: string }> {
  if (existsSync(file)) {
    const [key, certificate] = readFileSync(file, 'utf8').split('\n\n');
    if (key !== undefined && certificate !== undefined && Date.parse(new X509Certificate(certificate).validTo) - now > 30 * DAY_MS) return { key, certificate };
  }
  const made = await generate([{ name: 'commonName', value: commonName }], {
    keySize: 2048,
    algorithm: 'sha256',
    notBeforeDate: new Date(now - DAY_MS),
    notAfterDate: new Date(now + 3650 * DAY_MS),
    ...(tls
      ? {
          extensions: [
            { name: 'basicConstraints', cA: true },
            { name: 'keyUsage', digitalSignature: true, keyEncipherment: true, keyCertSign: true },
            { name: 'extKeyUsage', serverAuth: true, clientAuth: true },
            {
              name: 'subjectAltName',
              altNames: [
                { type: 2, value: 'localhost' },
                { type: 7, ip: '127.0.0.1' },
                { type: 7, ip: '::1' },
              ],
            },
          ],
        }
      : {}),
  });
  const key = made.private.replaceAll('\r', '').trim();
  const certificate = `${made.cert.replaceAll('\r', '').trim()}\n`;
  writeWhole(file, `${key}\n\n${certificate}`);
  return { key, certificate };
}

/** The identity that signs callbacks: RSA 2048. Its thumbprint goes into the engine's allow-list. */
export async function loadSigningIdentity(dataDir: string, now: number): Promise<SigningIdentity> {
  mkdirSync(dataDir, { recursive: true });
  const { key, certificate } = await keyAndCertificate(join(dataDir, 'signing.pem'), 'Simulated DIP signing', false, now);
  return {
    key: createPrivateKey(key),
    certificateHeader: Buffer.from(certificate).toString('base64'),
    thumbprint: certificateThumbprint(new X509Certificate(certificate)),
  };
}

/** The server certificate for loopback names. */
export async function loadTlsIdentity(dataDir: string, now: number): Promise<TlsIdentity> {
  mkdirSync(dataDir, { recursive: true });
  const { key, certificate } = await keyAndCertificate(join(dataDir, 'tls.pem'), 'localhost', true, now);
  const caFile = join(dataDir, 'ca.pem');
  writeWhole(caFile, certificate);
  return { key, certificate, caFile };
}
