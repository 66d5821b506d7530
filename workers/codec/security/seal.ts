/** Ciphering of a whole APDU: the reverse of `openApdu`. */
import { encodeApdu, isCiphered, type PlainApdu } from '../apdu/index.ts';
import { type CodecError, codecError, type Encoded } from '../common/index.ts';
import { type CipherRequest, cipher, cipherApdu } from './cipher.ts';
import { isAcse } from './open.ts';
import { type CipherForm, cipheredNameFor } from './services.ts';

export interface SealOptions extends Omit<CipherRequest, 'name' | 'plaintext'> {
  /** `glo` and `ded` take the tag of the service, the general forms one tag for all. */
  readonly form: CipherForm;
}

/**
 * Encodes and ciphers an APDU. Of an ACSE APDU the user information is ciphered, always under the global key, as the dedicated
 * one only travels in it; one without user information stays plain.
 *
 * Errors: of the APDU codec, of {@link cipher}, and `unsupported` where a service has no tag in the form.
 */
export function sealApdu(plain: PlainApdu, options: SealOptions): Encoded {
  const { form } = options;
  if (!isAcse(plain)) {
    const name = cipheredNameFor(plain.pdu, form);
    const plaintext = name === undefined ? noTag(plain.pdu, form) : encodeApdu(plain);
    if (plaintext.kind === 'bad' || name === undefined) return plaintext;
    return cipher({ ...options, name, plaintext: plaintext.octets });
  }
  const information = plain.userInformation;
  if (information === undefined || isCiphered(information)) return encodeApdu(plain);
  const globalForm = form === 'ded' ? 'glo' : form === 'general-ded' ? 'general-glo' : form;
  const name = cipheredNameFor(information.pdu, globalForm);
  const plaintext = name === undefined ? noTag(information.pdu, globalForm) : encodeApdu(information);
  if (plaintext.kind === 'bad' || name === undefined) return plaintext;
  const ciphered = cipherApdu({ ...options, name, plaintext: plaintext.octets });
  return ciphered.kind === 'bad' ? ciphered : encodeApdu({ ...plain, userInformation: ciphered.octets });
}

const noTag = (pdu: string, form: CipherForm): { readonly kind: 'bad'; readonly error: CodecError } => ({
  kind: 'bad',
  error: codecError('unsupported', 0, `pdu: one that has a tag in the form ${form}`, pdu),
});
