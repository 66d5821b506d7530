/**
 * Verification of callbacks (appointments 2.1, 2.4): hash of the bytes, date, certificate on our list, signature — in this
 * order, cheapest first, and before a single byte of the body is parsed.
 */
import { type KeyObject, X509Certificate } from 'node:crypto';
import type { EpochMs } from '../../machines/common/effects.ts';
import { CERTIFICATE_HEADER, canonicalString, contentHash, DATE_HEADER, EMPTY_BODY, HASH_HEADER, SIGNATURE_HEADER, verifyText } from './signing.ts';

const MAX_CERTIFICATE_HEADER = 16_384;
const MAX_CACHED = 64;
const DATE = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/;

export type VerificationRule =
  | 'header_missing'
  | 'hash_mismatch'
  | 'date_invalid'
  | 'date_skew'
  | 'certificate_invalid'
  | 'certificate_unknown'
  | 'certificate_dates'
  | 'signature_invalid';

export type Verification =
  | { readonly kind: 'ok'; readonly thumbprint: string }
  | { readonly kind: 'refused'; readonly rule: VerificationRule; readonly text: string };

/** One callback as it came. Header names in lower case. */
export interface SignedRequest {
  readonly method: string;
  /** Complete, as the DIP called it. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Uint8Array;
  readonly receivedAt: EpochMs;
}

export interface VerifierOptions {
  readonly trustedCertificates: readonly string[];
  readonly checkCertificateDates: boolean;
  readonly clockSkewMs: number;
}

interface Known {
  readonly key: KeyObject;
  readonly thumbprint: string;
  readonly from: EpochMs;
  readonly to: EpochMs;
}

/** SHA-256 thumbprint in the form in which we compare: 64 hex digits, lower case. */
export function normaliseThumbprint(text: string): string {
  return text.replaceAll(':', '').toLowerCase();
}

/** Checks callbacks; keeps the few certificates that passed, so that each is parsed once. */
export class Verifier {
  readonly #options: VerifierOptions;
  readonly #trusted: ReadonlySet<string>;
  readonly #known = new Map<string, Known>();

  constructor(options: VerifierOptions) {
    this.#options = options;
    this.#trusted = new Set(options.trustedCertificates.map(normaliseThumbprint));
  }

  async verify(request: SignedRequest): Promise<Verification> {
    const { headers } = request;
    const signature = headers[SIGNATURE_HEADER];
    const date = headers[DATE_HEADER];
    const hash = headers[HASH_HEADER];
    const certificate = headers[CERTIFICATE_HEADER];
    if (!signature || !date || !hash || !certificate) return refused('header_missing', 'a signature header is missing');
    if (contentHash(request.body.length === 0 ? EMPTY_BODY : request.body) !== hash) return refused('hash_mismatch', `${HASH_HEADER} does not fit the body`);
    const at = DATE.test(date) ? Date.parse(date) : Number.NaN;
    if (Number.isNaN(at)) return refused('date_invalid', `${DATE_HEADER} is not a date`);
    if (Math.abs(at - request.receivedAt) > this.#options.clockSkewMs) return refused('date_skew', `${DATE_HEADER} is too far from our clock: ${date}`);
    const known = this.#known.get(certificate) ?? this.#admit(certificate);
    if ('kind' in known) return known;
    if (this.#options.checkCertificateDates && (request.receivedAt < known.from || request.receivedAt > known.to)) {
      return refused('certificate_dates', `certificate ${known.thumbprint} is outside its dates`);
    }
    const valid = await verifyText(canonicalString(request.method, request.url, date, hash), signature, known.key);
    return valid ? { kind: 'ok', thumbprint: known.thumbprint } : refused('signature_invalid', 'the signature does not fit');
  }

  /** Only trusted certificates are remembered, so a stranger cannot push them out. */
  #admit(header: string): Known | Verification {
    if (header.length > MAX_CERTIFICATE_HEADER) return refused('certificate_invalid', 'the certificate header is too long');
    const parsed = parseCertificate(header);
    if (parsed === undefined) return refused('certificate_invalid', 'the certificate cannot be read');
    if (!this.#trusted.has(parsed.thumbprint)) return refused('certificate_unknown', `certificate ${parsed.thumbprint} is not on the list`);
    if (this.#known.size >= MAX_CACHED) {
      const oldest = this.#known.keys().next();
      if (!oldest.done) this.#known.delete(oldest.value);
    }
    this.#known.set(header, parsed);
    return parsed;
  }
}

function parseCertificate(header: string): Known | undefined {
  try {
    const certificate = new X509Certificate(Buffer.from(header, 'base64'));
    if (certificate.publicKey.asymmetricKeyType !== 'rsa') return undefined;
    return {
      key: certificate.publicKey,
      thumbprint: normaliseThumbprint(certificate.fingerprint256),
      from: Date.parse(certificate.validFrom),
      to: Date.parse(certificate.validTo),
    };
  } catch {
    return undefined;
  }
}

function refused(rule: VerificationRule, text: string): Verification & { kind: 'refused' } {
  return { kind: 'refused', rule, text };
}
