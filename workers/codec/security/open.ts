/**
 * Opening of a whole APDU: decode, decipher, decode what was inside (Green Book, xDLMS APDU protection; meter-protocols 5.9).
 * Ciphering stands at two places, and never inside itself:
 *
 * ```
 *   CC … | DB …                          the APDU is ciphered
 *   60 … BE 23 04 21 | 21 …              the user information of an ACSE APDU is
 * ```
 */
import { type Apdu, type ApduOptions, type CipheredApdu, decodeApdu, isCiphered, type PlainApdu } from '../apdu/index.ts';
import { type Bad, bad, codecError, type Decoded, errorOf, good, hexOctet, type LeniencyName } from '../common/index.ts';
import { type Deciphered, type DecipherOptions, decipher } from './decipher.ts';
import { serviceOf } from './services.ts';

/** How it is deciphered, and how the APDUs outside and inside are decoded. */
export interface OpenOptions extends DecipherOptions, ApduOptions {}

export interface OpenedApdu {
  /** As it stands on the wire. */
  readonly apdu: Apdu;
  /** The same with everything opened: for an ACSE APDU, with the opened APDU as its user information. */
  readonly plain: PlainApdu;
  /** Of what was ciphered; absent where nothing was. Remember its counter with {@link LastSeen}. */
  readonly opened?: Deciphered;
}

type Acse = Extract<PlainApdu, { readonly userInformation?: Apdu }>;

export function isAcse(apdu: Apdu): apdu is Acse {
  return apdu.pdu === 'AARQ' || apdu.pdu === 'AARE' || apdu.pdu === 'RLRQ' || apdu.pdu === 'RLRE';
}

/**
 * Decodes an APDU, ciphered or not, and opens what is ciphered in it. The title of the sender is the one that the APDU carries
 * (general ciphering, AARQ, AARE), else `senderTitle`; with `pinTitle` it is `senderTitle` alone.
 *
 * An APDU that is not ciphered passes, unless `requiredControl` asks for bits: then only what says that something went wrong, and
 * ACSE APDUs without an initiate, may be plain.
 *
 * Errors: of the APDU codec, and of {@link decipher}. What is wrong inside a plaintext is told without any of its octets; the
 * offset is that of the plaintext.
 */
export function openApdu(octets: Uint8Array, options: OpenOptions): Decoded<OpenedApdu> {
  const outer = decodeApdu(octets, options);
  if (outer.kind !== 'good') return outer;
  const { value: apdu, consumed, leniencies } = outer;
  if (isCiphered(apdu)) {
    const inner = openInner(apdu, options, octets.length);
    if (inner.kind !== 'good') return inner;
    const { plain, opened } = inner.value;
    return good({ apdu, plain, opened }, consumed, merged(leniencies, inner.leniencies));
  }
  const information = isAcse(apdu) ? apdu.userInformation : undefined;
  if (!isAcse(apdu) || information === undefined || !isCiphered(information)) {
    const required = options.requiredControl ?? 0;
    if (required === 0 || mayBePlain(apdu)) return good({ apdu, plain: apdu }, consumed, leniencies);
    return bad('bad_value', 0, `securityControl: with the bits ${hexOctet(required)}`, `${apdu.pdu} that is not ciphered`, octets.length);
  }
  const senderTitle = options.pinTitle === true ? options.senderTitle : (titleIn(apdu) ?? options.senderTitle);
  const inner = openInner(information, { ...options, senderTitle }, octets.length);
  if (inner.kind !== 'good') return inner;
  const { plain, opened } = inner.value;
  return good({ apdu, plain: { ...apdu, userInformation: plain }, opened }, consumed, merged(leniencies, inner.leniencies));
}

/** Opens one ciphered APDU that is already decoded, such as the user information of an AARE. Errors as {@link openApdu}. */
export function openCiphered(ciphered: CipheredApdu, options: OpenOptions): Decoded<{ readonly plain: PlainApdu; readonly opened: Deciphered }> {
  return openInner(ciphered, options, ciphered.content.length);
}

function openInner(ciphered: CipheredApdu, options: OpenOptions, consumed: number): Decoded<{ readonly plain: PlainApdu; readonly opened: Deciphered }> {
  const outcome = decipher(ciphered, options);
  if (outcome.kind !== 'good') return outcome.kind === 'bad' ? { ...outcome, consumed } : outcome;
  const { plaintext } = outcome.value;
  const wanted = serviceOf(ciphered.pdu)?.plainTag;
  if (wanted !== undefined && plaintext[0] !== wanted) return bad('unexpected_octet', 0, `plaintext: begins as ${ciphered.pdu} has it`, '', consumed);
  const inner = decodeApdu(plaintext, options);
  if (inner.kind !== 'good') return withoutOctets(inner, plaintext.length, consumed);
  const plain = inner.value;
  if (isCiphered(plain) || isAcse(plain)) return bad('unexpected_octet', 0, 'plaintext: a plain xDLMS APDU', '', consumed);
  return good({ plain, opened: outcome.value }, consumed, inner.leniencies);
}

/** The error of a plaintext: what stood there was secret, a dedicated key perhaps. */
function withoutOctets(outcome: Exclude<ReturnType<typeof decodeApdu>, { kind: 'good' }>, length: number, consumed: number): Bad {
  const { code, offset, rule } = errorOf(outcome, length);
  return { kind: 'bad', error: codecError(code, offset, `plaintext: ${rule}`), consumed };
}

/** Errors and releases: a peer that cannot decipher must be able to say so. */
function mayBePlain(apdu: PlainApdu): boolean {
  const { pdu } = isAcse(apdu) && apdu.userInformation !== undefined ? apdu.userInformation : apdu;
  return pdu === 'exception-response' || pdu === 'confirmed-service-error' || pdu === 'AARE' || pdu === 'AARQ' || pdu === 'RLRQ' || pdu === 'RLRE';
}

function titleIn(apdu: Acse): Uint8Array | undefined {
  const title = apdu.pdu === 'AARQ' ? apdu.callingApTitle : apdu.pdu === 'AARE' ? apdu.respondingApTitle : undefined;
  return title === undefined || title.length === 0 ? undefined : title;
}

function merged(outer: readonly LeniencyName[], inner: readonly LeniencyName[]): readonly LeniencyName[] {
  return inner.length === 0 ? outer : outer.length === 0 ? inner : [...new Set([...outer, ...inner])];
}
