/** Secrets and identities of an installation, made at first start and kept in the data folder, mode 600. */
import { randomBytes, randomUUID, X509Certificate } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { generate } from 'selfsigned';
import type { Access } from '../../actors/access/index.ts';
import { readJson, writeWhole } from '../process/index.ts';

/** Where the secrets are that all nodes of a cluster share. @param secretsDir `data.secretsDir` */
export function secretsFolder(dataDir: string, secretsDir?: string): string {
  return secretsDir === undefined ? join(dataDir, 'secrets') : resolve(secretsDir);
}

/**
 * A random text that is made once, whoever of those that share the folder is first.
 * @param secretsDir `data.secretsDir`; default: `secrets` in the data folder
 */
export function keptSecret(dataDir: string, name: string, secretsDir?: string): string {
  const folder = secretsFolder(dataDir, secretsDir);
  const file = join(folder, name);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (!existsSync(file)) writeOnce(file, `${randomBytes(32).toString('base64url')}\n`);
  return readFileSync(file, 'utf8').trim();
}

/** Whole, and only where there is none: of several at once the first one's stays. */
function writeOnce(file: string, content: string): void {
  const fresh = `${file}.${randomUUID()}`;
  writeWhole(fresh, content);
  try {
    linkSync(fresh, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return;
    // A file system without links has no second process on it: such shares are not for this.
    renameSync(fresh, file);
  } finally {
    rmSync(fresh, { force: true });
  }
}

export interface SigningIdentity {
  readonly keyFile: string;
  readonly certificateFile: string;
  /** SHA-256 of the certificate, hex. */
  readonly thumbprint: string;
}

const YEARS_MS = 10 * 365 * 86_400_000;

/** Key and certificate that sign our messages in the demo market. A real market certifies its participants itself. */
export async function keptSigningIdentity(dataDir: string): Promise<SigningIdentity> {
  const folder = join(dataDir, 'secrets');
  const keyFile = join(folder, 'dip-signing.key');
  const certificateFile = join(folder, 'dip-signing.pem');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (!existsSync(keyFile) || !existsSync(certificateFile)) {
    const made = await generate([{ name: 'commonName', value: 'Meterwright demo supplier' }], {
      keySize: 2048,
      algorithm: 'sha256',
      notAfterDate: new Date(Date.now() + YEARS_MS),
    });
    writeWhole(keyFile, made.private);
    writeWhole(certificateFile, made.cert);
  }
  const thumbprint = new X509Certificate(readFileSync(certificateFile)).fingerprint256.replaceAll(':', '').toLowerCase();
  return { keyFile, certificateFile, thumbprint };
}

/** Where the operator token of the data folder is. */
export function localTokenFile(dataDir: string): string {
  return join(dataDir, 'secrets', 'local.token');
}

type Tokens = Pick<Access, 'authenticateToken' | 'createToken'>;

/** The folder's own operator token: whoever can read the data folder may steer its engine. Made at first start, and anew when it was revoked. */
export function keptLocalToken(dataDir: string, access: Tokens): Promise<string> {
  return keptToken(localTokenFile(dataDir), { scopes: ['ops:read', 'ops:write'], owner: 'local' }, access);
}

/** The demo's token of the MTS API. */
export function keptMtsToken(dataDir: string, access: Tokens): Promise<string> {
  return keptToken(join(dataDir, 'secrets', 'demo-mts.token'), { scopes: ['mts'], owner: 'mts' }, access);
}

async function keptToken(file: string, what: Pick<Parameters<Tokens['createToken']>[0], 'scopes' | 'owner'>, access: Tokens): Promise<string> {
  const kept = existsSync(file) ? readFileSync(file, 'utf8').trim() : '';
  if (kept !== '' && (await access.authenticateToken(kept)) !== undefined) return kept;
  const { token } = await access.createToken({ ...what, expiresAt: null, by: 'start' });
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeWhole(file, `${token}\n`);
  return token;
}

export interface DemoSecrets {
  readonly apiKey: string;
}

/** The demo supplier's API key. */
export function keptDemo(dataDir: string): DemoSecrets {
  const file = join(dataDir, 'secrets', 'demo.json');
  const read = readJson(file) as DemoSecrets | undefined;
  if (typeof read?.apiKey === 'string') return read;
  const made: DemoSecrets = { apiKey: randomUUID() };
  mkdirSync(join(dataDir, 'secrets'), { recursive: true, mode: 0o700 });
  writeWhole(file, `${JSON.stringify(made)}\n`);
  return made;
}
