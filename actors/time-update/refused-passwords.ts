/**
 * Passwords that a meter refused are not tried again for a day (mts-actions-api 5): meters lock after a few wrong ones. Kept as
 * records under the key of the address, by a digest of meter and password mark; the password itself is in neither.
 *
 * Some meters refuse by hanging up, which a lost link may look like: that is tried once more, and when the meter hangs up again, with no
 * log-in between, the password counts as refused (meter-protocols 5.10, 7).
 */
import { createHash } from 'node:crypto';
import type { ActorId, EpochMs } from '../../machines/common/effects.ts';
import type { MeterTarget } from '../../machines/meter-session/index.ts';
import type { Turn } from '../engine/definition.ts';

export const REFUSED_PASSWORD_KIND = 'refused-password';
/** What such an action ends with. */
export const PASSWORD_REFUSED_EARLIER = 'password refused earlier';
/** The same where the meter never said so. */
export const HUNG_UP_EARLIER = `${PASSWORD_REFUSED_EARLIER} (the meter hung up during log-in again and again)`;

/** Whose password: several meters may share an address. */
export type PasswordOf = { readonly target: Pick<MeterTarget, 'canonicalAddress' | 'outstationAddress'>; readonly passwordMark?: string };

/** `hangUps`: the sessions in which the meter hung up, since the last good log-in and within `hangUpsUntil`. */
type Kept = { readonly until?: EpochMs; readonly hangUps?: readonly string[]; readonly hangUpsUntil?: EpochMs };

/** What is known of a password when a session is about to try it. */
export interface PasswordPast {
  /** Why it must not be tried. */
  readonly refusal: string | undefined;
  /** Sessions in a row in which the meter hung up on it. */
  readonly hangUps: number;
}

function recordId({ target, passwordMark }: PasswordOf): ActorId | undefined {
  if (passwordMark === undefined) return undefined;
  const parts = JSON.stringify([target.canonicalAddress, target.outstationAddress ?? '', passwordMark]);
  return `${REFUSED_PASSWORD_KIND}:${createHash('sha256').update(parts).digest('base64url')}`;
}

async function kept(turn: Pick<Turn, 'get'>, id: ActorId | undefined): Promise<Kept> {
  const doc = id === undefined ? undefined : await turn.get(id);
  return (doc?.snapshot as Kept | undefined) ?? {};
}

export async function rememberRefused(turn: Pick<Turn, 'put'>, of: PasswordOf, until: EpochMs): Promise<void> {
  const id = recordId(of);
  if (id !== undefined) await turn.put({ id, kind: REFUSED_PASSWORD_KIND, state: 'refused', record: { until } });
}

/** @param session names it, so that one told twice counts once @param most hang-ups that count as a refusal @param until how long either is remembered */
export async function rememberHangUp(turn: Pick<Turn, 'get' | 'put' | 'at'>, of: PasswordOf, session: string, most: number, until: EpochMs): Promise<void> {
  const id = recordId(of);
  if (id === undefined) return;
  const known = await kept(turn, id);
  const hangUps = [...new Set([...hangUpsOf(known, turn.at), session])];
  const isRefused = hangUps.length >= most;
  const record = { hangUps, hangUpsUntil: until, ...(isRefused ? { until } : known.until === undefined ? {} : { until: known.until }) };
  await turn.put({ id, kind: REFUSED_PASSWORD_KIND, state: isRefused ? 'refused' : 'doubted', record });
}

/** The meter took it: what the hang-ups before meant is known now. */
export async function forgetHangUps(turn: Pick<Turn, 'get' | 'put' | 'at'>, of: PasswordOf): Promise<void> {
  const id = recordId(of);
  const known = await kept(turn, id);
  if (id !== undefined && hangUpsOf(known, turn.at).length > 0) await turn.put({ id, kind: REFUSED_PASSWORD_KIND, state: 'taken', record: {} });
}

export async function passwordPast(turn: Pick<Turn, 'get' | 'at'>, of: PasswordOf): Promise<PasswordPast> {
  const known = await kept(turn, recordId(of));
  const hangUps = hangUpsOf(known, turn.at).length;
  if ((known.until ?? 0) <= turn.at) return { refusal: undefined, hangUps };
  return { refusal: known.hangUps === undefined ? PASSWORD_REFUSED_EARLIER : HUNG_UP_EARLIER, hangUps };
}

function hangUpsOf({ hangUps = [], hangUpsUntil = 0 }: Kept, now: EpochMs): readonly string[] {
  return hangUpsUntil > now ? hangUps : [];
}
