/** Keys and certificates of the channel, read from files at start and again when the DIP answers 401. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { MeterwrightError } from '../errors/error.ts';
import type { DipOptions } from './options.ts';
import type { TlsMaterial } from './port.ts';
import type { Signer } from './signing.ts';

export interface Credentials {
  readonly signer: Signer;
  readonly apiKey?: string;
  readonly tls: TlsMaterial;
}

export interface CredentialSource {
  /** Rejects with a `MeterwrightError` that names the setting at fault. */
  load(): Promise<Credentials>;
}

type Files = Pick<DipOptions, 'apiKey' | 'signingKeyFile' | 'signingCertificateFile' | 'clientCertificateFile' | 'clientKeyFile' | 'caFile'>;

export function fileCredentials(options: Files): CredentialSource {
  return {
    async load() {
      const [key, certificate, cert, tlsKey, ca] = await Promise.all([
        read('signingKeyFile', options.signingKeyFile),
        read('signingCertificateFile', options.signingCertificateFile),
        readOptional('clientCertificateFile', options.clientCertificateFile),
        readOptional('clientKeyFile', options.clientKeyFile),
        readOptional('caFile', options.caFile),
      ]);
      return {
        signer: makeSigner(key, certificate),
        ...(options.apiKey === undefined ? {} : { apiKey: options.apiKey }),
        tls: { ...(cert === undefined ? {} : { cert }), ...(tlsKey === undefined ? {} : { key: tlsKey }), ...(ca === undefined ? {} : { ca }) },
      };
    },
  };
}

/** Prepares key and certificate header. Throws when they are not an RSA pair; the message never shows the key. */
export function makeSigner(keyPem: string, certificatePem: string): Signer {
  let pair: { key: ReturnType<typeof createPrivateKey>; certificate: X509Certificate };
  try {
    pair = { key: createPrivateKey(keyPem), certificate: new X509Certificate(certificatePem) };
  } catch {
    throw new MeterwrightError('dip_credentials', 'dip.signingKeyFile, dip.signingCertificateFile: must be PEM files of a private key and a certificate');
  }
  if (pair.key.asymmetricKeyType !== 'rsa') throw new MeterwrightError('dip_credentials', 'dip.signingKeyFile: must hold an RSA key');
  if (!pair.certificate.checkPrivateKey(pair.key)) {
    throw new MeterwrightError('dip_credentials', 'dip.signingCertificateFile: must be the certificate of the key in dip.signingKeyFile');
  }
  // Only the first certificate, with LF line ends, whatever else the file holds.
  const pem = pair.certificate.toString().replaceAll('\r\n', '\n');
  return { key: pair.key, certificateHeader: Buffer.from(pem).toString('base64') };
}

async function read(setting: string, path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new MeterwrightError('dip_credentials', `dip.${setting}: cannot be read: ${path}`, { cause });
  }
}

async function readOptional(setting: string, path: string | undefined): Promise<string | undefined> {
  return path === undefined ? undefined : read(setting, path);
}
