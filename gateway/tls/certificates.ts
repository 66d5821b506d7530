/**
 * The certificate of the front door when none is given: an authority and a leaf, made together.
 *
 * I1  The authority's key is never written: it signs one leaf and is gone. Nobody who reads the folder can sign another name, so
 *     trusting `ca.pem` is safe. A new leaf therefore means a new authority.
 * I2  The three files belong together or are all made anew; a crash between two of them heals at the next start.
 * I3  The leaf's key is mode 600 from its first byte on.
 */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { generate } from 'selfsigned';
import { MeterwrightError } from '../../actors/errors/error.ts';
import { writeWhole } from './write-whole.ts';

const DAY_MS = 86_400_000;
/** What browsers accept at most from an authority that people added is longer; a year keeps renewals exercised. */
const VALID_DAYS = 397;
const RENEW_DAYS = 30;
/** Clients whose clock is behind. */
const SKEW_DAYS = 1;

/** The files of the certificate that HTTPS shows. */
export interface TlsFiles {
  /** Leaf first, then its authority. PEM. */
  readonly certFile: string;
  readonly keyFile: string;
  /** What clients trust; undefined when a certificate was given without its authority. */
  readonly caFile: string | undefined;
  /** Names and addresses that the certificate stands for. */
  readonly names: readonly string[];
  /** Epoch milliseconds. */
  readonly expiresAt: number;
  /** Whether it was made at this start. */
  readonly made: boolean;
}

/** A certificate of the operator's own. */
export interface GivenCertificate {
  readonly certFile: string;
  readonly keyFile: string;
  readonly caFile?: string | undefined;
}

/** The certificate that was given cannot be used. */
export class TlsError extends MeterwrightError {
  constructor(message: string, details: Record<string, unknown>) {
    super('tls_unusable', message, { details });
  }
}

/**
 * The certificate to serve: the given one, checked; else the one in `folder`, made anew if it is missing, damaged, ends within
 * 30 days, or stands for other names.
 * @param setup.names further host names and addresses, beside loopback and this machine's name
 * @throws TlsError when a given certificate cannot be read, is over, or its key is another's
 */
export async function tlsFiles(setup: {
  readonly folder: string;
  readonly now: number;
  readonly names?: readonly string[];
  readonly given?: GivenCertificate | undefined;
}): Promise<TlsFiles> {
  if (setup.given !== undefined) return checkGiven(setup.given, setup.now);
  const names = ownNames(setup.names ?? []);
  const files = { certFile: join(setup.folder, 'server.pem'), keyFile: join(setup.folder, 'server.key'), caFile: join(setup.folder, 'ca.pem') };
  const until = usableUntil(files, names, setup.now);
  if (until !== undefined) return { ...files, names, expiresAt: until, made: false };
  const expiresAt = await make(files, names, setup);
  return { ...files, names, expiresAt, made: true };
}

/** The names that our own certificate stands for, sorted, each once. Wildcard addresses are no names. */
export function ownNames(further: readonly string[]): readonly string[] {
  const all = ['localhost', '127.0.0.1', '::1', hostname(), ...further].map((name) => name.toLowerCase().replace(/^\[(.*)\]$/, '$1'));
  return [...new Set(all)].filter((name) => name !== '' && name !== '0.0.0.0' && name !== '::').sort();
}

/** Until when the files can be used; undefined when they cannot. */
function usableUntil(files: { certFile: string; keyFile: string; caFile: string }, names: readonly string[], now: number): number | undefined {
  try {
    const leaf = new X509Certificate(readFileSync(files.certFile));
    const authority = new X509Certificate(readFileSync(files.caFile));
    const expiresAt = Math.min(leaf.validToDate.getTime(), authority.validToDate.getTime());
    const sameNames = JSON.stringify(namesOf(leaf)) === JSON.stringify(names.map(canonical).sort());
    const whole = leaf.checkPrivateKey(createPrivateKey(readFileSync(files.keyFile))) && leaf.verify(authority.publicKey);
    const inTime = leaf.validFromDate.getTime() <= now && expiresAt - now > RENEW_DAYS * DAY_MS;
    return sameNames && whole && inTime ? expiresAt : undefined;
  } catch {
    return undefined;
  }
}

function namesOf(certificate: X509Certificate): readonly string[] {
  const entries = certificate.subjectAltName?.split(', ') ?? [];
  return entries.map((entry) => canonical(entry.slice(entry.indexOf(':') + 1))).sort();
}

/** One spelling of an IPv6 address, whatever OpenSSL or people write. */
function canonical(name: string): string {
  return isIP(name) === 6 ? new URL(`http://[${name}]`).hostname.slice(1, -1) : name.toLowerCase();
}

async function make(
  files: { certFile: string; keyFile: string; caFile: string },
  names: readonly string[],
  { folder, now }: { readonly folder: string; readonly now: number },
): Promise<number> {
  const dates = { notBeforeDate: new Date(now - SKEW_DAYS * DAY_MS), notAfterDate: new Date(now + VALID_DAYS * DAY_MS) };
  const kind = { keyType: 'ec', curve: 'P-256', algorithm: 'sha256' } as const;
  const authority = await generate([{ name: 'commonName', value: `Meterwright local authority ${new Date(now).toISOString().slice(0, 10)}` }], {
    ...kind,
    ...dates,
    extensions: [
      { name: 'basicConstraints', cA: true, pathLenConstraint: 0, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  const leaf = await generate([{ name: 'commonName', value: 'Meterwright' }], {
    ...kind,
    ...dates,
    ca: { key: authority.private, cert: authority.cert },
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      { name: 'subjectAltName', altNames: names.map((name) => (isIP(name) === 0 ? { type: 2, value: name } : { type: 7, ip: name })) },
    ],
  });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeWhole(files.keyFile, leaf.private, 0o600);
  writeWhole(files.certFile, `${leaf.cert.trim()}\n${authority.cert.trim()}\n`, 0o644);
  writeWhole(files.caFile, `${authority.cert.trim()}\n`, 0o644);
  return dates.notAfterDate.getTime();
}

function checkGiven(given: GivenCertificate, now: number): TlsFiles {
  const refuse = (file: string, rule: string): TlsError => new TlsError(`${file}: ${rule}`, { file });
  const read = <T>(file: string, rule: string, parse: (bytes: Buffer) => T): T => {
    try {
      return parse(readFileSync(file));
    } catch (error) {
      throw refuse(file, `${rule}: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  const leaf = read(given.certFile, 'must be a certificate in PEM', (bytes) => new X509Certificate(bytes));
  const key = read(given.keyFile, 'must be a private key in PEM, without a passphrase', (bytes) => createPrivateKey(bytes));
  if (given.caFile !== undefined) read(given.caFile, 'must be a certificate in PEM', (bytes) => new X509Certificate(bytes));
  if (!leaf.checkPrivateKey(key)) throw refuse(given.keyFile, `must be the key of ${given.certFile}`);
  const expiresAt = leaf.validToDate.getTime();
  if (expiresAt <= now) throw refuse(given.certFile, `is over since ${leaf.validToDate.toISOString()}`);
  return { certFile: given.certFile, keyFile: given.keyFile, caFile: given.caFile, names: namesOf(leaf), expiresAt, made: false };
}
