/**
 * How to connect to NATS, from the settings: servers, TLS, credentials. Whoever needs a connection of his own begins here.
 *
 * Nothing of a credential is in any message: files are named by their setting and path, addresses by their place in the list.
 */
import { readFileSync } from 'node:fs';
import { type ConnectionOptions, credsAuthenticator, nkeyAuthenticator } from 'nats';
import { MeterwrightError } from '../errors/error.ts';
import type { NatsListenerOptions, NatsOptions } from './options.ts';

type Credentials = Pick<NatsOptions, 'user' | 'password' | 'token' | 'nkeySeedFile' | 'credsFile'>;

/** What of `NatsOptions` says where NATS is and who we are. */
export type ConnectionSettings = Credentials & Pick<NatsOptions, 'url' | 'caFile' | 'certFile' | 'keyFile' | 'connectTimeoutMs' | 'inboxPrefix'>;

/** The settings of a connection cannot work. */
export class NatsSettingsError extends MeterwrightError {
  constructor(message: string, cause?: unknown) {
    super('nats_settings', message, { retry: 'never', ...(cause === undefined ? {} : { cause }) });
  }
}

/**
 * Servers, TLS and credentials for `connect` of the library. How often it reconnects is the caller's affair.
 * @throws NatsSettingsError for settings that can never work: an address or a file that cannot be read, two ways to authenticate
 */
export function connectionOptions(settings: ConnectionSettings): ConnectionOptions {
  const target = targetOf(settings);
  const tls = tlsOf(settings, target.secure);
  return {
    servers: [...target.servers],
    timeout: settings.connectTimeoutMs,
    inboxPrefix: settings.inboxPrefix,
    ...authenticationOf('nats', { ...target.credentials, ...given(settings) }),
    ...(tls ? { tls } : {}),
  };
}

/** The same servers, as a listener sees them. Undefined when no credentials of one are given. @throws NatsSettingsError */
export function listenerConnectionOptions(settings: ConnectionSettings & { readonly listener: NatsListenerOptions }): ConnectionOptions | undefined {
  const credentials = given(settings.listener);
  if (Object.keys(credentials).length === 0) return undefined;
  const target = targetOf(settings);
  const tls = tlsOf(settings, target.secure);
  return {
    servers: [...target.servers],
    timeout: settings.connectTimeoutMs,
    inboxPrefix: settings.listener.inboxPrefix,
    ...authenticationOf('nats.listener', credentials),
    ...(tls ? { tls } : {}),
  };
}

interface Target {
  readonly servers: readonly string[];
  /** An address asks for TLS. */
  readonly secure: boolean;
  /** From the address. */
  readonly credentials: Credentials;
}

function targetOf({ url }: Pick<NatsOptions, 'url'>): Target {
  const credentials: { user?: string; password?: string; token?: string } = {};
  let secure = false;
  const servers = url.split(',').map((part, index) => {
    const address = addressOf(part.trim(), index);
    if (address.protocol === 'tls:') secure = true;
    else if (address.protocol !== 'nats:') throw new NatsSettingsError(`nats.url: must begin with nats:// or tls:// (number ${index + 1} does not)`);
    if (address.username && !address.password) credentials.token ??= decodeURIComponent(address.username);
    else if (address.username) {
      credentials.user ??= decodeURIComponent(address.username);
      credentials.password ??= decodeURIComponent(address.password);
    }
    return address.host;
  });
  return { servers, secure, credentials };
}

function addressOf(text: string, index: number): URL {
  try {
    const address = new URL(text.includes('://') ? text : `nats://${text}`);
    if (address.host !== '') return address;
  } catch {
    // The library's own error would repeat the address, and with it a password.
  }
  throw new NatsSettingsError(`nats.url: must be an address such as nats://host:4222 (number ${index + 1} is not)`);
}

function tlsOf({ caFile, certFile, keyFile }: Pick<NatsOptions, 'caFile' | 'certFile' | 'keyFile'>, secure: boolean): ConnectionOptions['tls'] | undefined {
  if ((certFile === undefined) !== (keyFile === undefined)) throw new NatsSettingsError('nats.certFile: must be given together with nats.keyFile');
  const files = { ...(caFile === undefined ? {} : { caFile }), ...(certFile === undefined ? {} : { certFile }), ...(keyFile === undefined ? {} : { keyFile }) };
  for (const [name, path] of Object.entries(files)) readWhole(`nats.${name}`, path);
  return secure || Object.keys(files).length > 0 ? files : undefined;
}

function given({ user, password, token, nkeySeedFile, credsFile }: Credentials): Credentials {
  const all = { user, password, token, nkeySeedFile, credsFile };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

type Authentication = Pick<ConnectionOptions, 'user' | 'pass' | 'token' | 'authenticator'>;

function authenticationOf(at: string, { user, password, token, nkeySeedFile, credsFile }: Credentials): Authentication {
  const ways = [user ?? password, token, nkeySeedFile, credsFile].filter((way) => way !== undefined).length;
  if (ways > 1) throw new NatsSettingsError(`${at}: user and password, token, nkeySeedFile or credsFile: one of them at most`);
  if (password !== undefined && user === undefined) throw new NatsSettingsError(`${at}.user: must be given together with ${at}.password`);
  if (credsFile !== undefined) {
    const read = (): Uint8Array => readWhole(`${at}.credsFile`, credsFile);
    return { authenticator: usable(`${at}.credsFile`, credsFile, credsAuthenticator(read)) };
  }
  if (nkeySeedFile !== undefined) {
    const read = (): Uint8Array => Buffer.from(readWhole(`${at}.nkeySeedFile`, nkeySeedFile).toString('utf8').trim());
    return { authenticator: usable(`${at}.nkeySeedFile`, nkeySeedFile, nkeyAuthenticator(read)) };
  }
  if (token !== undefined) return { token };
  return { ...(user === undefined ? {} : { user }), ...(password === undefined ? {} : { pass: password }) };
}

/** Tries it once, so that a file of another kind is named at the start and not in the middle of a handshake. */
function usable<T extends (nonce?: string) => unknown>(setting: string, path: string, authenticator: T): T {
  try {
    authenticator('probe');
  } catch (error) {
    if (error instanceof NatsSettingsError) throw error;
    throw new NatsSettingsError(`${setting}: must be a file of its kind: ${path}`);
  }
  return authenticator;
}

function readWhole(setting: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new NatsSettingsError(`${setting}: must be a file that can be read (${code ?? 'unknown'}): ${path}`);
  }
}
