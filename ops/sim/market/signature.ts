/**
 * The DIP's message signatures (appointments 2.1), written for the simulator from the specification and not shared with the engine:
 * RSA PKCS#1 v1.5 with SHA-256 over `METHOD;lowercase(full URL);date;content hash`.
 */
import { createPublicKey, hash, type KeyObject, sign, verify, X509Certificate } from 'node:crypto';

/** What signs: the key, its certificate in the form of the header, and the certificate's thumbprint. */
export interface SigningIdentity {
  readonly key: KeyObject;
  /** Base64 of the PEM text. */
  readonly certificateHeader: string;
  /** SHA-256 of the DER form, lower-case hex. */
  readonly thumbprint: string;
}

/** Base64 SHA-256 of a body; an empty body counts as the two characters `{}`. */
export function contentHash(body: string | Uint8Array): string {
  return hash('sha256', body.length === 0 ? '{}' : body, 'base64');
}

export function canonicalString(method: string, url: string, date: string, bodyHash: string): string {
  return `${method.toUpperCase()};${url.toLowerCase()};${date};${bodyHash}`;
}

/** SHA-256 of a certificate's DER form, lower-case hex. */
export function certificateThumbprint(certificate: X509Certificate): string {
  return certificate.fingerprint256.replaceAll(':', '').toLowerCase();
}

/** The four headers of a signed request. `at`: the wall clock in milliseconds. */
export function signRequest(identity: SigningIdentity, method: string, url: string, body: string | Uint8Array, at: number): Record<string, string> {
  const date = new Date(at).toISOString();
  const bodyHash = contentHash(body);
  const signature = sign('sha256', Buffer.from(canonicalString(method, url, date, bodyHash)), identity.key).toString('base64');
  return {
    'x-dip-signature': signature,
    'x-dip-signature-date': date,
    'x-dip-content-hash': bodyHash,
    'x-dip-signature-certificate': identity.certificateHeader,
  };
}

export type Verdict = { readonly ok: true; readonly thumbprint: string } | { readonly ok: false; readonly rule: SignatureRule; readonly detail: string };
export type SignatureRule = 'headers' | 'content-hash' | 'date' | 'certificate' | 'untrusted' | 'signature';

export interface VerifierOptions {
  /** Trusted certificates, SHA-256 of DER in lower-case hex. */
  readonly trusted: Set<string>;
  /** Trust the first certificate that signs correctly, when none is trusted yet. */
  readonly trustFirst: boolean;
  /** Greatest difference between the signature's date and our clock, either way; 0 turns the check off. */
  readonly skewMs: number;
  /** Called once when `trustFirst` has chosen. */
  readonly onTrust?: (thumbprint: string) => void;
}

type Known = { readonly key: KeyObject; readonly thumbprint: string; readonly from: number; readonly to: number };

function readCertificate(header: string): Known | null {
  try {
    const certificate = new X509Certificate(Buffer.from(header, 'base64'));
    const key = createPublicKey(certificate.publicKey.export({ type: 'spki', format: 'pem' }));
    return { key, thumbprint: certificateThumbprint(certificate), from: Date.parse(certificate.validFrom), to: Date.parse(certificate.validTo) };
  } catch {
    return null;
  }
}

/** Verifies signed requests; certificates that were read once are kept (at most 64). */
export class Verifier {
  readonly #options: VerifierOptions;
  readonly #known = new Map<string, Known>();

  constructor(options: VerifierOptions) {
    this.#options = options;
  }

  check(method: string, url: string, headers: Record<string, string | string[] | undefined>, body: Uint8Array, now: number): Verdict {
    const signature = headers['x-dip-signature'];
    const date = headers['x-dip-signature-date'];
    const bodyHash = headers['x-dip-content-hash'];
    const certificate = headers['x-dip-signature-certificate'];
    if (typeof signature !== 'string' || typeof date !== 'string' || typeof bodyHash !== 'string' || typeof certificate !== 'string') {
      return { ok: false, rule: 'headers', detail: 'one of the four signature headers is missing' };
    }
    if (contentHash(body) !== bodyHash) return { ok: false, rule: 'content-hash', detail: 'X-DIP-Content-Hash is not the hash of the body' };
    if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(date))
      return { ok: false, rule: 'date', detail: 'X-DIP-Signature-Date is not a UTC date with milliseconds' };
    if (this.#options.skewMs > 0 && Math.abs(now - Date.parse(date)) > this.#options.skewMs)
      return { ok: false, rule: 'date', detail: 'X-DIP-Signature-Date is too far from the clock' };
    const known = this.#certificate(certificate);
    if (known === null) return { ok: false, rule: 'certificate', detail: 'X-DIP-Signature-Certificate is not base64 of a PEM certificate' };
    if (now < known.from || now > known.to) return { ok: false, rule: 'certificate', detail: 'the certificate is not valid now' };
    const { trusted, trustFirst } = this.#options;
    const first = trusted.size === 0 && trustFirst;
    if (!first && !trusted.has(known.thumbprint)) return { ok: false, rule: 'untrusted', detail: `certificate ${known.thumbprint} is not trusted` };
    const canonical = Buffer.from(canonicalString(method, url, date, bodyHash));
    if (!verify('sha256', canonical, known.key, Buffer.from(signature, 'base64')))
      return { ok: false, rule: 'signature', detail: `signature does not fit ${canonical.toString()}` };
    if (first) {
      trusted.add(known.thumbprint);
      this.#options.onTrust?.(known.thumbprint);
    }
    return { ok: true, thumbprint: known.thumbprint };
  }

  #certificate(header: string): Known | null {
    const held = this.#known.get(header);
    if (held !== undefined) return held;
    const read = readCertificate(header);
    if (read === null) return null;
    if (this.#known.size >= 64) this.#known.clear();
    this.#known.set(header, read);
    return read;
  }
}
