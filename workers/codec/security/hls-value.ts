/** f(challenge) of every HLS mechanism (Green Book, HLS mechanisms; meter-protocols 5.9), made by one side and checked by the other. */
import { timingSafeEqual } from 'node:crypto';
import { type Bad, type CodecError, codecError, type Decoded, type Encoded, errorOf, good } from '../common/index.ts';
import type { Suite } from './control.ts';
import { encodeGmac, verifyGmac } from './gmac.ts';
import { hashMd5, hashSha1, hashSha256 } from './hash.ts';
import { type SecurityKeys, titleFault } from './keys.ts';
import { landisGyrResponse } from './landis-gyr.ts';

/** Octets of a challenge. */
export const CHALLENGE_LEAST = 8;
export const CHALLENGE_MOST = 64;

/** One side of a high-level login. What its mechanism does not use may be absent. */
export interface HlsSide {
  /** 2 Landis+Gyr, 3 MD5, 4 SHA-1, 5 GMAC, 6 SHA-256; 7 (ECDSA) is `unsupported`. */
  readonly mechanism: number;
  /** Its own challenge, 8 to 64 unpredictable octets; for mechanism 2 eight hex digits in ASCII. */
  readonly challenge: Uint8Array;
  /** Mechanisms 5 and 6. */
  readonly systemTitle?: Uint8Array | undefined;
  /** Mechanisms 2, 3, 4 and 6: the password. */
  readonly secret?: Uint8Array | undefined;
  /** Mechanism 5. */
  readonly keys?: SecurityKeys | undefined;
  /** Mechanism 5, default 0. */
  readonly suite?: Suite | undefined;
}

/** What the AARQ or AARE tells of the other side. */
export interface HlsPeer {
  readonly challenge: Uint8Array;
  /** Mechanisms 5 and 6. */
  readonly systemTitle?: Uint8Array | undefined;
}

export interface HlsProof {
  readonly mechanism: number;
  /** Mechanism 5: the counter that the peer used. */
  readonly invocationCounter?: number;
}

const refuse = (error: CodecError): { readonly kind: 'bad'; readonly error: CodecError } => ({ kind: 'bad', error });

/**
 * f(the peer's challenge), for the peer.
 *
 * @param invocationCounter mechanism 5 only
 * Errors: `missing_key`, `bad_value` (also a challenge that equals ours: a peer that mirrors), `bad_length`, `unsupported`.
 */
export function hlsAnswer(own: HlsSide, peer: HlsPeer, invocationCounter?: number): Encoded {
  const fault = challengeFault(own, peer);
  if (fault !== undefined) return refuse(fault);
  if (own.mechanism !== 5) return hashed(own, own, peer);
  if (invocationCounter === undefined) return refuse(codecError('bad_value', 0, 'invocationCounter: needed by HLS 5'));
  const { systemTitle, suite } = own;
  if (systemTitle === undefined) return refuse(codecError('missing_key', 0, 'systemTitle: not given'));
  return encodeGmac({ challenge: peer.challenge, systemTitle, keys: own.keys ?? {}, invocationCounter, suite });
}

/**
 * Is this f(our challenge), as the peer makes it? Compared in constant time.
 *
 * Errors: those of {@link hlsAnswer}, and `bad_tag` for an answer that is wrong.
 */
export function hlsCheck(own: HlsSide, peer: HlsPeer, answer: Uint8Array): Decoded<HlsProof> {
  const bad = (error: CodecError): Bad => ({ kind: 'bad', error, consumed: answer.length });
  const fault = challengeFault(own, peer);
  if (fault !== undefined) return bad(fault);
  const { mechanism } = own;
  if (mechanism === 5) {
    const { systemTitle } = peer;
    if (systemTitle === undefined) return bad(codecError('missing_key', 0, "systemTitle: the peer's, not given"));
    const proof = verifyGmac(answer, { challenge: own.challenge, systemTitle, keys: own.keys ?? {} });
    if (proof.kind !== 'good') return bad(errorOf(proof, answer.length));
    return good({ mechanism, invocationCounter: proof.value.invocationCounter }, answer.length);
  }
  const expected = hashed(own, peer, own);
  if (expected.kind === 'bad') return bad(expected.error);
  if (expected.octets.length === answer.length && timingSafeEqual(expected.octets, answer)) return good({ mechanism }, answer.length);
  return bad(codecError('bad_tag', 0, `f(challenge): the answer of mechanism ${mechanism}`, `${answer.length} octets`));
}

/** What `sender` answers to the challenge of `receiver`, with the secret that both share. */
function hashed(own: HlsSide, sender: HlsPeer, receiver: HlsPeer): Encoded {
  const { mechanism, secret } = own;
  if (mechanism === 7) return refuse(codecError('unsupported', 0, 'mechanism: 7 (ECDSA) is not built', mechanism));
  if (mechanism !== 2 && mechanism !== 3 && mechanism !== 4 && mechanism !== 6) {
    return refuse(codecError('bad_value', 0, 'mechanism: a high-level one, 2 to 7', mechanism));
  }
  if (secret === undefined) return refuse(codecError('missing_key', 0, `secret: needed by HLS ${mechanism}`));
  if (mechanism === 2) return landisGyrResponse(secret, receiver.challenge);
  if (mechanism === 3) return hashMd5(receiver.challenge, secret);
  if (mechanism === 4) return hashSha1(receiver.challenge, secret);
  const { systemTitle: ownTitle } = sender;
  const { systemTitle: peerTitle } = receiver;
  const fault = titleFault("systemTitle: the sender's", ownTitle) ?? titleFault("systemTitle: the receiver's", peerTitle);
  if (fault !== undefined || ownTitle === undefined || peerTitle === undefined) {
    return refuse(fault ?? codecError('missing_key', 0, 'systemTitle: not given'));
  }
  return hashSha256({ secret, ownTitle, peerTitle, challenge: receiver.challenge, ownChallenge: sender.challenge });
}

function challengeFault(own: HlsSide, peer: HlsPeer): CodecError | undefined {
  for (const [name, { length }] of [['own', own.challenge] as const, ['peer', peer.challenge] as const]) {
    if (length < CHALLENGE_LEAST || length > CHALLENGE_MOST) {
      return codecError('bad_value', 0, `challenge (${name}): ${CHALLENGE_LEAST} to ${CHALLENGE_MOST} octets`, `${length} octets`);
    }
  }
  const { challenge } = own;
  const mirrored = challenge.length === peer.challenge.length && challenge.every((octet, index) => octet === peer.challenge[index]);
  return mirrored ? codecError('bad_value', 0, "challenge: the peer's must differ from ours") : undefined;
}
