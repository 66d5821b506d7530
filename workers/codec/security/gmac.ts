/**
 * f(challenge) of HLS 5 (Green Book, HLS mechanisms; meter-protocols 5.9).
 *
 * ```
 *   SC(1) = 10 + suite | IC(4) | tag(12)
 *   tag = GMAC over SC | authentication key | challenge, under the encryption key, with the title of who sends f
 * ```
 */
import { type Bad, type CodecError, codecError, type Decoded, type Encoded, encoded, good, hexOctet, Reader } from '../common/index.ts';
import { AUTHENTICATED, controlFault, counterFault, type Suite } from './control.ts';
import { gmacCheck, gmacSign, TAG_OCTETS } from './gcm.ts';
import { isKey, keyFor, type SecurityKeys, titleFault } from './keys.ts';
import { aadOf, forgetAad, nonceOf } from './nonce.ts';

/** Octets of f(challenge). */
export const GMAC_OCTETS = 5 + TAG_OCTETS;

export interface GmacContext {
  /** What the peer of the sender sent in its AARQ or AARE. */
  readonly challenge: Uint8Array;
  /** Of who sends f. */
  readonly systemTitle: Uint8Array;
  /** Encryption and authentication key. */
  readonly keys: SecurityKeys;
}

export interface GmacRequest extends GmacContext {
  /** From the sender's range, like that of a ciphered APDU. */
  readonly invocationCounter: number;
  /** Default 0. */
  readonly suite?: Suite | undefined;
}

export interface GmacAnswer {
  readonly securityControl: number;
  readonly invocationCounter: number;
  /** A view of the input. */
  readonly tag: Uint8Array;
}

/** Makes f(challenge), 17 octets. Errors: `missing_key`, `bad_value`. */
export function encodeGmac(request: GmacRequest): Encoded {
  const control = AUTHENTICATED | (request.suite ?? 0);
  const counter = request.invocationCounter;
  const fault = controlFault(control) ?? counterFault(counter);
  if (fault !== undefined) return { kind: 'bad', error: fault };
  const keys = gmacKeys(request, control);
  if (keys.kind === 'bad') return keys;
  const out = new Uint8Array(GMAC_OCTETS);
  out.set([control, counter >>> 24, counter >>> 16, counter >>> 8, counter]);
  gmacSign(keys.key, nonceOf(request.systemTitle, counter), aadOf(control, keys.authenticationKey), request.challenge, out, 5);
  forgetAad();
  return encoded(out);
}

/** Takes f(challenge) apart, unchecked. Errors: `incomplete`, `trailing_octets`, `bad_value` (control), `unsupported` (suite). */
export function decodeGmac(octets: Uint8Array): Decoded<GmacAnswer> {
  const reader = new Reader(octets);
  const control = reader.u8();
  const invocationCounter = reader.u32();
  const tag = reader.view(TAG_OCTETS);
  if (!reader.failed && (control & 0xf0) !== AUTHENTICATED) reader.fail('bad_value', 'securityControl: authenticated only (10)', hexOctet(control), 0);
  const fault = controlFault(control);
  if (fault !== undefined) reader.fail(fault.code, fault.rule, fault.got, 0);
  if (reader.left > 0) reader.fail('trailing_octets', `f(challenge): ${GMAC_OCTETS} octets`, `${octets.length} octets`);
  return reader.failed ? reader.failure() : good({ securityControl: control, invocationCounter, tag }, octets.length);
}

/**
 * Takes f(challenge) apart and checks it. Its counter is not compared with the last one: the APDU around it may have been made
 * with a later counter, and it is the fresh challenge that keeps out what is replayed.
 *
 * Errors: as {@link decodeGmac}, `bad_tag`, `missing_key`, `bad_value`.
 */
export function verifyGmac(octets: Uint8Array, context: GmacContext): Decoded<GmacAnswer> {
  const answer = decodeGmac(octets);
  if (answer.kind !== 'good') return answer;
  const { securityControl, invocationCounter, tag } = answer.value;
  const keys = gmacKeys(context, securityControl);
  if (keys.kind === 'bad') return refused(keys.error, octets);
  const right = gmacCheck(keys.key, nonceOf(context.systemTitle, invocationCounter), aadOf(securityControl, keys.authenticationKey), context.challenge, tag);
  forgetAad();
  return right ? answer : refused(codecError('bad_tag', 5, 'tag: the GMAC of control, authentication key and challenge'), octets);
}

const refused = (error: CodecError, octets: Uint8Array): Bad => ({ kind: 'bad', error, consumed: octets.length });

type GmacKeys =
  | { readonly kind: 'good'; readonly key: Uint8Array; readonly authenticationKey: Uint8Array }
  | { readonly kind: 'bad'; readonly error: CodecError };

function gmacKeys(context: GmacContext, control: number): GmacKeys {
  const fault = titleFault("systemTitle: the sender's", context.systemTitle);
  if (fault !== undefined) return { kind: 'bad', error: fault };
  const key = keyFor(context.keys, 'encryptionKey', control);
  if (!isKey(key)) return { kind: 'bad', error: key };
  const authenticationKey = keyFor(context.keys, 'authenticationKey', control);
  return isKey(authenticationKey) ? { kind: 'good', key, authenticationKey } : { kind: 'bad', error: authenticationKey };
}
