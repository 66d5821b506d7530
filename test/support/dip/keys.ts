/** Key pairs with certificates, made afresh: one self-signed authority-less pair each. */
import { X509Certificate } from 'node:crypto';
import { generate } from 'selfsigned';
import { makeSigner } from '../../../actors/dip/credentials.ts';
import { normaliseThumbprint } from '../../../actors/dip/verification.ts';

export interface Pair {
  readonly key: string;
  readonly cert: string;
  readonly thumbprint: string;
}

/** Valid from 2020 to 2040, for localhost and 127.0.0.1. */
export async function makePair(name: string): Promise<Pair> {
  const made = await generate([{ name: 'commonName', value: name }], {
    keySize: 2048,
    algorithm: 'sha256',
    notBeforeDate: new Date('2020-01-01T00:00:00Z'),
    notAfterDate: new Date('2040-01-01T00:00:00Z'),
    extensions: [
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
        ],
      },
    ],
  });
  return { key: made.private, cert: made.cert, thumbprint: normaliseThumbprint(new X509Certificate(made.cert).fingerprint256) };
}

export function signerOf(pair: Pair) {
  return makeSigner(pair.key, pair.cert);
}
