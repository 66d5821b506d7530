/**
 * The security control octet (Green Book, security header; meter-protocols 5.9).
 *
 * ```
 *   bit   7 compressed | 6 broadcast key | 5 encrypted | 4 authenticated | 3-0 suite
 *   10 authenticated only: the plaintext travels in clear, its tag behind it
 *   20 encrypted only: no tag
 *   30 both
 * ```
 */
import { type CodecError, codecError, hexOctet } from '../common/index.ts';

export const AUTHENTICATED = 0x10;
export const ENCRYPTED = 0x20;
export const BROADCAST_KEY = 0x40;
export const COMPRESSED = 0x80;

/** 0 AES-128-GCM, 1 the same with elliptic curves (which are not built), 2 AES-256-GCM. */
export type Suite = 0 | 1 | 2;

export interface SecurityPolicy {
  /** Default 0. */
  readonly suite?: Suite;
  readonly authenticated?: boolean;
  readonly encrypted?: boolean;
  /** The broadcast key in place of the encryption key. */
  readonly broadcast?: boolean;
}

/** The octet of a policy. */
export function securityControl(policy: SecurityPolicy): number {
  return (
    (policy.suite ?? 0) |
    (policy.authenticated === true ? AUTHENTICATED : 0) |
    (policy.encrypted === true ? ENCRYPTED : 0) |
    (policy.broadcast === true ? BROADCAST_KEY : 0)
  );
}

/** Why this octet cannot be worked with; undefined when it can. */
export function controlFault(control: number): CodecError | undefined {
  if (!Number.isInteger(control) || control < 0 || control > 0xff) return codecError('bad_value', 0, 'securityControl: an octet', control);
  if ((control & COMPRESSED) !== 0) return codecError('unsupported', 0, 'securityControl: compression (80) is not built', hexOctet(control));
  if ((control & 0x0f) > 2) return codecError('unsupported', 0, 'securityControl: suite 0, 1 or 2', hexOctet(control));
  return undefined;
}

const LARGEST = 0xffff_ffff;

/** Why this is no invocation counter; undefined when it is one. */
export function counterFault(counter: number): CodecError | undefined {
  if (Number.isInteger(counter) && counter >= 0 && counter <= LARGEST) return undefined;
  return codecError('bad_value', 0, `invocationCounter: a whole number from 0 to ${LARGEST}`, counter);
}
