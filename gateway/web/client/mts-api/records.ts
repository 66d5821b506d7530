/** Tokens and supplier keys as the operator's API shows them, and what is done with them. */
import type { ApiKeyRecord, Scope, TokenRecord } from '../../../../actors/access/records.ts';
import { call } from '../parts/engine.ts';

export type Token = Omit<TokenRecord, 'hash'>;
export type ApiKey = Omit<ApiKeyRecord, 'hash'>;

export interface NewToken {
  /** Undefined: none. */
  readonly name: string | undefined;
  readonly owner: string;
  readonly scopes: readonly Scope[];
  /** Epoch milliseconds; undefined: until it is deleted. */
  readonly expiresAt: number | undefined;
}

export interface NewKey {
  readonly mpids: readonly string[];
  readonly label: string;
  /** Requests per second; undefined: as configured. */
  readonly rate: number | undefined;
}

const TOKENS = '/ops/v1/tokens';
const KEYS = '/ops/v1/keys';

interface Revocable {
  readonly revokedAt: number | null;
  readonly createdAt: number;
}

/** Those that are not deleted, the latest first. */
async function list<T extends Revocable>(path: string): Promise<readonly T[]> {
  const items: T[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page: { readonly items: readonly T[]; readonly cursor: string | null } = await call(
      'GET',
      cursor === '' ? path : `${path}?cursor=${encodeURIComponent(cursor)}`,
    );
    items.push(...page.items);
    cursor = page.cursor;
  }
  return items.filter(({ revokedAt }) => revokedAt === null).sort((a, b) => b.createdAt - a.createdAt);
}

export const listTokens = (): Promise<readonly Token[]> => list<Token>(TOKENS);
export const listKeys = (): Promise<readonly ApiKey[]> => list<ApiKey>(KEYS);

/** Undefined members are not sent. */
export const createToken = (token: NewToken): Promise<{ readonly token: string }> => call('POST', TOKENS, token);
export const createKey = (key: NewKey): Promise<{ readonly key: string }> => call('POST', KEYS, key);

export const deleteToken = (id: string): Promise<unknown> => call('DELETE', `${TOKENS}/${encodeURIComponent(id)}`);
export const deleteKey = (id: string): Promise<unknown> => call('DELETE', `${KEYS}/${encodeURIComponent(id)}`);

/** As the source specification calls it. */
export const SCOPE_NAMES: Readonly<Record<Scope, string>> = {
  mts: 'MTS Actions API',
  'ops:read': "Operator's API, reading",
  'ops:write': "Operator's API, changing",
  metrics: 'Metrics',
};
