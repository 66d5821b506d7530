/**
 * Passwords that a meter refused are not tried again for a day (mts-actions-api 5): meters lock after a few wrong ones. Kept as
 * records under the key of the address, by a digest of meter and password mark; the password itself is in neither.
 */
import { createHash } from 'node:crypto';
import type { ActorId, EpochMs } from '../../machines/common/effects.ts';
import type { MeterTarget } from '../../machines/meter-session/index.ts';
import type { Turn } from '../engine/definition.ts';

export const REFUSED_PASSWORD_KIND = 'refused-password';
/** What such an action ends with. */
export const PASSWORD_REFUSED_EARLIER = 'password refused earlier';

/** Whose password: several meters may share an address. */
export type PasswordOf = { readonly target: Pick<MeterTarget, 'canonicalAddress' | 'outstationAddress'>; readonly passwordMark?: string };

function recordId({ target, passwordMark }: PasswordOf): ActorId | undefined {
  if (passwordMark === undefined) return undefined;
  const parts = JSON.stringify([target.canonicalAddress, target.outstationAddress ?? '', passwordMark]);
  return `${REFUSED_PASSWORD_KIND}:${createHash('sha256').update(parts).digest('base64url')}`;
}

export async function rememberRefused(turn: Pick<Turn, 'put'>, of: PasswordOf, until: EpochMs): Promise<void> {
  const id = recordId(of);
  if (id !== undefined) await turn.put({ id, kind: REFUSED_PASSWORD_KIND, state: 'refused', record: { until } });
}

export async function wasRefused(turn: Pick<Turn, 'get' | 'at'>, of: PasswordOf): Promise<boolean> {
  const id = recordId(of);
  const doc = id === undefined ? undefined : await turn.get(id);
  return ((doc?.snapshot as { readonly until?: number } | undefined)?.until ?? 0) > turn.at;
}
