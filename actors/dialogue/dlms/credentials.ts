/** What a log-in is made of: mechanism, password, keys (meter-protocols 5.3, 5.9, 6.6). */
import type { security } from '../../../workers/codec/index.ts';
import { DialogueError } from '../dialogue.ts';
import type { DlmsKeys } from './protection.ts';
import type { DlmsOptions } from './station.ts';

/** 0 none, 1 LLS, 2 HLS of Landis+Gyr, 3 MD5, 4 SHA-1, 5 GMAC, 6 SHA-256. */
export type Mechanism = 0 | 1 | 2 | 3 | 4 | 5 | 6;

const MECHANISMS: Readonly<Record<DlmsOptions['mechanism'], Mechanism>> = {
  none: 0,
  lls: 1,
  'hls-landis-gyr': 2,
  'hls-md5': 3,
  'hls-sha1': 4,
  'hls-gmac': 5,
  'hls-sha256': 6,
};

const NAMES = ['none', 'LLS', 'HLS 2', 'HLS 3', 'HLS 4', 'HLS 5', 'HLS 6'] as const;

export const mechanismName = (mechanism: Mechanism): string => NAMES[mechanism];

/**
 * The mechanism that is used: a meter with keys is logged into by HLS 5 where the profile has no other high-level mechanism.
 *
 * @throws DialogueError `config`: keys or a password are missing
 */
export function mechanismOf(dlms: DlmsOptions, keys: DlmsKeys | undefined, password: string | undefined): Mechanism {
  const named = MECHANISMS[dlms.mechanism];
  const mechanism = keys !== undefined && named < 2 ? 5 : named;
  if (mechanism === 5 && keys === undefined) throw new DialogueError('config', 'meter keys: HLS 5 needs them, and there are none for this meter');
  if (mechanism === 6 && keys === undefined) throw new DialogueError('config', 'meter keys: HLS 6 needs the system title of the client, and there is none');
  const needsPassword = mechanism !== 0 && mechanism !== 5;
  if (needsPassword && (password === undefined || password === '')) {
    throw new DialogueError('config', `password: ${mechanismName(mechanism)} needs one`);
  }
  return mechanism;
}

/** Our challenge: random octets; for Landis+Gyr eight digits, the last of which names a variant. */
export function challengeFor(mechanism: Mechanism, random: (count: number) => Uint8Array): Uint8Array {
  if (mechanism !== 2) return random(16);
  const digits = Array.from(random(8), (octet) => octet & 0x0f);
  const text = digits.map((digit, at) => (at === 7 ? digit % 6 : digit).toString(16).toUpperCase()).join('');
  return Buffer.from(text, 'latin1');
}

/** Octets of a password; the caller fills them with zeros. */
export const passwordOctets = (password: string): Uint8Array => new Uint8Array(Buffer.from(password, 'utf8'));

/** Our side of the four passes. */
export function ownSide(mechanism: Mechanism, challenge: Uint8Array, secret: Uint8Array, keys: DlmsKeys | undefined): security.HlsSide {
  return {
    mechanism,
    challenge,
    secret,
    systemTitle: keys?.clientSystemTitle,
    keys: keys === undefined ? undefined : { encryptionKey: keys.encryptionKey, authenticationKey: keys.authenticationKey },
    suite: keys?.suite,
  };
}
