/** Opening of one ciphered APDU: the reverse of `cipher`, which draws the octets. */
import type { CipheredApdu } from '../apdu/index.ts';
import { type Bad, type CodecError, codecError, DEFAULT_LIMITS, type Decoded, good, hexOctet } from '../common/index.ts';
import { AUTHENTICATED, controlFault, counterFault, ENCRYPTED } from './control.ts';
import { gcmOpen, gcmStream, gmacCheck, TAG_OCTETS } from './gcm.ts';
import { cipherKeyFor, isKey, type KeySet, keyFor, type SecurityKeys, titleFault } from './keys.ts';
import { aadOf, forgetAad, nonceOf } from './nonce.ts';
import { serviceOf } from './services.ts';

export interface DecipherOptions {
  readonly keys: SecurityKeys;
  /** Of the sender, 8 octets: used unless the APDU carries one. */
  readonly senderTitle?: Uint8Array | undefined;
  /** An APDU that carries another title than `senderTitle` is refused. Default false. */
  readonly pinTitle?: boolean | undefined;
  /** Of the same key and sender; the received counter must be above it. Not checked where absent. */
  readonly lastCounter?: number | undefined;
  /** Control bits that must be set, 30 for an association that agreed on both. Default 00: the sender chooses. */
  readonly requiredControl?: number | undefined;
}

export interface Deciphered {
  /** A view of the input when it travelled in clear, else memory of its own. */
  readonly plaintext: Uint8Array;
  readonly securityControl: number;
  readonly invocationCounter: number;
  /** The sender's, as it was used; empty where nothing was ciphered and none was known. */
  readonly systemTitle: Uint8Array;
}

const EMPTY = new Uint8Array(0);

/**
 * The plaintext, with its tag checked. With control 20 there is no tag: wrong keys give rubbish, not an error.
 *
 * Errors: `bad_tag`; `stale_counter`; `missing_key`; `bad_length` (no room for a tag); `bad_value` (a key or title of a wrong
 * length, a control that lacks required bits, a title that is not the pinned one); `unsupported`; `too_large`.
 */
export function decipher(ciphered: CipheredApdu, options: DecipherOptions): Decoded<Deciphered> {
  const { securityControl, invocationCounter, content } = ciphered;
  const service = serviceOf(ciphered.pdu);
  if (service === undefined) return refused(codecError('bad_value', 0, 'pdu: a ciphered APDU', ciphered.pdu), content);
  const fault = controlFault(securityControl) ?? counterFault(invocationCounter) ?? policyFault(ciphered, options);
  if (fault !== undefined) return refused(fault, content);

  const carried = ciphered.systemTitle;
  const title = carried !== undefined && carried.length > 0 ? carried : (options.senderTitle ?? EMPTY);
  const plaintext = open(ciphered, service.set, title, options.keys);
  if (!(plaintext instanceof Uint8Array)) return refused(plaintext, content);
  return good({ plaintext, securityControl, invocationCounter, systemTitle: title }, content.length);
}

const refused = (error: CodecError, content: Uint8Array): Bad => ({ kind: 'bad', error, consumed: content.length });

function policyFault(ciphered: CipheredApdu, options: DecipherOptions): CodecError | undefined {
  const { securityControl: control, invocationCounter: counter, systemTitle: carried, content } = ciphered;
  const required = options.requiredControl ?? 0;
  if ((control & required) !== required) return codecError('bad_value', 0, `securityControl: with the bits ${hexOctet(required)}`, hexOctet(control));
  const last = options.lastCounter;
  if (last !== undefined && counter <= last) return codecError('stale_counter', 0, `invocationCounter: above ${last}`, counter);
  if (content.length > DEFAULT_LIMITS.maxOctets) {
    return codecError('too_large', 0, `content: at most ${DEFAULT_LIMITS.maxOctets} octets`, `${content.length} octets`);
  }
  if (options.pinTitle !== true || carried === undefined || carried.length === 0) return undefined;
  const known = options.senderTitle;
  if (known !== undefined && known.length === carried.length && known.every((octet, index) => octet === carried[index])) return undefined;
  return codecError('bad_value', 0, 'systemTitle: the title of the peer', `${carried.length} octets`);
}

function open(ciphered: CipheredApdu, set: KeySet, title: Uint8Array, keys: SecurityKeys): Uint8Array | CodecError {
  const { securityControl: control, content } = ciphered;
  if ((control & (AUTHENTICATED | ENCRYPTED)) === 0) return content;
  const fault = titleFault("systemTitle: the sender's", title);
  if (fault !== undefined) return fault;
  const key = cipherKeyFor(keys, set, control);
  if (!isKey(key)) return key;
  if ((control & AUTHENTICATED) === 0) return gcmStream(key, nonceOf(title, ciphered.invocationCounter), content);

  const authenticationKey = keyFor(keys, 'authenticationKey', control);
  if (!isKey(authenticationKey)) return authenticationKey;
  const end = content.length - TAG_OCTETS;
  if (end < 0) return codecError('bad_length', 0, `content: at least the ${TAG_OCTETS} octets of the tag`, `${content.length} octets`);
  const text = content.subarray(0, end);
  const tag = content.subarray(end);
  const iv = nonceOf(title, ciphered.invocationCounter);
  const aad = aadOf(control, authenticationKey);
  const plaintext = (control & ENCRYPTED) !== 0 ? gcmOpen(key, iv, aad, text, tag) : gmacCheck(key, iv, aad, text, tag) ? text : undefined;
  forgetAad();
  return plaintext ?? codecError('bad_tag', 0, 'tag: the GCM tag of control, authentication key and content');
}
