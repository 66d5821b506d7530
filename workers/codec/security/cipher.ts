/**
 * Ciphering of one APDU (Green Book, xDLMS APDU protection; meter-protocols 5.9).
 *
 * ```
 *   C8 | len | SC(1) | IC(4) | ciphertext | tag(12)                       service-specific
 *   DB | 08 | system title(8) | len | SC(1) | IC(4) | ciphertext | tag(12)  general
 * ```
 *
 * One octet string is allocated and written once, without zeroing it first (bench `gcm`).
 */
import type { CipheredApdu } from '../apdu/index.ts';
import { type CodecError, codecError, DEFAULT_LIMITS, type Encoded, encoded } from '../common/index.ts';
import { AUTHENTICATED, controlFault, counterFault, ENCRYPTED } from './control.ts';
import { gcmSeal, gcmStream, gmacSign, TAG_OCTETS } from './gcm.ts';
import { cipherKeyFor, isKey, type KeySet, keyFor, type SecurityKeys, titleFault } from './keys.ts';
import { aadOf, forgetAad, nonceOf } from './nonce.ts';
import { type CipheredName, serviceOf } from './services.ts';

export interface CipherRequest {
  /** Names the tag, and by it the kind of key: `glo-get-request`, `general-ded-ciphering` … */
  readonly name: CipheredName;
  /** The encoded plain APDU. */
  readonly plaintext: Uint8Array;
  /** See {@link securityControl}. */
  readonly securityControl: number;
  /** Of the sender, 8 octets. */
  readonly systemTitle: Uint8Array;
  /** Used once and never again with the same key and title: take it from a {@link CounterRange}. */
  readonly invocationCounter: number;
  readonly keys: SecurityKeys;
  /** General forms: send an empty title, the peer knows it. Default false. */
  readonly omitTitle?: boolean | undefined;
  /** Memory to write to, from its start, in place of new memory: for batches. An error when it has no room. */
  readonly into?: Uint8Array | undefined;
}

const EMPTY = new Uint8Array(0);

/**
 * The whole ciphered APDU. Without `into` it lies in memory that Node pools: copy it before its `buffer` is transferred.
 *
 * Errors: `missing_key`, `bad_value` (a key, title, control or counter that cannot be), `unsupported` (compression, suite),
 * `too_large` (plaintext).
 */
export function cipher(request: CipherRequest): Encoded {
  const service = serviceOf(request.name);
  if (service === undefined) return refused(codecError('bad_value', 0, 'name: a ciphered APDU', request.name));
  const { securityControl, plaintext, invocationCounter: counter } = request;
  const title = service.plainTag !== undefined ? undefined : request.omitTitle === true ? EMPTY : request.systemTitle;
  const length = 5 + sealedLength(securityControl, plaintext);
  const lengthAt = 1 + (title === undefined ? 0 : 1 + title.length);
  const start = lengthAt + (length < 0x80 ? 1 : length < 0x100 ? 2 : length < 0x1_0000 ? 3 : 5);
  const total = start + length;
  const { into } = request;
  if (into !== undefined && into.length < total) {
    return refused(codecError('too_large', 0, `into: room for ${total} octets`, `${into.length} octets`));
  }
  const fault = requestFault(request);
  if (fault !== undefined) return refused(fault);

  const out: Uint8Array = into === undefined ? Buffer.allocUnsafe(total) : into.length === total ? into : into.subarray(0, total);
  out[0] = service.tag;
  if (title !== undefined) {
    out[1] = title.length;
    out.set(title, 2);
  }
  putLength(out, lengthAt, length);
  out[start] = securityControl;
  out[start + 1] = counter >>> 24;
  out[start + 2] = counter >>> 16;
  out[start + 3] = counter >>> 8;
  out[start + 4] = counter;
  const failed = protect(request, service.set, out, start + 5);
  return failed === undefined ? encoded(out) : refused(failed);
}

/** The ciphered APDU as an object, for where it stands inside another one: the user information of an AARQ. Errors as {@link cipher}. */
export function cipherApdu(request: CipherRequest): Encoded<CipheredApdu> {
  const service = serviceOf(request.name);
  if (service === undefined) return refused(codecError('bad_value', 0, 'name: a ciphered APDU', request.name));
  const fault = requestFault(request);
  if (fault !== undefined) return refused(fault);
  const { name, securityControl, invocationCounter } = request;
  const content = new Uint8Array(sealedLength(securityControl, request.plaintext));
  const failed = protect(request, service.set, content, 0);
  if (failed !== undefined) return refused(failed);
  const ciphered = { pdu: name, securityControl, invocationCounter, content };
  if (service.plainTag !== undefined) return { kind: 'good', octets: ciphered };
  return { kind: 'good', octets: { ...ciphered, systemTitle: request.omitTitle === true ? EMPTY : request.systemTitle } };
}

const refused = (error: CodecError): { readonly kind: 'bad'; readonly error: CodecError } => ({ kind: 'bad', error });

const sealedLength = (control: number, plaintext: Uint8Array): number => plaintext.length + ((control & AUTHENTICATED) !== 0 ? TAG_OCTETS : 0);

function requestFault(request: CipherRequest): CodecError | undefined {
  const fault = controlFault(request.securityControl) ?? counterFault(request.invocationCounter) ?? titleFault('systemTitle', request.systemTitle);
  if (fault !== undefined) return fault;
  const { length } = request.plaintext;
  if (length <= DEFAULT_LIMITS.maxOctets) return undefined;
  return codecError('too_large', 0, `plaintext: at most ${DEFAULT_LIMITS.maxOctets} octets`, `${length} octets`);
}

function putLength(out: Uint8Array, at: number, length: number): void {
  if (length < 0x80) {
    out[at] = length;
  } else if (length < 0x100) {
    out[at] = 0x81;
    out[at + 1] = length;
  } else if (length < 0x1_0000) {
    out[at] = 0x82;
    out[at + 1] = length >>> 8;
    out[at + 2] = length;
  } else {
    out[at] = 0x84;
    out[at + 1] = length >>> 24;
    out[at + 2] = length >>> 16;
    out[at + 3] = length >>> 8;
    out[at + 4] = length;
  }
}

/** Writes what follows the counter. */
function protect(request: CipherRequest, set: KeySet, out: Uint8Array, at: number): CodecError | undefined {
  const { securityControl: control, plaintext, keys } = request;
  if ((control & (AUTHENTICATED | ENCRYPTED)) === 0) {
    out.set(plaintext, at);
    return undefined;
  }
  const key = cipherKeyFor(keys, set, control);
  if (!isKey(key)) return key;
  const iv = nonceOf(request.systemTitle, request.invocationCounter);
  if ((control & AUTHENTICATED) === 0) {
    out.set(gcmStream(key, iv, plaintext), at);
    return undefined;
  }
  const authenticationKey = keyFor(keys, 'authenticationKey', control);
  if (!isKey(authenticationKey)) return authenticationKey;
  const aad = aadOf(control, authenticationKey);
  if ((control & ENCRYPTED) !== 0) {
    gcmSeal(key, iv, aad, plaintext, out, at);
  } else {
    out.set(plaintext, at);
    gmacSign(key, iv, aad, plaintext, out, at + plaintext.length);
  }
  forgetAad();
  return undefined;
}
