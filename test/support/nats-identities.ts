/** Identities of NATS' own kinds: nkeys, and operator, account and user as signed tokens with a credentials file. */
import { nkeys } from 'nats';

type KeyPair = ReturnType<typeof nkeys.createUser>;

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
const encode = (value: unknown): string => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

/** A user known by its public key alone. */
export function makeNkey(): { readonly publicKey: string; readonly seed: string } {
  const pair = nkeys.createUser();
  return { publicKey: pair.getPublicKey(), seed: text(pair.getSeed()) };
}

/** The server's configuration of an operator with one account that may use JetStream, and a credentials file of a user of that. */
export function makeCreds(): { readonly config: string; readonly creds: string; readonly seed: string } {
  const [operator, account, system, user] = [nkeys.createOperator(), nkeys.createAccount(), nkeys.createAccount(), nkeys.createUser()];
  const operatorToken = token(operator, operator, 'operator', { type: 'operator', version: 2 });
  const unlimited = { subs: -1, data: -1, payload: -1, imports: -1, exports: -1, wildcards: true, conn: -1, leaf: -1 };
  const storage = { mem_storage: -1, disk_storage: -1, streams: -1, consumer: -1 };
  const accountOf = (pair: KeyPair, name: string, limits: object): string =>
    token(operator, pair, name, { type: 'account', version: 2, limits, default_permissions: { pub: {}, sub: {} } });
  const accounts = [
    `${account.getPublicKey()}: ${accountOf(account, 'account', { ...unlimited, ...storage })}`,
    `${system.getPublicKey()}: ${accountOf(system, 'system', unlimited)}`,
  ];
  const userToken = token(account, user, 'user', { type: 'user', version: 2, pub: {}, sub: {}, subs: -1, data: -1, payload: -1 });
  const seed = text(user.getSeed());
  return {
    config: `operator: ${operatorToken}\nsystem_account: ${system.getPublicKey()}\nresolver: MEMORY\nresolver_preload: {\n${accounts.join('\n')}\n}\n`,
    creds: `-----BEGIN NATS USER JWT-----\n${userToken}\n------END NATS USER JWT------\n\n-----BEGIN USER NKEY SEED-----\n${seed}\n------END USER NKEY SEED------\n`,
    seed,
  };
}

function token(issuer: KeyPair, subject: KeyPair, name: string, nats: object): string {
  const claims = { jti: name, iat: 1_700_000_000, iss: issuer.getPublicKey(), name, sub: subject.getPublicKey(), nats };
  const signed = `${encode({ typ: 'JWT', alg: 'ed25519-nkey' })}.${encode(claims)}`;
  return `${signed}.${Buffer.from(issuer.sign(Buffer.from(signed))).toString('base64url')}`;
}
