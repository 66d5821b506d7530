/** The DIP's message signature: what is signed, how, and the four headers that carry it (appointments 2.1). */
import { createHash, type KeyObject, sign, verify } from 'node:crypto';
import type { EpochMs } from '../../machines/common/effects.ts';

export const SIGNATURE_HEADER = 'x-dip-signature';
export const DATE_HEADER = 'x-dip-signature-date';
export const HASH_HEADER = 'x-dip-content-hash';
export const CERTIFICATE_HEADER = 'x-dip-signature-certificate';

/** What a call without a body hashes. */
export const EMPTY_BODY = '{}';

/** Base64 of the SHA-256 of the raw body bytes. */
export function contentHash(body: string | Uint8Array): string {
  return createHash('sha256').update(body).digest('base64');
}

/** `METHOD;lowercase(url);date;hash`. `url` is complete: scheme, host, path, query. */
export function canonicalString(method: string, url: string, date: string, hash: string): string {
  return `${method.toUpperCase()};${url.toLowerCase()};${date};${hash}`;
}

/** UTC with milliseconds, `2025-06-27T14:29:09.061Z`. */
export function signatureDate(now: EpochMs): string {
  return new Date(now).toISOString();
}

/** Base64 of the RSA PKCS#1 v1.5 / SHA-256 signature, made on the thread pool so that the event loop stays free. */
export function signText(text: string, key: KeyObject): Promise<string> {
  return new Promise((resolve, reject) => {
    sign('sha256', Buffer.from(text), key, (error, signature) => (error === null ? resolve(signature.toString('base64')) : reject(error)));
  });
}

/** False for a signature that does not fit, whatever is wrong with it. */
export function verifyText(text: string, signature: string, key: KeyObject): Promise<boolean> {
  return new Promise((resolve) => {
    try {
      verify('sha256', Buffer.from(text), key, Buffer.from(signature, 'base64'), (error, valid) => resolve(error === null && valid));
    } catch {
      resolve(false);
    }
  });
}

/** Who signs: the prepared private key and the header value of its certificate. */
export interface Signer {
  readonly key: KeyObject;
  /** Base64 of the PEM text of the certificate. */
  readonly certificateHeader: string;
}

/** The four headers for one request. */
export async function signatureHeaders(
  signer: Signer,
  request: { readonly method: string; readonly url: string; readonly body: string | Uint8Array },
  now: EpochMs,
): Promise<Record<string, string>> {
  const date = signatureDate(now);
  const hash = contentHash(request.body.length === 0 ? EMPTY_BODY : request.body);
  const signature = await signText(canonicalString(request.method, request.url, date, hash), signer.key);
  return { [SIGNATURE_HEADER]: signature, [DATE_HEADER]: date, [HASH_HEADER]: hash, [CERTIFICATE_HEADER]: signer.certificateHeader };
}
